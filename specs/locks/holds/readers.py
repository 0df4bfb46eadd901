"""Claim: readers do not wait for readers. It holds where no writer can come between two of them."""

from __future__ import annotations

from lockmodel import (
    Model,
    Scenario,
    down_read,
    down_write,
    downgrade_write,
    read_lock,
    read_unlock,
    spin_lock,
    spin_unlock,
    up_read,
    write_lock,
    write_lock_irq,
    write_unlock,
    write_unlock_irq,
)

model = Model("readers")
plain = model.rwlock("plain")
fair = model.rwlock("fair", queued=True)
a = model.rwsem("a")
b = model.rwsem("b")
spin = model.spinlock("spin")


@model.path
def read_twice() -> None:
    read_lock(plain)
    read_lock(plain)
    read_unlock(plain)
    read_unlock(plain)


@model.path
def write_once() -> None:
    write_lock(plain)
    write_unlock(plain)


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
def downgrade() -> None:
    down_write(a)
    downgrade_write(a)
    up_read(a)


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
def read_fair() -> None:
    read_lock(fair)
    read_unlock(fair)


@model.path
def write_fair_irq() -> None:
    write_lock_irq(fair)
    write_unlock_irq(fair)


@model.scenario
def recursion(m: Scenario) -> None:
    """A reader may come upon itself where it passes by a writer that waits."""
    m.thread("reader", read_twice)
    m.thread("writer", write_once)


@model.scenario
def readers_in_both_orders(m: Scenario) -> None:
    """Without a writer nobody stands between them. LM202 a -> b -> a unreachable: read mode."""
    m.thread("reader 1", read_a_then_b)
    m.thread("reader 2", read_b_then_a)


@model.scenario
def downgraded(m: Scenario) -> None:
    """Who has it for writing can keep it for reading."""
    m.thread("t", downgrade)
    m.thread("u", downgrade)


@model.scenario
def read_against_read(m: Scenario) -> None:
    """ABBA through a plain rwlock of which both sides read. LM202 plain -> spin -> plain unreachable: read mode."""
    m.thread("t", spin_then_read)
    m.thread("u", read_then_spin)


@model.scenario
def read_again_in_an_interrupt(m: Scenario) -> None:
    """In an interrupt a reader does not stand in line, since it may have come upon one that reads."""
    m.thread("reader", read_fair, cpu=0)
    m.thread("writer", write_fair_irq, cpu=1)
    m.hardirq("irq", read_fair, cpu=0)
