"""`lockmodel record`: every defect once, with its cause; the table of the lines of the source; whole files or none."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lockmodel.check import Checker, CheckRun
from lockmodel.compile import load
from lockmodel.compile.source_lines import source_lines
from lockmodel.errors import SpecError
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parent.parent.parent

SPEC = '''
"""Two counters: one is raised without a lock, one is dropped twice where `twice` is on; a third thing stays wrong."""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Mutex, NULL, Range, Scenario, Struct, field, mutex_lock, mutex_unlock

model = Model("counters", source="counters.c", as_written="as-it-was")
twice = model.switch("twice", False, "the pointer is cleared")
odd = model.switch("odd", False, "nobody looks at it")


class Counter(Struct):
    lock: Mutex
    n: Annotated[int, Range(0, 4)] = field(guarded_by="lock")


class Holder(Struct):
    counter: Counter


@model.path
def add(counter: Counter) -> None:
    counter.n += 1  # 10


@model.design("fix-add", replaces=add)
def add_locked(counter: Counter) -> None:
    """Counting is done under the lock.

    Two threads read the same value.
    """
    mutex_lock(counter.lock)
    counter.n += 1  # 10
    mutex_unlock(counter.lock)


@model.path
def look(holder: Holder) -> None:
    counter = holder.counter
    if twice:
        counter = NULL
    mutex_lock(counter.lock)  # 21
    mutex_unlock(counter.lock)  # 22


@model.design("fix-look", replaces=look)
def look_first(holder: Holder) -> None:
    """A pointer is looked at before it is used."""
    counter = holder.counter
    if twice:
        counter = NULL
    if counter:
        mutex_lock(counter.lock)  # 21
        mutex_unlock(counter.lock)  # 22


@model.path
def wrong() -> None:
    flag = True
    assert not flag  # 30


model.combine("repaired", ["fix-add", "fix-look"], "Both.")
model.remark("It is known.", rule="LM701")
model.remark("It fits nothing.", rule="LM101")
model.source_lines("10, 21-23, 30-31")
model.not_modelled("23", "it prints")


@model.scenario
def two(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("a", add, counter)
    m.thread("b", add, counter)


@model.scenario
def three(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("a", add, counter)
    m.thread("b", add, counter)
    m.thread("c", look, m.new(Holder, counter=counter))


@model.scenario
def bad(m: Scenario) -> None:
    m.thread("w", wrong)
'''


Recorded = Callable[..., dict[str, Any]]


@pytest.fixture
def recorded(run: Run, tmp_path: Path) -> Recorded:
    """Records the spec above, and gives what stands in findings.json."""
    (tmp_path / "counters.py").write_text(SPEC.lstrip())

    def record(*options: str) -> dict[str, Any]:
        assert run("record", "counters.py", "-o", "out", "-q", *options).exit_code == 1
        found: dict[str, Any] = json.loads((tmp_path / "out" / "findings.json").read_text())
        return found

    return record


def test_findings_that_one_repair_removes_are_one_defect(recorded: Recorded) -> None:
    record = recorded()
    told = [
        (defect["kind"], defect["repairs"], [(f["rule"], f["needs"]) for f in defect["findings"]])
        for defect in record["defects"]
    ]
    assert told == [
        ("repaired", ["fix-add"], [("LM301", [[]]), ("LM302", [[]])]),
        ("repaired", ["fix-look"], [("LM305", [["twice=on"]])]),
        ("remains", [], [("LM701", [[]])]),
    ]
    race = record["defects"][0]["findings"][0]
    assert race["scenarios"] == ["two", "three"]
    assert race["scenario"] == "two"
    assert record["defects"][0]["reason"].startswith("Counting is done under the lock.")
    assert record["defects"][2]["findings"][0]["remarks"] == ["It is known."]
    assert [remark.rpartition(": ")[2] for remark in record["lost"]] == ["It fits nothing."]


PAIRED = (
    SPEC.lstrip().partition('model.combine("repaired"')[0]
    + '''
@model.path
def drop(counter: Counter) -> None:
    counter.n = 0  # 40


@model.design("fix-drop", replaces=drop)
def drop_locked(counter: Counter) -> None:
    """Dropping is done under the lock."""
    mutex_lock(counter.lock)
    counter.n = 0  # 40
    mutex_unlock(counter.lock)


model.combine("repaired", ["fix-look", "fix-add", "fix-drop"])


@model.scenario
def two(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("a", add, counter)
    m.thread("b", drop, counter)
'''
)


def test_what_only_two_repairs_remove_is_a_defect_that_names_them_both(run: Run, tmp_path: Path) -> None:
    (tmp_path / "counters.py").write_text(PAIRED)
    assert run("record", "counters.py", "-o", "out", "-q").exit_code == 1
    found = json.loads((tmp_path / "out" / "findings.json").read_text())["defects"]
    assert [(defect["kind"], defect["repairs"], {f["rule"] for f in defect["findings"]}) for defect in found] == [
        ("repaired", ["fix-add"], {"LM302"}),
        ("repaired", ["fix-drop"], {"LM302"}),
        ("together", ["fix-add", "fix-drop"], {"LM301"}),
    ]
    page = (tmp_path / "out" / "findings.md").read_text()
    assert "`fix-add` and `fix-drop` remove it together, and none of them alone" in page


PARTLY = """
from __future__ import annotations

from lockmodel import Model, Scenario

model = Model("partly", source="partly.c", as_written="as-it-was")
odd = model.switch("odd", False, "the repair does not help")


@model.path
def wrong() -> None:
    flag = True
    assert not flag  # 30


@model.design("repaired", replaces=wrong)
def right() -> None:
    flag = False
    if odd:
        flag = True
    assert not flag  # 30


