"""The yardsticks of the strategies: by the interpreter alone, nothing cached, nothing skipped.

`bounded` runs every schedule with at most so many preemptions, `classes` every schedule there is, and groups them by
the happens-before relation. They share with the strategies only `step`, the judge, and the reuse of slots.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockmodel.engine.collect import collect, reader
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState, Outcome, Step
from lockmodel.engine.step import Stepper
from lockmodel.ir.nodes import Await, Operate
from lockmodel.properties.judge import RuleJudge

State = tuple[bytes, tuple[LocalState, ...]]
Identity = tuple[object, ...]


@dataclass(frozen=True)
class Made:
    """A move and what it came to. `whole`: it looked at everything, to reclaim a slot or in vain."""

    thread: int
    choice: int
    step: Step
    after: State | None
    whole: bool


def begin(stepper: Stepper) -> tuple[State | None, set[Identity]]:
    """The first state, None where an execution ends before it; and the rules broken by then."""
    memory, begun = stepper.begin()
    broken = {violation.identity for step in begun for violation in step.violations}
    if any(step.after is None for step in begun):
        return None, broken
    return (memory, tuple(step.after for step in begun if step.after is not None)), broken


def moves(stepper: Stepper, state: State) -> list[Made]:
    """Every thread's step in a state, by each alternative, those included that cannot be made."""
    memory, locals_ = state
    found = []
    for thread, local in enumerate(locals_):
        for choice in range(0 if local.ended else stepper.choices(local)):
            base, whole = memory, False
            step = stepper.step(local, reader(stepper.layout, base), choice)
            if step.outcome is Outcome.EXHAUSTED:
                whole = True
                assert step.pool is not None
                cleaned = collect(stepper.layout, memory, locals_, *step.pool) if step.pool[1] >= 0 else None
                if cleaned is not None:
                    base = cleaned
                    step = stepper.step(local, reader(stepper.layout, base), choice)
            after = None
            if step.after is not None:
                written = stepper.layout.written(base, step.writes)
                after = (written, (*locals_[:thread], step.after, *locals_[thread + 1 :]))
            found.append(Made(thread, choice, step, after, whole))
    return found


def broken_in(stepper: Stepper, judge: RuleJudge, state: State, made: Sequence[Made]) -> set[Identity]:
    """The rules broken in a state and by what is asked for in it in vain."""
    memory, locals_ = state
    found = list(judge.shared(memory))
    vain = [move for move in made if move.step.outcome in (Outcome.BLOCKED, Outcome.EXHAUSTED)]
    found += [violation for move in vain for violation in move.step.violations]
    blocked = tuple((move.thread, move.step.wants) for move in made if move.step.outcome is Outcome.BLOCKED)
    view = View(stepper.layout, memory, locals_, blocked)
    if blocked:
        found += judge.waiting(view)
    if len(blocked) == len(made):
        found += judge.final(view)
    return {violation.identity for violation in found if violation.broken}


# --- preemptions ------------------------------------------------------------------------------------------------


def bounded(stepper: Stepper, bound: int, most: int = 20_000) -> set[Identity] | None:
    """The rules broken by schedules with at most `bound` preemptions; None if there are too many situations."""
    judge = RuleJudge(stepper)
    start, broken = begin(stepper)
    if start is None:
        return broken
    seen = {(start, -1, 0)}
    waiting = deque(seen)
    while waiting:
        state, last, spent = waiting.popleft()
        made = moves(stepper, state)
        broken |= broken_in(stepper, judge, state, made)
        could = {move.thread for move in made if move.step.outcome is not Outcome.BLOCKED}
        for move in made:
            cost = spent + (last in could and move.thread != last)
            if move.step.outcome in (Outcome.BLOCKED, Outcome.EXHAUSTED) or cost > bound:
                continue
            broken |= {violation.identity for violation in move.step.violations}
            if move.after is not None and (move.after, move.thread, cost) not in seen:
                if len(seen) >= most:
                    return None
                seen.add((move.after, move.thread, cost))
                waiting.append((move.after, move.thread, cost))
    return broken


# --- classes of interleavings -----------------------------------------------------------------------------------

Label = tuple[int, int, int]
"""(thread, how many steps it made before, alternative)"""


@dataclass(frozen=True)
class Deed:
    """One step of an execution and the locations that it touched. `total`: every step depends on it."""

    label: Label
    reads: frozenset[int]
    writes: frozenset[int]
    total: bool


Form = tuple[frozenset[Label], frozenset[tuple[Label, Label]]]
"""A class: its steps, and for each two of them that depend on each other which comes first."""


@dataclass(frozen=True)
class Watched:
    """Locations that are looked at together: by a claim, and by a thread that waits, by its local state."""

    claims: tuple[frozenset[int], ...]
    waits: dict[LocalState, frozenset[int]]

    def together(self, one: frozenset[int], other: frozenset[int]) -> bool:
        return any(group & one and group & other for group in (*self.claims, *self.waits.values()))


