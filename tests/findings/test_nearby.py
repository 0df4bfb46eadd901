"""What is known of the states near a schedule is true of them among all states."""

from __future__ import annotations

import pytest

from lockmodel.compile import Worlds, compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.nearby import Nearby
from lockmodel.engine.state_graph import StateGraph, state_graph
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.findings.fate import Fates, fates
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from lockmodel.target import choose_scenarios

SPECS = [
    ("specs/classic/abba.py", "two_threads", "plain"),
    ("specs/classic/philosophers.py", "left_first[n=4]", None),
    ("specs/classic/bounded_buffer.py", "two_producers_two_consumers", "mutex-first"),
    ("specs/spine.py", "ignore-ignore/one-inode", "2005"),
]


def prepare(spec: str, scenario: str, design: str | None) -> tuple[Stepper, RuleJudge]:
    model = load(spec)
    program = compile_model(model, design, {})
    record = choose_scenarios(model, Worlds(model, program, {}), scenario, spec)[0]
    stepper = Stepper(Layout(program, lower_scenario(model, record, program)))
    return stepper, RuleJudge(stepper)


def whole(stepper: Stepper, judge: RuleJudge) -> tuple[Search, tuple[Move, ...]]:
    """Every state, and the first of the schedules to what was found."""
    search = Search(stepper, judge, Limits(), races=True)
    return search, search.run().hits[0].schedule


def near(every: Search, schedule: tuple[Move, ...], room: int | None) -> Nearby:
    """What is found around a schedule; with the names that the search of every state gave, so that states compare."""
    behaviour = every.behaviour
    search = Nearby(behaviour.stepper, every.judge, Limits(room), schedule=schedule, behaviour=behaviour)
    search.run()
    return search


def told(graph: StateGraph, its: Fates, number: int) -> tuple[frozenset[object], bool, bool]:
    reachable = {violation.identity for n, violation in enumerate(graph.violations) if its.reachable[number] >> n & 1}
    return frozenset(reachable), its.doomed[number], its.hopeless[number]


@pytest.mark.parametrize(("spec", "scenario", "design"), SPECS)
def test_with_room_enough_every_state_is_near(spec: str, scenario: str, design: str | None) -> None:
    stepper, judge = prepare(spec, scenario, design)
    search, schedule = whole(stepper, judge)
    part = near(search, schedule, None)
    graph, all_of_it = state_graph(part), state_graph(search)
    assert (graph.states, graph.ahead) == (all_of_it.states, frozenset())
    its, every = fates(graph), fates(all_of_it)
    for number, state in enumerate(part.keys):
        assert told(graph, its, number) == told(all_of_it, every, search.numbers[state])


@pytest.mark.parametrize("room", [1, 7, 20, 60, 150])
@pytest.mark.parametrize(("spec", "scenario", "design"), SPECS)
def test_what_is_known_of_a_part_is_true_of_the_whole(spec: str, scenario: str, design: str | None, room: int) -> None:
    stepper, judge = prepare(spec, scenario, design)
    search, schedule = whole(stepper, judge)
    part = near(search, schedule, room)
    assert len(part.edges.places) <= room + 2 * len(schedule) + 2
    graph, all_of_it = state_graph(part), state_graph(search)
    its, every = fates(graph), fates(all_of_it)
    for number, state in enumerate(part.keys):
        known, doomed, hopeless = told(graph, its, number)
        true, is_doomed, _ = told(all_of_it, every, search.numbers[state])
        assert known <= true
        assert is_doomed or not doomed
        assert hopeless or not is_doomed
        if not its.cut[number]:
            assert (known, doomed) == (true, is_doomed)


def test_every_state_of_the_schedule_is_there_and_was_gone_on_from() -> None:
    stepper, judge = prepare(*SPECS[3])
    search, schedule = whole(stepper, judge)
    part = near(search, schedule, 1)
    graph = state_graph(part)
    at, broken = 0, False
    for move in schedule:
        assert at not in graph.ahead
        edge = next(edge for edge in graph.edges[at] if edge.move == move)
        at, broken = edge.target, bool(edge.broken)
    assert broken or graph.broken[at]
