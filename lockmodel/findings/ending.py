"""How a witness ends: who waits for what, and the state that matters."""

from __future__ import annotations

from collections.abc import Iterable

from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.engine.words import show_entry, show_value
from lockmodel.findings.finding import Waiting
from lockmodel.findings.telling import frame, ledger_entries
from lockmodel.findings.trace import Trace
from lockmodel.ir.layout import Layout
from lockmodel.ir.machine import CALLBACK
from lockmodel.ir.types import IdrType, LedgerType, ListEntryType, ListHeadType, LockType, WaitQueueType
from lockmodel.ir.values import DEAD, FREE, HEADS, LIVE, NULL, UNINITIALISED, is_head, is_object
from lockmodel.properties.waiting import wait_of

WAITING = ("LM101", "LM102", "LM103")
"""Rules about who waits for what: that is the state that matters."""

STATE_OBJECTS = 5
"""Objects whose state is told at the end of a witness: more than a reader can hold in mind is no help."""

STATE_STEPS = 4
"""Steps, back from the last, of the thread that broke the rule, whose objects matter at the end."""


EMPTY = (NULL, UNINITIALISED)
"""An idr slot that holds nothing."""


def waiting_at(trace: Trace, stepper: Stepper) -> list[Waiting]:
    """Every thread that cannot move at the end of a trace."""
    layout = stepper.layout
    found = []
    for thread, wants in trace.blocked:
        local = trace.locals[thread]
        wait = wait_of(trace.view, thread, wants)
        has = [one for one in wait.holders if one not in wait.ahead]
        standing = trace.standing[thread]
        assert standing is not None
        found.append(
            Waiting(
                thread=layout.setup.threads[thread].name,
                wants=layout.member_name(wants) if wants >= 0 else standing.operation,
                held_by=_named(layout, has),
                behind=_named(layout, wait.ahead),
                frame=frame(stepper.place(local)),
                holds=[layout.member_name(lock) for lock in local.held],
                stack=[frame(site) for site in stepper.sites(local)],
            )
        )
    return found


def _named(layout: Layout, threads: Iterable[int]) -> str | None:
    return ", ".join(layout.setup.threads[thread].name for thread in threads) or None


def state_at(violation: Violation, trace: Trace, layout: Layout) -> list[str]:
    """The state that matters at the end: the objects of the violation, what the last step touched, who holds what."""
    names = {item.name: item.number for item in layout.objects}
    numbers = [names[name] for name in violation.objects if name in names]
    if trace.moments and violation.rule not in WAITING:
        mine = [moment.step for moment in trace.moments if moment.thread == trace.moments[-1].thread]
        for step in mine[: -STATE_STEPS - 1 : -1]:
            numbers.extend(layout.locations[location].owner for location, _ in (*step.writes, *step.reads))
    lines = [
        line
        for number in list(dict.fromkeys(numbers))[:STATE_OBJECTS]
        if (line := _object(number, trace.state, layout))
    ]
    for thread, local in enumerate(trace.locals):
        if local.held:
            held = ", ".join(layout.member_name(lock) for lock in local.held)
            lines.append(f"{layout.setup.threads[thread].name} holds {held}")
    return lines


def _object(number: int, state: bytes, layout: Layout) -> str:
    item = layout.objects[number]
    if item.name in layout.global_locks or item.struct == CALLBACK:
        return ""
    status = layout.read(state, item.status) if item.status >= 0 else LIVE
    if status in (DEAD, FREE):
        return f"{item.name}: {'freed' if status == DEAD else 'not allocated'}"
    told = [
        f"{field.name} {value}"
        for field in layout.struct(number).fields
        if (value := value_of(layout, state, layout.address(number, field.name)))
    ]
    return f"{item.name}: {', '.join(told)}" if told else ""


def value_of(layout: Layout, state: bytes, location: int) -> str:
    """What a member holds at the end, or "" where that tells a reader nothing."""
    value = layout.read(state, location)
    match layout.field(location).type:
        case WaitQueueType():
            return ""
        case LockType(owned=True):
            readers = f"read by {-value}" if value < 0 else ""
            return "held" if value == 0 else readers
        case ListEntryType():
            on = layout.read(state, location + 2)
            return f"on {layout.member_name(on - HEADS)}" if is_head(on) else "on no list"
        case ListHeadType():
            return f"[{', '.join(entries_of(layout, state, location))}]"
        case IdrType(_, capacity):
            slots = [(n, layout.read(state, location + n)) for n in range(capacity)]
            return "{" + ", ".join(f"{n}: {layout.describe(v)}" for n, v in slots if v not in EMPTY) + "}"
        case LedgerType() as kind:
            known = ledger_entries(layout, state, location)
            return f"[{'; '.join(show_entry(layout, kind, entry) for entry in known)}]"
        case _:
            return show_value(layout, location, value) if value != UNINITIALISED else ""


def entries_of(layout: Layout, state: bytes, head: int) -> list[str]:
    """The entries of a list, as far as its links lead."""
    kind = layout.field(head).type
    assert isinstance(kind, ListHeadType)
    found: list[str] = []
    node = layout.read(state, head)
    while is_object(node) and len(found) < len(layout.objects):
        found.append(layout.objects[node].name)
        node = layout.read(state, layout.address(node, kind.link))
    return found
