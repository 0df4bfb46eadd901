"""The reduced search in Python: persistent sets, sleep sets, forced runs made in place, symmetry, and passes.

What depends on what is read off the behaviour that the search itself has learned. While something new is learned, the
search begins again; the first pass that learns nothing is the proof. Findings of earlier passes are real all the same.

A state is stored where more than one thread must be followed; between those a run is forced, and only replayed. Sleep
sets are merged level by level. All this is right where no execution goes on for ever, which shows when the search is
done: the graph that it followed has no cycle. Where it has one, the search begins again with care: without sleep sets,
and a state whose successors were all expanded before it is expanded in full, so that no thread is put off for ever.

Of states that differ only in which of several alike threads or objects is where one is stored for all (`symmetry`).
What the threads of a stored state are called in the scenario shows on the way to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lockmodel.engine.behaviour import Answer, Node, decide
from lockmodel.engine.exploration import ENOUGH, Exploration, Explorer, Hit, Tally
from lockmodel.engine.judging import Blocked
from lockmodel.engine.local import Violation
from lockmodel.engine.reduction.cycles import components, has_cycle
from lockmodel.engine.reduction.dependence import Dependence, Next
from lockmodel.engine.reduction.futures import Futures
from lockmodel.engine.reduction.persistent import Persistent
from lockmodel.engine.reduction.scout import Scout
from lockmodel.engine.reduction.symmetry import Order, Symmetry, in_names_of_the_scenario
from lockmodel.engine.transitions import Move
from lockmodel.errors import InternalError
from lockmodel.ir.layout import NODE_BYTES

LOOK = 256
"""States between two looks at the clock and the memory."""

PATIENCE = 1000
"""States, at least, for which a pass that has learned something goes on without learning more."""

SCOUTED = 128
"""Times that scouts go out, at most: a second or two."""

LONGEST = 4096
"""Steps of a forced run before its state is stored, so that no run goes on for ever."""

STATE_OVERHEAD = 400
"""Bytes a stored state costs beside its own: key, number, parent, moves, sleep set."""


@dataclass(frozen=True, slots=True)
class Reductions:
    """What to use: persistent sets (of futures by `values`, or by locks alone), sleep sets, forced `runs` in place.

    With `symmetry` alike threads are not told apart, nor are objects that can be exchanged with them.
    """

    persistent: bool = True
    values: bool = True
    sleep: bool = True
    runs: bool = True
    symmetry: bool = True


@dataclass(slots=True)
class Task:
    """A state to expand: its persistent set, or these `threads` if it was expanded before."""

    number: int
    sleep: int
    threads: int | None = None


@dataclass(slots=True)
class Standing:
    """A state with what every thread would do next in it; None has ended."""

    state: bytes
    nodes: list[Node]
    nexts: list[Next | None]

    def enabled(self) -> int:
        """The threads that can move, as bits."""
        found = 0
        for thread, following in enumerate(self.nexts):
            if following is not None and following.enabled:
                found |= 1 << thread
        return found

    def blocked(self) -> tuple[Blocked, ...]:
        """The threads that cannot move."""
        return tuple(
            (thread, answer.wants)
            for thread, following in enumerate(self.nexts)
            if following is not None
            for answer in following.answers
            if answer.blocked
        )


class ReducedSearch(Explorer):
    """The search that follows persistent sets only. States are bytes in a dict, numbered anew in each pass."""

    name = "python"
    scouting = 1 << 13
    """Steps of executions drawn at random, between two looks at what they have taught."""

    def __init__(
        self, *arguments: Any, reductions: Reductions | None = None, scouts: bool = True, **options: Any
    ) -> None:
        """Where executions may end anywhere those drawn at random teach little: without `scouts` none are."""
        super().__init__(*arguments, **options)
        self.reductions = reductions or Reductions()
        self.passes = 0
        self.schedules: dict[tuple[object, ...], Hit] = {}
        self._claims = self.judge.memos()
        self._dependence = Dependence(self.behaviour, self._claims)
        self._futures = Futures(self.behaviour, self._dependence)
        self._persistent = Persistent(self._futures, by_values=self.reductions.values)
        self._exchanged = [0] * len(self._claims)
        self._first = b""
        self._symmetry: Symmetry | None = None
        self._careful = False
        self._scouted = not scouts
        self._drawn: Scout | None = None
        self._known_before = self._known_now = (0, 0)
        self._known_since = 0
        self._concluded_from = 0
        self._clear()

    def _clear(self) -> None:
        """Begin a pass."""
        self.keys: list[bytes] = []
        self.numbers: dict[bytes, int] = {}
        self.transitions = self.depth = self.frontier = 0
        self._parents: list[tuple[int, tuple[Move, ...], Order | None]] = []
        self._followed: dict[int, list[int]] = {}
        self._sleeps: list[int] = []
        self._tasks: dict[int, Task] = {}

    # --- what an Explorer does ----------------------------------------------------------------------------------

    def tally(self) -> Tally:
        """How far the search has come, in the pass at hand."""
        return Tally(
            len(self.keys),
            self.transitions,
            self.depth,
            self.frontier,
            len(self.keys) * (STATE_OVERHEAD + self.layout.size + NODE_BYTES * self.threads),
            len(self.behaviour.answers),
            time.monotonic() - self._started,
            f"pass {self.passes}",
        )

    def _store_first(self, state: bytes) -> None:
        self._first = state
        if self.reductions.symmetry:
            symmetry = Symmetry(self.behaviour, self._claims, state)
            if symmetry.groups or symmetry.exchanges:
                self._symmetry = symmetry
        for violation in self.judge.shared(state):
            self._meet(violation, 0, ())

    def _state(self, number: int) -> bytes:
        return self.keys[number]

    def _settle(self) -> None:
        """Everything is up to date at any time; what one of several alike threads has done each of them can do."""
        if self._symmetry is not None:
            self.ended = self._symmetry.same_for_alike(self.ended)

    def _always_ends(self) -> bool:
        """Starvation is not judged here: see `recurs`."""
        return True

    def run(self) -> Exploration:
        """Search until a pass learns nothing or a limit is reached."""
        found = super().run()
        found.passes = self.passes
        return found

    def recurs(self) -> bool:
        """May some thread wait for ever while others go on for ever? That asks for every state, which are not here."""
        return self.cyclic and any(answer.blocked for answer in self.behaviour.answers)

    def _hits(self) -> list[Hit]:
        return list(self.schedules.values())

    def _hit(self, violation: Violation, number: int, move: Move | None = None) -> None:
        self._meet(violation, number, () if move is None else (move,))

    def _meet(self, violation: Violation, number: int, moves: tuple[Move, ...]) -> None:
        """Keep the first of each (rule, place): by these moves from a stored state."""
        if violation.identity not in self.schedules:
            schedule, names = self._way(number, moves)
            shown = [(violation, schedule)]
            if self._symmetry is not None:
                shown = list(self._symmetry.everywhere(violation, names, schedule))
            for image, leads in shown:
                self.schedules.setdefault(image.identity, Hit(image, leads, shortest=False))
        self._check_off(violation)

    def _check_off(self, violation: Violation) -> None:
        """End the search as soon as it has found enough: it has no levels."""
        super()._check_off(violation)
        if self.enough:
            self._end(ENOUGH)

    def _meet_all(self, answer: Answer, number: int, moves: tuple[Move, ...]) -> None:
        for violation in answer.pending:
            self._meet(violation, number, moves)
        answer.pending = ()

    def _way(self, number: int, moves: tuple[Move, ...]) -> tuple[tuple[Move, ...], Order]:
        """The schedule to a stored state, and some moves from there; which threads of the scenario stand there."""
        parts: list[tuple[tuple[Move, ...], Order | None]] = [(moves, None)]
        while number:
            number, moves, order = self._parents[number]
            parts.append((moves, order))
        return in_names_of_the_scenario(self.threads, parts[::-1])

    # --- passes -------------------------------------------------------------------------------------------------

    def _search(self) -> None:
        while not self.reason:
            self._exchange_claims()
            known = self._known_before = self._known_now = self._known()
            self._known_since = 0
            self.passes += 1
            self._pass()
            if known == self._known() and not self._must_take_care():
                if self.tally().frontier and not self.reason:
                    raise InternalError("a pass that learned nothing did not come to its end")
                return

    def _must_take_care(self) -> bool:
        """Does some execution go on for ever, as the search has just found?"""
        if self._careful or self.reason or not self._goes_round():
            return False
        self._careful = self.cyclic = True
        return True

    def _goes_round(self) -> bool:
        """Has the graph that a pass has followed a cycle?"""
        return has_cycle(self._followed)

    def _learns_no_more(self) -> bool:
        """Has the pass learned something, but nothing for long? It is not the last one, and the next one knows more."""
        states = self.tally().states
        if self._known_now != (known := self._known()):
            self._known_now, self._known_since = known, states
        return known != self._known_before and states - self._known_since > max(PATIENCE, self._known_since)

    def _gives_up(self) -> bool:
        """Is it better to begin again? A pass that has learned something is not the last one.

        Where it is large, most of what is left to learn is learned cheaper from executions drawn at random.
        """
        if self._learns_no_more():
            return True
        if self._scouted or self._known() == self._known_before or self.tally().states <= PATIENCE:
            return False
        self._scouted = True
        self._scout()
        return True

    def _scout(self) -> None:
        """Learn from executions drawn at random, until they have taught nothing for long."""
        steps = last = 0
        while not self.reason and steps < min(max(32 * self.scouting, 3 * last), SCOUTED * self.scouting):
            known = self._known()
            steps += self._draw(steps, self.scouting)
            if known != self._known():
                last = steps
            self._tick()

    def _draw(self, seed: int, least: int) -> int:
        """Follow executions drawn at random, at least so many steps in all; how many it were."""
        if self._drawn is None:
            self._drawn = Scout(self._first, self.threads, self)
        return self._drawn.follow(seed, least)

    def _known(self) -> tuple[int, int]:
        """How much is known of the steps and of the claims."""
        return len(self.behaviour.answers), sum(claim.known for claim in self._claims)

    def _conclude(self) -> None:
        """Conclude anew from the behaviour where more is known of it. (Within a pass that only saves work later.)"""
        if self._concluded_from != len(self.behaviour.answers):
            self._concluded_from = len(self.behaviour.answers)
            self._futures.forget()

    def _pass(self) -> None:
        """Search from the initial state, level by level, with what is known."""
        self._clear()
        self._dependence.refresh()
        self._futures.forget()
        self._cycles = components(self.behaviour)
        if self._symmetry is not None:
            self._symmetry.rank([node.local for node in self.behaviour.nodes.values()])
        self._sleeping = self.reductions.sleep and not self._careful
        self._arrive(self._first, 0, 0, ())
        looked = 0
        while self._tasks:
            tasks = list(self._tasks.values())
            self._tasks = {}
            self._conclude()
            self.depth += 1
            for done, task in enumerate(tasks):
                self.frontier = len(tasks) - done + len(self._tasks)
                looked += 1
                if looked % LOOK == 1:
                    self._tick()
                if self.reason or (looked % LOOK == 0 and self._gives_up()):
                    return
                self._expand(task)
        self.depth -= 1
        self.frontier = 0

    def _arrive(self, state: bytes, sleep: int, parent: int, moves: tuple[Move, ...]) -> int:
        """Store a state that is to be expanded, or merge the sleep set into that of a known one; its number."""
        order = None
        if self._symmetry is not None:
            state, sleep, order = self._symmetry.arrange(state, sleep)
        number = self.numbers.get(state)
        if number is None:
            if len(self.keys) >= self.most:
                self._no_room()
                return len(self.keys)
            number = self.numbers[state] = len(self.keys)
            self.keys.append(state)
            self._parents.append((parent, moves, order))
            self._sleeps.append(sleep)
            self._tasks[number] = Task(number, sleep)
            return number
        awake = self._sleeps[number] & ~sleep
        if awake:
            self._sleeps[number] &= sleep
            task = self._tasks.setdefault(number, Task(number, self._sleeps[number], 0))
            task.sleep = self._sleeps[number]
            if task.threads is not None:
                task.threads |= awake
        return number

    # --- one state ----------------------------------------------------------------------------------------------

    def _expand(self, task: Task) -> None:
        """Follow the threads that must be followed from a state."""
        here = self._stand(self.keys[task.number])
        enabled = here.enabled()
        if task.threads is not None:
            self._follow(here, task.number, task.threads, task.sleep)
            return
        self._judge_standing(here, task.number, ())
        if not enabled:
            for violation in self.judge.final(self._view(here.state, here.blocked())):
                self._meet(violation, task.number, ())
            return
        chosen = self._choose(here, enabled)
        forward = self._follow(here, task.number, chosen & ~task.sleep, task.sleep)
        if self._careful and not forward:
            self._follow(here, task.number, enabled & ~chosen, 0)

    def _choose(self, here: Standing, enabled: int) -> int:
        """The threads that must be followed from a state, of those that are enabled."""
        if not self.reductions.persistent:
            return enabled
        return self._persistent.choose(here.state, here.nodes, here.nexts, enabled)

    def _follow(self, here: Standing, number: int, threads: int, sleep: int) -> bool:
        """Make each step of these threads; False if all that it leads to was expanded before, round a cycle."""
        forward = False
        for thread in range(self.threads):
            if threads >> thread & 1:
                following = here.nexts[thread]
                assert following is not None
                for choice, answer in enumerate(following.answers):
                    if not answer.blocked and self._run(here, number, (thread, choice), answer, sleep):
                        forward = True
                if self._sleeping and not following.last:
                    sleep |= 1 << thread
        return forward

    def _run(self, before: Standing, number: int, move: Move, answer: Answer, sleep: int) -> bool:
        """Make a step and those that it forces, up to a state that is stored.

        False if that state was expanded before this one, and the run may be part of a cycle.
        """
        thread, choice = move
        here = Standing(before.state, before.nodes.copy(), before.nexts.copy())
        moves: tuple[Move, ...] = (move,)
        if answer.pool is not None:
            state, answer = self._collect(before.state, before.nodes[thread], choice, answer)
            if answer.pool is not None:
                self._meet_all(answer, number, ())
                return True
            here, sleep = self._stand(state), 0
        forward = False
        while True:
            self.transitions += 1
            self._meet_all(answer, number, moves)
            if answer.halts:
                return True
            sleep = self._still_asleep(here, thread, answer, sleep)
            turns = self._turns(here.nodes[thread], answer)
            forward = forward or not turns
            back = turns and place(self.behaviour.nodes[answer.target]) <= place(here.nodes[thread])
            self._move(here, thread, answer)
            for claim in self._dependence.checks(answer):
                if (violation := claim(here.state)) is not None:
                    self._meet(violation, number, moves)
            enabled = here.enabled()
            if not enabled or (back and self._careful) or len(moves) >= LONGEST or not self.reductions.runs:
                break
            chosen = self._choose(here, enabled)
            if chosen & (chosen - 1):
                break
            thread = chosen.bit_length() - 1
            following = here.nexts[thread]
            assert following is not None
            if len(following.answers) > 1 or following.pool:
                break
            self._judge_standing(here, number, moves)
            if sleep & chosen:
                return True
            answer = following.answers[0]
            moves = (*moves, (thread, 0))
        reached = self._arrive(here.state, sleep, number, moves)
        if not forward:
            self._followed.setdefault(number, []).append(reached)
        return reached > number or forward

    def _still_asleep(self, here: Standing, thread: int, answer: Answer, sleep: int) -> int:
        """The sleeping threads whose next steps do not depend on this step."""
        if sleep:
            mine = self._dependence.next((answer,), here.state)
            for other in range(self.threads):
                if sleep >> other & 1:
                    following = here.nexts[other]
                    if other == thread or following is None or following.depends(mine):
                        sleep &= ~(1 << other)
        return sleep

    def _turns(self, node: Node, answer: Answer) -> bool:
        """Can the thread come back to where it was before this step?"""
        if not self._cycles:
            return False
        mine = self._cycles.get(node.number)
        return mine is not None and mine == self._cycles.get(self.behaviour.nodes[answer.target].number)

    def _move(self, here: Standing, thread: int, answer: Answer) -> None:
        """Make a step, in place."""
        here.state = self._after(here.state, thread, answer)
        here.nodes[thread] = self.behaviour.nodes[answer.target]
        affected = [
            other
            for other, following in enumerate(here.nexts)
            if other == thread or (following is not None and (following.touches | following.looks) & answer.changes)
        ]
        self._look_ahead(here, affected)

    def _stand(self, state: bytes) -> Standing:
        """What every thread would do next in a state."""
        nodes = [self._node(state, thread) for thread in range(self.threads)]
        here = Standing(state, nodes, [None] * self.threads)
        self._look_ahead(here, range(self.threads))
        return here

    def _look_ahead(self, here: Standing, threads: Iterable[int]) -> None:
        """Find the next steps of these threads."""
        for thread in threads:
            node = here.nodes[thread]
            answers = tuple(self._answer(thread, node, choice, here.state) for choice in range(len(node.roots)))
            here.nexts[thread] = self._dependence.next(answers, here.state) if answers else None

    def _judge_standing(self, here: Standing, number: int, moves: tuple[Move, ...]) -> None:
        """Judge what a state shows by itself: who has ended, who waits for whom, what is broken by asking."""
        for thread, node in enumerate(here.nodes):
            if not node.roots:
                self.ended[thread] = True
        blocked = here.blocked()
        if not blocked:
            return
        for violation in self._newly_waiting(here.state, blocked):
            self._meet(violation, number, moves)
        for thread, _ in blocked:
            following = here.nexts[thread]
            assert following is not None
            for answer in following.answers:
                if answer.blocked:
                    self._meet_all(answer, number, moves)

    # --- learning -----------------------------------------------------------------------------------------------

    def _answer(self, thread: int, node: Node, choice: int, state: bytes) -> Answer:
        """What a step comes to in a state; learned if it was not seen before."""
        found = decide(node.roots[choice], state)
        if found is None:
            self._learn_from(thread, choice, state)
            return self._answer(thread, node, choice, state)
        return found

    # --- what a scout asks ----------------------------------------------------------------------------------------

    def alternatives(self, state: bytes, thread: int) -> list[Answer]:
        """What the alternatives of a thread's next step come to in a state."""
        node = self._node(state, thread)
        return [self._answer(thread, node, choice, state) for choice in range(len(node.roots))]

    def after(self, state: bytes, thread: int, answer: Answer) -> bytes:
        """The state after a step; the claims that it brings up are judged there, so that what they read is known."""
        following = self._after(state, thread, answer)
        for claim in self._dependence.checks(answer):
            claim(following)
        return following

    def known(self) -> tuple[int, int]:
        """How much is known of the steps and of the claims."""
        return self._known()

    # --- learning -------------------------------------------------------------------------------------------------

    def _learn(self, node: Node, choice: int, state: bytes) -> Answer:
        """Interpret a step that was not seen before, and what becomes of it by exchanges."""
        answer = self._learn_step(node, choice, state)
        if self._symmetry is not None:
            self._symmetry.complete()
            for exchange in self._symmetry.exchanges:
                there = exchange.shared(state)
                other = self.behaviour.nodes[exchange.nodes[node.number].to_bytes(NODE_BYTES, "little")]
                image = decide(other.roots[choice], there)
                if image is None:
                    image = self._learn_step(other, choice, there)
                    self._symmetry.complete()
                exchange.agree(state, answer, there, image)
        return answer

    def _learn_step(self, node: Node, choice: int, state: bytes) -> Answer:
        """Interpret a step that was not seen before."""
        return self.behaviour.learn(node, choice, state)

    def _exchange_claims(self) -> None:
        """Judge each claim for all that becomes, by exchanges, of the states in which it was judged."""
        if self._symmetry is None:
            return
        for number, claim in enumerate(self._claims):
            states = claim.states[self._exchanged[number] :]
            self._exchanged[number] += len(states)
            for exchange in self._symmetry.exchanges:
                other = exchange.claims[number]
                for state in states:
                    if not self._claims[other].knows(there := exchange.shared(state)):
                        self.claim(other, there)

    def claim(self, claim: int, state: bytes) -> None:
        """A claim about bytes that it was not judged on yet."""
        self._claims[claim].path(state)

    def _learn_from(self, thread: int, choice: int, state: bytes) -> None:
        """Learn a step, and what the thread would do after it if it ran alone: that is real, and wanted soon."""
        waiting = [(choice, state)]
        while waiting:
            choice, state = waiting.pop()
            node = self._node(state, thread)
            if decide(node.roots[choice], state) is not None:
                continue
            answer = self._learn(node, choice, state)
            if answer.blocked or answer.halts or answer.pool is not None:
                continue
            following = self._after(state, thread, answer)
            waiting.extend((n, following) for n in range(len(self._node(following, thread).roots)))


def place(node: Node) -> tuple[int, ...]:
    """Where a thread stands, as an order that every cycle of local states must step back in."""
    return tuple(frame.at for frame in node.local.frames)
