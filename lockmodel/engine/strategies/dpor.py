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
steps that do not depend on it. Where an alternative may have to wait that is no answer, since it may be possible only
between two other steps, with which the one that was made has nothing to do (a callback comes upon a CPU that has soft
interrupts on for a moment, or on another CPU at any time): so it is asked of it whether it could be made had the step
that was made not happened, nor one other step that touches what it touches, nor all that depends on these two.

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

from lockmodel.engine.strategies.access import Accesses, Groups
from lockmodel.engine.strategies.strategy import Option, Strategy, counted
from lockmodel.engine.strategies.wakeup import Branch, Event, conflict, insert, remaining
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import NODE_BYTES
from lockmodel.ir.nodes import Await, Instruction, Operate
from lockmodel.ir.operations import LOCKING

STEPS = 500
"""Steps of one run, where no number is given. Longer runs tend to have more races than can be turned round."""

TICK = 256
"""States and races between two looks at the clock: each may take as long as the run has steps."""


Rivals = dict[tuple[int, int | None, int], None]
"""(thread, alternative of its step, or None for each of them; a later event that is left out too, or -1), in order."""


@dataclass(slots=True)
class Level:
    """A state on the way, what is to be explored from it, and the event by which the way goes on.

    `before` are the events on the way that happen before that one, as bits, `races` those of other threads among them
    with nothing between; `sleep` are the events that need not be explored from here again.
    """

    state: bytes
    tree: list[Branch]
    sleep: dict[Move, Event]
    options: dict[Move, Option] = field(default_factory=dict)
    event: Event | None = None
    before: int = 0
    races: int = 0


