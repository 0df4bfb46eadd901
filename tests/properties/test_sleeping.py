"""LM103: a thread that sleeps for ever and would go on if it were woken, and the wake that it has lost."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.exhaustive import unavailable
from lockmodel.findings.finding import Finding

HEAD = """
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("sleep")
mutex = model.mutex("mutex")
done = model.completion("done")


class Box(Struct):
    queue: WaitQueue
    cond: Condition
    ready: bool
    items: Annotated[int, Range(0, 3)]


box = model.object(Box, "box")
"""

WAKER = """
@model.path
def wake() -> None:
    box.ready = True
    wake_up(box.queue)
"""

# one procedure `wait` each, and the threads beside the one that runs it
SLEEPERS = {
    "looks, then stands in the queue": (
        "LM103",
        """
        if not box.ready:
            prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
            schedule()
            finish_wait(box.queue)
        """,
    ),
    "the same in a loop": (
        "LM103",
        """
        while not box.ready:
            prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
            schedule()
            finish_wait(box.queue)
        """,
    ),
    "stands in the queue, then looks": (
        "",
        """
        prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
        if not box.ready:
            schedule()
        finish_wait(box.queue)
        """,
    ),
    "wait_event": ("", "wait_event(box.queue, box.ready)"),
    "wait_event for what nobody does": ("LM101", "wait_event(box.queue, box.items == 1)"),
    "waits in a loop of its own around a helper": (
        "LM103",
        """
        while not box.ready:
            sleep_on()
        """,
    ),
    "breaks a rule when it is woken": (
        "LM101 LM701",
        """
        wait_event(box.queue, box.ready)
        prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
        while True:
            schedule()
            assert box.items == 1
        """,
    ),
    "goes on with one alternative only": (
        "LM101",
        """
        wait_event(box.queue, box.ready)
        while True:
            prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
            schedule()
            if choose(False, True):
                break
        """,
    ),
    "waits for the mutex in its loop": (
        "LM101",
        """
        while True:
            wait_event(box.queue, box.ready)
            mutex_lock(mutex)
            cond_wait(box.cond, mutex)
            mutex_unlock(mutex)
        """,
    ),
    "a completion that was not completed": ("LM101", "wait_for_completion(done)"),
}

HELPER = """
@model.procedure(helper=True)
def sleep_on() -> None:
    prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
    schedule()
    finish_wait(box.queue)
"""


def findings(folder: Path, text: str, threads: str, engine: str = "auto", **options: bool) -> list[Finding]:
    path = folder / "spec.py"
    scenario = "\n@model.scenario\ndef scenario(m: Scenario) -> None:\n" + textwrap.indent(threads, "    ")
    path.write_text(HEAD + text + scenario)
    (result,) = check(CheckOptions(str(path), engine=engine, ignore=("LM301",), **options)).result.scenarios  # type: ignore[arg-type]
    return result.findings


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("native", marks=pytest.mark.skipif(bool(unavailable()), reason=unavailable()))]
)
@pytest.mark.parametrize("reduction", [True, False])
@pytest.mark.parametrize("name", SLEEPERS)
def test_a_wake_is_lost_where_the_thread_would_go_on(tmp_path: Path, name: str, reduction: bool, engine: str) -> None:
    rule, body = SLEEPERS[name]
    wait = "\n@model.path\ndef wait() -> None:\n" + textwrap.indent(textwrap.dedent(body), "    ")
    threads = "m.thread('waiter', wait)\nm.thread('waker', wake)\n"
    found = findings(tmp_path, WAKER + HELPER + wait, threads, engine, reduction=reduction)
    assert " ".join(finding.rule for finding in found) == rule


def test_the_wake_and_the_window_in_which_it_was_lost_are_named(tmp_path: Path) -> None:
    body = "\n@model.path\ndef wait() -> None:\n" + textwrap.indent(
        textwrap.dedent(SLEEPERS["the same in a loop"][1]), "    "
    )
    (lost,) = findings(tmp_path, WAKER + body, "m.thread('waiter', wait)\nm.thread('waker', wake)\n")
    assert lost.message == (
        "waiter sleeps for ever, and would go on if it were woken: waker's wake_up(box.queue) in step 3 is lost "
        "between step 1 (waiter: read box.ready = False) and step 4, in which it begins to wait."
    )


CONDITION = """
@model.path
def wait() -> None:
    mutex_lock(mutex)
    while not box.ready:
        cond_wait(box.cond, mutex)
    mutex_unlock(mutex)


@model.path
def early() -> None:
    mutex_lock(mutex)
    cond_signal(box.cond)
    mutex_unlock(mutex)
    box.ready = True


@model.path
def signal() -> None:
    mutex_lock(mutex)
    box.ready = True
    cond_signal(box.cond)
    mutex_unlock(mutex)


@model.path
def broadcast() -> None:
    mutex_lock(mutex)
    box.ready = True
    cond_broadcast(box.cond)
    mutex_unlock(mutex)


@model.path
def quietly() -> None:
    mutex_lock(mutex)
    box.ready = True
    mutex_unlock(mutex)
"""


@pytest.mark.parametrize(
    ("waiters", "waker", "told"),
    [
        (1, "signal", ""),
        (1, "early", "comes before step"),
        (2, "signal", "wakes w"),
        (2, "broadcast", ""),
        (1, "quietly", "no thread wakes who waits on box.cond"),
    ],
)
def test_a_signal_may_come_too_early_or_go_to_another_thread(
    tmp_path: Path, waiters: int, waker: str, told: str
) -> None:
    threads = "".join(f"m.thread('w{n}', wait)\n" for n in range(waiters)) + f"m.thread('waker', {waker})\n"
    found = findings(tmp_path, CONDITION, threads)
    assert [finding.rule for finding in found] == (["LM103"] if told else [])
    assert all(told in finding.message for finding in found)


def test_one_that_may_wait_for_ever_has_lost_nothing(tmp_path: Path) -> None:
    threads = "m.thread('w', wait, may_wait=True)\nm.thread('waker', quietly)\n"
    assert not findings(tmp_path, CONDITION, threads)


def test_a_thread_that_sleeps_while_others_go_on_for_ever_has_lost_its_wake(tmp_path: Path) -> None:
    clock = "\n@model.path\ndef clock() -> None:\n    while True:\n        mark('tick')\n"
    threads = "m.thread('w', wait)\nm.thread('waker', quietly)\nm.thread('clock', clock)\n"
    assert [finding.rule for finding in findings(tmp_path, CONDITION + clock, threads)] == ["LM103"]
