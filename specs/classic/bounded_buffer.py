"""Claim: producers and consumers that share a buffer of two places never overfill it, underrun it or get stuck.

Two counting semaphores say how many places are free and how many are filled; a mutex guards the buffer itself (E. W.
Dijkstra, "Cooperating sequential processes", 1965). The order of the two downs matters: in the design `mutex-first` a
producer that finds the buffer full sleeps with the mutex in its hand, and no consumer can ever make room.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct, down, field, mutex_lock, mutex_unlock, up

PLACES = 2

bounded_buffer = Model("bounded_buffer", as_written="place-first")

# A semaphore with a count has no owner: one thread lowers it, another raises it.
free = bounded_buffer.semaphore("free", count=PLACES)
filled = bounded_buffer.semaphore("filled", count=0)
mutex = bounded_buffer.mutex("mutex")


class Buffer(Struct):
    # `guarded_by`: every access needs that lock (else LM302). The range is a claim of its own: a third item, or a
    # taking from the empty buffer, would leave it.
    items: Annotated[int, Range(0, PLACES)] = field(guarded_by=mutex)


buffer = bounded_buffer.object(Buffer, "buffer")


@bounded_buffer.path
def produce() -> None:
    while True:
        down(free)
        mutex_lock(mutex)
        buffer.items += 1
        mutex_unlock(mutex)
        up(filled)


@bounded_buffer.path
def consume() -> None:
    while True:
        down(filled)
        mutex_lock(mutex)
        buffer.items -= 1
        mutex_unlock(mutex)
        up(free)


@bounded_buffer.design("mutex-first", replaces=produce)
def produce_with_the_mutex_taken_first() -> None:
    """Wrong: it waits for a free place while it holds what every consumer needs to free one."""
    while True:
        mutex_lock(mutex)
        down(free)
        buffer.items += 1
        mutex_unlock(mutex)
        up(filled)


@bounded_buffer.scenario
def two_producers_two_consumers(m: Scenario) -> None:
    m.thread("producer 1", produce)
    m.thread("producer 2", produce)
    m.thread("consumer 1", consume)
    m.thread("consumer 2", consume)
