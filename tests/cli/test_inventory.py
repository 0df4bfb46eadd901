"""`lockmodel list`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

SPEC = '''"""A spec."""

from __future__ import annotations

from lockmodel import Model, Record, Scenario, Semaphore, SpinLock, Struct, mutex_lock, mutex_unlock, semaphore

small = Model("small", source="fs/small.c", as_written="old", hierarchy=[["big", "Inode.sem"], ["big", "Inode.q.lock"]])
big = small.mutex("big")
fast = small.switch("fast", False, "it goes fast")


class Queue(Record):
    lock: SpinLock


class Inode(Struct):
    sem: Semaphore
    room: Semaphore = semaphore(2)
    q: Queue


@small.path(holds=["big"])
def enter(inode: Inode) -> None:
    """Come in."""
    mutex_unlock(big)


@small.procedure
def inner() -> None:
    mutex_lock(big)


@small.design("new", replaces=inner)
def inner_as_new() -> None:
    """As it should be."""
    mutex_lock(big)


small.combine("all", ["new"], "Everything.")


@small.hook
def told() -> None:
    """Told of nothing."""


@small.implements(told)
def listen() -> None: ...


@small.hook
def deaf() -> None: ...


@small.invariant(outside=["big"])
def always(inode: Inode) -> bool:
    """It holds."""
    return True


@small.at_quiescence
def finally_so(inode: Inode) -> bool:
    return True


@small.scenario(n=range(2))
def table(m: Scenario, n: int) -> None:
    """A table.

    More of it.
    """


@small.scenario
def alone(m: Scenario) -> None:
    pass
'''

TEXT = """\
small (models fs/small.c): small.py

scenarios:
  table[n=0]  A table.
  table[n=1]  A table.
  alone

paths:
  enter  Come in.; needs big

designs:
  old  the default
  new  replaces inner; As it should be.
  all  made of new; replaces inner; Everything.

switches:
  fast  it goes fast; default off

hooks:
  told  implemented by listen; Told of nothing.
  deaf

claims:
  always      invariant; outside big; It holds.
  finally_so  at quiescence

locks:
  big           mutex
  Inode.sem     semaphore
  Inode.room    counting semaphore
  Inode.q.lock  spinlock

declared order:
  big -> Inode.sem
  big -> Inode.q.lock
"""


def test_a_model_is_listed_section_by_section(run: Run, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SPEC, encoding="utf-8")
    listed = run("list", "small.py")
    assert (listed.exit_code, listed.stdout, listed.stderr) == (0, TEXT, "")


def test_a_scenario_is_listed_alone_with_all_its_parameters(run: Run, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SPEC, encoding="utf-8")
    document = json.loads(run("list", "small.py::table", "--output-format", "json").stdout)
    assert [scenario["name"] for scenario in document["scenarios"]] == ["table[n=0]", "table[n=1]"]
    assert document["scenarios"][0]["spec"].startswith("small.py:")


def test_json_has_the_same_as_the_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SPEC, encoding="utf-8")
    document = json.loads(run("list", "small", "--output-format", "json").stdout)
    assert document["model"] == "small"
    assert document["designs"] == [
        {"name": "old", "default": True, "replaces": [], "made_of": [], "doc": ""},
        {"name": "new", "default": False, "replaces": ["inner"], "made_of": [], "doc": "As it should be."},
        {"name": "all", "default": False, "replaces": ["inner"], "made_of": ["new"], "doc": "Everything."},
    ]
    assert document["switches"][0]["default"] is False
    assert document["hierarchy"] == [["big", "Inode.sem"], ["big", "Inode.q.lock"]]


def test_an_unknown_scenario_gets_a_suggestion(run: Run, tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text(SPEC, encoding="utf-8")
    listed = run("list", "small.py::alon")
    assert (listed.exit_code, listed.stdout) == (2, "")
    assert listed.stderr == "error: small.py::alon: the model small has no scenario alon\n  Did you mean alone?\n"
