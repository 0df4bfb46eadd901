"""A list is broken: an entry is removed that is on none, added while it is on one, or freed while it is on one.

Witness: The message names the step that put the entry there or took it off before. In C the damage shows much later,
in somebody else's walk; here the execution ends where it was done.

Repair: Look and unlink under one and the same lock; note beside the entry whether it is on a list; unlink before you
free.
"""

from __future__ import annotations

from lockmodel import (
    ListEntry,
    ListHead,
    Model,
    Mutex,
    Scenario,
    Struct,
    field,
    list_del,
    list_of,
    mutex_lock,
    mutex_unlock,
)

model = Model("timers")


class Timer(Struct):
    link: ListEntry
    pending: bool


class Wheel(Struct):
    lock: Mutex
    timers: ListHead[Timer] = list_of("link", guarded_by="lock")
    timeout: Timer = field(constant=True)


@model.path
def cancel(wheel: Wheel) -> None:
    mutex_lock(wheel.lock)
    list_del(wheel.timeout.link)
    mutex_unlock(wheel.lock)


@model.design("repaired", replaces=cancel)
def cancel_if_pending(wheel: Wheel) -> None:
    mutex_lock(wheel.lock)
    if wheel.timeout.pending:
        wheel.timeout.pending = False
        list_del(wheel.timeout.link)
    mutex_unlock(wheel.lock)


@model.scenario
def cancelled_twice(m: Scenario) -> None:
    timer = m.new(Timer, pending=True)
    wheel = m.new(Wheel, timeout=timer)
    m.link(timer.link, wheel.timers)
    m.thread("first", cancel, wheel)
    m.thread("second", cancel, wheel)
