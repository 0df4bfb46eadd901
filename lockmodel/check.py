"""The one module that names all the stages: a target goes in, a result comes out.

load        spec file or module          -> Model           (language)
compile     Model, design, switches      -> Program         (compile, ir)
lower       scenario, Program            -> Setup, Layout   (compile, ir)
explore     Layout                       -> Exploration     (engine, asking properties)
explain     each hit of the search       -> Finding         (findings)
order       all that was searched        -> Order           (ordering)
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from lockmodel import __version__, workers
from lockmodel.adjudicate import Searched
from lockmodel.chosen import Chooser, Chosen
from lockmodel.compile import Worlds, Written, compile_model, load, lower_scenario
from lockmodel.compile.ignores import ignores_of
from lockmodel.compile.lower import other_settings
from lockmodel.compile.order_file import read_order
from lockmodel.engine.exploration import Exploration, Hit, Limits, Seen, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Violation
from lockmodel.engine.remembered import Remembered
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies import STRATEGIES, Settings
from lockmodel.errors import UsageError
from lockmodel.exhaustive import ENDLESS, Exhaustive, unavailable
from lockmodel.findings.bypass import BYPASS, told_bypass, told_wait
from lockmodel.findings.coverage import (
    Coverage,
    Coverages,
    Reached,
    bounds,
    endless,
    missed_everywhere,
    reached,
    reached_places,
    reached_somewhere,
    unreached_text,
)
from lockmodel.findings.explain import explain, tell
from lockmodel.findings.finding import (
    CheckResult,
    Enumeration,
    Finding,
    Heap,
    IgnoreComment,
    Missed,
    Order,
    Protection,
    ScenarioResult,
    Silenced,
    Step,
    Unreached,
)
from lockmodel.findings.heap import heap_at
from lockmodel.findings.interleavings import Interleavings
from lockmodel.findings.matrix import Run, run_of, with_matrix
from lockmodel.findings.playback import Playback
from lockmodel.findings.playing import LOOKED_AT, playback
from lockmodel.findings.protection import protection
from lockmodel.findings.shorten import Shortener
from lockmodel.findings.survey import About
from lockmodel.findings.telling import steps
from lockmodel.findings.token import Schedule, decode, encode
from lockmodel.findings.trace import run as run_schedule
from lockmodel.findings.trace import violations
from lockmodel.ir.form import Form, Forms, Parts, Reach, Shelf
from lockmodel.ir.join import setup_named
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.language.model import Model, ScenarioRecord
from lockmodel.ordering import Added, Ordering, judge_order
from lockmodel.properties.catalogue import RULES
from lockmodel.properties.judge import RuleJudge
from lockmodel.report.words import count, switched, title
from lockmodel.silence import Silence
from lockmodel.surveying import Surveying
from lockmodel.target import choose_scenarios, split_target

R = TypeVar("R")

SCHEMA_VERSION = 1

DEFAULT_STATES = 5_000_000
"""Stored states a scenario, where no limit is given: two gigabytes, and a minute or two of the search in Python."""

JOINED_STATES = 500_000
"""The same for a scenario that is put together to judge the order of locks: there may be many of them."""

GRAPH_STATES = 100_000
"""States that are drawn, folded, where no limit is given: half a minute."""

STOPPED = "not begun: stopped at the first finding"

NOT_FOLLOWED = "executions that end in a finding left out as asked ({}) were not followed further"

SMALL, FEW = 3, 8
"""Threads of a scenario that workers do not share, since there are others for them; and from how many of those on."""

GARBAGE = 200_000
"""Objects that searches may leave behind, or that are kept of them, before the ones are collected: 20 megabytes."""

DOUBT = 0.01
"""The chance of a missed state above which a search does not count as complete."""

REDUCTIONS = (("dead-variables", "persistent-sets", "sleep-sets"), ("dead-variables",))
"""What is left out: by the exhaustive strategy, by the others."""

ENDINGS = ("LM101", "LM102", "LM103")
"""Rules that are broken where an execution has come to its end."""


@dataclass(frozen=True)
class Progress:
    """Where a check is; `memory` in bytes, `rate` in states a second, `elapsed` in seconds, `phase` as "pass 2".

    A scenario that has ended has a `verdict`, and in `findings` the rule of each.
    """

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
    phase: str = ""
    verdict: str = ""
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckOptions:
    """What to check and how far; `max_memory` in bytes, `timeout` in seconds for the whole run.

    `preemptions`, `seed`, `runs`, `depth` and `max_steps` are for strategies (see `engine.strategies`). `against`
    is a file whose lock order takes the place of the model's own.
    """

    target: str
    design: str | None = None
    switches: Mapping[str, str | bool | int] = field(default_factory=dict)
    bounds: dict[str, int] = field(default_factory=dict)
    engine: str = "auto"
    strategy: str = "exhaustive"
    reduction: bool = True
    preemptions: int | None = None
    seed: int | None = None
    runs: int | None = None
    depth: int | None = None
    max_steps: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    jobs: int = 1
    exact: bool = False
    waiting: bool = False
    minimise: str = "steps"
    stop_first: bool = False
    strict_order: bool = False
    against: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckRun:
    """What a check gives; `interrupted` if Ctrl-C ended it. So many scenarios had to be `searched` for it."""

    result: CheckResult
    interrupted: bool
    searched: int = 0


@dataclass(frozen=True)
class Checked:
    """One scenario's result with what the run as a whole needs of it; None where it was not searched.

    `asked` are the names of the parts of the program that it depends on. There may be tens of thousands, so that
    results are kept packed.
    """

    packed: bytes
    searched: Searched | None = None
    reached: Reached | None = None
    asked: frozenset[str] = frozenset()

    @property
    def result(self) -> ScenarioResult:
        """The result, unpacked each time."""
        return UNPACKED.decode(zlib.decompress(self.packed))


UNPACKED = msgspec.msgpack.Decoder(ScenarioResult)


def packed(result: ScenarioResult) -> bytes:
    """A result, packed: what its witnesses say they say many times."""
    return zlib.compress(msgspec.msgpack.encode(result), 1)


@dataclass(frozen=True)
class Job:
    """A scenario to be searched in one program, of which it can come to what is within `reach`."""

    reach: Reach
    parts: Parts
    setup: Setup
    group: str


def check(options: CheckOptions, progress: Callable[[Progress], None] | None = None) -> CheckRun:
    """Check the scenarios of a target.

    Raises SpecError or UsageError for what the user can mend, InternalError where lockmodel contradicts itself.
    """
    return Checker(options, progress).check(options.design, options.switches)


def check_matrix(options: CheckOptions, *, pairs: bool, progress: Callable[[Progress], None] | None = None) -> CheckRun:
    """Check the scenarios of a target as `check` does, then with each switch turned alone, then with each two."""
    checker = Checker(options, progress)
    settings = [{}, *other_settings(checker.model, options.switches, pairs=pairs)]
    programs = [checker.compiled(options.design, {**options.switches, **turned}) for turned in settings]
    own = checker.check_program(programs[0])
    checker.search_ahead(programs[1:])

    def run(number: int) -> Run:
        checker.label = f"{', '.join(switched(settings[number]))}: "
        checked = checker.check_program(programs[number])
        return run_of(settings[number], checked.result, checked.searched)

    runs, interrupted = checker.each(run, range(1, len(programs)))
    runs = [run_of({}, own.result, own.searched), *runs]
    return CheckRun(with_matrix(own.result, runs), own.interrupted or interrupted, own.searched)


class Checker:
    """Checks the scenarios of a target under one design and setting of its switches, and then another one.

    What comes to the same under both is searched once: where a scenario has the same form, and the parts of the program
    are the same that its search asked for.
    """

    def __init__(self, options: CheckOptions, progress: Callable[[Progress], None] | None = None) -> None:
        self.options = options
        self.spec, self._wanted = split_target(options.target)
        self.model = load(self.spec)
        self._silence = _silence_of(self.model)
        self._scenarios = 0
        self._ended: dict[int, ScenarioResult] = {}
        self._told = 0
        self._engine = name_engine(options)
        self._progress = progress
        self._started = time.monotonic()
        self._forms = Forms()
        self._chooser = Chooser(self.model, self._wanted, options.target, options.bounds)
        self._coverages = Coverages()
        self._checked: Shelf[Checked] = Shelf()
        self._joined: Shelf[tuple[Searched, frozenset[str]]] = Shelf()
        self._ordered: dict[tuple[int, ...], list[tuple[frozenset[int], Ordering]]] = {}
        self._searches: Counter[int] = Counter()
        self._cut = ""
        self._interrupted = False
        self.label = ""

    def compiled(self, design: str | None, switches: Mapping[str, str | bool | int]) -> Program:
        """The program of the target under a design and a setting of its switches."""
        program = compile_model(self.model, design, switches)
        if self.options.against:
            program = dataclasses.replace(program, hierarchy=read_order(self.options.against, program))
        return program

    def check(self, design: str | None, switches: Mapping[str, str | bool | int]) -> CheckRun:
        """The result of all scenarios; those of an interrupted run are cut short, and those of the next ones."""
        return self.check_program(self.compiled(design, switches))

    def check_program(self, program: Program) -> CheckRun:
        """The same, for a program that is compiled."""
        options = self.options
        chosen = self._chooser.of(program)
        self._scenarios = len(chosen.setups)
        self._ended.clear()
        self._told = 0
        done: list[Checked] = []
        results: list[ScenarioResult] = []
        with _kept_out_of_collections() as keep:
            self._check_small(program, chosen, keep)
            for number, (setup, group) in enumerate(zip(chosen.setups, chosen.groups, strict=True), start=1):
                done.append(self._check_scenario(program, setup, group, number))
                result = done[-1].result
                results.append(result)
                self._tell_end(number, result)
                keep()
                searched = done[-1].searched
                if searched is not None and searched.seen.interrupted:
                    self._cut = "interrupted before it began"
                elif options.stop_first and result.findings:
                    self._cut = STOPPED
        known = [item.searched for item in done if item.searched is not None]
        ordering = self._ordering(program, done, known)
        covered = [
            self._coverages.of(self._forms.of(program, setup)[1], item.reached) if item.reached else None
            for setup, item in zip(chosen.setups, done, strict=True)
        ]
        coverages = [coverage for coverage in covered if coverage is not None]
        scenarios = [_with_coverage(result, found) for result, found in zip(results, covered, strict=True)]
        whole = _whole(
            self.spec,
            self.model,
            program,
            self._with_order(scenarios, ordering.added, known),
            ordering.order,
            missed_everywhere(coverages),
            protection(program, [item.seen for item in known]),
            chosen.enumeration,
            reached_somewhere(coverages),
        )
        whole = msgspec.structs.replace(whole, ignores=self._ignores(program, whole, coverages))
        interrupted = self._interrupted or ordering.interrupted or any(item.seen.interrupted for item in known)
        return CheckRun(_under(whole, program), interrupted, self._searches[id(program)])

    def _ordering(self, program: Program, done: Sequence[Checked], known: Sequence[Searched]) -> Ordering:
        """The order of locks over all scenarios; looked up where just these were judged before."""
        options = self.options
        key = tuple(id(item) for item in done)  # those that were searched are kept, and so are their ids
        parts = self._forms.parts(program)
        for asked, ordering in self._ordered.get(key, ()):
            if asked <= parts.all:
                return ordering
        joined: set[str] = set()

        def explore(layout: Layout) -> Searched:
            searched, asked = self._explore_joined(program, layout)
            joined.update(asked)
            return searched

        ordering = judge_order(
            program,
            known,
            None if self._cut else explore,
            lambda rule: _selected(rule, options),
            strict=options.strict_order,
            retell=bool(options.select) and not _selected("LM101", options),
            minimised=options.minimise,
        )
        if len(known) == len(done) and not self._cut:
            self._ordered.setdefault(key, []).append((parts.of(joined), ordering))
        return ordering

    def scenario(self, program: Program, name: str) -> ScenarioResult:
        """One scenario under the design and the setting of a program; what only a whole run shows is left out."""
        record = _scenario_named(name, self.model, program, self.spec)
        checked = self._check_scenario(program, lower_scenario(self.model, record, program), _group(record), 1)
        if checked.searched is not None and checked.searched.seen.interrupted:
            raise KeyboardInterrupt
        return checked.result

    def _with_order(
        self, results: list[ScenarioResult], added: list[Added], known: Sequence[Searched]
    ) -> list[ScenarioResult]:
        """The results with what the order of locks adds: findings of theirs, and scenarios that were joined."""
        told = list(results)
        notes = [note for item in known for note in item.seen.notes] if self._silence else []
        for item in added:
            at = next((n for n, result in enumerate(told) if result.name == item.scenario), -1)
            if at < 0 and item.joined is not None:
                told.append(_joined(item.scenario, item.joined))
            if one := self._silence.silenced_order(item.finding, item.links, notes):
                told[at] = _with_silenced(told[at], one, joined=item.joined is not None)
                continue
            findings = sorted([*told[at].findings, item.finding], key=finding_order)
            told[at] = msgspec.structs.replace(told[at], verdict="violated", findings=findings)
        return told

    def _ignores(self, program: Program, result: CheckResult, coverages: Sequence[Coverage]) -> list[IgnoreComment]:
        """The comments that silence findings, with what became of them."""
        options = self.options
        if not self._silence:
            return []
        whole = result.complete and not self._wanted and options.strategy == "exhaustive"
        reached = reached_places(coverages, program.claims) if whole else set()
        return self._silence.told(result.scenarios, reached, lambda rule: _selected(rule, options))

    @property
    def late(self) -> bool:
        """Has the time limit been reached?"""
        return bool(self._too_late())

    def _check_scenario(self, program: Program, setup: Setup, group: str, number: int) -> Checked:
        form, reach = self._forms.of(program, setup)
        parts = self._forms.parts(program)
        known = self._checked.get(form, parts)
        if known is not None and self._cut != STOPPED:
            return known
        self._cut = self._cut or self._too_late()
        report = self._reporter(setup.name, number)
        layout = Layout(reach.program, setup)
        remembered = Remembered(parts)
        checked = _check_scenario(
            layout, group, self.options, self._silence, self._engine, self._left(), report, self._cut, remembered
        )
        if checked.searched is not None:
            self._keep(program, form, parts, checked)
        return checked

    def _keep(self, program: Program, form: Form, parts: Parts, checked: Checked) -> None:
        self._searches[id(program)] += 1
        self._checked.put(form, parts.of(checked.asked), checked)

    # --- several at a time ----------------------------------------------------------------------------------------

    def search_ahead(self, programs: Sequence[Program]) -> None:
        """Search what several programs need: each scenario in all of them, one after the other.

        What is learned of its steps in one of them serves in the next. Nothing where the run is to stop somewhere.
        """
        if self.options.strategy != "exhaustive" or self.options.stop_first or self._cut:
            return
        todo: dict[Form, list[tuple[Program, Job]]] = {}
        for program in programs:
            chosen, parts = self._chooser.of(program), self._forms.parts(program)
            for setup, group in zip(chosen.setups, chosen.groups, strict=True):
                form, reach = self._forms.of(program, setup)
                if self._checked.get(form, parts) is None:
                    todo.setdefault(form, []).append((program, Job(reach, parts, setup, group)))
        self._scenarios = len(todo)
        small = [form for form, jobs in todo.items() if len(jobs[0][1].setup.threads) <= SMALL]
        alone = dataclasses.replace(self.options, jobs=1)
        with _kept_out_of_collections() as keep:
            self._search_all(todo, small, alone, keep)
            self._search_all(todo, [form for form in todo if form not in set(small)], self.options, keep)

    def _check_small(self, program: Program, chosen: Chosen, keep: Callable[[], None]) -> None:
        """Check the small scenarios in several processes, where there are several workers: each takes one at a time.

        What else there is, and what they do not come to, is left to who asks for it next.
        """
        options, parts = self.options, self._forms.parts(program)
        numbers: dict[Form, int] = {}
        todo: dict[Form, list[tuple[Program, Job]]] = {}
        for number, (setup, group) in enumerate(zip(chosen.setups, chosen.groups, strict=True), start=1):
            form, reach = self._forms.of(program, setup)
            if len(setup.threads) <= SMALL and self._checked.get(form, parts) is None:
                numbers[form] = number
                todo[form] = [(program, Job(reach, parts, setup, group))]
        if self._workers() > 1 and len(todo) >= FEW and options.strategy == "exhaustive" and not self._cut:
            self._search_all(todo, list(todo), dataclasses.replace(options, jobs=1), keep, numbers)

    def _search_all(
        self,
        todo: Mapping[Form, Sequence[tuple[Program, Job]]],
        forms: Sequence[Form],
        options: CheckOptions,
        keep: Callable[[], None],
        numbers: Mapping[Form, int] | None = None,
    ) -> None:
        """Search scenarios, by several workers where each of them is to have one. `numbers` are those in the run."""

        def search(form: Form) -> list[tuple[int, bytes, Seen, Reached, frozenset[str]]]:
            found = [
                (at, checked.packed, checked.searched.seen, checked.reached, checked.asked)
                for at, checked in self._in_all([job for _, job in todo[form]], options)
                if checked.searched is not None and checked.reached is not None
            ]
            keep()
            return found

        several = self._workers() if options.jobs == 1 else 1
        try:
            with workers.copies(several, search, forms) as results:
                for number, (form, found) in enumerate(zip(forms, results, strict=True), start=1):
                    for at, told, seen, reached, asked in found:
                        program, job = todo[form][at]
                        searched = Searched(job.reach.program, job.setup, seen, options.reduction)
                        checked = Checked(told, searched, reached, asked)
                        self._keep(program, form, job.parts, checked)
                        if numbers is not None:
                            self._tell_end(numbers[form], checked.result)
                        if report := self._reporter(job.setup.name, number if numbers is None else numbers[form]):
                            report(seen.tally)
                        if seen.interrupted:
                            raise KeyboardInterrupt
                        if options.stop_first and checked.result.findings:
                            return
        except KeyboardInterrupt:
            self._interrupted = True
            self._cut = "interrupted before it began"

    def _in_all(self, jobs: Sequence[Job], options: CheckOptions) -> Iterator[tuple[int, Checked]]:
        """One scenario in each program in which it can come out in another way than in those before."""
        layout: Layout | None = None
        remembered = Remembered(jobs[0].parts)
        known: list[frozenset[int]] = []
        for at, job in enumerate(jobs):
            if any(asked <= job.parts.all for asked in known) or self._too_late():
                continue
            remembered.turn(job.parts)
            layout = layout.under(job.reach.program) if layout else Layout(job.reach.program, job.setup)
            checked = _check_scenario(
                layout, job.group, options, self._silence, self._engine, self._left(), None, "", remembered
            )
            known.append(job.parts.of(checked.asked))
            yield at, checked

    def each(self, do: Callable[[int], R], numbers: Sequence[int]) -> tuple[list[R], bool]:
        """What `do` gives for each number, done by all workers; and whether Ctrl-C came before all were done.

        Which scenarios end as it is done is reported afterwards, in the order of the numbers.
        """
        done: list[R] = []
        report = self._progress

        def do_quietly(number: int) -> tuple[R, list[Progress]]:
            told: list[Progress] = []
            self._progress = told.append if report else None
            return do(number), [progress for progress in told if progress.verdict]

        try:
            with workers.copies(self._workers(), do_quietly, numbers) as results:
                for result, told in results:
                    done.append(result)
                    if report:
                        for progress in told:
                            report(progress)
        except KeyboardInterrupt:
            return done, True
        finally:
            self._progress = report
        return done, False

    def _workers(self) -> int:
        return self.options.jobs if workers.available() else 1

    def _explore_joined(self, program: Program, layout: Layout) -> tuple[Searched, frozenset[str]]:
        """Search a scenario that was put together from several; and the parts of the program that it asked for."""
        form, reach = self._forms.of(program, layout.setup)
        parts = self._forms.parts(program)
        known = self._joined.get(form, parts)
        if known is None:
            layout, remembered = Layout(reach.program, layout.setup), Remembered(parts)
            left, report = self._left(), self._reporter(layout.setup.name, self._scenarios)
            left = left and max(0.0, left)
            found, _ = _explore(layout, self.options, self._silence, left, report, remembered, joined=True)
            searched = Searched(layout.program, layout.setup, found.seen(), self.options.reduction)
            known = searched, frozenset(remembered.asked)
            self._joined.put(form, parts.of(remembered.asked), known)
        return known

    def _left(self) -> float | None:
        """The seconds that are left, which may be below 0; None for no limit."""
        timeout = self.options.timeout
        return None if timeout is None else timeout - (time.monotonic() - self._started)

    def _too_late(self) -> str:
        left = self._left()
        if left is None or left > 0:
            return ""
        return f"the time limit of {self.options.timeout:g} seconds was reached before it began"

    def _tell_end(self, number: int, result: ScenarioResult) -> None:
        """Report that a scenario has ended, once those before it have."""
        self._ended[number] = result
        while self._progress and (ended := self._ended.get(self._told + 1)):
            self._told += 1
            self._progress(
                Progress(
                    scenario=self.label + ended.name,
                    number=self._told,
                    total=self._scenarios,
                    states=ended.states,
                    transitions=ended.transitions,
                    rate=ended.states / ended.seconds if ended.seconds else 0.0,
                    depth=ended.depth,
                    frontier=ended.frontier,
                    memory=0,
                    edges=ended.edges_learned,
                    elapsed=ended.seconds,
                    verdict=ended.verdict,
                    findings=tuple(finding.rule for finding in ended.findings),
                )
            )

    def _reporter(self, name: str, number: int) -> Callable[[Tally], None] | None:
        return _reporter(self._progress, self.label + name, number, self._scenarios) if self._progress else None


def _group(record: ScenarioRecord | Written) -> str:
    return record.group if isinstance(record, Written) else ""


@contextlib.contextmanager
def _kept_out_of_collections() -> Iterator[Callable[[], None]]:
    """What is given collects what a search leaves behind, and sees to it that what a run keeps is not looked at again.

    Otherwise a third of the time of a run of a thousand small scenarios goes into looking for garbage.
    """
    collecting = gc.isenabled()
    gc.disable()
    gc.freeze()

    def keep() -> None:
        if gc.get_count()[0] > GARBAGE:
            gc.collect()
            gc.freeze()

    try:
        yield keep
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()


def _silence_of(model: Model) -> Silence:
    """What the comments of a model's spec silence."""
    return Silence(ignores_of(model, {code: rule.name for code, rule in RULES.items()}))


