"""The judge that the search asks about states; the rules of steps are judged by the interpreter."""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.behaviour import Memo
from lockmodel.engine.judging import View
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.properties.claims import Claims
from lockmodel.properties.events import lost_events
from lockmodel.properties.leaks import leaks
from lockmodel.properties.waiting import closed_orders, deadlocks, self_deadlocks, stuck, waits


class RuleJudge:
    """Judges waiting, leaks, lost events and claims for one scenario (see `engine.exploration.Judge`)."""

    def __init__(self, stepper: Stepper) -> None:
        self.stepper = stepper
        self.claims = Claims(stepper)

    def shared(self, state: bytes) -> list[Violation]:
        """Invariants."""
        return self.claims.invariants(state)

    def memos(self) -> Sequence[Memo]:
        """Invariants, one for each combination of objects."""
        return self.claims.memos

    def waiting(self, view: View) -> list[Violation]:
        """Cycles of owned locks: they are for ever, whatever the other threads do."""
        found = self_deadlocks(self.stepper, view) + deadlocks(self.stepper, view)
        return found + closed_orders(self.stepper, view)

    def final(self, view: View) -> list[Violation]:
        """Threads that are stuck; or, where every thread is done, what is left over and the claims at quiescence.

        Cycles are told once more: for whom one waits under RCU no local state says, so that a search, which asks once
        for the same local states, may have passed this one over.
        """
        if cycles := self.waiting(view):
            return cycles
        threads = tuple(wait.thread for wait in waits(view))
        found = stuck(self.stepper, view, threads)
        return found or leaks(view) + lost_events(view) + self.claims.quiescent(view.state)

    def starved(self, view: View, threads: tuple[int, ...]) -> list[Violation]:
        """Threads that can never move again while others go on."""
        return [] if self.waiting(view) else stuck(self.stepper, view, threads)

    def prevailing(self, starved: Sequence[Violation]) -> set[tuple[object, ...]]:
        """That a thread waits (LM101) is no finding of its own where it turns out later that it has lost its wake."""
        lost = {violation.places for violation in starved if violation.rule == "LM103"}
        return {v.identity for v in starved if v.rule == "LM103" or v.places not in lost}

    def never(self, states: Sequence[bytes]) -> list[Violation]:
        """Claims that must come true, and do not."""
        return self.claims.never(states)
