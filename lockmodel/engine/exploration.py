"""What every search over states has in common: its words, its limits, and what it does with what it finds.

A search (`explore` in Python, `native` in C) stores states breadth first and asks the judge; here are the schedules of
what was found, threads that are lost for ever, and when to stop. What a violation means is not known here.
"""

from __future__ import annotations

import gc
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from lockmodel.engine.behaviour import Answer, Behaviour, Node, decide, written
from lockmodel.engine.bypass import LockWait
from lockmodel.engine.collect import collect
from lockmodel.engine.judging import Blocked, Judge, View
from lockmodel.engine.liveness import Graph
from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.meetings import Meeting, Meetings
from lockmodel.engine.protection import Observed
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import NOWHERE, Move, Schedules, Shortest, Transitions, lost_threads, thread_switches
from lockmodel.ir.layout import NODE_BYTES

TICK = 2048
"""States between two looks at the clock and the memory: often enough for 0.1 s at any speed seen."""

ENOUGH = "found what was wanted"
"""Why a search ends that was told which violations are `wanted`, and has met them all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop: stored states, bytes, seconds. None is no limit."""

    states: int | None = None
    memory: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A violation and a schedule to it. `shortest`: none has fewer steps, and none of so many has fewer switches.

    Of an execution that goes on for ever, `loop` is the number of steps after which it goes round those that are left.
    """

    violation: Violation
    schedule: tuple[Move, ...]
    shortest: bool = True
    loop: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a search has come. `phase` says in which of several searches that is ("pass 2")."""

    states: int
    transitions: int
    depth: int
    frontier: int
    memory: int
    edges: int
    seconds: float
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely it is that a search missed a state, since it took it for another one with the same fingerprint.

    Reckoned in the two ways in which TLC does it: `calculated` from the numbers of states and of transitions, as if
    fingerprints were random; `observed` from the two fingerprints that came closest.
    """

    calculated: float
    observed: float


@dataclass(slots=True)
class Exploration:
    """What a search gives. `reason` says why it is not complete, and is "" where it is.

    `shortest`: no schedule to what was found has fewer steps. `numbers` are sentences, without their ends, on what a
    search of another kind than this one ran (runs, classes, guarantees); `figures` are the same for programs.
    `passes`: how often the search began, since it had learned something. `engine` is what ran. `notes` are what steps
    showed without breaking a rule, each with some schedule that shows it. `lock_waits`: None where not asked for.
    """

    hits: list[Hit]
    reason: str
    tally: Tally
    ended: list[bool]
    behaviour: Behaviour
    interrupted: bool = False
    exhausted: list[str] = field(default_factory=list)
    chance: Chance | None = None  # None: whole states were compared, none can have been missed
    shortest: bool = True
    numbers: tuple[str, ...] = ()
    figures: dict[str, int | float] = field(default_factory=dict)
    passes: int = 1
    engine: str = ""
    notes: list[Hit] = field(default_factory=list)
    lock_waits: list[LockWait] | None = None

    def seen(self) -> Seen:
        """What is told of it beyond its scenario."""
        return Seen(
            tuple(self.hits),
            tuple(self.notes),
            self.reason,
            self.tally,
            tuple(self.behaviour.observed),
            self.interrupted,
            self.shortest,
            self.engine,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Of an exploration what a run of many keeps: nothing of what was learned, which is a thousand times as large.

    `observed` is how what steps touch was protected; all else is as in `Exploration`.
    """

    hits: tuple[Hit, ...]
    notes: tuple[Hit, ...]
    reason: str
    tally: Tally
    observed: tuple[Observed, ...]
    interrupted: bool
    shortest: bool
    engine: str


