"""What protects what: declared beside observed, over all states of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import Protection
from tests.engine.machines import write_machine

WARD = """
class Ward(Struct):
    sem: RwSemaphore
    ward_lock: Mutex
    guarded: Annotated[int, Range(0, 3)] = field(guarded_by="ward_lock")
    read_freely: Annotated[int, Range(0, 3)]
    shared: Annotated[int, Range(0, 3)]
    settled: Annotated[int, Range(0, 3)]
    published: Annotated[int, Range(0, 3)]
    counted: Atomic
    marked: bool
    bare: bool
    misread: Annotated[int, Range(0, 3)]


class Bed(Struct):
    ward: Ward = field(constant=True)
    free: bool
    neighbour: bool


wards = model.cache(Ward, capacity=1)


@model.path
def tend(ward: Ward, bed: Bed, other: Ward) -> None:
    mutex_lock(ward.ward_lock)
    ward.guarded = 1
    ward.read_freely = 1
    bed.free = True
    mutex_unlock(ward.ward_lock)
    seen = ward.read_freely
    down_read(ward.sem)
    seen = ward.shared
    ward.misread = 1
    up_read(ward.sem)
    down_write(ward.sem)
    ward.shared = 1
    up_write(ward.sem)
    seen = ward.settled
    atomic_inc(ward.counted)
    seen_flag = data_race(ward.marked)
    ward.bare = True
    made = kmem_cache_zalloc(wards, GFP_KERNEL)
    made.published = 1
    kfree(made)
    mutex_lock(other.ward_lock)
    bed.neighbour = True
    mutex_unlock(other.ward_lock)
"""

SCENARIO = """
ward, other = m.new(Ward), m.new(Ward)
bed = m.new(Bed, ward=ward)
m.thread("nurse", tend, ward, bed, other)
m.thread("doctor", tend, ward, bed, other)
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Protection]:
    path = write_machine(tmp_path_factory.mktemp("ward"), WARD, SCENARIO)
    result = check(CheckOptions(str(path), ignore=("LM301",))).result
    return {one.field: one for one in result.protection}


EXPECTED = {
    "Ward.guarded": ("ward_lock", "locked", ["ward_lock"]),
    "Ward.read_freely": (None, "locked-writes", ["ward_lock"]),
    "Ward.shared": (None, "locked", ["sem"]),
    "Ward.settled": (None, "read-only", []),
    "Ward.published": (None, "private", []),
    "Ward.counted": (None, "atomic", []),
    "Ward.marked": (None, "marked", []),
    "Ward.bare": (None, "unprotected", []),
    "Ward.misread": (None, "unprotected", []),
    "Bed.free": (None, "locked", ["ward.ward_lock"]),
    "Bed.neighbour": (None, "some-lock", ["a Ward.ward_lock"]),
}


def test_each_field_is_told(seen: dict[str, Protection]) -> None:
    assert {name: (one.declared, one.observed, one.locks) for name, one in seen.items()} == EXPECTED


def test_the_places_without_the_lock_are_told(seen: dict[str, Protection]) -> None:
    freely = seen["Ward.read_freely"]
    assert freely.without == freely.reads
    assert [len(freely.reads), len(freely.writes)] == [1, 1]
    assert [frame.procedure for frame in seen["Ward.marked"].racy] == ["tend"]


def test_it_does_not_depend_on_the_search(tmp_path: Path) -> None:
    path = write_machine(tmp_path, WARD, SCENARIO)
    told = [
        check(CheckOptions(str(path), ignore=("LM301",), engine=engine, reduction=reduction)).result.protection
        for engine in ("auto", "python")
        for reduction in (True, False)
    ]
    assert all(one == told[0] for one in told)
