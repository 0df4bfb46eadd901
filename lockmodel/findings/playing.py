"""A finding's schedule becomes a playback: it is run again by the interpreter, and each state on the way is told.

Takes what the schedule runs on, the schedule and the finding; gives a `Playback`, with what could still have come of
each state (`avoiding`) and the nearest schedule that passes. That one is run again as well, and judged, before it is
told.
"""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.engine.collect import reader
from lockmodel.engine.judging import Judge
from lockmodel.engine.local import Violation
from lockmodel.engine.races import races
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.errors import InternalError
from lockmodel.findings.avoiding import Avoided, Avoiding
from lockmodel.findings.endless import fair
from lockmodel.findings.film import Film, states_of
from lockmodel.findings.finding import Finding
from lockmodel.findings.playback import Beat, Outlook, Passing, Playback
from lockmodel.findings.telling import frame
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Trace, run, turns, violations
from lockmodel.ir.values import NULL
from lockmodel.properties.catalogue import RULES

LOOKED_AT = 50_000
"""States that are looked at for what could still have come, where no limit is given: a few seconds."""

ENDLESS = ("LM104", "LM702")
"""Rules that are broken by executions as a whole: of no state is it true that they are broken there."""


def playback(
    stepper: Stepper, judge: Judge, schedule: Sequence[Move], finding: Finding, limit: int = LOOKED_AT
) -> Playback:
    """The playback of a schedule that shows a finding, looking at no more than `limit` states beside its own."""
    layout = stepper.layout
    setup = layout.setup
    trace = run(stepper, schedule)
    film = Film(stepper)
    opening, beats = film.play(trace)
    outlook, passing = _outlook(stepper, judge, trace, finding, limit, film)
    return Playback(
        rule=finding.rule,
        name=finding.name,
        message=finding.message,
        scenario=setup.name,
        design=layout.program.design,
        spec=finding.place.spec.rpartition(":")[0],
        schedule=finding.schedule,
        threads=[thread.name for thread in setup.threads],
        entries=[thread.procedure for thread in setup.threads],
        objects=film.objects(),
        concerned=finding.objects,
        cells=film.cells,
        links=film.links,
        nexts=film.nexts,
        opening=opening,
        beats=beats,
        outlook=outlook,
        passing=passing,
        null_since=_null_since(trace, beats, film) if finding.rule == "LM305" else None,
        loop_from=finding.loop_from,
    )


def _outlook(
    stepper: Stepper, judge: Judge, trace: Trace, finding: Finding, limit: int, film: Film
) -> tuple[Outlook, Passing | None]:
    """What could still come after each step, and the nearest schedule that passes."""
    shown = _shown(trace, judge, finding)
    if shown is None:
        return Outlook(-1, -1, 0, limit, unasked="its schedule alone does not show it again"), None
    states = states_of(trace)[: len(trace.moments)]
    movers = [moment.thread for moment in trace.moments]
    avoided = Avoiding(stepper, judge, shown.identity, limit).of(states, movers)
    endless = finding.rule in ENDLESS
    outlook = Outlook(
        avoided.open_until,
        -1 if endless else avoided.doomed_from,
        avoided.states,
        limit,
        [told(violation) for violation in avoided.others],
        avoided.for_ever,
        avoided.cut,
        "it is broken by going on for ever, and no one step decides that" if endless else "",
    )
    if avoided.way is None:
        return outlook, None
    shared = [(moment.thread, moment.choice) for moment in trace.moments[: avoided.open_until]]
    passing = _passing(stepper, judge, shown, shared, avoided)
    if passing is None:
        return outlook, None
    also = _also(passing, judge, len(shared), shown)
    if also:
        mover = movers[len(shared) - 1] if shared else -1
        around = Avoiding(stepper, judge, shown.identity, limit, clean=True).way(states[len(shared)], mover)
        if around is not None and (better := run(stepper, [*shared, *around])):
            cleaner = _also(better, judge, len(shared), shown)
            passing, also = (better, cleaner) if len(cleaner) < len(also) else (passing, also)
    moves = [(moment.thread, moment.choice) for moment in passing.moments]
    program = stepper.layout.program
    token = Schedule(stepper.layout.setup.name, program.design, program.switches, "", tuple(moves))
    nearest = endless or avoided.doomed_from == avoided.open_until + 1
    _, beats = film.play(passing)
    loop_from = passing.loop_from if avoided.for_ever else None
    return outlook, Passing(len(shared), beats[len(shared) :], encode(token), nearest, also, loop_from)


