"""An event that was owed is not delivered, and no overflow tells that something was lost. What is owed is said by
`owe`, `carry`, `got`, `drop` and `overflow` of a ledger, a ghost that the code cannot read.

Witness: The place is where the event was owed, since what did not happen has no place. Follow the event from there:
who ought to have carried it on let it go.

Repair: Where there is no room, queue one notice that stands for all that is dropped until it has been read, and do
it under the same lock.
"""

from __future__ import annotations

from lockmodel import (
    GFP_KERNEL,
    INIT_LIST_HEAD,
    Enum,
    Ledger,
    ListEntry,
    ListHead,
    Model,
    Mutex,
    Scenario,
    Struct,
    carry,
    drop,
    kmem_cache_zalloc,
    ledger,
    list_add_tail,
    list_empty,
    list_of,
    mutex_lock,
    mutex_unlock,
    overflow,
    owe,
)

events = Model("events")


class Kind(Enum):
    MADE = 0
    OVERFLOW = 1


class Watch(Struct):
    link: ListEntry


class Event(Struct):
    link: ListEntry
    kind: Kind


class Queue(Struct):
    lock: Mutex
    waiting: ListHead[Event] = list_of("link", guarded_by="lock")
    ledger: Ledger[Watch, Event, Kind] = ledger(capacity=3)


event_cache = events.cache(Event, capacity=2)


@events.procedure(holds=["queue.lock"])
def enqueue(queue: Queue, kind: Kind) -> Event:
    event = kmem_cache_zalloc(event_cache, GFP_KERNEL)
    event.kind = kind
    INIT_LIST_HEAD(event.link)
    list_add_tail(event.link, queue.waiting)
    return event


@events.path
def put(queue: Queue, watch: Watch) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, Kind.MADE)
    if list_empty(queue.waiting):
        event = enqueue(queue, Kind.MADE)
        carry(queue.ledger, watch, Kind.MADE, by=event)
    else:
        drop(queue.ledger, watch, Kind.MADE)
    mutex_unlock(queue.lock)


@events.design("repaired", replaces=put)
def put_or_tell(queue: Queue, watch: Watch) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, Kind.MADE)
    if list_empty(queue.waiting):
        event = enqueue(queue, Kind.MADE)
        carry(queue.ledger, watch, Kind.MADE, by=event)
    else:
        drop(queue.ledger, watch, Kind.MADE)
        notice = enqueue(queue, Kind.OVERFLOW)
        overflow(queue.ledger, by=notice)
    mutex_unlock(queue.lock)


@events.scenario
def room_for_one(m: Scenario) -> None:
    queue, watch = m.new(Queue), m.new(Watch)
    m.thread("first", put, queue, watch)
    m.thread("second", put, queue, watch)
