"""What can still become of a state, and which states are shown as one, against naive definitions of the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.state_graph import StateGraph, state_graph
from lockmodel.engine.step import Stepper
from lockmodel.findings.fate import fates
from lockmodel.findings.regions import by_fate, forced, runs
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.machines import write_machine
from tests.engine.random_models import rich_specs
from tests.engine.test_exactness import layout_of as random_layout

CLASSIC = Path(__file__).parents[2] / "specs" / "classic"
SCENARIOS = [
    ("abba", "two_threads", None),
    ("abba", "two_threads", "ordered"),
    ("lost_update", "two_threads", None),
    ("philosophers", "left_first[n=3]", None),
    ("philosophers", "lower_first[n=3]", None),
    ("peterson", "two_threads", None),
    ("bounded_buffer", "two_producers_two_consumers", None),
]

POOL = """
@model.path
def makes(box: Box) -> None:
    one = kmem_cache_alloc(items, GFP_KERNEL)
    box.first = one
    one = kmem_cache_alloc(items, GFP_KERNEL)
    box.first = one
    one = kmem_cache_alloc(items, GFP_KERNEL)
    box.first = one
"""


def layout_of(spec: Path, name: str, design: str | None = None) -> Layout:
    model = load(str(spec))
    program = compile_model(model, design, {})
    return Layout(program, lower_scenario(model, model.scenarios[name], program))


def graph_of(layout: Layout) -> StateGraph:
    stepper = Stepper(layout, clear_dead=False)
    search = Search(stepper, RuleJudge(stepper), Limits(), races=True)
    search.run()
    return state_graph(search)


@pytest.fixture(params=SCENARIOS, ids=lambda given: "-".join(str(part) for part in given if part))
def layout(request: pytest.FixtureRequest) -> Layout:
    spec, name, design = request.param
    return layout_of(CLASSIC / f"{spec}.py", name, design)


def test_the_graph_has_every_state_every_move_and_every_finding(layout: Layout) -> None:
    truth = brute_force(Stepper(layout, clear_dead=False))
    graph = graph_of(layout)
    assert truth is not None
    assert (graph.states, sum(map(len, graph.edges))) == (truth.states, truth.transitions)
    found = {violation.identity for violation in graph.violations if violation.rule != "LM301"}  # races: test_races
    assert found == set(truth.steps)
    assert sum(graph.final(number) for number in range(graph.states)) == len(truth.finals)


def test_what_can_be_reached_is_what_some_way_comes_to(layout: Layout) -> None:
    graph = graph_of(layout)
    told = fates(graph)
    for number in range(len(graph.edges)):
        seen, waiting, found = {number}, [number], set[int]()
        while waiting:
            at = waiting.pop()
            found.update(graph.broken[at])
            for edge in graph.edges[at]:
                found.update(edge.broken)
                if edge.target not in seen:
                    seen.add(edge.target)
                    waiting.append(edge.target)
        assert told.reachable[number] == sum(1 << rule for rule in found)


def test_doomed_is_what_no_way_avoids(layout: Layout) -> None:
    graph = graph_of(layout)
    avoids = {number for number, broken in enumerate(graph.broken) if not broken}
    while True:
        kept = {
            number
            for number in avoids
            if not graph.edges[number] or any(not edge.broken and edge.target in avoids for edge in graph.edges[number])
        }
        if kept == avoids:
            break
        avoids = kept
    assert [not doomed for doomed in fates(graph).doomed] == [number in avoids for number in range(len(graph.edges))]


def leaving(graph: StateGraph, region: list[int], number: int) -> set[tuple[object, ...]]:
    """The moves that leave a state's region, also after others within it."""
    seen, waiting, found = {number}, [number], set[tuple[object, ...]]()
    while waiting:
        for edge in graph.edges[waiting.pop()]:
            if region[edge.target] != region[number] or edge.broken:
                found.add((edge.move[0], edge.broken, region[edge.target]))
            elif edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)
    return found


def test_states_of_a_region_have_the_same_fate_and_the_same_ways_out(layout: Layout) -> None:
    graph = graph_of(layout)
    told = fates(graph)
    region = by_fate(graph, told)
    first: dict[int, int] = {}
    for number in range(len(graph.edges)):
        other = first.setdefault(region[number], number)
        assert told.reachable[number] == told.reachable[other]
        assert told.doomed[number] == told.doomed[other]
        assert graph.broken[number] == graph.broken[other]
        assert leaving(graph, region, number) == leaving(graph, region, other)


def test_a_run_ends_where_there_is_a_choice(layout: Layout) -> None:
    graph = graph_of(layout)
    region = runs(graph)
    for its in range(1 + max(region)):
        states = [number for number in range(graph.states) if region[number] == its]
        assert sum(not forced(graph, number) for number in states) <= 1
        for number in states:
            if number and forced(graph, number):
                assert its in (region[graph.edges[number][0].target], region[number])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(endless=True))
def test_random_models_have_the_same_findings_and_regions_of_one_fate(text: str) -> None:
    layout = random_layout(text)
    if layout is None:
        return
    stepper = Stepper(layout)
    search = Search(stepper, RuleJudge(stepper), Limits(states=800), races=True)
    found = search.run()
    if (found.reason and not found.exhausted) or not found.tally.states:
        return
    graph = state_graph(search)
    assert {violation.identity for violation in graph.violations} == {hit.violation.identity for hit in found.hits}
    told = fates(graph)
    region = by_fate(graph, told)
    first: dict[int, int] = {}
    for number in range(len(graph.edges)):
        other = first.setdefault(region[number], number)
        assert (told.reachable[number], told.doomed[number]) == (told.reachable[other], told.doomed[other])
        assert leaving(graph, region, number) == leaving(graph, region, other)


def test_of_one_finding_alone_the_others_do_not_matter() -> None:
    graph = graph_of(layout_of(CLASSIC / "lost_update.py", "two_threads"))
    rules = [violation.rule for violation in graph.violations]
    assert rules == ["LM301", "LM701"]
    whole, race, claim = fates(graph), fates(graph.about(0)), fates(graph.about(1))
    assert (whole.doomed[0], race.doomed[0], claim.doomed[0]) == (True, True, False)
    assert [found & 1 for found in whole.reachable] == list(race.reachable)
    assert [found & 2 for found in whole.reachable] == list(claim.reachable)


def test_what_lies_behind_a_pool_that_ran_out_is_not_called_safe(tmp_path: Path) -> None:
    spec = write_machine(tmp_path, POOL, "for name in 'abc':\n    m.thread(name, makes, box)")
    graph = graph_of(layout_of(spec, "scenario"))
    told = fates(graph)
    assert [end.cut for end in graph.ends if end.cut]
    assert told.cut[0]
    assert not told.safe(0)
