"""The interpreter of the IR: the one definition of the semantics.

Takes a thread's local state and something that answers reads; makes one step, which is one visible instruction and the
local code after it up to the next visible one; gives a `Step` with all that it read, wrote and did. It remembers
nothing between steps: the same local state and the same values read give the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from lockmodel.engine.local import Frame, LocalState, Outcome, Step, Violation
from lockmodel.engine.memory import Blocked, Exhausted, Halt, Memory
from lockmodel.engine.operations import MEANING, Context
from lockmodel.errors import SpecError
from lockmodel.ir.layout import Layout, argument_value
from lockmodel.ir.nodes import (
    Assert,
    Assign,
    Await,
    Binary,
    Branch,
    Call,
    Choose,
    Claim,
    Const,
    Expr,
    GlobalRef,
    HeadOf,
    Instruction,
    Jump,
    Load,
    Local,
    Mark,
    Member,
    MightSleep,
    Operate,
    Procedure,
    Return,
    Store,
    Unary,
    Variable,
)
from lockmodel.ir.types import BoolType, EnumType, RefType
from lockmodel.ir.values import GARBAGE, HEADS, UNINITIALISED, is_head
from lockmodel.source import NOWHERE, Site

LOCAL_LIMIT = 10_000
"""Local instructions in one step; more means a loop that never touches shared memory."""

Source = Callable[[int], int]


class Stepper:
    """Makes steps of one scenario. `clear_dead` forgets named locals that will not be read and freed memory."""

    def __init__(self, layout: Layout, *, clear_dead: bool = True) -> None:
        self.layout = layout
        self.program = layout.program
        self.clear_dead = clear_dead
        self._temporary = {
            name: tuple(v.temporary for v in _variables(p)) for name, p in self.program.procedures.items()
        }
        self._slots = {
            name: {v.name: n for n, v in enumerate(_variables(p))} for name, p in self.program.procedures.items()
        }

    def start(self, thread: int, source: Source) -> Step:
        """The local code before a thread's first step; takes no step itself."""
        record = self.layout.setup.threads[thread]
        frame = self._enter(record.procedure, [argument_value(self.layout, a) for a in record.arguments])
        move = _Move(self, LocalState(thread, (), (), self._private(thread, source)), source, [frame], 0)
        return move.finish(lambda: None, "starts", "")

    def step(self, local: LocalState, source: Source, choice: int = 0) -> Step:
        """One step of a thread that has not ended. `choice` picks among the alternatives where there are several."""
        move = _Move(self, local, source, [_Open.of(f) for f in local.frames], choice)
        return move.finish(move.visible, "", "")

    def choices(self, local: LocalState) -> int:
        """How many alternatives the next step has."""
        match self.instruction(local):
            case Choose(_, options):
                return len(options)
            case Operate("kmem_cache_alloc" | "kmem_cache_zalloc", cache=cache):
                return 2 if self.program.caches[cache].may_fail else 1
            case _:
                return 1

    def instruction(self, local: LocalState) -> Instruction:
        """The visible instruction that the thread stands at."""
        frame = local.frames[-1]
        return self.program.procedures[frame.procedure].code[frame.at]

    def sites(self, local: LocalState) -> tuple[Site, ...]:
        """The call stack, innermost first."""
        return tuple(self.program.procedures[f.procedure].code[f.at].site for f in reversed(local.frames))

    def place(self, local: LocalState) -> Site:
        """The innermost frame that is no helper."""
        return self._place([(f.procedure, f.at) for f in local.frames])

    def judge(self, claim: Claim, objects: Sequence[int], source: Source) -> tuple[tuple[int, ...], Violation | None]:
        """A claim about these objects, in one state: the locations read in order, and the violation if it fails."""
        frame = self._enter(claim.procedure, objects)
        move = _Move(self, LocalState(-1, ()), source, [], 0)
        names = tuple(self.layout.objects[n].name for n in objects)
        about = f" of {', '.join(names)}" if names else ""
        detail = ""
        try:
            if not move.truth(move.evaluate_procedure(frame)):
                detail = f"{claim.name}{about} does not hold"
        except Halt:
            detail = f"{claim.name}{about} cannot be judged: {move.memory.violations[-1].detail}"
        reads = tuple(move.memory.reads)
        if not detail:
            return reads, None
        return reads, Violation(
            "LM701", detail, claim.site, (claim.site,), objects=names, claim=f"claim {claim.name}", fatal=False
        )

    # --- parts of it --------------------------------------------------------------------------------------------

    def _enter(self, procedure: str, arguments: Sequence[int]) -> _Open:
        values = [UNINITIALISED] * len(self._slots[procedure])
        values[: len(arguments)] = arguments
        return _Open(procedure, 0, values)

    def _place(self, frames: Sequence[tuple[str, int]]) -> Site:
        site = NOWHERE
        for name, at in reversed(frames):
            procedure = self.program.procedures[name]
            site = procedure.code[at].site
            if not procedure.helper:
                return site
        return site

    def _private(self, thread: int, source: Source) -> tuple[int, ...]:
        """The objects that only this thread can reach at the start, by its arguments."""
        mine = self._reach(self._roots(thread), source)
        others: list[int] = list(range(1, len(self.program.globals) + 1))
        for other in range(len(self.layout.setup.threads)):
            others.extend(self._roots(other) if other != thread else ())
        theirs = self._reach(others, source)
        return tuple(number for number in sorted(mine) if number not in theirs)

    def _roots(self, thread: int) -> list[int]:
        record = self.layout.setup.threads[thread]
        types = [v.type for v in self.program.procedures[record.procedure].parameters]
        return [
            argument.value
            for argument, kind in zip(record.arguments, types, strict=True)
            if argument.field or (isinstance(kind, RefType) and argument.value)
        ]

    def _reach(self, roots: Sequence[int], source: Source) -> set[int]:
        memory = Memory(self.layout, source, (), (), lambda: (NOWHERE, ()))
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting.extend(memory.references_of(number))
        return found

    def slots(self, procedure: str) -> dict[str, int]:
        """The place of each local in its frame."""
        return self._slots[procedure]

    def clean(self, frame: _Open, live: frozenset[str]) -> tuple[int, ...]:
        """The values of a frame, those forgotten that will not be read: temporaries always, named ones if asked."""
        temporary = self._temporary[frame.procedure]
        return tuple(
            value if name in live or not (self.clear_dead or temporary[n]) else UNINITIALISED
            for (name, n), value in zip(self._slots[frame.procedure].items(), frame.values, strict=True)
        )


