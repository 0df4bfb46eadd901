"""What stands in `reports/` is what the tool says today.

`pytest --update-golden tests/test_reports.py` writes it anew.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.findings.finding import CheckResult
from lockmodel.record import RecordOptions
from lockmodel.report.files import write_folder
from lockmodel.report.terminal import Terminal
from lockmodel.report.text import distinct, render_check
from lockmodel.report.witness import witness_svg
from lockmodel.review import BEGIN, END, ReviewOptions, review

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports" / "spine"
PAIRS = "specs/spine.py::*/*"
"""Those of two or three threads. More threads take a minute each and show nothing that these do not."""


@cache
def result(design: str) -> CheckResult:
    """The check of every pair of the flagship under one design."""
    return check(CheckOptions(PAIRS, design=design)).result


def pictures() -> dict[str, bytes]:
    """A witness picture for each distinct finding of 2005, named by rule and C line, or by the claim that fails."""
    found = {}
    for shown in distinct(result("2005")):
        place = shown.finding.place
        where = shown.finding.claim or (place.source or place.spec).rpartition(":")[2]
        svg = witness_svg(shown.finding, shown.scenario, spec="specs/spine.py", model="inotify", design="2005")
        found[f"{shown.finding.rule}-{where}.svg"] = svg
    return found


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def compare(path: Path, content: bytes, update: bool) -> None:
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert path.read_bytes() == content


@pytest.mark.parametrize("design", ["2005", "repaired"])
def test_the_text_is_what_check_prints(design: str, pytestconfig: pytest.Config) -> None:
    text = render_check(result(design), terminal=Terminal(width=110))
    compare(REPORTS / f"{design}.txt", text.encode(), pytestconfig.getoption("--update-golden"))


def test_the_pictures_are_those_of_the_findings(pytestconfig: pytest.Config) -> None:
    update = pytestconfig.getoption("--update-golden")
    drawn = pictures()
    for name, svg in drawn.items():
        compare(REPORTS / name, svg, update)
    assert sorted(path.name for path in REPORTS.glob("*.svg")) == sorted(drawn)


# --- reviews ------------------------------------------------------------------------------------------------------

REVIEWS = {
    "inotify": ("specs/inotify.py", "reports/inotify/findings.json"),
    "documents": ("specs/classic/documents.py", ""),
    "philosophers": ("specs/classic/philosophers.py", ""),
}
"""Folder: the spec, and the record that stands there where a search would take too long."""


def without_layout(page: bytes) -> list[str]:
    """The lines of a page but for the shapes of Graphviz, which are of its version."""
    return re.sub(rf"{BEGIN}.*?{END}", "", page.decode(), flags=re.DOTALL).splitlines()


def drawn_by_graphviz(name: str, files: Iterable[str]) -> bool:
    """Is it a picture of a graph, of which the DOT stands beside it?"""
    return name.endswith(".svg") and f"{name.removesuffix('.svg')}.dot" in files


@pytest.mark.parametrize("name", REVIEWS)
def test_a_review_is_what_review_writes(name: str, pytestconfig: pytest.Config) -> None:
    spec, earlier = REVIEWS[name]
    run = review(ReviewOptions(RecordOptions(CheckOptions(spec)), Path(earlier) if earlier else None))
    files = {key: data for key, data in run.files.items() if not drawn_by_graphviz(key, run.files)}
    folder = ROOT / "reports" / name
    if pytestconfig.getoption("--update-golden"):
        shutil.rmtree(folder / "pictures", ignore_errors=True)
        write_folder(folder, files)
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix != ".md" and path.is_file()}
    assert there == set(files)
    for key, data in files.items():
        if key == "index.html":
            assert without_layout((folder / key).read_bytes()) == without_layout(data)
        else:
            assert (folder / key).read_bytes() == data, key


# --- the record of the flagship -----------------------------------------------------------------------------------

RECORD = ROOT / "reports" / "inotify"


def told_in_the_record() -> list[tuple[str, str, str]]:
    """Each finding that the record of the flagship tells: its rule, what it claims or its place, and its schedule."""
    record = json.loads((RECORD / "findings.json").read_text())
    findings = [one["finding"] for defect in record["defects"] for one in defect["findings"]]
    return [(f["rule"], f["claim"] or f["place"]["source"] or f["place"]["spec"], f["schedule"]) for f in findings]


def test_every_witness_in_the_record_of_the_flagship_is_one_today() -> None:
    told = told_in_the_record()
    assert len(told) > 20
    for rule, where, schedule in told:
        _, finding, _ = replay("specs/inotify.py", schedule, {})
        assert finding is not None
        assert (finding.rule, finding.claim or finding.place.source or finding.place.spec) == (rule, where)