def _under(result: CheckResult, program: Program) -> CheckResult:
    """The result with every schedule as of this program: what another one shared with it was found under that."""

    def token(text: str) -> str:
        schedule = decode(text)
        if (schedule.design, schedule.switches) == (program.design, program.switches):
            return text
        return encode(dataclasses.replace(schedule, design=program.design, switches=program.switches))

    scenarios = [
        msgspec.structs.replace(
            scenario,
            findings=[msgspec.structs.replace(f, schedule=token(f.schedule)) for f in scenario.findings],
            ignored=[
                msgspec.structs.replace(
                    one, finding=msgspec.structs.replace(one.finding, schedule=token(one.finding.schedule))
                )
                for one in scenario.ignored
            ],
        )
        for scenario in result.scenarios
    ]
    edges = [msgspec.structs.replace(e, schedule=token(e.schedule)) for e in result.order.edges]
    judged = [msgspec.structs.replace(j, schedule=token(j.schedule)) if j.schedule else j for j in result.order.judged]
    order = msgspec.structs.replace(result.order, edges=edges, judged=judged)
    return msgspec.structs.replace(result, scenarios=scenarios, order=order)


def _with_silenced(result: ScenarioResult, one: Silenced, *, joined: bool) -> ScenarioResult:
    """The result with a finding of the lock order that is silenced; a deadlock that ends what was joined for it."""
    ignored = [*result.ignored, one]
    if not joined:
        return msgspec.structs.replace(result, ignored=ignored)
    reason = result.reason or NOT_FOLLOWED.format(one.finding.rule)
    return msgspec.structs.replace(result, ignored=ignored, complete=False, reason=reason)


