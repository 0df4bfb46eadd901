"""The search: limits, interruption, reuse of slots, and the order in which it finds things."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.errors import InternalError
from lockmodel.findings.explain import explain
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import run_machine, run_paths, write_machine

BUSY = "\n".join(["box.x = 1", "box.flag = True", "atomic_inc(box.hits)", "box.flag = False"] * 3)


def test_a_limit_of_states_is_no_pass(tmp_path: Path) -> None:
    whole = run_paths(tmp_path, BUSY, BUSY)
    assert (whole.verdict, whole.reason) == ("verified", None)
    cut = run_paths(tmp_path, BUSY, BUSY, max_states=20)
    assert (cut.verdict, cut.complete, cut.reason) == ("incomplete", False, "reached the limit of 20 states")
    assert cut.frontier > 0
    exact = run_paths(tmp_path, BUSY, BUSY, max_states=whole.states)
    assert exact.verdict == "verified"
    short = run_paths(tmp_path, BUSY, BUSY, max_states=whole.states - 1)
    assert short.verdict == "incomplete"


def test_a_limit_of_memory_or_time_is_no_pass(tmp_path: Path) -> None:
    assert run_paths(tmp_path, BUSY, BUSY, max_memory=1).reason == "reached the limit of 1 bytes"
    late = run_paths(tmp_path, BUSY, BUSY, timeout=0.0)
    assert (late.verdict, late.states) == ("incomplete", 0)
    assert late.reason == "the time limit of 0 seconds was reached before it began"


def test_a_pool_that_runs_out_is_named_and_no_pass(tmp_path: Path) -> None:
    kept = "fresh = kmem_cache_zalloc(items, GFP_KERNEL)\nlist_add(fresh.link, box.spare)\n" * 3
    result = run_paths(tmp_path, kept)
    spec = tmp_path / "machine.py"
    line = spec.read_text().splitlines().index("items = model.cache(Item, capacity=2)") + 1
    assert (result.verdict, result.reason) == (
        "incomplete",
        f"ran out of the cache of Item in thread t0, whose capacity is 2 ({spec}:{line})",
    )


@pytest.mark.parametrize("reduction", [True, False])
@pytest.mark.parametrize("engine", ["python", "auto"])
def test_who_starves_is_told_also_where_a_pool_ran_out(tmp_path: Path, engine: str, reduction: bool) -> None:
    kept = "    fresh = kmem_cache_zalloc(items, GFP_KERNEL)\n    list_add(fresh.link, box.spare)\n" * 3
    result = run_paths(
        tmp_path,
        f"if choose(0, 1):\n{kept}while True:\n    mark('on')",
        "down(box.empty)",
        engine=engine,
        reduction=reduction,
    )
    assert [finding.rule for finding in result.findings] == ["LM101"]
    assert result.verdict == "violated"
    assert (result.reason or "").startswith("ran out of the cache of Item in thread t0")


def test_a_freed_slot_is_used_again_once_nothing_refers_to_it(tmp_path: Path) -> None:
    again = "while True:\n    fresh = kmem_cache_zalloc(items, GFP_KERNEL)\n    fresh.number = 1\n    kfree(fresh)\n"
    result = run_paths(tmp_path, again)
    assert (result.verdict, result.reason) == ("verified", None)
    stale = "fresh = kmem_cache_zalloc(items, GFP_KERNEL)\nbox.first = fresh\nkfree(fresh)\nbox.first = NULL\n" * 3
    assert run_paths(tmp_path, stale).verdict == "verified"
    held = "fresh = kmem_cache_zalloc(items, GFP_KERNEL)\nbox.first = fresh\nkfree(fresh)\n" * 2
    held += "other = kmem_cache_zalloc(items, GFP_KERNEL)\nother.number = box.first.number\nkfree(other)\n"
    # There are two slots: the second object is freed but still in box.first, so the third takes the first one's, and
    # the use of the second is seen for what it is.
    result = run_paths(tmp_path, held)
    assert [f.rule for f in result.findings if f.rule == "LM303"] == ["LM303"]


def test_stopping_at_the_first_finding_says_so(tmp_path: Path) -> None:
    bodies = ["kfree(item)", "item.number = 1\nitem.number = 2\nkfree(item)"]
    assert len(run_paths(tmp_path, *bodies).findings) == 4
    first = run_paths(tmp_path, *bodies, stop_first=True)
    assert (len(first.findings), first.verdict, first.reason) == (1, "violated", "stopped at the first finding")


def test_stopping_at_the_first_finding_means_the_first_that_is_wanted(tmp_path: Path) -> None:
    bodies = ["box.y = 1\nbox.x = 1\nbox.x = 2\nbox.first.number = 1"]
    result = run_paths(tmp_path, *bodies, BUSY, stop_first=True, ignore=("LM302",))
    assert [f.rule for f in result.findings] == ["LM305"]


def test_leaving_out_a_finding_that_ends_executions_is_no_pass(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "box.first.number = 1", ignore=("LM305",))
    assert result.verdict == "incomplete"
    assert result.reason == "executions that end in a finding left out as asked (LM305) were not followed further"
    harmless = run_paths(tmp_path, "box.y = 1", "box.y = 2", ignore=("LM301", "LM302"))
    assert (harmless.verdict, harmless.warnings) == ("verified", ["2 findings left out as asked (LM302)"])


def test_a_search_that_lies_is_caught_by_the_interpreter(tmp_path: Path) -> None:
    layout = machine(tmp_path, "kfree(item)", "item.number = 1")
    stepper = Stepper(layout)
    judge = RuleJudge(stepper)
    hit = next(h for h in Search(stepper, judge, Limits()).run().hits if h.violation.rule == "LM303")
    assert explain(hit, stepper, judge, proved=True).rule == "LM303"
    lie = type(hit)(hit.violation, hit.schedule[1:])
    with pytest.raises(InternalError, match="the interpreter does not come to it by the same schedule"):
        explain(lie, stepper, judge, proved=True)


def test_a_thread_that_never_ends_is_warned_of(tmp_path: Path) -> None:
    result = run_paths(tmp_path, "await_(box.flag)\nbox.flag = False", "while True:\n    mark('busy')")
    assert result.warnings == ["thread t0 never runs to its end under any schedule"]


def test_what_no_state_reached_is_listed(tmp_path: Path) -> None:
    result = run_machine(
        tmp_path,
        """
        @model.path
        def p(box: Box) -> None:
            if box.flag:
                mutex_lock(box.other)
                mutex_unlock(box.other)

        @model.invariant(outside=["Box.sem"])
        def never_judged(box: Box) -> bool:
            return True
        """,
        "m.thread('a', p, box)",
    )
    kinds = [line.split()[:2] for line in result.unreached]
    assert kinds.count(["statement", "p"]) == 2
    assert ["lock", "Box.other"] in kinds
    assert ["claim", "never_judged"] not in kinds


def test_several_scenarios_share_one_time_limit(tmp_path: Path) -> None:
    path = write_machine(tmp_path, "@model.path\ndef p(box: Box) -> None:\n    box.x = 1\n", "m.thread('a', p, box)")
    path.write_text(path.read_text() + "\n\nmodel.add_scenario('again', scenario)\n")
    run = check(CheckOptions(str(path), timeout=0.0))
    assert [s.verdict for s in run.result.scenarios] == ["incomplete", "incomplete"]


def machine(folder: Path, *bodies: str) -> Layout:
    procedures, scenario = "", ""
    for number, body in enumerate(bodies):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        procedures += f"\n@model.path\ndef p{number}(box: Box, item: Item) -> None:\n{lines}"
        scenario += f"m.thread('t{number}', p{number}, box, item)\n"
    model = load(str(write_machine(folder, procedures, scenario)))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))
