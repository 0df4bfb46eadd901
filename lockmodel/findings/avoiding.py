"""Can a finding still be avoided after each step of its witness, and by which schedule?

Takes the states of a witness; gives an `Avoided`. A state is open if some schedule goes on from it to a good end: a
final state that breaks no rule, with no step on the way that shows this finding or ends the execution. Findings that
end nothing are no matter. It is doomed if there is none; a fair execution that goes on for ever and shows nothing is a
good end too. From an open state of a witness all those before it are open, so one step of it is the pivot.

No reductions: every step is the interpreter's, and every state that a schedule can come to is looked at, from the
end of the witness back, until that is known or there are too many.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lockmodel.engine.behaviour import Answer, Behaviour, Node, decide, written
from lockmodel.engine.collect import collect
from lockmodel.engine.judging import Blocked, Judge, View
from lockmodel.engine.liveness import Edge, may_get_on, way
from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.races import Next, races
from lockmodel.engine.reduction.cycles import on_cycles
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.findings.film import State
from lockmodel.ir.layout import NODE_BYTES

SHARE = 8
"""A state of a witness may take this part of the limit: most good ends are near, and the pivot lies between states."""

NICEST = 5_000
"""No more states are looked at for a way with fewer switches than the first one that was found."""


@dataclass(frozen=True, slots=True)
class Avoided:
    """`open_until` and `doomed_from` are numbers of states of the witness (see `Outlook`).

    The finding is there after the last of these at the latest. `way` is a good schedule from the state `open_until`,
    with the fewest switches, then steps, or one `for_ever`: to a state and back to it.
    """

    open_until: int
    doomed_from: int
    way: tuple[Move, ...] | None
    for_ever: bool
    cut: bool
    states: int
    others: tuple[Violation, ...]


@dataclass(slots=True)
class Fork:
    """What can come of one state. `bad`: it shows the finding, or cannot end well. `good`: it is a good end."""

    bad: bool = False
    good: bool = False
    cut: bool = False
    moves: list[tuple[Move, bytes]] = field(default_factory=list)
    obliged: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Search:
    """What is known of one state: a good way, which may go on `for_ever`; or that it is `doomed`; or neither."""

    way: tuple[Move, ...] | None = None
    for_ever: bool = False
    doomed: bool = False
    cut: bool = False

    @property
    def open(self) -> bool:
        """Is there a good end?"""
        return self.way is not None


class Avoiding:
    """Looks for ways around one finding, in at most so many states. `clean`: around all others too."""

    def __init__(
        self, stepper: Stepper, judge: Judge, finding: tuple[object, ...], limit: int, *, clean: bool = False
    ) -> None:
        self.stepper, self.judge, self.finding, self.limit, self.clean = stepper, judge, finding, limit, clean
        self.layout = stepper.layout
        self.behaviour = Behaviour(stepper)
        self.threads = len(self.layout.setup.threads)
        self.forks: dict[bytes, Fork] = {}
        self.doomed: set[bytes] = set()
        self.others: dict[tuple[object, ...], Violation] = {}
        self._able = may_get_on(self.layout)
        self._shows: dict[int, tuple[bool, bool]] = {}

    def of(self, states: Sequence[State], movers: Sequence[int]) -> Avoided:
        """The outlook on these states, one after another; `movers` are the threads that moved from each to the next."""
        known: dict[int, _Search] = {}

        def look(number: int) -> _Search:
            if number not in known:
                mover = movers[number - 1] if number else -1
                known[number] = self._search(self.record(states[number]), mover, self.limit // SHARE)
            return known[number]

        open_until, doomed_from, back = -1, len(states), 1
        while doomed_from > 0 and open_until < 0:  # back in strides that double, since what is late is soon known
            number = max(0, len(states) - back)
            if look(number).open:
                open_until = number
            elif known[number].doomed:
                doomed_from = number
            if number == 0:
                break
            back *= 2
        open_until, doomed_from = _narrowed(open_until, doomed_from, look)
        looked_at = len(self.forks)
        chosen = known[open_until] if open_until >= 0 else _Search()
        good = chosen.way
        if good is not None and not chosen.for_ever:
            good = self._nicest(self.record(states[open_until]), movers[open_until - 1] if open_until else -1) or good
        return Avoided(
            open_until,
            doomed_from,
            good,
            chosen.for_ever,
            any(found.cut for found in known.values()),
            looked_at,
            tuple(self.others.values()),
        )

    def way(self, state: State, mover: int) -> tuple[Move, ...] | None:
        """A good way from a state in which `mover` moved last; None where none was found."""
        record = self.record(state)
        found = self._search(record, mover, self.limit)
        return found.way if found.for_ever else found.way and (self._nicest(record, mover) or found.way)

    def record(self, state: State) -> bytes:
        """A state packed with the numbers of its local states."""
        memory, locals_ = state
        return memory + b"".join(self.behaviour.name(local) for local in locals_)

    # --- from one state -------------------------------------------------------------------------------------------

    def _search(self, start: bytes, mover: int, most: int) -> _Search:
        """A good way from a state: straight on, or else depth first, whoever moved last going on while that leads on.

        Looks at no more than `most` states that were not looked at before, and at no more than the limit in all.
        """
        room = min(len(self.forks) + most, self.limit)
        found = _Search(self._straight(start, room))
        if found.open:
            return found
        before: dict[bytes, tuple[bytes, Move] | None] = {}
        waiting: list[tuple[bytes, int, tuple[bytes, Move] | None]] = [(start, mover, None)]
        while waiting:
            record, last, source = waiting.pop()
            if record in before or record in self.doomed:
                continue
            if record not in self.forks and len(self.forks) >= room:
                return found
            before[record] = source
            fork = self.fork(record)
            found.cut = found.cut or fork.cut
            if fork.good:
                found.way = _back(before, record)
                return found
            for move, successor in sorted(fork.moves, key=lambda one: (one[0][0] == last, -one[0][0], -one[0][1])):
                waiting.append((successor, move[0], (record, move)))
        found.way = self._goes_round(list(before))
        found.for_ever = found.way is not None
        found.doomed = found.way is None and not found.cut
        if found.doomed:
            self.doomed.update(before)
        return found

    def _straight(self, start: bytes, room: int) -> tuple[Move, ...] | None:
        """A good way on which of all that can move always the first one does, in some order of the threads."""
        around = list(range(self.threads))
        orders = [[*each[n:], *each[:n]] for each in (around, around[::-1]) for n in around]
        for order in orders:
            record, moves, seen = start, list[Move](), set[bytes]()
            while record not in seen and record not in self.doomed:
                if record not in self.forks and len(self.forks) >= room:
                    return None
                seen.add(record)
                fork = self.fork(record)
                if fork.good:
                    return tuple(moves)
                if fork.moves:
                    move, record = min(fork.moves, key=lambda one: (order.index(one[0][0]), one[0][1]))
                    moves.append(move)
        return None

    def _nicest(self, start: bytes, mover: int) -> tuple[Move, ...] | None:
        """A good way with the fewest switches, then steps, if one is found soon."""
        before: dict[tuple[bytes, int], tuple[tuple[bytes, int], Move] | None] = {}
        order = itertools.count()
        waiting: list[tuple[int, int, int, tuple[bytes, int], Any]] = [(0, 0, next(order), (start, mover), None)]
        while waiting:
            switches, steps, _, here, source = heapq.heappop(waiting)
            record, last = here
            if here in before or record in self.doomed:
                continue
            if len(before) >= NICEST:
                return None
            before[here] = source
            fork = self.fork(record)
            if fork.good:
                return _back(before, here)
            for move, successor in fork.moves:
                turns = switches + (move[0] != last and last >= 0)
                heapq.heappush(waiting, (turns, steps + 1, next(order), (successor, move[0]), (here, move)))
        return None

    def _goes_round(self, inside: Sequence[bytes]) -> tuple[Move, ...] | None:
        """A way on which a fair execution goes on for ever in these states, from the first of them and once round.

        Somebody gets on in it, and nobody is lost.
        """
        numbers = {record: number for number, record in enumerate(inside)}
        edges: dict[int, list[Edge]] = {}
        kept: dict[int, list[Edge]] = {}
        for number, record in enumerate(inside):
            moves = self.forks[record].moves
            edges[number] = [(numbers[to], *move) for move, to in moves if to in numbers]
            kept[number] = [one for one in edges[number] if not self._wakes_itself(record, one)]
        around = on_cycles({number: [to for to, _, _ in found] for number, found in kept.items()})
        parts: dict[int, list[int]] = {}
        for number in sorted(around):
            parts.setdefault(around[number], []).append(number)
        for part in parts.values():
            members = set(part)
            within = {number: [edge for edge in kept[number] if edge[0] in members] for number in part}
            movers = {thread for found in within.values() for _, thread, _ in found}
            obliged = frozenset.intersection(*(self.forks[inside[number]].obliged for number in part))
            gets_on = [(n, edge) for n, found in within.items() for edge in found if self._gets_on(inside[n], edge)]
            if obliged <= movers and gets_on and not self._starved(inside[part[0]], part[0], kept):
                to = [] if 0 in members else way(0, edges, _into(members))
                there = _round(to[-1][0] if to else 0, within, sorted(movers), gets_on[0])
                return tuple((thread, choice) for _, thread, choice in (*to, *there))
        return None

    def _wakes_itself(self, record: bytes, edge: Edge) -> bool:
        return self.stepper.wakes_itself(self._node(record, edge[1]).local, edge[2])

    def _gets_on(self, record: bytes, edge: Edge) -> bool:
        """Does the thread get on that moves, or is all that it does what it is there for?"""
        _, thread, choice = edge
        able = thread in self._able
        return not able or self._answer(record, self._node(record, thread), choice)[1].gets_on

    def _starved(self, record: bytes, first: int, kept: Mapping[int, Sequence[Edge]]) -> bool:
        """Is a rule broken by threads that never move again, if an execution goes on for ever from here?"""
        seen, waiting, moving = {first}, [first], set[int]()
        while waiting:
            for to, thread, _ in kept[waiting.pop()]:
                moving.add(thread)
                if to not in seen:
                    seen.add(to)
                    waiting.append(to)
        view = self._view(record)
        lost = tuple(n for n, local in enumerate(view.locals) if not local.ended and n not in moving)
        return any(violation.broken for violation in self.judge.starved(view, lost)) if lost else False

    # --- one state ------------------------------------------------------------------------------------------------

    def fork(self, record: bytes) -> Fork:
        """What can come of a state."""
        known = self.forks.get(record)
        if known is None:
            known = self.forks[record] = self._fork(record)
        return known

    def _fork(self, record: bytes) -> Fork:
        fork = Fork()
        blocked: list[Blocked] = []
        nexts: list[Next] = []
        obliged: set[int] = set()
        enabled = False
        for thread in range(self.threads):
            node = self._node(record, thread)
            for choice in range(len(node.roots)):
                base, answer = self._answer(record, node, choice)
                nexts.append((thread, node.local, answer.accesses))
                shows, ends = self._told(answer)
                if answer.blocked:
                    blocked.append((thread, answer.wants))
                    fork.bad = fork.bad or shows
                    continue
                enabled = True
                if choice == 0 and not self.stepper.need_not_come(node.local):
                    obliged.add(thread)
                if answer.pool is not None:
                    fork.cut, fork.bad = True, fork.bad or shows
                elif not shows and not ends:
                    after = written(base, answer)
                    at = self.layout.size + NODE_BYTES * thread
                    after[at : at + NODE_BYTES] = answer.target
                    fork.moves.append(((thread, choice), bytes(after)))
        fork.obliged = frozenset(obliged)
        view = View(self.layout, record, self._locals(record), tuple(blocked))
        fork.bad = fork.bad or self._broken_in(view, nexts, final=not enabled)
        fork.good = not fork.bad and not enabled
        if fork.bad:
            fork.moves, fork.cut = [], False
        return fork

    def _broken_in(self, view: View, nexts: list[Next], *, final: bool) -> bool:
        """Is the finding shown by the state itself, or is it, or will it be, an end that breaks a rule?"""
        found: list[Violation] = []
        if self.finding[0] == "LM301" or self.clean:
            found += races(self.stepper, nexts)
        if self.finding[0] == "LM701" or self.clean:
            found += self.judge.shared(view.state)
        if any(violation.identity == self.finding or self.clean for violation in found):
            return True
        ends = self.judge.waiting(view) if view.blocked else []
        ends = [violation for violation in ends + (self.judge.final(view) if final else []) if violation.broken]
        self._note(ends)
        return bool(ends)

    def _told(self, answer: Answer) -> tuple[bool, bool]:
        """Does a step show the finding; does it end the execution?"""
        known = self._shows.get(id(answer))  # answers are kept, and so are their ids
        if known is None:
            shows = any(v.identity == self.finding or (self.clean and v.broken) for v in answer.violations)
            known = self._shows[id(answer)] = shows, answer.halts
            if answer.halts:
                self._note(answer.violations)
        return known

    def _note(self, ends: Sequence[Violation]) -> None:
        for violation in ends:
            if violation.broken and violation.identity != self.finding:
                self.others.setdefault(violation.identity, violation)

    def _answer(self, record: bytes, node: Node, choice: int) -> tuple[bytes, Answer]:
        """What a step comes to, and the state that it is made from, its freed slots reclaimed where it needs one."""
        answer = decide(node.roots[choice], record) or self.behaviour.learn(node, choice, record)
        if answer.pool is not None and answer.pool[1] >= 0:
            cleaned = collect(self.layout, record, self._locals(record), *answer.pool)
            if cleaned is not None:
                return cleaned, decide(node.roots[choice], cleaned) or self.behaviour.learn(node, choice, cleaned)
        return record, answer

    def _node(self, record: bytes, thread: int) -> Node:
        at = self.layout.size + NODE_BYTES * thread
        return self.behaviour.nodes[record[at : at + NODE_BYTES]]

    def _locals(self, record: bytes) -> tuple[LocalState, ...]:
        return tuple(self._node(record, thread).local for thread in range(self.threads))

    def _view(self, record: bytes) -> View:
        blocked = tuple(
            (thread, answer.wants)
            for thread in range(self.threads)
            for node in [self._node(record, thread)]
            for choice in range(len(node.roots))
            for answer in [self._answer(record, node, choice)[1]]
            if answer.blocked
        )
        return View(self.layout, record, self._locals(record), blocked)


def _narrowed(open_until: int, doomed_from: int, look: Callable[[int], _Search]) -> tuple[int, int]:
    """Bring an open state and a doomed one together, by halves: first the doomed one, then the open one.

    All before an open state are open, all after a doomed one doomed. One that is not known counts as neither.
    """
    low = open_until
    while doomed_from - low > 1:
        number = (low + doomed_from) // 2
        if look(number).doomed:
            doomed_from = number
        else:
            low = number
            open_until = number if look(number).open else open_until
    high = doomed_from
    while high - open_until > 1:
        number = (open_until + high) // 2
        if look(number).open:
            open_until = number
        else:
            high = number
    return open_until, doomed_from


def _round(first: int, within: dict[int, list[Edge]], movers: Sequence[int], gets_on: tuple[int, Edge]) -> list[Edge]:
    """A way from a state of a part back to it, on which each of these threads moves and one gets on."""
    at, loop = first, list[Edge]()

    def go(wanted: Callable[[Edge], bool]) -> int:
        loop.extend(way(at, within, wanted))
        return loop[-1][0]

    source, edge = gets_on
    at = at if at == source else go(_into({source}))
    loop.append(edge)
    at = edge[0]
    for mover in movers:
        if all(thread != mover for _, thread, _ in loop):
            at = go(_by(mover))
    if at != first:
        go(_into({first}))
    return loop


def _into(states: set[int]) -> Callable[[Edge], bool]:
    """Does a transition lead to one of these states?"""
    return lambda edge: edge[0] in states


def _by(mover: int) -> Callable[[Edge], bool]:
    """Is a transition made by this thread?"""
    return lambda edge: edge[1] == mover


N = TypeVar("N")


def _back(before: Mapping[N, tuple[N, Move] | None], here: N) -> tuple[Move, ...]:
    """The moves to a state, read backward."""
    moves: list[Move] = []
    while (source := before[here]) is not None:
        here, move = source
        moves.append(move)
    return tuple(reversed(moves))
