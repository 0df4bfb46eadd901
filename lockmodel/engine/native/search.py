"""The search in C, driven from Python: the same states in the same order as `engine.explore`, many times as fast.

`search.c` stores and looks up; what it has not seen it asks of the `NativeSearch` here, which interprets, judges and
keeps what was found. An optional part: without a compiler at install it is not there, and `unavailable` says so.
"""

from __future__ import annotations

import time
from array import array
from typing import TYPE_CHECKING, Any

from lockmodel.engine.behaviour import Answer, Node, decide
from lockmodel.engine.exploration import ENOUGH, TICK, Chance, Explorer, Tally
from lockmodel.engine.native.core import flags, load
from lockmodel.engine.transitions import Move, Schedules, Shortest
from lockmodel.errors import InternalError
from lockmodel.ir.layout import NODE_BYTES

if TYPE_CHECKING:
    from lockmodel.engine.native._search import Search as Core

_search, REASON = load("_search")


def unavailable() -> str:
    """Why the search in C cannot be used, or "" where it can."""
    return REASON


class NativeSearch(Explorer):
    """The search in C. The methods without an underscore are what search.c calls."""

    name = "native"

    def __init__(
        self,
        *arguments: Any,
        keep: bool = True,
        exact: bool = False,
        jobs: int = 1,
        bits: int = 64,
        block: int = TICK,
        **options: Any,
    ) -> None:
        """`keep` keeps every transition, so that of the shortest schedules one with few thread switches is found.

        `exact` compares whole states; so does `keep`. Without either a state is known by a fingerprint of 64 bits, and
        a schedule is the first one found. What is found does not depend on `jobs`, the number of workers, nor on
        `block`, the states that they share at a time; fewer `bits` are for tests.
        """
        super().__init__(*arguments, **options)
        if _search is None:
            raise InternalError(f"the search in C was asked for, but {REASON}")
        self.keep = keep
        self.exact = exact or keep
        self._options = (jobs, bits, block)
        self._core: Core = self._new_core()
        self._ancestry: Core | None = None if keep else self._core
        self._memos = self.judge.memos()
        self._answers: list[Answer] = []
        self._ids: dict[int, int] = {}
        self._nodes = 0
        for answer in self.behaviour.answers:
            self._number(answer)
        self._tell()

    # --- what an Explorer does ----------------------------------------------------------------------------------

    def tally(self) -> Tally:
        """How far the search has come."""
        states, transitions, depth, frontier, memory = self._core.tally()
        seconds = time.monotonic() - self._started
        return Tally(states, transitions, depth, frontier, memory, len(self.behaviour.answers), seconds)

    def _store_first(self, state: bytes) -> None:
        self._first = state
        self._add_nodes()
        for _ in self._memos:
            self._core.add_claim()
        self._core.start(self, state)

    def _search(self) -> None:
        self._core.run(self)
        if self.enough:
            self._end(ENOUGH)

    def _state(self, number: int) -> bytes:
        return self._core.state(number)

    def _settle(self) -> None:
        self.waits, self.cyclic, ended = self._core.flags()
        self.ended = [bool(mark) for mark in ended]
        first, targets, moves = self._core.transitions()
        self.edges.load(first, targets, moves)
        self.depths = array("I", self._core.depths())

    def _shortest(self, until: int) -> Schedules:
        if self._ancestry is not None:
            return _Ancestry(self._ancestry)
        cost, parent, move = self._core.fewest_switches(until)
        return Shortest(self.threads, array("I", cost), array("I", parent), array("I", move))

    def _always_ends(self) -> bool:
        return not self.cyclic or self._core.nobody_is_lost()

    def _starvation(self) -> None:
        """To tell who is lost for ever takes every transition: where they were not kept, search again and keep them.

        That nobody is lost is known without them as a rule (see turning.h), and then there is no second search.

        The steps are known by then, and the states get the same numbers.
        """
        if not self.keep:
            self.keep = self.exact = True
            self._core = self._new_core()
            self._nodes = 0
            self._tell()
            self._store_first(self._first)
            self._search()
            self._settle()
            if self.reason or self._always_ends():
                return
            self._ancestry = None
        super()._starvation()

    def _chance(self) -> Chance | None:
        if self.exact:
            return None
        states, transitions, _, _, _ = self._core.tally()
        return Chance(states * (transitions + 1 - states) / 2**64, 1 / self._core.gap())

    def _learn(self, node: Node, choice: int, state: bytes) -> Answer:
        path, answer = self.behaviour.learn_path(node, choice, state)
        self._add_nodes()
        number = self._number(answer)
        self._add_answer(answer)
        self._core.add_step(node.number, choice, path, number)
        return answer

    def _number(self, answer: Answer) -> int:
        self._ids[id(answer)] = number = len(self._answers)
        self._answers.append(answer)
        return number

    def _tell(self) -> None:
        """Tell the core all that is known of the steps."""
        self._add_nodes()
        for number, (answer, (node, choice, path)) in enumerate(
            zip(self._answers, self.behaviour.learned, strict=True)
        ):
            self._add_answer(answer)
            self._core.add_step(node.number, choice, path, number)

    # --- what search.c asks -------------------------------------------------------------------------------------

    def learn(self, number: int, thread: int, choice: int) -> None:
        """A step that is not known yet in this state."""
        state = self._state(number)
        self._learn(self._node(state, thread), choice, state)

    def collect(self, number: int, thread: int, choice: int) -> tuple[bytes, int]:
        """A pool ran out: the state in which to ask again, and the answer there."""
        state = self._state(number)
        node = self._node(state, thread)
        answer = decide(node.roots[choice], state)
        assert answer is not None
        base, found = self._collect(state, node, choice, answer)
        return base, self._ids[id(found)]

    def broken(self, answer: int, number: int, thread: int, choice: int) -> None:
        """A step breaks rules, for the first time; thread -1 if it cannot be made."""
        self._hits_of(self._answers[answer], number, (thread, choice) if thread >= 0 else None)
        self._heed()

    def claim(self, claim: int, number: int) -> None:
        """A claim about bytes that it was not judged on yet."""
        path, verdict = self._memos[claim].path(self._state(number))
        self._core.add_judgement(claim, path)
        if verdict.violation is not None:
            self._hit(verdict.violation, number)
            self._heed()

    def waiting(self, number: int) -> None:
        """Threads wait in this state, in a combination that is new."""
        state = self._state(number)
        for violation in self.judge.waiting(self._view(state, self._blocked(state))):
            self._hit(violation, number)
        self._heed()

    def final(self, number: int) -> None:
        """No thread can move in this state."""
        state = self._state(number)
        for violation in self.judge.final(self._view(state, self._blocked(state))):
            self._hit(violation, number)
        self._heed()

    def full(self, _number: int) -> None:
        """This state has a successor that is new, and there is no room for it."""
        self._no_room()
        self._heed()

    def tick(self, number: int) -> None:
        """Time to look at limits and to show progress."""
        self._tick()
        self._heed()

    # --- its parts ----------------------------------------------------------------------------------------------

    def _heed(self) -> None:
        if self.reason:
            self._core.stop()
        elif self.enough:
            self._core.enough()

    def _add_nodes(self) -> None:
        """Tell the core of the local states that were met since the last time."""
        nodes = self.behaviour.nodes
        while self._nodes < len(nodes):
            self._core.add_node(len(nodes[self._nodes.to_bytes(NODE_BYTES, "little")].roots))
            self._nodes += 1

    def _new_core(self) -> Core:
        core: Core = _search.Search(self.layout.size, self.threads, self.most, self.exact, self.keep, *self._options)
        for number, thread in enumerate(self.layout.setup.threads):
            if thread.may_wait:
                core.may_wait(number)
        return core

    def _add_answer(self, answer: Answer) -> None:
        self._core.add_answer(answer.writes, int.from_bytes(answer.target, "little"), flags(answer))


class _Ancestry:
    """The schedules that follow from which state each state was found first: with the fewest steps, but no more."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def reaches(self, number: int) -> bool:
        """A state is stored together with the one from which it was found."""
        return True

    def schedule(self, number: int, following: int | None = None) -> tuple[Move, ...]:
        """The schedule to a state, whoever moves next."""
        return self._core.schedule(number)
