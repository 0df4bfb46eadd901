"""Threads that cannot be told apart: of states that differ only in which of them is where, one stands for all.

Two threads are alike if they begin in the same local state and may wait alike: they run the same procedure with the
same arguments, and neither allocates (slots are named by the thread that allocates). Shared memory holds no thread, so
to exchange two of them is to exchange where they stand. The state that stands for others is the one in which alike
threads stand in the order of their nodes, those asleep after the others; which threads to follow is asked of it. Nodes
are ordered anew in each pass, by what they are: so the states of the last pass do not depend on what was learned when.
(Clarke, Enders, Filkorn and Jha, Exploiting symmetry in temporal logic model checking, 1996.)
"""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.local import LocalState
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import NODE_BYTES, Layout

Order = tuple[int, ...]
"""For each thread of a state that was rearranged, which thread it was before."""


class Symmetry:
    """The alike threads of a scenario that begins in the packed state `first`."""

    def __init__(self, layout: Layout, first: bytes) -> None:
        self._size = layout.size
        self._threads = len(layout.setup.threads)
        alike: dict[tuple[bytes, bool], list[int]] = {}
        for thread, record in enumerate(layout.setup.threads):
            alike.setdefault((self._node(first, thread), record.may_wait), []).append(thread)
        self.groups = [tuple(threads) for threads in alike.values() if len(threads) > 1]
        self.ranks: list[int] = []

    def rank(self, locals_: Sequence[LocalState]) -> None:
        """Put the nodes known by now into an order; later ones come after them as they are learned."""
        self.ranks = [0] * len(locals_)
        for rank, number in enumerate(sorted(range(len(locals_)), key=lambda number: _content(locals_[number]))):
            self.ranks[number] = rank

    def arrange(self, state: bytes, sleep: int) -> tuple[bytes, int, Order | None]:
        """The state that stands for this one, its sleep set, and how it was rearranged (None: it was not)."""
        order = list(range(self._threads))
        for group in self.groups:
            ranked = sorted(group, key=lambda thread: (self._rank(state, thread), sleep >> thread & 1))
            for place, thread in zip(group, ranked, strict=True):
                order[place] = thread
        if all(place == thread for place, thread in enumerate(order)):
            return state, sleep, None
        arranged = state[: self._size] + b"".join(self._node(state, thread) for thread in order)
        asleep = sum((sleep >> thread & 1) << place for place, thread in enumerate(order))
        return arranged, asleep, tuple(order)

    def same_for_alike(self, marks: list[bool]) -> list[bool]:
        """Marks of threads, each shared by the threads that are alike."""
        shared = list(marks)
        for group in self.groups:
            for thread in group:
                shared[thread] = any(marks[other] for other in group)
        return shared

    def _node(self, state: bytes, thread: int) -> bytes:
        at = self._size + NODE_BYTES * thread
        return state[at : at + NODE_BYTES]

    def _rank(self, state: bytes, thread: int) -> int:
        number = int.from_bytes(self._node(state, thread), "little")
        return self.ranks[number] if number < len(self.ranks) else number


def _content(local: LocalState) -> tuple[object, ...]:
    """What tells a local state from others, in an order."""
    frames = tuple((frame.procedure, frame.at, frame.values) for frame in local.frames)
    return local.pool, frames, local.held, local.private


def in_names_of_the_scenario(threads: int, parts: Sequence[tuple[tuple[Move, ...], Order | None]]) -> tuple[Move, ...]:
    """The moves of a schedule that was made in parts, after each of which the threads were rearranged."""
    names = list(range(threads))
    told: list[Move] = []
    for moves, order in parts:
        told.extend((names[thread], choice) for thread, choice in moves)
        if order is not None:
            names = [names[thread] for thread in order]
    return tuple(told)