def _joined(name: str, searched: Searched) -> ScenarioResult:
    """The result of a scenario that was put together from several."""
    tally = searched.seen.tally
    threads = [thread.name for thread in searched.setup.threads]
    return msgspec.structs.replace(
        _unsearched(name, threads, "", searched.seen.engine, "exhaustive", list(REDUCTIONS[0])),
        complete=not searched.seen.reason,
        reason=searched.seen.reason or None,
        states=tally.states,
        transitions=tally.transitions,
        depth=tally.depth,
        seconds=round(tally.seconds, 3),
        warnings=["put together from several scenarios, for the lock order that they show together"],
    )


def replay(
    target: str, token: str, switches: dict[str, str] | None = None
) -> tuple[CheckResult, Finding | None, list[Step]]:
    """Run the schedule of a token: a result that holds what it shows, the finding if there is one, and its steps.

    The token says which scenario, design and switches; `switches` override. UsageError where it no longer fits.
    """
    spec, _ = split_target(target)
    schedule = decode(token)
    model, program, stepper = _stepper_of(spec, schedule, switches)
    trace = run_schedule(stepper, schedule.moves)
    broken = violations(trace, RuleJudge(stepper))
    findings = [tell(violation, trace, stepper, proved=False) for violation in broken]
    shown = next((f for f in findings if f.rule == schedule.rule), findings[0] if findings else None)
    passed_by = told_bypass(trace, schedule.rule) if schedule.rule.startswith(BYPASS) else None
    silence = _silence_of(model)
    told = zip(findings, broken, strict=True)
    hushed = next((silence.silenced(finding, violation) for finding, violation in told if finding is shown), None)
    counted = [shown] if shown and not hushed else []
    threads = [thread.name for thread in stepper.layout.setup.threads]
    result = msgspec.structs.replace(
        _unsearched(stepper.layout.setup.name, threads, "one schedule was replayed", Search.name, "replay", []),
        verdict="violated" if counted else "incomplete",
        states=len(trace.moments) + 1,
        transitions=len(trace.moments),
        depth=len(trace.moments),
        findings=counted,
        ignored=[hushed] if hushed else [],
    )
    whole = _whole(spec, model, program, [result], Order([], []), [], [])
    return whole, passed_by or shown, steps(trace, stepper.layout)


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
    return heap_at(run_schedule(stepper, schedule.moves[:step]), len(schedule.moves))


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
        return lower_scenario(model, _scenario_named(scenario, model, program, spec), program)

    return setup_named(program, name, lowered)


