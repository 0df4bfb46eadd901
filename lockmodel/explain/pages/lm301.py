"""Two threads can touch one plain location next, one of them writing, and nothing keeps them apart. What either of
them then reads or leaves is left to the compiler and the processor.

Witness: It ends just before both accesses: both places are named, and from that state either may come first. A race
has two places, and is the same finding whichever comes first.

Repair: One lock around both; or an atomic; or hand the object over before it is shared. Where it does not matter
what is read, say so: `READ_ONCE`, `WRITE_ONCE` or `data_race(...)`, as in C.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Mutex, Range, Scenario, Struct, mutex_lock, mutex_unlock

model = Model("counter")


class Counter(Struct):
    lock: Mutex
    n: Annotated[int, Range(0, 2)]


@model.path
def count(counter: Counter) -> None:
    counter.n += 1


@model.design("repaired", replaces=count)
def count_under_the_lock(counter: Counter) -> None:
    mutex_lock(counter.lock)
    counter.n += 1
    mutex_unlock(counter.lock)


@model.scenario
def two_threads(m: Scenario) -> None:
    counter = m.new(Counter)
    m.thread("first", count, counter)
    m.thread("second", count, counter)
