"""A thread sleeps for ever that would go on if it were woken now: what it waits for has come, or its wake came
before it slept.

Witness: Look for the wake: it comes after the sleeper has looked for the last time and before it sleeps, and the
message names the step. What the sleeper read is not so any more.

Repair: Say that you will sleep (`prepare_to_wait`) before you look, so that a wake in between is not lost; or let
`wait_event` do both; or look and sleep under the lock under which it is told (`cond_wait`). Wake only after what is
waited for has been written.
"""

from __future__ import annotations

from lockmodel import (
    READ_ONCE,
    TASK_UNINTERRUPTIBLE,
    WRITE_ONCE,
    Model,
    Scenario,
    Struct,
    WaitQueue,
    finish_wait,
    prepare_to_wait,
    schedule,
    wait_event,
    wake_up,
)

model = Model("box")


class Box(Struct):
    queue: WaitQueue
    ready: bool


box = model.object(Box, "box")


@model.path
def fill() -> None:
    WRITE_ONCE(box.ready, True)
    wake_up(box.queue)


@model.path
def wait() -> None:
    if not READ_ONCE(box.ready):
        prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)
        schedule()
        finish_wait(box.queue)


@model.design("repaired", replaces=wait)
def wait_and_look_again() -> None:
    wait_event(box.queue, READ_ONCE(box.ready))


@model.scenario
def one_waits(m: Scenario) -> None:
    m.thread("waiter", wait)
    m.thread("filler", fill)
