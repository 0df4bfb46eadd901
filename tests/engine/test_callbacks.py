"""call_rcu and rcu_barrier: small machines, each with what every search finds in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.engine.memory import Memory
from lockmodel.engine.operations import rcu
from lockmodel.findings.finding import ScenarioResult

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("callbacks"{options})
spin = model.spinlock("spin")
mutex = model.mutex("mutex")


class Item(Struct):
    number: Annotated[int, Range(0, 3)]
    count: RefCount


class Home(Struct):
    item: Item
    kept: Item = field(counted="count")
    queued: bool
    called: bool
    number: Annotated[int, Range(0, 3)]


home = model.object(Home, "home")
items = model.cache(Item, capacity=2)


@model.procedure
def later(item: Item) -> None:
    {later}


@model.procedure
def again(item: Item) -> None:
    call_rcu(item, later)


@model.path
def run(item: Item) -> None:
    {run}


@model.path
def beside(item: Item) -> None:
    {beside}


@model.scenario
def scenario(m: Scenario) -> None:
    item = m.new(Item, "item", number=1)
    other = m.new(Item, "other")
    {threads}
"""

ALONE = 'm.thread("t", run, item)'
BESIDE = 'm.thread("t", run, item); m.thread("u", beside, item)'
TWICE = 'm.thread("t", run, item); m.thread("u", run, other)'
HARD = 'm.thread("t", beside, item, cpu=0); m.hardirq("irq", run, item, cpu=0)'


def spec(
    run: str, later: str = "pass", threads: str = ALONE, beside: str = "pass", options: str = "", more: str = ""
) -> str:
    lines = {"run": run, "later": later, "threads": threads, "beside": beside}
    return HEAD.format(options=options, **{name: text.replace("; ", "\n    ") for name, text in lines.items()}) + more


def searched(tmp_path: Path, text: str, **options: object) -> ScenarioResult:
    file = tmp_path / "callbacks.py"
    file.write_text(text)
    (scenario,) = check(CheckOptions(str(file), **options)).result.scenarios  # type: ignore[arg-type]
    return scenario


def rules(scenario: ScenarioResult) -> set[str]:
    return {finding.rule for finding in scenario.findings} - {"LM403"}


READS = "rcu_read_lock(); seen = READ_ONCE(item.number); rcu_read_unlock()"
QUEUES = "WRITE_ONCE(home.queued, True); call_rcu(item, later)"
UNLINKED = (
    "rcu_read_lock()\n    if not READ_ONCE(home.queued):\n        seen = READ_ONCE(item.number)\n    rcu_read_unlock()"
)


