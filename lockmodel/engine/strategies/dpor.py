"""Optimal dynamic partial order reduction: one schedule of each class of interleavings, and so their exact number.

Abdulla, Aronis, Jonsson and Sagonas, Optimal Dynamic Partial Order Reduction, POPL 2014, and Source Sets, JACM 2017.
Two schedules are in one class (a Mazurkiewicz trace) if they differ in the order of independent steps only (see
`access`). A schedule is run to its end; each race in it (two steps that could have been the other way round) is turned
round, and what that asks for goes into the wakeup tree of the state before the race, unless it is covered there: by
what the tree holds, or by the sleep set, which holds the moves whose schedules were all run. So each class is run once,
and no run is given up half-way. A thread that must wait makes no step.

Three things are beyond the papers' simplest setting.

Waiting. The steps by which a thread gets a lock do not race with the release that made it possible, since they cannot
come before it; they race with the earlier step that took the lock, although that release stands between the two. So for
every step it is asked of every thread that stands before a step that may wait, whether that one could be made had the
earlier step, and all that depends on it, not happened; this also wakes a thread that waits to the end. For a wait for
several things, the steps that write any of these depend on each other (`access`), so that it cannot happen that two
steps disable it and neither of the two, turned round, shows it.

Ends. A step that breaks a fatal rule, or finds its pool empty, depends on every step: after it nothing happens, and
before it something else might. The moves that were possible beside it are therefore tried in its place.

Alternatives. Each alternative of a step (`choose`, an allocation that may fail) is an event of its own, in conflict
with the others; once a step is made by one of them, the tree of the state before it gets the others as well, after the
steps that do not depend on it.

The groups of `access` are learned while running; where they have grown, all classes are run again with the larger ones,
until a pass adds nothing. That pass counts. Rules broken in earlier passes are broken in schedules that exist.

A run is cut after a number of steps; then there may be more classes than were counted, and the search is not complete.
Without an infinite run no thread can starve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lockmodel.engine.exploration import TICK
from lockmodel.engine.strategies.access import Accesses, Groups
from lockmodel.engine.strategies.strategy import Option, Strategy
from lockmodel.engine.strategies.wakeup import Branch, Event, conflict, insert, remaining
from lockmodel.engine.transitions import Move
from lockmodel.ir.nodes import Await, Operate


@dataclass(slots=True)
class Level:
    """A state on the way, what is to be explored from it, and the event by which the way goes on.

    `before` are the events on the way that happen before that one, as bits; `sleep` the events that need not be
    explored from here again.
    """

    state: bytes
    tree: list[Branch]
    sleep: dict[Move, Event]
    options: dict[Move, Option] = field(default_factory=dict)
    event: Event | None = None
    before: int = 0


class Dpor(Strategy):
    """The search. `classes` and `redundant` (runs given up, of which there are none) are those of the last pass."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.classes = 0
        self.redundant = 0
        self.cut = 0
        self.passes = 0
        self.way: list[Level] = []
        self._groups = Groups(self.behaviour, self.judge.memos())
        self._accesses = Accesses()
        self._met: Counter[bytes] = Counter()
        self._ticks = 0

    def _way(self, number: int) -> tuple[Move, ...]:
        return tuple(level.event.move for level in self.way if level.event is not None)

    # --- passes ---------------------------------------------------------------------------------------------------

    def _search(self) -> None:
        """Pass after pass, until the groups that steps were compared by are those that the pass has met."""
        self._tick()
        while not self.reason:
            groups, waits = self._groups.known()
            self._accesses = Accesses(groups, waits)
            self.classes = self.redundant = self.cut = 0
            self.passes += 1
            self._pass()
            if self._groups.known() == (groups, waits):
                break
        if self.cut:
            self._end(f"{self.cut:,} runs were cut after {self.settings.steps:,} steps")

    def _pass(self) -> None:
        """Explore from the initial state, depth first, what the wakeup trees ask for."""
        self.way = []
        self._met.clear()
        self._enter(self.start, [], {})
        while self.way and not self.reason:
            level = self.way[-1]
            if level.event is not None:
                self._retire(level)
            if level.tree:
                self._follow(level, level.tree[0])
            else:
                self.way.pop()
                self._met[level.state] -= 1

    def _enter(self, state: bytes, tree: list[Branch], sleep: dict[Move, Event]) -> None:
        """Come to a state; where nothing is asked for, choose how to go on; where the run ends, see to its races."""
        options = self._visit(state)
        level = Level(state, tree, sleep, {option.move: option for option in options})
        self.way.append(level)
        self._met[state] += 1
        self._ticks += 1
        if self._ticks % TICK == 0:
            self._tick()
        if not options or len(self.way) > self.settings.steps:
            self.cut += bool(options)
            tree.clear()
            self._ended_run(state)
        elif not tree:
            awake = [option for option in options if option.move not in sleep]
            if awake:
                tree.append(Branch(self._event(self._next(state, awake), state)))
            else:
                self.redundant += 1

    def _follow(self, level: Level, branch: Branch) -> None:
        """Make the step of a branch."""
        event = branch.event
        level.event = None
        after = self._take(level.options[event.move])
        level.event = event
        level.before = self._before(event)
        self.depth = max(self.depth, len(self.way))
        if after is None:
            self._ended_run(level.state)
        else:
            asleep = {move: other for move, other in level.sleep.items() if not conflict(other, event)}
            self._enter(after, branch.after, asleep)

    def _retire(self, level: Level) -> None:
        """All that begins with the event of a level was explored: it sleeps, and its branch is gone."""
        assert level.event is not None
        level.sleep[level.event.move] = level.event
        del level.tree[0]
        level.event = None

    def _next(self, state: bytes, awake: list[Option]) -> Option:
        """How to go on where any way will do: with the thread that moved last, or the next one if it goes round."""
        last = self.way[-2].event.thread if len(self.way) > 1 and self.way[-2].event is not None else 0
        first = last + 1 if self._met[state] > 1 else last
        return min(awake, key=lambda option: ((option.thread - first) % self.threads, option.choice))

    def _event(self, option: Option, state: bytes) -> Event:
        return Event(option.thread, option.choice, self._accesses.of(option, state))

    def _before(self, event: Event) -> int:
        """The events on the way that happen before a new one, as bits: those that it depends on, and theirs."""
        found = 0
        for n in range(len(self.way) - 2, -1, -1):
            level = self.way[n]
            assert level.event is not None
            if not found >> n & 1 and conflict(level.event, event):
                found |= level.before | 1 << n
        return found

    # --- races ----------------------------------------------------------------------------------------------------

    def _ended_run(self, state: bytes) -> None:
        """A run came to its end: count its class, and have its races explored the other way round."""
        self.classes += 1
        events = [level.event for level in self.way if level.event is not None]
        for n in range(len(events)):
            for sequence in self._reversed(events, n, state):
                level = self.way[n]
                if all(remaining(asleep, sequence) is None for asleep in level.sleep.values()):
                    insert(level.tree, sequence)

    def _reversed(self, events: list[Event], n: int, end: bytes) -> Iterator[list[Event]]:
        """What could have happened instead of event `n` from the state before it: the beginnings of other classes."""
        event = events[n]
        later = 0
        for at in range(n + 1, len(events)):
            later |= (self.way[at].before >> n & 1) << at
        rivals = [*self._alternatives(event, n), *self._rivals(events, n, later, end)]
        if not rivals:
            return
        kept = [at for at in range(n + 1, len(events)) if not later >> at & 1]
        state = self.way[n].state
        for at in kept:
            option = self.way[at].options[events[at].move]
            state = self._after(state, option.thread, option.answer)
        beginning = [events[at] for at in kept]
        for thread, choice in rivals:
            for option in self._options(state, thread):
                if option.answer.blocked or choice not in (None, option.choice):
                    continue
                rival = self._event(option, state)
                if conflict(rival, event) and rival.move != event.move:
                    yield [*beginning, rival]

    def _alternatives(self, event: Event, n: int) -> list[tuple[int, int | None]]:
        """The other alternatives of an event's own thread."""
        roots = self._node(self.way[n].state, event.thread).roots
        return [(event.thread, None)] if len(roots) > 1 else []

    def _rivals(self, events: list[Event], n: int, later: int, end: bytes) -> Iterator[tuple[int, int | None]]:
        """(thread, alternative or None for each) of the steps that could race with event `n`.

        That is a thread's first step that happens after it: at once, or where it may wait, also by way of other steps.
        A thread without such a step may stand before one that it waits for, or that the end of the run has cut off.
        """
        first: dict[int, int] = {}
        for at in range(n + 1, len(events)):
            if later >> at & 1:
                first.setdefault(events[at].thread, at)
        last = n == len(events) - 1 and events[n].access.total
        for thread in range(self.threads):
            if thread == events[n].thread:
                continue
            at = first.get(thread, -1)
            if at < 0:
                if last or self._may_wait(end, thread):
                    yield thread, None
            elif not later & self.way[at].before or self._may_wait(self.way[at].state, thread):
                yield thread, events[at].choice

    def _may_wait(self, state: bytes, thread: int) -> bool:
        """Does a thread stand before a step that may have to wait?"""
        node = self._node(state, thread)
        if not node.roots:
            return False
        match self.behaviour.stepper.instruction(node.local):
            case Await() | Operate("spin_lock" | "down" | "mutex_lock" | "atomic_dec_and_lock"):
                return True
            case _:
                return False

    # --- what is told ---------------------------------------------------------------------------------------------

    def _numbers(self) -> tuple[str, ...]:
        whole = not self.reason
        count = f"{self.classes:,} class{'es' if self.classes != 1 else ''} of interleavings"
        told = f"{'' if whole else 'at least '}{count}, each run once: they differ in the order of steps that interfere"
        return (told,)

    def _figures(self) -> dict[str, int | float]:
        return {"classes": self.classes, "redundant": self.redundant, "cut": self.cut, "passes": self.passes}