def _ones(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1


def _touching(events: list[Event], among: int, touched: int) -> int:
    """Those of the events that touch some of these bytes, or depend on everything; as bits."""
    found = 0
    for n in _ones(among):
        access = events[n].access
        if access.total or (access.reads | access.writes) & touched:
            found |= 1 << n
    return found


class Dpor(Strategy):
    """The search. `classes` and `redundant` (runs given up, of which there are none) are those of the last pass."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.steps = STEPS if self.settings.steps is None else self.settings.steps
        self.classes = 0
        self.redundant = 0
        self.cut = 0
        self.passes = 0
        self.way: list[Level] = []
        self._groups = Groups(self.behaviour, self.judge.memos())
        self._accesses = Accesses()
        self._met: Counter[bytes] = Counter()
        self._ticks = 0
        self._waiting: dict[int, bool] = {}

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
            self._end(f"{counted(self.cut, 'run')} cut after {counted(self.steps, 'step')}")

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
                self._leave(level.state)

    def _enter(self, state: bytes, tree: list[Branch], sleep: dict[Move, Event]) -> None:
        """Come to a state; where nothing is asked for, choose how to go on; where the run ends, see to its races."""
        options = self._visit(state)
        level = Level(state, tree, sleep, {option.move: option for option in options})
        self.way.append(level)
        self._met[state] += 1
        self._count()
        if not options or len(self.way) > self.steps:
            self.cut += bool(options)
            tree.clear()
            self._ended_run(state)
        elif not tree:
            awake = [option for option in options if option.move not in sleep]
            if awake:
                tree.append(Branch(self._event(self._next(state, awake), state)))
            else:
                self.redundant += 1

    def _count(self) -> None:
        """Look at the limits now and then."""
        self._ticks += 1
        if self._ticks % TICK == 0:
            self._tick()

    def _leave(self, state: bytes) -> None:
        """The way does not come to this state any more, or once less."""
        self._met[state] -= 1
        if not self._met[state]:
            del self._met[state]

    def _follow(self, level: Level, branch: Branch) -> None:
        """Make the step of a branch."""
        event = branch.event
        level.event = None
        after = self._take(level.options[event.move])
        level.event = event
        level.before, level.races = self._before(event)
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

    def _before(self, event: Event) -> tuple[int, int]:
        """The events on the way that happen before a new one, as bits; and those that it races with at once."""
        found = races = 0
        for n in range(len(self.way) - 2, -1, -1):
            level = self.way[n]
            assert level.event is not None
            if not found >> n & 1 and conflict(level.event, event):
                found |= level.before | 1 << n
                races |= (level.event.thread != event.thread) << n
        return found, races

    # --- races ----------------------------------------------------------------------------------------------------

    def _ended_run(self, state: bytes) -> None:
        """A run came to its end: count its class, and have its races explored the other way round."""
        self.classes += 1
        events = [level.event for level in self.way if level.event is not None]
        for n, rivals in enumerate(self._rivals(events, state)):
            self._count()
            if self.reason:
                return
            level = self.way[n]
            for sequence in self._reversed(events, n, rivals) if rivals else ():
                if all(remaining(asleep, sequence) is None for asleep in level.sleep.values()):
                    insert(level.tree, sequence)

    def _rivals(self, events: list[Event], end: bytes) -> list[Rivals]:
        """For each event the steps that might have come in its stead.

        These are the other alternatives of its own thread; steps that race with it at once; steps that may wait, where
        they touch what it touches, as a thread's first step after it, whatever stands between, by another alternative
        also before it; and such steps at which threads stand at the end. If the last event ended the run they are all
        that could have been made instead of it.
        """
        rivals: list[Rivals] = [{} for _ in events]
        known = [0] * self.threads  # the events before or at each thread's last one so far
        for at, event in enumerate(events):
            level = self.way[at]
            for n in _ones(level.races):
                rivals[n][event.thread, event.choice, -1] = None
            several = len(self._node(level.state, event.thread).roots) > 1
            if self._may_wait(level.state, event.thread):
                # an alternative that was not made need not depend on what this one does
                among = (1 << len(events)) - 1 & ~(1 << at) if several else level.before
                touched = self._touched(level.state, event.thread)
                for n in _ones(_touching(events, among & ~known[event.thread], touched)):
                    rivals[min(n, at)][event.thread, None, max(n, at)] = None
            if several:
                rivals[at][event.thread, None, -1] = None
            known[event.thread] = level.before | 1 << at
        for thread in range(self.threads):
            if self._may_wait(end, thread):
                touched = self._touched(end, thread)
                for n in _ones(_touching(events, ~known[thread] & (1 << len(events)) - 1, touched)):
                    rivals[n][thread, None, -1] = None
            if events and events[-1].access.total:
                rivals[-1][thread, None, -1] = None
        return rivals

    def _reversed(self, events: list[Event], n: int, rivals: Rivals) -> Iterator[list[Event]]:
        """The beginnings of other classes: what does not depend on what is left out, then a rival that can be made."""
        for thread, choice, other in rivals:
            left_out = 1 << n | (1 << other if other >= 0 else 0)
            kept = [at for at in range(n + 1, len(events)) if not (self.way[at].before | 1 << at) & left_out]
            state = self.way[n].state
            for at in kept:
                option = self.way[at].options[events[at].move]
                state = self._after(state, option.thread, option.answer)
            for option in self._options(state, thread):
                if option.answer.blocked or choice not in (None, option.choice):
                    continue
                rival = self._event(option, state)
                if conflict(rival, events[n]) and rival.move != events[n].move:
                    yield [*(events[at] for at in kept), rival]

    def _touched(self, state: bytes, thread: int) -> int:
        """The bytes that a step which may wait touches, in this state or in any other one that was met.

        Those of all its alternatives: an RCU callback may have to wait on one CPU and not on another one.
        """
        at = self.layout.size + NODE_BYTES * thread
        touched = self._accesses.waits.get(state[at : at + NODE_BYTES], 0)
        for option in self._options(state, thread):
            touched |= option.answer.reads | option.answer.changes
        return touched

    def _alternatives(self, state: bytes, thread: int) -> int:
        return len(self._node(state, thread).roots)

    def _may_wait(self, state: bytes, thread: int) -> bool:
        """Does a thread stand before a step that may have to wait?"""
        node = self._node(state, thread)
        if node.number not in self._waiting:
            self._waiting[node.number] = bool(node.roots) and (
                self._interrupted(thread) or _waits(self.behaviour.stepper.instruction(node.local))
            )
        return self._waiting[node.number]

    def _interrupted(self, thread: int) -> bool:
        """May it have to wait at any step: for an interrupt on its CPU, or until it comes itself?"""
        record = self.layout.setup.threads[thread]
        return record.cpu > 0 or record.callback is not None

    # --- what is told ---------------------------------------------------------------------------------------------

    def _numbers(self) -> tuple[str, ...]:
        whole = not self.reason
        classes = f"{counted(self.classes, 'class', 'classes')} of interleavings"
        least = "" if whole else "at least "
        told = f"{least}{classes}, each run once: they differ in the order of steps that interfere"
        return (told,)

    def _figures(self) -> dict[str, int | float]:
        return {"classes": self.classes, "redundant": self.redundant, "cut": self.cut, "passes": self.passes}


def _waits(instruction: Instruction) -> bool:
    """May a thread have to wait at this instruction?"""
    match instruction:
        case Await() | Operate("atomic_dec_and_lock" | "read_seqbegin" | "schedule" | "cond_wait"):
            return True
        case Operate("synchronize_rcu" | "rcu_barrier"):
            return True
        case Operate(operation) if operation in LOCKING:
            return LOCKING[operation].deed == "take"
        case _:
            return False
