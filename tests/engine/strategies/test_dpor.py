"""DPOR: each class of interleavings once, none left out; counts that are known; what ends, waits and chooses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies.dpor import Dpor
from lockmodel.engine.strategies.strategy import Settings
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import brute_force
from tests.engine.random_ledgers import ledger_specs
from tests.engine.random_models import random_specs
from tests.engine.random_nesting import nested_specs
from tests.engine.random_primitives import primitive_specs
from tests.engine.random_semaphores import semaphore_specs
from tests.engine.strategies import naive
from tests.engine.strategies.models import machine
from tests.engine.test_exactness import examples, laid_out, layout_of

STATES = 1_500
EXECUTIONS = 1_200


class Recording(Dpor):
    """Keeps the schedules of the last pass, and the shared memory at their ends or before the step that ended them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.schedules: list[tuple[Move, ...]] = []
        self.ends: list[bytes] = []

    def _pass(self) -> None:
        self.schedules.clear()
        self.ends.clear()
        super()._pass()

    def _ended_run(self, state: bytes) -> None:
        self.schedules.append(self._way(0))
        self.ends.append(state[: self.layout.size])
        assert len(self.schedules) <= EXECUTIONS, "more classes than there are executions"
        super()._ended_run(state)


def explore(layout: Layout, kind: type[Recording] = Recording) -> tuple[Recording, Exploration]:
    stepper = Stepper(layout)
    search = kind(stepper, RuleJudge(stepper), Limits(), settings=Settings(steps=200))
    return search, search.run()


def check(text: str) -> int:
    """Hold a random model's search against brute force; how many classes it has."""
    layout = laid_out(text)
    number = check_layout(layout, text=text)
    assume(number is not None)
    assert number is not None
    return number


def check_layout(layout: Layout, kind: type[Recording] = Recording, text: str = "") -> int | None:
    """The same for a model; None if it is too large for brute force, or has no execution or an endless one."""
    stepper = Stepper(layout)
    start, _ = naive.begin(stepper)
    looks = naive.watched(stepper, STATES) if start is not None else None
    truth = naive.classes(stepper, looks, EXECUTIONS) if looks is not None else None
    if looks is None or truth is None:
        return None
    whole = brute_force(stepper)
    assert whole is not None
    search, found = explore(layout, kind)
    assert {hit.violation.identity for hit in found.hits} == set(whole.steps), text
    forms = [naive.form_of(stepper, schedule, looks) for schedule in search.schedules]
    assert set(forms) == set(truth), text
    assert len(forms) == len(truth) == search.classes, text
    assert {search.ends[n] for n in range(len(forms))} == set(truth.values()), text
    assert search.redundant == 0
    assert bool(found.exhausted) == whole.exhausted
    assert (found.reason == "") == (not whole.exhausted)
    return len(truth)


@examples(60)
@given(random_specs(threads=2, most=3))
def test_each_class_is_run_once_and_none_is_left_out(text: str) -> None:
    check(text)


@examples(30)
@given(random_specs(threads=3, most=2))
def test_three_threads_as_well(text: str) -> None:
    check(text)


@examples(30)
@given(ledger_specs(most=3))
def test_ledgers_as_well(text: str) -> None:
    check(text)


@examples(20)
@given(semaphore_specs())
def test_semaphores_as_well(text: str) -> None:
    check(text)


@examples(15)
@given(nested_specs())
def test_procedures_that_call_each_other_as_well(text: str) -> None:
    check(text)


@examples(10)
@given(
    st.one_of(
        primitive_specs(most=1, callbacks=True), primitive_specs(most=1, interrupts=True), primitive_specs(most=2)
    )
)
def test_every_kind_of_lock_as_well(text: str) -> None:
    check(text)


# --- alternatives that may wait -----------------------------------------------------------------------------------

UPON = """\
from __future__ import annotations

from lockmodel import *

model = Model("upon")
spin = model.spinlock("spin")


class Item(Struct):
    called: bool


@model.procedure
def later(item: Item) -> None:
    spin_lock(spin)
    spin_unlock(spin)
    item.called = True


@model.path
def run(item: Item) -> None:
    local_bh_disable()
    spin_lock(spin)
    call_rcu(item, later)
    local_bh_enable()
    local_bh_disable()
    spin_unlock(spin)
    await_(item.called)
    local_bh_enable()


@model.scenario
def scenario(m: Scenario) -> None:
    m.thread("t", run, m.new(Item, "item"))
"""
"""The callback that comes upon the thread waits for it for ever; it may between the two, and elsewhere later."""


def test_an_alternative_is_tried_wherever_it_need_not_wait() -> None:
    layout = layout_of(UPON)
    assert layout is not None
    assert check_layout(layout) == 2
    _, found = explore(layout)
    assert [hit.violation.rule for hit in found.hits] == ["LM101"]


