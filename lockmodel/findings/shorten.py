"""A schedule made smaller by leaving out what is not needed, where the smallest one is not known.

Greedy, by running it again: the moves of a thread are left out from its last one back as far as the same rule is still
broken at the end, and runs of a thread are joined where they may be. What comes out can be replayed and is no longer
than what went in; that nothing is smaller it does not say.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from lockmodel.engine.exploration import Hit
from lockmodel.engine.judging import Judge
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move, thread_switches
from lockmodel.errors import UsageError
from lockmodel.findings.trace import run, violations

ATTEMPTS = 150
"""Schedules that are tried: a second or two for some hundred steps."""


class Shortener:
    """Shortens the schedules of one scenario.

    `same_locks`: of deadlocks that are one finding, what is left shows the one that it was about.
    """

    def __init__(self, stepper: Stepper, judge: Judge, *, same_locks: bool = False) -> None:
        self._same_locks = same_locks
        self._stepper = stepper
        self._judge = judge
        self._left = 0

    def shorten(self, hit: Hit) -> Hit:
        """The hit with a smaller schedule, if one is found."""
        self._left = ATTEMPTS
        moves = list(hit.schedule)
        for thread in sorted({thread for thread, _ in moves}):
            moves = self._without_last_moves(hit, moves, thread)
        return Hit(hit.violation, tuple(self._joined(hit, moves)), hit.shortest)

    def _without_last_moves(self, hit: Hit, moves: list[Move], thread: int) -> list[Move]:
        """Without as many of a thread's last moves as halving finds to be of no use; the last move of all stays."""
        mine = [n for n, move in enumerate(moves[:-1]) if move[0] == thread]
        some, all_of = 0, len(mine)
        best = moves
        while some < all_of:
            number = all_of if some == 0 and best is moves and all_of == len(mine) else (some + all_of + 1) // 2
            gone = set(mine[len(mine) - number :])
            shorter = [move for n, move in enumerate(moves) if n not in gone]
            if self._shows(hit, shorter):
                some, best = number, shorter
            else:
                all_of = number - 1
        return best

    def _joined(self, hit: Hit, moves: list[Move]) -> list[Move]:
        """With runs of a thread put behind its run before, one after the other, where that saves switches."""
        n = 1
        while n < len(runs := [list(run) for _, run in itertools.groupby(moves, key=lambda move: move[0])]):
            before = next((m for m in range(n - 2, -1, -1) if runs[m][0][0] == runs[n][0][0]), None)
            if before is not None and n < len(runs) - 1:
                order = [*runs[: before + 1], runs[n], *runs[before + 1 : n], *runs[n + 1 :]]
                joined = [move for part in order for move in part]
                if thread_switches(joined) < thread_switches(moves) and self._shows(hit, joined):
                    moves, n = joined, max(1, before)
                    continue
            n += 1
        return moves

    def _shows(self, hit: Hit, moves: Sequence[Move]) -> bool:
        """Is the same rule broken at the end of these moves?"""
        if self._left == 0:
            return False
        self._left -= 1
        try:
            trace = run(self._stepper, moves)
        except UsageError:  # a move cannot be made
            return False
        if len(trace.moments) < len(moves):
            return False
        return any(
            violation.identity == hit.violation.identity
            and (violation.locks == hit.violation.locks or not self._same_locks)
            for violation in violations(trace, self._judge, lost=())  # who starves shows in no single schedule
        )
