"""Preemption-bounded search: at each bound what every schedule with so few preemptions shows, and no more."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings

from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.local import Outcome
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies.preemption import Preemption
from lockmodel.engine.strategies.strategy import Settings
from lockmodel.findings.explain import explain
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.random_models import random_specs
from tests.engine.strategies import naive
from tests.engine.test_exactness import TIMES, layout_of

STATES = 3_000
MANY = 1_000
"""More preemptions than any schedule of a random model has."""


def explore(layout: Layout, bound: int | None, most: int | None = None) -> tuple[Preemption, Exploration, Stepper]:
    stepper = Stepper(layout)
    search = Preemption(stepper, RuleJudge(stepper), Limits(states=most), settings=Settings(preemptions=bound))
    return search, search.run(), stepper


def preemptions(stepper: Stepper, schedule: tuple[tuple[int, int], ...]) -> int:
    """How many preemptions a schedule has."""
    state, _ = naive.begin(stepper)
    last, count = -1, 0
    for thread, choice in schedule:
        assert state is not None
        made = naive.moves(stepper, state)
        count += thread != last and last in {m.thread for m in made if m.step.outcome is not Outcome.BLOCKED}
        state = next(m.after for m in made if (m.thread, m.choice) == (thread, choice))
        last = thread
    return count


def check(text: str) -> None:
    layout = layout_of(text)
    assume(layout is not None)
    assert layout is not None
    truth = brute_force(Stepper(layout), STATES)
    assume(truth is not None)
    assert truth is not None
    search, found, _ = explore(layout, MANY)
    assert {hit.violation.identity for hit in found.hits} == set(truth.steps), text
    assert found.tally.states == truth.states
    assert found.tally.transitions == truth.transitions
    assert (found.reason == "") == (not truth.exhausted)
    for bound in range(len(search.fresh) if truth.states else 0):
        few = naive.bounded(Stepper(layout), bound)
        assume(few is not None)
        _, found, stepper = explore(layout, bound)
        assert {hit.violation.identity for hit in found.hits} == few, (bound, text)
        for hit in found.hits:
            explain(hit, stepper, RuleJudge(stepper), proved=False)
            assert preemptions(stepper, hit.schedule) <= bound


@settings(max_examples=60 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=2, most=4))
def test_each_bound_shows_what_its_schedules_show(text: str) -> None:
    check(text)


@settings(max_examples=20 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=3, most=2))
def test_three_threads_as_well(text: str) -> None:
    check(text)
