"""A queue of events that loses some, or delivers what it should not; `holds/events.py` has it as it should be."""

from __future__ import annotations

from lockmodel import (
    GFP_KERNEL,
    INIT_LIST_HEAD,
    NULL,
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
    got,
    kfree,
    kmem_cache_zalloc,
    ledger,
    list_add,
    list_add_tail,
    list_del,
    list_empty,
    list_first_entry,
    list_last_entry,
    list_of,
    merge,
    mutex_lock,
    mutex_unlock,
    overflow,
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
    watch: Watch
    kind: Kind


class Queue(Struct):
    lock: Mutex
    waiting: ListHead[Event] = list_of("link", guarded_by="lock")
    ledger: Ledger[Watch, Event, Kind] = ledger(capacity=3)


event_cache = events.cache(Event, capacity=2)


@events.procedure(holds=["queue.lock"])
def made(watch: Watch, kind: Kind, queue: Queue) -> Event:
    event = kmem_cache_zalloc(event_cache, GFP_KERNEL)
    event.watch = watch
    event.kind = kind
    INIT_LIST_HEAD(event.link)
    return event


@events.path
def put(queue: Queue, watch: Watch, kind: Kind) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    event = made(watch, kind, queue)
    list_add_tail(event.link, queue.waiting)
    carry(queue.ledger, watch, kind, by=event)
    mutex_unlock(queue.lock)


@events.path
def read(queue: Queue) -> None:
    mutex_lock(queue.lock)
    if not list_empty(queue.waiting):
        event = list_first_entry(queue.waiting)
        list_del(event.link)
        got(queue.ledger, event)
        kfree(event)
    mutex_unlock(queue.lock)


@events.path
def put_unless_full(queue: Queue, watch: Watch, kind: Kind) -> None:
    """One event fits. What comes then is dropped, and nobody is told."""
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    if list_empty(queue.waiting):
        event = made(watch, kind, queue)
        list_add_tail(event.link, queue.waiting)
        carry(queue.ledger, watch, kind, by=event)
    else:
        drop(queue.ledger, watch, kind)
    mutex_unlock(queue.lock)


@events.path
def put_and_forget(queue: Queue, watch: Watch, kind: Kind) -> None:
    """The event is noted, and the lock given back before it is queued, for which someone else finds no time."""
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    mutex_unlock(queue.lock)


@events.path
def put_in_front(queue: Queue, watch: Watch, kind: Kind) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    event = made(watch, kind, queue)
    list_add(event.link, queue.waiting)
    carry(queue.ledger, watch, kind, by=event)
    mutex_unlock(queue.lock)


@events.path
def put_twice(queue: Queue, watch: Watch, kind: Kind) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    for _ in range(2):
        event = made(watch, kind, queue)
        list_add_tail(event.link, queue.waiting)
        carry(queue.ledger, watch, kind, by=event)
    mutex_unlock(queue.lock)


@events.path
def put_for_another(queue: Queue, watch: Watch, other: Watch) -> None:
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, Kind.MADE)
    event = made(other, Kind.MADE, queue)
    list_add_tail(event.link, queue.waiting)
    carry(queue.ledger, other, Kind.MADE, by=event)
    mutex_unlock(queue.lock)


@events.path
def tell_when_full(queue: Queue, watch: Watch) -> None:
    """It tells of an overflow as soon as the queue is full, before anything is dropped."""
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, Kind.MADE)
    event = made(watch, Kind.MADE, queue)
    list_add_tail(event.link, queue.waiting)
    carry(queue.ledger, watch, Kind.MADE, by=event)
    notice = made(NULL, Kind.MADE, queue)
    list_add_tail(notice.link, queue.waiting)
    overflow(queue.ledger, by=notice)
    mutex_unlock(queue.lock)


@events.path
def merge_with_the_first(queue: Queue, watch: Watch, kind: Kind) -> None:
    """What it repeats need not be the last one: what came between is then told as if it were the latest."""
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    repeats = False
    if not list_empty(queue.waiting):
        first = list_first_entry(queue.waiting)
        repeats = first.watch is watch and first.kind == kind
    if repeats:
        merge(queue.ledger, watch, kind)
    else:
        event = made(watch, kind, queue)
        list_add_tail(event.link, queue.waiting)
        carry(queue.ledger, watch, kind, by=event)
    mutex_unlock(queue.lock)


