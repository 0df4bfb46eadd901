"""A queue of events that nothing is lost from: what is owed is delivered, once and in order, or the reader is told.

The ledger is the measure. It is ghost: what is said to it takes no step, and the queue knows nothing of it.
"""

from __future__ import annotations

from typing import Annotated, Final

from lockmodel import (
    GFP_KERNEL,
    INIT_LIST_HEAD,
    Enum,
    Ledger,
    ListEntry,
    ListHead,
    Model,
    Mutex,
    Range,
    Scenario,
    Struct,
    allow,
    carry,
    drop,
    field,
    forgive,
    got,
    kfree,
    kmem_cache_zalloc,
    ledger,
    list_add_tail,
    list_del,
    list_empty,
    list_first_entry,
    list_for_each_entry,
    list_last_entry,
    list_of,
    merge,
    mutex_lock,
    mutex_unlock,
    overflow,
    owe,
)

events = Model("events")

ROOM: Final = 2


class Kind(Enum):
    MADE = 0
    GONE = 1
    OVERFLOW = 2


class Watch(Struct):
    link: ListEntry


class Event(Struct):
    link: ListEntry
    watch: Watch
    kind: Kind


class Queue(Struct):
    lock: Mutex
    watches: ListHead[Watch] = list_of("link", guarded_by="lock")
    waiting: ListHead[Event] = list_of("link", guarded_by="lock")
    count: Annotated[int, Range(0, ROOM + 1)] = field(guarded_by="lock")
    ledger: Ledger[Watch, Event, Kind] = ledger(capacity=4)


event_cache = events.cache(Event, capacity=3)


@events.ghost
def happens(queue: Queue, kind: Kind) -> None:
    """Whoever watches now is owed it."""
    for watch in list_for_each_entry(queue.watches):
        owe(queue.ledger, watch, kind)


@events.procedure(holds=["queue.lock"])
def enqueue(queue: Queue, watch: Watch, kind: Kind) -> Event:
    event = kmem_cache_zalloc(event_cache, GFP_KERNEL)
    event.watch = watch
    event.kind = kind
    INIT_LIST_HEAD(event.link)
    list_add_tail(event.link, queue.waiting)
    return event


@events.procedure(holds=["queue.lock"])
def dequeue(queue: Queue) -> None:
    if not list_empty(queue.waiting):
        event = list_first_entry(queue.waiting)
        list_del(event.link)
        got(queue.ledger, event)
        kfree(event)
        queue.count -= 1


@events.path
def read(queue: Queue) -> None:
    mutex_lock(queue.lock)
    dequeue(queue)
    mutex_unlock(queue.lock)


@events.path
def put_or_tell(queue: Queue, kind: Kind) -> None:
    """Where there is no room, one notice stands for all that is dropped until it has been read."""
    mutex_lock(queue.lock)
    happens(queue, kind)
    for watch in list_for_each_entry(queue.watches):
        if queue.count < ROOM:
            event = enqueue(queue, watch, kind)
            carry(queue.ledger, watch, kind, by=event)
            queue.count += 1
        else:
            drop(queue.ledger, watch, kind)
            if queue.count == ROOM:
                event = enqueue(queue, watch, Kind.OVERFLOW)
                overflow(queue.ledger, by=event)
                queue.count += 1
    mutex_unlock(queue.lock)


@events.path
def put_or_merge(queue: Queue, kind: Kind) -> None:
    """What only repeats the event before it is left out."""
    mutex_lock(queue.lock)
    happens(queue, kind)
    for watch in list_for_each_entry(queue.watches):
        repeats = False
        if not list_empty(queue.waiting):
            last = list_last_entry(queue.waiting)
            repeats = last.watch is watch and last.kind == kind
        if repeats:
            merge(queue.ledger, watch, kind)
        else:
            event = enqueue(queue, watch, kind)
            carry(queue.ledger, watch, kind, by=event)
            queue.count += 1
    mutex_unlock(queue.lock)


@events.path
def announce(queue: Queue, watch: Watch, kind: Kind) -> None:
    """The watch is looked for after the event was there: one that came meanwhile may be told, and need not be."""
    mutex_lock(queue.lock)
    happens(queue, kind)
    mutex_unlock(queue.lock)
    mutex_lock(queue.lock)
    for found in list_for_each_entry(queue.watches):
        event = enqueue(queue, found, kind)
        carry(queue.ledger, found, kind, by=event)
        queue.count += 1
    mutex_unlock(queue.lock)


@events.path
def come(queue: Queue, watch: Watch, kind: Kind) -> None:
    mutex_lock(queue.lock)
    list_add_tail(watch.link, queue.watches)
    allow(queue.ledger, watch, kind)
    mutex_unlock(queue.lock)


@events.path
def leave(queue: Queue, watch: Watch) -> None:
    """A watch that goes is owed nothing more; what is on its way is delivered."""
    mutex_lock(queue.lock)
    list_del(watch.link)
    forgive(queue.ledger, watch)
    mutex_unlock(queue.lock)


@events.scenario
def told(m: Scenario) -> None:
    queue, watch = m.new(Queue), m.new(Watch)
    m.link(watch.link, queue.watches)
    for n, kind in enumerate((Kind.MADE, Kind.GONE, Kind.MADE, Kind.GONE)):
        m.thread(f"put{n}", put_or_tell, queue, kind)
    m.thread("read", read, queue)


@events.scenario
def merged(m: Scenario) -> None:
    queue, watch = m.new(Queue), m.new(Watch)
    m.link(watch.link, queue.watches)
    for n, kind in enumerate((Kind.MADE, Kind.MADE, Kind.GONE)):
        m.thread(f"put{n}", put_or_merge, queue, kind)
    m.thread("read", read, queue)


@events.scenario
def came_meanwhile(m: Scenario) -> None:
    queue, first, second = m.new(Queue), m.new(Watch), m.new(Watch)
    m.link(first.link, queue.watches)
    m.thread("announce", announce, queue, first, Kind.MADE)
    m.thread("come", come, queue, second, Kind.MADE)
    m.thread("read", read, queue)


@events.scenario
def left(m: Scenario) -> None:
    queue, watch = m.new(Queue), m.new(Watch)
    m.link(watch.link, queue.watches)
    m.thread("announce", announce, queue, watch, Kind.MADE)
    m.thread("leave", leave, queue, watch)
    m.thread("read", read, queue)


@events.scenario
def waiting_at_the_start(m: Scenario) -> None:
    queue, watch = m.new(Queue, count=1), m.new(Watch)
    event = m.new(Event, watch=watch, kind=Kind.GONE)
    m.link(watch.link, queue.watches)
    m.link(event.link, queue.waiting)
    m.carry(queue.ledger, watch, Kind.GONE, by=event)
    m.thread("put", put_or_merge, queue, Kind.GONE)
    m.thread("read", read, queue)
