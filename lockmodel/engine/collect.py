"""Reuse of slots: a freed slot may be handed out again only when nothing can refer to it any more.

Everything counts as referring that could still be used: a field, link or idr entry of an object that is not freed, a
local of any thread that will be read, a private object. What a freed object contains does not, since every use of it
is LM303 before its contents are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockmodel.engine.frames import needed
from lockmodel.engine.local import COMING, LocalState, Outcome, Step
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import MemberType, RefType
from lockmodel.ir.values import DEAD, FREE, HEADS, LIVE, UNINITIALISED


def collect(layout: Layout, state: bytes, locals_: Sequence[LocalState], cache: str, thread: int) -> bytes | None:
    """The state with the unreferenced freed slots of one pool made free, or None if there is none."""
    pool = layout.pools[cache, thread]
    freed = [number for number in pool if layout.read(state, layout.objects[number].status) == DEAD]
    if not freed:
        return None
    used = references(layout, state, locals_)
    reusable = [number for number in freed if number not in used]
    if not reusable:
        return None
    emptied = [(at, UNINITIALISED) for number in reusable for at in layout.locations_of(number)]
    return layout.written(state, [*((layout.objects[number].status, FREE) for number in reusable), *emptied])


def references(layout: Layout, state: bytes, locals_: Sequence[LocalState]) -> set[int]:
    """The objects that something refers to."""
    used: set[int] = set()
    for item in layout.objects[1:]:
        if item.status >= 0 and layout.read(state, item.status) != LIVE:
            continue
        used.update(layout.referred(item.number, reader(layout, state), ghosts=True))
    for local in locals_:
        used.update(local.private)
        for frame in local.frames:
            procedure = layout.program.procedures[frame.procedure]
            live = needed(procedure, frame.at, begins=local.phase == COMING)
            for variable, value in zip((*procedure.parameters, *procedure.locals), frame.values, strict=True):
                if variable.name not in live:
                    continue
                if isinstance(variable.type, RefType):
                    used.add(layout.owner_or_object(value))
                elif isinstance(variable.type, MemberType) and 0 <= value < HEADS:
                    used.add(layout.locations[value].owner)
    return used


def attempt(
    stepper: Stepper, state: bytes, locals_: Sequence[LocalState], thread: int, choice: int
) -> tuple[bytes, Step]:
    """A thread's step in a state; and that state, its freed slots reclaimed where the step needs one of them."""
    step = stepper.step(locals_[thread], reader(stepper.layout, state), choice)
    if step.outcome is Outcome.EXHAUSTED and step.pool is not None and step.pool[1] >= 0:
        cleaned = collect(stepper.layout, state, locals_, *step.pool)
        if cleaned is not None:
            return cleaned, stepper.step(locals_[thread], reader(stepper.layout, cleaned), choice)
    return state, step


def reader(layout: Layout, state: bytes) -> Callable[[int], int]:
    """Answers reads from a packed state."""
    return lambda location: layout.read(state, location)
