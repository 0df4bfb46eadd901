"""Witnesses are minimal: against all schedules of small models, by brute force with the interpreter alone."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, reject

from lockmodel.engine.collect import attempt, reader
from lockmodel.engine.exploration import Hit, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState, Outcome
from lockmodel.engine.native.search import NativeSearch, unavailable
from lockmodel.engine.races import races
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import thread_switches
from lockmodel.exhaustive import Exhaustive
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.random_models import random_specs
from tests.engine.test_exactness import examples, laid_out, layout_of

SCHEDULES = 30_000

Cost = tuple[int, int]
"""(steps, switches)"""


class TooMany(Exception):  # noqa: N818 - the model is passed over
    """More schedules than a test has time for."""


def cheapest(layout: Layout) -> dict[tuple[object, ...], tuple[Cost, Cost]]:
    """For each violation that some schedule ends with: (fewest steps first, fewest switches first), over all schedules.

    Goes through every schedule that does not come back to a state, one by one.
    """
    stepper = Stepper(layout)
    judge = RuleJudge(stepper)
    costs: dict[tuple[object, ...], set[Cost]] = {}
    counted = itertools.count()

    def note(identity: tuple[object, ...], order: tuple[int, ...]) -> None:
        switches = sum(1 for one, other in itertools.pairwise(order) if one != other)
        costs.setdefault(identity, set()).add((len(order), switches))

    def follow(
        memory: bytes, locals_: tuple[LocalState, ...], order: tuple[int, ...], on_way: frozenset[object]
    ) -> None:
        if next(counted) > SCHEDULES:
            raise TooMany
        for violation in judge.shared(memory):
            note(violation.identity, order)
        blocked, moved = [], False
        nexts = []
        for thread, local in enumerate(locals_):
            for choice in range(0 if local.ended else stepper.choices(local)):
                base, step = attempt(stepper, memory, locals_, thread, choice)
                nexts.append((thread, local, step.accesses))
                if step.outcome is Outcome.BLOCKED:
                    blocked.append((thread, step.wants))
                if step.outcome in (Outcome.BLOCKED, Outcome.EXHAUSTED):
                    moved = moved or step.outcome is Outcome.EXHAUSTED
                    for violation in step.violations:
                        note(violation.identity, order)
                    continue
                moved = True
                for violation in step.violations:
                    note(violation.identity, (*order, thread))
                if step.after is not None:
                    after = layout.written(base, step.writes)
                    following = (*locals_[:thread], step.after, *locals_[thread + 1 :])
                    if (after, following) not in on_way:
                        follow(after, following, (*order, thread), on_way | {(after, following)})
        for violation in races(stepper, nexts):
            note(violation.identity, order)
        view = View(layout, memory, locals_, tuple(blocked))
        for violation in (judge.waiting(view) if blocked else []) + ([] if moved else judge.final(view)):
            if violation.broken:
                note(violation.identity, order)

    memory, locals_ = layout.initial, []
    for thread in range(len(layout.setup.threads)):
        begun = stepper.start(thread, reader(layout, memory))
        if begun.after is None or begun.violations:
            raise TooMany
        locals_.append(begun.after)
        memory = layout.written(memory, begun.writes)
    follow(memory, tuple(locals_), (), frozenset({(memory, tuple(locals_))}))
    return {
        identity: (min(all_of), min(all_of, key=lambda cost: (cost[1], cost[0]))) for identity, all_of in costs.items()
    }


def truth_of(layout: Layout) -> dict[tuple[object, ...], tuple[Cost, Cost]]:
    """As `cheapest`, of models that are small enough for it."""
    try:
        return cheapest(layout)
    except TooMany:
        reject()


def races_ahead(hit: Hit) -> bool:
    return hit.violation.rule == "LM301"


def starves(identity: tuple[object, ...]) -> bool:
    return identity[0] == "LM101"


@examples(60)
@given(random_specs(most=2))
def test_no_schedule_has_fewer_steps_nor_as_many_and_fewer_switches(text: str) -> None:
    layout = laid_out(text)
    truth = truth_of(layout)
    kinds = [Search] if unavailable() else [Search, NativeSearch]
    for kind in kinds:
        stepper = Stepper(layout)
        options = {"races": True} if kind is Search else {}
        found = kind(stepper, RuleJudge(stepper), Limits(), **options).run()
        assert kind is not Search or truth.keys() <= {hit.violation.identity for hit in found.hits}
        for hit in found.hits:
            if hit.violation.identity in truth and hit.shortest:
                cost = (len(hit.schedule), thread_switches(hit.schedule))
                assert cost == truth[hit.violation.identity][0], (hit.violation, text)


@examples(40)
@given(random_specs(most=2))
def test_the_whole_way_from_the_reduced_search_gives_the_same(text: str) -> None:
    layout = laid_out(text)
    truth = truth_of(layout)
    for number, minimise in enumerate(("steps", "switches")):
        found, _ = Exhaustive("python", minimise=minimise).explore(layout)
        assert truth.keys() <= {hit.violation.identity for hit in found.hits}
        for hit in found.hits:
            if hit.violation.identity in truth and hit.shortest:
                cost = (len(hit.schedule), thread_switches(hit.schedule))
                least = truth[hit.violation.identity][number]
                # Of the schedules to a data race with the fewest steps any is taken.
                assert cost == least or (races_ahead(hit) and cost[0] == least[0]), (minimise, hit.violation, text)
            proves = minimise == "steps" or not races_ahead(hit)
            assert hit.shortest == proves or starves(hit.violation.identity), text


TWO_WAYS = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct, mark

model = Model("two_ways")


class Box(Struct):
    x: Annotated[int, Range(0, 3)]


@model.path
def careful(box: Box) -> None:
    box.x = 1
    mark("a")
    mark("b")
    mark("c")
    if box.x == 1:
        box.x = 2
        assert box.x != 2


@model.path
def other(box: Box) -> None:
    box.x = 2


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("careful", careful, box)
    m.thread("other", other, box)
"""


@pytest.mark.parametrize("minimise", ["steps", "switches"])
def test_a_hit_says_that_nothing_is_smaller(minimise: str) -> None:
    layout = layout_of(TWO_WAYS)
    assert layout is not None
    found, _ = Exhaustive("python", minimise=minimise, races=False).explore(layout)
    [hit] = found.hits
    assert (hit.shortest, thread_switches(hit.schedule)) == (True, 0)


def test_without_room_for_all_states_it_does_not_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockmodel.exhaustive.SHORTEST_STATES", 3)
    layout = layout_of(TWO_WAYS)
    assert layout is not None
    found, _ = Exhaustive("python").explore(layout)
    assert {hit.shortest for hit in found.hits} == {False}
