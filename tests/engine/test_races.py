"""Data races: the definition, asked of every state, against what the other searches find in another way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given

from lockmodel.check import replay
from lockmodel.engine import races
from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.exhaustive import Exhaustive, unavailable
from lockmodel.findings.trace import run, violations
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from lockmodel.source import Site
from tests.engine.machines import run_machine, run_paths
from tests.engine.random_models import random_specs, rich_specs
from tests.engine.test_exactness import examples, laid_out

MOST = 6_000

WAYS = [
    *(Exhaustive("python", reduction) for reduction in (True,)),
    *(Exhaustive("native", reduction) for reduction in (True, False) if not unavailable()),
]
"""Every search but the one of every state in Python, which asks for races itself."""

Lengths = dict[tuple[object, ...], int]


def by_definition(layout: Layout) -> Lengths | None:
    """The races of every state, with the lengths of their shortest schedules; None where there are too many states."""
    stepper = Stepper(layout)
    found = Search(stepper, RuleJudge(stepper), Limits(states=MOST), races=True).run()
    return None if found.reason else lengths(found)


def lengths(found: Exploration) -> Lengths:
    return {hit.violation.identity: len(hit.schedule) for hit in found.hits if hit.violation.rule == "LM301"}


def agree(text: str) -> None:
    layout = laid_out(text)
    truth = by_definition(layout)
    assume(truth is not None)
    assert truth is not None
    for way in WAYS:
        found, judge = way.explore(layout)
        assert not found.reason
        assert lengths(found) == truth, (way, text)
        assert len({hit.violation.identity for hit in found.hits}) == len(found.hits)
        for hit in found.hits:
            if hit.violation.rule == "LM301":
                trace = run(judge.stepper, hit.schedule)
                shown = violations(trace, judge, lost=())
                assert hit.violation.identity in {violation.identity for violation in shown}


@examples(60)
@given(random_specs())
def test_all_searches_find_the_races_of_every_state(text: str) -> None:
    agree(text)


@examples(40)
@given(rich_specs())
def test_all_searches_agree_on_models_of_the_whole_language(text: str) -> None:
    agree(text)


@examples(15)
@given(random_specs(threads=3, most=3))
def test_three_threads_agree_as_well(text: str) -> None:
    agree(text)


@examples(15)
@given(rich_specs(threads=3, most=2, endless=True))
def test_threads_that_run_for_ever_agree_as_well(text: str) -> None:
    agree(text)


# --- the filter on trial ------------------------------------------------------------------------------------------

CLEAN = {
    "one lock": ["mutex_lock(box.mutex)\nbox.x = 1\nmutex_unlock(box.mutex)"] * 2,
    "reads only": ["seen = box.x"] * 2,
    "an atomic": ["atomic_inc(box.hits)"] * 2,
    "marked": ["seen = data_race(box.x)", "box.x = 1"],
    "read and written once": ["seen = READ_ONCE(box.x)", "WRITE_ONCE(box.x, 1)"],
    "waited for as a whole": ["await_(box.flag)", "box.flag = True"],
    "one after the other": ["box.x = 1\nup(box.empty)", "down(box.empty)\nbox.x = 2"],
    "published when it is done": [
        "made = kmem_cache_zalloc(items, GFP_KERNEL)\nmade.number = 1\natomic_set(box.hits, 1)",
        "box.y = 2",
    ],
    "two slots of an idr": ["idr_remove(box.ids, 0)", "found = idr_find(box.ids, 1)"],
    "never reached": ["if box.flag:\n    box.x = 1", "if box.flag:\n    box.x = 2"],
}

RACES = {
    "a write and a read": (["box.x = 1", "seen = box.x"], "box#1.x"),
    "two writes": (["box.x = 1", "box.x = 2"], "box#1.x"),
    "one place": (["box.x = 1"] * 2, "box#1.x"),
    "two locks": (
        [
            "mutex_lock(box.mutex)\nbox.x = 1\nmutex_unlock(box.mutex)",
            "mutex_lock(box.other)\nbox.x = 1\nmutex_unlock(box.other)",
        ],
        "box#1.x",
    ),
    "a link of the head": (["list_add(item.link, box.spare)", "seen = list_empty(box.spare)"], "box#1.spare.next"),
    "a slot of an idr": (["err, id = idr_get_new(box.ids, item)", "found = idr_find(box.ids, 0)"], "box#1.ids[0]"),
    "where threads wait and go on for ever": (
        ["while True:\n    mutex_lock(box.mutex)\n    mutex_unlock(box.mutex)\n    box.x = 1"] * 2,
        "box#1.x",
    ),
    "after a wait": (["await_(box.flag)\nbox.x = 1", "box.flag = True\nbox.x = 2"], "box#1.x"),
}


def raced(folder: Path, bodies: list[str], **options: object) -> list[str]:
    result = run_paths(folder, *bodies, select=("LM301",), ignore=(), **options)
    return [finding.message for finding in result.findings]


@pytest.mark.parametrize("engine", ["python", "auto"])
@pytest.mark.parametrize("bodies", CLEAN.values(), ids=CLEAN)
def test_there_is_no_race(tmp_path: Path, bodies: list[str], engine: str) -> None:
    assert raced(tmp_path, bodies, engine=engine) == []


@pytest.mark.parametrize("engine", ["python", "auto"])
@pytest.mark.parametrize(("bodies", "location"), RACES.values(), ids=RACES)
def test_there_is_one_race(tmp_path: Path, bodies: list[str], location: str, engine: str) -> None:
    [message] = raced(tmp_path, bodies, engine=engine)
    assert message.startswith(f"t0 and t1 can touch {location} at the same time: ") or message.startswith(
        f"t1 and t0 can touch {location} at the same time: "
    )


def test_a_race_is_told_with_both_places_and_their_locks(tmp_path: Path) -> None:
    bodies = ["mutex_lock(box.mutex)\nbox.x = 1\nmutex_unlock(box.mutex)", "mark('first')\nseen = box.x"]
    result = run_paths(tmp_path, *bodies, select=("LM301",), ignore=())
    [finding] = result.findings
    writer, reader = (frame.spec for frame in finding.places)
    assert finding.message == (
        f"t0 and t1 can touch box#1.x at the same time: t0 writes it in p0 ({writer}), holding box#1.mutex; "
        f"t1 reads it in p1 ({reader}), holding no lock."
    )
    assert (finding.place, finding.locks, finding.objects) == (finding.places[0], ["box#1.mutex"], ["box#1"])
    assert (finding.threads, len(finding.steps), finding.minimal) == (["t0", "t1"], 2, "proved")
    assert (result.verdict, result.complete) == ("violated", True)


def test_a_replay_shows_the_race(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "box.x = 1", "mark('first')\nseen = box.x", ignore=())
    [finding] = result.findings
    _, shown, steps = replay(str(tmp_path / "machine.py"), finding.schedule)
    assert shown is not None
    assert (shown.rule, shown.message, len(steps)) == ("LM301", finding.message, 1)


def test_what_is_read_under_a_lock_that_is_held_for_reading_races_with_a_write_under_the_same() -> None:
    """A lock that both hold for reading keeps nothing apart; one that either holds for itself alone does."""
    site = Site("p", "a.py", 1)
    reading = races._Touch(False, (0, 1), frozenset({7}), frozenset({7}), site)
    writing = races._Touch(True, (0, 1), frozenset({7}), frozenset(), site)
    misused = races._Touch(True, (0, 1), frozenset({7}), frozenset({7}), site)
    assert not races._together(reading, writing)
    assert races._together(reading, misused)


def test_a_limit_that_ends_the_search_for_races_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = ["mark('a')\nmark('b')\nif box.flag:\n    box.x = 1", "if box.flag:\n    box.x = 2"]
    result = run_paths(tmp_path, *bodies, ignore=(), max_states=1, engine="python")
    assert (result.verdict, result.complete) == ("incomplete", False)


# --- the filter on trial ------------------------------------------------------------------------------------------

SHELF = """
class Shelf(Struct):
    sem: RwSemaphore
    books: Annotated[int, Range(0, 3)]


