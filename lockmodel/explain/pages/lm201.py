"""A lock is asked for against the order that the model declares (`model.hierarchy`, `model.ordered`). That need not
block here and now: with another thread that keeps to the order it may.

Witness: The last step asks for the outer lock; the lock that is held there, taken further up, is declared to be
below it. The message names the chain.

Repair: Take the outer lock first; or let go of the inner one and look again at what was read under it; or, where the
declaration is what is wrong, change it: `lockmodel order` prints the order that holds over all states.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

model = Model("disk")
outer, inner = model.mutex("outer"), model.mutex("inner")
model.hierarchy("outer", "inner")


@model.path
def backwards() -> None:
    mutex_lock(inner)
    mutex_lock(outer)
    mutex_unlock(outer)
    mutex_unlock(inner)


@model.design("repaired", replaces=backwards)
def forwards() -> None:
    mutex_lock(outer)
    mutex_lock(inner)
    mutex_unlock(inner)
    mutex_unlock(outer)


@model.scenario
def one_thread(m: Scenario) -> None:
    m.thread("reader", backwards)
