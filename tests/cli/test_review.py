"""`lockmodel review`: the page, its pictures and its data; from a search, or from what an earlier run wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lockmodel.check import Checker
from lockmodel.explain import page as explained
from lockmodel.report.graphs import RenderError
from tests.cli.conftest import Run
from tests.cli.test_record import SPEC
from tests.findings.test_pairings import SPEC as PAIRS

ROOT = Path(__file__).resolve().parent.parent.parent

BANK = '''
"""Two locks, taken both ways."""

from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, mutex_lock, mutex_unlock

bank = Model("bank")
a, b = bank.mutex("a"), bank.mutex("b")


@bank.path
def transfer(source: Mutex, target: Mutex) -> None:
    mutex_lock(source)
    mutex_lock(target)
    mutex_unlock(target)
    mutex_unlock(source)


@bank.scenario
def both_ways(m: Scenario) -> None:
    m.thread("there", transfer, a, b)
    m.thread("back", transfer, b, a)
'''


class Page(HTMLParser):
    """What stands in a page: elements with their attributes, names that are linked to, and all text."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, attribute: str) -> list[str]:
        return [its[attribute] or "" for _, its in self.elements if attribute in its]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "counters.py").write_text(SPEC.lstrip())
    (tmp_path / "bank.py").write_text(BANK.lstrip())
    return tmp_path


def page_of(folder: Path) -> Page:
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_the_page_tells_the_verdict_each_defect_and_what_would_have_to_change(run: Run, folder: Path) -> None:
    told = run("review", "counters.py", "-o", "out")
    assert told.exit_code == 1
    assert "out/index.html: 3 defects, " in told.output
    page = page_of(folder / "out")
    text = " ".join(page.text.split())
    for words in (
        "✗ violated ✗ Design as-it-was: 3 defects",
        "LM305 null-dereference in look, counters.c:21",
        "The design fix-look alone removes it.",
        "A pointer is looked at before it is used.",
        "through a null pointer",
        "6 lines of code: 4 modelled, 1 left out for a reason, 1 unaccounted for (31).",
        "A remark of the model that fits no finding",
        "mutex_lock(counter.lock) # 21",
    ):
        assert words in text, words
    assert text.index("LM305 null-dereference") < text.index("LM301 data-race") < text.index("LM701 invariant")


def test_the_page_stands_for_itself(run: Run, folder: Path) -> None:
    run("review", "counters.py", "-o", "out", "-q")
    page = page_of(folder / "out")
    links = [target for target in page.named("href") if not target.startswith("#")]
    assert (links, page.named("src")) == ([], [])
    names = page.named("id")
    assert len(names) == len(set(names))
    assert {target[1:] for target in page.named("href")} <= set(names)
    labelled = [one for text in page.named("aria-labelledby") for one in text.split()]
    assert set(labelled) <= set(names)
    assert "http" not in re.sub(r'"http://www\.w3\.org/[^"]*"', "", (folder / "out" / "index.html").read_text())


def test_a_small_model_has_a_small_page(run: Run, folder: Path) -> None:
    assert run("review", "bank.py", "-o", "out", "-q").exit_code == 1
    page = (folder / "out" / "index.html").read_text()
    assert len(page) < 70_000  # half of it are the style and the script of the page
    text = " ".join(Page(page).text.split())
    for words in ("No order is declared.", "Nobody sleeps until another thread says so.", "keeps no ledger of events"):
        assert words in text


