"""Threads and objects that cannot be told apart: of states that differ only in which of them is where, one is stored.

Two threads are alike if they begin in the same local state and may wait alike: they run the same procedure with the
same arguments, and neither allocates. Shared memory holds no thread, so to exchange two of them is to exchange where
they stand. Where threads run alike on objects that were set up alike, or allocate, the objects are exchanged with them
(`exchange`). What is learned of a step or a claim is learned for all that it becomes by an exchange.

The state that stands for others is the one whose nodes come first in an order, thread by thread, alike threads standing
in the order of their nodes; of those the one with the least bytes, and then with the fewest asleep in front. Which
threads to follow is asked of it. Nodes are ordered anew in each pass, by what they are: so the states of the last pass
do not depend on what was learned when. (Clarke, Enders, Filkorn and Jha, Exploiting symmetry in temporal logic model
checking, 1996.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockmodel.engine.behaviour import Behaviour, Memo
from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.reduction.exchange import Exchange, exchanges
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import NODE_BYTES

Order = tuple[int, ...]
"""For each thread of a state that was rearranged, which thread it was before."""


class Symmetry:
    """The alike threads, and the exchanges, of a scenario that begins in the packed state `first`."""

    def __init__(self, behaviour: Behaviour, claims: Sequence[Memo], first: bytes) -> None:
        layout = behaviour.layout
        self._behaviour = behaviour
        self._size = layout.size
        self._threads = len(layout.setup.threads)
        alike: dict[tuple[bytes, bool], list[int]] = {}
        for thread, record in enumerate(layout.setup.threads):
            alike.setdefault((self._node(first, thread), record.may_wait), []).append(thread)
        self.groups = [tuple(threads) for threads in alike.values() if len(threads) > 1]
        locals_ = [behaviour.nodes[self._node(first, thread)].local for thread in range(self._threads)]
        self.exchanges = exchanges(layout, first, locals_, self.groups)
        numbers = {claim.about: number for number, claim in enumerate(claims)}
        for exchange in self.exchanges:
            exchange.claims = [numbers[exchange.about(claim.about)] for claim in claims]
        self._role = list(range(self._threads))
        for group in self.groups:
            for thread in group:
                self._role[thread] = group[0]
        self._named: dict[Order, Exchange | None] = {tuple(self._role): None}
        for exchange in self.exchanges:
            self._named[tuple(self._role[thread] for thread in exchange.threads)] = exchange
        self.ranks: list[int] = []
        self.complete()

    def complete(self) -> None:
        """Name what becomes of the local states that were met since the last time."""
        nodes = self._behaviour.nodes
        number = len(self.exchanges[0].nodes) if self.exchanges else len(nodes)
        while number < len(nodes):
            local = nodes[number.to_bytes(NODE_BYTES, "little")].local
            for exchange in self.exchanges:
                name = self._behaviour.name(exchange.local(local))
                exchange.nodes.append(int.from_bytes(name, "little"))
            number += 1

    def rank(self, locals_: Sequence[LocalState]) -> None:
        """Put the nodes known by now into an order; later ones come after them as they are learned."""
        self.ranks = [0] * len(locals_)
        for rank, number in enumerate(sorted(range(len(locals_)), key=lambda number: _content(locals_[number]))):
            self.ranks[number] = rank

    def arrange(self, state: bytes, sleep: int) -> tuple[bytes, int, Order | None]:
        """The state that stands for this one, its sleep set, and how it was rearranged (None: it was not)."""
        nodes = [int.from_bytes(self._node(state, thread), "little") for thread in range(self._threads)]
        order, best = self._in_order(nodes, sleep, tuple(range(self._threads)))
        found: list[tuple[Exchange | None, Order]] = [(None, order)]
        for exchange in self.exchanges:
            order, ranks = self._in_order([exchange.nodes[number] for number in nodes], sleep, exchange.order)
            if ranks < best:
                best, found = ranks, []
            if ranks == best:
                found.append((exchange, order))
        if len(found) == 1 and found[0][0] is None:
            return self._arranged(state, sleep, nodes, *found[0])
        return min((self._arranged(state, sleep, nodes, *way) for way in found), key=lambda way: way[:2])

    def everywhere(
        self, violation: Violation, names: Order, schedule: tuple[Move, ...]
    ) -> Iterator[tuple[Violation, tuple[Move, ...]]]:
        """What a step shows after a schedule, and what becomes of both by exchanges.

        The schedule is told in the names of the scenario, what is shown as in a state whose threads have these `names`.
        """
        back = self._named[tuple(self._role[thread] for thread in names)]
        shown = violation if back is None else back.image(violation)
        yield shown, schedule
        for exchange in self.exchanges:
            yield exchange.image(shown), exchange.schedule(schedule)

    def same_for_alike(self, marks: list[bool]) -> list[bool]:
        """Marks of threads, each shared by the threads that are alike or can come into its place."""
        shared = list(marks)
        for exchange in self.exchanges:
            for thread, mark in enumerate(marks):
                shared[exchange.threads[thread]] |= mark
        for group in self.groups:
            for thread in group:
                shared[thread] = any(shared[other] for other in group)
        return shared

    def _in_order(self, nodes: Sequence[int], sleep: int, order: Order) -> tuple[Order, list[int]]:
        """The nodes in this order, but alike threads in that of their nodes; that order, and the ranks of the nodes."""
        placed = list(order)
        for group in self.groups:
            threads = sorted((order[at] for at in group), key=lambda t: (self._rank(nodes[t]), sleep >> t & 1))
            for place, thread in zip(group, threads, strict=True):
                placed[place] = thread
        return tuple(placed), [self._rank(nodes[thread]) for thread in placed]

    def _arranged(
        self, state: bytes, sleep: int, nodes: Sequence[int], exchange: Exchange | None, order: Order
    ) -> tuple[bytes, int, Order | None]:
        if exchange is None and all(place == thread for place, thread in enumerate(order)):
            return state, sleep, None
        if exchange is not None:
            state, nodes = exchange.shared(state), [exchange.nodes[number] for number in nodes]
        names = b"".join(nodes[thread].to_bytes(NODE_BYTES, "little") for thread in order)
        asleep = sum((sleep >> thread & 1) << place for place, thread in enumerate(order))
        return state[: self._size] + names, asleep, order

    def _node(self, state: bytes, thread: int) -> bytes:
        at = self._size + NODE_BYTES * thread
        return state[at : at + NODE_BYTES]

    def _rank(self, number: int) -> int:
        return self.ranks[number] if number < len(self.ranks) else number


def _content(local: LocalState) -> tuple[object, ...]:
    """What tells a local state from others, in an order."""
    frames = tuple((frame.procedure, frame.at, frame.values) for frame in local.frames)
    more = local.situation, local.phase, local.queues, local.stopped, local.subclasses, local.upon
    return local.pool, frames, local.held, local.private, local.shared, *more


def in_names_of_the_scenario(
    threads: int, parts: Sequence[tuple[tuple[Move, ...], Order | None]]
) -> tuple[tuple[Move, ...], Order]:
    """The moves of a schedule that was made in parts, after each of which the threads were rearranged.

    Also which thread of the scenario each one is after them.
    """
    names = list(range(threads))
    told: list[Move] = []
    for moves, order in parts:
        told.extend((names[thread], choice) for thread, choice in moves)
        if order is not None:
            names = [names[thread] for thread in order]
    return tuple(told), tuple(names)
