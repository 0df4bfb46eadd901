"""An object is used through a null pointer. Any reference may be null, as in C, and its type does not say so.

Witness: Look upwards for the step that read the pointer: what made it null comes before it, and is often another
thread's. Where it was looked at and found not to be null, it was read once more.

Repair: Look at the pointer that you use: read it once, under the lock, and test that one. Where a look-up is made
twice, test the second one as well.
"""

from __future__ import annotations

from lockmodel import NULL, Model, Mutex, Scenario, Struct, field, mutex_lock, mutex_unlock

model = Model("driver")


class Port(Struct):
    lock: Mutex


class Driver(Struct):
    lock: Mutex
    port: Port = field(guarded_by="lock")
    unplugged: Port = field(guarded_by="lock")


@model.path
def write(driver: Driver) -> None:
    mutex_lock(driver.lock)
    port = driver.port
    mutex_unlock(driver.lock)
    mutex_lock(port.lock)
    mutex_unlock(port.lock)


@model.design("repaired", replaces=write)
def write_if_there(driver: Driver) -> None:
    mutex_lock(driver.lock)
    port = driver.port
    mutex_unlock(driver.lock)
    if port:
        mutex_lock(port.lock)
        mutex_unlock(port.lock)


@model.path
def unplug(driver: Driver) -> None:
    mutex_lock(driver.lock)
    driver.unplugged = driver.port
    driver.port = NULL
    mutex_unlock(driver.lock)


@model.scenario
def write_and_unplug(m: Scenario) -> None:
    driver = m.new(Driver, port=m.new(Port))
    m.thread("writer", write, driver)
    m.thread("unplugger", unplug, driver)
