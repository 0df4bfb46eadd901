"""Can an execution come back to a state in which it was, as far as tells what each step reads and writes?

What is looked at is the learned behaviour, and no state. On a way round each thread comes back to where it stood, and
each byte of shared memory to what it was. So there is no step on it that leads a thread where it does not come back
from; and of the values of a byte only such as lead to each other: where they fall into several parts, each part is
looked at by itself, with the steps that fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockmodel.engine.behaviour import Behaviour, leaves
from lockmodel.engine.reduction.cycles import on_cycles

MOST_PARTS = 1_000
"""Parts that are looked at: a second or two. Where there are more, nothing is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step from one local state to another: what it reads in which bytes, and what it writes there."""

    source: int
    target: int
    reads: Mapping[int, int]
    writes: Mapping[int, int]


def goes_round(behaviour: Behaviour) -> bool:
    """Can threads come back to a state without getting on?

    Where freed slots are reclaimed, which writes what no step tells of, it is enough that a thread may come back.
    """
    steps = []
    reclaims = False
    for node in behaviour.nodes.values():
        for path, answer in leaves(node.roots):
            reclaims |= answer.pool is not None
            if answer.target and not answer.gets_on:
                target = int.from_bytes(answer.target, "little")
                steps.append(Step(node.number, target, dict(path), dict(answer.writes)))
    return bool(_inside(steps)) and (reclaims or _Rounds().any(steps))


class _Rounds:
    """Looks for steps that may be a way round."""

    def __init__(self) -> None:
        self._left = MOST_PARTS

    def any(self, steps: Sequence[Step]) -> bool:
        """May there be a way round by these steps alone?"""
        steps = _inside(steps)
        if not steps:
            return False
        self._left -= 1
        if self._left < 0:
            return True
        for offset in sorted({offset for step in steps for offset in (*step.reads, *step.writes)}):
            parts = _parts(steps, offset)
            if len(set(parts.values())) > 1:
                return any(
                    self.any([step for step in steps if all(parts[value] == part for value in _values(step, offset))])
                    for part in dict.fromkeys(parts.values())
                )
        return True


def _inside(steps: Sequence[Step]) -> list[Step]:
    """The steps from which their thread may come back to where it stood."""
    targets: dict[int, list[int]] = {}
    for step in steps:
        targets.setdefault(step.source, []).append(step.target)
        targets.setdefault(step.target, [])
    part = on_cycles(targets)
    return [step for step in steps if step.source in part and part[step.source] == part.get(step.target)]


def _parts(steps: Sequence[Step], offset: int) -> dict[int, int]:
    """For each value that a byte is seen with the one that stands for all those with which it can change to and fro."""
    after: dict[int, list[int]] = {value: [] for step in steps for value in _values(step, offset)}
    for step in steps:
        if offset in step.writes:
            written = step.writes[offset]
            for value in (step.reads[offset],) if offset in step.reads else after:
                if value != written:
                    after[value].append(written)
    part = on_cycles(after)
    return {value: part.get(value, value) for value in after}


def _values(step: Step, offset: int) -> list[int]:
    return [of[offset] for of in (step.reads, step.writes) if offset in of]
