"""Breadth-first exhaustive search over states: shared locations and one local state a thread, packed as bytes.

Takes the layout, the learned behaviour and a judge of states; gives an `Exploration`: how far it looked, and for every
(rule, place) the first, hence shortest, schedule that breaks it. What a violation means is not known here.

Breadth first because the first schedule that reaches a state then has the fewest steps. The number of a state is the
order in which it was found, so everything it gives is the same on every machine.
"""

from __future__ import annotations

import functools
import gc
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from lockmodel.engine.behaviour import Answer, Behaviour, Node
from lockmodel.engine.collect import collect
from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import NOWHERE, Move, Shortest, Transitions, lost_threads
from lockmodel.ir.layout import NODE_BYTES, Layout

TICK = 2048
"""States between two looks at the clock and the memory: often enough for 0.1 s at any speed seen."""

STATE_OVERHEAD = 190
"""Bytes a stored state costs beside its own, as measured: the bytes object, its number, a place in dict and list."""

TRANSITION_BYTES = 8
"""Bytes of a transition: target and move."""


Blocked = tuple[int, int]
"""A thread that cannot move, and the lock that it waits for, or -1 for a condition."""


class View:
    """A state as a judge sees it."""

    __slots__ = ("blocked", "layout", "locals", "state")

    def __init__(
        self, layout: Layout, state: bytes, locals_: tuple[LocalState, ...], blocked: tuple[Blocked, ...]
    ) -> None:
        self.layout = layout
        self.state = state
        self.locals = locals_
        self.blocked = blocked

    def read(self, location: int) -> int:
        """The value at a location."""
        return self.layout.read(self.state, location)


class Judge(Protocol):
    """Gives states their meaning. The search asks it; it never changes what is searched."""

    def shared(self, state: bytes) -> list[Violation]:
        """Rules broken in a state, as far as shared memory shows."""

    def waiting(self, view: View) -> list[Violation]:
        """Rules broken by who waits for what, in a state in which some thread cannot move.

        It may look at who is blocked and at their local states only: it is asked once for each such combination.
        """

    def final(self, view: View) -> list[Violation]:
        """Rules broken in a state in which no thread can move."""

    def starved(self, view: View, threads: tuple[int, ...]) -> list[Violation]:
        """Rules broken by threads that can never move again while others go on."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop: stored states, bytes, seconds. None is no limit."""

    states: int | None = None
    memory: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A violation and the shortest schedule to it."""

    violation: Violation
    schedule: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a search has come."""

    states: int
    transitions: int
    depth: int
    frontier: int
    memory: int
    edges: int
    seconds: float


@dataclass(slots=True)
class Exploration:
    """What a search gives. `reason` says why it is not complete, and is "" where it is."""

    hits: list[Hit]
    reason: str
    tally: Tally
    ended: list[bool]
    behaviour: Behaviour
    interrupted: bool = False
    exhausted: list[str] = field(default_factory=list)


