"""When all threads have ended, an object is left that nothing refers to, or a count that is higher than the
references that there are: no one will ever free it.

Witness: It is a whole run. Look for the way out that the last holder took without a put: an error path, an early
return, a place that another thread filled in the meantime.

Repair: Undo what was done on each way out; free what lost a race for its place.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_KERNEL,
    Model,
    Mutex,
    Range,
    Scenario,
    Struct,
    field,
    kfree,
    kmem_cache_zalloc,
    mutex_lock,
    mutex_unlock,
)

model = Model("lazy")


class Table(Struct):
    size: Annotated[int, Range(0, 1)]


class Device(Struct):
    lock: Mutex
    table: Table = field(guarded_by="lock")


tables = model.cache(Table, capacity=1)


@model.path
def set_up(device: Device) -> None:
    fresh = kmem_cache_zalloc(tables, GFP_KERNEL)
    mutex_lock(device.lock)
    device.table = fresh
    mutex_unlock(device.lock)


@model.design("repaired", replaces=set_up)
def set_up_once(device: Device) -> None:
    fresh = kmem_cache_zalloc(tables, GFP_KERNEL)
    mutex_lock(device.lock)
    if device.table:
        kfree(fresh)
    else:
        device.table = fresh
    mutex_unlock(device.lock)


@model.scenario
def set_up_twice(m: Scenario) -> None:
    device = m.new(Device)
    m.thread("first", set_up, device)
    m.thread("second", set_up, device)
