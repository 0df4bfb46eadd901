"""The search says the same as the interpreter alone, and the same with and without reductions: on random models."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.errors import SpecError, UsageError
from lockmodel.findings.explain import explain
from lockmodel.findings.token import decode
from lockmodel.findings.trace import Trace, run, violations
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.random_models import random_specs

MOST = 4_000
"""States of a random model; larger ones are passed over."""

TIMES = int(os.environ.get("EXAMPLES_TIMES", "1"))
"""How many times the usual number of examples: for a night, or before a release."""


def layout_of(text: str) -> Layout | None:
    """The layout of a random spec's scenario; None where the compiler refuses it (it may)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random_model.py"
        path.write_text(text)
        try:
            model = load(str(path))
            program = compile_model(model, None, {})
            return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))
        except SpecError:
            return None


def laid_out(text: str) -> Layout:
    """The layout of a random spec's scenario, of those that compile."""
    layout = layout_of(text)
    assume(layout is not None)
    assert layout is not None
    return layout


def examples(number: int) -> settings:
    """So many random models, whatever time they take."""
    return settings(max_examples=number * TIMES, deadline=None, suppress_health_check=list(HealthCheck))


def explore(layout: Layout, *, reduction: bool) -> tuple[Exploration, Stepper]:
    stepper = Stepper(layout, clear_dead=reduction)
    return Search(stepper, RuleJudge(stepper), Limits(states=MOST * 8)).run(), stepper


@examples(120)
@given(random_specs())
def test_search_and_interpreter_and_reductions_agree(text: str) -> None:
    layout = laid_out(text)
    truth = brute_force(Stepper(layout, clear_dead=False), MOST)
    assume(truth is not None)
    assert truth is not None
    for reduction in (False, True):
        found, stepper = explore(layout, reduction=reduction)
        lengths = {hit.violation.identity: len(hit.schedule) for hit in found.hits}
        assert lengths == truth.steps, text
        assert bool(found.exhausted) == truth.exhausted
        if not reduction:
            assert (found.tally.states, found.tally.transitions) == (truth.states, truth.transitions)
        for hit in found.hits:
            finding = explain(hit, stepper, RuleJudge(stepper), proved=True)
            schedule = decode(finding.schedule)
            again = violations(run(stepper, schedule.moves), RuleJudge(stepper))
            assert hit.violation.identity in {violation.identity for violation in again}


@examples(25)
@given(random_specs(threads=3, most=3))
def test_three_threads_agree_as_well(text: str) -> None:
    layout = laid_out(text)
    truth = brute_force(Stepper(layout, clear_dead=False), MOST)
    assume(truth is not None)
    assert truth is not None
    found, _ = explore(layout, reduction=True)
    assert {hit.violation.identity: len(hit.schedule) for hit in found.hits} == truth.steps, text


@examples(40)
@given(random_specs(most=3))
def test_no_schedule_of_the_same_length_to_the_same_state_switches_less(text: str) -> None:
    layout = laid_out(text)
    found, stepper = explore(layout, reduction=True)
    for hit in found.hits:
        if 0 < len(hit.schedule) <= 9 and all(choice == 0 for _, choice in hit.schedule):
            chosen = tuple(thread for thread, _ in hit.schedule)
            # Of a rule that a step breaks, the way to the state before it counts.
            before = run(stepper, hit.schedule[:-1])
            least = min(switches(order) for order in orders(chosen) if reaches(stepper, order[:-1], before))
            assert switches(chosen) <= least


def switches(order: tuple[int, ...]) -> int:
    return sum(1 for a, b in itertools.pairwise(order) if a != b)


def orders(chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every order of the same moves of two threads that ends in the same one."""
    body = chosen[:-1]
    for ones in itertools.combinations(range(len(body)), sum(body)):
        yield (*(int(n in ones) for n in range(len(body))), chosen[-1])


def reaches(stepper: Stepper, order: tuple[int, ...], goal: Trace) -> bool:
    try:
        there = run(stepper, [(thread, 0) for thread in order])
    except UsageError:
        return False
    if len(there.moments) != len(goal.moments):
        return False
    return (there.state, there.locals) == (goal.state, goal.locals)
