"""Corners of locks, interrupts and wait queues: small machines, each with what is found by every search."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given

from lockmodel.check import CheckOptions, check
from lockmodel.engine.step import Stepper
from tests.engine.brute_force import brute_force
from tests.engine.random_primitives import primitive_specs
from tests.engine.test_exactness import MOST, examples, laid_out, layout_of

HEAD = """\
from __future__ import annotations

from lockmodel import *

model = Model("corner")
rw = model.rwlock("rw")
fair = model.rwlock("fair", queued=True)
rwsem = model.rwsem("rwsem")
seq = model.seqlock("seq")
mutex = model.mutex("mutex")


class Box(Struct):
    queue: WaitQueue
    changed: Condition
    done: Completion
    lock: RwLock = rwlock(queued=True)
    own: SeqLock
    ready: bool


boxes = model.cache(Box, capacity=1)


@model.path
def nothing(box: Box) -> None:
    pass


@model.path
def run(box: Box) -> None:
    {body}


@model.path
def beside(box: Box) -> None:
    {beside}


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box, "box")
    {threads}
"""

ALONE = 'm.thread("t", run, box)'
BOTH = 'm.thread("t", run, box); m.thread("u", beside, box)'
HARD = 'm.thread("t", nothing, box, cpu=0); m.hardirq("irq", run, box, cpu=0)'
SHARED = 'm.thread("t", run, box, cpu=0); m.thread("u", nothing, box, cpu=0)'
SOFT = 'm.thread("t", nothing, box, cpu=0); m.softirq("irq", run, box, cpu=0)'


def spec(body: str, threads: str = ALONE, beside: str = "pass") -> str:
    return HEAD.format(body=body.replace("; ", "\n    "), threads=threads.replace("; ", "\n    "), beside=beside)


FOR_EVER = "while True:\n        "
FRESH = "box = kmem_cache_alloc(boxes, GFP_KERNEL); "


@pytest.mark.parametrize(
    ("body", "threads", "verdict", "rules"),
    [
        # what nests deeper than is looked at
        (FOR_EVER + "local_bh_disable()", ALONE, "incomplete", set()),
        (FOR_EVER + "local_bh_disable()", SHARED, "incomplete", set()),
        (FOR_EVER + "preempt_disable()", ALONE, "incomplete", set()),
        (FOR_EVER + "rcu_read_lock()", ALONE, "incomplete", set()),
        (FOR_EVER + "read_lock(rw)", ALONE, "incomplete", set()),
        (FOR_EVER + "write_seqlock(seq)\n        write_sequnlock(seq)", ALONE, "incomplete", set()),
        # what an interrupt does before its first step is done when it comes
        ("might_sleep()", HARD, "violated", {"LM601"}),
        ("might_sleep()", SOFT, "violated", {"LM601"}),
        ("assert False", HARD, "violated", {"LM701"}),
        ("pass", HARD, "verified", set()),
        # what it leaves behind
        ("local_irq_disable()", SOFT, "violated", {"LM603"}),
        ("local_irq_enable()", HARD, "violated", {"LM603"}),
        ("local_bh_disable()", SOFT, "violated", {"LM603"}),
        # what was never initialised
        (FRESH + "read_lock(box.lock)", ALONE, "violated", {"LM307"}),
        (FRESH + "read_seqbegin(box.own)", ALONE, "violated", {"LM307"}),
        (FRESH + "wake_up(box.queue)", ALONE, "violated", {"LM307"}),
        (FRESH + "cond_signal(box.changed)", ALONE, "violated", {"LM307"}),
        (FRESH + "complete(box.done)", ALONE, "violated", {"LM307"}),
        (
            FRESH + "rwlock_init(box.lock); read_lock(box.lock); read_unlock(box.lock); kfree(box)",
            ALONE,
            "verified",
            set(),
        ),
        # misuse
        ("cond_wait(box.changed, mutex)", ALONE, "violated", {"LM603"}),
        ("down_read(rwsem); up_write(rwsem)", ALONE, "violated", {"LM603"}),
        ("down_read(rwsem); downgrade_write(rwsem)", ALONE, "violated", {"LM603"}),
        ("read_lock(fair); rwlock_init(fair)", ALONE, "violated", {"LM603"}),
        ("schedule()", ALONE, "verified", set()),
        # a thread that ends leaves the queues in which it stands
        ("prepare_to_wait(box.queue, 2)", ALONE, "violated", {"LM603"}),
        ("prepare_to_wait_exclusive(box.queue, 1)", ALONE, "violated", {"LM603"}),
        ("prepare_to_wait(box.queue, 2); finish_wait(box.queue)", ALONE, "verified", set()),
        ("prepare_to_wait(box.queue, 2); wake_up(box.queue)", ALONE, "verified", set()),
        (
            "prepare_to_wait(box.queue, 2); wake_up(box.queue); prepare_to_wait(box.queue, 2)",
            ALONE,
            "violated",
            {"LM603"},
        ),
        ("prepare_to_wait(box.queue, 2); wake_up_interruptible(box.queue)", ALONE, "violated", {"LM603"}),
    ],
)
def test_a_corner(tmp_path: Path, body: str, threads: str, verdict: str, rules: set[str]) -> None:
    file = tmp_path / "corner.py"
    file.write_text(spec(body, threads))
    for reduction in (True, False):
        (scenario,) = check(CheckOptions(str(file), engine="python", reduction=reduction)).result.scenarios
        assert {finding.rule for finding in scenario.findings} - {"LM403"} == rules
        assert scenario.verdict == verdict or scenario.findings


def test_a_thread_stands_in_a_queue_once(tmp_path: Path) -> None:
    """Who asked to wait with others and then alone is woken once, as in the kernel."""
    twice = "prepare_to_wait(box.queue, 2); prepare_to_wait_exclusive(box.queue, 2); finish_wait(box.queue)"
    file = tmp_path / "corner.py"
    file.write_text(spec(twice, BOTH, "wake_up(box.queue)"))
    (scenario,) = check(CheckOptions(str(file))).result.scenarios
    assert not {finding.rule for finding in scenario.findings} - {"LM403"}


def test_a_sleeper_on_a_queue_that_may_be_freed_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "corner.py"
    sleeps = "if not READ_ONCE(box.ready):\n        prepare_to_wait(box.queue, 2)\n        schedule()\n    kfree(box)"
    file.write_text(spec(sleeps, BOTH, "WRITE_ONCE(box.ready, True); wake_up(box.queue)".replace("; ", "\n    ")))
    (scenario,) = check(CheckOptions(str(file))).result.scenarios
    assert "LM103" in {finding.rule for finding in scenario.findings}


@examples(60)
@given(primitive_specs())
def test_who_may_wake_for_no_reason_breaks_no_less(text: str) -> None:
    broken = []
    for spurious in ("False", "True"):
        layout = laid_out(re.sub(r"spurious_wakeups=\w+", f"spurious_wakeups={spurious}", text))
        found = brute_force(Stepper(layout), MOST)
        assume(found is not None)
        assert found is not None
        broken.append({re.sub(r"[^ ']*/random_model", "random_model", repr(identity)) for identity in found.steps})
    assert broken[0] <= broken[1]


def test_a_lock_that_is_held_is_stored_as_0() -> None:
    """Futures take it for granted that this is the one byte of a lock that somebody holds alone."""
    layout = layout_of(spec("pass"))
    assert layout is not None
    for name in ("rw", "fair", "rwsem", "seq", "mutex"):
        location = layout.address(layout.globals[name], "lock")
        assert layout.locations[location].domain.encode(0) == 0


def test_a_reader_behind_a_writer_that_waits_is_told_who_stands_before_it(tmp_path: Path) -> None:
    file = tmp_path / "corner.py"
    file.write_text(spec("down_read(rwsem)\n    down_read(rwsem)", BOTH, "down_write(rwsem)\n    up_write(rwsem)"))
    (scenario,) = check(CheckOptions(str(file))).result.scenarios
    (finding,) = (finding for finding in scenario.findings if finding.rule == "LM101")
    told = {one.thread: (one.held_by, one.behind) for one in finding.waiting}
    assert sorted(told.values(), key=str) == [("t", None), (None, "u")]


def test_the_state_in_which_a_task_sleeps_is_told_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "corner.py"
    file.write_text(spec("prepare_to_wait(box.queue, 2)\n    schedule()", ALONE))
    (scenario,) = check(CheckOptions(str(file))).result.scenarios
    (step, *_) = (step for finding in scenario.findings for step in finding.steps if "prepare" in step.operation)
    assert step.operation == "prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)"


def test_a_lock_that_is_held_twice_is_let_go_with_the_subclass_that_it_was_taken_with_last(tmp_path: Path) -> None:
    file = tmp_path / "corner.py"
    body = ["down_read_nested(rwsem, 1)", "down_read(rwsem)", "up_read(rwsem)", "mutex_lock_nested(mutex, 2)"]
    body += ["up_read(rwsem)", "mutex_unlock(mutex)", "down_read(rwsem)", "mutex_lock(mutex)"]
    file.write_text(spec("\n    ".join([*body, "mutex_unlock(mutex)", "up_read(rwsem)"]), ALONE))
    order = check(CheckOptions(str(file))).result.order
    assert [(edge.outer, edge.inner) for edge in order.edges] == [("rwsem", "mutex"), ("rwsem/1", "mutex/2")]


CROSSWISE = """\
down_write(rwsem)
    mutex_lock(mutex)
    mutex_unlock(mutex)
    up_write(rwsem)
    mutex_lock(mutex)
    down_read(rwsem)
    up_read(rwsem)
    mutex_unlock(mutex)"""


def test_a_deadlock_is_found_whatever_its_threads_are_called(tmp_path: Path) -> None:
    """A reader waits for the writer and for those in line before it: a ring with them in it has a smaller one in it."""
    file = tmp_path / "corner.py"
    threads = "; ".join(f'm.thread("{name}", run, box)' for name in "tuv")
    file.write_text(spec(CROSSWISE, threads))
    for engine in ("python", "auto"):
        for reduction in (True, False):
            (scenario,) = check(CheckOptions(str(file), engine=engine, reduction=reduction)).result.scenarios
            assert sum(finding.rule == "LM101" for finding in scenario.findings) == 1
