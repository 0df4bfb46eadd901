"""Corners of the semantics that a spec rarely comes to, each with what must be said there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.engine.transitions import Shortest, Transitions
from tests.engine.machines import rules, run_paths


def test_a_schedule_may_switch_more_often_than_sixteen_bits_count() -> None:
    switches = 70_000
    edges = Transitions()
    for number in range(switches):
        edges.begin()
        edges.targets.append(number + 1)
        edges.moves.append((number % 2) << 16)
    shortest = Shortest.of(edges, range(switches + 1), 2, switches + 1)
    assert shortest.schedule(switches) == tuple((n % 2, 0) for n in range(switches))


def test_two_places_that_divide_by_zero_are_two_findings(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "seen = box.x\nbox.x = 1 // seen", "seen = box.x\nbox.x = 1 >> seen - 1")
    assert rules(result) == ["LM701", "LM701"]
    result = run_paths(tmp_path, "seen = box.x\nbox.x = 1 // seen", "seen = box.x\nbox.x = 2 // seen")
    assert rules(result) == ["LM701", "LM701"]


def test_adding_nothing_does_not_bring_a_count_back(tmp_path: Path) -> None:
    put = "if atomic_dec_and_test(item.count):\n    mark('last')\n"
    assert rules(run_paths(tmp_path, put + "atomic_add(0, item.count)\natomic_inc(item.count)")) == ["LM402"]
    assert "LM402" not in rules(run_paths(tmp_path, put + "atomic_set(item.count, 0)\natomic_inc(item.count)"))


@pytest.mark.parametrize("reduction", [True, False])
def test_a_local_that_is_never_read_again_keeps_no_slot(tmp_path: Path, reduction: bool) -> None:
    once = "{0} = kmem_cache_zalloc(items, GFP_KERNEL)\nkfree({0})\n"
    used = once.format("a") + once.format("b") + "c = kmem_cache_zalloc(items, GFP_KERNEL)\na.number = 1\nkfree(c)"
    result = run_paths(tmp_path, used, reduction=reduction)
    assert (rules(result), result.reason) == (["LM303"], None)