@model.path
def count(shelf: Shelf) -> None:
    down_read(shelf.sem)
    seen = shelf.books
    up_read(shelf.sem)


@model.path
def put(shelf: Shelf) -> None:
    down_{0}(shelf.sem)
    shelf.books = 1
    up_{0}(shelf.sem)
"""


def shelved(folder: Path, threads: list[str], mode: str) -> list[str]:
    scenario = "shelf = m.new(Shelf)\n" + "".join(f"m.thread('t{n}', {p}, shelf)\n" for n, p in enumerate(threads))
    result = run_machine(folder, SHELF.format(mode), scenario, select=("LM301",), ignore=())
    return [finding.rule for finding in result.findings]


def test_a_lock_that_one_of_them_holds_for_writing_keeps_them_apart(tmp_path: Path) -> None:
    assert shelved(tmp_path, ["count", "put", "put"], "write") == []


@pytest.mark.parametrize("threads", [["count", "put"], ["put", "put"]])
def test_a_lock_that_both_hold_for_reading_does_not(tmp_path: Path, threads: list[str]) -> None:
    assert shelved(tmp_path, threads, "read") == ["LM301"]


MUTANTS: dict[str, tuple[list[str], Callable[[races._Touch, races._Touch], bool]]] = {
    "any common lock keeps apart": (["count", "put"], lambda one, other: not one.held & other.held),
    "a procedure runs in one thread": (["put", "put"], lambda one, other: one.threads != other.threads),
}


@pytest.mark.parametrize(("threads", "together"), MUTANTS.values(), ids=MUTANTS)
def test_a_filter_that_passes_over_more_loses_a_race(
    tmp_path: Path, threads: list[str], together: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(races, "_together", together)
    assert shelved(tmp_path, threads, "read") == []
