"""Probabilistic concurrency testing: random priorities with a guarantee.

Burckhardt, Kothari, Musuvathi and Nagarakatte, A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs,
ASPLOS 2010. The n threads get the priorities d, ..., d + n - 1 in random order; d - 1 of the steps 1, ..., k are drawn
as change points, and the thread that makes the i-th of them falls to the priority d - i. Always the thread with the
highest priority moves, of those that can. A bug of depth d (one that d ordering constraints bring about) then shows in
a run with a probability of at least 1 / (n k^(d-1)).

The paper takes k as given. Here it is measured: it is the longest run so far, and a run counts towards the guarantee
only if it was made with the k that stood in the end. What steps choose among (alternatives) is drawn evenly, which the
paper does not treat: where a bug needs certain alternatives, the probability is to be multiplied by theirs.

Fairness: by priorities alone a thread that spins until another one has moved would spin for ever. A thread that comes
back to a state in which it has been, without another one having moved since, can only go round: it falls below all
others (the paper's tool lowers a thread that yields, for the same reason). Where all threads spin, the run is cut after
a number of steps.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from lockmodel.engine.strategies.sampling import Sampling
from lockmodel.engine.strategies.strategy import Option, counted

NEARLY = 1 - 2**-20
"""What is said of a probability that is as good as 1: no number of runs makes it certain."""


class Pct(Sampling):
    """Priorities are numbers, higher first; `longest` is the measured k."""

    title = "runs with random priorities"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.longest = 1
        self.counted = 0
        self.spun = 0
        self.alternatives = False
        self.priorities: list[int] = []
        self._changes: list[int] = []
        self._lowest = 0
        self._spinning = False
        self._mover = -1
        self._since: set[bytes] = set()

    @property
    def guarantee(self) -> float:
        """The least probability with which one run shows a bug of depth d, in n threads and k steps."""
        return 1.0 / float(self.threads * self.longest ** (self.settings.depth - 1))

    def _begin_run(self) -> None:
        depth = self.settings.depth
        self.priorities = list(range(depth, depth + self.threads))
        self.random.shuffle(self.priorities)
        self._changes = [self.random.randint(1, self.longest) for _ in range(depth - 1)]
        self._lowest = 0
        self._spinning = False
        self._mover = -1
        self._since = set()

    def _choose(self, state: bytes, options: list[Option]) -> Option:
        thread = max((option.thread for option in options), key=lambda t: self.priorities[t])
        mine = [option for option in options if option.thread == thread]
        self.alternatives = self.alternatives or len(mine) > 1
        if thread != self._mover:
            self._mover, self._since = thread, {state}
        return mine[0] if len(mine) == 1 else self.random.choice(mine)

    def _moved(self, option: Option, after: bytes) -> None:
        for number, step in enumerate(self._changes, start=1):
            if step == len(self.path):
                self.priorities[option.thread] = self.settings.depth - number
        if after in self._since:
            self._lowest -= 1
            self.priorities[option.thread] = self._lowest
            self._spinning = True
        self._since.add(after)

    def _end_run(self) -> None:
        self.spun += self._spinning
        if len(self.path) > self.longest:
            self.longest, self.counted = len(self.path), 0  # what was drawn for shorter runs no longer counts
        else:
            self.counted += 1

    def _numbers(self) -> tuple[str, ...]:
        n, k, d = self.threads, self.longest, self.settings.depth
        size = f"{counted(n, 'thread')} and {counted(k, 'step')}"
        told = (
            f"a bug of depth {d} in {size} shows in a run with a probability of at least "
            f"1/({n} * {k}^{d - 1}) = {_floor(self.guarantee)}, and in one of the {counted(self.counted, 'run')} made "
            f"with this number of steps with at least {_floor(self._overall())}"
        )
        if self.alternatives:
            told += ", times the chance of the alternatives that it needs"
        spun = f"in {self.spun:,} of the runs a thread that went round was put last, which the guarantee leaves out"
        return (*super()._numbers(), told, *([spun] if self.spun else []))

    def _overall(self) -> float:
        """The probability over all runs that count."""
        overall = -math.expm1(self.counted * math.log1p(-self.guarantee)) if self.guarantee < 1 else 1.0
        return overall if self.guarantee == 1 else min(overall, NEARLY)

    def _figures(self) -> dict[str, int | float]:
        return {
            **super()._figures(),
            "depth": self.settings.depth,
            "threads": self.threads,
            "steps": self.longest,
            "guarantee": self.guarantee,
            "runs_counted": self.counted,
            "guarantee_of_all": self._overall(),
            "spinning": self.spun,
        }


def _floor(probability: float) -> str:
    """A probability in three digits, never rounded up."""
    exact = Decimal(probability)
    last = Decimal(1).scaleb(exact.adjusted() - 2)
    return f"{exact.quantize(last, rounding=ROUND_FLOOR):g}" if exact else "0"
