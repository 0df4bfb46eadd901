"""The heap at one step of a witness: which objects there are and who refers to them."""

from __future__ import annotations

from collections.abc import Iterator

from lockmodel.engine.local import LocalState
from lockmodel.findings.ending import entries_of, value_of
from lockmodel.findings.finding import Heap, HeapLink, HeapObject
from lockmodel.findings.trace import Trace
from lockmodel.ir.layout import Layout
from lockmodel.ir.machine import MACHINE
from lockmodel.ir.types import IdrType, ListHeadType, RefType
from lockmodel.ir.values import DEAD, FREE, LIVE, is_object


def heap_at(trace: Trace, steps: int) -> Heap:
    """What there is at the end of a trace, of a witness of so many steps."""
    layout = trace.stepper.layout
    names = [thread.name for thread in layout.setup.threads]
    there = [
        item.number
        for item in layout.objects[1:]
        if item.struct not in MACHINE and status_of(layout, trace.state, item.number) != FREE
    ]
    links = [link for number in there for link in links_of(layout, trace.state, number)]
    links += [
        link
        for thread, local in enumerate(trace.locals)
        for link in links_of_thread(layout, trace.state, thread, local)
    ]
    named = {name for link in links for name in (link.source, link.target)}
    shown = [
        number
        for number in there
        if layout.objects[number].name in named or layout.objects[number].name not in layout.globals
    ]
    return Heap(
        len(trace.moments),
        steps,
        [_object(layout, trace.state, number) for number in shown],
        links,
        names,
        ["" if local.ended else trace.stepper.place(local).spec for local in trace.locals],
    )


def status_of(layout: Layout, state: bytes, number: int) -> int:
    """Whether an object is there: FREE, LIVE or DEAD."""
    item = layout.objects[number]
    return layout.read(state, item.status) if item.status >= 0 else LIVE


def _object(layout: Layout, state: bytes, number: int) -> HeapObject:
    """An object with the fields that are no references: those are links."""
    item = layout.objects[number]
    fields = [
        f"{field.name} {value}".strip() if item.name not in layout.global_locks else value
        for field in layout.struct(number).fields
        if not isinstance(field.type, RefType | ListHeadType | IdrType)
        and (value := value_of(layout, state, layout.address(number, field.name)))
    ]
    status = "freed" if status_of(layout, state, number) == DEAD else "live"
    return HeapObject(item.name, status, fields)


def links_of(layout: Layout, state: bytes, number: int) -> Iterator[HeapLink]:
    """What the fields of an object refer to, and what is on its lists."""
    name = layout.objects[number].name
    for field in layout.struct(number).fields:
        at = layout.address(number, field.name)
        match field.type:
            case RefType():
                value = layout.owner_or_object(layout.read(state, at))
                if is_object(value):
                    yield HeapLink(name, layout.objects[value].name, field.name, "field")
            case ListHeadType():
                for place, entry in enumerate(entries_of(layout, state, at), start=1):
                    yield HeapLink(name, entry, f"{field.name} {place}", "list")
            case IdrType(_, capacity):
                for slot in range(capacity):
                    value = layout.read(state, at + slot)
                    if is_object(value):
                        yield HeapLink(name, layout.objects[value].name, f"{field.name}[{slot}]", "field")
            case _:
                pass


def links_of_thread(layout: Layout, state: bytes, thread: int, local: LocalState) -> Iterator[HeapLink]:
    """What the locals of a thread refer to, as far as they may still be read, and the locks that it holds.

    Of one that runs RCU callbacks, what is queued for it as well.
    """
    name = layout.setup.threads[thread].name
    if (callback := layout.setup.threads[thread].callback) is not None:
        queued = layout.read(state, layout.address(callback.slot, "object"))
        if is_object(queued):
            yield HeapLink(name, layout.objects[queued].name, "queued", "local")
    told: dict[tuple[str, str], None] = {}
    for frame in local.frames:
        procedure = layout.program.procedures[frame.procedure]
        variables = (*procedure.parameters, *procedure.locals)
        for variable, value in zip(variables, frame.values, strict=True):
            if isinstance(variable.type, RefType) and is_object(value) and not variable.name.startswith("%"):
                told.setdefault((layout.objects[value].name, variable.name))
    for target, label in told:
        yield HeapLink(name, target, label, "local")
    for lock in dict.fromkeys(local.held):
        owner = layout.objects[layout.locations[lock].owner].name
        field = layout.locations[lock].field
        yield HeapLink(name, owner, "" if owner in layout.global_locks else field, "lock")
