"""A schedule that is made smaller still breaks the same rule, and is never longer."""

from __future__ import annotations

from hypothesis import given

from lockmodel.engine.exploration import Limits
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies import STRATEGIES
from lockmodel.engine.strategies.strategy import Settings
from lockmodel.engine.transitions import thread_switches
from lockmodel.findings.shorten import Shortener
from lockmodel.findings.trace import run, violations
from lockmodel.properties.judge import RuleJudge
from tests.engine.random_models import random_specs
from tests.engine.test_exactness import examples, laid_out, layout_of


@examples(40)
@given(random_specs(threads=3, most=3))
def test_what_comes_out_breaks_the_same_rule(text: str) -> None:
    layout = laid_out(text)
    stepper = Stepper(layout)
    judge = RuleJudge(stepper)
    found = STRATEGIES["walk"](stepper, judge, Limits(), settings=Settings(runs=5)).run()
    for hit in found.hits:
        smaller = Shortener(stepper, judge).shorten(hit)
        assert len(smaller.schedule) <= len(hit.schedule)
        if len(smaller.schedule) == len(hit.schedule):
            assert thread_switches(smaller.schedule) <= thread_switches(hit.schedule)
        again = violations(run(stepper, smaller.schedule), judge)
        assert hit.violation.identity in {violation.identity for violation in again}, text


def test_threads_that_are_not_needed_are_left_out() -> None:
    layout = layout_of(IDLE)
    assert layout is not None
    stepper = Stepper(layout)
    judge = RuleJudge(stepper)
    [hit] = STRATEGIES["walk"](stepper, judge, Limits(), settings=Settings(runs=20)).run().hits
    assert Shortener(stepper, judge).shorten(hit).schedule == ((0, 0), (0, 0))


IDLE = """\
from __future__ import annotations

from lockmodel import Model, Scenario, Struct, mark

model = Model("idle")


class Box(Struct):
    x: bool


@model.path
def wrong(box: Box) -> None:
    mark("here")
    box.x = True
    assert False


@model.path
def idle(box: Box) -> None:
    mark("a")
    mark("b")
    mark("c")


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("wrong", wrong, box)
    m.thread("one", idle, box)
    m.thread("two", idle, box)
"""
