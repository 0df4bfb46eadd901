"""Breadth-first exhaustive search in Python: the one to read, and the yardstick of the one in C.

Breadth first because the first schedule that reaches a state then has the fewest steps. The number of a state is the
order in which it was found, so everything it gives is the same on every machine.
"""

from __future__ import annotations

import time
from typing import Any

from lockmodel.engine.exploration import ENOUGH, TICK, Explorer, Tally
from lockmodel.engine.judging import Blocked
from lockmodel.engine.races import Next, races
from lockmodel.engine.transitions import NOWHERE
from lockmodel.ir.layout import NODE_BYTES

STATE_OVERHEAD = 190
"""Bytes a stored state costs beside its own, as measured: the bytes object, its number, a place in dict and list."""

TRANSITION_BYTES = 8
"""Bytes of a transition: target and move."""


class Search(Explorer):
    """The search in Python. States are bytes in a dict, numbered in the order in which they were found."""

    name = "python"

    def __init__(self, *arguments: Any, races: bool = False, **options: Any) -> None:
        """With `races` data races are looked for, state by state: their definition."""
        super().__init__(*arguments, **options)
        self.races = races
        self.keys: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.transitions = 0
        self.depth = 0
        self.frontier = 0

    def tally(self) -> Tally:
        """How far the search has come."""
        return Tally(
            len(self.keys),
            self.transitions,
            self.depth,
            self.frontier,
            len(self.keys) * (STATE_OVERHEAD + self.layout.size + NODE_BYTES * self.threads)
            + self.transitions * TRANSITION_BYTES,
            len(self.behaviour.answers),
            time.monotonic() - self._started,
        )

    def _store_first(self, state: bytes) -> None:
        self._store(state)

    def _state(self, number: int) -> bytes:
        return self.keys[number]

    def _settle(self) -> None:
        self.edges.settle()

    def _store(self, state: bytes) -> int:
        number = len(self.keys)
        self.numbers[state] = number
        self.keys.append(state)
        self.depths.append(self.depth)
        for violation in self.judge.shared(state):
            self._hit(violation, number)
        return number

    def _search(self) -> None:
        """Expand level by level; a level is the run of states that were stored while the one before was expanded."""
        start = 0
        keys = self.keys
        while start < len(keys):
            end = len(keys)
            self.frontier = end - start
            self.depth += 1
            for number in range(start, end):
                if number % TICK == 0:
                    self._tick()
                if self.reason:
                    self.frontier = len(keys) - number
                    return
                self._expand(number, end)
            if self.enough:
                self._end(ENOUGH)
                return
            start = end
        self.depth -= 1
        self.frontier = 0

    def _expand(self, number: int, end: int) -> None:
        """All moves of all threads in one state, whose level ends before the state `end`."""
        state = self.keys[number]
        numbers, nodes, size = self.numbers, self.behaviour.nodes, self.layout.size
        enabled = False
        blocked: list[Blocked] = []
        nexts: list[Next] = []
        edges = self.edges
        edges.begin()
        for thread in range(self.threads):
            at = size + NODE_BYTES * thread
            node = nodes[state[at : at + NODE_BYTES]]
            for choice, root in enumerate(node.roots):
                answer: Any = root
                while type(answer) is list:
                    answer = answer[1].get(state[answer[0]])
                if answer is None:
                    answer = self._learn(node, choice, state)
                if self.races and answer.accesses:
                    nexts.append((thread, node.local, answer.accesses))
                if answer.blocked:
                    blocked.append((thread, answer.wants))
                    if answer.pending:
                        self._hits_of(answer, number)
                    continue
                base = state
                enabled = True
                if answer.pool is not None:
                    base, answer = self._collect(state, node, choice, answer)
                    if answer.pool is not None:
                        self._hits_of(answer, number)
                        edges.moves.append(thread << 16 | choice)
                        edges.targets.append(NOWHERE)
                        continue
                self.transitions += 1
                edges.moves.append(thread << 16 | choice)
                if answer.pending:
                    self._hits_of(answer, number, (thread, choice))
                if answer.halts:
                    edges.targets.append(NOWHERE)
                    continue
                record = bytearray(base)
                for offset, byte in answer.writes:
                    record[offset] = byte
                record[at : at + NODE_BYTES] = answer.target
                successor = bytes(record)
                known = numbers.get(successor)
                if known is None:
                    if len(self.keys) < self.most:
                        known = self._store(successor)
                    else:
                        known = NOWHERE
                        self._no_room()
                elif known < end:
                    self.cyclic = True
                edges.targets.append(known)
            if not node.roots:
                self.ended[thread] = True
        if len(nexts) > 1:
            for violation in races(self.behaviour.stepper, nexts):
                self._hit(violation, number)
        if blocked:
            for violation in self._newly_waiting(state, tuple(blocked)):
                self._hit(violation, number)
        if not enabled:
            for violation in self.judge.final(self._view(state, tuple(blocked))):
                self._hit(violation, number)
