"""A schedule that was found before, run again: what it shows, the heap on its way, every state for its playback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.errors import UsageError
from lockmodel.findings.bypass import BYPASS, told_bypass
from lockmodel.findings.explain import tell
from lockmodel.findings.finding import CheckResult, Finding, Heap, Order, Step
from lockmodel.findings.heap import heap_at
from lockmodel.findings.playback import Playback
from lockmodel.findings.playing import LOOKED_AT, playback
from lockmodel.findings.telling import steps
from lockmodel.findings.token import Schedule, decode
from lockmodel.findings.trace import run, violations
from lockmodel.ir.join import setup_named
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.language.model import Model
from lockmodel.properties.judge import RuleJudge
from lockmodel.report.words import count
from lockmodel.results import unsearched, whole
from lockmodel.silence import silence_of
from lockmodel.target import scenario_named, split_target


def replay(
    target: str, token: str, switches: dict[str, str] | None = None
) -> tuple[CheckResult, Finding | None, list[Step]]:
    """Run the schedule of a token: a result that holds what it shows, the finding if there is one, and its steps.

    The token says which scenario, design and switches; `switches` override. UsageError where it no longer fits.
    """
    spec, _ = split_target(target)
    schedule = decode(token)
    model, program, stepper = _stepper_of(spec, schedule, switches)
    trace = run(stepper, schedule.moves)
    broken = violations(trace, RuleJudge(stepper))
    findings = [tell(violation, trace, stepper, proved=False) for violation in broken]
    shown = next((f for f in findings if f.rule == schedule.rule), findings[0] if findings else None)
    passed_by = told_bypass(trace, schedule.rule) if schedule.rule.startswith(BYPASS) else None
    silence = silence_of(model)
    told = zip(findings, broken, strict=True)
    hushed = next((silence.silenced(finding, violation) for finding, violation in told if finding is shown), None)
    counted = [shown] if shown and not hushed else []
    threads = [thread.name for thread in stepper.layout.setup.threads]
    result = msgspec.structs.replace(
        unsearched(stepper.layout.setup.name, threads, "one schedule was replayed", Search.name, "replay", []),
        verdict="violated" if counted else "incomplete",
        states=len(trace.moments) + 1,
        transitions=len(trace.moments),
        depth=len(trace.moments),
        findings=counted,
        ignored=[hushed] if hushed else [],
    )
    run_of_one = whole(spec, model, program, [result], Order([], []), [], [])
    return run_of_one, passed_by or shown, steps(trace, stepper.layout)


def _stepper_of(
    spec: str, schedule: Schedule, switches: dict[str, str] | None = None
) -> tuple[Model, Program, Stepper]:
    """What runs a schedule again, with the design and the switches that it was found under."""
    model = load(spec)
    chosen: dict[str, bool | int | str] = dict(schedule.switches)
    program = compile_model(model, schedule.design, {**chosen, **(switches or {})})
    return model, program, Stepper(Layout(program, _setup_named(schedule.scenario, model, program, spec)))


def heap(target: str, token: str, step: int | None = None) -> Heap:
    """The objects and references after a step of a schedule, of its last one where `step` is None."""
    spec, _ = split_target(target)
    schedule = decode(token)
    _, _, stepper = _stepper_of(spec, schedule)
    if step is not None and step > len(schedule.moves):
        raise UsageError(f"--step: there is no step {step}\n  The schedule has {count(len(schedule.moves), 'step')}.")
    return heap_at(run(stepper, schedule.moves[:step]), len(schedule.moves))


def playbacks(target: str, findings: Sequence[Finding], limit: int = LOOKED_AT) -> Iterator[Playback]:
    """Each finding's witness with every state on its way, what could still have come, and a schedule that passes.

    Of the states that could have come no more than `limit` are looked at for each finding.
    """
    spec, _ = split_target(target)
    model = load(spec)
    programs: dict[object, Program] = {}
    for finding in findings:
        schedule = decode(finding.schedule)
        under = schedule.design, schedule.switches
        if under not in programs:
            programs[under] = compile_model(model, schedule.design, dict(schedule.switches))
        program = programs[under]
        stepper = Stepper(Layout(program, _setup_named(schedule.scenario, model, program, spec)))
        yield playback(stepper, RuleJudge(stepper), schedule.moves, finding, limit)


def _setup_named(name: str, model: Model, program: Program, spec: str) -> Setup:
    """What a scenario starts from: one of the spec, or one that was put together (see `ir.join`)."""

    def lowered(scenario: str) -> Setup:
        return lower_scenario(model, scenario_named(scenario, model, program, spec), program)

    return setup_named(program, name, lowered)
