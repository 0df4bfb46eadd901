"""A hit of the search becomes a finding: its schedule is run again by the interpreter and told step by step.

The interpreter must come to the same violation; if it does not, search and semantics disagree and nothing is reported
but that (InternalError).
"""

from __future__ import annotations

import itertools
import linecache

from lockmodel.engine.explore import Hit, Judge
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.engine.words import show_value
from lockmodel.errors import InternalError
from lockmodel.findings.finding import Finding, Frame, Step, Waiting
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Moment, Trace, run, violations
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import IdrType, ListEntryType, ListHeadType, LockType, WaitQueueType
from lockmodel.ir.values import DEAD, FREE, HEADS, LIVE, NULL, UNINITIALISED, is_head, is_object
from lockmodel.properties.catalogue import RULES
from lockmodel.source import Site

STATE_OBJECTS = 5
"""Objects whose state is told at the end of a witness: more than a reader can hold in mind is no help."""

STATE_STEPS = 4
"""Steps, back from the last, of the thread that broke the rule, whose objects matter at the end."""

WAITING = ("LM101", "LM102", "LM103")
"""Rules about who waits for what: that is the state that matters."""

NAMED = ("LM701", "LM702")
"""Rules whose findings are identified by a claim's name and not by their place."""

EMPTY = (NULL, UNINITIALISED)
"""An idr slot that holds nothing."""

DEEDS = frozenset({"uses", "reads", "writes", "stores", "calls"})
"""What a procedure itself does; any other detail names its own subject ("list_del removes ...")."""


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
    waiting = _waiting(trace, stepper) if violation.rule in WAITING else []
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
        claim=violation.claim if violation.claim and violation.rule in NAMED else None,
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
    last = trace.moments[-1] if trace.moments else None
    made = [(last.thread, v) for v in last.step.violations] if last is not None else list(trace.opening)
    maker = next((thread for thread, v in (*made, *trace.asking) if v is violation), None)
    if maker is None:
        return f"{violation.detail}."
    who = f"Thread {layout.setup.threads[maker].name}"
    outer = violation.place.procedure
    inner = violation.stack[0].procedure if violation.stack else outer
    if violation.detail.split(None, 1)[0] in DEEDS:
        return (
            f"{who}: {inner} {violation.detail}."
            if inner == outer
            else f"{who}, in {outer}: {inner} {violation.detail}."
        )
    return f"{who}, in {outer if inner == outer else f'{inner} (called by {outer})'}: {violation.detail}."


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
        detail=_detail(moment, layout),
        code=linecache.getline(site.path, site.line).strip(),
        stack=[frame(s) for s in step.stack],
        locks=[layout.member_name(lock) for lock in after.held] if after is not None else [],
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
    if item.name in layout.global_locks:
        return ""
    status = layout.read(state, item.status) if item.status >= 0 else LIVE
    if status in (DEAD, FREE):
        return f"{item.name}: {'freed' if status == DEAD else 'not allocated'}"
    told = [
        f"{field.name} {value}"
        for field in layout.struct(number).fields
        if (value := _value(layout, state, layout.address(number, field.name)))
    ]
    return f"{item.name}: {', '.join(told)}" if told else ""


def _value(layout: Layout, state: bytes, location: int) -> str:
    """What a member holds at the end, or "" where that tells a reader nothing."""
    value = layout.read(state, location)
    match layout.field(location).type:
        case WaitQueueType():
            return ""
        case LockType(owned=True):
            return "held" if value == 0 else ""
        case ListEntryType():
            on = layout.read(state, location + 2)
            return f"on {layout.member_name(on - HEADS)}" if is_head(on) else "on no list"
        case ListHeadType():
            return f"[{', '.join(_entries(layout, state, location))}]"
        case IdrType(_, capacity):
            slots = [(n, layout.read(state, location + n)) for n in range(capacity)]
            return "{" + ", ".join(f"{n}: {layout.describe(v)}" for n, v in slots if v not in EMPTY) + "}"
        case _:
            return show_value(layout, location, value) if value != UNINITIALISED else ""


def _entries(layout: Layout, state: bytes, head: int) -> list[str]:
    """The entries of a list, as far as its links lead."""
    kind = layout.field(head).type
    assert isinstance(kind, ListHeadType)
    found: list[str] = []
    node = layout.read(state, head)
    while is_object(node) and len(found) < len(layout.objects):
        found.append(layout.objects[node].name)
        node = layout.read(state, layout.address(node, kind.link))
    return found
