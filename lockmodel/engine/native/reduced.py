"""The reduced search in C, driven from Python: the same passes as `engine.reduction.reduced`, many times as fast.

`reduced.c` makes a pass; what it has not seen it asks of the `NativeReducedSearch` here, which interprets, judges and
keeps what was found. An optional part: without a compiler at install it is not there, and `unavailable` says so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lockmodel.engine.behaviour import Answer, Node, Verdict, bits
from lockmodel.engine.exploration import Chance, Tally
from lockmodel.engine.native.core import flags, load
from lockmodel.engine.reduction.cycles import components
from lockmodel.engine.reduction.exchange import Exchange
from lockmodel.engine.reduction.futures import followed_bytes
from lockmodel.engine.reduction.reduced import ReducedSearch, place
from lockmodel.engine.reduction.symmetry import Order
from lockmodel.engine.transitions import NOWHERE, Move
from lockmodel.errors import InternalError
from lockmodel.ir.layout import NODE_BYTES

if TYPE_CHECKING:
    from lockmodel.engine.native._reduced import Search as Core

_reduced, REASON = load("_reduced")

MOST_THREADS = 64
"""A set of threads is one word; the same in reduced.c."""


def unavailable(threads: int = 1) -> str:
    """Why the reduced search in C cannot be used for so many threads, or "" where it can."""
    if not REASON and threads > MOST_THREADS:
        return f"it serves up to {MOST_THREADS} threads, and here are {threads}"
    return REASON


class NativeReducedSearch(ReducedSearch):
    """The reduced search in C. The methods without an underscore are what reduced.c calls."""

    name = "native"

    def __init__(self, *arguments: Any, exact: bool = False, jobs: int = 1, bits: int = 64, **options: Any) -> None:
        """`exact` compares whole states; otherwise a state is known by a fingerprint of 64 bits.

        What is found does not depend on `jobs`, the number of workers; fewer `bits` are for tests.
        """
        super().__init__(*arguments, **options)
        if reason := unavailable(self.threads):
            raise InternalError(f"the reduced search in C was asked for, but {reason}")
        self.exact = exact
        use = self.reductions
        self._core: Core = _reduced.Search(
            self.layout.size,
            self.threads,
            self.most,
            followed_bytes(self.layout),
            use.persistent,
            use.values,
            use.runs,
            exact,
            jobs,
            bits,
        )
        self._answers: list[Answer] = []
        self._ids: dict[int, int] = {}
        self._verdicts: list[Verdict] = []
        self._nodes = self._imaged = 0

    # --- what an Explorer does ----------------------------------------------------------------------------------

    def tally(self) -> Tally:
        """How far the search has come, in the pass at hand."""
        states, transitions, depth, frontier, memory, _ = self._core.tally()
        seconds = time.monotonic() - self._started
        phase = f"pass {self.passes}"
        return Tally(states, transitions, depth, frontier, memory, len(self.behaviour.answers), seconds, phase)

    def _store_first(self, state: bytes) -> None:
        super()._store_first(state)
        for exchange in self._exchanges():
            self._core.add_exchange(bytes(exchange.order), exchange.cells, exchange.codes)
        self._add_images()
        for number, claim in enumerate(self._claims):
            self._core.add_claim(self._set(bits(claim.locks)))
            self.claim(number, state)

    def _settle(self) -> None:
        self.ended = [bool(mark) for mark in self._core.ended()]
        super()._settle()

    def _chance(self) -> Chance | None:
        if self.exact:
            return None
        states, _, _, _, _, arrivals = self._core.tally()
        return Chance(states * (arrivals + 1 - states) / 2**64, 1 / self._core.gap())

    scouting = 1 << 14

    def _draw(self, seed: int, least: int) -> int:
        return self._core.scout(self, seed, least)

    # --- a pass -------------------------------------------------------------------------------------------------

    def _pass(self) -> None:
        cycles = components(self.behaviour)
        nodes = {number: self.behaviour.nodes[number.to_bytes(NODE_BYTES, "little")] for number in cycles}
        ranks = {at: rank for rank, at in enumerate(sorted({place(node) for node in nodes.values()}))}
        marked = [(number, component, ranks[place(nodes[number])]) for number, component in cycles.items()]
        groups: list[tuple[int, ...]] = []
        order: list[int] = []
        if self._symmetry is not None:
            self._symmetry.rank([node.local for node in self.behaviour.nodes.values()])
            groups, order = self._symmetry.groups, self._symmetry.ranks
        sleeping = self.reductions.sleep and not self._careful
        self._core.begin(self, self._first, marked, sleeping, self._careful, groups, order)
        self._core.run(self)

    def _goes_round(self) -> bool:
        return self._core.goes_round()

    def _way(self, number: int, moves: tuple[Move, ...]) -> tuple[tuple[Move, ...], Order]:
        if not number:
            return moves, tuple(range(self.threads))
        schedule, names = self._core.schedule(number)
        return schedule + tuple((names[thread], choice) for thread, choice in moves), tuple(names)

    def _learn(self, node: Node, choice: int, state: bytes) -> Answer:
        answer = super()._learn(node, choice, state)
        self._add_images()
        return answer

    def _learn_step(self, node: Node, choice: int, state: bytes) -> Answer:
        path, answer = self.behaviour.learn_path(node, choice, state)
        self._add_nodes()
        self._ids[id(answer)] = number = len(self._answers)
        self._answers.append(answer)
        target = int.from_bytes(answer.target, "little") if answer.target else NOWHERE
        self._core.add_answer(answer.writes, target, flags(answer), self._set(answer.reads), self._set(answer.lock))
        self._core.add_step(node.number, choice, path, number)
        return answer

    # --- what reduced.c asks ------------------------------------------------------------------------------------

    def learn(self, state: bytes, thread: int, choice: int) -> None:
        """A step that is not known yet in this state."""
        self._learn_from(thread, choice, state)

    def collect(self, state: bytes, thread: int, choice: int) -> tuple[bytes, int]:
        """A pool ran out: the state in which to ask again, and the answer there."""
        node = self._node(state, thread)
        base, found = self._collect(state, node, choice, self._answer(thread, node, choice, state))
        return base, self._ids[id(found)]

    def broken(self, answer: int, number: int, moves: tuple[Move, ...]) -> None:
        """A step breaks rules, for the first time."""
        self._meet_all(self._answers[answer], number, moves)
        self._heed()

    def claim(self, claim: int, state: bytes) -> None:
        """A claim about bytes that it was not judged on yet."""
        path, verdict = self._claims[claim].path(state)
        self._core.add_judgement(claim, path, verdict.said, verdict.violation is not None)
        self._verdicts.append(verdict)

    def fails(self, verdict: int, number: int, moves: tuple[Move, ...]) -> None:
        """A claim does not hold in a state, for the first time with these bytes."""
        violation = self._verdicts[verdict].violation
        assert violation is not None
        self._meet(violation, number, moves)
        self._heed()

    def waiting(self, state: bytes, number: int, moves: tuple[Move, ...]) -> None:
        """Threads wait in this state, in a combination that is new."""
        for violation in self.judge.waiting(self._view(state, self._blocked(state))):
            self._meet(violation, number, moves)
        self._heed()

    def final(self, state: bytes, number: int, moves: tuple[Move, ...]) -> None:
        """No thread can move in this state."""
        for violation in self.judge.final(self._view(state, self._blocked(state))):
            self._meet(violation, number, moves)
        self._heed()

    def full(self) -> None:
        """A state is new, and there is no room for it."""
        self._no_room()
        self._heed()

    def tick(self) -> None:
        """Time to look at limits and to show progress."""
        self._tick()
        self._heed()
        if self._gives_up():
            self._core.stop()

    # --- its parts ----------------------------------------------------------------------------------------------

    def _heed(self) -> None:
        if self.reason:
            self._core.stop()

    def _add_nodes(self) -> None:
        """Tell the core of the local states that were met since the last time."""
        nodes = self.behaviour.nodes
        while self._nodes < len(nodes):
            node = nodes[self._nodes.to_bytes(NODE_BYTES, "little")]
            self._core.add_node(len(node.roots), self._set(node.held))
            self._nodes += 1

    def _add_images(self) -> None:
        """Tell the core what becomes by exchanges of the local states that were met since the last time."""
        self._add_nodes()
        exchanges = self._exchanges()
        while exchanges and self._imaged < self._nodes:
            self._core.add_images([exchange.nodes[self._imaged] for exchange in exchanges])
            self._imaged += 1

    def _exchanges(self) -> list[Exchange]:
        return [] if self._symmetry is None else self._symmetry.exchanges

    def _set(self, offsets: int) -> bytes:
        """A set of offsets, as the core takes it."""
        return offsets.to_bytes(self.layout.size // 8 + 1, "little")
