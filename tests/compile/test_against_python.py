"""Generated procedures do what CPython does with the same text: same reads and writes in the same order, same result.

The IR is run here by an evaluator of its own, for one thread and plain fields, so that neither the compiler nor the
engine vouches for itself.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from lockmodel.compile import compile_model, load
from lockmodel.ir.nodes import (
    Assign,
    Binary,
    Branch,
    Call,
    Const,
    Expr,
    Jump,
    Load,
    Local,
    Member,
    Program,
    Return,
    Store,
    Unary,
)
from tests.compile.specs import Specs

SEEDS = range(12)
FUNCTIONS = 12  # of one spec: enough for each seed to call the ones before
FIELDS = ("value", "total")
MAX_STEPS = 20_000  # a generated loop ends after a few rounds; this catches a wrong jump

HEAD = """\
from __future__ import annotations
from typing import Annotated
from lockmodel import Model, Range, Struct, likely, unlikely

model = Model("generated")
Wide = Annotated[int, Range(-10**9, 10**9)]


class Node(Struct):
    value: Wide
    total: Wide
    next: Node


"""


class Generator:
    """Writes one spec of random procedures; each ends, and calls only those before it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.made: list[str] = []
        self.depth = 0

    def spec(self) -> str:
        for number in range(FUNCTIONS):
            lines = self.block(["a", "b"], "    ", in_loop=False, size=5)
            lines.append(f"    return {self.number(['a', 'b'])}")
            head = ["@model.procedure", f"def f{number}(n: Node, a: int, b: int) -> int:"]
            self.made.append("\n".join([*head, *lines]) + "\n\n\n")
        return HEAD + "".join(self.made)

    def block(self, names: list[str], indent: str, *, in_loop: bool, size: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.random.randint(1, size)):
            lines += self.statement(names, indent, in_loop=in_loop)
        return lines

    def statement(self, names: list[str], indent: str, *, in_loop: bool) -> list[str]:
        deeper = indent + "    "
        kind = self.random.randrange(13 if self.depth < 3 else 8)
        match kind:
            case 0 | 1:
                return [f"{indent}{self.random.choice(names)} = {self.number(names)}"]
            case 2:
                return [f"{indent}{self.reference()}.{self.random.choice(FIELDS)} = {self.number(names)}"]
            case 3:
                sign = self.random.choice(["+", "-", "^", "|", "&"])
                target = self.random.choice([*names, f"{self.reference()}.{self.random.choice(FIELDS)}"])
                return [f"{indent}{target} {sign}= {self.number(names)}"]
            case 4:
                first, second = self.random.choice(names), self.random.choice(["n.value", *names])
                return [f"{indent}{first}, {second} = {self.number(names)}, {self.number(names)}"]
            case 5:
                return [f"{indent}{self.random.choice(names)} = n.total = {self.number(names)}"]
            case 6:
                return [f"{indent}{self.random.choice(['break', 'continue']) if in_loop else 'pass'}"]
            case 7:
                return [f"{indent}if {self.truth(names)}:", f"{deeper}return {self.number(names)}"]
        self.depth += 1
        lines = self.compound(kind, names, indent, deeper, in_loop=in_loop)
        self.depth -= 1
        return lines

    def compound(self, kind: int, names: list[str], indent: str, deeper: str, *, in_loop: bool) -> list[str]:
        if kind in (8, 9, 10):
            lines = [f"{indent}if {self.truth(names)}:", *self.block(names, deeper, in_loop=in_loop, size=3)]
            if kind >= 9:
                lines += [f"{indent}elif {self.truth(names)}:", *self.block(names, deeper, in_loop=in_loop, size=2)]
            if kind == 10:
                lines += [f"{indent}else:", *self.block(names, deeper, in_loop=in_loop, size=3)]
            return lines
        if kind == 11:
            counter = f"i{self.depth}"
            bounds = self.random.choice(["3", "1, 4", "a & 3", "b & 1, n.value & 3"])
            body = self.block(names, deeper, in_loop=True, size=3)
            return [f"{indent}for {counter} in range({bounds}):", f"{deeper}a = a ^ {counter}", *body]
        limit = f"k{self.depth}"
        body = self.block(names, deeper, in_loop=True, size=3)
        return [
            f"{indent}{limit} = 3",
            f"{indent}while {limit} > 0 and {self.truth(names)}:",
            f"{deeper}{limit} -= 1",
            *body,
        ]

    def reference(self) -> str:
        return self.random.choice(["n", "n", "n.next", "n.next.next"])

    def number(self, names: list[str], depth: int = 0) -> str:
        kind = self.random.randrange(12 if depth < 3 else 4)
        match kind:
            case 0:
                return str(self.random.randint(-3, 5))
            case 1 | 2:
                return self.random.choice(names)
            case 3:
                return f"{self.reference()}.{self.random.choice(FIELDS)}"
            case 4 | 5:
                sign = self.random.choice(["+", "-", "&", "|", "^"])
                return f"({self.number(names, depth + 1)} {sign} {self.number(names, depth + 1)})"
            case 6:
                return f"({self.number(names, depth + 1)} {self.random.choice(['//', '%'])} 3)"
            case 7:
                return f"{self.random.choice(['-', '~'])}{self.number(names, depth + 1)}"
            case 8:
                first, second = self.number(names, depth + 1), self.number(names, depth + 1)
                return f"({first} if {self.truth(names, depth + 1)} else {second})"
            case 9:
                arguments = f"{self.number(names, depth + 1)}, {self.number(names, depth + 1)}"
                return f"{self.random.choice(['min', 'max'])}({arguments})"
            case 10 if self.made:
                callee = self.random.randrange(len(self.made))
                arguments = f"{self.number(names, depth + 1)} & 7, {self.number(names, depth + 1)} & 7"
                return f"f{callee}({self.reference()}, {arguments})"
            case _:
                return f"int({self.truth(names, depth + 1)})"

    def truth(self, names: list[str], depth: int = 0) -> str:
        kind = self.random.randrange(8 if depth < 3 else 3)
        compare = ["<", "<=", ">", ">=", "==", "!="]
        match kind:
            case 0 | 1:
                sign = self.random.choice(compare)
                return f"({self.number(names, depth + 1)} {sign} {self.number(names, depth + 1)})"
            case 2:
                return f"({self.reference()} {self.random.choice(['is', 'is not'])} {self.reference()})"
            case 3 | 4:
                word = self.random.choice(["and", "or"])
                return f"({self.truth(names, depth + 1)} {word} {self.truth(names, depth + 1)})"
            case 5:
                return f"(not {self.truth(names, depth + 1)})"
            case 6:
                first, second = self.random.choice(compare), self.random.choice(compare)
                numbers = [self.number(names, depth + 1) for _ in range(3)]
                return f"({numbers[0]} {first} {numbers[1]} {second} {numbers[2]})"
            case _:
                word = self.random.choice(["likely", "unlikely", "bool"])
                return f"{word}({self.truth(names, depth + 1)})"


