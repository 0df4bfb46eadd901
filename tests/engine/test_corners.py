"""Corners of the semantics that a spec rarely comes to, each with what must be said there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.engine.transitions import Shortest, Transitions
from tests.engine.machines import HEAD, rules, run_machine, run_paths, write_machine


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


def test_a_range_as_wide_as_cs_integers(tmp_path: Path) -> None:
    for low, high in ((-(2**31), 2**31 - 1), (0, 2**32 - 1), (0, 2**63)):
        path = write_machine(
            tmp_path,
            f"class Wide(Struct):\n    n: Annotated[int, Range({low}, {high})]\n\n"
            "@model.path\ndef p(wide: Wide) -> None:\n"
            f"    wide.n = {high}\n    assert wide.n == {high}\n    wide.n += 1\n",
            "wide = m.new(Wide)\nm.thread('t', p, wide)",
        )
        for engine in ("python", "auto"):
            (result,) = check(CheckOptions(str(path), engine=engine)).result.scenarios
            assert [f.message.split(" would ")[0] for f in result.findings] == ["Thread t, in p: wide#1.n"]


def test_a_leak_is_placed_where_the_object_was_allocated(tmp_path: Path) -> None:
    body = """
        one = kmem_cache_zalloc(items, GFP_KERNEL)
        kfree(one)
        two = kmem_cache_zalloc(items, GFP_KERNEL)
        two.number = 1
    """
    result = run_paths(tmp_path, body)
    (leak,) = result.findings
    lines = (tmp_path / "machine.py").read_text().splitlines()
    assert leak.rule == "LM403"
    assert lines[int(leak.place.spec.rpartition(":")[2]) - 1].strip().startswith("two =")
    both = run_paths(tmp_path, body.replace("kfree(one)", "one.number = 2"))
    assert rules(both) == ["LM403", "LM403"]


def test_a_thread_that_enters_a_path_without_its_lock(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        "@model.path(holds=['box.mutex'])\ndef p(box: Box) -> None:\n    box.x = 1\n",
        "m.thread('t', p, box)\nm.thread('u', p, box)",
    )
    assert [f.message for f in result.findings] == [
        "Thread t: p calls p without box#1.mutex, which it asks for.",
    ]


def test_no_number_is_taken_for_a_mark(tmp_path: Path) -> None:
    assert run_paths(tmp_path, "y = 1 << 41\nz = 1 << 42\nassert z > y").verdict == "verified"
    result = run_paths(tmp_path, "y = 1 << 63\ny = y * 4\nassert y > 0")
    assert [f.message for f in result.findings] == [
        "Thread t0, in p0: 9223372036854775808 * 4 does not fit in 64 bits."
    ]


def test_what_was_misread_is_no_id(tmp_path: Path) -> None:
    result = run_paths(
        tmp_path, "wrong = list_first_entry(box.spare)\nnumber = wrong.number\nidr_remove(box.ids, number)"
    )
    assert [f.message for f in result.findings if "idr_remove" in f.message] == [
        "Thread t0, in p0: idr_remove is given a value read through no such object."
    ]


def test_an_id_for_null_is_allocated(tmp_path: Path) -> None:
    body = """
        ret, number = idr_get_new(box.ids, NULL)
        assert number == 0
        assert not idr_find(box.ids, 0)
        ret, second = idr_get_new(box.ids, item)
        assert second == 1
        idr_remove(box.ids, 0)
        idr_remove(box.ids, 1)
    """
    assert run_paths(tmp_path, body).verdict == "verified"


def test_the_state_at_the_end_has_what_the_last_step_wrote(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "box.x = 2\nseen = 1\nassert seen == 2", "box.flag = True")
    (finding,) = result.findings
    assert any("x 2" in line for line in finding.state)


def test_a_claim_says_nothing_of_an_object_that_is_being_made(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def p(box: Box) -> None:
            fresh = kmem_cache_alloc(items, GFP_KERNEL)
            fresh.number = 1
            kfree(fresh)

        @model.invariant()
        def never_three(item: Item) -> bool:
            return item.number != 3
        """,
        "m.thread('t', p, box)",
    )
    assert result.verdict == "verified"


@pytest.mark.parametrize("fill", ["    fresh.number = 1\n", ""], ids=["set", "never set"])
def test_a_claim_that_never_said_anything_is_listed(fill: str, tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        "class Made(Struct):\n    number: Annotated[int, Range(0, 3)]\n\nmade = model.cache(Made, capacity=1)\n\n"
        "@model.path\ndef p(box: Box) -> None:\n    fresh = kmem_cache_alloc(made, GFP_KERNEL)\n"
        f"{fill}    kfree(fresh)\n\n"
        "@model.invariant()\ndef never_three(made: Made) -> bool:\n    return made.number != 3\n",
        "m.thread('t', p, box)",
    )
    assert result.verdict == "verified"
    assert any(line.startswith("claim never_three") for line in result.unreached) is (not fill)
