"""The steps of a trace as a finding tells them: what was done, what came of it, what it changed."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterator

from lockmodel.engine.words import show_entry, show_value
from lockmodel.findings.finding import Frame, Step
from lockmodel.findings.trace import Moment, Trace
from lockmodel.ir.layout import Layout
from lockmodel.ir.ledger import Entry, entries
from lockmodel.ir.machine import CALLBACK
from lockmodel.ir.types import LedgerType, ListEntryType, LockType
from lockmodel.ir.values import HEADS, LIVE, UNINITIALISED, is_head
from lockmodel.source import Site


def frame(site: Site) -> Frame:
    """A place as a finding names it."""
    return Frame(site.procedure, site.spec, site.source or None)


def steps(trace: Trace, layout: Layout) -> list[Step]:
    """A whole trace as a finding tells it."""
    return [step_told(n, moment, layout) for n, moment in enumerate(trace.moments, start=1)]


def step_told(n: int, moment: Moment, layout: Layout) -> Step:
    """One step of a trace as a finding tells it."""
    step = moment.step
    site = step.site
    return Step(
        n=n,
        thread=layout.setup.threads[moment.thread].name,
        procedure=site.procedure,
        spec=site.spec,
        source=site.source or None,
        operation=step.operation,
        detail=_detail(moment, layout),
        code=linecache.getline(site.path, site.line).strip(),
        stack=[frame(s) for s in step.stack],
        locks=[layout.member_name(lock) for lock in moment.held],
        choice=moment.choice,
        changes=_changes(moment, layout),
    )


def _detail(moment: Moment, layout: Layout) -> str:
    """What came of a step; of a plain write, the value before and after, which the step itself must not look at."""
    step = moment.step
    if step.operation.startswith("write ") and step.writes:
        location, value = step.writes[0]
        before = layout.read(moment.before, location)
        if before not in (value, UNINITIALISED):
            return f"{show_value(layout, location, before)} -> {show_value(layout, location, value)}"
    return step.detail


def _changes(moment: Moment, layout: Layout) -> list[str]:
    """The shared values that a step changed, as far as a reader thinks of them: no links, lock words, RCU callbacks."""
    told: list[str] = []
    ledgers: dict[int, None] = {}
    reborn: set[int] = set()
    for location, value in moment.step.writes:
        at = layout.locations[location]
        if at.field == "(status)":
            reborn.add(at.owner)
            told.append(f"{layout.objects[at.owner].name}: {'allocated' if value == LIVE else 'freed'}")
    for location, value in moment.step.writes:
        at = layout.locations[location]
        if at.owner in reborn or at.field == "(status)" or at.part in ("next", "prev", "waiting"):
            continue
        if layout.objects[at.owner].struct == CALLBACK:
            continue
        kind = layout.field(location).type
        if isinstance(kind, LedgerType):
            ledgers.setdefault(layout.address(at.owner, at.field))
            continue
        before = layout.read(moment.before, location)
        if before in (value, UNINITIALISED) or (isinstance(kind, LockType) and kind.owned):
            continue
        if isinstance(kind, ListEntryType):
            if is_head(value):
                told.append(f"{layout.member_name(location)}: on {layout.member_name(value - HEADS)}")
            elif is_head(before):
                told.append(f"{layout.member_name(location)}: off {layout.member_name(before - HEADS)}")
            continue
        told.append(
            f"{layout.name(location)}: {show_value(layout, location, before)} -> {show_value(layout, location, value)}"
        )
    return told + [
        f"{layout.member_name(ledger)}: {change}" for ledger in ledgers for change in _booked(moment, layout, ledger)
    ]


def _booked(moment: Moment, layout: Layout, ledger: int) -> Iterator[str]:
    """What is new in a ledger after a step, and what is no longer in it."""
    kind = layout.field(ledger).type
    assert isinstance(kind, LedgerType)
    before, after = (ledger_entries(layout, state, ledger) for state in (moment.before, moment.after))
    fresh = Counter(after) - Counter(before)
    gone = Counter(before) - Counter(after)
    for entry in fresh.elements():
        yield show_entry(layout, kind, entry)
        earlier = next((one for one in gone if (one.claimant, one.event) == (entry.claimant, entry.event)), None)
        if earlier is not None:
            gone[earlier] -= 1
    for entry in gone.elements():
        yield f"no longer {show_entry(layout, kind, entry)}"


def ledger_entries(layout: Layout, state: bytes, location: int) -> list[Entry]:
    """What is in a ledger; nothing where its object is not there."""
    kind = layout.field(location).type
    assert isinstance(kind, LedgerType)
    if layout.read(state, location) == UNINITIALISED:
        return []
    return list(entries(kind, location, lambda at: layout.read(state, at)))
