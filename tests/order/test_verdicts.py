"""LM202: whether an order that goes round can deadlock, over all scenarios of a run; with its witness or its reason."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.findings.finding import CheckResult, OrderVerdict

HEAD = """\
from __future__ import annotations

from lockmodel import *

model = Model("order")
a, b, gate = model.mutex("a"), model.mutex("b"), model.mutex("gate")
c, d, done = model.mutex("c"), model.mutex("d"), model.completion("done")


class Disk(Struct):
    lock: Mutex
    other: Disk = field(constant=True)


class File(Struct):
    lock: Mutex
    disk: Disk = field(constant=True)


@model.path
def both(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(second)
    mutex_unlock(first)


@model.path
def gated(first: Mutex, second: Mutex) -> None:
    mutex_lock(gate)
    both(first, second)
    mutex_unlock(gate)


@model.path
def gated_by(outer: Mutex, first: Mutex, second: Mutex) -> None:
    mutex_lock(outer)
    both(first, second)
    mutex_unlock(outer)


@model.path
def one_after_the_other() -> None:
    both(a, b)
    both(b, a)


@model.path
def tries() -> None:
    mutex_lock(b)
    if mutex_trylock(a):
        mutex_unlock(a)
    mutex_unlock(b)


@model.path
def down(file: File) -> None:
    both(file.lock, file.disk.lock)


@model.path
def up_from(disk: Disk, file: File) -> None:
    both(disk.lock, file.lock)


@model.path
def keeps(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    mutex_lock(second)
    wait_for_completion(done)
    mutex_unlock(second)
    mutex_unlock(first)


@model.path
def takes(lock: Mutex) -> None:
    mutex_lock(lock)
    mutex_unlock(lock)


@model.path
def pair(disk: Disk) -> None:
    both(disk.lock, disk.other.lock)


"""


def checked(folder: Path, scenarios: dict[str, str], **options: object) -> CheckResult:
    text = HEAD
    for name, body in scenarios.items():
        text += f"@model.scenario\ndef {name}(m: Scenario) -> None:\n{textwrap.indent(body, '    ')}\n\n\n"
    path = folder / "order.py"
    path.write_text(text)
    return check(CheckOptions(str(path), **options)).result  # type: ignore[arg-type]


def verdict(result: CheckResult) -> OrderVerdict:
    (judged,) = result.order.judged
    return judged


FORTH, BACK = "m.thread('forth', both, a, b)\n", "m.thread('back', both, b, a)\n"


def test_a_deadlock_of_the_run_is_the_witness_and_is_not_told_twice(tmp_path: Path) -> None:
    result = checked(tmp_path, {"two": FORTH + BACK})
    judged = verdict(result)
    assert (judged.claim, judged.verdict, judged.reason, judged.scenario) == ("a -> b -> a", "reachable", None, "two")
    assert [finding.rule for finding in result.scenarios[0].findings] == ["LM101"]
    assert judged.schedule == result.scenarios[0].findings[0].schedule
    assert result.order.cycles == [["a", "b"]]


def test_it_is_told_as_a_cycle_where_deadlocks_are_not_asked_for(tmp_path: Path) -> None:
    (scenario,) = checked(tmp_path, {"two": FORTH + BACK}, select=("LM202",)).scenarios
    assert [(finding.rule, finding.claim) for finding in scenario.findings] == [("LM202", "a -> b -> a")]
    assert scenario.verdict == "violated"


def test_scenarios_that_show_an_order_each_are_put_together(tmp_path: Path) -> None:
    result = checked(tmp_path, {"one": FORTH, "two": BACK})
    judged = verdict(result)
    assert judged.verdict == "reachable"
    joined = result.scenarios[-1]
    assert (joined.name, joined.verdict, joined.threads) == (judged.scenario, "violated", ["forth", "back"])
    (finding,) = joined.findings
    assert (finding.rule, finding.claim, finding.minimal) == ("LM202", "a -> b -> a", "proved")
    assert finding.message == (
        "The lock order goes round: forth waits for b, which back holds; back waits for a, which forth holds."
    )
    assert [scenario.verdict for scenario in result.scenarios[:2]] == ["verified", "verified"]


def test_the_schedule_of_a_joined_scenario_is_replayed_from_its_token(tmp_path: Path) -> None:
    disk = "disk = m.new(Disk)\nfile = m.new(File, disk=disk)\n"
    scenarios = {"one": f"{disk}m.thread('t', down, file)", "two": f"{disk}m.thread('t', up_from, disk, file)"}
    result = checked(tmp_path, scenarios)
    (finding,) = result.scenarios[-1].findings
    assert finding.threads == ["t", "t~2"]
    whole, shown, steps = replay(result.spec, finding.schedule)
    assert shown is not None
    assert (shown.rule, len(steps)) == ("LM101", len(finding.steps))
    assert whole.scenarios[0].name == result.scenarios[-1].name


def test_the_tokens_of_edges_are_replayed_too(tmp_path: Path) -> None:
    result = checked(tmp_path, {"one": FORTH})
    (edge,) = result.order.edges
    assert (edge.outer, edge.inner, edge.mode_outer, edge.mode_inner) == ("a", "b", "write", "write")
    assert (edge.contexts, edge.held, edge.scenario, edge.steps) == (["process"], ["a"], "one", 2)
    assert len(replay(result.spec, edge.schedule)[2]) == 2


UNREACHABLE = [
    (
        {"one": "m.thread('t', gated, a, b)", "two": "m.thread('u', gated, b, a)"},
        "gate lock gate: it is held wherever the locks are taken in these orders",
    ),
    (
        {"one": "m.thread('t', gated, a, b)\nm.thread('u', gated, b, a)"},
        "gate lock gate: it is held wherever the locks are taken in these orders",
    ),
    (
        {"one": "m.thread('t', one_after_the_other)"},
        "one thread: no other one than t takes the locks in these orders",
    ),
    ({"one": FORTH + "m.thread('u', tries)"}, "trylock"),
]


@pytest.mark.parametrize(("scenarios", "reason"), UNREACHABLE)
def test_what_cannot_deadlock_is_a_note_with_its_reason(tmp_path: Path, scenarios: dict[str, str], reason: str) -> None:
    result = checked(tmp_path, scenarios)
    judged = verdict(result)
    assert (judged.claim, judged.verdict, judged.reason) == ("a -> b -> a", "unreachable", reason)
    assert {scenario.verdict for scenario in result.scenarios} == {"verified"}
    assert not any(scenario.findings for scenario in result.scenarios)


def test_two_threads_of_a_path_can_meet_themselves(tmp_path: Path) -> None:
    thread = "m.thread('{}', one_after_the_other)\n"
    assert verdict(checked(tmp_path, {"one": thread.format("t") + thread.format("u")})).verdict == "reachable"


def test_a_cycle_that_cannot_deadlock_is_a_finding_where_the_order_is_strict(tmp_path: Path) -> None:
    result = checked(tmp_path, UNREACHABLE[0][0], strict_order=True)
    (finding,) = result.scenarios[0].findings
    assert (finding.rule, finding.claim, len(finding.steps)) == ("LM202", "a -> b -> a", 3)
    assert finding.message == (
        "The lock order goes round; unreachable: gate lock gate: it is held wherever the locks are taken in these "
        "orders."
    )
    assert [scenario.verdict for scenario in result.scenarios] == ["violated", "verified"]


def test_a_scenario_that_shows_it_and_is_incomplete_leaves_it_open(tmp_path: Path) -> None:
    gated = "m.thread('t', gated, a, b)\nm.thread('u', gated, b, a)\n"
    more = gated + "m.thread('v', tries)\nm.thread('w', tries)"
    whole = checked(tmp_path, {"one": gated, "two": more}, reduction=False)
    assert verdict(whole).verdict == "unreachable"
    few = whole.scenarios[1].states - 1
    judged = verdict(checked(tmp_path, {"one": gated, "two": more}, reduction=False, max_states=few))
    assert (judged.verdict, judged.reason) == (
        "not-examined",
        f"the search of two is incomplete: reached the limit of {few} states",
    )


def test_objects_that_have_no_counterpart_come_along(tmp_path: Path) -> None:
    file = "m.new(File, disk={})"
    one = f"x, y = m.new(Disk), m.new(Disk)\nm.thread('t', pair, m.new(Disk, other=x))\n{file.format('y')}"
    two = "x = m.new(Disk)\ny = m.new(Disk, other=x)\nm.thread('u', pair, y)"
    assert verdict(checked(tmp_path, {"one": one, "two": two})).claim == "Disk.lock -> Disk.lock"


def test_what_was_not_searched_to_its_end_is_not_examined(tmp_path: Path) -> None:
    both = {"one": "m.thread('t', gated, a, b)\nm.thread('u', gated, b, a)"}
    every = checked(tmp_path, both, reduction=False).scenarios[0].states
    result = checked(tmp_path, both, reduction=False, max_states=every - 1)
    judged = verdict(result)
    assert (judged.verdict, judged.reason) == (
        "not-examined",
        f"the search of one is incomplete: reached the limit of {every - 1} states",
    )
    assert result.scenarios[0].verdict == "incomplete"


def test_deadlocks_of_other_locks_that_are_one_finding_are_all_seen(tmp_path: Path) -> None:
    threads = FORTH + BACK + "m.thread('forth2', both, c, d)\nm.thread('back2', both, d, c)\n"
    result = checked(tmp_path, {"four": threads})
    assert [finding.rule for finding in result.scenarios[0].findings] == ["LM101"]
    told = [(judged.claim, judged.verdict, judged.scenario) for judged in result.order.judged]
    assert told == [("a -> b -> a", "reachable", "four"), ("c -> d -> c", "reachable", "four")]
    told_again = checked(tmp_path, {"four": threads}, select=("LM202",)).scenarios[0].findings
    assert [(finding.claim, finding.message) for finding in told_again] == [
        (
            "a -> b -> a",
            "The lock order goes round: forth waits for b, which back holds; back waits for a, which forth holds.",
        ),
        (
            "c -> d -> c",
            "The lock order goes round: forth2 waits for d, which back2 holds; back2 waits for c, which forth2 holds.",
        ),
    ]


def test_who_waits_for_a_sleeper_is_no_witness_of_an_order_that_goes_round(tmp_path: Path) -> None:
    sleeper = "m.thread('keeps', keeps, a, b, may_wait=True)\nm.thread('u', takes, a)\nm.thread('v', takes, b)\n"
    result = checked(tmp_path, {"sleeper": sleeper, "one": "m.thread('t', one_after_the_other)"})
    assert [finding.locks for finding in result.scenarios[0].findings] == [["a", "b"]]
    judged = verdict(result)
    assert (judged.claim, judged.verdict) == ("a -> b -> a", "reachable")
    assert judged.scenario not in ("sleeper", "one")


def test_what_a_global_gate_keeps_apart_need_not_be_put_together(tmp_path: Path) -> None:
    judged = verdict(checked(tmp_path, UNREACHABLE[0][0]))
    assert (judged.verdict, judged.scenario) == ("unreachable", None)
    disk = "one, two = m.new(Disk), m.new(Disk)\nm.thread('t', gated_by, m.new(Disk).lock, {}.lock, {}.lock)\n"
    of_objects = {"one": disk.format("one", "two"), "two": disk.format("two", "one")}
    assert verdict(checked(tmp_path, of_objects)).verdict == "reachable"  # objects of a class need not be the same one
