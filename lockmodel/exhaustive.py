"""Every interleaving of one scenario: the searches that this takes, one after the other.

search      with reductions: what can be broken at all; without them every state, where that was asked for
starvation  a thread that waits for ever while others go on for ever shows where every state is searched only
endless     where an execution may go on for ever, or something must come true: every state and transition
races       where one is conceivable by what each access shows, it is looked for with threads that may stop
shortest    for what was found, the schedules with the fewest steps and switches: every state again, as deep as needed
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from lockmodel.engine.behaviour import Behaviour
from lockmodel.engine.exploration import ENOUGH, Exploration, Explorer, Hit, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import Judge, NoJudge
from lockmodel.engine.liveness import Graph, Lasso, may_get_on
from lockmodel.engine.local import Violation
from lockmodel.engine.native import reduced as native_reduced
from lockmodel.engine.native import search as native_search
from lockmodel.engine.native.reduced import NativeReducedSearch
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.races import suspects
from lockmodel.engine.reduction.reduced import ReducedSearch
from lockmodel.engine.remembered import Remembered
from lockmodel.engine.returning import goes_round
from lockmodel.engine.step import Stepper
from lockmodel.engine.stopping import StoppingStepper
from lockmodel.engine.strategies.fewest import FewestSwitches
from lockmodel.errors import UsageError
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from lockmodel.properties.liveness import livelock
from lockmodel.properties.queues import lock_waits

ENDLESS = ("LM104", "LM702")
"""Rules that executions break as a whole."""

SHORTEST_STATES = 2_000_000
"""States that are looked at for the shortest schedules: half a gigabyte."""

FEWEST_STATES = 300_000
"""States that are looked at, in Python, for the schedules with the fewest switches: half a minute."""


def unavailable() -> str:
    """Why the searches in C cannot be used, or "" where they can."""
    return native_search.unavailable() or native_reduced.unavailable()


@dataclass(frozen=True)
class Exhaustive:
    """How to search. `engine` is "native", "python", or "auto" for the first of them that is there.

    `minimise` says what schedules have the fewest of: "steps" (and of those the fewest switches), or "switches" (and of
    those the fewest steps). `exact` compares whole states where else fingerprints would be. `races`: data races are
    looked for; `endless`: those of the rules that executions break as a whole that are looked for. `waiting`: it is
    examined how long threads wait for each lock. `remembered` are steps that were made already.
    """

    engine: str = "auto"
    reduction: bool = True
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    report: Callable[[Tally], None] | None = None
    stop_at: Callable[[Violation], bool] | None = None
    exact: bool = False
    minimise: str = "steps"
    races: bool = True
    endless: tuple[str, ...] = ENDLESS
    waiting: bool = False
    remembered: Remembered | None = None

    @property
    def name(self) -> str:
        """The engine that serves."""
        return "native" if self._native else "python"

    @property
    def _native(self) -> bool:
        reason = unavailable()
        if self.engine == "native" and reason:
            raise UsageError(
                f"the search in C cannot be used: {reason}\n  Use --engine auto or python, or install again."
            )
        return self.engine != "python" and not reason

    def explore(self, layout: Layout) -> tuple[Exploration, RuleJudge]:
        """Search a scenario; what was found, with the judge that knows which claims were judged."""
        started = time.monotonic()
        stepper = Stepper(layout, clear_dead=self.reduction, remembered=self.remembered)
        judge = RuleJudge(stepper)
        found, cyclic, raced = self._search(stepper, judge, started)
        found.hits = self._shortest(found, self._left(started))
        if self.races and not (raced or found.reason):
            found.hits += self._races(layout, found, started)
        livelocks = "LM104" in self.endless and cyclic and may_get_on(layout) and goes_round(found.behaviour)
        never = "LM702" in self.endless and judge.claims.eventual
        if (livelocks or never or self.waiting) and not found.reason:
            try:
                graph = self._graph(layout, found, self._left(started))
                if graph is not None:
                    found.hits += self._livelocks(graph) if livelocks else []
                    found.hits += self._never(graph, judge) if never else []
                    found.lock_waits = lock_waits(graph) if self.waiting else None
            except KeyboardInterrupt:
                found.reason, found.interrupted = "interrupted", True
        found.tally = replace(found.tally, seconds=time.monotonic() - started)
        return found, judge

    def _search(self, stepper: Stepper, judge: RuleJudge, started: float) -> tuple[Exploration, bool, bool]:
        """What is found; whether executions may go on for ever; whether races were judged as well.

        The search itself is gone then, and its memory free for those that follow.
        """
        search = self._first(stepper, judge, self.limits, self.report)
        found = search.run()
        if isinstance(search, ReducedSearch) and search.recurs() and not search.reason:
            found = self._with_starvation(stepper, judge, found, self._left(started))
        return found, search.cyclic, isinstance(search, Search)

    def _first(
        self,
        stepper: Stepper,
        judge: Judge,
        limits: Limits,
        report: Callable[[Tally], None] | None,
        *,
        scouts: bool = True,
    ) -> Explorer:
        if self.reduction:
            if self._native and not native_reduced.unavailable(len(stepper.layout.setup.threads)):
                return NativeReducedSearch(
                    stepper,
                    judge,
                    limits,
                    report,
                    stop_at=self.stop_at,
                    exact=self.exact,
                    jobs=self.jobs,
                    scouts=scouts,
                )
            return ReducedSearch(stepper, judge, limits, report, stop_at=self.stop_at, scouts=scouts)
        return self._every(stepper, judge, limits, report, races=self.races)

    def _every(
        self,
        stepper: Stepper,
        judge: Judge,
        limits: Limits,
        report: Callable[[Tally], None] | None,
        *,
        races: bool = False,
    ) -> Explorer:
        """A search of every state; the one in Python judges `races` in each of them, if asked."""
        if self._native:
            return NativeSearch(
                stepper, judge, limits, report, stop_at=self.stop_at, keep=False, exact=self.exact, jobs=self.jobs
            )
        return Search(stepper, judge, limits, report, stop_at=self.stop_at, races=races)

    def _left(self, started: float) -> Limits:
        """What is left of the limits."""
        if self.limits.seconds is None:
            return self.limits
        return replace(self.limits, seconds=max(0.0, self.limits.seconds - (time.monotonic() - started)))

    def _reporting(self, phase: str) -> Callable[[Tally], None] | None:
        """Reports how far another search than the first one has come."""
        report = self.report
        return None if report is None else lambda tally: report(replace(tally, phase=phase))

    def _with_starvation(self, stepper: Stepper, judge: RuleJudge, found: Exploration, limits: Limits) -> Exploration:
        """What was found, and who starves: every state is searched."""
        every = self._every(stepper, judge, limits, self._reporting("threads that wait for ever")).run()
        every.passes = found.passes
        known = {hit.violation.identity for hit in every.hits}
        every.hits += [hit for hit in found.hits if hit.violation.identity not in known]
        every.notes = found.notes
        return every

    def _graph(self, layout: Layout, found: Exploration, limits: Limits) -> Graph | None:
        """Every state with every transition; None, and `found` says why, if there are too many."""
        stepper = Stepper(layout, clear_dead=self.reduction, remembered=self.remembered)
        kind: type[Explorer] = NativeSearch if self._native else Search
        search = kind(stepper, NoJudge(), limits, self._reporting("executions that go on for ever"))
        every = search.run()
        found.reason, found.interrupted = every.reason, every.interrupted
        return None if every.reason else search.graph()

    def _livelocks(self, graph: Graph) -> list[Hit]:
        """Threads that move for ever and do not get on."""
        hits: dict[tuple[object, ...], Hit] = {}
        for lasso in graph.livelocks():
            violation = livelock(graph.behaviour.stepper, lasso.moves)
            hits.setdefault(violation.identity, _endless(violation, lasso))
        return list(hits.values())

    def _never(self, graph: Graph, judge: RuleJudge) -> list[Hit]:
        """Claims that must come true, and do not."""
        hits: dict[tuple[object, ...], Hit] = {}
        for eventual in judge.claims.eventual:
            lasso = graph.without(eventual.holds)
            if lasso is not None:
                violation = judge.claims.never_true(eventual)
                hits.setdefault(violation.identity, _endless(violation, lasso))
        return list(hits.values())

    def _races(self, layout: Layout, found: Exploration, started: float) -> list[Hit]:
        """The data races, each with a shortest schedule as far as that can be known within bounds.

        The search ends when all races that are conceivable are found.
        """
        suspected = suspects(found.behaviour)
        if not suspected.pairs:
            return []
        marked = Layout(layout.program, layout.setup, marked=True)
        stopping = StoppingStepper(marked, suspected.locals, clear_dead=self.reduction, remembered=self.remembered)
        search = self._first(stopping, NoJudge(), self._left(started), self._reporting("data races"), scouts=False)
        search.wanted = set(suspected.pairs)
        raced = search.run()
        if raced.reason not in ("", ENOUGH):
            found.reason, found.interrupted = raced.reason, raced.interrupted
        hits = [replace(hit, schedule=stopping.without_stops(hit.schedule), shortest=False) for hit in raced.hits]
        if not hits or found.interrupted or self.minimise == "switches":
            return hits
        wanted = {hit.violation.identity for hit in hits}
        best = {
            hit.violation.identity: replace(hit, schedule=stopping.without_stops(hit.schedule))
            for hit in self._shorter(search.behaviour.again(), NoJudge(), wanted, self._left(started), found)
        }
        return [best.get(hit.violation.identity, hit) for hit in hits]

    def _shortest(self, found: Exploration, limits: Limits) -> list[Hit]:
        """What was found, each with a shortest schedule as far as that can be known within bounds."""
        by_switches = self.minimise == "switches"
        wanted = {hit.violation.identity for hit in found.hits if by_switches or not hit.shortest}
        if not wanted or found.interrupted:
            return found.hits
        known = found.behaviour.again()
        shorter = self._shorter(known, RuleJudge(known.stepper), wanted, limits, found)
        best = {hit.violation.identity: hit for hit in shorter}
        return [
            best.get(hit.violation.identity, replace(hit, shortest=not by_switches and hit.shortest))
            for hit in found.hits
        ]

    def _shorter(
        self,
        known: Behaviour,
        judge: Judge,
        wanted: Iterable[tuple[object, ...]],
        limits: Limits,
        found: Exploration,
    ) -> list[Hit]:
        """What is wanted with the smallest schedules, as far as they are met within bounds; `known` steps are used."""
        by_switches = self.minimise == "switches"
        kind: type[Explorer] = FewestSwitches if by_switches else NativeSearch if self._native else Search
        most = FEWEST_STATES if by_switches else SHORTEST_STATES
        within = replace(limits, states=min(limits.states or most, most))
        report = self._reporting("shortest schedules")
        shorter = kind(known.stepper, judge, within, report, wanted=wanted, behaviour=known).run()
        found.interrupted = shorter.interrupted
        return shorter.hits


def _endless(violation: Violation, lasso: Lasso) -> Hit:
    return Hit(violation, lasso.stem + lasso.loop, shortest=False, loop=len(lasso.stem))
