"""Reuse of slots: a freed slot may be handed out again only when nothing can refer to it any more.

Everything counts as referring that could still be used: a field, link or idr entry of an object that is not freed, a
local of any thread that will be read, a private object. What a freed object contains does not, since every use of it
is LM303 before its contents are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.frames import needed
from lockmodel.engine.local import LocalState
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import IdrType, ListEntryType, ListHeadType, RefType
from lockmodel.ir.values import DEAD, FREE, HEADS, LIVE, UNINITIALISED, is_head, is_object


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
    record = bytearray(state)
    for number in reusable:
        status = layout.objects[number].status
        for location, value in [(status, FREE), *((at, UNINITIALISED) for at in layout.locations_of(number))]:
            for offset, byte in layout.cells(location, value):
                record[offset] = byte
    return bytes(record)


def references(layout: Layout, state: bytes, locals_: Sequence[LocalState]) -> set[int]:
    """The objects that something refers to."""
    used: set[int] = set()
    for item in layout.objects[1:]:
        if item.status >= 0 and layout.read(state, item.status) != LIVE:
            continue
        for location in layout.locations_of(item.number):
            if isinstance(layout.field(location).type, RefType | IdrType | ListHeadType | ListEntryType):
                _add(layout, used, layout.read(state, location))
    for local in locals_:
        used.update(local.private)
        for frame in local.frames:
            procedure = layout.program.procedures[frame.procedure]
            live = needed(procedure, frame.at)
            for variable, value in zip((*procedure.parameters, *procedure.locals), frame.values, strict=True):
                if variable.name not in live:
                    continue
                if isinstance(variable.type, RefType):
                    _add(layout, used, value)
                elif type(variable.type).__name__ not in ("IntType", "BoolType", "EnumType") and 0 <= value < HEADS:
                    used.add(layout.locations[value].owner)
    return used


def _add(layout: Layout, used: set[int], value: int) -> None:
    if is_head(value):
        value = layout.locations[value - HEADS].owner
    if is_object(value):
        used.add(value)