@pytest.mark.parametrize(
    ("case", "verdict", "broken"),
    [
        # readers
        ({"run": QUEUES, "later": "kfree(item)", "threads": BESIDE, "beside": UNLINKED}, "verified", set()),
        (
            {"run": "call_rcu(item, later)", "later": "kfree(item)", "threads": BESIDE, "beside": READS},
            "violated",
            {"LM303"},
        ),
        (
            {
                "run": "call_rcu(item, later); WRITE_ONCE(home.queued, True)",
                "later": "WRITE_ONCE(home.called, True)",
                "threads": BESIDE,
                "beside": "await_(home.queued); rcu_read_lock(); await_(home.called); rcu_read_unlock()",
            },
            "verified",
            set(),
        ),
        (
            {
                "run": "call_rcu(item, later)",
                "later": "WRITE_ONCE(home.called, True)",
                "threads": BESIDE,
                "beside": "rcu_read_lock(); await_(home.called); rcu_read_unlock()",
            },
            "violated",
            {"LM101"},
        ),
        (
            {
                "run": "rcu_read_lock(); call_rcu(item, later); await_(home.called); rcu_read_unlock()",
                "later": "WRITE_ONCE(home.called, True)",
            },
            "violated",
            {"LM101"},
        ),
        # what is queued
        ({"run": "call_rcu(item, later); call_rcu(item, later)"}, "violated", {"LM306"}),
        ({"run": "call_rcu(item, later); call_rcu(item, again)"}, "violated", {"LM306"}),
        ({"run": "call_rcu(item, later)", "threads": BESIDE, "beside": "call_rcu(item, again)"}, "violated", {"LM306"}),
        ({"run": "call_rcu(item, later); kfree(item)"}, "violated", {"LM306"}),
        ({"run": "call_rcu(item, later); kfree(item)", "later": "kfree(item)"}, "violated", {"LM304", "LM306"}),
        ({"run": "kfree(item); call_rcu(item, later)"}, "violated", {"LM303"}),
        ({"run": "call_rcu(NULL, later)"}, "violated", {"LM305"}),
        ({"run": "call_rcu(ERR_PTR(-EINVAL), later)"}, "violated", {"LM308"}),
        # what a callback is
        ({"run": "call_rcu(item, later)", "later": "mutex_lock(mutex); mutex_unlock(mutex)"}, "violated", {"LM601"}),
        ({"run": "call_rcu(item, later)", "later": "synchronize_rcu()"}, "violated", {"LM601"}),
        ({"run": "call_rcu(item, later)", "later": "might_sleep()"}, "violated", {"LM601"}),
        ({"run": "call_rcu(item, later)", "later": "spin_lock(spin)"}, "violated", {"LM603"}),
        ({"run": "call_rcu(item, later)", "later": "rcu_read_lock()"}, "violated", {"LM603"}),
        ({"run": "call_rcu(item, later)", "later": "local_bh_disable()"}, "violated", {"LM603"}),
        ({"run": "call_rcu(item, later)", "later": "assert item.number == 0"}, "violated", {"LM701"}),
        (
            {"run": "call_rcu(item, later)", "later": "rcu_read_lock(); kfree(item); rcu_read_unlock()"},
            "verified",
            set(),
        ),
        # interrupts
        ({"run": "call_rcu(item, later)", "later": "kfree(item)", "threads": HARD}, "verified", set()),
        (
            {
                "run": "spin_lock(spin); call_rcu(item, later); spin_unlock(spin)",
                "later": "spin_lock(spin); spin_unlock(spin)",
            },
            "violated",
            {"LM101"},
        ),
        (
            {
                "run": "spin_lock_bh(spin); call_rcu(item, later); spin_unlock_bh(spin)",
                "later": "spin_lock(spin); spin_unlock(spin)",
            },
            "verified",
            set(),
        ),
        (
            {
                "run": "call_rcu(item, later)",
                "later": "spin_lock(spin); spin_unlock(spin)",
                "threads": BESIDE,
                "beside": "spin_lock(spin); spin_unlock(spin)",
            },
            "violated",
            {"LM101"},
        ),
        (
            {
                "run": "call_rcu(item, later)",
                "later": "spin_lock(spin); spin_unlock(spin)",
                "threads": 'm.thread("t", run, item, cpu=0); m.thread("u", beside, item, cpu=0)',
                "beside": "spin_lock_irq(spin); spin_unlock_irq(spin)",
            },
            "verified",
            set(),
        ),
        (
            {
                "run": "call_rcu(item, later); WRITE_ONCE(home.queued, True)",
                "later": "await_(home.queued)",
            },
            "violated",
            {"LM101"},
        ),
        # beside each other
        ({"run": "call_rcu(item, later)", "later": "home.number = 1", "threads": TWICE}, "violated", {"LM301"}),
        (
            {
                "run": "call_rcu(item, later)",
                "later": "spin_lock(spin); home.number = 1; spin_unlock(spin)",
                "threads": TWICE,
            },
            "verified",
            set(),
        ),
        # callbacks that queue
        ({"run": "call_rcu(item, again)", "later": "kfree(item)"}, "verified", set()),
        (
            {
                "run": "call_rcu(item, later)",
                "later": "if item.number < 3:\n        item.number += 1\n        call_rcu(item, later)\n"
                "    else:\n        kfree(item)",
            },
            "verified",
            set(),
        ),
        # how many there are
        (
            {"run": "for number in range(2):\n        call_rcu(kmem_cache_zalloc(items, GFP_ATOMIC), later)"},
            "incomplete",
            set(),
        ),
        (
            {
                "run": "for number in range(2):\n        call_rcu(kmem_cache_zalloc(items, GFP_ATOMIC), later)",
                "later": "kfree(item)",
                "options": ", rcu_callbacks=2",
            },
            "verified",
            set(),
        ),
        ({"run": "call_rcu(item, later)", "later": "call_rcu(item, again)"}, "verified", set()),
        # rcu_barrier
        (
            {
                "run": "call_rcu(item, later); rcu_barrier(); assert READ_ONCE(home.called)",
                "later": "WRITE_ONCE(home.called, True)",
            },
            "verified",
            set(),
        ),
        (
            {"run": "call_rcu(item, later); assert READ_ONCE(home.called)", "later": "WRITE_ONCE(home.called, True)"},
            "violated",
            {"LM701"},
        ),
        (
            {
                "run": "call_rcu(item, later); synchronize_rcu(); assert READ_ONCE(home.called)",
                "later": "WRITE_ONCE(home.called, True)",
            },
            "violated",
            {"LM701"},
        ),
        ({"run": "call_rcu(item, later); rcu_barrier()", "later": "call_rcu(item, later)"}, "verified", set()),
        ({"run": "rcu_barrier()"}, "verified", set()),
        ({"run": "call_rcu(item, later)", "later": "rcu_barrier()"}, "violated", {"LM102", "LM601"}),
        (
            {"run": "rcu_read_lock(); call_rcu(item, later); rcu_barrier(); rcu_read_unlock()"},
            "violated",
            {"LM101", "LM601"},
        ),
        # it comes: who polls for it does not go on for ever
        (
            {
                "run": "call_rcu(item, later)\n    while not READ_ONCE(home.called):\n        pass",
                "later": "WRITE_ONCE(home.called, True)",
            },
            "verified",
            set(),
        ),
        (
            {
                "run": "call_rcu(item, later)\n    while not READ_ONCE(home.called):\n        pass",
            },
            "violated",
            {"LM104"},
        ),
    ],
)
def test_a_corner(tmp_path: Path, case: dict[str, str], verdict: str, broken: set[str]) -> None:
    for options in (
        {},
        {"engine": "python"},
        {"reduction": False},
        {"engine": "python", "reduction": False},
    ):
        scenario = searched(tmp_path, spec(**case), **options)
        assert rules(scenario) == broken, options
        assert scenario.verdict in (verdict, "violated" if scenario.findings else verdict), options