class Explorer(ABC):
    """A breadth-first search over the states of one scenario. `run` does it all. `name` is what results call it."""

    name: ClassVar[str]

    def __init__(
        self,
        stepper: Stepper,
        judge: Judge,
        limits: Limits,
        progress: Callable[[Tally], None] | None = None,
        *,
        stop_at: Callable[[Violation], bool] | None = None,
        wanted: Iterable[tuple[object, ...]] | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        """`stop_at` says of what breaks a rule whether the search ends there.

        `wanted` are violations, by their identity: the search ends with the level on which the last of them is met.
        `behaviour` is what is known of the steps already.
        """
        self.layout = stepper.layout
        self.behaviour = behaviour or Behaviour(stepper)
        self.judge = judge
        self.limits = limits
        self.progress = progress
        self.progress_every = 2.0  # seconds
        self.most = min(limits.states, NOWHERE - 1) if limits.states is not None else NOWHERE - 1
        self.stop_at = stop_at
        self.wanted = None if wanted is None else set(wanted)
        self.enough = False
        self.threads = len(self.layout.setup.threads)
        self.found: dict[tuple[object, ...], tuple[Violation, int, Move | None]] = {}
        self.depths = array("I")
        self.edges = Transitions()
        self.reason = ""
        self.interrupted = False
        self.exhausted: dict[str, None] = {}
        self.starving: dict[tuple[object, ...], list[Meeting]] = {}
        self.ended = [False] * self.threads
        self.waits = False
        self._judged: set[bytes] = set()
        self.cyclic = False
        self._started = 0.0
        self._shown = 0.0

    # --- what a search of its own kind does ----------------------------------------------------------------------

    @abstractmethod
    def _store_first(self, state: bytes) -> None:
        """Store the initial state and judge it."""

    @abstractmethod
    def _search(self) -> None:
        """Search from the initial state, level by level, until all is seen or `reason` says to stop."""

    @abstractmethod
    def _state(self, number: int) -> bytes:
        """A stored state."""

    @abstractmethod
    def tally(self) -> Tally:
        """How far the search has come."""

    @abstractmethod
    def _settle(self) -> None:
        """Bring `edges`, `depths` and the like up to date, however the search ended."""

    def _shortest(self, until: int) -> Schedules:
        """The shortest schedules to the states below `until`."""
        return Shortest.of(self.edges, self.depths, self.threads, until)

    def _always_ends(self) -> bool:
        """Is it known that no thread is lost for ever while others go on? (So where every execution can end.)"""
        return not self.cyclic

    def _chance(self) -> Chance | None:
        """How likely it is that a state was missed; None where whole states are compared."""
        return None

    def _learn(self, node: Node, choice: int, state: bytes) -> Answer:
        """Interpret a step that was not seen before."""
        return self.behaviour.learn(node, choice, state)

    # --- a search from beginning to end --------------------------------------------------------------------------

    def run(self) -> Exploration:
        """Search until every state is seen or a limit is reached."""
        self._started = self._shown = time.monotonic()
        collecting = gc.isenabled()
        gc.disable()  # nothing here refers to itself, and looking for it would take a third of the time
        try:
            if self._begin():
                self._search()
                self._settle()
                if not self.reason and self.waits and not self._always_ends():
                    self._starvation()
        except KeyboardInterrupt:
            self.reason, self.interrupted = "interrupted", True
            self._settle()
        finally:
            if collecting:
                gc.enable()
        hits = self._hits()
        return Exploration(
            [hit for hit in hits if hit.violation.broken],
            self.reason or (f"ran out of {', '.join(self.exhausted)}" if self.exhausted else ""),
            self.tally(),
            self.ended,
            self.behaviour,
            self.interrupted,
            list(self.exhausted),
            self._chance(),
            engine=self.name,
            notes=[hit for hit in hits if not hit.violation.broken],
        )

    def graph(self) -> Graph:
        """Every state and transition, once the search is done (and where it keeps them)."""
        return Graph(self.behaviour, self._state, self.edges, len(self.depths), self._shortest)

    def _begin(self) -> bool:
        """Store the initial state; False if the local code before the first step ends the execution already."""
        state, begun = self.behaviour.stepper.begin()
        names = b""
        for thread, step in enumerate(begun):
            for violation in step.violations:
                self._hit(violation, 0)
            for site in step.covered:
                self.behaviour.covered.setdefault(site)
            if step.pool is not None:
                self.exhausted.setdefault(step.pool[0])
            names += self.behaviour.name(step.after or LocalState(thread, ()))
        if any(step.after is None for step in begun):
            return False
        self._store_first(state + names)
        return not self.reason

    def _collect(self, state: bytes, node: Node, choice: int, answer: Answer) -> tuple[bytes, Answer]:
        """A pool ran out: reclaim the freed slots that nothing refers to any more, and ask again."""
        assert answer.pool is not None
        cache, thread = answer.pool
        if thread >= 0:
            cleaned = collect(self.layout, state, self._locals(state), cache, thread)
            if cleaned is not None:
                return cleaned, decide(node.roots[choice], cleaned) or self._learn(node, choice, cleaned)
            name = self.layout.setup.threads[thread].name
            made = self.layout.program.caches[cache]
            self.exhausted.setdefault(
                f"the cache of {cache} in thread {name}, whose capacity is {made.capacity} ({made.site.spec})"
            )
        else:
            self.exhausted.setdefault(cache)
        return state, answer

    # --- what was found -----------------------------------------------------------------------------------------

    def _hit(self, violation: Violation, number: int, move: Move | None = None) -> None:
        """Keep the first of each (rule, place): in a state, or by a move from it."""
        self.found.setdefault(violation.identity, (violation, number, move))
        self._check_off(violation)

    def _check_off(self, violation: Violation) -> None:
        """End the search at a violation that it stops at; it has found enough once all that were wanted are met."""
        if self.stop_at is not None and violation.broken and not self.reason and self.stop_at(violation):
            self._end("stopped at the first finding")
        if self.wanted is not None:
            self.wanted.discard(violation.identity)
            self.enough = not self.wanted

    def _hits_of(self, answer: Answer, number: int, move: Move | None = None) -> None:
        """The rules that a step breaks; one that cannot be made breaks them in the state in which it is asked for."""
        for violation in answer.pending:
            self._hit(violation, number, move)
        answer.pending = ()

    def _hits(self) -> list[Hit]:
        """What was found, each with a shortest schedule that switches threads least.

        What was found while the search was interrupted is left out where no transition to its state was noted yet.
        """
        if not self.found:
            return []
        if not self.tally().states:  # not even the initial state came to be
            return [Hit(violation, ()) for violation, _, _ in self.found.values()]
        meetings = Meetings(self.behaviour, self.judge, self._state, self.threads, self.depths)
        met = {
            identity: (True, self.starving[identity])
            if identity in self.starving
            else (False, [first[1:]])
            if not first[0].broken
            else meetings.of(*first)
            for identity, first in self.found.items()
        }
        shortest = self._shortest(1 + max(number for _, places in met.values() for number, _ in places))
        hits = []
        for identity, (violation, _, _) in self.found.items():
            complete, places = met[identity]
            schedules = [
                shortest.schedule(number) if move is None else (*shortest.schedule(number, move[0]), move)
                for number, move in places
                if shortest.reaches(number)
            ]
            if schedules:
                hits.append(Hit(violation, min(schedules, key=thread_switches), complete))
        return hits

    # --- limits and progress ------------------------------------------------------------------------------------

    def _end(self, reason: str) -> None:
        """End the search once the state at hand is expanded; of several reasons the first stands."""
        self.reason = self.reason or reason

    def _no_room(self) -> None:
        """A state that is new was not stored: there are as many as may be."""
        self._end(f"reached the limit of {self.most:,} states")

    def _tick(self) -> None:
        now = time.monotonic()
        if self.limits.seconds is not None and now - self._started > self.limits.seconds:
            self._end(f"reached the limit of {self.limits.seconds:g} seconds")
        tally = self.tally()
        if self.limits.memory is not None and tally.memory > self.limits.memory:
            self._end(f"reached the limit of {self.limits.memory:,} bytes")
        if self.progress is not None and now - self._shown >= self.progress_every:
            self._shown = now
            self.progress(tally)

    # --- threads that never move again --------------------------------------------------------------------------

    def _starvation(self) -> None:
        """Judge threads that wait for ever while others go on for ever."""
        lost = lost_threads(self.edges, len(self.depths), self.threads, self.has_ended)
        found: list[tuple[int, Violation]] = []
        for number in sorted(lost):
            if any(self.edges.of(number)):
                state = self._state(number)
                view = self._view(state, self._blocked(state))
                found += [(number, violation) for violation in self.judge.starved(view, lost[number])]
        prevailing = self.judge.prevailing([violation for _, violation in found])
        for number, violation in found:
            if violation.identity in prevailing:
                self._hit(violation, number)
                met = self.starving.setdefault(violation.identity, [])
                if not met or self.depths[met[0][0]] == self.depths[number]:
                    met.append((number, None))

    def has_ended(self, number: int, thread: int) -> bool:
        """Has a thread run to its end in a stored state?"""
        return self._node(self._state(number), thread).local.ended

    # --- one state ----------------------------------------------------------------------------------------------

    def view(self, number: int) -> View:
        """A stored state that was expanded, as a judge sees it."""
        state = self._state(number)
        return self._view(state, self._blocked(state))

    def answers(self, number: int) -> Iterator[tuple[Move, Answer]]:
        """What every step asked for in an expanded state comes to, its pool reclaimed where that helps."""
        state = self._state(number)
        for thread in range(self.threads):
            node = self._node(state, thread)
            for choice, root in enumerate(node.roots):
                answer = decide(root, state)
                assert answer is not None
                yield (thread, choice), answer if answer.pool is None else self._collect(state, node, choice, answer)[1]

    def _node(self, state: bytes, thread: int) -> Node:
        at = self.layout.size + NODE_BYTES * thread
        return self.behaviour.nodes[state[at : at + NODE_BYTES]]

    def _locals(self, state: bytes) -> tuple[LocalState, ...]:
        return tuple(self._node(state, thread).local for thread in range(self.threads))

    def _view(self, state: bytes, blocked: tuple[Blocked, ...]) -> View:
        return View(self.layout, state, self._locals(state), blocked)

    def _after(self, state: bytes, thread: int, answer: Answer) -> bytes:
        """The state after a thread's step."""
        record = written(state, answer)
        at = self.layout.size + NODE_BYTES * thread
        record[at : at + NODE_BYTES] = answer.target
        return bytes(record)

    def _blocked(self, state: bytes) -> tuple[Blocked, ...]:
        """The threads that cannot move in an expanded state."""
        return tuple(
            (thread, answer.wants)
            for thread in range(self.threads)
            for root in self._node(state, thread).roots
            if (answer := decide(root, state)) is not None and answer.blocked
        )

    def _newly_waiting(self, state: bytes, blocked: tuple[Blocked, ...]) -> list[Violation]:
        """The rules broken by who waits for what; none where the same threads have waited at the same places before."""
        self.waits = True
        at = [self.layout.size + NODE_BYTES * thread for thread, _ in blocked]
        standing = b"".join([state[first : first + NODE_BYTES] for first in at])
        if standing in self._judged:
            return []
        self._judged.add(standing)
        return self.judge.waiting(self._view(state, blocked))