def _scenario_named(name: str, model: Model, program: Program, spec: str) -> ScenarioRecord | Written:
    """The one scenario of a name that a search has told, without writing the others."""
    by_hand = model.scenarios.get(name)
    return by_hand or choose_scenarios(model, Worlds(model, program, {}), name, f"{spec}::{name}")[0]


def interleavings(
    options: CheckOptions,
    limit: int,
    pick: Callable[[Sequence[Finding]], int | None],
    progress: Callable[[Progress], None] | None = None,
) -> Interleavings:
    """Every schedule of the one scenario of a target, as a graph of at most `limit` regions where that can be.

    `pick` chooses the one finding that the graph is about; None for all, with the first one's schedule. Where not every
    state can be searched, it is of what lies near that schedule (`cut` says so); IncompleteError where there is none.
    """
    spec, wanted = split_target(options.target)
    model = load(spec)
    program = compile_model(model, options.design, dict(options.switches))
    records = choose_scenarios(model, Worlds(model, program, options.bounds), wanted, options.target)
    if len(records) != 1:
        names = "\n".join(f"    {spec}::{record.name}" for record in records)
        raise UsageError(f"{options.target} has {len(records)} scenarios, and one is drawn\n  Name one:\n{names}")
    layout = Layout(program, lower_scenario(model, records[0], program))
    surveying = Surveying(
        options.engine,
        options.reduction,
        options.jobs,
        Limits(None, options.max_memory, options.timeout),
        options.max_states or GRAPH_STATES,
        options.max_states or DEFAULT_STATES,
        finding_order,
        pick,
        limit,
        _reporter(progress, records[0].name, 1, 1) if progress else None,
    )
    return surveying.survey(layout, About(SCHEMA_VERSION, spec, model.name, program.design, records[0].name))


