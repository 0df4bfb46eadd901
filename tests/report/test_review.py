"""The page of a review: what its sentences are made of. (`tests/cli/test_review.py` has the page as a whole.)"""

from __future__ import annotations

import pytest

from lockmodel.findings.finding import Frame, Heap, HeapLink, HeapObject
from lockmodel.findings.pairing import Pairing, Side, Use
from lockmodel.findings.record import Cell, Holding, Row, Setting
from lockmodel.properties.catalogue import RULES
from lockmodel.report.focus import focused
from lockmodel.report.review.defects import WORST
from lockmodel.report.review.sections import in_short, matrix_of, pairings_of
from lockmodel.report.review.story import story_of
from tests.report.samples import null_dereference, philosophers, race


def holding(matrix: list[Row], switches: list[list[str]], pairings: list[Pairing] | None = None) -> Holding:
    return Holding(
        "plain", 1, [Setting(one) for one in switches], [2, 2], 1, 1, [], [], [], [], [], [], True, [], [],
        matrix=matrix, pairings=pairings or [],
    )  # fmt: skip


def test_every_rule_has_its_place_among_the_worst() -> None:
    assert sorted(WORST) == [code for code, rule in RULES.items() if rule.judged]


def test_a_story_has_a_run_for_each_switch_with_the_locks_that_are_held_there() -> None:
    story = story_of(null_dereference())
    told = [(run.thread, run.first, run.last, run.taken, run.held, run.again) for run in story.runs]
    assert told == [
        ("rm_watch", 1, 5, ("device#1.sem",), (), False),
        ("umount", 6, 16, ("inode#1.inotify_sem", "device#1.sem"), (), False),
        ("rm_watch", 17, 22, ("inode#1.inotify_sem", "device#1.sem"), (), True),
    ]
    assert [run.held for run in story_of(philosophers()).runs] == [("fork#1.sem",), ("fork#2.sem",), ("fork#3.sem",)]


def test_where_a_pointer_is_null_the_object_is_told_of_that_it_pointed_to() -> None:
    story = story_of(null_dereference())
    assert story.concerned == ("watch#1",)
    assert "device#1.idr: {1: watch#1} -> {}" in [deed.what for deed in story.deeds]
    assert story_of(race()).concerned == ("counter#1",)


def test_a_cell_marks_what_the_switches_as_given_do_not_show() -> None:
    rows = [
        Row("good", [Cell(2, 0, 0, []), Cell(2, 0, 0, [])]),
        Row("bad", [Cell(3, 1, 0, ["LM301"]), Cell(3, 2, 0, ["LM301", "LM303"])]),
        Row("cut", [Cell(1, 0, 1, []), Cell(0, 0, 0, [])]),
    ]
    view = matrix_of(holding(rows, [[], ["odd=on"]]), again=True)
    assert view is not None
    assert view.columns == ("as given", "odd=on")
    assert [(name, [(cell.word, cell.told) for cell in cells]) for name, _, cells in view.rows] == [
        ("bad", [("violated", "1 of 3: LM301"), ("violated", "2 of 3: LM301 +LM303")]),
        ("cut", [("incomplete", "1 of 1 unfinished"), ("", "none")]),
    ]
    assert (view.clean, view.total) == (1, 3)
    assert [cell.told for cell in view.sums] == ["1 of 6: LM301", "2 of 5: LM301 +LM303"]


@pytest.mark.parametrize(
    ("kind", "side", "note"),
    [
        ("wait", "waits", "waited for, and woken by nothing within reach"),
        ("object", "made", "allocated, and freed by nothing within reach"),
        ("ledger", "owed", "owed, and never read by anybody"),
    ],
)
def test_what_has_no_counterpart_is_told(kind: str, side: str, note: str) -> None:
    use = Use("deed", Frame("f", "spec.py:3", None), True, [])
    (view,) = pairings_of(holding([], [[]], [Pairing(kind, "Box.wq", [Side(side, [use])], [])]), kind)
    assert view.notes == (note,)
    assert not view.called


def test_the_lines_of_one_file_are_told_together() -> None:
    places = ["a.c:9", "a.c:3", "b.c:1", "a.c:9", "a.c:12"]
    assert in_short(places) == "a.c:3, 9, 12; b.c:1"
    assert in_short(places, 2) == "a.c:3, 9 and 1 more; b.c:1"


def test_a_heap_is_narrowed_to_the_objects_concerned_and_their_neighbours() -> None:
    objects = [HeapObject(name, "live", ["x" * 80]) for name in ("a#1", "b#1", "c#1", "d#1")]
    links = [
        HeapLink("b#1", "a#1", "to", "field"),
        HeapLink("c#1", "b#1", "to", "field"),
        HeapLink("t", "a#1", "local", "local"),
        HeapLink("t", "d#1", "local", "local"),
    ]
    narrow = focused(Heap(1, 1, objects, links, ["t"], [""]), ["a#1"])
    assert [(item.name, [len(line) for line in item.fields]) for item in narrow.objects] == [("a#1", [44]), ("b#1", [])]
    assert [(link.source, link.target) for link in narrow.links] == [("b#1", "a#1"), ("t", "a#1")]
