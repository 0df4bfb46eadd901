"""Executions drawn at random, to learn what is rare sooner than a pass does, which with little knowledge follows few.

As with priorities (Burckhardt, Kothari, Musuvathi, Nagarakatte 2010) the first thread of a drawn order that can move
moves on, and now and then one comes to be the last; as in fuzzing, an execution begins where something was
learned, or in the initial state. All of them are real, so that what is learned from them is.
"""

from __future__ import annotations

import random
from typing import Protocol

from lockmodel.engine.behaviour import Answer

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


class Scout:
    """Follows executions from the packed state `first`, and from those in which it learned something."""

    def __init__(self, first: bytes, threads: int, ground: Ground) -> None:
        self._begins = [first]
        self._threads = threads
        self._ground = ground

    def follow(self, seed: int, least: int) -> int:
        """Follow executions, at least so many steps in all; how many it were."""
        drawing = random.Random(seed)
        steps = 0
        while steps < least:
            steps += 1 + self._execution(drawing)
        return steps

    def _execution(self, drawing: random.Random) -> int:
        """Follow one execution; its steps."""
        state = drawing.choice(self._begins) if drawing.random() < 0.75 else self._begins[0]
        order = drawing.sample(range(self._threads), self._threads)
        seldom = 2 << drawing.randrange(8)  # once in so many steps the order changes
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
            answer = drawing.choice([answer for thread, answer in possible if thread == mover])
            state = self._ground.after(state, mover, answer)
            if not drawing.randrange(seldom):
                order.append(order.pop(drawing.randrange(self._threads)))
        return LONGEST
