"""Alike threads are not told apart: fewer states, the same findings, and schedules in the names of the scenario."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lockmodel.engine.exploration import Limits
from lockmodel.engine.local import LocalState
from lockmodel.engine.native.reduced import NativeReducedSearch
from lockmodel.engine.reduction.reduced import ReducedSearch, Reductions
from lockmodel.engine.reduction.symmetry import Symmetry, in_names_of_the_scenario
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import NODE_BYTES, Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine import test_native_reduced, test_reduced
from tests.engine.random_models import random_specs, rich_specs
from tests.engine.test_exactness import TIMES, layout_of
from tests.engine.test_native_reduced import counts, native, replays, searched, ways
from tests.engine.test_reduced import HEAD_NESTED, full, no_run_is_long, reduced

__all__ = ["no_run_is_long"]

USUAL = [Reductions(), Reductions(symmetry=False), Reductions(sleep=False), Reductions(persistent=False, values=False)]


def again(text: str, times: int) -> str:
    """A random spec with one thread, in which that many do the same."""
    *before, thread = text.splitlines()
    assert "m.thread('t0'" in thread
    return "\n".join([*before, *(thread.replace("'t0'", f"'t{n}'") for n in range(times))]) + "\n"


def nested(threads: str) -> Layout:
    layout = layout_of(HEAD_NESTED + threads)
    assert layout is not None
    return layout


def symmetry_of(layout: Layout) -> Symmetry:
    stepper = Stepper(layout)
    search = ReducedSearch(stepper, RuleJudge(stepper), Limits())
    search._begin()
    assert search._symmetry is not None
    return search._symmetry


@pytest.mark.parametrize("threads", [2, 3, 4, 5, 6, 12])
def test_nested_locks_take_as_many_states_as_there_are_threads(threads: int) -> None:
    layout = nested("".join(f"    m.thread('t{n}', nest, box)\n" for n in range(threads)))
    _, search = reduced(layout, Reductions())
    assert len(search.keys) <= threads + 1
    assert search.ended == [True] * threads


@native
def test_that_is_so_in_c() -> None:
    layout = nested("".join(f"    m.thread('t{n}', nest, box)\n" for n in range(64)))
    found, told, _ = searched(NativeReducedSearch, layout)
    assert found.tally.states <= 65
    assert told.ended == [True] * 64


CROSSED = """\
from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, Struct, mutex_lock, mutex_unlock

model = Model("crossed")


class Box(Struct):
    left: Mutex
    right: Mutex


@model.path
def one(box: Box) -> None:
    mutex_lock(box.left)
    mutex_lock(box.right)
    mutex_unlock(box.right)
    mutex_unlock(box.left)


@model.path
def other(box: Box) -> None:
    mutex_lock(box.right)
    mutex_lock(box.left)
    mutex_unlock(box.left)
    mutex_unlock(box.right)


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("a", one, box)
    m.thread("b", other, box)
    m.thread("c", one, box)
    m.thread("d", other, box)
    m.thread("e", one, box)
"""


@native
def test_states_are_fewer_and_every_schedule_replays() -> None:
    layout = layout_of(CROSSED)
    assert layout is not None
    assert symmetry_of(layout).groups == [(0, 2, 4), (1, 3)]
    apart, expected, _ = searched(ReducedSearch, layout, reductions=Reductions(symmetry=False))
    together, told, slow = searched(ReducedSearch, layout)
    found, told_in_c, fast = searched(NativeReducedSearch, layout)
    assert told == told_in_c == expected
    assert {rule for rule, *_ in told.broken} == {"LM101"}
    assert counts(together) == counts(found)
    assert ways(slow) == ways(fast)
    assert together.tally.states < apart.tally.states
    assert replays(together, layout)
    assert replays(found, layout)


@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=1), st.integers(2, 3))
def test_threads_that_do_the_same_are_found_out(text: str, threads: int) -> None:
    test_reduced.compare(again(text, threads), USUAL)


@settings(max_examples=25 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(threads=1, endless=True), st.integers(2, 3))
def test_threads_that_do_the_same_in_the_whole_language_are_found_out(text: str, threads: int) -> None:
    test_reduced.compare(again(text, threads), USUAL, 1_500)


@settings(max_examples=20 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=1, most=3), random_specs(threads=2, most=2))
def test_some_threads_do_the_same_and_others_not(one: str, two: str) -> None:
    more = "".join(f"    m.thread('more{n}', path0, box, item)\n" for n in range(2))
    test_reduced.compare(two + more, USUAL[:2])
    test_reduced.compare(again(one, 4), USUAL[:2])


@native
@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(threads=1, endless=True), st.integers(2, 3))
def test_c_says_what_python_says(text: str, threads: int) -> None:
    layout = layout_of(again(text, threads))
    assume(layout is not None)
    assert layout is not None
    assume(full(layout, 1_500) is not None)
    test_native_reduced.compare(again(text, threads), [Reductions(sleep=False), Reductions()], [{}, {"exact": True}])


ALLOCATING = """\
from __future__ import annotations

