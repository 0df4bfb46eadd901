"""Threads of several scenarios put together where some are interrupts, sleep, or read under RCU."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.findings.finding import CheckResult, OrderVerdict

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("joined")
a, b, c = model.spinlock("a"), model.spinlock("b"), model.spinlock("c")
m1, m2, gate = model.mutex("m1"), model.mutex("m2"), model.mutex("gate")
done = model.completion("done")


class Disk(Struct):
    lock: Mutex


class Box(Struct):
    queue: WaitQueue
    ready: bool
    masked: bool


box = model.object(Box, "box")


@model.path
def on(lock: SpinLock) -> None:
    spin_lock(lock)
    spin_unlock(lock)


@model.path
def off(lock: SpinLock) -> None:
    flags = spin_lock_irqsave(lock)
    spin_unlock_irqrestore(lock, flags)


@model.path
def bh_off(lock: SpinLock) -> None:
    spin_lock_bh(lock)
    spin_unlock_bh(lock)


@model.path
def nested(outer: SpinLock, inner: SpinLock) -> None:
    flags = spin_lock_irqsave(outer)
    spin_lock(inner)
    spin_unlock(inner)
    spin_unlock_irqrestore(outer, flags)


@model.path
def masks() -> None:
    WRITE_ONCE(box.masked, True)
    spin_lock(a)
    spin_unlock(a)
    WRITE_ONCE(box.masked, False)


@model.path
def unless_masked() -> None:
    if not READ_ONCE(box.masked):
        spin_lock(a)
        spin_unlock(a)


@model.path
def both(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(second)
    mutex_unlock(first)


@model.path
def in_turn(first: Mutex, second: Mutex, turn: Annotated[int, Range(0, 2)]) -> None:
    if turn == 2:
        wait_for_completion(done)
    both(first, second)
    if turn == 1:
        complete(done)


@model.path
def when_ready(first: Mutex, second: Mutex) -> None:
    wait_event(box.queue, READ_ONCE(box.ready))
    both(first, second)


@model.path
def makes_ready() -> None:
    WRITE_ONCE(box.ready, True)
    wake_up(box.queue)


@model.path
def makes_ready_under(lock: Mutex) -> None:
    mutex_lock(lock)
    makes_ready()
    mutex_unlock(lock)


@model.path
def both_unless_ready(first: Mutex, second: Mutex) -> None:
    mutex_lock(first)
    if not READ_ONCE(box.ready):
        mutex_lock(second)
        mutex_unlock(second)
    mutex_unlock(first)


@model.path
def gated(first: Mutex, second: Mutex) -> None:
    mutex_lock(gate)
    both(first, second)
    mutex_unlock(gate)


@model.path
def gated_then_sleeps(first: Mutex, second: Mutex) -> None:
    mutex_lock(gate)
    mutex_lock(first)
    mutex_lock(second)
    mutex_unlock(gate)
    wait_event(box.queue, READ_ONCE(box.ready))
    mutex_unlock(second)
    mutex_unlock(first)


@model.path
def reads_in(first: SpinLock, second: SpinLock) -> None:
    rcu_read_lock()
    nested(first, second)
    rcu_read_unlock()


@model.path
def waits_for_readers(first: SpinLock, second: SpinLock) -> None:
    nested(first, second)
    synchronize_rcu()


"""


def checked(folder: Path, scenarios: dict[str, str], **options: object) -> CheckResult:
    text = HEAD
    for name, body in scenarios.items():
        text += f"@model.scenario\ndef {name}(m: Scenario) -> None:\n{textwrap.indent(body, '    ')}\n\n\n"
    path = folder / "joined.py"
    path.write_text(text)
    return check(CheckOptions(str(path), **options)).result  # type: ignore[arg-type]


def verdict(result: CheckResult) -> OrderVerdict:
    (judged,) = result.order.judged
    return judged


IRQ = "m.thread('p', off, c, cpu=0)\nm.hardirq('irq', on, a, cpu=0)\n"
SOFTIRQ = "m.thread('p', off, c, cpu=0)\nm.softirq('soft', on, a, cpu=0)\n"

