"""LM701: the model's invariants and its claims at quiescence, for every live object that they speak of.

LM702: its claims that must come true, for every object that is there at first.

A claim is computed once for each combination of the shared bytes that it reads, so judging it costs about as much as
reading them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockmodel.engine.behaviour import Memo, Verdict
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Claim
from lockmodel.ir.values import LIVE, is_object


@dataclass(frozen=True, slots=True)
class Eventual:
    """A claim that must come true, about these objects."""

    claim: Claim
    objects: tuple[int, ...]
    memo: Memo

    def holds(self, state: bytes) -> bool:
        """Is it true in a state? Not where one of its objects is gone, or not made yet."""
        verdict = self.memo.verdict(state)
        return verdict.said and verdict.violation is None


class Claims:
    """The claims of a program about the objects of one scenario. `judged` are the names of those that were judged."""

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.judged: dict[str, None] = {}
        self.memos: list[Memo] = []
        self.eventual: list[Eventual] = []
        self._quiescent: list[Memo] = []
        for claim in stepper.program.claims:
            memos = self._quiescent if claim.quiescent else self.memos
            pools = [[item.number for item in stepper.layout.objects_of(name)] for name in claim.structs]
            for objects in itertools.product(*pools):
                locks = self._class_locks(claim, objects)
                compute = self._instance(claim, objects, locks)
                if claim.eventual:
                    if all(self._at_first(number) for number in objects):
                        self.eventual.append(Eventual(claim, objects, Memo(compute)))
                    continue
                memos.append(Memo(compute, _bytes(stepper.layout, locks), (claim.name, objects)))

    def invariants(self, state: bytes) -> list[Violation]:
        """The invariants that do not hold in a state."""
        return [violation for memo in self.memos if (violation := memo(state)) is not None]

    def quiescent(self, state: bytes) -> list[Violation]:
        """The claims at quiescence that do not hold in a final state."""
        return [violation for memo in self._quiescent if (violation := memo(state)) is not None]

    def never(self, states: Sequence[bytes]) -> list[Violation]:
        """The claims that must come true and hold in none of these states."""
        return [self.never_true(claim) for claim in self.eventual if not any(claim.holds(state) for state in states)]

    def never_true(self, eventual: Eventual) -> Violation:
        """The violation of a claim that does not come true."""
        names = tuple(self.stepper.layout.objects[number].name for number in eventual.objects)
        about = f" of {', '.join(names)}" if names else ""
        claim = eventual.claim
        return Violation(
            "LM702",
            f"{claim.name}{about} never comes true",
            claim.site,
            (claim.site,),
            objects=names,
            claim=claim.name,
        )

    def _at_first(self, number: int) -> bool:
        layout = self.stepper.layout
        status = layout.objects[number].status
        return status < 0 or layout.read(layout.initial, status) == LIVE

    def _class_locks(self, claim: Claim, objects: Sequence[int]) -> list[int]:
        """The locks that must be free, of those that the claim names by their class."""
        paths = {text for text, _, _ in claim.paths}
        layout = self.stepper.layout
        return [lock for name in claim.outside if name not in paths for lock in _locks(layout, claim, name, objects)]

    def _instance(
        self, claim: Claim, objects: Sequence[int], locks: Sequence[int]
    ) -> Callable[[bytes], tuple[list[int], Verdict]]:
        """The claim about these objects, as a function of the state that says which bytes it read."""
        stepper, layout, judged = self.stepper, self.stepper.layout, self.judged

        def compute(state: bytes) -> tuple[list[int], Verdict]:
            read: list[int] = []

            def look(location: int) -> int:
                if location not in read:
                    read.append(location)
                return layout.read(state, location)

            def alive(number: int) -> bool:
                status = layout.objects[number].status
                return status < 0 or look(status) == LIVE

            def silent() -> bool:
                """An object is not there, or a lock is held."""
                if not all(alive(number) for number in objects):
                    return True
                for _, parameter, path in claim.paths:
                    number = objects[parameter]
                    for field in path[:-1]:
                        number = look(layout.address(number, field))
                        if not is_object(number):  # the object is still being made
                            return True
                    if alive(number) and look(layout.address(number, path[-1])) <= 0:
                        return True
                return any(alive(layout.locations[lock].owner) and look(lock) <= 0 for lock in locks)

            if silent():
                return _bytes(layout, read), Verdict(None, said=False)
            judgement = stepper.judge(claim, objects, lambda location: layout.read(state, location))
            if judgement.said:
                judged.setdefault(claim.name)
            read.extend(location for location in judgement.reads if location not in read)
            return _bytes(layout, read), Verdict(judgement.violation, judgement.said)

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
