"""An object is freed that has been freed already, or an id is given back that is not allocated.

Witness: The message names the first free, by whom and in which step. Both threads came to believe that they were the
last: look where each of them decided so.

Repair: Take what you will free out of the shared place under the lock, so that one thread alone finds it there; or
count references and free when `atomic_dec_and_test` says that yours was the last.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import NULL, Model, Mutex, Range, Scenario, Struct, field, kfree, mutex_lock, mutex_unlock

model = Model("buffer")


class Buffer(Struct):
    size: Annotated[int, Range(0, 1)]


class Device(Struct):
    lock: Mutex
    buffer: Buffer = field(guarded_by="lock")


@model.path
def close(device: Device) -> None:
    mutex_lock(device.lock)
    buffer = device.buffer
    mutex_unlock(device.lock)
    kfree(buffer)


@model.design("repaired", replaces=close)
def close_once(device: Device) -> None:
    mutex_lock(device.lock)
    buffer = device.buffer
    device.buffer = NULL
    mutex_unlock(device.lock)
    kfree(buffer)


@model.scenario
def closed_twice(m: Scenario) -> None:
    device = m.new(Device, buffer=m.new(Buffer))
    m.thread("first", close, device)
    m.thread("second", close, device)
