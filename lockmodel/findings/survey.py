"""Every schedule of a scenario as one graph that a person can read: states folded into regions, around a finding.

Takes a search without reductions that kept its transitions, complete or around a schedule; gives an `Interleavings`.
States are folded as little as the limit allows: runs without a choice; then what is the same in fate and in locks held;
then in fate. Where even that is too much, what lies around the schedule of one finding is shown, and the rest as a few
summaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from lockmodel.engine.collect import attempt
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Violation
from lockmodel.engine.reduction.cycles import has_cycle
from lockmodel.engine.state_graph import Edge, StateGraph
from lockmodel.engine.transitions import Move
from lockmodel.findings.fate import Fates, fates
from lockmodel.findings.finding import Finding
from lockmodel.findings.interleavings import Deed, Interleavings, Passage, Region
from lockmodel.findings.regions import by_fate, forced, runs
from lockmodel.findings.slice import around, stretched

FOLDINGS = ("runs", "locks", "fate")
"""From the one that folds least."""

TRIVIAL = 3
"""Boxes that say no more than what may become of a scenario, and not how: where every state can be come back to."""


@dataclass(frozen=True, slots=True)
class About:
    """What a survey repeats of the run: names, rules that its search does not judge, why it has not every state."""

    schema_version: int
    spec: str
    model: str
    design: str
    scenario: str
    unjudged: list[str] = field(default_factory=list)
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What was found: the violation, its schedule, and the finding that is told of it."""

    violation: Violation
    schedule: tuple[Move, ...]
    finding: Finding


def survey(
    search: Search, graph: StateGraph, found: Sequence[Told], about: About, *, picked: int | None, limit: int
) -> Interleavings:
    """The graph of a search, in at most `limit` regions where that can be.

    `picked` is the number of the one finding that it is about; None: it is about all, with the first one's schedule.
    """
    return _Survey(search, graph, found, picked).tell(about, limit)