@events.path
def look_then_merge(queue: Queue, watch: Watch, kind: Kind) -> None:
    """The lock is given back between the look and the merge, and the neighbour may have been read by then."""
    mutex_lock(queue.lock)
    owe(queue.ledger, watch, kind)
    repeats = False
    if not list_empty(queue.waiting):
        last = list_last_entry(queue.waiting)
        repeats = last.watch is watch and last.kind == kind
    mutex_unlock(queue.lock)
    mutex_lock(queue.lock)
    if repeats:
        merge(queue.ledger, watch, kind)
    else:
        event = made(watch, kind, queue)
        list_add_tail(event.link, queue.waiting)
        carry(queue.ledger, watch, kind, by=event)
    mutex_unlock(queue.lock)


@events.path
def read_and_keep(queue: Queue) -> None:
    """The event stays on the queue."""
    mutex_lock(queue.lock)
    if not list_empty(queue.waiting):
        event = list_first_entry(queue.waiting)
        got(queue.ledger, event)
    mutex_unlock(queue.lock)


@events.path
def throw_away(queue: Queue) -> None:
    mutex_lock(queue.lock)
    if not list_empty(queue.waiting):
        event = list_first_entry(queue.waiting)
        list_del(event.link)
        kfree(event)
    mutex_unlock(queue.lock)


def one_watch(m: Scenario) -> tuple[Queue, Watch]:
    return m.new(Queue), m.new(Watch)


@events.scenario
def lost(m: Scenario) -> None:
    """LM501 in put_unless_full."""
    queue, watch = one_watch(m)
    m.thread("first", put_unless_full, queue, watch, Kind.MADE)
    m.thread("second", put_unless_full, queue, watch, Kind.GONE)
    m.thread("read", read, queue)


@events.scenario
def never_queued(m: Scenario) -> None:
    """LM501 in put_and_forget."""
    queue, watch = one_watch(m)
    m.thread("put", put_and_forget, queue, watch, Kind.MADE)


@events.scenario
def thrown_away(m: Scenario) -> None:
    """LM501 in put: it was owed there."""
    queue, watch = one_watch(m)
    m.thread("put", put, queue, watch, Kind.MADE)
    m.thread("throw away", throw_away, queue)


@events.scenario
def merged_with_the_wrong_one(m: Scenario) -> None:
    """LM501 in merge_with_the_first."""
    queue, watch = one_watch(m)
    m.thread("made", merge_with_the_first, queue, watch, Kind.MADE)
    m.thread("gone", merge_with_the_first, queue, watch, Kind.GONE)
    m.thread("made again", merge_with_the_first, queue, watch, Kind.MADE)


@events.scenario
def merged_too_late(m: Scenario) -> None:
    """LM501 in look_then_merge."""
    queue, watch = one_watch(m)
    m.thread("made", look_then_merge, queue, watch, Kind.MADE)
    m.thread("made again", look_then_merge, queue, watch, Kind.MADE)
    m.thread("read", read, queue)


@events.scenario
def twice(m: Scenario) -> None:
    """LM502 in put_twice."""
    queue, watch = one_watch(m)
    m.thread("put", put_twice, queue, watch, Kind.MADE)


@events.scenario
def read_twice(m: Scenario) -> None:
    """LM502 in read_and_keep."""
    queue, watch = one_watch(m)
    m.thread("put", put, queue, watch, Kind.MADE)
    m.thread("read", read_and_keep, queue)
    m.thread("read again", read_and_keep, queue)


@events.scenario
def wrong_watch(m: Scenario) -> None:
    """LM502 in put_for_another: to whom it is not owed. LM501 in put_for_another: to whom it is."""
    queue, watch = one_watch(m)
    m.thread("put", put_for_another, queue, watch, m.new(Watch))


@events.scenario
def out_of_order(m: Scenario) -> None:
    """LM502 in read."""
    queue, watch = one_watch(m)
    m.thread("made", put, queue, watch, Kind.MADE)
    m.thread("gone", put_in_front, queue, watch, Kind.GONE)
    m.thread("read", read, queue)


@events.scenario
def overflow_that_was_none(m: Scenario) -> None:
    """LM502 in tell_when_full."""
    queue, watch = one_watch(m)
    m.thread("put", tell_when_full, queue, watch)
