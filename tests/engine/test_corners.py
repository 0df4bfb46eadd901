"""Corners of the semantics that a spec rarely comes to, each with what must be said there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.engine.transitions import Shortest, Transitions
from tests.engine.machines import HEAD, rules, run_paths


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


PRIVATE = """

class Node(Struct):
    lock: Mutex
    value: Annotated[int, Range(0, 3)] = field(guarded_by="lock")
    following: Node
    link: ListEntry
    children: ListHead[Node] = list_of("link")


nodes = model.cache(Node, capacity=1)
top = model.object(Node, "top")


@model.path
def publish() -> None:
    node = kmem_cache_zalloc(nodes, GFP_KERNEL)
    INIT_LIST_HEAD(node.children)
    node.value = 1
    top.following = list_first_entry(node.children)
    node.value = 2


@model.scenario
def scenario(m: Scenario) -> None:
    m.thread("t0", publish)
"""


def test_a_head_that_is_stored_as_an_entry_makes_its_object_shared(tmp_path: Path) -> None:
    path = tmp_path / "private.py"
    path.write_text(HEAD + PRIVATE)
    (result,) = check(CheckOptions(str(path))).result.scenarios
    assert rules(result) == ["LM302", "LM308"]


PATH = """

class Far(Struct):
    lock: Mutex


class Near(Struct):
    far: Far = field(constant=True)


class Here(Struct):
    near: Near = field(constant=True)
    value: Annotated[int, Range(0, 3)] = field(guarded_by="near.far.lock")


@model.path
def write(here: Here, near: Near, far: Far) -> None:
    mutex_lock(far.lock)
    kfree(near)
    here.value = 1
    mutex_unlock(far.lock)


@model.path
def nothing(here: Here) -> None:
    mark("here")


@model.scenario
def scenario(m: Scenario) -> None:
    far = m.new(Far)
    near = m.new(Near, far=far)
    here = m.new(Here, near=near)
    m.thread("t0", write, here, near, far)
    m.thread("t1", nothing, here)
"""


@pytest.mark.parametrize("reduction", [True, False])
def test_a_guard_is_not_found_through_a_freed_object(tmp_path: Path, reduction: bool) -> None:
    path = tmp_path / "path.py"
    path.write_text(HEAD + PATH)
    (result,) = check(CheckOptions(str(path), reduction=reduction)).result.scenarios
    assert rules(result) == ["LM302"]
