"""What is raised and dropped, waited for and woken, owed and paid, as it stands in the code of a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions
from lockmodel.findings.pairing import Pairing
from lockmodel.record import RecordOptions, record

SPEC = """
from __future__ import annotations

from lockmodel import (
    Ledger, ListEntry, Model, RefCount, Scenario, Struct, WaitQueue, atomic_dec_and_test, atomic_inc, carry, field,
    finish_wait, got, kfree, ledger, owe, prepare_to_wait, refcount, schedule, wake_up, TASK_UNINTERRUPTIBLE,
)

model = Model("pairs", source="pairs.c")


class Item(Struct):
    count: RefCount = refcount(high=3)
    ready: bool


class Event(Struct):
    n: bool


class Box(Struct):
    wq: WaitQueue
    item: Item = field(counted="count")
    told: Ledger[Item, Event, bool] = ledger(capacity=2)


@model.procedure(helper=True)
def get(item: Item) -> None:
    atomic_inc(item.count)


@model.procedure(helper=True)
def put(item: Item) -> None:
    if atomic_dec_and_test(item.count):
        kfree(item)


@model.ghost
def owes(box: Box, item: Item) -> None:
    owe(box.told, item, True)


@model.path
def use(box: Box, item: Item) -> None:
    get(item)  # 10
    owes(box, item)
    wake_up(box.wq)  # 11
    put(item)  # 12


@model.path
def never(box: Box) -> None:
    prepare_to_wait(box.wq, TASK_UNINTERRUPTIBLE)
    schedule()
    finish_wait(box.wq)


@model.scenario
def one(m: Scenario) -> None:
    item = m.new(Item, count=1)
    m.keep(item)
    m.thread("a", use, m.new(Box, item=item), item)
"""


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Pairing]:
    (tmp_path / "pairs.py").write_text(SPEC)
    run = record(RecordOptions(CheckOptions(str(tmp_path / "pairs.py")), matrix="none"))
    assert run.record is not None
    assert run.record.holds[0].unentered == ["never"]
    return {one.name: one for one in run.record.holds[0].pairings}


def test_who_calls_what_raises_a_count_and_what_drops_it_is_told(told: dict[str, Pairing]) -> None:
    count = told["Item.count"]
    assert count.holders == ["Box.item"]
    told_of = {
        side.name: [(use.deed, [f.source for f in use.callers], use.reached) for use in side.uses]
        for side in count.sides
    }
    assert told_of == {
        "raised": [("atomic_inc", ["pairs.c:10"], True)],
        "dropped": [("atomic_dec_and_test", ["pairs.c:12"], True)],
    }


def test_a_place_that_no_state_comes_to_says_so(told: dict[str, Pairing]) -> None:
    (free,) = told["Item"].side("freed")
    assert (free.deed, free.place.procedure, free.reached) == ("kfree", "put", False)


def test_a_wake_without_a_wait_within_reach_stands_alone(told: dict[str, Pairing]) -> None:
    assert [side.name for side in told["Box.wq"].sides] == ["wakes"]


def test_what_is_owed_is_told_of_the_line_that_comes_to_the_ghost(told: dict[str, Pairing]) -> None:
    (owed,) = told["Box.told"].side("owed")
    assert [frame.procedure for frame in owed.callers] == ["use"]