@model.scenario
def bad(m: Scenario) -> None:
    m.thread("w", wrong)
"""


def test_the_witness_of_what_remains_beside_what_is_repaired_is_of_the_repaired_design(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "partly.py").write_text(PARTLY.lstrip())
    assert run("record", "partly.py", "-o", "out", "-q").exit_code == 1
    found = json.loads((tmp_path / "out" / "findings.json").read_text())["defects"]
    assert [(one["kind"], one["findings"][0]["design"], one["findings"][0]["needs"]) for one in found] == [
        ("repaired", "as-it-was", [[]]),
        ("remains", "repaired", [["odd=on"]]),
    ]
    page = (tmp_path / "out" / "findings.md").read_text()
    assert page.count("scenario bad, design as-it-was: ") == 1
    assert page.count("scenario bad, design repaired, odd=on: ") == 1


def test_what_was_not_searched_to_its_end_was_removed_by_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "counters.py").write_text(PAIRED)
    assert run("record", "counters.py", "-o", "out", "-q", "--max-states", "2").exit_code == 1
    record = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert {defect["kind"] for defect in record["defects"]} == {"unexplained"}
    assert record["holds"][0]["unfinished"]


@pytest.mark.parametrize(("after", "files"), [(0, []), (2, ["coverage.md", "findings.json", "findings.md"])])
def test_what_was_found_before_an_interrupt_is_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, files: list[str]
) -> None:
    (tmp_path / "counters.py").write_text(SPEC.lstrip())
    whole, calls = Checker.check, itertools.count()

    def check(self: Checker, design: str | None, switches: Mapping[str, str | bool | int]) -> CheckRun:
        if next(calls) == after:
            raise KeyboardInterrupt
        return whole(self, design, switches)

    monkeypatch.setattr(Checker, "check", check)
    told = run("record", "counters.py", "-o", "out", "-q")
    assert told.exit_code == 130
    assert sorted(path.name for path in tmp_path.glob("out/*")) == files
    if files:
        page = (tmp_path / "out" / "findings.md").read_text()
        assert "**Incomplete**: interrupted at as-it-was: odd=on (3/3). What comes after that is left out." in page
        assert "null-dereference at counters.c:21" in page
    else:
        assert "nothing is written" in told.output


@pytest.mark.parametrize(
    ("text", "options", "code", "told"),
    [
        (
            SPEC.lstrip(),
            ("--timeout", "0.000001"),
            3,
            "the time limit was reached at as-it-was: switches as given (1/3)",
        ),
        (SPEC.partition("@model.scenario")[0].lstrip(), (), 2, "the model counters has no scenario"),
    ],
)
def test_where_nothing_was_searched_it_is_told_why(
    run: Run, tmp_path: Path, text: str, options: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "counters.py").write_text(text)
    result = run("record", "counters.py", "-o", "out", "-q", *options)
    assert result.exit_code == code
    assert told in result.output
    assert not (tmp_path / "out").exists()


def test_what_holds_is_told_of_both_designs(recorded: Recorded) -> None:
    written, repaired = recorded()["holds"]
    assert (written["design"], repaired["design"]) == ("as-it-was", "repaired")
    assert {"LM301", "LM302", "LM305"} <= set(repaired["rules"])
    assert written["broken"] == ["LM301", "LM302", "LM305", "LM701"]
    assert len(written["settings"]) == 3


def test_without_a_matrix_a_defect_that_needs_a_switch_is_not_looked_for(recorded: Recorded) -> None:
    assert [d["repairs"] for d in recorded("--matrix", "none")["defects"]] == [["fix-add"], []]
    assert [d["repairs"] for d in recorded("--matrix", "pairs")["defects"]] == [["fix-add"], ["fix-look"], []]


def test_the_same_bytes_come_out_each_time_and_the_page_names_each_defect(recorded: Recorded, tmp_path: Path) -> None:
    recorded()
    first = (tmp_path / "out" / "findings.md").read_bytes()
    recorded()
    assert (tmp_path / "out" / "findings.md").read_bytes() == first
    text = first.decode()
    for section in ("## 1. fix-add", "## 2. fix-look", "## 3. invariant at counters.c:30", "## What holds: `repaired`"):
        assert section in text


def test_each_line_of_the_source_is_modelled_left_out_or_missed(recorded: Recorded, tmp_path: Path) -> None:
    recorded()
    text = (tmp_path / "out" / "coverage.md").read_text()
    assert "6 lines of code; 4 modelled; 1 left out for a reason; 1 unaccounted for (31)." in text
    assert "| 23 | left out: it prints |" in text


def test_a_line_that_is_left_out_and_modelled_is_refused(tmp_path: Path) -> None:
    spec = tmp_path / "counters.py"
    spec.write_text(SPEC.lstrip().replace('"23", "it prints"', '"22", "it prints"'))
    with pytest.raises(SpecError, match=r"counters.c:22 is left out, and `look` .* stands for it"):
        source_lines(load(str(spec)))


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_searched(run: Run) -> None:
    told = run("record", "counters.py", "-o", "no/such/folder")
    assert told.exit_code == 2
    assert "cannot make no/such/folder: there is no folder no/such" in told.output


def test_an_unknown_repaired_design_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "counters.py").write_text(SPEC.lstrip())
    told = run("record", "counters.py", "-o", "out", "--repaired", "mended")
    assert told.exit_code == 2
    assert "has no other design mended" in told.output
    assert not (tmp_path / "out").exists()


def test_every_line_of_the_flagship_is_accounted_for() -> None:
    lines = source_lines(load(str(ROOT / "specs" / "inotify.py")))
    assert len(lines) > 350
    assert [line.line for line in lines if not (line.modelled or line.reason)] == []
    assert {line.file for line in lines} == {"fs/inotify.c"}
