"""A hit of the search becomes a finding: its schedule is run again by the interpreter and told step by step.

The interpreter must come to the same violation; if it does not, search and semantics disagree and nothing is reported
but that (InternalError).
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from lockmodel.engine.exploration import Hit
from lockmodel.engine.judging import Judge
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import thread_switches
from lockmodel.errors import InternalError
from lockmodel.findings.ending import WAITING, state_at, waiting_at
from lockmodel.findings.finding import Finding, Upcoming
from lockmodel.findings.lost_wake import lost_wake
from lockmodel.findings.telling import frame, steps
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Trace, run, violations
from lockmodel.ir.layout import Layout
from lockmodel.ir.values import DEAD, DROPPED, POISON
from lockmodel.properties.catalogue import RULES

RACE = "LM301"
"""The rule whose findings are identified by a pair of places."""

NAMED = ("LM201", "LM202", "LM602", "LM701", "LM702")
"""Rules whose findings are identified by what they claim (lock classes, a claim's name) and not by their place."""

ENDLESS = ("LM104", "LM702")
"""Rules that an execution breaks which goes on for ever."""

DEEDS = frozenset({"uses", "reads", "writes", "stores", "calls", "asks"})
"""What a procedure itself does; any other detail names its own subject ("list_del removes ...")."""


def explain(hit: Hit, stepper: Stepper, judge: Judge, *, proved: bool, minimised: str = "steps") -> Finding:
    """The finding of a hit. `proved`: no schedule has fewer of what was `minimised` ("steps" or "switches")."""
    trace = run(stepper, hit.schedule)
    found = violations(trace, judge, hit.violation.threads)
    same = [v for v in found if v.identity == hit.violation.identity]
    violation = min(same, key=lambda v: v.locks != hit.violation.locks, default=None)
    if hit.violation.rule == "LM104" and any(v.rule == "LM104" for v in found):
        violation = hit.violation  # which names all that may move in such a loop
    if violation is None:
        raise InternalError(
            f"the search found {hit.violation.rule} ({hit.violation.detail}), "
            "but the interpreter does not come to it by the same schedule"
        )
    return replace(tell(violation, trace, stepper, proved=proved), minimised=minimised)


def tell(violation: Violation, trace: Trace, stepper: Stepper, *, proved: bool) -> Finding:
    """The finding of a violation at the end of a trace."""
    layout = stepper.layout
    setup, program = layout.setup, layout.program
    moves = tuple((moment.thread, moment.choice) for moment in trace.moments)
    concerned = set(violation.threads)
    moved = {thread for thread, _ in moves}
    waiting = waiting_at(trace, stepper) if violation.rule in WAITING else []
    token = Schedule(setup.name, program.design, program.switches, violation.rule, moves)
    stack = violation.stack or (violation.place,)
    return Finding(
        rule=violation.rule,
        name=RULES[violation.rule].name if violation.rule in RULES else "",
        message=_message(violation, trace, layout),
        threads=[t.name for n, t in enumerate(setup.threads) if n in moved | concerned],
        locks=list(violation.locks),
        objects=list(violation.objects),
        thread_switches=thread_switches(moves),
        minimal="proved" if proved else "not-proved",
        place=frame(violation.place),
        stack=[frame(site) for site in stack],
        steps=steps(trace, layout),
        waiting=waiting,
        state=state_at(violation, trace, layout),
        schedule=encode(token),
        claim=violation.claim if violation.claim and violation.rule in NAMED else None,
        loop_from=trace.loop_from if violation.rule in ENDLESS else None,
        places=[frame(place) for place in violation.places] if violation.rule == RACE else [],
        upcoming=_upcoming(violation, trace, stepper) if violation.rule == RACE else [],
    )


def _upcoming(violation: Violation, trace: Trace, stepper: Stepper) -> list[Upcoming]:
    """The two steps that race: what each of the threads would do next."""
    names = stepper.layout.setup.threads
    return [
        Upcoming(
            names[thread].name,
            step.operation,
            frame(stepper.place(trace.locals[thread])),
            [frame(site) for site in stepper.sites(trace.locals[thread])],
        )
        for thread in violation.threads
        if (step := trace.standing[thread]) is not None
    ]


def _message(violation: Violation, trace: Trace, layout: Layout) -> str:
    """What went wrong, in one sentence, with the step that made it wrong where there is one."""
    last = trace.moments[-1] if trace.moments else None
    made = [(last.thread, v) for v in last.step.violations] if last is not None else list(trace.opening)
    maker = next((thread for thread, v in (*made, *trace.asking) if v is violation), None)
    if maker is None:
        lost = [lost_wake(trace, thread) for thread in violation.threads] if violation.rule == "LM103" else []
        return f"{violation.detail}{next(filter(None, lost), '')}."
    who = f"Thread {layout.setup.threads[maker].name}"
    what = violation.detail + cause(violation, trace, layout)
    outer = violation.place.procedure
    inner = violation.stack[0].procedure if violation.stack else outer
    if violation.detail.split(None, 1)[0] in DEEDS:
        return f"{who}: {inner} {what}." if inner == outer else f"{who}, in {outer}: {inner} {what}."
    return f"{who}, in {outer if inner == outer else f'{inner} (called by {outer})'}: {what}."


def cause(violation: Violation, trace: Trace, layout: Layout) -> str:
    """Who did before what this violation comes too late for: " (unmount freed it in step 12)", or ""."""
    deed, done = CAUSES.get(violation.rule, ("", None))
    if done is None or not violation.objects:
        return ""
    number = next(item.number for item in layout.objects if item.name == violation.objects[0])
    for n, moment in reversed(list(enumerate(trace.moments, start=1))):
        for location, value in moment.step.writes:
            if layout.locations[location].owner == number and done(layout, location, value, violation.detail):
                return f" ({layout.setup.threads[moment.thread].name} {deed} in step {n})"
    return ""


def _freed(layout: Layout, location: int, value: int, detail: str) -> bool:
    return layout.locations[location].field == "(status)" and value == DEAD


def _removed(layout: Layout, location: int, value: int, detail: str) -> bool:
    return value == POISON and f"removes {layout.member_name(location)}, which has been removed already" in detail


def _dropped(layout: Layout, location: int, value: int, detail: str) -> bool:
    return value == DROPPED


CAUSES: dict[str, tuple[str, Callable[[Layout, int, int, str], bool]]] = {
    "LM303": ("freed it", _freed),
    "LM304": ("freed it", _freed),
    "LM306": ("removed it", _removed),
    "LM402": ("put it", _dropped),
}
"""Rules that are broken because something came before: what that was, and the write by which it is known."""
