"""The one module that names all the stages: a target goes in, a result comes out.

load        spec file or module          -> Model           (language)
compile     Model, design, switches      -> Program         (compile, ir)
lower       scenario, Program            -> Setup, Layout   (compile, ir)
explore     Layout                       -> Exploration     (engine, asking properties)
explain     each hit of the search       -> Finding         (findings)
"""

from __future__ import annotations

import difflib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import networkx as nx

from lockmodel import __version__
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.explore import Exploration, Limits, Search, Tally
from lockmodel.engine.step import Stepper
from lockmodel.errors import UsageError
from lockmodel.findings.explain import explain, tell
from lockmodel.findings.finding import (
    CheckResult,
    Finding,
    Order,
    OrderEdge,
    ScenarioResult,
    Step,
    Unreached,
)
from lockmodel.findings.telling import steps
from lockmodel.findings.token import decode
from lockmodel.findings.trace import run as run_schedule
from lockmodel.findings.trace import violations
from lockmodel.ir.layout import Layout, reachable
from lockmodel.ir.nodes import Branch, Jump, Procedure, Program, Return
from lockmodel.ir.types import LockType
from lockmodel.language.model import Model, ScenarioRecord
from lockmodel.properties.judge import RuleJudge
from lockmodel.source import Site

SCHEMA_VERSION = 1

DEFAULT_STATES = 5_000_000
"""Stored states a scenario, where no limit is given: a minute or two, and about two gigabytes, of the Python search."""

REDUCTIONS = ["dead-variables"]


@dataclass(frozen=True)
class Progress:
    """Where a check is; `memory` in bytes, `rate` in states a second, `elapsed` in seconds."""

    scenario: str
    number: int
    total: int
    states: int
    transitions: int
    rate: float
    depth: int
    frontier: int
    memory: int
    edges: int
    elapsed: float


@dataclass(frozen=True)
class CheckOptions:
    """What to check and how far; `max_memory` in bytes, `timeout` in seconds for the whole run."""

    target: str
    design: str | None = None
    switches: dict[str, str] = field(default_factory=dict)
    engine: str = "auto"
    strategy: str = "exhaustive"
    reduction: bool = True
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    seed: int = 0
    jobs: int = 1
    stop_first: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckRun:
    """What a check gives; `interrupted` if Ctrl-C ended it."""

    result: CheckResult
    interrupted: bool


@dataclass(frozen=True)
class Checked:
    """One scenario's result with what the run as a whole needs of it."""

    result: ScenarioResult
    layout: Layout
    exploration: Exploration | None


def check(options: CheckOptions, progress: Callable[[Progress], None] | None = None) -> CheckRun:
    """Check the scenarios of a target.

    Raises SpecError or UsageError for what the user can mend, InternalError where lockmodel contradicts itself.
    """
    spec, wanted = split_target(options.target)
    model = load(spec)
    program = compile_model(model, options.design, dict(options.switches))
    records = choose_scenarios(model, wanted, options.target)
    started = time.monotonic()
    done: list[Checked] = []
    cut = ""
    for number, record in enumerate(records, start=1):
        report = _reporter(progress, record.name, number, len(records)) if progress else None
        left = None if options.timeout is None else options.timeout - (time.monotonic() - started)
        if not cut and left is not None and left <= 0:
            cut = f"the time limit of {options.timeout:g} seconds was reached before it began"
        done.append(_check_scenario(model, record, program, options, left, report, cut))
        exploration = done[-1].exploration
        if exploration is not None and exploration.interrupted:
            cut = "interrupted before it began"
        elif options.stop_first and done[-1].result.findings:
            cut = "not begun: stopped at the first finding"
    result = CheckResult(
        schema_version=SCHEMA_VERSION,
        lockmodel=__version__,
        spec=spec,
        model=model.name,
        design=program.design,
        switches={name: value for name, value in program.switches if isinstance(value, bool | int | str)},
        scenarios=[item.result for item in done],
        order=_order(done),
        unreached=_unreached_anywhere(done),
    )
    return CheckRun(result, any(item.exploration is not None and item.exploration.interrupted for item in done))


