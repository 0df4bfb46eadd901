"""Passes over the code of one procedure, each from a well-formed procedure to one that takes the same steps.

`simplified` drops what no path reaches, jumps to jumps, and temporaries that only hand a result on to a local;
`flow.with_liveness` then says which locals still matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lockmodel.compile.flow import reads, targets
from lockmodel.ir.control import successors
from lockmodel.ir.nodes import (
    Assign,
    Branch,
    Call,
    Choose,
    Const,
    Instruction,
    Jump,
    Load,
    Local,
    Operate,
    Procedure,
)


def simplified(procedure: Procedure) -> Procedure:
    """Decided branches become jumps, jumps go straight to their end, and what is not needed disappears."""
    code = [_decided(instruction) for instruction in procedure.code]
    code = [_retargeted(instruction, code) for instruction in code]
    temporaries = {variable.name for variable in procedure.locals if variable.temporary}
    code = _reached(_handed_on(_reached(code), temporaries))
    used = {name for instruction in code for name in (*reads(instruction), *targets(instruction))}
    locals_ = tuple(variable for variable in procedure.locals if variable.name in used)
    return replace(procedure, code=tuple(code), locals=locals_)


def _decided(instruction: Instruction) -> Instruction:
    match instruction:
        case Branch(Const(value), then, orelse, site):
            return Jump(then if value else orelse, site)
        case Branch(_, then, orelse, site) if then == orelse:
            return Jump(then, site)
    return instruction


def _retargeted(instruction: Instruction, code: Sequence[Instruction]) -> Instruction:
    match instruction:
        case Jump(target):
            return replace(instruction, target=_end_of_jumps(target, code))
        case Branch(_, then, orelse):
            return replace(instruction, then=_end_of_jumps(then, code), orelse=_end_of_jumps(orelse, code))
    return instruction


def _handed_on(code: Sequence[Instruction], temporaries: set[str]) -> list[Instruction]:
    """`%1 = load a; x = %1` becomes `x = load a`, where nothing else knows `%1`."""
    made = list(code)
    read = Counter(name for instruction in code for name in reads(instruction))
    given = Counter(name for instruction in code for name in targets(instruction))
    entered = {
        target for at, instruction in enumerate(code) for target in successors(at, instruction) if target != at + 1
    }
    for at, instruction in enumerate(code):
        results = targets(instruction)
        if isinstance(instruction, Assign) or not results:
            continue
        following = at + 1
        while following not in entered:
            match code[following]:
                case Assign(name, Local(source), low=None) if (
                    source in results and source in temporaries and name not in results
                ):
                    if read[source] != 1 or given[source] != 1:
                        break
                    results = tuple(name if result == source else result for result in results)
                    made[following] = Jump(following + 1, code[following].site)
                    following += 1
                case _:
                    break
        made[at] = _with_targets(instruction, results)
    return made


def _with_targets(instruction: Instruction, results: tuple[str, ...]) -> Instruction:
    match instruction:
        case Load() | Choose():
            return replace(instruction, target=results[0])
        case Call() | Operate():
            return replace(instruction, results=results)
    return instruction


def _end_of_jumps(target: int, code: Sequence[Instruction]) -> int:
    """Where a chain of jumps leads; a loop of nothing but jumps stays one."""
    seen = {target}
    while isinstance(jump := code[target], Jump) and jump.target not in seen:
        target = jump.target
        seen.add(target)
    return target


def _reached(code: Sequence[Instruction]) -> list[Instruction]:
    """The code without what no path reaches and without jumps to the next instruction."""
    reached, waiting = {0}, [0]
    while waiting:
        at = waiting.pop()
        for following in successors(at, code[at]):
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    kept = [at for at in range(len(code)) if at in reached]
    while True:
        position = {at: number for number, at in enumerate(kept)}
        skipped = {
            at for at in kept if isinstance(jump := code[at], Jump) and position.get(jump.target) == position[at] + 1
        }
        if not skipped:
            break
        # a target that is itself skipped falls through to what follows it
        code = [_redirected(instruction, skipped, code) for instruction in code]
        kept = [at for at in kept if at not in skipped]
    return [_renumbered(code[at], position) for at in kept]


def _redirected(instruction: Instruction, skipped: set[int], code: Sequence[Instruction]) -> Instruction:
    def past(target: int) -> int:
        while target in skipped and isinstance(jump := code[target], Jump):
            target = jump.target
        return target

    match instruction:
        case Jump(target):
            return replace(instruction, target=past(target))
        case Branch(_, then, orelse):
            return replace(instruction, then=past(then), orelse=past(orelse))
    return instruction


def _renumbered(instruction: Instruction, position: dict[int, int]) -> Instruction:
    match instruction:
        case Jump(target):
            return replace(instruction, target=position[target])
        case Branch(_, then, orelse):
            return replace(instruction, then=position[then], orelse=position[orelse])
    return instruction