@dataclass(slots=True)
class _Open:
    """A frame while a step runs."""

    procedure: str
    at: int
    values: list[int]

    @staticmethod
    def of(frame: Frame) -> _Open:
        return _Open(frame.procedure, frame.at, list(frame.values))


class _Move:
    """One step in the making."""

    def __init__(self, stepper: Stepper, local: LocalState, source: Source, frames: list[_Open], choice: int) -> None:
        self.stepper = stepper
        self.layout = stepper.layout
        self.procedures = stepper.program.procedures
        self.local = local
        self.frames = frames
        self.choice = choice
        self.covered: list[Site] = []
        self.memory = Memory(stepper.layout, source, local.held, local.private, self._where)
        self.operation = ""
        self.detail = ""

    def _where(self) -> tuple[Site, tuple[Site, ...]]:
        frames = [(f.procedure, f.at) for f in self.frames]
        stack = tuple(self.procedures[name].code[at].site for name, at in reversed(frames))
        return self.stepper._place(frames), stack

    def finish(self, first: Callable[[], None], operation: str, detail: str) -> Step:
        """Do the visible part, then the local code; collect what it came to."""
        place, stack = self._where()
        self.operation, self.detail = operation, detail
        outcome, after, wants = Outcome.MOVED, None, -1
        pool: tuple[str, int] | None = None
        try:
            first()
            after = self.run_local()
        except Halt:
            outcome = Outcome.HALTED
        except Blocked as blocked:
            outcome, wants = Outcome.BLOCKED, blocked.lock
        except Exhausted as exhausted:
            outcome, pool = Outcome.EXHAUSTED, exhausted.pool
        memory = self.memory
        return Step(
            outcome,
            stack[0] if stack else place,
            stack,
            tuple(memory.reads.items()),
            tuple(memory.writes.items()) if outcome is Outcome.MOVED else (),
            after,
            tuple(memory.violations),
            wants,
            memory.asked,
            tuple(dict.fromkeys(self.covered)),
            pool,
            self.operation,
            self.detail,
        )

    # --- visible instructions -----------------------------------------------------------------------------------

    def visible(self) -> None:
        """Execute the visible instruction that the thread stands at."""
        frame = self.frames[-1]
        instruction = self.procedures[frame.procedure].code[frame.at]
        self.covered.append(instruction.site)
        match instruction:
            case Load() | Store():
                self.access(instruction)
            case Operate():
                self.operate(instruction)
            case Choose(target, options):
                value = self.value(options[self.choice])
                self.set(frame, target, value)
                self.operation, self.detail = "choose", f"= {value}"
            case Await(condition, arguments, text):
                self.operation = f"await {text}"
                inner = self.stepper._enter(condition, [self.value(a) for a in arguments])
                if not self.truth(self.evaluate_procedure(inner)):
                    raise Blocked
            case Mark(name):
                self.operation = f"mark {name}"
            case Assign() | Jump() | Branch() | Call() | Return() | Assert() | MightSleep():
                raise AssertionError(f"{instruction} is not visible")
            case _ as never:
                assert_never(never)
        frame.at += 1

    def access(self, instruction: Load | Store) -> None:
        """A plain read or write of a field."""
        frame, memory = self.frames[-1], self.memory
        address = instruction.address
        reading = isinstance(instruction, Load)
        use = f"{'reads' if reading else 'writes'} {address.struct}.{address.field}"
        self.operation = f"{'read' if reading else 'write'} {_text(address)}"
        base = self.value(address.base)
        if isinstance(instruction, Load) and is_head(base):
            memory.member(base - HEADS, use)
            memory.report("LM308", f"{use} through {self.layout.describe(base)}, which is no {address.struct}")
            self.detail = "= whatever lies there"
            self.set(frame, instruction.target, GARBAGE)
            return
        owner = memory.pointer(base, use)
        location = self.layout.address(owner, address.field)
        name = self.layout.name(location)
        self.operation = f"{'read' if reading else 'write'} {name}"
        if not instruction.racy:
            memory.guarded(location, use.split()[0])
        if isinstance(instruction, Load):
            value = memory.initialised(location, "reads")
            self.detail = f"= {self.show(location, value)}"
            self.set(frame, instruction.target, value)
            return
        value = self.value(instruction.value)
        field = self.layout.field(location)
        if field.constant and owner not in memory.private:
            memory.report("LM302", f"writes {name}, which is constant once its object is shared")
        if isinstance(field.type, RefType) and is_head(value):
            memory.report("LM308", f"stores {self.layout.describe(value)} in {name} as if it were an entry")
        memory.write(location, value)
        if isinstance(field.type, RefType):
            memory.publish(value, owner)
        self.detail = f"= {self.show(location, value)}"

    def operate(self, instruction: Operate) -> None:
        """A kernel operation."""
        frame = self.frames[-1]
        self.operation = f"{instruction.operation}({', '.join(_text(a) for a in instruction.arguments)})"
        operands = tuple(self.value(a) for a in instruction.arguments)
        shown = [self._operand(a, v) for a, v in zip(instruction.arguments, operands, strict=True)]
        if instruction.cache and instruction.results:
            shown = [instruction.cache]
        self.operation = f"{instruction.operation}({', '.join(shown)})"
        context = Context(
            instruction.operation,
            instruction.cache,
            self.local.thread,
            self.choice,
            instruction.racy,
            self.stepper.clear_dead,
        )
        results, self.detail = MEANING[instruction.operation](self.memory, operands, context)
        for target, value in zip(instruction.results, results, strict=False):
            self.set(frame, target, value)

    # --- local code ---------------------------------------------------------------------------------------------

    def run_local(self) -> LocalState:
        """Run up to the next visible instruction or the thread's end; the local state there."""
        executed = 0
        while self.frames:
            frame = self.frames[-1]
            instruction = self.procedures[frame.procedure].code[frame.at]
            if self.is_visible(instruction):
                return self.settle()
            executed += 1
            if executed > LOCAL_LIMIT:
                site = instruction.site
                raise SpecError(
                    f"the loop here runs {LOCAL_LIMIT:,} times without touching shared memory",
                    path=site.path,
                    line=site.line,
                    remedy="Let it end, or let it read or wait for something that another thread changes.",
                )
            self.covered.append(instruction.site)
            self.local_instruction(frame, instruction)
        return self.end()

    def is_visible(self, instruction: Instruction) -> bool:
        """Is this instruction a step? All that touches shared memory is, ghosts excepted."""
        match instruction:
            case Load(address=address) | Store(address=address):
                return not self.layout.program.structs[address.struct].field(address.field).ghost
            case Operate() | Choose() | Await() | Mark():
                return True
            case _:
                return False

    def local_instruction(self, frame: _Open, instruction: Instruction) -> None:
        """Execute an instruction that is no step."""
        match instruction:
            case Assign(target, value, _, low, high):
                number = self.value(value)
                if low is not None and high is not None and not low <= number <= high:
                    self.memory.halt(
                        "LM701",
                        f"{target} would become {number}, outside its range {low}..{high}",
                        claim=f"range of {target} in {frame.procedure}",
                    )
                self.set(frame, target, number)
                frame.at += 1
            case Jump(target_at):
                frame.at = target_at
            case Branch(condition, then, orelse):
                frame.at = then if self.truth(self.value(condition)) else orelse
            case Call(procedure, arguments):
                callee = self.stepper._enter(procedure, [self.value(a) for a in arguments])
                self.requirements(callee)
                self.frames.append(callee)
            case Return(values):
                self.leave([self.value(v) for v in values])
            case Assert(condition, text):
                if not self.truth(self.value(condition)):
                    self.memory.halt("LM701", f"the assertion {text} fails")
                frame.at += 1
            case MightSleep():
                self.memory.sleeps("the code here")
                frame.at += 1
            case Load() | Store():
                detail = self.operation, self.detail
                self.access(instruction)
                self.operation, self.detail = detail
                frame.at += 1
            case Operate() | Choose() | Await() | Mark():
                raise AssertionError(f"{instruction} is visible")
            case _ as never:
                assert_never(never)

    def leave(self, values: list[int]) -> None:
        """Return from the innermost procedure."""
        if len(self.frames) == 1:
            self.finished()
        self.frames.pop()
        if not self.frames:
            return
        caller = self.frames[-1]
        call = self.procedures[caller.procedure].code[caller.at]
        assert isinstance(call, Call)
        for target, value in zip(call.results, values, strict=False):
            self.set(caller, target, value)
        caller.at += 1

    def finished(self) -> None:
        """The thread is about to end: it must hold nothing."""
        if self.memory.held:
            names = tuple(self.layout.member_name(lock) for lock in self.memory.held)
            self.memory.halt("LM603", f"the thread ends while it holds {', '.join(names)}", locks=names)

    def requirements(self, callee: _Open) -> None:
        """LM302 if the caller does not hold what the callee asks for."""
        procedure = self.procedures[callee.procedure]
        for need in procedure.holds:
            if need.base is None:
                lock = self.layout.address(self.layout.globals[need.lock], "lock")
            else:
                base = callee.values[self.stepper.slots(callee.procedure)[need.base]]
                lock = self.memory.follow(base, need.through) if 0 < base < HEADS else -1
            if lock not in self.memory.held and not (
                lock >= 0 and self.layout.locations[lock].owner in self.memory.private
            ):
                name = self.layout.member_name(lock) if lock >= 0 else need.text
                self.memory.report("LM302", f"calls {procedure.name} without {name}, which it asks for", locks=(name,))

    def settle(self) -> LocalState:
        """The local state at a visible instruction, what is dead forgotten."""
        frames = []
        for depth, frame in enumerate(self.frames):
            procedure = self.procedures[frame.procedure]
            live = procedure.live[frame.at]
            if depth < len(self.frames) - 1:
                call = procedure.code[frame.at]
                assert isinstance(call, Call)
                live = procedure.live[frame.at + 1] - set(call.results)
            frames.append(Frame(frame.procedure, frame.at, self.stepper.clean(frame, live)))
        return LocalState(self.local.thread, tuple(frames), tuple(self.memory.held), tuple(sorted(self.memory.private)))

    def end(self) -> LocalState:
        """The local state of a thread that has ended."""
        return LocalState(self.local.thread, ())

    # --- conditions and claims ----------------------------------------------------------------------------------

    def evaluate_procedure(self, frame: _Open) -> int:
        """Run an atomic procedure (a condition or a claim) as a whole; its result."""
        outer, self.frames = self.frames, [*self.frames, frame]
        depth = len(self.frames)
        executed = 0
        try:
            while True:
                current = self.frames[-1]
                instruction = self.procedures[current.procedure].code[current.at]
                executed += 1
                if executed > LOCAL_LIMIT:
                    raise SpecError(
                        "the condition or claim does not end",
                        path=instruction.site.path,
                        line=instruction.site.line,
                        remedy="Bound its loop.",
                    )
                self.covered.append(instruction.site)
                if isinstance(instruction, Return) and len(self.frames) == depth:
                    return self.value(instruction.values[0])
                if isinstance(instruction, Operate):
                    operation = self.operation, self.detail
                    self.operate(instruction)
                    self.operation, self.detail = operation
                    current.at += 1
                else:
                    self.local_instruction(current, instruction)
        finally:
            self.frames = outer

    # --- expressions --------------------------------------------------------------------------------------------

    def set(self, frame: _Open, name: str, value: int) -> None:
        """Assign a local."""
        frame.values[self.stepper.slots(frame.procedure)[name]] = value

    def truth(self, value: int) -> bool:
        """C's truth; garbage equals nothing that was stored, so it is not 0."""
        return value != 0

    def value(self, expression: Expr) -> int:
        """The value of an expression over locals."""
        match expression:
            case Const(value):
                return value
            case GlobalRef(name):
                return self.layout.globals[name]
            case Local(name):
                frame = self.frames[-1]
                value = frame.values[self.stepper.slots(frame.procedure)[name]]
                if value == UNINITIALISED:
                    self.memory.halt("LM307", f"the local {name} is used before it is set")
                return value
            case Unary(operator, operand):
                return _unary(operator, self.value(operand))
            case Binary(operator, left, right):
                return self.binary(operator, self.value(left), self.value(right))
            case Member(base, struct, field):
                owner = self.memory.pointer(self.value(base), f"uses {struct}.{field}")
                return self.layout.address(owner, field)
            case HeadOf(head):
                return HEADS + self.value(head)
            case _ as never:
                assert_never(never)

    def binary(self, operator: str, left: int, right: int) -> int:
        """A binary operator; garbage is unequal to everything and poisons arithmetic."""
        if GARBAGE in (left, right):
            return 1 if operator == "!=" else 0 if operator in ("==", "<", "<=", ">", ">=") else GARBAGE
        if operator in ("//", "%") and right == 0:
            self.memory.halt("LM701", "divides by zero", claim="division by zero")
        return _BINARY[operator](left, right)

    def _operand(self, expression: Expr, value: int) -> str:
        """An operand as a reader knows it."""
        kind = self._kind(expression)
        if kind == "address":
            return self.layout.member_name(value)
        if kind == "reference":
            return self.layout.describe(value)
        return str(value)

    def show(self, location: int, value: int) -> str:
        """A value of a field as a reader knows it."""
        return show_value(self.layout, location, value)

    def _kind(self, expression: Expr) -> str:
        match expression:
            case Member():
                return "address"
            case GlobalRef():
                return "reference"
            case Local(name):
                procedure = self.procedures[self.frames[-1].procedure]
                kind = next(v.type for v in _variables(procedure) if v.name == name)
                if isinstance(kind, RefType):
                    return "reference"
                return "number" if type(kind).__name__ in ("IntType", "BoolType", "EnumType") else "address"
            case _:
                return "number"