# --- one scenario -----------------------------------------------------------------------------------------------


def native_unavailable() -> str:
    """Why the searches in C cannot be used here, or "" where they can."""
    return unavailable()


def name_engine(options: CheckOptions) -> str:
    """The engine that serves. UsageError if the strategy or the engine is not there."""
    if options.strategy in STRATEGIES:
        return STRATEGIES[options.strategy].name
    if options.strategy != "exhaustive":
        raise UsageError(f"there is no strategy {options.strategy}\n  Use exhaustive, {', '.join(STRATEGIES)}.")
    return Exhaustive(options.engine).name


def _explore(
    layout: Layout,
    options: CheckOptions,
    silence: Silence,
    seconds: float | None,
    report: Callable[[Tally], None] | None,
    remembered: Remembered,
    *,
    joined: bool = False,
) -> tuple[Exploration, RuleJudge]:
    """Search one scenario by the strategy that was asked for; what was found, with the judge that was asked.

    One that was `joined` is searched for deadlocks, exhaustively.
    """
    states = options.max_states if options.max_states is not None else JOINED_STATES if joined else DEFAULT_STATES
    limits = Limits(states, options.max_memory, seconds)

    def counts(violation: Violation) -> bool:
        return _selected(violation.rule, options) and not silence.covers(violation)  # by its own line alone

    stop_at = counts if options.stop_first and not joined else None
    if options.strategy == "exhaustive" or joined:
        exhaustive = Exhaustive(
            options.engine,
            options.reduction,
            options.jobs,
            limits,
            report,
            stop_at,
            options.exact,
            options.minimise,
            not joined and _selected("LM301", options),
            () if joined else tuple(rule for rule in ENDLESS if _selected(rule, options)),
            options.waiting and not joined,
            remembered,
        )
        return exhaustive.explore(layout)
    given = {"seed": options.seed, "runs": options.runs, "depth": options.depth, "steps": options.max_steps}
    told: dict[str, int] = {name: number for name, number in given.items() if number is not None}
    settings = Settings(preemptions=options.preemptions, wanted=counts, **told)
    stepper = Stepper(layout, clear_dead=options.reduction, remembered=remembered)
    judge = RuleJudge(stepper)
    strategy = STRATEGIES[options.strategy](stepper, judge, limits, report, stop_at=stop_at, settings=settings)
    return strategy.run(), judge


