"""Claim: who waits for something is told when it has come, also where threads may wake for no reason."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    READ_ONCE,
    TASK_INTERRUPTIBLE,
    WRITE_ONCE,
    Condition,
    Model,
    Range,
    Scenario,
    Struct,
    WaitQueue,
    complete,
    complete_all,
    cond_broadcast,
    cond_signal,
    cond_wait,
    finish_wait,
    mutex_lock,
    mutex_unlock,
    prepare_to_wait_exclusive,
    schedule,
    wait_event,
    wait_for_completion,
    wake_up_all,
)

model = Model("waiting", spurious_wakeups=True)
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
def wait_for_it() -> None:
    wait_event(box.queue, READ_ONCE(box.ready))


@model.path
def stand_in_line_then_look() -> None:
    while True:
        prepare_to_wait_exclusive(box.queue, TASK_INTERRUPTIBLE)
        if READ_ONCE(box.ready):
            break
        schedule()
    finish_wait(box.queue)


@model.path
def complete_twice() -> None:
    complete(done)
    complete(done)


@model.path
def complete_for_ever() -> None:
    complete_all(done)


@model.path
def wait_for_completion_once() -> None:
    wait_for_completion(done)


@model.path
def take_a_place() -> None:
    mutex_lock(mutex)
    while box.places == 0:
        cond_wait(box.changed, mutex)
    box.places -= 1
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
def tell_all() -> None:
    mutex_lock(mutex)
    WRITE_ONCE(box.ready, True)
    cond_broadcast(box.changed)
    mutex_unlock(mutex)


@model.scenario
def an_event(m: Scenario) -> None:
    m.thread("sleeper 1", wait_for_it)
    m.thread("sleeper 2", wait_for_it)
    m.thread("waker", wake_all)


@model.scenario
def by_hand(m: Scenario) -> None:
    m.thread("sleeper 1", stand_in_line_then_look)
    m.thread("sleeper 2", stand_in_line_then_look)
    m.thread("waker", wake_all)


@model.scenario
def as_many_completions(m: Scenario) -> None:
    m.thread("t", complete_twice)
    m.thread("u", wait_for_completion_once)
    m.thread("v", wait_for_completion_once)


@model.scenario
def complete_all_for_all(m: Scenario) -> None:
    m.thread("t", complete_for_ever)
    m.thread("u", wait_for_completion_once)
    m.thread("v", wait_for_completion_once)


@model.scenario
def while_it_is_not_so(m: Scenario) -> None:
    m.thread("t", take_a_place)
    m.thread("u", take_a_place)
    m.thread("v", give_a_place)
    m.thread("w", give_a_place)


@model.scenario
def broadcast(m: Scenario) -> None:
    m.thread("t", wait_until_ready)
    m.thread("u", wait_until_ready)
    m.thread("v", tell_all)
