"""Claim: two threads that each need both of two locks always get on. False when they take them in opposite orders.

The plain design deadlocks (LM101). In the design `ordered` both threads take `a` first. The lock order that `check`
prints below the verdicts goes round in the one and not in the other.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

abba = Model("abba", as_written="plain")
a = abba.mutex("a")
b = abba.mutex("b")


@abba.path
def a_then_b() -> None:
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@abba.path
def b_then_a() -> None:
    mutex_lock(b)
    mutex_lock(a)
    mutex_unlock(a)
    mutex_unlock(b)


# The replacement has the signature of what it replaces; everything else in the model stays.
@abba.design("ordered", replaces=b_then_a)
def a_before_b_here_too() -> None:
    """With one order for all, the thread that has the outer lock can always get the inner one."""
    mutex_lock(a)
    mutex_lock(b)
    mutex_unlock(b)
    mutex_unlock(a)


@abba.scenario
def two_threads(m: Scenario) -> None:
    m.thread("forth", a_then_b)
    m.thread("back", b_then_a)
