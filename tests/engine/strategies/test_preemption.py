"""Preemption-bounded search: at each bound what every schedule with so few preemptions shows, and no more."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest
from hypothesis import assume, given

from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Outcome
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies.preemption import Preemption
from lockmodel.engine.strategies.strategy import Settings
from lockmodel.findings.explain import explain
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.random_models import random_specs
from tests.engine.random_nesting import nested_specs
from tests.engine.random_semaphores import semaphore_specs
from tests.engine.strategies import naive
from tests.engine.strategies.models import machine
from tests.engine.test_exactness import examples, laid_out

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
    layout = laid_out(text)
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


@examples(60)
@given(random_specs(threads=2, most=4))
def test_each_bound_shows_what_its_schedules_show(text: str) -> None:
    check(text)


@examples(20)
@given(random_specs(threads=3, most=2))
def test_three_threads_as_well(text: str) -> None:
    check(text)


def test_of_locks_taken_crosswise_a_bound_shows_the_deadlock_alone(tmp_path: Path) -> None:
    """The order that goes round is noted beside it, by the search and by the interpreter; that is no finding."""
    there = "mutex_lock(box.mutex)\nmutex_lock(box.other)"
    back = "mutex_lock(box.other)\nmutex_lock(box.mutex)"
    layout = machine(tmp_path, there, back)
    for bound, rules in ((0, {"LM603"}), (1, {"LM101", "LM603"})):
        _, found, stepper = explore(layout, bound)
        assert {hit.violation.rule for hit in found.hits} == rules
        assert {hit.violation.identity for hit in found.hits} == naive.bounded(stepper, bound)


@examples(20)
@given(semaphore_specs())
def test_semaphores_as_well(text: str) -> None:
    """Signals come: a step that must wait in one alternative can be made in another."""
    check(text)


@examples(15)
@given(nested_specs())
def test_procedures_that_call_each_other_as_well(text: str) -> None:
    check(text)


# --- bounds -----------------------------------------------------------------------------------------------------

BETWEEN = ("box.x = 1\nbox.x = 0", "assert box.x == 0")


def test_without_a_bound_it_is_raised_until_something_is_found(tmp_path: Path) -> None:
    search, found, _ = explore(machine(tmp_path, *BETWEEN), None)
    assert (search.bound, len(found.hits)) == (1, 1)
    twice = ("box.x = 1\nbox.x = 2\nmark('a')", "seen = box.x\nif seen == 1:\n    assert box.x == 1\n    mark('b')")
    search, found, _ = explore(machine(tmp_path, *twice, "box.flag = True\nbox.flag = False"), None)
    assert (search.bound, len(found.hits)) == (2, 1)
    assert found.reason == "schedules with more than 2 preemptions were not looked at"


def test_a_bound_says_what_it_has_shown_and_is_no_pass(tmp_path: Path) -> None:
    _, found, _ = explore(machine(tmp_path, *BETWEEN), 0)
    assert (found.hits, found.figures) == ([], {"preemptions": 0})
    assert found.reason == (
        "no schedule with at most 0 preemptions breaks a rule, but those with more were not looked at"
    )
    assert found.numbers == (
        "all schedules with at most 0 preemptions were run; states by the preemptions that they need: 6 with 0",
    )


def test_what_is_not_wanted_does_not_end_the_raising(tmp_path: Path) -> None:
    stepper = Stepper(machine(tmp_path, "box.y = 1", *BETWEEN))
    told = Settings(wanted=lambda violation: violation.rule != "LM302")
    found = Preemption(stepper, RuleJudge(stepper), Limits(), settings=told).run()
    assert [hit.violation.rule for hit in found.hits] == ["LM302", "LM701"]


def test_where_nothing_is_left_it_was_exhaustive(tmp_path: Path) -> None:
    search, found, _ = explore(machine(tmp_path, "box.x = 1\nbox.x = 2", "box.x = 3"), None)
    assert (found.reason, search.complete) == ("", True)
    assert "lead to nothing new, so that this was every schedule" in found.numbers[0]


def test_a_thread_that_starves_is_found_once_all_is_known(tmp_path: Path) -> None:
    bodies = ("box.x = 1\nawait_(box.flag)", "while True:\n    mark('on')")
    layout = machine(tmp_path, *bodies)
    stepper = Stepper(layout)
    search = Search(stepper, RuleJudge(stepper), Limits()).run()
    _, found, stepper = explore(layout, None)
    assert [hit.violation.identity for hit in found.hits] == [hit.violation.identity for hit in search.hits]
    assert [explain(hit, stepper, RuleJudge(stepper), proved=False).rule for hit in found.hits] == ["LM101"]


def test_a_limit_of_states_ends_it(tmp_path: Path) -> None:
    layout = machine(tmp_path, "box.x = 1\nbox.x = 2", "box.x = 3")
    _, whole, _ = explore(layout, None)
    _, exact, _ = explore(layout, None, whole.tally.states)
    assert exact.reason == ""
    _, cut, _ = explore(layout, None, whole.tally.states - 1)
    assert cut.reason == f"reached the limit of {whole.tally.states - 1} states"


# --- what can be left out ---------------------------------------------------------------------------------------


class OneWayAState(Preemption):
    """A state that is known is not come to again, whichever thread moved last."""

    def _arrive(self, state: bytes, last: int, before: int, move: tuple[int, int]) -> None:
        if state not in self.numbers:
            super()._arrive(state, last, before, move)


class SwitchesForNothing(Preemption):
    def _arrive(self, state: bytes, last: int, before: int, move: tuple[int, int]) -> None:
        super()._arrive(state, -1, before, move)


class SwitchesAlwaysCost(Preemption):
    """Also where the thread that moved last has ended or waits."""

    def _arrive(self, state: bytes, last: int, before: int, move: tuple[int, int]) -> None:
        super()._arrive(state, last, before, move)
        able = {option.thread for option in self._look(state)[0]}
        if last >= 0 and last not in able:
            put_off = [turn for turn in self._now if self.keys[self.arrivals[turn[0]][0]] == state]
            self._later.extend(put_off)
            self._now = deque(turn for turn in self._now if turn not in put_off)


@pytest.mark.parametrize(
    ("mutant", "bodies"),
    [
        (OneWayAState, ("box.flag = True\nassert box.x == 0", "box.x = 1\nbox.x = 0")),
        (SwitchesForNothing, BETWEEN),
        (SwitchesAlwaysCost, ("box.flag = True", "assert not box.flag")),
    ],
)
def test_a_condition_that_is_left_out_is_caught(
    tmp_path: Path, mutant: type[Preemption], bodies: tuple[str, ...]
) -> None:
    layout = machine(tmp_path, *bodies)

    def differs(kind: type[Preemption]) -> bool:
        for bound in range(4):
            stepper = Stepper(layout)
            found = kind(stepper, RuleJudge(stepper), Limits(), settings=Settings(preemptions=bound)).run()
            if {hit.violation.identity for hit in found.hits} != naive.bounded(stepper, bound):
                return True
        return False

    assert not differs(Preemption)
    assert differs(mutant)
