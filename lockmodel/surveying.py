"""What a picture of every schedule is made of: every state where that can be, else those near a finding's schedule.

every       all states with all moves, as many as the limit allows
findings    where there are more: what can fail at all, by the search with reductions
nearby      then the states around the schedule of the one that was picked, again as many as the limit allows
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lockmodel.compile import Worlds, compile_model, load, lower_scenario
from lockmodel.engine.exploration import Exploration, Hit, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Violation
from lockmodel.engine.nearby import Nearby
from lockmodel.engine.state_graph import StateGraph, state_graph
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.errors import IncompleteError, UsageError
from lockmodel.exhaustive import ENDLESS, Exhaustive
from lockmodel.findings.explain import explain
from lockmodel.findings.finding import Finding
from lockmodel.findings.interleavings import Interleavings
from lockmodel.findings.survey import About, Told, survey
from lockmodel.headway import Progress, reporter
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from lockmodel.request import DEFAULT_STATES, CheckOptions
from lockmodel.results import SCHEMA_VERSION, finding_order
from lockmodel.target import choose_scenarios, split_target

GRAPH_STATES = 100_000
"""States that are drawn, folded, where no limit is given: half a minute."""

NEARBY_STATES = 30_000
"""States that are gone on from around a schedule, where no limit is given: ten seconds, and as many to fold them."""


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
        pick,
        limit,
        reporter(progress, records[0].name, 1, 1) if progress else None,
    )
    return surveying.survey(layout, About(SCHEMA_VERSION, spec, model.name, program.design, records[0].name))


@dataclass(frozen=True, slots=True)
class Surveying:
    """How to survey a scenario; `pick` chooses the finding that the picture is about, None for all of them.

    `states` are as many as are drawn if that are all; `searched` as many as are searched with reductions for what can
    fail where there are more.
    """

    engine: str
    reduction: bool
    jobs: int
    limits: Limits
    states: int
    searched: int
    pick: Callable[[Sequence[Finding]], int | None]
    boxes: int
    report: Callable[[Tally], None] | None = None

    def survey(self, layout: Layout, about: About) -> Interleavings:
        """Search a scenario, and tell what it comes to. IncompleteError where nothing near a finding can be shown."""
        started = time.monotonic()
        stepper = Stepper(layout, clear_dead=self.reduction)
        judge = RuleJudge(stepper)
        about = replace(about, unjudged=["LM702"] if judge.claims.eventual else [])
        search = Search(stepper, judge, replace(self.limits, states=self.states), self.report, races=True)
        found = search.run()
        if found.interrupted:
            raise KeyboardInterrupt
        if not found.tally.states:
            raise UsageError(
                f"{about.scenario}: no thread makes a step before a rule is broken\n  Draw --kind witness."
            )
        if not found.reason or found.exhausted:
            told = self._told(found.hits, stepper, judge)
            chosen = self.pick([one.finding for one in told])
            return survey(search, state_graph(search), told, about, picked=chosen, limit=self.boxes)
        del search  # and its states, before others are searched
        return self._around(layout, stepper, judge, found, about, started)

    def _around(
        self, layout: Layout, stepper: Stepper, judge: RuleJudge, every: Exploration, about: About, started: float
    ) -> Interleavings:
        """The same of the states near the schedule of a finding, since there are too many for all of them."""
        limits = replace(self.limits, states=self.searched)
        exhaustive = Exhaustive(
            self.engine, self.reduction, self.jobs, self._left(limits, started), self.report, endless=()
        )
        found, _ = exhaustive.explore(layout)
        if found.interrupted:
            raise KeyboardInterrupt
        told = self._told(found.hits, stepper, judge)
        if not told:
            raise IncompleteError(
                f"not every state could be searched: {every.reason}\n"
                "  Nothing was found around which a part could be drawn. Choose a smaller scenario, or raise the limit."
            )
        chosen = self.pick([one.finding for one in told])
        picked = told[chosen or 0]
        limits = replace(self._left(self.limits, started), states=min(self.states, NEARBY_STATES))
        nearby = Nearby(stepper, judge, limits, self.report, schedule=picked.schedule, behaviour=every.behaviour)
        if nearby.run().interrupted:
            raise KeyboardInterrupt
        graph = state_graph(nearby)
        if picked.violation.identity not in [violation.identity for violation in graph.violations]:
            graph = graph.breaking(_end(graph, picked.schedule), picked.violation)  # such as threads that are lost
        known = {one.violation.identity for one in told}
        others = [violation for violation in graph.violations if violation.identity not in known]
        told += self._told([_met(graph, violation) for violation in others], stepper, judge)
        about = replace(about, cut=every.reason)
        return survey(nearby, graph, told, about, picked=chosen, limit=self.boxes)

    def _told(self, hits: Sequence[Hit], stepper: Stepper, judge: RuleJudge) -> list[Told]:
        told = [
            Told(hit.violation, hit.schedule, explain(hit, stepper, judge, proved=hit.shortest))
            for hit in hits
            if hit.violation.rule not in ENDLESS
        ]
        return sorted(told, key=lambda one: finding_order(one.finding))

    @staticmethod
    def _left(limits: Limits, started: float) -> Limits:
        """What is left of the limits."""
        if limits.seconds is None:
            return limits
        return replace(limits, seconds=max(0.0, limits.seconds - (time.monotonic() - started)))


def _end(graph: StateGraph, schedule: Sequence[Move]) -> int:
    """The state that a schedule ends in."""
    at = 0
    for move in schedule:
        at = next(edge.target for edge in graph.edges[at] if edge.move == move)
    return at


def _met(graph: StateGraph, violation: Violation) -> Hit:
    """A violation that only the states nearby show, with a way to it through them."""
    number = next(n for n, one in enumerate(graph.violations) if one.identity == violation.identity)
    ways: dict[int, tuple[Move, ...]] = {0: ()}
    waiting = deque([0])
    while waiting:
        at = waiting.popleft()
        if number in graph.broken[at]:
            return Hit(violation, ways[at], shortest=False)
        for edge in graph.edges[at]:
            if number in edge.broken:
                return Hit(violation, (*ways[at], edge.move), shortest=False)
            if edge.target not in ways:
                ways[edge.target] = (*ways[at], edge.move)
                waiting.append(edge.target)
    raise AssertionError(f"{violation.rule} is broken nowhere")
