"""Ghost procedures: run as a whole within the step that leads to them, seen by claims and by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import CheckResult, ScenarioResult

SPEC = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("ghosts")


class Item(Struct):
    link: ListEntry
    number: Annotated[int, Range(0, 3)]


class Box(Struct):
    sem: Semaphore
    items: ListHead[Item] = list_of("link", guarded_by="sem")
    first: Item
    x: Annotated[int, Range(0, 3)] = field(guarded_by="sem")
    total: Annotated[int, Range(0, 9)] = field(ghost=True)
    latest: Item = field(ghost=True)


item_cache = model.cache(Item, capacity=1)


@model.procedure
def doubled(n: int) -> int:
    return 2 * n


@model.ghost
def sum_of(box: Box) -> int:
    total = 0
    for item in list_for_each_entry(box.items):
        total += item.number
    return total


@model.ghost
def count(box: Box) -> None:
    box.total = sum_of(box) + doubled(box.x)


@model.ghost
def look_at(box: Box, item: Item) -> None:
    box.latest = item
    box.total = item.number


@model.ghost
def look_at_what_lives(box: Box) -> None:
    if live(box.latest):
        box.total = box.latest.number


@model.path
def put(box: Box, item: Item) -> None:
    down(box.sem)
    list_add_tail(item.link, box.items)
    count(box)
    box.x += 1
    up(box.sem)


@model.path
def glance(box: Box) -> None:
    mark("glance")
    count(box)


@model.path
def use_freed(box: Box) -> None:
    item = kmem_cache_zalloc(item_cache, GFP_KERNEL)
    box.first = item
    kfree(item)
    look_at(box, item)
    mark("never")


@model.path
def use_freed_with_care(box: Box) -> None:
    item = kmem_cache_zalloc(item_cache, GFP_KERNEL)
    look_at(box, item)
    kfree(item)
    look_at_what_lives(box)


@model.path
def lose(box: Box) -> None:
    item = kmem_cache_zalloc(item_cache, GFP_KERNEL)
    look_at(box, item)


@model.path
def leave(box: Box) -> None:
    mark("leave")
    box.total += 9
    box.total += 1


@model.invariant()
def few(box: Box) -> bool:
    return box.total < 4


@model.scenario
def putting(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("one", put, box, m.new(Item, number=1))
    m.thread("two", put, box, m.new(Item, number=1))
    m.thread("looker", glance, box)


@model.scenario
def beginning(m: Scenario) -> None:
    box = m.new(Box, x=1)
    m.thread("looker", glance, box)


@model.scenario
def freed(m: Scenario) -> None:
    m.thread("t", use_freed, m.new(Box))


@model.scenario
def freed_with_care(m: Scenario) -> None:
    m.thread("t", use_freed_with_care, m.new(Box))


@model.scenario
def lost(m: Scenario) -> None:
    m.thread("t", lose, m.new(Box))
"""

WAYS: dict[str, dict[str, object]] = {
    "reduced in C": {},
    "reduced in Python": {"engine": "python"},
    "every state in C": {"reduction": False},
    "every state in Python": {"reduction": False, "engine": "python"},
    "dpor": {"strategy": "dpor"},
    "preemption": {"strategy": "preemption"},
}


def _result(folder: Path, scenario: str, **options: object) -> CheckResult:
    path = folder / "ghosts.py"
    path.write_text(SPEC)
    return check(CheckOptions(f"{path}::{scenario}", **options)).result  # type: ignore[arg-type]


def _checked(folder: Path, scenario: str, **options: object) -> ScenarioResult:
    return _result(folder, scenario, **options).scenarios[0]


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_ghost_code_sees_what_the_step_leads_to(tmp_path: Path, options: dict[str, object]) -> None:
    result = _checked(tmp_path, "putting", **options)
    assert [(f.rule, f.message) for f in result.findings] == [("LM701", "few of box#1 does not hold.")]
    assert result.unreached == []


def test_ghost_code_takes_no_step_and_is_not_drawn(tmp_path: Path) -> None:
    result = _checked(tmp_path, "putting")
    operations = [step.operation for step in result.findings[0].steps]
    assert operations[:2] == ["down(box#1.sem)", "list_add_tail(item#1.link, box#1.items)"]
    assert not any("count" in operation or "total" in operation for operation in operations)
    assert result.findings[0].minimal == "proved"
    assert _checked(tmp_path, "beginning").depth == 1


def test_both_searches_store_the_same_states(tmp_path: Path) -> None:
    for reduction in (True, False):
        figures = [
            (result.states, result.transitions, result.depth)
            for engine in ("native", "python")
            if (result := _checked(tmp_path, "putting", engine=engine, reduction=reduction))
        ]
        assert figures[0] == figures[1]


def test_what_ghost_code_reads_needs_no_lock_and_races_with_nothing(tmp_path: Path) -> None:
    result = _result(tmp_path, "putting")
    assert not {finding.rule for finding in result.scenarios[0].findings} & {"LM301", "LM302"}
    [field] = [field for field in result.protection if field.field == "Box.x"]
    assert (field.declared, field.observed, field.locks) == ("sem", "locked", ["sem"])


def test_ghost_code_cannot_be_judged_where_it_uses_what_is_freed(tmp_path: Path) -> None:
    [finding] = _checked(tmp_path, "freed").findings
    assert (finding.rule, finding.message) == (
        "LM701",
        "Thread t, in look_at (called by use_freed): "
        "the ghost code here cannot be judged: reads Item.number of item#t.1, which has been freed.",
    )
    assert finding.place.procedure == "use_freed"
    assert [frame.procedure for frame in finding.stack] == ["look_at", "use_freed"]


def test_ghost_code_may_ask_whether_an_object_lives(tmp_path: Path) -> None:
    assert _checked(tmp_path, "freed_with_care").verdict == "verified"


def test_what_a_ghost_refers_to_is_a_leak_all_the_same(tmp_path: Path) -> None:
    assert [finding.rule for finding in _checked(tmp_path, "lost").findings] == ["LM403"]