class Search:
    """One breadth-first search. `run` does it all."""

    def __init__(
        self,
        stepper: Stepper,
        judge: Judge,
        limits: Limits,
        progress: Callable[[Tally], None] | None = None,
        *,
        stop_at: Callable[[str], bool] | None = None,
    ) -> None:
        self.layout = stepper.layout
        self.behaviour = Behaviour(stepper)
        self.judge = judge
        self.limits = limits
        self.progress = progress
        self.progress_every = 2.0  # seconds
        self.most = limits.states if limits.states is not None else NOWHERE
        self.stop_at = stop_at
        self.stopped = False
        self.threads = len(self.layout.setup.threads)
        self.found: dict[tuple[object, ...], tuple[Violation, int, Move | None]] = {}
        self.keys: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.depths = array("I")
        self.edges = Transitions()
        self.transitions = 0
        self.depth = 0
        self.frontier = 0
        self.reason = ""
        self.interrupted = False
        self.exhausted: dict[str, None] = {}
        self.ended = [False] * self.threads
        self.waits = False
        self.cyclic = False
        self._judged: set[bytes] = set()
        self._started = 0.0
        self._shown = 0.0

    def run(self) -> Exploration:
        """Search until every state is seen or a limit is reached."""
        self._started = self._shown = time.monotonic()
        collecting = gc.isenabled()
        gc.disable()  # nothing here refers to itself, and looking for it would take a third of the time
        try:
            if self._begin():
                self._search()
                if not self.reason and self.waits and self.cyclic:
                    self._starvation()
        except KeyboardInterrupt:
            self.reason, self.interrupted = "interrupted", True
            self.edges.settle()
        finally:
            if collecting:
                gc.enable()
        if self.exhausted and not self.reason:
            self.reason = f"ran out of {', '.join(self.exhausted)}"
        return Exploration(
            self._hits(),
            self.reason,
            self.tally(),
            self.ended,
            self.behaviour,
            self.interrupted,
            list(self.exhausted),
        )

    def tally(self) -> Tally:
        """How far the search has come."""
        return Tally(
            len(self.keys),
            self.transitions,
            self.depth,
            self.frontier,
            len(self.keys) * (STATE_OVERHEAD + self.layout.size + NODE_BYTES * self.threads)
            + self.transitions * TRANSITION_BYTES,
            self.behaviour.edges,
            time.monotonic() - self._started,
        )

    # --- the search ---------------------------------------------------------------------------------------------

    def _begin(self) -> bool:
        """Store the initial state; False if the local code before the first step breaks a rule already."""
        record = bytearray(self.layout.initial)
        names = b""
        halted = False
        for thread in range(self.threads):
            # What the threads before it wrote (ghosts) is there already, as in every later step.
            state = bytes(record)
            step = self.behaviour.stepper.start(thread, functools.partial(self.layout.read, state))
            for violation in step.violations:
                self._hit(violation, 0)
            for site in step.covered:
                self.behaviour.covered.setdefault(site)
            halted = halted or step.after is None
            names += self.behaviour.name(step.after or LocalState(thread, ()))
            for location, value in step.writes:
                for offset, byte in self.layout.cells(location, value):
                    record[offset] = byte
        if halted:
            return False
        self._store(bytes(record) + names)
        return not self._stopped()

    def _store(self, state: bytes) -> int:
        number = len(self.keys)
        self.numbers[state] = number
        self.keys.append(state)
        self.depths.append(self.depth)
        for violation in self.judge.shared(state):
            self._hit(violation, number)
        return number

    def _full(self) -> int:
        """There is no room for one more state: the search is cut here."""
        self.reason = f"reached the limit of {self.most:,} states"
        return NOWHERE

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
                if self._stopped():
                    self.frontier = len(keys) - number
                    return
                self._expand(number, end)
            start = end
        self.depth -= 1
        self.frontier = 0

    def _expand(self, number: int, end: int) -> None:
        """All moves of all threads in one state, whose level ends before the state `end`."""
        state = self.keys[number]
        numbers, nodes, size = self.numbers, self.behaviour.nodes, self.layout.size
        enabled = False
        blocked: list[Blocked] = []
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
                    answer = self.behaviour.learn(node, choice, state)
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
                    known = self._store(successor) if len(self.keys) < self.most else self._full()
                elif known < end:
                    self.cyclic = True
                edges.targets.append(known)
            if not node.roots:
                self.ended[thread] = True
        if blocked:
            self.waits = True
            standing = b"".join([state[size + NODE_BYTES * t : size + NODE_BYTES * t + NODE_BYTES] for t, _ in blocked])
            if standing not in self._judged:
                self._judged.add(standing)
                for violation in self.judge.waiting(self._view(state, tuple(blocked))):
                    self._hit(violation, number)
        if not enabled:
            for violation in self.judge.final(self._view(state, tuple(blocked))):
                self._hit(violation, number)

    def _collect(self, state: bytes, node: Node, choice: int, answer: Answer) -> tuple[bytes, Answer]:
        """A pool ran out: reclaim the freed slots that nothing refers to any more, and ask again."""
        assert answer.pool is not None
        cache, thread = answer.pool
        if thread >= 0:
            cleaned = collect(self.layout, state, self._locals(state), cache, thread)
            if cleaned is not None:
                found = node.roots[choice]
                while type(found) is list:
                    found = found[1].get(cleaned[found[0]])
                if found is None:
                    found = self.behaviour.learn(node, choice, cleaned)
                assert isinstance(found, Answer)
                return cleaned, found
            name = self.layout.setup.threads[thread].name
            self.exhausted.setdefault(f"the cache of {cache} (thread {name})")
        else:
            self.exhausted.setdefault(cache)
        return state, answer

    # --- what was found -----------------------------------------------------------------------------------------

    def _hit(self, violation: Violation, number: int, move: Move | None = None) -> None:
        """Keep the first of each (rule, place): in a state, or by a move from it."""
        self.found.setdefault(violation.identity, (violation, number, move))
        if self.stop_at is not None and self.stop_at(violation.rule):
            self.stopped = True

    def _hits_of(self, answer: Answer, number: int, move: Move | None = None) -> None:
        """The rules that a step breaks; one that cannot be made breaks them in the state in which it is asked for."""
        for violation in answer.pending:
            self._hit(violation, number, move)
        answer.pending = ()

    def _hits(self) -> list[Hit]:
        """What was found, each with a shortest schedule that switches threads least."""
        if not self.found:
            return []
        if not self.depths:  # not even the initial state came to be
            return [Hit(violation, ()) for violation, _, _ in self.found.values()]
        until = 1 + max(number for _, number, _ in self.found.values())
        shortest = Shortest(self.edges, self.depths, self.threads, until)
        hits = []
        for violation, number, move in self.found.values():
            if move is None:
                hits.append(Hit(violation, shortest.schedule(number)))
            else:
                hits.append(Hit(violation, (*shortest.schedule(number, move[0]), move)))
        return hits

    def _locals(self, state: bytes) -> tuple[LocalState, ...]:
        return tuple(self._node(state, thread).local for thread in range(self.threads))

    def _view(self, state: bytes, blocked: tuple[Blocked, ...]) -> View:
        return View(self.layout, state, self._locals(state), blocked)

    # --- limits and progress ------------------------------------------------------------------------------------

    def _stopped(self) -> bool:
        """Should the search end here? Sets the reason."""
        if self.stopped:
            self.reason = "stopped at the first finding"
        return bool(self.reason)

    def _tick(self) -> None:
        now = time.monotonic()
        if self.limits.seconds is not None and now - self._started > self.limits.seconds:
            self.reason = f"reached the limit of {self.limits.seconds:g} seconds"
        tally = self.tally()
        if self.limits.memory is not None and tally.memory > self.limits.memory:
            self.reason = f"reached the limit of {self.limits.memory:,} bytes"
        if self.progress is not None and now - self._shown >= self.progress_every:
            self._shown = now
            self.progress(tally)

    # --- threads that never move again --------------------------------------------------------------------------

    def _starvation(self) -> None:
        """Judge threads that wait for ever while others go on for ever."""
        lost = lost_threads(self.edges, len(self.keys), self.threads, self._ended)
        for number in sorted(lost):
            movers = {thread for _, thread, _ in self.edges.of(number)}
            if movers:
                view = self._view(self.keys[number], self._blocked(self.keys[number]))
                for violation in self.judge.starved(view, lost[number]):
                    self._hit(violation, number)

    def _ended(self, number: int, thread: int) -> bool:
        return self._node(self.keys[number], thread).local.ended

    def _node(self, state: bytes, thread: int) -> Node:
        at = self.layout.size + NODE_BYTES * thread
        return self.behaviour.nodes[state[at : at + NODE_BYTES]]

    def _blocked(self, state: bytes) -> tuple[Blocked, ...]:
        """The threads that cannot move in an expanded state."""
        found: list[Blocked] = []
        for thread in range(self.threads):
            for root in self._node(state, thread).roots:
                answer: Any = root
                while type(answer) is list:
                    answer = answer[1].get(state[answer[0]])
                if answer.blocked:
                    found.append((thread, answer.wants))
        return tuple(found)