def _shown(trace: Trace, judge: Judge, finding: Finding) -> Violation | None:
    """The violation at the end of a trace that is the finding."""
    of_rule = [violation for violation in violations(trace, judge) if violation.rule == finding.rule]
    same = [v for v in of_rule if frame(v.place) == finding.place and (v.claim or None) in (finding.claim, None)]
    return next(iter(same or of_rule), None)


def _passing(
    stepper: Stepper, judge: Judge, shown: Violation, shared: Sequence[Move], avoided: Avoided
) -> Trace | None:
    """The schedule that passes, run again: None where it breaks what only a whole execution does."""
    assert avoided.way is not None
    trace = run(stepper, [*shared, *avoided.way])
    if avoided.for_ever:
        passes = trace.loop_from is not None and fair(stepper, turns(trace)[trace.loop_from - 1 :])
    else:
        passes = trace.final and not any(violation.broken for violation in judge.final(trace.view))
    if not passes:
        raise InternalError("a schedule was said to pass, but the interpreter does not come to a good end by it")
    broken = violations(trace, judge)
    return None if any(violation.identity == shown.identity for violation in broken) else trace


def _also(trace: Trace, judge: Judge, shared: int, shown: Violation) -> list[str]:
    """The rules that are broken after the first steps of a trace, and end nothing."""
    stepper = trace.stepper
    found: dict[tuple[object, ...], Violation] = {}
    steps = [moment.step for moment in trace.moments]
    for number, (state, locals_) in list(enumerate(states_of(trace)))[shared + 1 :]:
        broken = list(steps[number - 1].violations)
        nexts = [
            (thread, local, stepper.step(local, reader(stepper.layout, state)).accesses)
            for thread, local in enumerate(locals_)
            if not local.ended
        ]
        for violation in (*broken, *judge.shared(state), *races(stepper, nexts)):
            if violation.broken:
                found.setdefault(violation.identity, violation)
    for violation in violations(trace, judge):
        found.setdefault(violation.identity, violation)
    return [told(violation) for violation in found.values()]


def told(violation: Violation) -> str:
    """A finding in a few words: its rule and its place, or what it claims."""
    name = RULES[violation.rule].name if violation.rule in RULES else ""
    place = violation.place
    where = violation.claim if violation.rule in ("LM701", "LM702") and violation.claim else place.procedure
    line = place.source or place.spec
    return f"{violation.rule} {name} in {where} ({line})"


def _null_since(trace: Trace, beats: Sequence[Beat], film: Film) -> int | None:
    """The step from which the thread that moves last has its null pointer: the last one that read it, or made it NULL.

    It read it right before it used it, or a local became NULL by what was read; not one that was handed to a callee.
    """
    layout = trace.stepper.layout
    own = [(moment, beat) for moment, beat in zip(trace.moments, beats, strict=True) if beat.thread == beats[-1].thread]
    made = None
    for number, (moment, beat) in list(enumerate(own))[-2::-1]:
        running = {site.procedure for site in moment.step.stack}
        reads = any(value == NULL and layout.refers(location) for location, value in moment.step.reads)
        becomes = any(
            value == "NULL" and film.cells[cell].owner == beat.thread and film.cells[cell].within in running
            for cell, value in beat.cells
        )
        if reads and (becomes or number == len(own) - 2):
            return beat.n
        made = made or (beat.n if becomes else None)
    return made
