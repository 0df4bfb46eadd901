"""Claim: readers may be together, but a writer is alone; and nobody waits for ever for somebody who waits too.

The first problem of P. J. Courtois, F. Heymans and D. L. Parnas, "Concurrent control with readers and writers", CACM
14 (1971): the first reader in shuts the writers out on behalf of all readers, and the last one out lets them in
again. The count of readers is kept under a mutex, and the first reader keeps that mutex *while it waits for the
writer to leave*, so that a second reader cannot pass it. The design `count-then-wait` releases the mutex before it
waits, and a second reader walks in on the writer.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct, down, field, mutex_lock, mutex_unlock, up

READERS = 2

readers_writer = Model("readers_writer", as_written="wait-then-let-in")
mutex = readers_writer.mutex("mutex")

# It has no owner (hence `count=`, although it is only ever 0 or 1): the reader that raises it, the last one out, need
# not be the one that lowered it, the first one in.
wrt = readers_writer.semaphore("wrt", count=1)


class Book(Struct):
    readers: Annotated[int, Range(0, READERS)] = field(guarded_by=mutex)
    # A plain field that nothing guards by name. Two accesses that can meet, one of them a write, are a data race: what
    # this algorithm is for is that they never do.
    text: Annotated[int, Range(0, 1)]
    reading: Annotated[int, Range(0, READERS)] = field(ghost=True)
    writing: Annotated[int, Range(0, 2)] = field(ghost=True)


book = readers_writer.object(Book, "book")


# A procedure is a function of the model that other procedures call. `holds`: its caller must hold that lock (LM302).
@readers_writer.procedure(holds=["mutex"])
def one_reader_less() -> None:
    book.readers -= 1
    if book.readers == 0:
        up(wrt)


@readers_writer.path
def read_once() -> int:
    mutex_lock(mutex)
    book.readers += 1
    if book.readers == 1:
        down(wrt)
    mutex_unlock(mutex)

    book.reading += 1
    seen = book.text
    book.reading -= 1

    mutex_lock(mutex)
    one_reader_less()
    mutex_unlock(mutex)
    return seen


@readers_writer.path
def write_once() -> None:
    down(wrt)
    book.writing += 1
    book.text = 1 - book.text
    book.writing -= 1
    up(wrt)


@readers_writer.design("count-then-wait", replaces=read_once)
def read_without_holding_the_others_back() -> int:
    """Wrong: whoever counts 2 believes that the first reader is in, but it may still be waiting."""
    mutex_lock(mutex)
    book.readers += 1
    first = book.readers == 1
    mutex_unlock(mutex)
    if first:
        down(wrt)

    book.reading += 1
    seen = book.text
    book.reading -= 1

    mutex_lock(mutex)
    one_reader_less()
    mutex_unlock(mutex)
    return seen


@readers_writer.invariant()
def a_writer_is_alone(b: Book) -> bool:
    return b.writing == 0 or (b.writing == 1 and b.reading == 0)


@readers_writer.scenario
def two_readers_two_writers(m: Scenario) -> None:
    m.thread("reader 1", read_once)
    m.thread("reader 2", read_once)
    m.thread("writer 1", write_once)
    m.thread("writer 2", write_once)
