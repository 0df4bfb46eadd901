"""The schedules with the fewest thread switches, and of those one with the fewest steps.

Dijkstra's algorithm over (state, thread that moved last), by (switches, steps): moves are made in the order of what a
schedule that ends with them costs, so that a rule is broken first by a cheapest schedule.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from lockmodel.engine.exploration import ENOUGH, TICK
from lockmodel.engine.local import Violation
from lockmodel.engine.strategies.strategy import Option, Strategy
from lockmodel.engine.transitions import Move

Waiting = tuple[int, int, int, int, Option]
"""A move that can be made: (switches, steps, in the order of coming, place before it, the move)."""


class FewestSwitches(Strategy):
    """The search. A place is a state with the thread that moved last; `_before` has the place and move before it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._before: list[tuple[int, Move]] = []
        self._at = -1

    def _way(self, number: int) -> tuple[Move, ...]:
        moves: list[Move] = []
        place = self._at
        while place > 0:
            place, move = self._before[place]
            moves.append(move)
        return tuple(reversed(moves))

    def _numbers(self) -> tuple[str, ...]:
        return ()

    def _figures(self) -> dict[str, int | float]:
        return {}

    def _check_off(self, violation: Violation) -> None:
        super()._check_off(violation)
        if self.enough:
            self._end(ENOUGH)

    def _search(self) -> None:
        settled: set[tuple[bytes, int]] = set()
        waiting: list[Waiting] = []
        coming = 0

        def settle(state: bytes, last: int, cost: tuple[int, int], before: int, move: Move) -> None:
            nonlocal coming
            settled.add((state, last))
            self._at = place = len(self._before)
            self._before.append((before, move))
            for option in self._visit(state):
                coming += 1
                switches = cost[0] + (last >= 0 and option.thread != last)
                heappush(waiting, (switches, cost[1] + 1, coming, place, option))

        settle(self.start, -1, (0, 0), -1, (-1, 0))
        while waiting and not self.reason:
            if len(settled) % TICK == 0:
                self.frontier = len(waiting)
                self._tick()
            switches, steps, _, self._at, option = heappop(waiting)
            before = self._at
            after = self._take(option)
            if after is not None and (after, option.thread) not in settled:
                settle(after, option.thread, (switches, steps), before, option.move)