def names_and_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_review_wrote_gives_the_same_page_without_a_search(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("review", "counters.py", "-o", "out", "-q")
    first = names_and_bytes(folder / "out")

    def check(*_: object) -> Any:
        raise AssertionError("searched")

    monkeypatch.setattr(Checker, "check", check)
    assert run("review", "counters.py", "--from", "out/findings.json", "-o", "again", "-q").exit_code == 1
    assert names_and_bytes(folder / "again") == first
    assert sorted(name for name in first if "/" not in name) == ["findings.json", "index.html"]


def test_the_same_bytes_come_out_for_any_hash_seed_and_number_of_workers(folder: Path) -> None:
    for seed, workers in (("0", "1"), ("1", "2")):
        subprocess.run(
            [sys.executable, "-m", "lockmodel", "review", "counters.py", "-o", seed, "-q", "-j", workers],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert names_and_bytes(folder / "0") == names_and_bytes(folder / "1")
    assert str(folder) not in (folder / "0" / "index.html").read_text()


def test_the_json_of_a_check_is_enough(run: Run, folder: Path) -> None:
    run("check", "counters.py", "--output-format", "json", "--output-file", "check.json")
    assert run("review", "counters.py", "--from", "check.json", "-o", "out", "-q").exit_code == 1
    text = " ".join(page_of(folder / "out").text.split())
    assert "Design as-it-was: 3 defects" in text
    assert explained("LM301").repair[:40] in text


def test_what_a_check_found_under_other_switches_is_told_with_those(run: Run, folder: Path) -> None:
    run("check", "counters.py", "--matrix", "each", "--output-format", "json", "--output-file", "check.json")
    assert run("review", "counters.py", "--from", "check.json", "-o", "out", "-q").exit_code == 1
    text = " ".join(page_of(folder / "out").text.split())
    assert "Design as-it-was: 4 defects" in text
    assert "LM305 null-dereference memory counters.c:21 1 2 twice=on" in text


def changed(folder: Path, **fields: object) -> None:
    path = folder / "out" / "findings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"schema_version": 9}, "has the schema version 9, and this lockmodel reads 1"),
        ({"model": "other"}, "is of the model other, and counters.py is of the model counters"),
        ({"design": "third"}, "is of the design third, which counters.py does not have"),
        ({"defects": 3}, "is not whole: "),
    ],
)
def test_what_another_version_or_another_spec_wrote_is_refused(
    run: Run, folder: Path, fields: dict[str, object], said: str
) -> None:
    run("review", "counters.py", "-o", "out", "-q")
    changed(folder, **fields)
    told = run("review", "counters.py", "--from", "out/findings.json", "-o", "again", "-q")
    assert told.exit_code == 2
    assert said in told.output
    assert not (folder / "again").exists()


def test_a_witness_that_the_spec_does_not_show_any_more_is_refused(run: Run, folder: Path) -> None:
    run("review", "counters.py", "-o", "out", "-q")
    spec = folder / "counters.py"
    spec.write_text(spec.read_text().replace("    counter.n += 1  # 10\n", "    counter.n = 1  # 10\n", 1))
    told = run("review", "counters.py", "--from", "out/findings.json", "-o", "again", "-q")
    assert told.exit_code == 2
    assert re.search(r"the witness of LM30\d at counters.c:10 in out/findings.json does not replay: ", told.output)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[]", "holds the results of several targets"),
        ("{}", "holds neither a record nor a check"),
        ("7", "holds neither a record nor a check"),
    ],
)
def test_a_file_that_is_something_else_is_refused(run: Run, folder: Path, text: str, said: str) -> None:
    (folder / "file.json").write_text(text)
    told = run("review", "counters.py", "--from", "file.json", "-o", "out", "-q")
    assert told.exit_code == 2
    assert said in told.output
    assert not (folder / "out").exists()


def test_a_file_that_is_not_there_and_options_that_contradict_it_are_told(run: Run, folder: Path) -> None:
    assert "cannot read no.json" in run("review", "counters.py", "--from", "no.json", "-o", "out").output
    told = run("review", "counters.py", "--from", "no.json", "--matrix", "each", "-o", "out")
    assert told.exit_code == 2
    assert "--from and --matrix contradict each other" in told.output


def test_what_cannot_be_written_to_is_told_before_anything_is_searched(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checker, "check", None)
    (folder / "file").write_text("")
    for out, said in (("file", "it is no folder"), ("no/where", "there is no folder no")):
        told = run("review", "counters.py", "-o", out)
        assert told.exit_code == 2
        assert said in told.output
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "permission denied" in run("review", "counters.py", "-o", "out").output


def test_an_interrupt_before_anything_was_searched_writes_nothing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Checker, "check", check)
    assert run("review", "counters.py", "-o", "out").exit_code == 130
    assert not (folder / "out").exists()


def test_an_interrupt_while_pictures_are_drawn_writes_nothing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("lockmodel.review.render", render)
    assert run("review", "bank.py", "-o", "out").exit_code == 130
    assert not (folder / "out").exists()


def test_without_graphviz_the_page_stands_and_says_what_is_missing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def laid_out(*_: object) -> Any:
        raise RenderError("pygraphviz does not load")

    monkeypatch.setattr("lockmodel.report.graphs._bundled", laid_out)
    told = run("review", "bank.py", "-o", "out")
    assert told.exit_code == 1
    assert "note: graphs stand beside the page as DOT only: pygraphviz does not load" in told.output
    names = sorted(names_and_bytes(folder / "out"))
    assert "pictures/1-LM101-wait-for.dot" in names
    assert "pictures/1-LM101-wait-for.svg" not in names


