"""The flow of control and of values through the code of a procedure: successors, reads, writes, liveness."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from lockmodel.ir.control import successors
from lockmodel.ir.nodes import (
    Assert,
    Assign,
    Await,
    Binary,
    Book,
    Branch,
    Call,
    Choose,
    Const,
    Entered,
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
    Passage,
    Procedure,
    Progress,
    Return,
    Store,
    Unary,
)


def expressions(instruction: Instruction) -> tuple[Expr, ...]:
    """The expressions that an instruction evaluates."""
    match instruction:
        case Assign(_, value) | Branch(value) | Assert(value):
            return (value,)
        case Load(_, address):
            return (address,)
        case Store(address, value):
            return (address, value)
        case (
            Call(_, values)
            | Operate(_, values)
            | Book(_, values)
            | Await(_, values)
            | Return(values)
            | Choose(_, values)
        ):
            return values
        case Jump() | MightSleep() | Progress() | Passage() | Mark():
            return ()
        case _:
            assert_never(instruction)


def targets(instruction: Instruction) -> tuple[str, ...]:
    """The locals that an instruction gives a value."""
    match instruction:
        case Assign(target) | Load(target) | Choose(target):
            return (target,)
        case Call(_, _, results) | Operate(_, _, results):
            return results
        case _:
            return ()


def names(expr: Expr) -> frozenset[str]:
    """The locals that an expression reads."""
    match expr:
        case Const() | GlobalRef() | Entered():
            return frozenset()
        case Local(name):
            return frozenset((name,))
        case Unary(_, operand) | HeadOf(operand) | Member(operand):
            return names(operand)
        case Binary(_, left, right):
            return names(left) | names(right)
        case _:
            assert_never(expr)


def reads(instruction: Instruction) -> frozenset[str]:
    """The locals that an instruction reads."""
    return frozenset[str]().union(*(names(expr) for expr in expressions(instruction)))


def with_liveness(procedure: Procedure) -> Procedure:
    """The procedure with `live` filled: the locals that may still be read when each instruction is about to run.

    The textbook's backward analysis (Aho, Lam, Sethi, Ullman, section 9.2.5), repeated until nothing changes.
    """
    code = procedure.code
    live: list[frozenset[str]] = [frozenset()] * len(code)
    before: list[list[int]] = [[] for _ in code]
    for at, instruction in enumerate(code):
        for following in successors(at, instruction):
            before[following].append(at)
    used = [reads(instruction) for instruction in code]
    given = [frozenset(targets(instruction)) for instruction in code]
    waiting = list(range(len(code)))
    while waiting:
        at = waiting.pop()
        after = frozenset[str]().union(*(live[following] for following in successors(at, code[at])))
        now = used[at] | (after - given[at])
        if now != live[at]:
            live[at] = now
            waiting += before[at]
    return replace(procedure, live=tuple(live))


def first_unset_read(procedure: Procedure) -> tuple[str, int] | None:
    """A named local that may be read before it is given a value, with the instruction that reads it."""
    parameters = {variable.name for variable in procedure.parameters}
    unset = sorted(procedure.live[0] - parameters) if procedure.live else []
    if not unset:
        return None
    found: list[tuple[int, str]] = []
    for name in unset:
        seen, waiting = {0}, [0]
        while waiting:
            at = waiting.pop()
            if name in reads(procedure.code[at]):
                found.append((at, name))
            if name in targets(procedure.code[at]):
                continue
            for following in successors(at, procedure.code[at]):
                if following not in seen and name in procedure.live[following]:
                    seen.add(following)
                    waiting.append(following)
    at, name = min(found)
    return name, at
