"""`lockmodel compare`: two designs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from lockmodel import check
from lockmodel.findings.comparison import compare, identity
from lockmodel.findings.finding import CheckResult, Frame, Waiting
from lockmodel.searching import Searching
from tests.cli import specs
from tests.cli.conftest import Run
from tests.cli.records import finding, result, scenario

SPEC = """from __future__ import annotations

from lockmodel import *

m = Model("m", source="fs/a.c", as_written="old")
a, b, c = m.mutex("a"), m.mutex("b"), m.mutex("c")


class Box(Struct):
    full: bool
    empty: bool


box = m.object(Box, "box", full=True)
slow = m.switch("slow", False, "Nothing else.")


@m.path
def fill() -> None:
    mutex_lock(a)
    mutex_lock(b)  # 3
    mutex_lock(b)  # 4
    mutex_unlock(b)
    mutex_unlock(a)


@m.path
def look() -> None:
    mutex_lock(c)
    assert not box.full  # 8
    mutex_unlock(c)


@m.path
def other() -> None:
    mark("here")


@m.design("new", replaces=fill)
def fill_anew() -> None:
    mutex_lock(a)
    mutex_lock(c)  # 3
    assert box.empty  # 5
    mutex_unlock(c)
    mutex_unlock(a)


@m.design("new", replaces=look)
def look_anew() -> None:
    mutex_lock(c)
    mark("looked")
    assert not box.full  # 8
    mutex_unlock(c)


@m.design("fine", replaces=fill)
def fill_well() -> None: ...


@m.design("fine", replaces=look)
def look_well() -> None: ...


@m.scenario
def filling(s: Scenario) -> None:
    s.thread("fill", fill)


@m.scenario
def looking(s: Scenario) -> None:
    s.thread("look", look)


@m.scenario
def others(s: Scenario) -> None:
    s.thread("other", other)
"""

TEXT = """\
spec.py  model m, slow=off
  design old -> new

  new (1)
    LM701 invariant  in fill_anew, spec.py:43 (fs/a.c:5)
        in filling

  gone (1)
    LM102 self-deadlock  in fill, spec.py:22 (fs/a.c:4)
        in filling

  unchanged (1)
    LM701 invariant  in look_anew, spec.py:52 (fs/a.c:8)
        in looking

  2 scenarios violated under both
  1 scenario verified under both

  lock order + a -> c  spec.py:42 (fs/a.c:3)
  lock order - a -> b  spec.py:21 (fs/a.c:3)

