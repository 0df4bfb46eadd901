"""Claim: two threads that each add 1 to a plain counter always leave 2. As written that is false; locked it is true.

This is the smallest spec there is, and the place to start. A spec is a Python file that declares a *model*: the types
of its objects, its locks, its *procedures* (which read like the C they stand for), the *scenarios* to judge them in,
and the *claims* that ought to hold. `lockmodel check specs/classic/lost_update.py` runs every interleaving and shows
the shortest schedule that breaks a claim, and the data race behind it: two threads can touch `f` at the same time.
`--design locked` checks the repaired variant, which passes.
"""

from __future__ import annotations  # compulsory: declarations may name each other

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct, mutex_lock, mutex_unlock

# `as_written` names the design that the plain procedures make up; the default name is "as-written".
lost_update = Model("lost_update", as_written="plain")

# A global lock. No procedure of the plain design takes it.
lock = lost_update.mutex("lock")


class Counter(Struct):
    """A Struct is a type of objects that are used through references, as a C struct is through pointers."""

    f: Annotated[int, Range(0, 2)]  # every integer in memory has a range; leaving it is a finding, never a wrap


# A path is a procedure that a thread can enter. What happens in one *step* is one access to shared memory together with
# the local work after it: `x.f += 1` is two steps, a read and a write, and another thread may come in between.
@lost_update.path
def increment(x: Counter) -> None:
    x.f += 1


# A design is a named variant of the model in which some procedures are replaced.
@lost_update.design("locked", replaces=increment)
def increment_under_the_lock(x: Counter) -> None:
    """The read and the write belong together, so one lock spans both."""
    mutex_lock(lock)
    x.f += 1
    mutex_unlock(lock)


# A claim at quiescence is judged when all threads have ended, for every object of its parameter's type.
@lost_update.at_quiescence
def no_update_is_lost(x: Counter) -> bool:
    return x.f == 2


# A scenario says which objects there are at the start (fields are 0 unless given) and which threads run.
@lost_update.scenario
def two_threads(m: Scenario) -> None:
    x = m.new(Counter)
    m.thread("first", increment, x)
    m.thread("second", increment, x)
