"""Edges between lock classes, and which of their cycles can block: judged from facts alone."""

from __future__ import annotations

import pytest

from lockmodel.properties.order.graph import Fact, cycles_of, edges_of, written
from lockmodel.properties.order.question import about_cycle, gate
from tests.order.facts import fact


def cycles(*facts: Fact) -> list[tuple[str, str]]:
    return [(cycle.text, cycle.weak) for cycle in cycles_of(edges_of(facts), written(facts))]


def links(*facts: Fact) -> list[tuple[str, str]]:
    return [(edge.outer, edge.inner) for edge in edges_of(facts) if not edge.tried]


def test_every_lock_that_is_held_is_above_the_one_that_is_asked_for() -> None:
    assert links(fact("a", "b", asks="c")) == [("a", "c"), ("b", "c")]


def test_a_lock_under_itself_is_no_edge_and_two_of_a_class_are_one() -> None:
    assert links(fact("Fork#1", asks="Fork#1")) == []
    assert links(fact("Fork#1", asks="Fork#2")) == [("Fork", "Fork")]


def test_two_of_a_class_in_their_declared_order_are_no_edge() -> None:
    assert links(fact("Fork#1", "a", asks="Fork#2", ordered=("Fork#1",))) == [("a", "Fork")]


def test_two_of_a_class_of_which_one_was_told_a_subclass_are_of_two_classes() -> None:
    assert links(fact("Dir#1", asks="Dir/1#2")) == [("Dir", "Dir/1")]
    assert cycles(fact("Dir#1", asks="Dir/1#2")) == []
    assert cycles(fact("Dir#1", asks="Dir/1#2"), fact("Dir/1#1", asks="Dir#2")) == [("Dir -> Dir/1 -> Dir", "")]


def test_a_reader_waits_behind_writers_of_any_subclass() -> None:
    readers = [fact("a:read", asks="b/1", mode="read"), fact("b/1:read", asks="a", mode="read")]
    assert cycles(*readers) == [("a -> b/1 -> a", "read mode")]
    assert cycles(*readers, fact(asks="a"), fact(asks="b")) == [("a -> b/1 -> a", "")]


def test_a_lock_that_is_tried_is_no_edge_but_once_held_it_is_above() -> None:
    assert links(fact("a", asks="b", trying=True), fact("a", "b", asks="c")) == [("a", "c"), ("b", "c")]


def test_the_first_fact_of_an_edge_is_of_the_first_scenario() -> None:
    (edge,) = edges_of([fact("a", asks="b", scenario=1), fact("a", asks="b", scenario=0)])
    assert [shown.scenario for shown in edge.facts] == [0, 1]


CYCLES = [
    ("two orders", [fact("a", asks="b"), fact("b", asks="a")], [("a -> b -> a", "")]),
    ("one order", [fact("a", asks="b"), fact("a", "b", asks="c")], []),
    ("one class", [fact("Fork#1", asks="Fork#2")], [("Fork -> Fork", "")]),
    ("tried", [fact("a", asks="b"), fact("b", asks="a", trying=True)], [("a -> b -> a", "trylock")]),
    (
        "readers on one side",
        [fact("a", asks="b", mode="recursive"), fact("b:read", asks="a")],
        [("a -> b -> a", "read mode")],
    ),
    (
        "a reader that meets a writer",
        [fact("a", asks="b", mode="recursive"), fact("b", asks="a")],
        [("a -> b -> a", "")],
    ),
    (
        "a writer that meets a reader",
        [fact("a", asks="b"), fact("b:read", asks="a")],
        [("a -> b -> a", "")],
    ),
    (
        "readers that queue, and nobody writes",
        [fact("a", asks="b", mode="read"), fact("b:read", asks="a")],
        [("a -> b -> a", "read mode")],
    ),
    (
        "readers that queue behind a writer",
        [fact("a", asks="b", mode="read"), fact("b:read", asks="a"), fact(asks="b")],
        [("a -> b -> a", "")],
    ),
    (
        "recursive readers do not queue",
        [fact("a", asks="b", mode="recursive"), fact("b:read", asks="a"), fact(asks="b")],
        [("a -> b -> a", "read mode")],
    ),
    (
        "three in turn",
        [fact("a", asks="b"), fact("b", asks="c"), fact("c", asks="a")],
        [("a -> b -> c -> a", "")],
    ),
    (
        "two that meet in a lock",
        [fact("a", asks="b"), fact("b", asks="a"), fact("b", asks="c"), fact("c", asks="b")],
        [("a -> b -> a", ""), ("b -> c -> b", "")],
    ),
    (
        "a short way for each step",
        [fact("a", asks="b"), fact("b", asks="a"), fact("b", asks="c"), fact("c", asks="a")],
        [("a -> b -> a", ""), ("a -> b -> c -> a", "")],
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [case[1:] for case in CYCLES], ids=[case[0] for case in CYCLES])
def test_a_cycle_counts_where_each_has_to_wait_for_the_next(facts: list[Fact], expected: list[tuple[str, str]]) -> None:
    assert cycles(*facts) == expected
    assert cycles(*reversed(facts)) == expected


def test_a_cycle_is_shown_in_as_many_ways_as_there_are_paths_for_each_of_its_steps() -> None:
    facts = [
        fact("a", asks="b"),
        fact("a", asks="b", entry="other"),
        fact("b", asks="a"),
        fact("b", asks="a", scenario=2),
    ]
    edges = edges_of(facts)
    (cycle,) = cycles_of(edges, written(facts))
    ways = list(about_cycle(cycle, edges).ways(written(facts)))
    assert [[[f.scenario for f in group] for group in way] for way in ways] == [[[0], [0, 2]], [[0], [0, 2]]]


def test_it_takes_two_threads_to_wait_for_each_other_in_one_class() -> None:
    facts = [fact("Fork#1", asks="Fork#2")]
    (cycle,) = cycles_of(edges_of(facts), written(facts))
    assert len(about_cycle(cycle, edges_of(facts)).parts) == 2


def test_a_gate_is_one_lock_that_both_hold_and_one_of_them_to_write() -> None:
    assert gate(((fact("g", "a", asks="b"),), (fact("g", "b", asks="a"),))) == "g"
    assert gate(((fact("Box#1", "a", asks="b"),), (fact("Box#2", "b", asks="a"),))) == ""
    assert gate(((fact("g:read", "a", asks="b"),), (fact("g:read", "b", asks="a"),))) == ""