from lockmodel import GFP_KERNEL, Model, Scenario, Struct, Mutex, kfree, kmem_cache_alloc

model = Model("allocating")


class Box(Struct):
    mutex: Mutex


cache = model.cache(Box, capacity=1)


@model.path
def make(box: Box) -> None:
    made = kmem_cache_alloc(cache, GFP_KERNEL)
    kfree(made)


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("a", make, box)
    m.thread("b", make, box)
"""


def test_threads_that_allocate_are_not_alike() -> None:
    layout = layout_of(ALLOCATING)
    assert layout is not None
    assert symmetry_of(layout).groups == []


def test_threads_that_differ_in_arguments_or_in_waiting_are_not_alike() -> None:
    one, may_wait = "    m.thread('{}', nest, box)\n", "    m.thread('{}', nest, box, may_wait=True)\n"
    other = "    m.thread('{}', nest, other)\n"
    text = "    other = m.new(Box)\n"
    text += "".join(line.format(name) for name, line in zip("abcdefg", [one, may_wait, other] * 2 + [one], strict=True))
    assert symmetry_of(nested(text)).groups == [(0, 3, 6), (1, 4), (2, 5)]


def test_alike_threads_stand_in_order_and_those_asleep_behind_the_others() -> None:
    layout = nested("".join(f"    m.thread('t{n}', nest, box)\n" for n in range(4)))
    symmetry = symmetry_of(layout)
    assert symmetry.groups == [(0, 1, 2, 3)]
    shared = bytes(layout.size)

    def packed(*nodes: int) -> bytes:
        return shared + b"".join(node.to_bytes(NODE_BYTES, "little") for node in nodes)

    assert symmetry.arrange(packed(1, 1, 2, 3), 0b1100) == (packed(1, 1, 2, 3), 0b1100, None)
    assert symmetry.arrange(packed(3, 1, 2, 1), 0b0010) == (packed(1, 1, 2, 3), 0b0010, (3, 1, 2, 0))
    symmetry.rank([LocalState(-1, (), (3 - n,)) for n in range(4)])
    assert symmetry.arrange(packed(3, 1, 2, 1), 0b0010) == (packed(3, 2, 1, 1), 0b1000, (0, 2, 3, 1))
    assert symmetry.arrange(packed(4, 1, 2, 1), 0) == (packed(2, 1, 1, 4), 0, (2, 1, 3, 0))
    assert symmetry.same_for_alike([False, False, True, False]) == [True] * 4


def test_schedules_are_told_in_the_names_of_the_scenario() -> None:
    parts = [(((0, 0), (1, 2)), (2, 0, 1)), (((0, 0), (2, 0)), (1, 0, 2)), (((0, 0), (1, 0), (2, 1)), None)]
    told = ((0, 0), (1, 2), (2, 0), (1, 0), (0, 0), (2, 0), (1, 1))
    assert in_names_of_the_scenario(3, parts) == (told, (0, 2, 1))


@native
def test_the_core_refuses_groups_of_threads_that_are_not_there() -> None:
    from lockmodel.engine.native._reduced import Search as Core

    refused: list[list[tuple[int, ...]]] = [[(0, 2)], [(0, 1), (1, 0)], [(0, 0)]]
    for groups in refused:
        core = Core(1, 2, 100, [])
        core.add_node(0, b"")
        with pytest.raises(ValueError, match="in two groups"):
            core.begin(None, bytes(1 + 2 * NODE_BYTES), [], True, False, groups, [])
