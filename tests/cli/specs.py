"""Small specs for the command line's tests, one for each way a check can end."""

from __future__ import annotations

HEAD = """\
from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

m = Model("{name}")
a = m.mutex("a")
b = m.mutex("b")


@m.path
def forth() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@m.path
def back() -> None:
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)


@m.design("ordered", replaces=back)
def back_in_order() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)
"""

TWO_THREADS = """

@m.scenario
def two_threads(s: Scenario) -> None:
    s.thread("forth", forth)
    s.thread("back", back)
"""

ONE_THREAD = """

@m.scenario
def one_thread(s: Scenario) -> None:
    s.thread("forth", forth)
"""

# 5 ** 6 = 15,625 states: each of six threads is at one of five places, and the sum follows from where they are.
COUNTING = """\
from __future__ import annotations

from lockmodel import Atomic, Model, Scenario, Struct, atomic, atomic_inc

m = Model("big")


class Counter(Struct):
    sum: Atomic = atomic(0, 24)


counter = m.object(Counter, "counter")


@m.path
def count() -> None:
    atomic_inc(counter.sum)
    atomic_inc(counter.sum)
    atomic_inc(counter.sum)
    atomic_inc(counter.sum)


@m.scenario
def six_threads(s: Scenario) -> None:
    for number in range(6):
        s.thread(f"thread{number}", count)
"""

DEADLOCK = HEAD.format(name="abba") + TWO_THREADS + ONE_THREAD
VERIFIED = HEAD.format(name="fine") + ONE_THREAD
BIG = COUNTING
EMPTY = HEAD.format(name="empty")
BROKEN = HEAD.format(name="broken") + "\n\ndef (:\n"
GATED = (
    HEAD.format(name="gated")
    + """
g = m.mutex("g")


@m.path
def forth_gated() -> None:
    mutex_lock(g)
    forth()
    mutex_unlock(g)


@m.path
def back_gated() -> None:
    mutex_lock(g)
    back()
    mutex_unlock(g)


@m.scenario
def two_threads(s: Scenario) -> None:
    s.thread("forth", forth_gated)
    s.thread("back", back_gated)
"""
)
