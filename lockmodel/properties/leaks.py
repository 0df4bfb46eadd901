"""LM403 and the balance of reference counts, judged when all threads are done.

An object that can be freed must still be reachable by someone who could free it: from a global, from an object that
lives for ever, from what the environment keeps. A count whose references are declared (`counted=`) must be exactly
the number of those references and of the ones the environment keeps; more is a leak, less is an underflow to come.
"""

from __future__ import annotations

from collections.abc import Iterator

from lockmodel.engine.judging import View
from lockmodel.engine.local import Violation
from lockmodel.ir.types import AtomicType, ListEntryType, ListHeadType, RefType
from lockmodel.ir.values import DROPPED, HEADS, LIVE, UNINITIALISED, is_head, is_object
from lockmodel.source import NOWHERE, Site


def leaks(view: View) -> list[Violation]:
    """What is left over in a state in which every thread has ended."""
    layout = view.layout
    reached = _reached(view)
    found: list[Violation] = []
    for item in layout.objects[1:]:
        if item.status < 0 or view.read(item.status) != LIVE:
            continue
        if item.number not in reached:
            found.append(_leak(view, item.number, f"{item.name} is left: nothing refers to it and no one can free it"))
    for number, field, actual, expected in _counts(view):
        name = f"{layout.objects[number].name}.{field}"
        if actual > expected and number in reached:
            found.append(
                _leak(view, number, f"{name} is {actual} at the end, but only {_references(expected)} it", field)
            )
        elif actual < expected:
            found.append(
                _leak(
                    view,
                    number,
                    f"{name} is {actual} at the end, although {_references(expected)} it",
                    field,
                    "LM401",
                )
            )
    return found


def _references(count: int) -> str:
    return f"{count or 'no'} reference{'s' if count != 1 else ''} hold{'s' if count == 1 else ''}"


def _leak(view: View, number: int, detail: str, field: str = "", rule: str = "LM403") -> Violation:
    item = view.layout.objects[number]
    site = _allocated_at(view, number)
    where = site.spec if item.cache else "the start"
    what = f"{item.struct}.{field}" if field else item.struct
    return Violation(rule, detail, site, (site,), objects=(item.name,), claim=f"{what} allocated at {where}")


def _allocated_at(view: View, number: int) -> Site:
    item = view.layout.objects[number]
    if not item.cache:
        made = view.layout.setup.objects[number - 1].site
        return view.layout.setup.site if made is NOWHERE else made
    return item.sites[view.read(item.born) - 1 if item.born >= 0 else 0]


def _reached(view: View) -> set[int]:
    """The objects that someone who lives for ever, a thread that waits, or the environment can get to."""
    layout = view.layout
    waiting = [item.number for item in layout.objects[1:] if item.status < 0]
    waiting.extend(layout.globals.values())
    waiting.extend(number for number, _ in layout.setup.kept)
    for local in view.locals:
        for frame in local.frames:
            procedure = layout.program.procedures[frame.procedure]
            for variable, value in zip((*procedure.parameters, *procedure.locals), frame.values, strict=True):
                if isinstance(variable.type, RefType) and is_object(value):
                    waiting.append(value)
    found: set[int] = set()
    while waiting:
        number = waiting.pop()
        status = layout.objects[number].status
        if number in found or (status >= 0 and view.read(status) != LIVE):
            continue
        found.add(number)
        waiting.extend(layout.referred(number, view.read))
    return found


def _counts(view: View) -> Iterator[tuple[int, str, int, int]]:
    """(object, count, value, references that are declared to hold one) for each live object with such a count.

    Nothing while a thread still waits: its locals may hold references that nobody declared.
    """
    layout = view.layout
    callbacks = [thread for thread, _ in layout.setup.callbacks]
    if any(not (local.ended or n in callbacks) for n, local in enumerate(view.locals)):
        return
    held: dict[tuple[int, str], int] = {}
    declared: set[tuple[str, str]] = set()
    for struct in layout.program.structs.values():
        for field in struct.fields:
            if isinstance(field.type, RefType) and field.counted:
                declared.add((field.type.struct, field.counted))
            elif isinstance(field.type, ListHeadType) and field.type.counted:
                declared.add((field.type.element, field.type.counted))
    for number, name in layout.setup.kept:
        held[number, name] = held.get((number, name), 0) + 1
    for item in layout.objects[1:]:
        if item.status >= 0 and view.read(item.status) != LIVE:
            continue
        for location in layout.locations_of(item.number):
            field, part = layout.field(location), layout.locations[location].part
            if isinstance(field.type, RefType) and field.counted:
                target = view.read(location)
                held[target, field.counted] = held.get((target, field.counted), 0) + 1
            elif isinstance(field.type, ListEntryType) and part == "on":
                head = view.read(location)
                kind = layout.field(head - HEADS).type if is_head(head) else None
                if isinstance(kind, ListHeadType) and kind.counted:
                    held[item.number, kind.counted] = held.get((item.number, kind.counted), 0) + 1
    for item in layout.objects[1:]:
        if item.status >= 0 and view.read(item.status) != LIVE:
            continue
        for field in layout.struct(item.number).fields:
            if isinstance(field.type, AtomicType) and (item.struct, field.name) in declared:
                value = view.read(layout.address(item.number, field.name))
                if value != UNINITIALISED:
                    actual = 0 if value == DROPPED else value
                    yield item.number, field.name, actual, held.get((item.number, field.name), 0)
