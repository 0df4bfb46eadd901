"""Claim: readers do not wait for readers, nor for themselves. False where a writer waits between them.

Shared locks: coming upon oneself, and the ways in which readers of two locks wait for each other through writers.

LM202 a -> b -> a reachable.
LM202 plain -> spin -> plain reachable.
"""

from __future__ import annotations

from lockmodel import (
    Model,
    Scenario,
    down_read,
    down_write,
    read_lock,
    read_unlock,
    spin_lock,
    spin_unlock,
    up_read,
    up_write,
    write_lock,
    write_unlock,
)

model = Model("readers")
plain = model.rwlock("plain")
fair = model.rwlock("fair", queued=True)
a = model.rwsem("a")
b = model.rwsem("b")
spin = model.spinlock("spin")


# --- one lock -----------------------------------------------------------------------------------------------------


@model.path
def read_twice() -> None:
    read_lock(fair)
    read_lock(fair)
    read_unlock(fair)
    read_unlock(fair)


@model.path
def write_fair() -> None:
    write_lock(fair)
    write_unlock(fair)


@model.path
def down_read_twice() -> None:
    down_read(a)
    down_read(a)
    up_read(a)
    up_read(a)


@model.path
def down_write_once() -> None:
    down_write(a)
    up_write(a)


@model.path
def upgrade() -> None:
    read_lock(plain)
    write_lock(plain)
    write_unlock(plain)
    read_unlock(plain)


@model.path
def read_under_write() -> None:
    down_write(a)
    down_read(a)
    up_read(a)
    up_write(a)


@model.scenario
def queued_recursion(m: Scenario) -> None:
    """LM101 in read_twice, write_fair."""
    m.thread("reader", read_twice)
    m.thread("writer", write_fair)


@model.scenario
def rwsem_recursion(m: Scenario) -> None:
    """LM101 in down_read_twice, down_write_once."""
    m.thread("reader", down_read_twice)
    m.thread("writer", down_write_once)


@model.scenario
def upgraded(m: Scenario) -> None:
    """LM102 in upgrade."""
    m.thread("t", upgrade)


@model.scenario
def two_upgrades(m: Scenario) -> None:
    """Each waits for itself, and for the other as well: LM102 in upgrade; LM101 in upgrade."""
    m.thread("t", upgrade)
    m.thread("u", upgrade)


@model.scenario
def read_under_its_own_write(m: Scenario) -> None:
    """LM102 in read_under_write."""
    m.thread("t", read_under_write)


# --- two locks ----------------------------------------------------------------------------------------------------


@model.path
def read_a_then_b() -> None:
    down_read(a)
    down_read(b)
    up_read(b)
    up_read(a)


@model.path
def read_b_then_a() -> None:
    down_read(b)
    down_read(a)
    up_read(a)
    up_read(b)


@model.path
def write_a() -> None:
    down_write(a)
    up_write(a)


@model.path
def write_b() -> None:
    down_write(b)
    up_write(b)


@model.path
def write_a_then_b() -> None:
    down_write(a)
    down_write(b)
    up_write(b)
    up_write(a)


@model.scenario
def readers_and_two_writers(m: Scenario) -> None:
    """Readers in both orders, a writer behind each: LM101 in read_a_then_b, read_b_then_a, write_a, write_b."""
    m.thread("reader 1", read_a_then_b)
    m.thread("reader 2", read_b_then_a)
    m.thread("writer a", write_a)
    m.thread("writer b", write_b)


@model.scenario
def reader_against_writer(m: Scenario) -> None:
    """ABBA, read in one order and written in the other: LM101 in read_b_then_a, write_a_then_b."""
    m.thread("reader", read_b_then_a)
    m.thread("writer", write_a_then_b)


@model.path
def spin_then_read() -> None:
    spin_lock(spin)
    read_lock(plain)
    read_unlock(plain)
    spin_unlock(spin)


@model.path
def read_then_spin() -> None:
    read_lock(plain)
    spin_lock(spin)
    spin_unlock(spin)
    read_unlock(plain)


@model.path
def write_then_spin() -> None:
    write_lock(plain)
    spin_lock(spin)
    spin_unlock(spin)
    write_unlock(plain)


@model.scenario
def write_against_read(m: Scenario) -> None:
    """A plain rwlock, of which one side writes: LM101 in spin_then_read, write_then_spin."""
    m.thread("t", spin_then_read)
    m.thread("u", write_then_spin)