def watched(stepper: Stepper, most: int) -> Watched | None:
    """What claims and waits look at in any state; None if there are more than `most` states, or endless executions."""
    layout, memos = stepper.layout, RuleJudge(stepper).memos()
    at_offset = {at.offset + n: at.number for at in layout.locations for n in range(at.domain.width)}
    claims: list[set[int]] = [set() for _ in memos]
    waits: dict[LocalState, set[int]] = {}
    start, _ = begin(stepper)
    assert start is not None
    after: dict[State, list[State]] = {}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if state in after:
            continue
        if len(after) >= most:
            return None
        for number, memo in enumerate(memos):
            claims[number] |= {at_offset[offset] for offset, _ in memo.path(state[0])[0]}
        made = moves(stepper, state)
        for move in made:
            if may_wait(stepper, state[1][move.thread]):
                waits.setdefault(state[1][move.thread], set()).update(location for location, _ in move.step.reads)
        after[state] = [move.after for move in made if move.after is not None]
        waiting.extend(after[state])
    if endless(start, after):
        return None
    return Watched(
        tuple(frozenset(group) for group in claims), {local: frozenset(group) for local, group in waits.items()}
    )


def endless(start: State, after: dict[State, list[State]]) -> bool:
    """Is there a cycle?"""
    done: set[State] = set()
    on_way: set[State] = set()
    stack: list[tuple[State, Iterator[State]]] = [(start, iter(after[start]))]
    on_way.add(start)
    while stack:
        state, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            on_way.discard(state)
            done.add(state)
        elif following in on_way:
            return True
        elif following not in done:
            on_way.add(following)
            stack.append((following, iter(after[following])))
    return False


def may_wait(stepper: Stepper, local: LocalState) -> bool:
    """Does the thread stand before a wait for several things?"""
    match stepper.instruction(local):
        case Await() | Operate("atomic_dec_and_lock"):
            return True
        case _:
            return False


def deed(stepper: Stepper, move: Made, made_before: int, looks: Watched) -> Deed:
    """A move as a step of an execution."""
    reads = frozenset(location for location, _ in move.step.reads)
    if move.step.after is not None:
        reads |= looks.waits.get(move.step.after, frozenset())
    return Deed(
        (move.thread, made_before, move.choice),
        reads,
        frozenset(location for location, _ in move.step.writes),
        move.whole or move.after is None,
    )


def depend(one: Deed, other: Deed, looks: Watched) -> bool:
    """Does the order of two steps make a difference?"""
    if one.label[0] == other.label[0] or one.total or other.total:
        return True
    if one.writes & (other.reads | other.writes) or one.reads & other.writes:
        return True
    return looks.together(one.writes, other.writes)


def form(deeds: Sequence[Deed], looks: Watched) -> Form:
    """The class of an execution."""
    return (
        frozenset(one.label for one in deeds),
        frozenset(
            (one.label, other.label)
            for n, one in enumerate(deeds)
            for other in deeds[n + 1 :]
            if depend(one, other, looks)
        ),
    )


def classes(stepper: Stepper, looks: Watched, most: int) -> dict[Form, bytes] | None:
    """Every class, with the shared memory at its end; None if there are more than `most` executions.

    Where the last step ended the execution the memory before it counts.
    """
    start, _ = begin(stepper)
    assert start is not None
    found: dict[Form, bytes] = {}
    ended = 0
    stack: list[tuple[State, tuple[Deed, ...]]] = [(start, ())]
    while stack:
        state, deeds = stack.pop()
        made = [move for move in moves(stepper, state) if move.step.outcome is not Outcome.BLOCKED]
        if not made:
            ended += 1
            found[form(deeds, looks)] = state[0]
        for move in made:
            before = sum(1 for one in deeds if one.label[0] == move.thread)
            further = (*deeds, deed(stepper, move, before, looks))
            if move.after is None:
                ended += 1
                found[form(further, looks)] = state[0]
            else:
                stack.append((move.after, further))
        if ended > most:
            return None
    return found


def form_of(stepper: Stepper, schedule: Sequence[tuple[int, int]], looks: Watched) -> Form:
    """The class of the execution that a schedule leads to."""
    state, _ = begin(stepper)
    deeds: list[Deed] = []
    for thread, choice in schedule:
        assert state is not None
        move = next(move for move in moves(stepper, state) if (move.thread, move.choice) == (thread, choice))
        assert move.step.outcome is not Outcome.BLOCKED
        deeds.append(deed(stepper, move, sum(1 for one in deeds if one.label[0] == thread), looks))
        state = move.after
    return form(deeds, looks)
