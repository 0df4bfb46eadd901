"""The head of a list, or an error pointer, is used as if it were an entry: `list_first_entry` of an empty list gives
the head. A plain value that is read through it equals nothing that was ever stored, and the run goes on; a
pointer that is read through it is fatal when it is used.

Witness: The step that got the pointer is above: the list was empty then, or the call had failed. The message says
which head it is.

Repair: Ask `list_empty` first, under the lock under which you then look; ask `IS_ERR` before you use what a call
gave.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    ListEntry,
    ListHead,
    Model,
    Mutex,
    Range,
    Scenario,
    Struct,
    list_empty,
    list_first_entry,
    list_of,
    mark,
    mutex_lock,
    mutex_unlock,
)

model = Model("work")


class Work(Struct):
    link: ListEntry
    kind: Annotated[int, Range(0, 1)]


class Queue(Struct):
    lock: Mutex
    works: ListHead[Work] = list_of("link", guarded_by="lock")


@model.path
def peek(queue: Queue) -> None:
    mutex_lock(queue.lock)
    work = list_first_entry(queue.works)
    if work.kind == 1:
        mark("urgent")
    mutex_unlock(queue.lock)


@model.design("repaired", replaces=peek)
def peek_if_there(queue: Queue) -> None:
    mutex_lock(queue.lock)
    if not list_empty(queue.works):
        work = list_first_entry(queue.works)
        if work.kind == 1:
            mark("urgent")
    mutex_unlock(queue.lock)


@model.scenario
def nothing_to_do(m: Scenario) -> None:
    m.thread("worker", peek, m.new(Queue))