def _check_scenario(
    layout: Layout,
    group: str,
    options: CheckOptions,
    silence: Silence,
    engine: str,
    seconds: float | None,
    report: Callable[[Tally], None] | None,
    cut: str,
    remembered: Remembered,
) -> Checked:
    name = layout.setup.name
    threads = [thread.name for thread in layout.setup.threads]
    reductions = list(REDUCTIONS[options.strategy != "exhaustive"]) if options.reduction else []
    if cut:
        unsearched = _unsearched(name, threads, cut, engine, options.strategy, reductions, group)
        return Checked(packed(unsearched))
    found, judge = _explore(layout, options, silence, seconds, report, remembered)
    stepper = judge.stepper
    wanted = [hit for hit in found.hits if _selected(hit.violation.rule, options)]
    shortener = Shortener(stepper, judge)
    wanted = [
        hit if (found.shortest and hit.shortest) or hit.loop is not None else shortener.shorten(hit) for hit in wanted
    ]

    def tell_hit(hit: Hit) -> tuple[Finding, Violation]:
        proved = found.shortest and hit.shortest
        return explain(hit, stepper, judge, proved=proved, minimised=options.minimise), hit.violation

    told = [tell_hit(hit) for hit in wanted]
    told.sort(key=lambda one: finding_order(one[0]))
    findings = [finding for finding, violation in told if not silence.covers(violation, found.notes)]
    silenced = [one for finding, violation in told if (one := silence.silenced(finding, violation, found.notes))]
    warnings = []
    reason = found.reason or doubt(found)
    unselected = [hit.violation for hit in found.hits if not _selected(hit.violation.rule, options)]
    left_out = sorted({violation.rule for violation in unselected})
    if unselected:
        warnings.append(f"{count(len(unselected), 'finding')} left out as asked ({', '.join(left_out)})")
    reason = reason or not_followed([*unselected, *(v for _, v in told if silence.covers(v, found.notes))])
    for finding, violation in told:
        if lines := silence.elsewhere(violation, found.notes):
            warnings.append(f"{title(finding)} {finding.claim} is not ignored at {', '.join(lines)}: it is one finding")
    if not found.reason:
        warnings.extend(endless(layout, found))
    result = ScenarioResult(
        name=name,
        verdict="violated" if findings else "incomplete" if reason else "verified",
        complete=not reason,
        reason=reason or None,
        states=found.tally.states,
        transitions=found.tally.transitions,
        depth=found.tally.depth,
        seconds=round(found.tally.seconds, 3),
        engine=found.engine,
        strategy=options.strategy,
        reductions=reductions,
        threads=threads,
        unreached=[],
        warnings=warnings,
        findings=findings,
        edges_learned=found.tally.edges,
        frontier=found.tally.frontier,
        numbers=list(found.numbers),
        figures=found.figures,
        passes=found.passes,
        waiting=None if found.lock_waits is None else [told_wait(item, stepper) for item in found.lock_waits],
        missed=Missed(found.chance.calculated, found.chance.observed) if found.chance else None,
        bounds=[
            *bounds(layout),
            *(["data races, livelocks and never-happens not looked for"] if options.strategy != "exhaustive" else []),
            *([f"findings of {', '.join(left_out)} left out as asked"] if left_out else []),
            *([f"{count(len(silenced), 'finding')} ignored as the spec says"] if silenced else []),
        ],
        group=group,
        ignored=silenced,
    )
    searched = Searched(layout.program, layout.setup, found.seen(), options.reduction)
    return Checked(packed(result), searched, reached(layout, found, judge), frozenset(remembered.asked))