@pytest.mark.parametrize("strategy", ["preemption", "dpor", "pct", "walk", "pos"])
def test_every_strategy_runs_callbacks(tmp_path: Path, strategy: str) -> None:
    text = spec("call_rcu(item, later)", "kfree(item)", BESIDE, READS)
    assert "LM303" in rules(searched(tmp_path, text, strategy=strategy))


def test_without_the_wait_for_readers_one_of_them_uses_what_is_freed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = spec(QUEUES, "kfree(item)", BESIDE, UNLINKED)
    assert not rules(searched(tmp_path, text))
    monkeypatch.setattr(rcu, "_reader", lambda m, waiter: -1)
    assert rules(searched(tmp_path, text)) == {"LM303"}


def test_only_readers_of_the_call_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a callback waited for all who read when it could come, a reader that waits for it would wait for ever."""
    text = spec(
        "call_rcu(item, later); WRITE_ONCE(home.queued, True)",
        "WRITE_ONCE(home.called, True)",
        BESIDE,
        "await_(home.queued); rcu_read_lock(); await_(home.called); rcu_read_unlock()",
    )
    assert not rules(searched(tmp_path, text))

    def any_reader(m: Memory, waiter: int) -> int:
        reading = (m.layout.address(task, "rcu") for task in m.layout.setup.tasks if task)
        return next((location for location in reading if m.read(location)), -1)

    monkeypatch.setattr(rcu, "_reader", any_reader)
    assert "LM101" in rules(searched(tmp_path, text))


def test_what_has_run_out_is_named(tmp_path: Path) -> None:
    text = spec("for number in range(2):\n        call_rcu(kmem_cache_zalloc(items, GFP_ATOMIC), later)")
    assert searched(tmp_path, text).reason == (
        "ran out of the callbacks later of thread t, 1 at a time (Model(rcu_callbacks=...))"
    )


def test_counts_are_judged_where_callbacks_are_at_rest(tmp_path: Path) -> None:
    text = spec("call_rcu(item, later); atomic_inc(item.count); atomic_inc(item.count); home.kept = item")
    (finding,) = [found for found in searched(tmp_path, text).findings if found.rule == "LM403"]
    assert finding.message == "item.count is 2 at the end, but only 1 reference holds it."


def test_what_is_queued_is_no_leak_and_is_not_handed_out_again(tmp_path: Path) -> None:
    """The callback that forgets its object leaks it; until then it is referred to."""
    text = spec("call_rcu(kmem_cache_zalloc(items, GFP_ATOMIC), later)")
    assert [found.rule for found in searched(tmp_path, text).findings].count("LM403") == 1


def test_a_claim_that_callbacks_make_true_comes_true(tmp_path: Path) -> None:
    more = "\n\n@model.eventually\ndef freed(home_: Home) -> bool:\n    return home_.called\n"
    forever = "call_rcu(item, later)\n    while True:\n        mark('on')\n        progress()"
    text = spec(forever, "WRITE_ONCE(home.called, True)", more=more)
    assert not rules(searched(tmp_path, text))
    assert rules(searched(tmp_path, text.replace("WRITE_ONCE(home.called, True)", "pass"))) == {"LM702"}


def test_an_inversion_with_a_callback_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "callbacks.py"
    file.write_text(
        spec(
            "call_rcu(item, later)", "spin_lock(spin); spin_unlock(spin)", BESIDE, "spin_lock(spin); spin_unlock(spin)"
        )
    )
    judged = check(CheckOptions(str(file))).result.order.judged
    assert [(one.rule, one.claim, one.verdict) for one in judged] == [("LM602", "spin in softirq", "reachable")]


def test_a_callback_is_told_as_a_thread_of_its_own(tmp_path: Path) -> None:
    (finding,) = searched(tmp_path, spec("call_rcu(item, later)", "kfree(item); kfree(item)")).findings
    told = [(step.thread, step.operation, step.detail) for step in finding.steps]
    assert told == [
        ("t", "call_rcu(item, later)", "later of t waits for the readers of now"),
        ("later of t", "RCU calls later(item)", ""),
        ("later of t", "kfree(item)", ""),
        ("later of t", "kfree(item)", ""),
    ]


def test_a_callback_of_one_scenario_comes_upon_a_thread_of_another(tmp_path: Path) -> None:
    """The inversion is shown where the two are put together, and that can be played again."""
    file = tmp_path / "callbacks.py"
    taken = "spin_lock(spin); spin_unlock(spin)"
    more = "\n\n@model.scenario\ndef process(m: Scenario) -> None:\n    m.thread('u', beside, m.new(Item, 'its'))\n"
    file.write_text(spec("call_rcu(item, later)", taken, beside=taken, more=more))
    result = check(CheckOptions(str(file))).result
    assert [(one.rule, one.claim, one.verdict) for one in result.order.judged] == [
        ("LM602", "spin in softirq", "reachable")
    ]
    joined = result.scenarios[-1]
    (finding,) = joined.findings
    assert joined.name == "scenario + process::u(item)"
    assert {wait.thread for wait in finding.waiting} == {"u", "later of t"}
    assert len(replay(str(file), finding.schedule)[2]) == len(finding.steps)
