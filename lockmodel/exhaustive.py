"""Every interleaving of one scenario: the searches that this takes, one after the other.

search      with reductions: what can be broken at all; without them every state, where that was asked for
starvation  a thread that waits for ever while others go on for ever shows where every state is searched only
shortest    for what was found, the schedules with the fewest steps and switches: every state again, as deep as needed
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lockmodel.engine.exploration import Exploration, Explorer, Hit, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.native import reduced as native_reduced
from lockmodel.engine.native import search as native_search
from lockmodel.engine.native.reduced import NativeReducedSearch
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.reduction.reduced import ReducedSearch
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies.fewest import FewestSwitches
from lockmodel.errors import UsageError
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge

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
    those the fewest steps). `exact` compares whole states where else fingerprints would be.
    """

    engine: str = "auto"
    reduction: bool = True
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    report: Callable[[Tally], None] | None = None
    stop_at: Callable[[str], bool] | None = None
    exact: bool = False
    minimise: str = "steps"

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
        stepper = Stepper(layout, clear_dead=self.reduction)
        judge = RuleJudge(stepper)
        search = self._first(stepper, judge)
        found = search.run()
        if isinstance(search, ReducedSearch) and search.recurs() and not search.reason:
            found = self._with_starvation(stepper, judge, found, self._left(started))
        found.hits = self._shortest(layout, found, self._left(started))
        found.tally = replace(found.tally, seconds=time.monotonic() - started)
        return found, judge

    def _first(self, stepper: Stepper, judge: RuleJudge) -> Explorer:
        if self.reduction:
            if self._native and not native_reduced.unavailable(len(stepper.layout.setup.threads)):
                return NativeReducedSearch(
                    stepper,
                    judge,
                    self.limits,
                    self.report,
                    stop_at=self.stop_at,
                    exact=self.exact,
                    jobs=self.jobs,
                )
            return ReducedSearch(stepper, judge, self.limits, self.report, stop_at=self.stop_at)
        return self._every(stepper, judge, self.limits, self.report)

    def _every(
        self, stepper: Stepper, judge: RuleJudge, limits: Limits, report: Callable[[Tally], None] | None
    ) -> Explorer:
        """A search of every state."""
        if self._native:
            return NativeSearch(
                stepper,
                judge,
                limits,
                report,
                stop_at=self.stop_at,
                keep=False,
                exact=self.exact,
                jobs=self.jobs,
            )
        return Search(stepper, judge, limits, report, stop_at=self.stop_at)

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

    def _shortest(self, layout: Layout, found: Exploration, limits: Limits) -> list[Hit]:
        """What was found, each with a shortest schedule as far as that can be known within bounds."""
        by_switches = self.minimise == "switches"
        wanted = {hit.violation.identity for hit in found.hits if by_switches or not hit.shortest}
        if not wanted or found.interrupted:
            return found.hits
        kind: type[Explorer] = FewestSwitches if by_switches else NativeSearch if self._native else Search
        stepper = Stepper(layout, clear_dead=self.reduction)
        most = FEWEST_STATES if by_switches else SHORTEST_STATES
        within = replace(limits, states=min(limits.states or most, most))
        report = self._reporting("shortest schedules")
        shorter = kind(stepper, RuleJudge(stepper), within, report, wanted=wanted).run()
        found.interrupted = shorter.interrupted
        best = {hit.violation.identity: hit for hit in shorter.hits}
        return [
            best.get(hit.violation.identity, replace(hit, shortest=not by_switches and hit.shortest))
            for hit in found.hits
        ]
