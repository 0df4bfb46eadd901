"""What the random strategies have in common: so many runs, each from the beginning to its end, and what was sampled.

A run ends where no thread can move, where a rule is broken that ends the execution, or after so many steps. A strategy
chooses among the moves at hand. One generator serves all runs, so that a seed gives the same runs everywhere.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from random import Random
from typing import Any, ClassVar

from lockmodel.engine.exploration import TICK
from lockmodel.engine.strategies.strategy import STEPS, Option, Strategy, counted
from lockmodel.engine.transitions import Move

DIGEST = 16
"""Bytes kept of a schedule to count the different ones: two of a billion are then alike once in 10^20."""


class Sampling(Strategy):
    """Runs chosen at random. A strategy gives `_choose`, and may hear of the beginning of runs and of moves made."""

    title: ClassVar[str]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.random = Random(self.settings.seed)
        self.steps = STEPS if self.settings.steps is None else self.settings.steps
        self.path: list[Move] = []
        self.runs = 0
        self.cut = 0
        self.schedules: set[bytes] = set()

    @abstractmethod
    def _choose(self, state: bytes, options: list[Option]) -> Option:
        """The move to make in this state; `options` is not empty."""

    def _begin_run(self) -> None:
        """A run is about to begin."""

    def _moved(self, option: Option, after: bytes) -> None:
        """The run goes on in the state `after`."""

    def _end_run(self) -> None:
        """A run came to its end."""

    def _way(self, number: int) -> tuple[Move, ...]:
        return tuple(self.path)

    def _search(self) -> None:
        while self.runs < self.settings.runs and not self.reason:
            self._tick()
            if not self.reason:
                self._run()
        self._end(f"{self.title} take a sample of the schedules, and not all of them")

    def _run(self) -> None:
        """One run, judged step by step and state by state."""
        self.path.clear()
        self._begin_run()
        state: bytes | None = self.start
        while state is not None:
            options = self._visit(state)
            if self.reason:
                return
            if not options:
                break
            if len(self.path) >= self.steps:
                self.cut += 1
                break
            option = self._choose(state, options)
            state = self._take(option)
            self.path.append(option.move)
            self.depth = max(self.depth, len(self.path))
            if state is not None:
                self._moved(option, state)
            if len(self.path) % TICK == 0:
                self._tick()
        self.runs += 1
        self.schedules.add(hashlib.blake2b(repr(self.path).encode(), digest_size=DIGEST).digest())
        self._end_run()

    def _numbers(self) -> tuple[str, ...]:
        different = counted(len(self.schedules), "different schedule")
        told = f"{counted(self.runs, 'run')} (seed {self.settings.seed}) took {different}"
        cut = f"{self.cut:,} of the runs cut after {counted(self.steps, 'step')}"
        return (told, cut) if self.cut else (told,)

    def _figures(self) -> dict[str, int | float]:
        return {"runs": self.runs, "schedules": len(self.schedules), "cut": self.cut, "seed": self.settings.seed}
