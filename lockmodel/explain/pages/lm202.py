"""The orders in which locks are asked for, over all scenarios of a run, form a cycle, and it can deadlock. Where one
scenario deadlocks by itself, that is LM101; here the parts come from several, whose threads are put together.

Witness: It is that of the deadlock, in a scenario that joins the others, which its name says. What cannot deadlock
is listed with its reason (a gate lock, one thread, never together) and is a finding only with `--strict-order`.

Repair: Choose one order, take the locks in it everywhere, and declare it. `lockmodel graph --kind lock-order` draws
who asks for what under what, with the edges that go round in red.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

model = Model("cache")
index, page = model.mutex("index"), model.mutex("page")


@model.path
def look_up() -> None:
    mutex_lock(index)
    mutex_lock(page)
    mutex_unlock(page)
    mutex_unlock(index)


@model.path
def evict() -> None:
    mutex_lock(page)
    mutex_lock(index)
    mutex_unlock(index)
    mutex_unlock(page)


@model.design("repaired", replaces=evict)
def evict_in_order() -> None:
    mutex_lock(index)
    mutex_lock(page)
    mutex_unlock(page)
    mutex_unlock(index)


@model.scenario
def looking_up(m: Scenario) -> None:
    m.thread("reader", look_up)


@model.scenario
def evicting(m: Scenario) -> None:
    m.thread("shrinker", evict)