def replay(
    target: str, token: str, switches: dict[str, str] | None = None
) -> tuple[CheckResult, Finding | None, list[Step]]:
    """Run the schedule of a token: a result that holds what it shows, the finding if there is one, and its steps.

    The token says which scenario, design and switches; `switches` override. UsageError where it no longer fits.
    """
    spec, _ = split_target(target)
    schedule = decode(token)
    model = load(spec)
    chosen: dict[str, bool | int | str] = dict(schedule.switches)
    program = compile_model(model, schedule.design, {**chosen, **(switches or {})})
    record = choose_scenarios(model, schedule.scenario, f"{spec}::{schedule.scenario}")[0]
    stepper = Stepper(Layout(program, lower_scenario(model, record, program)))
    trace = run_schedule(stepper, schedule.moves)
    broken = violations(trace, stepper.layout, RuleJudge(stepper))
    findings = [tell(violation, trace, stepper, proved=False) for violation in broken]
    shown = next((f for f in findings if f.rule == schedule.rule), findings[0] if findings else None)
    result = ScenarioResult(
        name=record.name,
        verdict="violated" if shown else "incomplete",
        complete=False,
        reason="one schedule was replayed",
        states=len(trace.moments) + 1,
        transitions=len(trace.moments),
        depth=len(trace.moments),
        seconds=0.0,
        engine="python",
        strategy="replay",
        reductions=[],
        threads=[thread.name for thread in stepper.layout.setup.threads],
        unreached=[],
        warnings=[],
        findings=[shown] if shown else [],
    )
    whole = CheckResult(
        schema_version=SCHEMA_VERSION,
        lockmodel=__version__,
        spec=spec,
        model=model.name,
        design=program.design,
        switches={name: value for name, value in program.switches if isinstance(value, bool | int | str)},
        scenarios=[result],
        order=Order([], []),
        unreached=[],
    )
    return whole, shown, steps(trace, stepper.layout)


# --- targets ----------------------------------------------------------------------------------------------------


def split_target(target: str) -> tuple[str, str]:
    """`path.py::scenario` in its two parts; the second is "" where all scenarios are meant."""
    spec, _, scenario = target.partition("::")
    if not spec:
        raise UsageError(f'"{target}" names no spec\n  A target is path.py, path.py::scenario or package.module.')
    return spec, scenario


def choose_scenarios(model: Model, wanted: str, target: str) -> list[ScenarioRecord]:
    """The scenarios that a target names: all, the one of that name, or the family `name[...]`."""
    if not wanted:
        return list(model.scenarios.values())
    chosen = [r for name, r in model.scenarios.items() if name == wanted or name.startswith(f"{wanted}[")]
    if chosen:
        return chosen
    near = difflib.get_close_matches(wanted, model.scenarios, 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(model.scenarios) or 'none'}."
    raise UsageError(f"{target}: the model {model.name} has no scenario {wanted}\n  {hint}")


# --- one scenario -----------------------------------------------------------------------------------------------


