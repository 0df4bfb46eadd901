"""LM403 and the balance of reference counts, judged when all threads are done.

An object that can be freed must still be reachable by someone who could free it: from a global, from an object that
lives for ever, from what the environment keeps. A count whose references are declared (`counted=`) must be exactly
the number of those references and of the ones the environment keeps; more is a leak, less is an underflow to come.
"""

from __future__ import annotations

from collections.abc import Iterator

from lockmodel.engine.judging import View
from lockmodel.engine.local import Violation
from lockmodel.ir.types import ListHeadType, RefType
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
    alive = [item for item in layout.objects[1:] if item.status < 0 or view.read(item.status) == LIVE]
    held: dict[tuple[int, str], int] = {}

    def hold(number: int, count: str) -> None:
        held[number, count] = held.get((number, count), 0) + 1

    for number, name in layout.setup.kept:
        hold(number, name)
    for item in alive:
        for location, count in layout.counting[item.number].references:
            hold(view.read(location), count)
        for location in layout.counting[item.number].entries:
            head = view.read(location)
            kind = layout.field(head - HEADS).type if is_head(head) else None
            if isinstance(kind, ListHeadType) and kind.counted:
                hold(item.number, kind.counted)
    for item in alive:
        for location, name in layout.counting[item.number].counts:
            value = view.read(location)
            if value != UNINITIALISED:
                yield item.number, name, 0 if value == DROPPED else value, held.get((item.number, name), 0)
