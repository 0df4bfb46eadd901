"""Claim: who waits for something is told when it has come. False: too early, or somebody else was, or nobody."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    READ_ONCE,
    TASK_UNINTERRUPTIBLE,
    WRITE_ONCE,
    Condition,
    Model,
    Range,
    Scenario,
    Struct,
    WaitQueue,
    complete,
    cond_signal,
    cond_wait,
    finish_wait,
    mutex_lock,
    mutex_unlock,
    prepare_to_wait,
    prepare_to_wait_exclusive,
    reinit_completion,
    schedule,
    wait_event,
    wait_for_completion,
    wake_up,
    wake_up_all,
    wake_up_interruptible,
)

model = Model("waiting")
mutex = model.mutex("mutex")
done = model.completion("done")


class Box(Struct):
    queue: WaitQueue
    changed: Condition
    ready: bool
    places: Annotated[int, Range(0, 2)]


box = model.object(Box, "box")


@model.path
def wake_all() -> None:
    WRITE_ONCE(box.ready, True)
    wake_up_all(box.queue)


@model.path
def look_then_stand_in_line() -> None:
    if not READ_ONCE(box.ready):
        prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
        schedule()
        finish_wait(box.queue)


@model.path
def wake_then_tell() -> None:
    wake_up(box.queue)
    WRITE_ONCE(box.ready, True)


@model.path
def wait_for_it() -> None:
    wait_event(box.queue, READ_ONCE(box.ready))


@model.path
def wait_alone() -> None:
    while True:
        prepare_to_wait_exclusive(box.queue, TASK_UNINTERRUPTIBLE)
        if READ_ONCE(box.ready):
            break
        schedule()
    finish_wait(box.queue)


@model.path
def wake_one() -> None:
    WRITE_ONCE(box.ready, True)
    wake_up(box.queue)


@model.path
def wake_the_interruptible() -> None:
    WRITE_ONCE(box.ready, True)
    wake_up_interruptible(box.queue)


@model.path
def complete_once() -> None:
    complete(done)


@model.path
def wait_for_completion_once() -> None:
    wait_for_completion(done)


@model.path
def forget_what_was_complete() -> None:
    reinit_completion(done)
    wait_for_completion(done)


@model.path
def check_with_if() -> None:
    mutex_lock(mutex)
    if box.places == 0:
        cond_wait(box.changed, mutex)
    box.places -= 1
    mutex_unlock(mutex)


@model.path
def check_without_the_mutex() -> None:
    if not READ_ONCE(box.ready):
        mutex_lock(mutex)
        cond_wait(box.changed, mutex)
        mutex_unlock(mutex)


@model.path
def give_a_place() -> None:
    mutex_lock(mutex)
    box.places += 1
    cond_signal(box.changed)
    mutex_unlock(mutex)


@model.path
def wait_until_ready() -> None:
    mutex_lock(mutex)
    while not box.ready:
        cond_wait(box.changed, mutex)
    mutex_unlock(mutex)


@model.path
def signal_one() -> None:
    mutex_lock(mutex)
    WRITE_ONCE(box.ready, True)
    cond_signal(box.changed)
    mutex_unlock(mutex)


@model.scenario
def checked_before_it_stood_in_line(m: Scenario) -> None:
    """The wake comes between looking and sleeping. LM103 in look_then_stand_in_line."""
    m.thread("sleeper", look_then_stand_in_line)
    m.thread("waker", wake_all)


@model.scenario
def woken_before_it_was_told(m: Scenario) -> None:
    """The wake comes before what it tells of. LM103 in wait_for_it."""
    m.thread("sleeper", wait_for_it)
    m.thread("waker", wake_then_tell)


@model.scenario
def one_of_two(m: Scenario) -> None:
    """Two wait exclusively, one is woken. LM103 in wait_alone."""
    m.thread("sleeper 1", wait_alone)
    m.thread("sleeper 2", wait_alone)
    m.thread("waker", wake_one)


@model.scenario
def the_wrong_wake(m: Scenario) -> None:
    """Who sleeps uninterruptibly is not woken so. LM103 in wait_for_it."""
    m.thread("sleeper", wait_for_it)
    m.thread("waker", wake_the_interruptible)


@model.scenario
def missed_complete(m: Scenario) -> None:
    """Two wait, one is let go on. LM101 in wait_for_completion_once."""
    m.thread("t", complete_once)
    m.thread("u", wait_for_completion_once)
    m.thread("v", wait_for_completion_once)


@model.scenario
def forgotten_complete(m: Scenario) -> None:
    """LM101 in forget_what_was_complete."""
    m.thread("t", complete_once)
    m.thread("u", forget_what_was_complete)


@model.scenario
def if_instead_of_while(m: Scenario) -> None:
    """A third one is quicker. LM701 in check_with_if."""
    m.thread("t", check_with_if)
    m.thread("u", check_with_if)
    m.thread("v", give_a_place)
    m.thread("w", give_a_place)


@model.scenario
def signal_instead_of_broadcast(m: Scenario) -> None:
    """LM103 in wait_until_ready."""
    m.thread("t", wait_until_ready)
    m.thread("u", wait_until_ready)
    m.thread("v", signal_one)


@model.scenario
def checked_without_the_mutex(m: Scenario) -> None:
    """The signal comes between looking and sleeping. LM103 in check_without_the_mutex."""
    m.thread("t", check_without_the_mutex)
    m.thread("v", signal_one)