old -> new: findings: 1 new, 1 gone, 1 unchanged; orders of two locks: 1 added, 1 removed.
"""


@pytest.fixture(autouse=True)
def _spec(tmp_path: Path) -> None:
    (tmp_path / "spec.py").write_text(SPEC, encoding="utf-8")
    (tmp_path / "big.py").write_text(
        specs.BIG + '\n\n@m.design("d", replaces=count)\ndef count_on() -> None: ...\n', encoding="utf-8"
    )


def test_what_is_new_gone_and_unchanged_is_told(run: Run) -> None:
    told = run("compare", "spec.py", "--designs", "old", "new", "-q")
    assert (told.exit_code, told.stdout, told.stderr) == (1, TEXT, "")


def test_json_has_the_same_with_a_schedule_of_each(run: Run) -> None:
    told = json.loads(run("compare", "spec.py", "--designs", "old", "new", "-q", "--output-format", "json").stdout)
    assert told["designs"] == ["old", "new"]
    assert [(f["status"], f["rule"], f["place"]["source"], f["certain"]) for f in told["findings"]] == [
        ("new", "LM701", "fs/a.c:5", True),
        ("gone", "LM102", "fs/a.c:4", True),
        ("unchanged", "LM701", "fs/a.c:8", True),
    ]
    assert [(edge["outer"], edge["inner"]) for edge in told["order"]["added"] + told["order"]["removed"]] == [
        ("a", "c"),
        ("a", "b"),
    ]
    assert told["scenarios"][2] == {
        "name": "others",
        "before": {"verdict": "verified", "complete": True, "states": 2},
        "after": {"verdict": "verified", "complete": True, "states": 2},
    }
    for one in told["findings"]:
        assert run("replay", "spec.py", one["schedule"]).exit_code == 1


def test_the_exit_code_is_that_of_the_second_design(run: Run) -> None:
    assert run("compare", "spec.py", "--designs", "new", "fine").exit_code == 0
    assert run("compare", "spec.py::others", "--designs", "old", "new").exit_code == 0
    assert run("compare", "spec.py", "--designs", "fine", "old").exit_code == 1
    assert run("compare", "big.py", "--designs", "as-written", "d", "--max-states", "10").exit_code == 3


def test_what_an_incomplete_search_does_not_show_may_be_there(run: Run) -> None:
    told = run("compare", "big.py", "--designs", "as-written", "d", "--max-states", "10", "-q").stdout
    assert "Not searched to the end: six_threads in as-written; there may be more." in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--designs", "old", "old"], "error: --designs: old is compared with itself\n  Name two designs.\n"),
        (["--designs", "old", "nwe"], "error: the model m has no design `nwe`\n  Did you mean `new`?\n"),
    ],
)
def test_designs_that_are_not_there_are_refused_before_anything_is_searched(
    run: Run, arguments: list[str], message: str
) -> None:
    refused = run("compare", "spec.py", *arguments)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", message)


def test_a_scenario_of_the_same_form_is_searched_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    checker = check.Checker(check.CheckOptions("spec.py"))
    searched: list[str] = []
    explore = Searching.explore

    def counted(self, layout, *rest, **named):  # type: ignore[no-untyped-def]
        searched.append(layout.setup.name)
        return explore(self, layout, *rest, **named)

    monkeypatch.setattr(Searching, "explore", counted)
    first, second = checker.check("old", {}), checker.check("new", {})
    third = checker.check("new", {"slow": "on"})
    assert searched == ["filling", "looking", "others", "filling", "looking"]
    assert second.result.scenarios[2] == first.result.scenarios[2]
    assert [f.schedule for s in third.result.scenarios for f in s.findings] != [
        f.schedule for s in second.result.scenarios for f in s.findings
    ]
    alone = check.check(check.CheckOptions("spec.py", design="new", switches={"slow": "on"})).result
    assert timeless(alone) == timeless(third.result)


def timeless(result: CheckResult) -> CheckResult:
    scenarios = [replace(scenario, seconds=0.0) for scenario in result.scenarios]
    return replace(result, scenarios=scenarios)


# --- which findings are the same ----------------------------------------------------------------------------------


def test_a_deadlock_is_the_same_where_threads_wait_in_the_same_places() -> None:
    def waiting(thread: str, line: int) -> Waiting:
        frame = Frame("f", f"spec.py:{line}", f"fs/a.c:{line}")
        return Waiting(thread, "a", None, frame, [], [frame])

    one = replace(finding("LM101"), waiting=[waiting("x", 1), waiting("y", 2)])
    other = replace(finding("LM101"), waiting=[waiting("y", 2), waiting("x", 1), waiting("z", 1)])
    assert identity(one) == identity(other) == ("LM101", "fs/a.c:1", "fs/a.c:2")


def test_a_race_is_an_unordered_pair_of_places_and_a_claim_its_name() -> None:
    frames = [Frame("f", "spec.py:1", None), Frame("g", "spec.py:2", None)]
    one, other = (replace(finding("LM301"), places=places) for places in (frames, frames[::-1]))
    assert identity(one) == identity(other) == ("LM301", "spec.py:1", "spec.py:2")
    assert identity(replace(finding("LM701"), claim="few")) == ("LM701", "few")


def test_a_finding_that_an_incomplete_search_does_not_show_is_not_certainly_gone() -> None:
    before = result(scenario("violated", finding()))
    after = result(scenario("incomplete", complete=False))
    assert [(one.status, one.certain) for one in compare(before, after).findings] == [("gone", False)]
