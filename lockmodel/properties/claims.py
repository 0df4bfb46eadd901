"""LM701: the model's invariants and its claims at quiescence, for every live object that they speak of.

A claim is computed once for each combination of the shared bytes that it reads, so judging it costs about as much as
reading them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from lockmodel.engine.behaviour import Memo
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Claim
from lockmodel.ir.values import LIVE


class Claims:
    """The claims of a program about the objects of one scenario. `judged` are the names of those that were judged."""

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.judged: dict[str, None] = {}
        self.memos: list[Memo] = []
        self._quiescent: list[Memo] = []
        for claim in stepper.program.claims:
            memos = self._quiescent if claim.quiescent else self.memos
            pools = [[item.number for item in stepper.layout.objects_of(name)] for name in claim.structs]
            memos.extend(Memo(self._instance(claim, objects)) for objects in itertools.product(*pools))

    def invariants(self, state: bytes) -> list[Violation]:
        """The invariants that do not hold in a state."""
        return [violation for memo in self.memos if (violation := memo(state)) is not None]

    def quiescent(self, state: bytes) -> list[Violation]:
        """The claims at quiescence that do not hold in a final state."""
        return [violation for memo in self._quiescent if (violation := memo(state)) is not None]

    def _instance(self, claim: Claim, objects: Sequence[int]) -> Callable[[bytes], tuple[list[int], Violation | None]]:
        """The claim about these objects, as a function of the state that says which bytes it read."""
        layout = self.stepper.layout
        locks = [lock for name in claim.outside for lock in _locks(layout, claim, name, objects)]

        def compute(state: bytes) -> tuple[list[int], Violation | None]:
            read: list[int] = []
            for number in objects:
                status = layout.objects[number].status
                if status >= 0:
                    read.append(status)
                    if layout.read(state, status) != LIVE:
                        return _bytes(layout, read), None
            for lock in locks:
                status = layout.owner(lock).status
                if status >= 0 and status not in read:
                    read.append(status)
                if status >= 0 and layout.read(state, status) != LIVE:
                    continue
                read.append(lock)
                if layout.read(state, lock) == 0:
                    return _bytes(layout, read), None
            judgement = self.stepper.judge(claim, objects, lambda location: layout.read(state, location))
            if judgement.said:
                self.judged.setdefault(claim.name)
            read.extend(location for location in judgement.reads if location not in read)
            return _bytes(layout, read), judgement.violation

        return compute


def _locks(layout: Layout, claim: Claim, name: str, objects: Sequence[int]) -> list[int]:
    """The locks that must be free: those of the claim's own objects of that type, or else of every object of it."""
    if name in layout.globals:
        return [layout.address(layout.globals[name], "lock")]
    struct, _, field = name.partition(".")
    mine = [number for number, kind in zip(objects, claim.structs, strict=True) if kind == struct]
    return [layout.address(number, field) for number in mine or [o.number for o in layout.objects_of(struct)]]


def _bytes(layout: Layout, locations: Sequence[int]) -> list[int]:
    return [
        layout.locations[location].offset + n
        for location in locations
        for n in range(layout.locations[location].domain.width)
    ]
