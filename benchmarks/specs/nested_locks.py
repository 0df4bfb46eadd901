# ruff: noqa: D103
"""Claim: n threads that each take the same two locks once, one inside the other, all get through."""

from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock

nested_locks = Model("nested_locks")
outer = nested_locks.mutex("outer")
inner = nested_locks.mutex("inner")


@nested_locks.path
def both() -> None:
    mutex_lock(outer)
    mutex_lock(inner)
    mutex_unlock(inner)
    mutex_unlock(outer)


@nested_locks.scenario(n=range(2, 11))
def once(m: Scenario, n: int) -> None:
    """Every thread goes through once."""
    for i in range(n):
        m.thread(f"thread {i}", both)
