"""The search in C, driven from Python: the same states in the same order as `engine.explore`, many times as fast.

`search.c` stores and looks up; what it has not seen it asks of the `NativeSearch` here, which interprets, judges and
keeps what was found. An optional part: without a compiler at install it is not there, and `unavailable` says so.
"""

from __future__ import annotations

import time
from array import array
from typing import Any

from lockmodel.engine.behaviour import Answer, Node
from lockmodel.engine.exploration import Explorer, Tally
from lockmodel.engine.transitions import Shortest
from lockmodel.errors import InternalError
from lockmodel.ir.layout import NODE_BYTES

try:
    import lockmodel.engine.native._search as _search
except ModuleNotFoundError:
    _search = None  # type: ignore[assignment]
    REASON = "it was not built, for want of a C compiler when lockmodel was installed"
except ImportError as error:  # built for another Python, or damaged
    _search = None  # type: ignore[assignment]
    REASON = f"it cannot be loaded: {error}"
else:
    REASON = ""

BLOCKED, HALTS, POOL, PENDING = 1, 2, 4, 8
"""What the flags of an answer mean; the same in search.c."""


def unavailable() -> str:
    """Why the search in C cannot be used, or "" where it can."""
    return REASON


class NativeSearch(Explorer):
    """The search in C. The methods without an underscore are what search.c calls."""

    name = "native"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if _search is None:
            raise InternalError(f"the search in C was asked for, but {REASON}")
        self._core = _search.Search(self.layout.size, self.threads, self.most)
        self._memos = self.judge.memos()
        self._answers: list[Answer] = []
        self._ids: dict[int, int] = {}
        self._nodes = 0

    # --- what an Explorer does ----------------------------------------------------------------------------------

    def tally(self) -> Tally:
        """How far the search has come."""
        states, transitions, depth, frontier, memory = self._core.tally()
        seconds = time.monotonic() - self._started
        return Tally(states, transitions, depth, frontier, memory, self.behaviour.edges, seconds)

    def _store_first(self, state: bytes) -> None:
        self._add_nodes()
        for _ in self._memos:
            self._core.add_claim()
        self._core.start(self, state)

    def _search(self) -> None:
        self._core.run(self)

    def _state(self, number: int) -> bytes:
        return self._core.state(number)

    def _settle(self) -> None:
        self.waits, self.cyclic, ended = self._core.flags()
        self.ended = [bool(mark) for mark in ended]
        first, targets, moves = self._core.transitions()
        self.edges.load(first, targets, moves)
        self.depths = array("I", self._core.depths())

    def _shortest(self, until: int) -> Shortest:
        cost, parent, move = self._core.fewest_switches(until)
        return Shortest(self.threads, array("I", cost), array("I", parent), array("I", move))

    def _always_ends(self) -> bool:
        return not self.cyclic or self._core.always_ends()

    def _learn(self, node: Node, choice: int, state: bytes) -> Answer:
        path, answer = self.behaviour.learn_path(node, choice, state)
        self._add_nodes()
        self._core.add_step(node.number, choice, path, self._add_answer(answer))
        return answer

    # --- what search.c asks -------------------------------------------------------------------------------------

    def learn(self, number: int, thread: int, choice: int) -> None:
        """A step that is not known yet in this state."""
        state = self._state(number)
        self._learn(self._node(state, thread), choice, state)

    def collect(self, number: int, thread: int, choice: int) -> tuple[bytes, int]:
        """A pool ran out: the state in which to ask again, and the answer there."""
        state = self._state(number)
        node = self._node(state, thread)
        answer: Any = node.roots[choice]
        while type(answer) is list:
            answer = answer[1].get(state[answer[0]])
        base, found = self._collect(state, node, choice, answer)
        return base, self._ids[id(found)]

    def broken(self, answer: int, number: int, thread: int, choice: int) -> None:
        """A step breaks rules, for the first time; thread -1 if it cannot be made."""
        self._hits_of(self._answers[answer], number, (thread, choice) if thread >= 0 else None)
        self._heed()

    def claim(self, claim: int, number: int) -> None:
        """A claim about bytes that it was not judged on yet."""
        path, violation = self._memos[claim].path(self._state(number))
        self._core.add_judgement(claim, path)
        if violation is not None:
            self._hit(violation, number)
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

    def _add_nodes(self) -> None:
        """Tell the core of the local states that were met since the last time."""
        nodes = self.behaviour.nodes
        while self._nodes < len(nodes):
            self._core.add_node(len(nodes[self._nodes.to_bytes(NODE_BYTES, "little")].roots))
            self._nodes += 1

    def _add_answer(self, answer: Answer) -> int:
        flags = (
            BLOCKED * answer.blocked
            + HALTS * answer.halts
            + POOL * (answer.pool is not None)
            + PENDING * bool(answer.pending)
        )
        target = int.from_bytes(answer.target, "little") if answer.target else 0
        self._ids[id(answer)] = len(self._answers)
        self._answers.append(answer)
        return self._core.add_answer(answer.writes, target, flags)
