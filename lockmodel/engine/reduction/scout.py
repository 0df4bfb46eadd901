"""Executions drawn at random, to learn what is rare sooner than a pass does, which with little knowledge follows few.

As with priorities (Burckhardt, Kothari, Musuvathi, Nagarakatte 2010) the first thread of a drawn order that can move
moves on, and now and then one comes to be the last; as in fuzzing, an execution begins where something was
learned, or in the initial state. All of them are real, so that what is learned from them is.
"""

from __future__ import annotations

from typing import Protocol

from lockmodel.engine.behaviour import Answer

_WORD = (1 << 64) - 1

LONGEST = 4096
"""Steps of one execution, so that none goes on for ever."""


class Ground(Protocol):
    """What a scout moves on."""

    def alternatives(self, state: bytes, thread: int) -> list[Answer]:
        """What the alternatives of a thread's next step come to in a state."""

    def after(self, state: bytes, thread: int, answer: Answer) -> bytes:
        """The state after a step."""

    def known(self) -> tuple[int, int]:
        """How much is known; it only becomes more."""


class _Drawing:
    """Numbers drawn by SplitMix64 (Steele, Lea, Flood 2014): the same for every version of Python."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """A number of 0..limit - 1."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _WORD
        mixed = self._state
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _WORD
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _WORD
        return (mixed ^ mixed >> 31) % limit


class Scout:
    """Follows executions from the packed state `first`, and from those in which it learned something."""

    def __init__(self, first: bytes, threads: int, ground: Ground) -> None:
        self._begins = [first]
        self._threads = threads
        self._ground = ground

    def follow(self, seed: int, least: int) -> int:
        """Follow executions, at least so many steps in all; how many it were."""
        drawing = _Drawing(seed)
        steps = 0
        while steps < least:
            steps += 1 + self._execution(drawing)
        return steps

    def _execution(self, drawing: _Drawing) -> int:
        """Follow one execution; its steps."""
        state = self._begins[drawing.below(len(self._begins)) if drawing.below(4) else 0]
        order: list[int] = []
        for thread in range(self._threads):
            order.insert(drawing.below(thread + 1), thread)
        seldom = 2 << drawing.below(8)  # once in so many steps the order changes
        for steps in range(LONGEST):
            known = self._ground.known()
            possible = [
                (thread, answer)
                for thread in order
                for answer in self._ground.alternatives(state, thread)
                if not (answer.blocked or answer.halts or answer.pool is not None)
            ]
            if known != self._ground.known():
                self._begins.append(state)
            if not possible:
                return steps
            mover = possible[0][0]
            options = [answer for thread, answer in possible if thread == mover]
            answer = options[drawing.below(len(options))]
            state = self._ground.after(state, mover, answer)
            if not drawing.below(seldom):
                order.append(order.pop(drawing.below(self._threads)))
        return LONGEST