def _check_scenario(
    model: Model,
    record: ScenarioRecord,
    program: Program,
    options: CheckOptions,
    seconds: float | None,
    report: Callable[[Tally], None] | None,
    cut: str,
) -> Checked:
    layout = Layout(program, lower_scenario(model, record, program))
    threads = [thread.name for thread in layout.setup.threads]
    if cut:
        return Checked(_not_begun(record.name, threads, cut, options), layout, None)
    stepper = Stepper(layout, clear_dead=options.reduction)
    judge = RuleJudge(stepper)
    states = options.max_states if options.max_states is not None else DEFAULT_STATES
    limits = Limits(states, options.max_memory, seconds)
    found = Search(stepper, judge, limits, report, stop_first=options.stop_first).run()
    wanted = [hit for hit in found.hits if _selected(hit.violation.rule, options)]
    ignored = [hit.violation for hit in found.hits if not _selected(hit.violation.rule, options)]
    findings = [explain(hit, stepper, judge, proved=True) for hit in wanted]
    warnings = []
    reason = found.reason
    if ignored:
        rules = ", ".join(sorted({violation.rule for violation in ignored}))
        warnings.append(f"{len(ignored)} finding{'s' if len(ignored) > 1 else ''} left out as asked ({rules})")
        if not reason and any(violation.fatal for violation in ignored):
            reason = f"executions that end in a finding left out as asked ({rules}) were not followed further"
    if not found.reason:
        warnings.extend(
            f"thread {thread.name} never runs to its end under any schedule"
            for thread, ended in zip(layout.setup.threads, found.ended, strict=True)
            if not ended and can_end(program.procedures[thread.procedure])
        )
    result = ScenarioResult(
        name=record.name,
        verdict="violated" if findings else "incomplete" if reason else "verified",
        complete=not reason,
        reason=reason or None,
        states=found.tally.states,
        transitions=found.tally.transitions,
        depth=found.tally.depth,
        seconds=round(found.tally.seconds, 3),
        engine="python",
        strategy="exhaustive",
        reductions=REDUCTIONS if options.reduction else [],
        threads=threads,
        unreached=[_unreached_text(item) for item in _unreached(layout, found, judge)],
        warnings=warnings,
        findings=findings,
        edges_learned=found.tally.edges,
        frontier=found.tally.frontier,
        bounds=bounds(layout),
    )
    return Checked(result, layout, found)


def _not_begun(name: str, threads: list[str], reason: str, options: CheckOptions) -> ScenarioResult:
    return ScenarioResult(
        name=name,
        verdict="incomplete",
        complete=False,
        reason=reason,
        states=0,
        transitions=0,
        depth=0,
        seconds=0.0,
        engine="python",
        strategy=options.strategy,
        reductions=REDUCTIONS if options.reduction else [],
        threads=threads,
        unreached=[],
        warnings=[],
        findings=[],
    )


def _selected(rule: str, options: CheckOptions) -> bool:
    chosen = not options.select or any(rule.startswith(code) for code in options.select)
    return chosen and not any(rule.startswith(code) for code in options.ignore)


def _reporter(progress: Callable[[Progress], None], name: str, number: int, total: int) -> Callable[[Tally], None]:
    def report(tally: Tally) -> None:
        rate = tally.states / tally.seconds if tally.seconds else 0.0
        progress(
            Progress(
                scenario=name,
                number=number,
                total=total,
                states=tally.states,
                transitions=tally.transitions,
                rate=rate,
                depth=tally.depth,
                frontier=tally.frontier,
                memory=tally.memory,
                edges=tally.edges,
                elapsed=tally.seconds,
            )
        )

    return report


def bounds(layout: Layout) -> list[str]:
    """What a verdict holds within, beside the threads and objects that the scenario names: the sizes of its pools."""
    caches = [layout.program.caches[name] for name in dict.fromkeys(name for name, _ in layout.pools)]
    return [f"at most {cache.capacity} {cache.struct} allocated by a thread at a time" for cache in caches]


def can_end(procedure: Procedure) -> bool:
    """Can control reach a return, as far as the code's shape shows?"""
    seen: set[int] = set()
    waiting = [0]
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        match procedure.code[at]:
            case Return():
                return True
            case Jump(target):
                waiting.append(target)
            case Branch(_, then, orelse):
                waiting.extend((then, orelse))
            case _:
                waiting.append(at + 1)
    return False


# --- what was not reached ---------------------------------------------------------------------------------------