REACHABLE = {
    "a hard one": ({"one": IRQ, "two": "m.thread('t', on, a)"}, "a in hardirq"),
    "a soft one": ({"one": SOFTIRQ, "two": "m.thread('t', on, a)"}, "a in softirq"),
    "upon a thread that has a CPU": (
        {"one": IRQ, "two": "m.thread('t', on, a, cpu=3)\nm.thread('u', off, c, cpu=3)"},
        "a in hardirq",
    ),
    "a hard one upon a soft one": (
        {"one": IRQ, "two": "m.thread('p', off, c, cpu=0)\nm.softirq('soft', on, a, cpu=0)"},
        "a in hardirq",
    ),
    "upon a thread that is elsewhere where it comes": (
        {"one": IRQ + "m.thread('t', on, a, cpu=1)", "two": "m.thread('t', on, a)"},
        "a in hardirq",
    ),
    "who never meet where both are": (
        {
            "together": "m.thread('t', in_turn, m1, m2, 1)\nm.thread('u', in_turn, m2, m1, 2)",
            "one": "m.thread('t', in_turn, m1, m2, 0)",
            "two": "m.thread('u', in_turn, m2, m1, 0)",
        },
        "m1 -> m2 -> m1",
    ),
    "by way of another lock": (
        {"one": IRQ, "two": "m.thread('t', nested, a, b)", "three": "m.thread('u', on, b)"},
        "a -> b in hardirq",
    ),
    "two that come on other CPUs": (
        {
            "one": "m.thread('p', off, c, cpu=0)\nm.hardirq('irq', nested, a, b, cpu=0)",
            "two": "m.thread('p', off, c, cpu=0)\nm.hardirq('irq', nested, b, a, cpu=0)",
        },
        "a -> b -> a",
    ),
    "a sleeper": (
        {
            "one": "m.thread('t', when_ready, m1, m2)\nm.thread('waker', makes_ready)",
            "two": "m.thread('u', both, m2, m1)",
        },
        "m1 -> m2 -> m1",
    ),
    "two sleepers": (
        {
            "one": "m.thread('t', when_ready, m1, m2)\nm.thread('waker', makes_ready)",
            "two": "m.thread('u', when_ready, m2, m1)\nm.thread('waker', makes_ready)",
        },
        "m1 -> m2 -> m1",
    ),
    "a reader under RCU and who waits for it": (
        {"one": "m.thread('t', reads_in, a, b)", "two": "m.thread('u', waits_for_readers, b, a)"},
        "a -> b -> a",
    ),
}


@pytest.mark.parametrize(("scenarios", "claim"), REACHABLE.values(), ids=REACHABLE)
def test_threads_of_several_scenarios_meet(tmp_path: Path, scenarios: dict[str, str], claim: str) -> None:
    result = checked(tmp_path, scenarios)
    judged = verdict(result)
    assert (judged.claim, judged.verdict, judged.reason) == (claim, "reachable", None)
    (finding,) = result.scenarios[-1].findings
    assert (result.scenarios[-1].name, finding.claim) == (judged.scenario, claim)
    whole, shown, steps = replay(result.spec, finding.schedule)
    assert whole.scenarios[0].name == judged.scenario
    assert shown is not None
    assert (shown.rule, len(steps)) == ("LM101", len(finding.steps))


def test_the_name_of_a_joined_scenario_says_on_whose_cpu_a_guest_is(tmp_path: Path) -> None:
    result = checked(tmp_path, REACHABLE["a hard one"][0])
    joined = result.scenarios[-1]
    assert (joined.name, joined.threads) == ("one + two::t(1) on the CPU of irq", ["p", "irq", "t"])
    (finding,) = joined.findings
    assert finding.message == (
        "An interrupt breaks into a lock order: irq waits for a, which t holds; t waits for cpu#0, on which irq runs."
    )


UNREACHABLE = {
    "masked where the lock is taken": (
        {"one": "m.thread('p', off, c, cpu=0)\nm.hardirq('irq', unless_masked, cpu=0)", "two": "m.thread('t', masks)"},
        "a in hardirq",
        "never together: irq never comes upon t where it would have to wait for it",
    ),
    "two that come on one CPU": (
        {
            "one": "m.thread('p', off, c, cpu=0)\n"
            "m.hardirq('irq', nested, a, b, cpu=0)\nm.hardirq('other', nested, b, a, cpu=0)"
        },
        "a -> b -> a",
        "never together: irq and other are never there at the same time",
    ),
    "a sleeper that goes on when the others do not": (
        {
            "one": "m.thread('t', when_ready, m1, m2)\nm.thread('waker', makes_ready_under, m2)",
            "two": "m.thread('u', both_unless_ready, m2, m1)",
        },
        "m1 -> m2 -> m1",
        "never together: t and u are never there at the same time",
    ),
}


@pytest.mark.parametrize(("scenarios", "claim", "reason"), UNREACHABLE.values(), ids=UNREACHABLE)
def test_threads_that_never_meet_are_said_not_to(
    tmp_path: Path, scenarios: dict[str, str], claim: str, reason: str
) -> None:
    result = checked(tmp_path, scenarios)
    judged = verdict(result)
    assert (judged.claim, judged.verdict, judged.reason) == (claim, "unreachable", reason)
    assert not any(scenario.findings for scenario in result.scenarios)


def test_who_waits_for_a_sleeper_that_nobody_is_there_to_wake_waits_for_no_order(tmp_path: Path) -> None:
    """Its waker stays at home, so it sleeps for ever with both locks: u waits for one of them, and not in a cycle."""
    result = checked(
        tmp_path,
        {
            "one": "x, y = m.new(Disk), m.new(Disk)\n"
            "m.thread('t', gated_then_sleeps, x.lock, y.lock, may_wait=True)\nm.thread('waker', makes_ready)",
            "two": "x, y = m.new(Disk), m.new(Disk)\nm.thread('u', gated, y.lock, x.lock)",
        },
    )
    judged = verdict(result)
    assert (judged.claim, judged.verdict) == ("Disk.lock -> Disk.lock", "unreachable")
