"""Procedures that stand on a thread's stack more than once: as often as was declared, and what `entered` says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from lockmodel.check import CheckOptions, check
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.reduction.reduced import Reductions
from lockmodel.findings.finding import ScenarioResult
from tests.engine import test_native, test_native_reduced, test_reduced
from tests.engine.machines import rules, run_machine, write_machine
from tests.engine.random_nesting import nested_specs
from tests.engine.test_exactness import MOST, examples, laid_out

RECLAIM = """
@model.procedure
def allocate(box: Box) -> None:
    mark("look")
    if {guard}:
        return
    reclaim(box)

@model.procedure(recursion={bound})
def reclaim(box: Box) -> None:
    mutex_lock(box.mutex)
    allocate(box)
    mutex_unlock(box.mutex)

@model.path
def p(box: Box) -> None:
    allocate(box)
"""
"""Direct reclaim: the allocation in it must not reclaim again, or it waits for the lock that it holds."""

TWO = "m.thread('t0', p, box)\nm.thread('t1', p, box)"

HOW: list[dict[str, object]] = [
    {"engine": engine, "reduction": reduction} for engine in ("python", "auto") for reduction in (True, False)
]


@pytest.fixture(params=HOW, ids=lambda how: "-".join(str(part) for part in how.values()))
def how(request: pytest.FixtureRequest) -> dict[str, object]:
    """Both searches, with and without reductions."""
    found: dict[str, object] = request.param
    return found


def reclaim(folder: Path, guard: str, bound: int, **options: object) -> ScenarioResult:
    return run_machine(folder, RECLAIM.format(guard=guard, bound=bound), TWO, **options)


def test_who_asks_whether_it_was_entered_goes_round_no_second_time(tmp_path: Path, how: dict[str, object]) -> None:
    found = reclaim(tmp_path, "entered(reclaim)", 1, **how)
    assert (found.verdict, found.reason, found.findings) == ("verified", None, [])


def test_who_does_not_ask_runs_out_of_its_recursion(tmp_path: Path, how: dict[str, object]) -> None:
    found = reclaim(tmp_path, "box.flag", 1, **how)
    assert (found.verdict, rules(found)) == ("incomplete", [])
    line = (tmp_path / "machine.py").read_text().splitlines().index("    reclaim(box)") + 1
    spec = str(tmp_path / "machine.py")
    assert found.reason == (
        f"ran out of the recursion of reclaim, whose bound is 1 ({spec}:{line + 3}), at {spec}:{line}"
    )


def test_a_bound_that_is_never_reached_leaves_nothing_out(tmp_path: Path, how: dict[str, object]) -> None:
    found = reclaim(tmp_path, "box.flag", 2, **how)
    assert (found.verdict, found.complete, rules(found)) == ("violated", True, ["LM102"])
    (finding,) = found.findings
    assert [frame.procedure for frame in finding.stack] == ["reclaim", "allocate", "reclaim", "allocate", "p"]


def test_a_procedure_that_asks_of_itself_does_not_count_the_call_that_asks(tmp_path: Path) -> None:
    procedures = """
    @model.procedure(recursion=3)
    def f(box: Box) -> int:
        again = entered(f)
        if again:
            return 1
        return 2 * f(box)

    @model.path
    def p(box: Box) -> None:
        seen = f(box)
        assert not entered(f) and seen == 2
        box.x = seen
    """
    assert run_machine(tmp_path, procedures, "m.thread('t', p, box)").verdict == "verified"


def test_each_thread_has_a_stack_of_its_own(tmp_path: Path, how: dict[str, object]) -> None:
    """An interrupt as well, although it comes in the middle of the procedure."""
    procedures = """
    @model.procedure
    def inside(box: Box) -> None:
        mark("inside")
        look()

    @model.procedure
    def look() -> None:
        assert entered(inside)

    @model.path
    def p(box: Box) -> None:
        inside(box)

    @model.path
    def q(box: Box) -> None:
        mark("outside")
        assert not entered(inside)
    """
    scenario = "m.thread('t', p, box, cpu=0)\nm.thread('u', q, box)\nm.hardirq('i', q, box, cpu=0)"
    assert run_machine(tmp_path, procedures, scenario, **how).verdict == "verified"


def test_what_runs_out_before_the_first_step_is_no_pass(tmp_path: Path, how: dict[str, object]) -> None:
    procedures = """
    @model.path(recursion=2)
    def p() -> None:
        p()
    """
    found = run_machine(tmp_path, procedures, "m.thread('t', p)", **how)
    assert (found.verdict, found.complete) == ("incomplete", False)
    assert found.reason is not None
    assert found.reason.startswith("ran out of the recursion of p, whose bound is 2")


@pytest.mark.parametrize("strategy", ["preemption", "dpor", "pct", "walk", "pos"])
def test_no_strategy_takes_it_for_a_pass(tmp_path: Path, strategy: str) -> None:
    assert reclaim(tmp_path, "box.flag", 1, strategy=strategy).verdict == "incomplete"


def test_a_witness_tells_each_call_of_it(tmp_path: Path) -> None:
    """Also from one and the same line; each call has locals of its own."""
    procedures = """
    @model.procedure(recursion=4)
    def f(box: Box, n: int) -> int:
        mark("down")
        below = f(box, n - 1) if n else 0
        box.x = n
        return below + n

    @model.path
    def p(box: Box) -> None:
        seen = f(box, 3)
        assert seen != 6
    """
    (finding,) = run_machine(tmp_path, procedures, "m.thread('t', p, box)").findings
    assert [len(step.stack) for step in finding.steps] == [2, 3, 4, 5, 5, 4, 3, 2]
    assert [step.detail for step in finding.steps[4:]] == ["= 0", "0 -> 1", "1 -> 2", "2 -> 3"]
    assert [frame.procedure for frame in finding.steps[3].stack] == ["f", "f", "f", "f", "p"]


def test_a_helper_that_calls_itself_is_placed_where_it_was_called(tmp_path: Path) -> None:
    procedures = """
    @model.procedure(helper=True, recursion=3)
    def put(item: Item, n: int) -> None:
        if n == 0:
            atomic_dec(item.count)
            atomic_dec(item.count)
        else:
            put(item, n - 1)

    @model.path
    def p(item: Item) -> None:
        mark("begin")
        put(item, 2)
    """
    (finding,) = run_machine(tmp_path, procedures, "m.thread('t', p, item)").findings
    assert finding.place.procedure == "p"
    assert [frame.procedure for frame in finding.stack] == ["put", "put", "put", "p"]


def test_what_a_procedure_asks_for_is_judged_at_each_call(tmp_path: Path, how: dict[str, object]) -> None:
    procedures = """
    @model.procedure(holds=["box.mutex"], recursion=2)
    def f(box: Box, n: int) -> None:
        if n:
            mutex_unlock(box.mutex)
            f(box, n - 1)
            mutex_lock(box.mutex)

    @model.path
    def p(box: Box) -> None:
        mutex_lock(box.mutex)
        f(box, 1)
        mutex_unlock(box.mutex)
    """
    found = run_machine(tmp_path, procedures, TWO, **how)
    assert [(finding.rule, finding.place.procedure) for finding in found.findings] == [("LM302", "f")]


def test_what_is_broken_on_the_way_to_the_bound_is_told(tmp_path: Path, how: dict[str, object]) -> None:
    """It is asked for in a state from which it is not followed, whichever alternative it takes."""
    procedures = """
    @model.procedure(holds=["box.mutex"], recursion=2)
    def f(box: Box) -> None:
        f(box)

    @model.path
    def p(box: Box) -> None:
        if choose(False, True):
            f(box)
    """
    found = run_machine(tmp_path, procedures, TWO, **how)
    assert (found.verdict, found.complete) == ("violated", False)
    assert [(finding.rule, finding.place.procedure) for finding in found.findings] == [("LM302", "f"), ("LM302", "p")]


def test_a_design_has_the_bound_of_what_it_replaces_and_is_what_entered_means(tmp_path: Path) -> None:
    procedures = (
        RECLAIM.format(guard="entered(reclaim)", bound=1)
        + """
