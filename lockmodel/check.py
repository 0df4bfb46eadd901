"""The one module that names all the stages: a target goes in, a result comes out.

load        spec file or module          -> Model           (language)
compile     Model, design, switches      -> Program         (compile, ir)
choose      target, Program              -> Setups          (chosen)
lower       scenario, Program            -> Setup, Layout   (compile, ir)
explore     Layout                       -> Exploration     (engine, asking properties)
explain     each hit of the search       -> Finding         (findings)
order       all that was searched        -> Order           (ordering)

`searching` has what is done with one scenario, `shared` what is done once for several programs. Beside a check stand
`replaying`, a schedule once more, and `surveying`, every schedule as a graph.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from lockmodel.adjudicate import Searched
from lockmodel.chosen import Chooser, group_of
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.compile.order_file import read_order
from lockmodel.exhaustive import unavailable
from lockmodel.findings.coverage import (
    Coverage,
    Coverages,
    missed_everywhere,
    reached_places,
    reached_somewhere,
    unreached_text,
)
from lockmodel.findings.finding import CheckResult, IgnoreComment, ScenarioResult
from lockmodel.findings.matrix import Run, run_of, with_matrix
from lockmodel.findings.protection import protection
from lockmodel.headway import Progress, Reports
from lockmodel.ir.form import Forms
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.matrix import settings_of
from lockmodel.ordering import Ordering, judge_order, with_order
from lockmodel.replaying import heap, playbacks, replay
from lockmodel.request import CheckOptions
from lockmodel.results import under, whole
from lockmodel.searching import Checked, Searching
from lockmodel.shared import INTERRUPTED, STOPPED, Searches, kept_out_of_collections
from lockmodel.silence import silence_of
from lockmodel.surveying import interleavings
from lockmodel.target import scenario_named, split_target

__all__ = [
    "CheckOptions",
    "CheckRun",
    "Checker",
    "Progress",
    "check",
    "check_matrix",
    "heap",
    "interleavings",
    "native_unavailable",
    "playbacks",
    "replay",
]


@dataclass(frozen=True)
class CheckRun:
    """What a check gives; `interrupted` if Ctrl-C ended it. So many scenarios had to be `searched` for it."""

    result: CheckResult
    interrupted: bool
    searched: int = 0


def check(options: CheckOptions, progress: Callable[[Progress], None] | None = None) -> CheckRun:
    """Check the scenarios of a target.

    Raises SpecError or UsageError for what the user can mend, InternalError where lockmodel contradicts itself.
    """
    return Checker(options, progress).check(options.design, options.switches)


def check_matrix(options: CheckOptions, matrix: str, progress: Callable[[Progress], None] | None = None) -> CheckRun:
    """Check the scenarios of a target as `check` does, then under the other settings of a matrix (see `matrix`)."""
    return Checker(options, progress).check_matrix(options.design, options.switches, matrix)


def native_unavailable() -> str:
    """Why the searches in C cannot be used here, or "" where they can."""
    return unavailable()


class Checker:
    """Checks the scenarios of a target under one design and setting of its switches, and then another one.

    What comes to the same under both is searched once.
    """

    def __init__(self, options: CheckOptions, progress: Callable[[Progress], None] | None = None) -> None:
        self.options = options
        self.spec, self._wanted = split_target(options.target)
        self.model = load(self.spec)
        self._silence = silence_of(self.model)
        self._chooser = Chooser(self.model, self._wanted, options.target, options.bounds)
        self._forms = Forms()
        self._reports = Reports(progress)
        self._searches = Searches(Searching(options, self._silence), self._chooser, self._forms, self._reports)
        self._coverages = Coverages()
        self._ordered: dict[tuple[int, ...], list[tuple[frozenset[int], Ordering]]] = {}

    def compiled(self, design: str | None, switches: Mapping[str, str | bool | int]) -> Program:
        """The program of the target under a design and a setting of its switches."""
        program = compile_model(self.model, design, switches)
        if self.options.against:
            program = dataclasses.replace(program, hierarchy=read_order(self.options.against, program))
        return program

    def check(self, design: str | None, switches: Mapping[str, str | bool | int]) -> CheckRun:
        """The result of all scenarios; those of an interrupted run are cut short, and those of the next ones."""
        return self.check_program(self.compiled(design, switches))

    def check_matrix(self, design: str | None, switches: Mapping[str, str | bool | int], matrix: str) -> CheckRun:
        """The same, with what becomes of it under each of the other settings."""
        settings = settings_of(self.model, switches, matrix)
        programs = [self.compiled(design, setting.values) for setting in settings]
        own = self.check_program(programs[0])
        self.search_ahead(programs[1:])

        def run(number: int) -> Run:
            self._reports.label = f"{', '.join(settings[number].turned)}: "
            checked = self.check_program(programs[number])
            return run_of(settings[number].changed, checked.result, checked.searched)

        runs, interrupted = self._searches.each(run, range(1, len(programs)))
        runs = [run_of(settings[0].changed, own.result, own.searched), *runs]
        return CheckRun(with_matrix(own.result, runs), own.interrupted or interrupted, own.searched)

    def search_ahead(self, programs: Sequence[Program]) -> None:
        """Search what several programs need, so that each is checked without a search."""
        self._searches.ahead(programs)

    def check_program(self, program: Program) -> CheckRun:
        """The result of all scenarios in a program that is compiled."""
        chosen = self._chooser.of(program)
        self._reports.begin(len(chosen.setups))
        done: list[Checked] = []
        results: list[ScenarioResult] = []
        with kept_out_of_collections() as keep:
            self._searches.small(program, chosen, keep)
            for number, (setup, group) in enumerate(zip(chosen.setups, chosen.groups, strict=True), start=1):
                done.append(self._searches.check(program, setup, group, number))
                result = done[-1].result
                results.append(result)
                self._reports.ended(number, result)
                keep()
                searched = done[-1].searched
                if searched is not None and searched.seen.interrupted:
                    self._searches.cut = INTERRUPTED
                elif self.options.stop_first and result.findings:
                    self._searches.cut = STOPPED
        known = [item.searched for item in done if item.searched is not None]
        ordering = self._ordering(program, done, known)
        covered = [
            self._coverages.of(self._forms.of(program, setup)[1], item.reached) if item.reached else None
            for setup, item in zip(chosen.setups, done, strict=True)
        ]
        coverages = [coverage for coverage in covered if coverage is not None]
        scenarios = [_with_coverage(result, found) for result, found in zip(results, covered, strict=True)]
        told = whole(
            self.spec,
            self.model,
            program,
            with_order(scenarios, ordering.added, known, self._silence),
            ordering.order,
            missed_everywhere(coverages),
            protection(program, [item.seen for item in known]),
            chosen.enumeration,
            reached_somewhere(coverages),
        )
        told = msgspec.structs.replace(told, ignores=self._ignores(program, told, coverages))
        interrupted = self._searches.interrupted or ordering.interrupted or any(item.seen.interrupted for item in known)
        return CheckRun(under(told, program), interrupted, self._searches.number(program))

    def scenario(self, program: Program, name: str) -> ScenarioResult:
        """One scenario under the design and the setting of a program; what only a whole run shows is left out."""
        record = scenario_named(name, self.model, program, self.spec)
        setup = lower_scenario(self.model, record, program)
        checked = self._searches.check(program, setup, group_of(record), 1)
        if checked.searched is not None and checked.searched.seen.interrupted:
            raise KeyboardInterrupt
        return checked.result

    @property
    def late(self) -> bool:
        """Has the time limit been reached?"""
        return bool(self._searches.too_late)

    def _ordering(self, program: Program, done: Sequence[Checked], known: Sequence[Searched]) -> Ordering:
        """The order of locks over all scenarios; looked up where just these were judged before."""
        options, cut = self.options, self._searches.cut
        key = tuple(id(item) for item in done)  # those that were searched are kept, and so are their ids
        parts = self._forms.parts(program)
        for asked, ordering in self._ordered.get(key, ()):
            if asked <= parts.all:
                return ordering
        joined: set[str] = set()

        def explore(layout: Layout) -> Searched:
            searched, asked = self._searches.joined(program, layout)
            joined.update(asked)
            return searched

        ordering = judge_order(
            program,
            known,
            None if cut else explore,
            options.selects,
            strict=options.strict_order,
            retell=bool(options.select) and not options.selects("LM101"),
            minimised=options.minimise,
        )
        if len(known) == len(done) and not cut:
            self._ordered.setdefault(key, []).append((parts.of(joined), ordering))
        return ordering

    def _ignores(self, program: Program, result: CheckResult, coverages: Sequence[Coverage]) -> list[IgnoreComment]:
        """The comments that silence findings, with what became of them."""
        if not self._silence:
            return []
        to_the_end = result.complete and not self._wanted and self.options.strategy == "exhaustive"
        reached = reached_places(coverages, program.claims) if to_the_end else set()
        return self._silence.told(result.scenarios, reached, self.options.selects)


def _with_coverage(result: ScenarioResult, found: Coverage | None) -> ScenarioResult:
    """The result with what of the program at hand no state reached."""
    if found is None:
        return result
    return msgspec.structs.replace(result, unreached=[unreached_text(item) for item in found.missed])
