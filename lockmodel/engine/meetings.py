"""Where a violation is met: every state of the level on which a search met it first, and every move from them.

All of these places are reached by as few steps; which of them is reached with the fewest thread switches shows when the
schedules to all are known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from lockmodel.engine.behaviour import Answer, Behaviour, Node, decide
from lockmodel.engine.judging import Judge, View
from lockmodel.engine.local import Violation
from lockmodel.engine.races import races
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import NODE_BYTES

SCANNED = 50_000
"""States of a level that are looked through for more places: a second or two."""

Meeting = tuple[int, Move | None]
"""A state, by its number, in which a rule is broken, or the move from it that breaks the rule."""


class Meetings:
    """Finds the places. `depths` are the levels of the states, by their numbers; `state` gives a state."""

    def __init__(
        self, behaviour: Behaviour, judge: Judge, state: Callable[[int], bytes], threads: int, depths: Sequence[int]
    ) -> None:
        self._behaviour = behaviour
        self._judge = judge
        self._state = state
        self._threads = threads
        self._depths = depths

    def of(self, violation: Violation, number: int, move: Move | None) -> tuple[bool, list[Meeting]]:
        """Are these all that are on its level?, and the places; the one that is known already is among them."""
        first: Meeting = number, move
        if number >= len(self._depths):  # the levels were not kept
            return False, [first]
        level = self._depths[number]
        numbers = range(bisect_left(self._depths, level), bisect_right(self._depths, level))
        if len(numbers) > SCANNED:
            return False, [first]
        found = list(self._among(numbers, violation.identity))
        return (True, found) if first in found else (False, [first])

    def _among(self, numbers: range, identity: tuple[object, ...]) -> Iterator[Meeting]:
        steps = {answer for answer in self._behaviour.answers if identity in {v.identity for v in answer.violations}}
        for number in numbers:
            state = self._state(number)
            if steps:
                for thread, choice, answer in self._answers(state):
                    if answer in steps:
                        yield number, None if answer.blocked or answer.pool is not None else (thread, choice)
            elif identity in {violation.identity for violation in self._shown(state)}:
                yield number, None

    def _shown(self, state: bytes) -> list[Violation]:
        """The rules that a state breaks by itself."""
        answers = list(self._answers(state))
        blocked = tuple(
            (thread, answer.wants) for thread, _, answer in answers if answer is not None and answer.blocked
        )
        view = View(self._behaviour.layout, state, tuple(node.local for node in self._nodes(state)), blocked)
        found = self._judge.shared(state)
        if blocked:
            found += self._judge.waiting(view)
        if len(blocked) == len(answers):
            found += self._judge.final(view)
        nexts = [(thread, view.locals[thread], answer.accesses) for thread, _, answer in answers if answer is not None]
        return found + races(self._behaviour.stepper, nexts)

    def _answers(self, state: bytes) -> Iterator[tuple[int, int, Answer | None]]:
        """What each thread would do next: (thread, alternative, what it comes to, None where that is not known)."""
        for thread, node in enumerate(self._nodes(state)):
            for choice, root in enumerate(node.roots):
                yield thread, choice, decide(root, state)

    def _nodes(self, state: bytes) -> Iterator[Node]:
        size = self._behaviour.layout.size
        for at in range(size, size + NODE_BYTES * self._threads, NODE_BYTES):
            yield self._behaviour.nodes[state[at : at + NODE_BYTES]]