def test_pictures_of_an_earlier_review_go_and_nothing_else(run: Run, folder: Path) -> None:
    run("review", "bank.py", "-o", "out", "-q")
    pictures = folder / "out" / "pictures"
    for name in ("7-LM303-heap.svg", "lock-order-old.dot", "mine.svg"):
        (pictures / name).write_text("")
    run("review", "bank.py", "-o", "out", "-q")
    assert not (pictures / "7-LM303-heap.svg").exists()
    assert not (pictures / "lock-order-old.dot").exists()
    assert (pictures / "mine.svg").exists()
    assert (pictures / "1-LM101-witness.svg").exists()


def test_a_record_is_of_the_same_spec_from_whatever_folder_it_is_named(run: Run, folder: Path) -> None:
    run("review", "counters.py", "-o", "out", "-q")
    told = run("review", str(folder / "counters.py"), "--from", "out/findings.json", "-o", "again", "-q")
    assert told.exit_code == 1


NASTY = "</script><u title='x'>\"&é\u202e\x07"


def test_names_of_a_spec_reach_the_page_as_text(run: Run, folder: Path) -> None:
    spec = BANK.lstrip().replace('"there"', repr(NASTY)).replace('Model("bank")', f"Model({NASTY!r})")
    (folder / "nasty.py").write_text(spec, encoding="utf-8")
    assert run("review", "nasty.py", "-o", "out", "-q").exit_code == 1
    raw = (folder / "out" / "index.html").read_text(encoding="utf-8")
    assert "</script><u" not in raw
    assert "\x07" not in raw
    page = Page(raw)
    assert "u" not in {tag for tag, _ in page.elements}
    assert "</script><u title='x'>\"&é" in page.text
    for path in (folder / "out" / "pictures").glob("*.svg"):
        assert "<u title" not in path.read_text(encoding="utf-8")


def test_what_is_got_and_put_woken_and_owed_is_told_with_what_has_no_counterpart(run: Run, folder: Path) -> None:
    (folder / "pairs.py").write_text(PAIRS)
    run("review", "pairs.py", "-o", "out", "-q")
    text = " ".join(page_of(folder / "out").text.split())
    for words in (
        "Item.count Held by Box.item, as declared.",
        "raised pairs.py:29 get use pairs.c:10",
        "freed pairs.py:35 put (no schedule came to it) use pairs.c:12",
        "Box.wq ! Woken, and nobody waits for it.",
        "Box.told ! Owed, and never read by anybody.",
        "Paths that no scenario enters: never.",
    ):
        assert words in text, words


def test_what_a_comment_silences_is_told(run: Run, folder: Path) -> None:
    spec = BANK.lstrip().replace(
        "    mutex_lock(target)\n", "    mutex_lock(target)  # lockmodel: ignore[LM101] known\n"
    )
    (folder / "bank.py").write_text(spec)
    run("review", "bank.py", "-o", "out", "-q")
    text = " ".join(page_of(folder / "out").text.split())
    assert "! ignored as the spec says, design as-written: LM101 deadlock in transfer, bank.py:14: known" in text


LONG = """
from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct

model = Model("long")


class Counter(Struct):
    n: Annotated[int, Range(0, 2000)]


@model.path
def count(counter: Counter) -> None:
    for _ in range(700):
        counter.n += 1
    wrong = True
    assert not wrong


@model.scenario
def alone(m: Scenario) -> None:
    m.thread("a", count, m.new(Counter))
"""


def test_schedules_for_which_a_page_has_no_room_are_pointed_to(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockmodel.report.review.page.ROOM", 0)
    run("review", "bank.py", "-o", "out", "-q")
    text = " ".join(page_of(folder / "out").text.split())
    assert "too large: pictures/1-LM101-witness.svg beside the page draws it, and the line below replays it." in text


def test_of_a_long_schedule_the_page_shows_its_ends(run: Run, folder: Path) -> None:
    (folder / "long.py").write_text(LONG)
    assert run("review", "long.py", "-o", "out", "-q").exit_code == 1
    page = (folder / "out" / "index.html").read_text()
    assert "1400 steps" in page or "1,400 steps" in page
    assert len(page) < 250_000
