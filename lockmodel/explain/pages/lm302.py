"""A field that is declared to be guarded by a lock is touched without it, or a procedure is entered without the lock
that it asks for (`guarded_by=`, `holds=`). An object that no other thread can reach yet is passed over.

Witness: The last step is the access; the lock is missing among those that its lane holds there. That another thread
comes in between need not be shown: the declaration is broken as it is.

Repair: Take the lock around the access, or let the caller hold it and say so by `holds=`. A guard that is held for
reading only does not allow to write. Where the declaration is wrong, `check -v` says what does protect the field.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Mutex, Range, Scenario, Struct, field, mark, mutex_lock, mutex_unlock

model = Model("queue")


class Queue(Struct):
    lock: Mutex
    length: Annotated[int, Range(0, 3)] = field(guarded_by="lock")


@model.path
def peek(queue: Queue) -> None:
    if queue.length:
        mark("something is there")


@model.design("repaired", replaces=peek)
def peek_under_the_lock(queue: Queue) -> None:
    mutex_lock(queue.lock)
    if queue.length:
        mark("something is there")
    mutex_unlock(queue.lock)


@model.scenario
def two_peek(m: Scenario) -> None:
    queue = m.new(Queue)
    m.thread("first", peek, queue)
    m.thread("second", peek, queue)
