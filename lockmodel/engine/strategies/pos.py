"""Partial order sampling: random priorities of steps, drawn anew where steps race.

Yuan, Yang and Gu, Partial Order Aware Concurrency Sampling, CAV 2018. Each thread's next step has a random priority,
and the step with the highest one is made, of those that can be; the priorities of the others that race with it are then
drawn anew. A step then comes before k steps of another thread with a probability of k/(k+1), and after all of them with
1/(k+1), where a random walk has 2^-k; and drawing anew makes the order of one race say nothing of the next.

Steps race if they depend on each other by the bytes that they read and write; what a claim looks at is left out of it.
The alternatives of a step are drawn evenly when it is made.
"""

from __future__ import annotations

from typing import Any

from lockmodel.engine.strategies.access import Accesses, dependent
from lockmodel.engine.strategies.sampling import Sampling
from lockmodel.engine.strategies.strategy import Option


class Pos(Sampling):
    """`priorities` are those of the threads' next steps."""

    title = "runs sampled by partial orders"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.priorities: list[float] = []
        self._accesses = Accesses()

    def _begin_run(self) -> None:
        self.priorities = [self.random.random() for _ in range(self.threads)]

    def _choose(self, state: bytes, options: list[Option]) -> Option:
        thread = max((option.thread for option in options), key=lambda t: self.priorities[t])
        mine = [option for option in options if option.thread == thread]
        chosen = mine[0] if len(mine) == 1 else self.random.choice(mine)
        access = self._accesses.of(chosen, state)
        for other in range(self.threads):
            if other == thread or any(
                dependent(self._accesses.of(option, state), access) for option in self._options(state, other)
            ):
                self.priorities[other] = self.random.random()
        return chosen
