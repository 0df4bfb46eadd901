"""LM201: a lock asked for against the declared order; recorded with a whole witness, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.ir.hierarchy import Hierarchy
from tests.engine.machines import rules, run_machine

INWARD = 'model.hierarchy("Box.sem", "Box.mutex", "Box.spin")\n'
AGAINST = """
@model.path
def against(box: Box) -> None:
    mutex_lock(box.mutex)
    down(box.sem)
    up(box.sem)
    mutex_unlock(box.mutex)
"""
ALONG = """
@model.path
def along(box: Box) -> None:
    down(box.sem)
    spin_lock(box.spin)
    spin_unlock(box.spin)
    up(box.sem)
"""


@pytest.mark.parametrize("options", [{}, {"engine": "python"}, {"reduction": False}, {"strategy": "dpor"}])
def test_a_lock_asked_for_against_the_order_is_told_and_the_run_goes_on(
    tmp_path: Path, options: dict[str, str]
) -> None:
    result = run_machine(tmp_path, INWARD + AGAINST, "m.thread('t', against, box)", **options)
    (finding,) = result.findings
    assert (finding.rule, finding.claim, finding.minimal) == (
        "LM201",
        "Box.mutex -> Box.sem",
        "not-proved" if "strategy" in options else "proved",
    )
    assert finding.message == (
        "Thread t: against asks for box#1.sem while it holds box#1.mutex, but Box.sem comes before Box.mutex in the "
        "declared order."
    )
    assert [step.operation for step in finding.steps] == ["mutex_lock(box#1.mutex)", "down(box#1.sem)"]
    assert finding.locks == ["box#1.sem", "box#1.mutex"]
    assert result.complete


def test_it_is_judged_when_the_lock_is_asked_for_and_not_when_it_is_taken(tmp_path: Path) -> None:
    waiting = AGAINST.replace("    down", "    await_(box.x == 1)\n    down")
    first = "\n@model.path\ndef first(box: Box) -> None:\n    down(box.sem)\n    box.x = 1\n    await_(box.flag)\n"
    first += "    up(box.sem)\n"
    result = run_machine(tmp_path, INWARD + waiting + first, "m.thread('t', against, box)\nm.thread('u', first, box)")
    assert rules(result) == ["LM101", "LM201"]
    assert result.findings[1].steps[-1].operation != "down(box#1.sem)"


def test_along_the_order_also_where_a_lock_is_left_out_is_fine(tmp_path: Path) -> None:
    assert run_machine(tmp_path, INWARD + ALONG, "m.thread('t', along, box)").verdict == "verified"


def test_two_places_that_break_the_same_order_are_one_finding(tmp_path: Path) -> None:
    twice = AGAINST + AGAINST.replace("against", "again")
    result = run_machine(tmp_path, INWARD + twice, "m.thread('t', against, box)\nm.thread('u', again, box)")
    assert rules(result) == ["LM201"]


TREE = """
class Leaf(Struct):
    lock: Mutex
    parent: Leaf = field(constant=True)
    rank: Annotated[int, Range(0, 3)] = field(constant=True)

model.ordered("Leaf.lock", by="{by}")

@model.path
def both(one: Leaf, two: Leaf) -> None:
    mutex_lock(one.lock)
    mutex_lock(two.lock)
    mutex_unlock(two.lock)
    mutex_unlock(one.lock)
"""
LEAVES = (
    "a = m.new(Leaf, 'a', rank=1)\nb = m.new(Leaf, 'b', rank=2, parent=a)\nc = m.new(Leaf, 'c', rank=2, parent=b)\n"
)


@pytest.mark.parametrize(
    ("by", "first", "second", "found"),
    [
        ("rank", "a", "b", []),
        ("rank", "b", "a", ["LM201"]),
        ("rank", "b", "c", ["LM201"]),
        ("parent", "a", "b", []),
        ("parent", "a", "c", []),
        ("parent", "c", "a", ["LM201"]),
    ],
)
def test_instances_nest_in_their_declared_order(
    tmp_path: Path, by: str, first: str, second: str, found: list[str]
) -> None:
    result = run_machine(tmp_path, TREE.format(by=by), f"{LEAVES}m.thread('t', both, {first}, {second})")
    assert rules(result) == found
    assert [finding.claim for finding in result.findings] == ["Leaf.lock -> Leaf.lock"] * len(found)


NESTED = """
@model.path
def nested(box: Box, other: Box) -> None:
    mutex_lock{outer}
    mutex_lock{inner}
    mutex_unlock(other.mutex)
    mutex_unlock(box.mutex)
    mutex_lock(box.mutex)
    down(box.sem)
    up(box.sem)
    mutex_unlock(box.mutex)
