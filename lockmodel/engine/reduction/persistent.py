"""Persistent sets: the threads whose steps are enough in a state (Godefroid 1996).

Grown from one thread by its conflicts, until nothing that any other thread may do meanwhile meets the next step of a
member. What the others may do is their frozen future; dear questions are asked last.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.behaviour import Node, bits
from lockmodel.engine.reduction.dependence import Next
from lockmodel.engine.reduction.futures import Futures


class Persistent:
    """Chooses the smallest persistent set that growing from each thread gives. `by_values` asks the finer futures."""

    def __init__(self, futures: Futures, *, by_values: bool = True) -> None:
        self._futures = futures
        self._by_values = by_values

    def choose(self, state: bytes, nodes: Sequence[Node], nexts: Sequence[Next | None], enabled: int) -> int:
        """The threads to follow in a state, as bits, of those that are enabled there; None has ended."""
        best = enabled
        if enabled & (enabled - 1):
            alone = [thread for thread in range(len(nodes)) if enabled >> thread & 1]
            for thread in alone:
                if self._stands_alone(thread, nodes, nexts):
                    return 1 << thread
            for thread in alone:
                found = self._grown(thread, state, nodes, nexts, enabled, best.bit_count())
                if found.bit_count() < best.bit_count():
                    best = found
        return best

    def _stands_alone(self, thread: int, nodes: Sequence[Node], nexts: Sequence[Next | None]) -> bool:
        """Is one thread a persistent set, as far as next steps and locks tell?"""
        mine = nexts[thread]
        assert mine is not None
        if mine.last:
            return False
        others = [(n, other) for n, other in enumerate(nexts) if n != thread and other is not None]
        return not any(other.enabled and other.meets(mine.touches, mine.changes) for _, other in others) and not any(
            self._futures.by_locks(nodes[n], nodes[thread].held).meets(mine.touches, mine.changes) for n, _ in others
        )

    def _grown(
        self, thread: int, state: bytes, nodes: Sequence[Node], nexts: Sequence[Next | None], enabled: int, most: int
    ) -> int:
        """The persistent set grown from a thread, its enabled members; `enabled` where it grows to `most` of them."""
        members = added = 1 << thread
        touches = changes = held = 0
        rest = {n: other for n, other in enumerate(nexts) if other is not None}
        while added:
            for n in list(rest):
                if added >> n & 1:
                    one = rest.pop(n)
                    if one.last:
                        return enabled
                    touches |= one.touches
                    changes |= one.changes
                    held |= nodes[n].held
            members |= added
            if (members & enabled).bit_count() >= most:
                return enabled
            added = 0
            for n, other in rest.items():
                if other.enabled and other.meets(touches, changes):
                    added |= 1 << n
            if not added:
                added = self._met_later(state, nodes, rest, held, touches, changes)
        return members & enabled

    def _met_later(
        self, state: bytes, nodes: Sequence[Node], rest: dict[int, Next], held: int, touches: int, changes: int
    ) -> int:
        """A thread that may come to meet the members' steps, as a bit; 0 if there is none."""
        meeting = [n for n in rest if self._futures.by_locks(nodes[n], held).meets(touches, changes)]
        if not meeting:
            return 0
        if not self._by_values:
            return 1 << meeting[0]
        first = self._futures.by_values(state, nodes, bits(rest), bits(meeting), touches, changes)
        return 1 << first if first >= 0 else 0
