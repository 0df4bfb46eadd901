"""Preemption-bounded search: every schedule without a preemption, then with one, and so on.

Musuvathi and Qadeer, Iterative Context Bounding for Systematic Testing of Multithreaded Programs, PLDI 2007. A
preemption is a switch away from a thread that could go on; to leave one that waits or has ended costs nothing. Most
bugs need few, and the schedules with few are few.

States are stored, each with the fewest preemptions by which it can be reached. To be at a state with the thread that
moved last is to have its next move for nothing and those of the others for one preemption more; so each thread's moves
from a state are made once, for the fewest preemptions for which they can be made, and a way that comes to a state with
more preemptions than another way shows nothing new (whatever it could do for nothing, the other one can do for the same
sum). What costs one more is put off to the next bound, which therefore begins where the last one ended.

Where nothing was put off, every transition of every state was made: the search was exhaustive, and threads that starve
are judged as there.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from lockmodel.engine.behaviour import bits
from lockmodel.engine.exploration import TICK
from lockmodel.engine.strategies.strategy import Option, Strategy, counted
from lockmodel.engine.transitions import NOWHERE, Move

Turn = tuple[int, int]
"""A thread's moves that are to be made: (arrival from whose state, thread)."""


class Preemption(Strategy):
    """The search. An arrival is a way to come to a state: (its state, the arrival before, the move from there)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bound = 0
        self.fresh: list[int] = []
        self.complete = False
        self.keys: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.arrivals: list[tuple[int, int, Move]] = []
        self._steps: list[int] = []
        self._first: list[int] = []
        self._fewest: list[int] = []
        self._able: list[int] = []
        self._made: list[int] = []
        self._at = -1
        self._now: deque[Turn] = deque()
        self._later: list[Turn] = []

    def _state(self, number: int) -> bytes:
        return self.keys[number]

    def _states(self) -> int:
        return len(self.keys)

    def _way(self, number: int) -> tuple[Move, ...]:
        if not self.arrivals:
            return ()
        arrival = self._at if self._at >= 0 else self._first[number]
        moves: list[Move] = []
        while arrival:
            _, before, move = self.arrivals[arrival]
            moves.append(move)
            arrival = before
        return tuple(reversed(moves))

    # --- bounds ---------------------------------------------------------------------------------------------------

    def _search(self) -> None:
        """Bound after bound, until one is the last that is wanted, shows something, or leaves nothing for the next."""
        self._tick()
        self._arrive(self.start, -1, 0, (-1, 0))
        while not self.reason:
            known = len(self.keys) if self.bound else 0
            self._search_bound()
            if self.reason:
                return
            self.fresh.append(len(self.keys) - known)
            self._later = [turn for turn in self._later if not self._is_made(turn)]
            if not self._later:
                self.complete = True
                return
            if self._is_last():
                self._end(self._what_is_left())
                return
            self._now.extend(self._later)
            self._later = []
            self.bound += 1

    def _is_last(self) -> bool:
        if self.settings.preemptions is not None:
            return self.bound >= self.settings.preemptions
        return any(hit.violation.broken and self.settings.wanted(hit.violation) for hit in self.hits.values())

    def _what_is_left(self) -> str:
        most = counted(self.bound, "preemption")
        if any(hit.violation.broken for hit in self.hits.values()):
            return f"schedules with more than {most} were not looked at"
        return f"no schedule with at most {most} breaks a rule, but those with more were not looked at"

    def _search_bound(self) -> None:
        """Make all moves that can be made with as many preemptions as the bound."""
        turns = 0
        while self._now and not self.reason:
            turn = self._now.popleft()
            turns += 1
            if turns % TICK == 0:
                self.frontier = len(self._now)
                self._tick()
            if not self._is_made(turn):
                self._make(*turn)
        self.frontier = len(self._now)

    def _is_made(self, turn: Turn) -> bool:
        arrival, thread = turn
        return bool(self._made[self.arrivals[arrival][0]] >> thread & 1)

    def _make(self, arrival: int, thread: int) -> None:
        """Make each alternative of a thread's step, of those that can be made."""
        number = self.arrivals[arrival][0]
        self._made[number] |= 1 << thread
        for option in self._options(self.keys[number], thread):
            if option.answer.blocked:
                continue
            self._at = arrival
            after = self._take(option, number)
            if after is not None:
                self._arrive(after, thread, arrival, option.move)

    # --- states ---------------------------------------------------------------------------------------------------

    def _arrive(self, state: bytes, last: int, before: int, move: Move) -> None:
        """Come to a state by a thread's move: note what can be done from there, now or with one preemption more."""
        number = self.numbers.get(state, -1)
        if number >= 0 and self._fewest[number] < self.bound:
            return
        if number < 0 and len(self.keys) >= self.most:
            self._no_room()
            return
        arrival = len(self.arrivals)
        new = number < 0
        if new:
            options, waiting = self._look(state)
            number = self._store(state, arrival, options)
        able = self._able[number]
        free = able & 1 << last if last >= 0 and able >> last & 1 else able
        if not new and not free & ~self._made[number]:
            return
        self.arrivals.append((number, before, move))
        self._steps.append(self._steps[before] + 1 if arrival else 0)
        self.depth = max(self.depth, self._steps[arrival])
        if new:
            self._at = arrival
            self._judge(state, options, waiting, number)
        for thread in range(self.threads):
            if free >> thread & 1:
                self._now.append((arrival, thread))
            elif new and able >> thread & 1:
                self._later.append((arrival, thread))

    def _store(self, state: bytes, arrival: int, options: list[Option]) -> int:
        number = self.numbers[state] = len(self.keys)
        self.keys.append(state)
        self._first.append(arrival)
        self._fewest.append(self.bound)
        self._able.append(bits(option.thread for option in options))
        self._made.append(0)
        return number

    def _settle(self) -> None:
        """Where all was seen and threads wait, note the transitions: whether one starves can be asked of them."""
        self._at = -1
        if not (self.complete and self.waits):
            return
        self.cyclic = True
        for state in self.keys:
            self.depths.append(0)
            self.edges.begin()
            for option in self._look(state)[0]:
                after = NOWHERE if option.ends else self.numbers[self._after(option.base, option.thread, option.answer)]
                self.edges.moves.append(option.thread << 16 | option.choice)
                self.edges.targets.append(after)

    # --- what is told ---------------------------------------------------------------------------------------------

    def _numbers(self) -> tuple[str, ...]:
        if not self.start:
            return ()
        if not self.fresh:
            return ("not even the schedules without a preemption were all run",)
        most = counted(len(self.fresh) - 1, "preemption")
        told = f"all schedules with at most {most} were run"
        if self.complete:
            told = f"more than {most} lead to nothing new, so that this was every schedule"
        by = ", ".join(f"{count:,} with {n}" for n, count in enumerate(self.fresh))
        return (f"{told}; states by the preemptions that they need: {by}",)

    def _figures(self) -> dict[str, int | float]:
        return {"preemptions": len(self.fresh) - 1}