class FakeNode:
    """A node as CPython sees it, which notes each read and write."""

    def __init__(self, number: int, log: list[tuple[object, ...]]) -> None:
        self.__dict__.update(number=number, log=log, fields={"value": number, "total": 2, "next": self})

    def __getattr__(self, name: str) -> Any:
        value = self.fields[name]
        self.log.append(("read", self.number, name))
        return value

    def __setattr__(self, name: str, value: object) -> None:
        self.fields[name] = value
        self.log.append(("write", self.number, name, value))


BINARY: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "min": min,
    "max": max,
}


class Evaluator:
    """Runs procedures of plain fields; objects are 1 and 2, each the other's `next`."""

    def __init__(self, program: Program, fields: dict[tuple[int, str], int]) -> None:
        self.program = program
        self.fields = fields
        self.log: list[tuple[object, ...]] = []
        self.steps = 0

    def call(self, name: str, arguments: list[int]) -> list[int]:
        procedure = self.program.procedures[name]
        frame = dict(zip((parameter.name for parameter in procedure.parameters), arguments, strict=True))
        at = 0
        while True:
            self.steps += 1
            assert self.steps < MAX_STEPS
            assert procedure.live[at] <= frame.keys()
            frame = {local: frame[local] for local in frame if local in procedure.live[at]}  # what is dead is gone
            instruction, at = procedure.code[at], at + 1
            match instruction:
                case Assign(target, value):
                    frame[target] = self.value(value, frame)
                case Jump(target):
                    at = target
                case Branch(condition, then, orelse):
                    at = then if self.value(condition, frame) else orelse
                case Load(target, Member(base, _, field)):
                    number = self.value(base, frame)
                    self.log.append(("read", number, field))
                    frame[target] = self.fields[number, field]
                case Store(Member(base, _, field), value):
                    number, new = self.value(base, frame), self.value(value, frame)
                    self.log.append(("write", number, field, new))
                    self.fields[number, field] = new
                case Call(callee, values, results):
                    given = self.call(callee, [self.value(value, frame) for value in values])
                    frame.update(zip(results, given, strict=True))
                case Return(values):
                    return [self.value(value, frame) for value in values]
                case _:
                    raise AssertionError(instruction)

    def value(self, expression: Expr, frame: Mapping[str, int]) -> int:
        match expression:
            case Const(value):
                return value
            case Local(name):
                return frame[name]
            case Unary("not", operand):
                return int(not self.value(operand, frame))
            case Unary("-", operand):
                return -self.value(operand, frame)
            case Unary("~", operand):
                return ~self.value(operand, frame)
            case Binary(sign, left, right):
                return int(BINARY[sign](self.value(left, frame), self.value(right, frame)))
        raise AssertionError(expression)


@pytest.mark.parametrize("seed", SEEDS)
def test_generated_procedures_do_what_python_does(specs: Specs, seed: int) -> None:
    model = load(specs.write(Generator(seed).spec()))
    program = compile_model(model)
    for name, record in model.procedures.items():
        record.function.__globals__.update(
            likely=bool, unlikely=bool
        )  # CPython is to run them, now that they are known
        for a, b in ((0, 1), (3, 2), (5, 0)):
            log: list[tuple[object, ...]] = []
            first, second = FakeNode(1, log), FakeNode(2, log)
            first.fields["next"], second.fields["next"] = second, first
            expected = int(record.function(first, a, b))  # type: ignore[call-overload]
            start = {(1, "value"): 1, (1, "total"): 2, (1, "next"): 2, (2, "value"): 2, (2, "total"): 2, (2, "next"): 1}
            evaluator = Evaluator(program, start)
            assert (evaluator.call(name, [1, a, b]), evaluator.log) == ([expected], log), name