# --- known counts -----------------------------------------------------------------------------------------------


def count(folder: Path, *bodies: str) -> int:
    """The classes of threads that run these bodies; every execution of them is finite."""
    search, found = explore(machine(folder, *bodies))
    assert (found.reason, search.redundant) == ("", 0)
    return search.classes


def test_independent_threads_have_one_class(tmp_path: Path) -> None:
    assert count(tmp_path, "box.x = 1", "box.flag = True", "atomic_inc(box.hits)", "box.first = item") == 1


@pytest.mark.parametrize(("writers", "classes"), [(1, 1), (2, 2), (3, 6), (4, 24), (5, 120)])
def test_writers_of_one_variable_have_as_many_classes_as_orders(tmp_path: Path, writers: int, classes: int) -> None:
    assert count(tmp_path, *["box.x = 1"] * writers) == classes


@pytest.mark.parametrize(("readers", "classes"), [(1, 2), (2, 4), (3, 8), (8, 256)])
def test_readers_come_before_or_after_the_writer(tmp_path: Path, readers: int, classes: int) -> None:
    """The example `readers` of Abdulla et al.: 2^N classes, where the number of schedules is (N + 1)!."""
    assert count(tmp_path, "box.x = 1", *["seen = box.x"] * readers) == classes


@pytest.mark.parametrize(("threads", "classes"), [(2, 2), (3, 6), (4, 24)])
def test_a_lock_is_taken_in_some_order(tmp_path: Path, threads: int, classes: int) -> None:
    locked = "mutex_lock(box.mutex)\nbox.y = 1\nmark('inside')\nbox.y = 2\nmutex_unlock(box.mutex)"
    assert count(tmp_path, *[locked] * threads) == classes


def test_a_lock_that_is_never_given_back_leaves_the_others_waiting(tmp_path: Path) -> None:
    keeps = "mutex_lock(box.mutex)\nawait_(box.flag)"
    assert count(tmp_path, keeps, keeps, keeps) == 3


def test_locks_taken_crosswise_have_a_class_for_the_deadlock(tmp_path: Path) -> None:
    there = "mutex_lock(box.mutex)\nmutex_lock(box.other)\nmutex_unlock(box.other)\nmutex_unlock(box.mutex)"
    back = "mutex_lock(box.other)\nmutex_lock(box.mutex)\nmutex_unlock(box.mutex)\nmutex_unlock(box.other)"
    assert count(tmp_path, there, back) == 3
    _, found = explore(machine(tmp_path, there, back))
    assert [hit.violation.rule for hit in found.hits] == ["LM101"]


def test_alternatives_are_classes_of_their_own(tmp_path: Path) -> None:
    assert count(tmp_path, "seen = choose(0, 1, 2)", "seen = choose(0, 1)") == 6
    assert count(tmp_path, "seen = choose(0, 1)\nif seen:\n    box.x = 1", "box.x = 2") == 3


def test_what_ends_the_execution_can_come_at_any_time(tmp_path: Path) -> None:
    """The thread reads a null pointer, which is no matter, and uses it before, between or after the others' steps."""
    assert count(tmp_path, "box.first.number = 1", "mark('a')\nmark('b')\nmark('c')") == 4


LASTZERO = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct

model = Model("lastzero")


class Box(Struct):
{fields}


@model.path
def last(box: Box) -> None:
{looks}


{adds}


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("last", last, box)
{threads}
"""


@pytest.mark.parametrize(("n", "classes"), [(1, 2), (2, 5), (3, 12), (4, 28), (5, 64), (7, 320)])
def test_lastzero_has_the_classes_that_were_published(n: int, classes: int) -> None:
    """`lastzero` of Abdulla et al., POPL 2014: 64 for 5, 3,328 for 10, 147,456 for 15, which is (n + 3) 2^(n - 2).

    Thread j adds 1 to what array[j - 1] holds and puts it into array[j]; one thread looks for the last 0 from above.
    """
    fields = "\n".join(f"    a{j}: Annotated[int, Range(0, {n})]" for j in range(n + 1))
    looks = "\n".join(f"    if box.a{j} == 0:\n        return" for j in range(n, -1, -1))
    adds = "\n\n\n".join(
        f"@model.path\ndef add{j}(box: Box) -> None:\n    seen = box.a{j - 1}\n    box.a{j} = seen + 1"
        for j in range(1, n + 1)
    )
    threads = "\n".join(f'    m.thread("t{j}", add{j}, box)' for j in range(1, n + 1))
    layout = layout_of(LASTZERO.format(fields=fields, looks=looks, adds=adds, threads=threads))
    assert layout is not None
    search, found = explore(layout)
    assert (found.reason, search.redundant) == ("", 0)
    assert search.classes == classes == (n + 3) * 2**n // 4