def _with_coverage(result: ScenarioResult, found: Coverage | None) -> ScenarioResult:
    """The result with what of the program at hand no state reached."""
    if found is None:
        return result
    return msgspec.structs.replace(result, unreached=[unreached_text(item) for item in found.missed])


def not_followed(left_out: Sequence[Violation]) -> str:
    """Why a search says nothing of what lies behind findings that are left out, "" where it does."""
    if not any(violation.fatal or violation.rule in ENDINGS for violation in left_out):
        return ""
    rules = ", ".join(sorted({violation.rule for violation in left_out}))
    return NOT_FOLLOWED.format(rules)


def doubt(found: Exploration) -> str:
    """Why a complete search cannot be relied on: too many states for their fingerprints; "" where it can."""
    chance = max(found.chance.calculated, found.chance.observed) if found.chance else 0.0
    return f"a state may have been missed, with a chance of {chance:.2g}: --exact leaves none" if chance > DOUBT else ""


def _unsearched(
    name: str, threads: list[str], reason: str, engine: str, strategy: str, reductions: list[str], group: str = ""
) -> ScenarioResult:
    """The result of a scenario that was not searched, and why."""
    return ScenarioResult(
        name=name,
        verdict="incomplete",
        complete=False,
        reason=reason,
        states=0,
        transitions=0,
        depth=0,
        seconds=0.0,
        engine=engine,
        strategy=strategy,
        reductions=reductions,
        threads=threads,
        unreached=[],
        warnings=[],
        findings=[],
        group=group,
    )


def _whole(
    spec: str,
    model: Model,
    program: Program,
    scenarios: list[ScenarioResult],
    order: Order,
    unreached: list[Unreached],
    protected: list[Protection],
    enumeration: dict[str, Enumeration] | None = None,
    reached: list[str] | None = None,
) -> CheckResult:
    return CheckResult(
        schema_version=SCHEMA_VERSION,
        lockmodel=__version__,
        spec=spec,
        model=model.name,
        design=program.design,
        switches=dict(program.switches),
        scenarios=scenarios,
        order=order,
        unreached=unreached,
        protection=protected,
        enumeration=enumeration or {},
        reached=reached or [],
    )


def finding_order(finding: Finding) -> tuple[str, str, int, str]:
    """Findings are told by rule, then by place."""
    path, _, line = finding.place.spec.rpartition(":")
    return finding.rule, path, int(line), finding.claim or ""


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
                phase=tally.phase,
            )
        )

    return report
