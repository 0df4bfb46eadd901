"""An event is delivered twice, to the wrong watch, out of order, or nobody owed it; or an overflow is told that was
none. As LM501, it is judged from a ledger.

Witness: The last step is the delivery; the message says what is wrong with it. Where events overtook each other,
look where each of them was queued, and between which steps the other came.

Repair: Queue what happened under the lock under which it happened, at the end; take an event off the queue before
you say that it was read.
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
    got,
    kfree,
    kmem_cache_zalloc,
    ledger,
    list_add,
    list_add_tail,
    list_del,
    list_first_entry,
    list_of,
    mutex_lock,
    mutex_unlock,
    owe,
)

events = Model("events")


class Kind(Enum):
    MADE = 0
    GONE = 1


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
def made(queue: Queue, watch: Watch, kind: Kind) -> Event:
    owe(queue.ledger, watch, kind)
    event = kmem_cache_zalloc(event_cache, GFP_KERNEL)
    event.kind = kind
    INIT_LIST_HEAD(event.link)
    return event


@events.procedure(holds=["queue.lock"])
def put(queue: Queue, watch: Watch, kind: Kind) -> None:
    event = made(queue, watch, kind)
    list_add(event.link, queue.waiting)
    carry(queue.ledger, watch, kind, by=event)


@events.design("repaired", replaces=put)
def put_at_the_end(queue: Queue, watch: Watch, kind: Kind) -> None:
    event = made(queue, watch, kind)
    list_add_tail(event.link, queue.waiting)
    carry(queue.ledger, watch, kind, by=event)


@events.procedure(holds=["queue.lock"])
def read(queue: Queue) -> None:
    event = list_first_entry(queue.waiting)
    list_del(event.link)
    got(queue.ledger, event)
    kfree(event)


@events.path
def come_and_go(queue: Queue, watch: Watch) -> None:
    mutex_lock(queue.lock)
    put(queue, watch, Kind.MADE)
    put(queue, watch, Kind.GONE)
    read(queue)
    read(queue)
    mutex_unlock(queue.lock)


@events.scenario
def one_file(m: Scenario) -> None:
    m.thread("writer", come_and_go, m.new(Queue), m.new(Watch))
