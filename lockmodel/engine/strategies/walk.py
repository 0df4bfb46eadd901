"""The uniform random walk: in every state each move that can be made is as likely as the others.

The yardstick of the other random strategies. It finds what many schedules show; a bug that takes a thread to stand
still for long while another one runs is as good as hidden from it.
"""

from __future__ import annotations

from lockmodel.engine.strategies.sampling import Sampling
from lockmodel.engine.strategies.strategy import Option


class Walk(Sampling):
    """A move is a thread with an alternative of its step: a thread with two alternatives moves twice as often."""

    title = "random walks"

    def _choose(self, state: bytes, options: list[Option]) -> Option:
        return self.random.choice(options)