@model.design("gentle", replaces=reclaim)
def gently(box: Box) -> None:
    mutex_lock(box.mutex)
    mutex_unlock(box.mutex)
    allocate(box)

@model.design("careless", replaces=allocate, recursion=2)
def careless(box: Box) -> None:
    reclaim(box)
"""
    )
    file = write_machine(tmp_path, procedures, TWO)
    verdicts = {
        design: check(CheckOptions(str(file), design=design)).result.scenarios[0]
        for design in ("as-written", "gentle", "careless")
    }
    assert {name: found.verdict for name, found in verdicts.items()} == {
        "as-written": "verified",
        "gentle": "verified",
        "careless": "incomplete",
    }
    assert "ran out of the recursion of reclaim, whose bound is 1" in (verdicts["careless"].reason or "")


@examples(25)
@given(nested_specs())
def test_every_reduction_keeps_what_procedures_do_that_call_each_other(text: str) -> None:
    test_reduced.compare(text, test_reduced.ALL, 1_000)


@examples(15)
@given(nested_specs(threads=3))
def test_all_reductions_keep_what_three_threads_do_in_them(text: str) -> None:
    test_reduced.compare(text, [Reductions()], 2_000)


@test_native_reduced.native
@examples(25)
@given(nested_specs())
def test_the_searches_in_c_say_what_those_in_python_say(text: str) -> None:
    layout = laid_out(text)
    for clear in (True, False):
        python = test_native.told(Search, layout, Limits(MOST), reduction=clear)
        assert test_native.told(NativeSearch, layout, Limits(MOST), reduction=clear) == python, text
    test_native_reduced.compare(text, [Reductions()], [{}, {"jobs": 2}])
