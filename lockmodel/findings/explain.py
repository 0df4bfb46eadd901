"""A hit of the search becomes a finding: its schedule is run again by the interpreter and told step by step.

The interpreter must come to the same violation; if it does not, search and semantics disagree and nothing is reported
but that (InternalError).
"""

from __future__ import annotations

import itertools
import linecache

from lockmodel.engine.explore import Hit, Judge
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper, show_value
from lockmodel.errors import InternalError
from lockmodel.findings.finding import Finding, Frame, Step, Waiting
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Moment, Trace, run, violations
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import AtomicType, ListEntryType, LockType
from lockmodel.ir.values import DEAD, FREE, HEADS, LIVE, UNINITIALISED, is_head
from lockmodel.properties.catalogue import RULES
from lockmodel.source import Site

STATE_OBJECTS = 5
"""Objects whose state is told at the end of a witness: what the last step touched is rarely more."""


def explain(hit: Hit, stepper: Stepper, judge: Judge, *, proved: bool) -> Finding:
    """The finding of a hit. `proved`: no schedule has fewer steps."""
    trace = run(stepper, hit.schedule)
    found = violations(trace, stepper.layout, judge)
    violation = next((v for v in found if v.identity == hit.violation.identity), None)
    if violation is None:
        raise InternalError(
            f"the search found {hit.violation.rule} ({hit.violation.detail}), "
            "but the interpreter does not come to it by the same schedule"
        )
    return tell(violation, trace, stepper, proved=proved)


def tell(violation: Violation, trace: Trace, stepper: Stepper, *, proved: bool) -> Finding:
    """The finding of a violation at the end of a trace."""
    layout = stepper.layout
    setup, program = layout.setup, layout.program
    moves = tuple((moment.thread, moment.choice) for moment in trace.moments)
    concerned = set(violation.threads)
    moved = {thread for thread, _ in moves}
    waiting = _waiting(trace, stepper) if violation.rule in ("LM101", "LM102", "LM103") else []
    token = Schedule(setup.name, program.design, _switches(stepper), violation.rule, moves)
    stack = violation.stack or (violation.place,)
    return Finding(
        rule=violation.rule,
        name=RULES[violation.rule].name,
        message=_message(violation, trace, layout),
        threads=[t.name for n, t in enumerate(setup.threads) if n in moved | concerned],
        locks=list(violation.locks),
        objects=list(violation.objects),
        thread_switches=sum(1 for a, b in itertools.pairwise(moves) if a[0] != b[0]),
        minimal="proved" if proved else "not-proved",
        place=frame(violation.place),
        stack=[frame(site) for site in stack],
        steps=steps(trace, layout),
        waiting=waiting,
        state=_state(violation, trace, layout),
        schedule=encode(token),
        claim=violation.claim or None,
    )


def frame(site: Site) -> Frame:
    """A place as a finding names it."""
    return Frame(site.procedure, site.spec, site.source or None)


def steps(trace: Trace, layout: Layout) -> list[Step]:
    """A whole trace as a finding tells it."""
    return [_step(n, moment, layout) for n, moment in enumerate(trace.moments, start=1)]


def _switches(stepper: Stepper) -> tuple[tuple[str, bool | int | str], ...]:
    return tuple((name, value) for name, value in stepper.program.switches if isinstance(value, bool | int | str))


def _message(violation: Violation, trace: Trace, layout: Layout) -> str:
    """What went wrong, in one sentence."""
    by_step = trace.moments and any(v is violation for v in trace.moments[-1].step.violations)
    if not by_step:
        return f"{violation.detail[0].upper()}{violation.detail[1:]}."
    thread = layout.setup.threads[trace.moments[-1].thread].name
    inner = violation.stack[0].procedure if violation.stack else violation.place.procedure
    within = f" (in {inner})" if inner != violation.place.procedure else ""
    return f"Thread {thread}, in {violation.place.procedure}{within}: {violation.detail}."


def _step(n: int, moment: Moment, layout: Layout) -> Step:
    step = moment.step
    site = step.site
    after = step.after
    return Step(
        n=n,
        thread=layout.setup.threads[moment.thread].name,
        procedure=site.procedure,
        spec=site.spec,
        source=site.source or None,
        operation=step.operation,
        detail=step.detail,
        code=linecache.getline(site.path, site.line).strip(),
        stack=[frame(s) for s in step.stack],
        locks=[layout.member_name(lock) for lock in after.held] if after is not None else [],
        choice=moment.choice,
        changes=_changes(moment, layout),
    )


def _changes(moment: Moment, layout: Layout) -> list[str]:
    """The shared values that a step changed, as far as a reader thinks of them: no links, no lock words."""
    told: list[str] = []
    reborn: set[int] = set()
    for location, value in moment.step.writes:
        at = layout.locations[location]
        if at.field == "(status)":
            reborn.add(at.owner)
            told.append(f"{layout.objects[at.owner].name}: {'allocated' if value == LIVE else 'freed'}")
    for location, value in moment.step.writes:
        at = layout.locations[location]
        if at.owner in reborn or at.field == "(status)" or at.part in ("next", "prev"):
            continue
        kind = layout.field(location).type
        before = layout.read(moment.before, location)
        if before == value or (isinstance(kind, LockType) and kind.owned):
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
    return told


def _waiting(trace: Trace, stepper: Stepper) -> list[Waiting]:
    layout = stepper.layout
    found = []
    for thread, wants in trace.blocked:
        local = trace.locals[thread]
        holder = next((n for n, other in enumerate(trace.locals) if wants >= 0 and wants in other.held), -1)
        standing = trace.standing[thread]
        assert standing is not None
        found.append(
            Waiting(
                thread=layout.setup.threads[thread].name,
                wants=layout.member_name(wants) if wants >= 0 else standing.operation,
                held_by=layout.setup.threads[holder].name if holder >= 0 else None,
                frame=frame(stepper.place(local)),
                holds=[layout.member_name(lock) for lock in local.held],
                stack=[frame(site) for site in stepper.sites(local)],
            )
        )
    return found


def _state(violation: Violation, trace: Trace, layout: Layout) -> list[str]:
    """The state that matters at the end: the objects of the violation, what the last step touched, who holds what."""
    names = {item.name: item.number for item in layout.objects}
    numbers = [names[name] for name in violation.objects if name in names]
    if trace.moments:
        last = trace.moments[-1].step
        numbers.extend(layout.locations[location].owner for location, _ in (*last.writes, *last.reads))
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
    if item.name in layout.global_locks:
        return ""
    status = layout.read(state, item.status) if item.status >= 0 else LIVE
    if status in (DEAD, FREE):
        return f"{item.name}: {'freed' if status == DEAD else 'not allocated'}"
    parts = []
    for field in layout.struct(number).fields:
        location = layout.address(number, field.name)
        value = layout.read(state, location)
        match field.type:
            case LockType(owned=True):
                if value == 0:
                    parts.append(f"{field.name} held")
            case ListEntryType():
                on = layout.read(state, location + 2)
                if is_head(on):
                    parts.append(f"{field.name} on {layout.member_name(on - HEADS)}")
                elif on != UNINITIALISED:
                    parts.append(f"{field.name} on no list")
            case AtomicType():
                parts.append(f"{field.name} {show_value(layout, location, value)}")
            case _ if layout.locations[location].part == "" and value != UNINITIALISED:
                parts.append(f"{field.name} {show_value(layout, location, value)}")
            case _:
                pass
    return f"{item.name}: {', '.join(parts)}" if parts else ""