class _Survey:
    """Folds one state graph, and tells what it comes to."""

    def __init__(self, search: Search, graph: StateGraph, found: Sequence[Told], picked: int | None) -> None:
        self.search = search
        self.whole = graph
        self.findings = [one.finding for one in found]
        self.picked = (picked or 0) if found else -1
        self.alone = picked is not None
        numbers = {one.violation.identity: number for number, one in enumerate(found)}
        self.number_of = [numbers[violation.identity] for violation in graph.violations]
        self.graph = graph.about(self.number_of.index(self.picked)) if self.alone else graph
        self.fates: Fates = fates(self.graph)
        self.way = self._follow(found[self.picked].schedule) if found else self._shortest_end()
        self.threads = [thread.name for thread in search.layout.setup.threads]
        self.held = [tuple(local.held for local in search.view(n).locals) for n in range(self.graph.states)]
        self.deeds: dict[int, Deed] = {}

    def tell(self, about: About, limit: int) -> Interleavings:
        graph = self.graph
        foldings = {
            "runs": runs(graph),
            "locks": by_fate(graph, self.fates, self._held_where_it_matters()),
            "fate": by_fate(graph, self.fates),
        }
        sizes = {name: 1 + max(regions) for name, regions in foldings.items()}
        fitting = next((name for name in FOLDINGS if sizes[name] <= limit), FOLDINGS[-1])
        folding = self._telling(foldings, limit) if about.cut else fitting
        if sizes[folding] <= TRIVIAL < limit and self.findings and folding == "fate":
            folding = "locks"  # a part of it tells more than the whole does when it says no more than: it may fail
        region = foldings[folding]
        regions = self._regions(region)
        passages = self._passages(region, run=folding == "runs")
        distance = None
        if len(regions) > limit:
            way = list(dict.fromkeys(region[number] for number in (0, *(edge.target for _, edge in self.way))))
            if len(way) > limit:
                distance, (regions, passages) = 0, stretched(regions, passages, way)
            else:
                distance, regions, passages = around(regions, passages, way, limit)
        return Interleavings(
            about.schema_version,
            about.spec,
            about.model,
            about.design,
            about.scenario,
            self.threads,
            graph.states,
            sum(map(len, graph.edges)),
            sum(graph.final(number) for number in range(graph.states)),
            about.unjudged + (["LM104"] if self._endless() else []),
            self.findings,
            self.picked,
            self.alone,
            folding,
            sizes,
            limit,
            distance,
            regions,
            passages,
            cut=about.cut,
            ahead=len(graph.ahead),
        )

    def _telling(self, foldings: Mapping[str, Sequence[int]], limit: int) -> str:
        """Of a part the folding that folds least and still shows the schedule and every way off it."""
        for name, region in foldings.items():
            way = {region[number] for number in (0, *(edge.target for _, edge in self.way))}
            states = [number for number, its in enumerate(region) if its in way]
            near = way | {region[edge.target] for number in states for edge in self.graph.edges[number]}
            if len(near) <= limit:
                return name
        return FOLDINGS[-1]

    def _endless(self) -> bool:
        """Does some execution go on for ever?"""
        edges = enumerate(self.graph.edges)
        return self.search.cyclic and has_cycle({n: [edge.target for edge in of] for n, of in edges})

    # --- the schedule that is marked ----------------------------------------------------------------------------

    def _follow(self, schedule: Sequence[Move]) -> list[tuple[int, Edge]]:
        """The moves of a schedule, each with the state that it leaves."""
        at, way = 0, []
        for move in schedule:
            edge = next(edge for edge in self.graph.edges[at] if edge.move == move)
            way.append((at, edge))
            at = edge.target
        return way

    def _shortest_end(self) -> list[tuple[int, Edge]]:
        """A shortest way to a final state, where nothing is found; none where every execution goes on for ever."""
        graph = self.graph
        at = next((number for number in range(graph.states) if graph.final(number)), 0)
        came: dict[int, tuple[int, Edge]] = {}
        for number in range(graph.states):
            for edge in graph.edges[number]:
                if edge.target and edge.target != number:
                    came.setdefault(edge.target, (number, edge))
        way: list[tuple[int, Edge]] = []
        while at:
            way.append(came[at])
            at = came[at][0]
        return way[::-1]

    def _held_where_it_matters(self) -> list[tuple[tuple[int, ...], ...]]:
        """The locks that each thread holds, by state; none where nothing can fail any more but something could."""
        fails = not self.fates.safe(0)
        return [() if fails and self.fates.safe(number) else held for number, held in enumerate(self.held)]

    # --- regions ------------------------------------------------------------------------------------------------

    def _regions(self, region: Sequence[int]) -> list[Region]:
        graph, held = self.graph, self.held
        members: list[list[int]] = [[] for _ in range(1 + max(region))]
        for number, its in enumerate(region):
            members[its].append(number)
        return [
            Region(
                number=number,
                states=sum(state < graph.states for state in states),
                finals=sum(graph.final(state) for state in states),
                fate=self._fate(states),
                reaches=self._numbers(
                    rule for rule in range(len(self.number_of)) if self.fates.reachable[states[-1]] >> rule & 1
                ),
                breaks=self._numbers(rule for state in states for rule in graph.broken[state]),
                holds=self._holds([held[state] for state in states if state < graph.states]),
                first=region[0] == number,
                goes_round=self._goes_round(states, region),
                cut=next((end.cut for state in states if (end := graph.end(state)) is not None), ""),
                also=self._numbers(rule for state in states for rule in self.whole.broken[state]) if self.alone else [],
            )
            for number, states in enumerate(members)
        ]

    def _numbers(self, rules: Any) -> list[int]:
        return sorted({self.number_of[rule] for rule in rules})

    def _fate(self, states: Sequence[int]) -> str:
        """What becomes of the states of a region: it is the same for all of them."""
        state = states[-1]
        if self.fates.doomed[state]:
            return "doomed"
        if self.fates.reachable[state]:
            return "risky" if self.fates.hopeless[state] else "open"
        return "unknown" if self.fates.cut[state] else "safe"

    def _holds(self, held: Sequence[tuple[tuple[int, ...], ...]]) -> list[str]:
        """Who holds what in all of the states."""
        name = self.search.layout.member_name
        told = []
        for thread, its in enumerate(self.threads):
            always = [lock for lock in held[0][thread] if all(lock in one[thread] for one in held)] if held else []
            if always:
                told.append(f"{its}: {', '.join(dict.fromkeys(name(lock) for lock in always))}")
        return told

    def _goes_round(self, states: Sequence[int], region: Sequence[int]) -> bool:
        """Is there a cycle within the region: is anything left when states without a way on go, again and again?"""
        inside = {
            state: [edge.target for edge in self.graph.edges[state] if region[edge.target] == region[state]]
            for state in states
        }
        before: dict[int, list[int]] = {state: [] for state in states}
        left = {state: len(targets) for state, targets in inside.items()}
        for state, targets in inside.items():
            for target in targets:
                before[target].append(state)
        gone = [state for state in states if not left[state]]
        for state in gone:
            for earlier in before[state]:
                left[earlier] -= 1
                if not left[earlier]:
                    gone.append(earlier)
        return len(gone) < len(states)

    # --- passages -----------------------------------------------------------------------------------------------

    def _passages(self, region: Sequence[int], *, run: bool) -> list[Passage]:
        """The moves between regions, by thread and by what they break; those within one that break something too."""
        graph = self.graph
        marked = {(number, edge.move) for number, edge in self.way} if self.picked >= 0 else set()
        found: dict[tuple[object, ...], Passage] = {}
        for number in range(graph.states):
            for edge in graph.edges[number]:
                source, target = region[number], region[edge.target]
                if source == target and not edge.broken and (not run or forced(graph, number)):
                    continue
                deeds = self._run(edge, region) if run else [self._deed(edge)]
                key = (source, target, edge.move[0], edge.broken, tuple(deeds) if run else ())
                known = found.get(key)
                passage = known or Passage(
                    source,
                    target,
                    self.threads[edge.move[0]],
                    deeds,
                    run,
                    0,
                    self._numbers(edge.broken),
                    pivot=not self.fates.doomed[number] and (bool(edge.broken) or self.fates.doomed[edge.target]),
                )
                found[key] = replace(
                    passage,
                    deeds=passage.deeds if run else self._deeds(passage.deeds, deeds, (number, edge.move) in marked),
                    moves=passage.moves + 1,
                    witness=passage.witness or (number, edge.move) in marked,
                )
        return list(found.values())

    @staticmethod
    def _deeds(known: list[Deed], more: list[Deed], marked: bool) -> list[Deed]:
        """Each once; what the marked schedule does is the first of them."""
        return list(dict.fromkeys([*more, *known] if marked else [*known, *more]))

    def _run(self, edge: Edge, region: Sequence[int]) -> list[Deed]:
        """A move and those that must follow it, up to a state in which there is a choice."""
        deeds, at, seen = [self._deed(edge)], edge.target, {edge.target}
        while forced(self.graph, at):
            following = self.graph.edges[at][0]
            if region[following.target] != region[at] or following.target in seen:
                break
            deeds.append(self._deed(following))
            at = following.target
            seen.add(at)
        return deeds

    def _deed(self, edge: Edge) -> Deed:
        """What a step does, as the interpreter tells it."""
        known = self.deeds.get(edge.step)
        if known is None:
            number, (thread, choice) = self.graph.steps[edge.step]
            view = self.search.view(number)
            _, step = attempt(self.search.behaviour.stepper, view.state, view.locals, thread, choice)
            known = self.deeds[edge.step] = Deed(
                self.threads[thread], step.operation, step.site.source or step.site.spec
            )
        return known
