"""A lock is released by one that does not hold it, left held by a thread that ends, or initialised or freed while it
is held.

Witness: The last step is the wrong release, or the end of the thread. Where a lock is left held, look for the way
out that passes the unlock by: here the early return.

Repair: One way out: let every return pass the unlock, or take the lock in a caller. Where one thread is to release
what another has taken, that is a semaphore with a count, or a completion.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, Struct, mark, mutex_lock, mutex_unlock

model = Model("door")
lock = model.mutex("lock")


class Door(Struct):
    open: bool


door = model.object(Door, "door")


@model.path
def enter() -> None:
    mutex_lock(lock)
    if not door.open:
        return
    mark("inside")
    mutex_unlock(lock)


@model.design("repaired", replaces=enter)
def enter_one_way_out() -> None:
    mutex_lock(lock)
    if door.open:
        mark("inside")
    mutex_unlock(lock)


@model.scenario
def closed(m: Scenario) -> None:
    m.thread("visitor", enter)
