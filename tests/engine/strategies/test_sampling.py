"""The random strategies: what they find replays, a seed says it all, and PCT keeps what it promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies.pct import NEARLY, Pct
from lockmodel.engine.strategies.pos import Pos
from lockmodel.engine.strategies.sampling import Sampling
from lockmodel.engine.strategies.strategy import Option, Settings
from lockmodel.engine.strategies.walk import Walk
from lockmodel.findings.explain import explain
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.random_models import random_specs
from tests.engine.strategies.models import machine
from tests.engine.test_exactness import examples, laid_out

KINDS: tuple[type[Sampling], ...] = (Walk, Pct, Pos)
STATES = 3_000

FIRST = ("box.flag = True", "assert box.flag")
"""Depth 1: the second thread looks before the first has written."""

BETWEEN = ("box.x = 1\nbox.x = 0", "assert box.x == 0")
"""Depth 2: it looks between two steps of the first."""

TWICE = (
    "box.x = 1\nbox.x = 0\nmark('a')\nbox.x = 1\nbox.x = 0",
    "seen = box.x\nif seen:\n    mark('b')\n    assert box.flag",
)
"""Depth 2, with more steps."""

TURNS = ("box.x = 1\nbox.x = 2\nmark('a')", "seen = box.x\nif seen == 1:\n    assert box.x == 1")
"""Depth 3: the second thread looks between two steps of the first, and again after the next."""

DEEP = "\n".join(["mark('on')"] * 12)


def explore(
    layout: Layout, kind: type[Sampling], limits: Limits | None = None, **told: Any
) -> tuple[Sampling, Exploration, Stepper]:
    stepper = Stepper(layout)
    search = kind(stepper, RuleJudge(stepper), limits or Limits(), settings=Settings(**told))
    return search, search.run(), stepper


def broken_runs(layout: Layout, kind: type[Sampling], runs: int, **told: Any) -> tuple[int, Sampling]:
    """How many runs end in a rule that is broken."""

    class Counting(kind):  # type: ignore[misc, valid-type]
        broken = 0

        def _take(self, option: Option, number: int = 0) -> bytes | None:
            self.broken += option.answer.halts
            after: bytes | None = super()._take(option, number)
            return after

    search, _, _ = explore(layout, Counting, runs=runs, **told)
    return search.broken, search  # type: ignore[attr-defined]


@examples(25)
@given(random_specs(threads=3, most=3))
def test_what_is_found_is_there_and_replays(text: str) -> None:
    layout = laid_out(text)
    truth = brute_force(Stepper(layout), STATES)
    assume(truth is not None)
    assert truth is not None
    for kind in KINDS:
        search, found, stepper = explore(layout, kind, runs=30)
        assert {hit.violation.identity for hit in found.hits} <= set(truth.steps)
        for hit in found.hits:
            finding = explain(hit, stepper, RuleJudge(stepper), proved=found.shortest)
            assert finding.minimal == "not-proved"
        assert found.tally.states <= truth.states
        assert (search.runs, bool(found.reason)) == (30, True) or not truth.states


@examples(15)
@given(random_specs(threads=2, most=2))
def test_many_runs_of_a_small_model_find_everything(text: str) -> None:
    layout = laid_out(text)
    truth = brute_force(Stepper(layout), 60)
    assume(truth is not None)
    assert truth is not None
    for kind in (Walk, Pos):
        _, found, _ = explore(layout, kind, runs=1_500)
        assert {hit.violation.identity for hit in found.hits} == set(truth.steps)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_says_which_runs(tmp_path: Path, kind: type[Sampling]) -> None:
    layout = machine(tmp_path, DEEP + "\nbox.x = 1", DEEP + "\nbox.x = 2", "seen = choose(0, 1)\nbox.flag = True")

    def schedules(seed: int) -> set[bytes]:
        return explore(layout, kind, runs=40, seed=seed)[0].schedules

    assert schedules(1) == schedules(1)
    assert schedules(1) != schedules(2)


@pytest.mark.parametrize(
    ("bodies", "depth"), [(FIRST, 1), (BETWEEN, 2), (TWICE, 2), (TURNS, 3), ((*BETWEEN, DEEP), 2), ((*FIRST, DEEP), 1)]
)
def test_pct_finds_a_bug_of_its_depth_as_often_as_it_promises(
    tmp_path: Path, bodies: tuple[str, ...], depth: int
) -> None:
    runs = 3_000
    found, search = broken_runs(machine(tmp_path, *bodies), Pct, runs, depth=depth)
    assert isinstance(search, Pct)
    expected = search.guarantee * runs
    assert found >= expected - 4 * expected**0.5, (found, expected)
    assert search.counted >= runs // 2


def test_pct_of_a_lower_depth_does_not_find_a_deeper_bug(tmp_path: Path) -> None:
    assert broken_runs(machine(tmp_path, *BETWEEN), Pct, 500, depth=1)[0] == 0
    assert broken_runs(machine(tmp_path, *TURNS), Pct, 500, depth=2)[0] == 0


def test_pct_says_its_guarantee_with_what_it_measured(tmp_path: Path) -> None:
    search, found, _ = explore(machine(tmp_path, *BETWEEN), Pct, runs=500, depth=2)
    assert isinstance(search, Pct)
    assert (search.threads, search.longest, search.guarantee) == (2, 3, 1 / 6)
    assert found.figures["guarantee"] == 1 / 6
    assert found.numbers[1] == (
        "a bug of depth 2 in 2 threads and 3 steps shows in a run with a probability of at least 1/(2 * 3^1) = 0.166, "
        f"and in one of the {search.counted} runs made with this number of steps with at least 0.999"
    )
    assert 0.999 < found.figures["guarantee_of_all"] <= NEARLY


def test_alternatives_are_named_beside_the_guarantee(tmp_path: Path) -> None:
    _, found, _ = explore(machine(tmp_path, "seen = choose(0, 1)"), Pct, runs=5)
    assert found.numbers[1].endswith("times the chance of the alternatives that it needs")


def test_pct_puts_a_thread_that_goes_round_last(tmp_path: Path) -> None:
    spinning = "while not box.flag:\n    mark('round')"
    search, found, _ = explore(machine(tmp_path, spinning, "mark('a')\nbox.flag = True"), Pct, runs=50, steps=100)
    assert isinstance(search, Pct)
    assert (search.cut, 0 < search.spun < 50) == (0, True)
    assert found.numbers[2] == (
        f"in {search.spun} of the runs a thread that went round was put last, which the guarantee leaves out"
    )


def test_partial_order_sampling_delays_a_step_where_a_walk_does_not(tmp_path: Path) -> None:
    """To come after 13 steps of another thread: 1/14, and 2^-13 for a walk."""
    layout = machine(tmp_path, DEEP + "\nbox.flag = True", "seen = box.flag\nassert not seen")
    runs = 1_400
    assert 60 < broken_runs(layout, Pos, runs)[0] < 140
    assert broken_runs(layout, Walk, runs)[0] <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_does_not_end_is_cut(tmp_path: Path, kind: type[Sampling]) -> None:
    search, found, _ = explore(machine(tmp_path, "while True:\n    mark('on')"), kind, runs=3, steps=50)
    assert (search.cut, found.tally.depth) == (3, 50)
    assert "3 of the runs cut after 50 steps" in found.numbers


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_ends_the_runs(tmp_path: Path, kind: type[Sampling]) -> None:
    layout = machine(tmp_path, DEEP, DEEP, DEEP)
    assert explore(layout, kind, Limits(states=20))[1].reason == "reached the limit of 20 states"
    assert explore(layout, kind, Limits(memory=1))[1].reason == "reached the limit of 1 bytes"
    assert explore(layout, kind, Limits(seconds=0.0))[1].reason == "reached the limit of 0 seconds"
