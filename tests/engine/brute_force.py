"""The yardstick: every state, by the interpreter alone. No learned behaviour, no packed states, nothing skipped.

Shares with the search only `step` and the judge; states are plain tuples, and every step is interpreted anew.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lockmodel.engine.collect import collect, reader
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState, Outcome
from lockmodel.engine.step import Stepper
from lockmodel.properties.judge import RuleJudge

State = tuple[bytes, tuple[LocalState, ...]]


@dataclass(frozen=True)
class Truth:
    """What there is: states, transitions, fewest steps to each (rule, place), final states, what steps note."""

    states: int
    transitions: int
    steps: dict[tuple[object, ...], int]
    finals: frozenset[bytes]
    exhausted: bool
    notes: frozenset[tuple[object, ...]] = frozenset()


def brute_force(stepper: Stepper, most: int = 20_000) -> Truth | None:
    """Explore breadth first; None where there are more than `most` states."""
    layout, judge = stepper.layout, RuleJudge(stepper)
    steps: dict[tuple[object, ...], int] = {}
    memory = layout.initial
    locals_ = []
    halted = exhausted = False
    for thread in range(len(layout.setup.threads)):
        begun = stepper.start(thread, reader(layout, memory))
        for violation in begun.violations:
            steps.setdefault(violation.identity, 0)
        halted = halted or begun.after is None
        exhausted = exhausted or begun.pool is not None
        locals_.append(begun.after or LocalState(thread, ()))
        memory = layout.written(memory, begun.writes)
    if halted:
        return Truth(0, 0, steps, frozenset(), exhausted)
    start: State = (memory, tuple(locals_))
    depths = {start: 0}
    waiting = deque([start])
    transitions = 0
    finals: set[bytes] = set()
    notes: set[tuple[object, ...]] = set()
    for violation in judge.shared(memory):
        steps.setdefault(violation.identity, 0)
    while waiting:
        state = waiting.popleft()
        memory, locals_now = state
        depth = depths[state]
        blocked: list[tuple[int, int]] = []
        moved = False
        for thread, local in enumerate(locals_now):
            for choice in range(0 if local.ended else stepper.choices(local)):
                base = memory
                step = stepper.step(local, reader(layout, base), choice)
                notes.update(note.identity for note in step.notes)
                if step.outcome is Outcome.BLOCKED:
                    blocked.append((thread, step.wants))
                    for violation in step.violations:
                        steps.setdefault(violation.identity, depth)
                    continue
                moved = True
                if step.outcome is Outcome.EXHAUSTED:
                    assert step.pool is not None
                    cleaned = collect(layout, memory, locals_now, *step.pool) if step.pool[1] >= 0 else None
                    if cleaned is None:
                        exhausted = True
                        for violation in step.violations:
                            steps.setdefault(violation.identity, depth)
                        continue
                    base = cleaned
                    step = stepper.step(local, reader(layout, base), choice)
                    notes.update(note.identity for note in step.notes)
                transitions += 1
                for violation in step.violations:
                    steps.setdefault(violation.identity, depth + 1)
                if step.after is None:
                    continue
                after = layout.written(base, step.writes)
                successor = (after, (*locals_now[:thread], step.after, *locals_now[thread + 1 :]))
                if successor not in depths:
                    if len(depths) >= most:
                        return None
                    depths[successor] = depth + 1
                    waiting.append(successor)
                    for violation in judge.shared(after):
                        steps.setdefault(violation.identity, depth + 1)
        view = View(layout, memory, locals_now, tuple(blocked))
        found = judge.waiting(view) if blocked else []
        if not moved:
            finals.add(memory)
            found = found + judge.final(view)
        for violation in found:
            if violation.broken:
                steps.setdefault(violation.identity, depth)
            else:
                notes.add(violation.identity)
    return Truth(len(depths), transitions, steps, frozenset(finals), exhausted, frozenset(notes))