"""
AS_IT_IS = ("(box.mutex)", "(other.mutex)")
CHILD = ("(box.mutex)", "_nested(other.mutex, 1)")
FIRST = ("_nested(box.mutex, 1)", "(other.mutex)")


@pytest.mark.parametrize(
    ("order", "locks", "claims"),
    [
        ('"Box.mutex", "Box.sem"', AS_IT_IS, set()),
        ('"Box.mutex", "Box.mutex/1", "Box.sem"', CHILD, set()),
        ('"Box.mutex", "Box.mutex/1", "Box.sem"', FIRST, {"Box.mutex/1 -> Box.mutex"}),
        ('"Box.sem", "Box.mutex"', CHILD, {"Box.mutex -> Box.sem"}),
    ],
)
def test_the_declared_order_may_name_subclasses(
    tmp_path: Path, order: str, locks: tuple[str, str], claims: set[str]
) -> None:
    outer, inner = locks
    source = f"model.hierarchy({order})\n" + NESTED.format(outer=outer, inner=inner)
    result = run_machine(tmp_path, source, "m.thread('t', nested, box, m.new(Box, 'other'))")
    assert {finding.claim for finding in result.findings if finding.rule == "LM201"} == claims


def test_what_is_said_of_a_class_is_said_of_its_subclasses() -> None:
    order = Hierarchy(above=frozenset({("a", "b"), ("b/1", "a")}))
    assert order.forbids("b", "a")
    assert order.forbids("b/2", "a")
    assert order.forbids("b/2", "a/3")
    assert order.forbids("a", "b/1")
    assert not order.forbids("b/1", "a")
    assert not order.forbids("a", "b/2")


NESTING = {
    "flags = spin_lock_irqsave_nested({}, 1)": ("SpinLock", "spin_lock({})", "spin_unlock_irqrestore({}, flags)"),
    "spin_lock_bh_nested({}, 1)": ("SpinLock", "spin_lock({})", "spin_unlock_bh({})"),
    "flags = raw_spin_lock_irqsave_nested({}, 1)": (
        "RawSpinLock", "raw_spin_lock({})", "raw_spin_unlock_irqrestore({}, flags)",
    ),
    "raw_spin_lock_bh_nested({}, 1)": ("RawSpinLock", "raw_spin_lock({})", "raw_spin_unlock_bh({})"),
    "write_lock_nested({}, 1)": ("RwLock", "write_lock({})", "write_unlock({})"),
    "rt_mutex_lock_nested({}, 1)": ("RtMutex", "rt_mutex_lock({})", "rt_mutex_unlock({})"),
    "if mutex_lock_interruptible_nested({}, 1): return": ("Mutex", "mutex_lock({})", "mutex_unlock({})"),
}  # fmt: skip


@pytest.mark.parametrize("inner", NESTING)
def test_every_way_to_nest_takes_a_lock_of_a_class_of_its_own(tmp_path: Path, inner: str) -> None:
    kind, outer, release = NESTING[inner]
    lines = outer.format("box.lock"), inner.format("other.lock"), release.format("other.lock")
    body = "".join(f"    {line}\n" for line in lines)
    path = tmp_path / "nesting.py"
    path.write_text(
        "from __future__ import annotations\n\nfrom lockmodel import *\n\nmodel = Model('nesting', signals=True)\n\n\n"
        f"class Box(Struct):\n    lock: {kind}\n\n\n"
        f"@model.path\ndef f(box: Box, other: Box) -> None:\n{body}\n\n"
        "@model.scenario\ndef s(m: Scenario) -> None:\n    m.thread('t', f, m.new(Box), m.new(Box))\n"
    )
    result = check(CheckOptions(str(path))).result
    assert {(edge.outer, edge.inner) for edge in result.order.edges} == {("Box.lock", "Box.lock/1")}
