"""The transitions that a breadth-first search made, kept compactly, and what can be asked of them afterwards.

State numbers are the order of discovery; the transitions of a state stand together, in the order of the threads. A
transition that ends the execution (a fatal violation, a pool run out) leads to `NOWHERE`.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

Move = tuple[int, int]
"""(thread, alternative of its step)"""

NOWHERE = 0xFFFFFFFF
"""The target of a transition that ends the execution."""

UNREACHED = 0xFFFFFFFF
"""More thread switches than any schedule has."""


def thread_switches(schedule: Sequence[Move]) -> int:
    """How often another thread than before moves."""
    return sum(1 for one, other in itertools.pairwise(schedule) if one[0] != other[0])


class Transitions:
    """Every transition, by the state that it leaves. `begin` opens the next state, `add` adds to the last one."""

    def __init__(self) -> None:
        self.first = array("Q")
        self.targets = array("I")
        self.moves = array("I")

    def begin(self) -> None:
        """The next state is about to be expanded."""
        self.first.append(len(self.targets))

    def load(self, first: bytes, targets: bytes, moves: bytes) -> None:
        """Take over transitions that another search kept, in the same form."""
        self.first = array("Q", first)
        self.targets = array("I", targets)
        self.moves = array("I", moves)

    def settle(self) -> None:
        """Forget a transition that was only half noted when the search was interrupted."""
        del self.moves[len(self.targets) :]

    def of(self, number: int) -> Iterator[tuple[int, int, int]]:
        """(target, thread, alternative) of each transition of a state; none where it was not expanded."""
        if number >= len(self.first):
            return
        end = self.first[number + 1] if number + 1 < len(self.first) else len(self.targets)
        for n in range(self.first[number], end):
            yield self.targets[n], self.moves[n] >> 16, self.moves[n] & 0xFFFF

    def backward(self, states: int) -> list[list[int]]:
        """For each state those that lead to it."""
        before: list[list[int]] = [[] for _ in range(states)]
        for number in range(states):
            for target, _, _ in self.of(number):
                if target != NOWHERE:
                    before[target].append(number)
        return before

    def after_cycles(self, states: int) -> list[int]:
        """The states that are on a cycle, or to which one leads."""
        leading = array("I", [0]) * states
        for target in self.targets:
            if target != NOWHERE:
                leading[target] += 1
        left = bytearray(b"\1") * states
        waiting = [number for number in range(states) if not leading[number]]
        while waiting:
            number = waiting.pop()
            left[number] = 0
            for target, _, _ in self.of(number):
                if target != NOWHERE:
                    leading[target] -= 1
                    if not leading[target]:
                        waiting.append(target)
        return [number for number in range(states) if left[number]]


def leading_to(goals: Iterable[int], before: Sequence[Sequence[int]]) -> bytearray:
    """For each state whether it is a goal or leads to one: 1 if so. `before` are the states that lead to each."""
    marked = bytearray(len(before))
    waiting = list(goals)
    for number in waiting:
        marked[number] = 1
    while waiting:
        for earlier in before[waiting.pop()]:
            if not marked[earlier]:
                marked[earlier] = 1
                waiting.append(earlier)
    return marked


def lost_threads(
    transitions: Transitions, states: int, threads: int, ended: Callable[[int, int], bool]
) -> dict[int, tuple[int, ...]]:
    """For each state from which every execution goes on for ever: the threads that can never move again.

    Only meaningful when every state was expanded. A state from which an execution can end is left out: who cannot move
    at that end is judged there, and an execution that ends in a violation says nothing of what would have come.
    """
    before = transitions.backward(states)
    can_end = leading_to([n for n in range(states) if _ends(transitions, n)], before)
    lost: dict[int, tuple[int, ...]] = {}
    if all(can_end):
        return lost
    for thread in range(threads):
        goals = [n for n in range(states) if any(mover == thread for _, mover, _ in transitions.of(n))]
        moves = leading_to(goals, before)
        for number in range(states):
            if not can_end[number] and not moves[number] and not ended(number, thread):
                lost[number] = (*lost.get(number, ()), thread)
    return lost


def _ends(transitions: Transitions, number: int) -> bool:
    """Can an execution end in this state: nothing can move, or a move ends it?"""
    targets = [target for target, _, _ in transitions.of(number)]
    return not targets or NOWHERE in targets


class Schedules(Protocol):
    """A shortest schedule to each state."""

    def reaches(self, number: int) -> bool:
        """Is a way to this state known?"""

    def schedule(self, number: int, following: int | None = None) -> tuple[Move, ...]:
        """The schedule to a state; `following` is the thread that moves next."""


class Shortest:
    """Among the schedules with the fewest steps to a state, one with the fewest thread switches.

    Dynamic programming over (state, thread that moved last), along the transitions that lead one level deeper: for each
    such pair, at state * threads + thread, the fewest switches, the state before, and the move from there.
    """

    def __init__(self, threads: int, cost: array[int], parent: array[int], move: array[int]) -> None:
        self.threads = threads
        self.cost = cost
        self.parent = parent
        self.move = move

    @staticmethod
    def of(transitions: Transitions, depths: Sequence[int], threads: int, until: int) -> Shortest:
        """The schedules to the states below `until`."""
        size = until * threads
        made = Shortest(threads, array("I", [UNREACHED]) * size, array("I", [0]) * size, array("I", [0]) * size)
        for thread in range(threads):
            made.cost[thread] = 0
        for number in range(until):
            made._spread(transitions, depths, number, until)
        return made

    def _spread(self, transitions: Transitions, depths: Sequence[int], number: int, until: int) -> None:
        threads, cost = self.threads, self.cost
        costs = cost[number * threads : (number + 1) * threads]
        cheapest = min(costs)
        deeper = depths[number] + 1
        for target, thread, choice in transitions.of(number):
            if target >= until or depths[target] != deeper:
                continue
            there = target * threads + thread
            here = min(costs[thread], cheapest + 1)
            if here < cost[there]:
                cost[there] = here
                self.parent[there] = number
                self.move[there] = thread << 16 | choice

    def reaches(self, number: int) -> bool:
        """Is a way to this state known? To a state that was stored just before an interrupt there is none."""
        return min(self.cost[number * self.threads : (number + 1) * self.threads]) != UNREACHED

    def schedule(self, number: int, following: int | None = None) -> tuple[Move, ...]:
        """The schedule to a state; `following` is the thread that moves next, so that its switch counts too."""
        moves: list[Move] = []
        last = following
        while number:
            thread = self._last(number, last)
            there = number * self.threads + thread
            move = self.move[there]
            moves.append((thread, move & 0xFFFF))
            number, last = self.parent[there], thread
        return tuple(reversed(moves))

    def _last(self, number: int, following: int | None) -> int:
        """The thread that moved last on the best way to a state, given who moves next; of several the last one.

        So the first thread of the scenario tends to begin, which is how people tell it.
        """
        costs = self.cost[number * self.threads : (number + 1) * self.threads]
        return min(range(self.threads), key=lambda t: (costs[t] + (following is not None and t != following), -t))
