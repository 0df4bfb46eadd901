"""How control can go through the code of a procedure, as far as its shape shows."""

from __future__ import annotations

from lockmodel.ir.nodes import Branch, Instruction, Jump, Procedure, Return


def successors(at: int, instruction: Instruction) -> tuple[int, ...]:
    """Where the code can go on after the instruction at an index."""
    match instruction:
        case Jump(target):
            return (target,)
        case Branch(_, then, orelse):
            return (then, orelse)
        case Return():
            return ()
        case _:
            return (at + 1,)


def can_end(procedure: Procedure) -> bool:
    """Can control reach a return?"""
    seen: set[int] = set()
    waiting = [0]
    while waiting:
        at = waiting.pop()
        if isinstance(procedure.code[at], Return):
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(successors(at, procedure.code[at]))
    return False


def loop_around(procedure: Procedure, at: int) -> frozenset[int]:
    """The innermost loop that an instruction stands in, by the places of its instructions; empty where it is in none.

    Code is laid out as it is written, so a loop is what a jump back closes: all that leads to such a jump and comes
    after the head that it jumps to.
    """
    before: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for source, instruction in enumerate(procedure.code):
        for target in successors(source, instruction):
            before.setdefault(target, []).append(source)
            if target <= source:
                ends.setdefault(target, []).append(source)
    loops = []
    for head, waiting in ends.items():
        members = {head}
        while waiting:
            member = waiting.pop()
            if member not in members:
                members.add(member)
                waiting.extend(before.get(member, ()))
        loops.append(members)
    return frozenset(min((loop for loop in loops if at in loop), key=len, default=()))