def _unreached(layout: Layout, found: Exploration, judge: RuleJudge) -> list[Unreached]:
    """Statements, claims and locks of the scenario that no state reached."""
    covered = {(site.path, site.line) for site in found.behaviour.covered if not site.end}
    items = [
        Unreached("statement", site.procedure, site.spec, site.source or None)
        for site in _statements(layout)
        if (site.path, site.line) not in covered
    ]
    items.extend(
        Unreached("claim", claim.name, claim.site.spec, claim.site.source or None)
        for claim in layout.program.claims
        if claim.name not in judge.claims.judged
    )
    taken = {layout.lock_class(lock) for lock in found.behaviour.taken}
    items.extend(Unreached("lock", name, site.spec, None) for name, site in _locks(layout) if name not in taken)
    return items


def _statements(layout: Layout) -> Iterator[Site]:
    """One site a line, for every procedure that a thread of the scenario can come to."""
    seen: set[tuple[str, int]] = set()
    for thread in layout.setup.threads:
        for procedure in reachable(layout.program, thread.procedure).values():
            for instruction in procedure.code:
                site = instruction.site
                if isinstance(instruction, Jump) or site.end or (site.path, site.line) in seen:
                    continue
                seen.add((site.path, site.line))
                yield site


def _locks(layout: Layout) -> Iterator[tuple[str, Site]]:
    seen: set[str] = set()
    for item in layout.objects[1:]:
        struct = layout.struct(item.number)
        for declared in struct.fields:
            if isinstance(declared.type, LockType):
                name = layout.lock_class(layout.address(item.number, declared.name))
                if name not in seen:
                    seen.add(name)
                    yield name, Site("", declared.path or struct.path, declared.line or struct.line)


def _unreached_text(item: Unreached) -> str:
    where = f" ({item.source})" if item.source else ""
    return f"{item.kind} {item.name} {item.spec}{where}"


def _unreached_anywhere(done: Sequence[Checked]) -> list[Unreached]:
    """What was within reach of some scenario of the run and reached in none."""
    reached: set[Unreached] = set()
    candidates: dict[Unreached, None] = {}
    for item in done:
        if item.exploration is None:
            continue
        judge_free = {
            Unreached("statement", site.procedure, site.spec, site.source or None) for site in _statements(item.layout)
        }
        missing = set(item.result.unreached)
        for candidate in judge_free:
            if _unreached_text(candidate) not in missing:
                reached.add(candidate)
        for candidate in sorted(judge_free, key=lambda u: (u.spec.rpartition(":")[0], int(u.spec.rpartition(":")[2]))):
            candidates.setdefault(candidate)
    return [candidate for candidate in candidates if candidate not in reached]


# --- lock order -------------------------------------------------------------------------------------------------


def _order(done: Sequence[Checked]) -> Order:
    """The order in which locks were asked for, by class, over all scenarios."""
    edges: dict[tuple[str, str], OrderEdge] = {}
    for item in done:
        if item.exploration is None:
            continue
        for (outer, inner), site in item.exploration.behaviour.order.items():
            classes = (item.layout.lock_class(outer), item.layout.lock_class(inner))
            edges.setdefault(classes, OrderEdge(*classes, site.spec, site.source or None))
    return Order([edges[key] for key in sorted(edges)], _cycles(sorted(edges)))


def _cycles(edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """A shortest cycle through each edge that is on one (all cycles would be too many in a large graph)."""
    graph: nx.DiGraph[str] = nx.DiGraph(edges)
    found: dict[tuple[str, ...], None] = {}
    for component in nx.strongly_connected_components(graph):
        for outer, inner in edges:
            if outer in component and inner in component:
                found.setdefault(tuple(_rotated(nx.shortest_path(graph, inner, outer))))
    return sorted(list(cycle) for cycle in found)


def _rotated(cycle: Sequence[str]) -> list[str]:
    first = cycle.index(min(cycle))
    return list(itertools.chain(cycle[first:], cycle[:first]))