def show_value(layout: Layout, location: int, value: int) -> str:
    """A value at a location as a reader knows it: `watch#1`, `WILL_FREE|FREEING`, `uninitialised`."""
    if value == UNINITIALISED:
        return "uninitialised"
    field = layout.field(location)
    part = layout.locations[location].part
    if isinstance(field.type, RefType) or part:
        return layout.describe(value)
    if value == GARBAGE:
        return "a value that nobody stored"
    if value > HEADS:
        return "0 (dropped)"
    if isinstance(field.type, BoolType):
        return str(bool(value))
    if isinstance(field.type, EnumType):
        exact = [name for name, number in field.type.members if number == value]
        bits = [name for name, number in field.type.members if number and number & value == number]
        return exact[0] if exact else "|".join(bits) if field.type.flags and bits else str(value)
    return str(value)


def _variables(procedure: Procedure) -> tuple[Variable, ...]:
    return (*procedure.parameters, *procedure.locals)


def _unary(operator: str, value: int) -> int:
    match operator:
        case "not":
            return int(value == 0)
        case _ if value == GARBAGE:
            return GARBAGE
        case "-":
            return -value
        case "~":
            return ~value
        case _:
            raise AssertionError(operator)


_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "min": min,
    "max": max,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
}


def _text(expression: Expr) -> str:
    """An expression before it could be evaluated, as in the spec."""
    match expression:
        case Member(base, _, field):
            return f"{_text(base)}.{field}"
        case Local(name) | GlobalRef(name):
            return name
        case Const(value):
            return str(value)
        case HeadOf(head):
            return _text(head)
        case Unary(operator, operand):
            return f"{operator} {_text(operand)}"
        case Binary(operator, left, right):
            return f"{_text(left)} {operator} {_text(right)}"
        case _ as never:
            assert_never(never)
