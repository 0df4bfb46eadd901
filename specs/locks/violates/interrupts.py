"""Claim: no interrupt waits for the thread that it has interrupted. False, for hard and soft interrupts.

lockdep knows these as irq-unsafe usage of an irq-safe lock, and the dependency of a safe lock on an unsafe one.

LM602 spin in hardirq reachable.
LM602 spin in softirq reachable.
LM602 rw in hardirq reachable.
LM602 rw in softirq reachable.
"""

from __future__ import annotations

from collections.abc import Callable

from lockmodel import (
    Model,
    Scenario,
    local_irq_disable,
    local_irq_enable,
    read_lock,
    read_lock_irq,
    read_unlock,
    read_unlock_irq,
    spin_lock,
    spin_lock_bh,
    spin_lock_irq,
    spin_lock_irqsave,
    spin_trylock,
    spin_unlock,
    spin_unlock_bh,
    spin_unlock_irq,
    spin_unlock_irqrestore,
    write_lock,
    write_unlock,
)

model = Model("interrupts")
spin = model.spinlock("spin")
other = model.spinlock("other")
rw = model.rwlock("rw")

LEVELS = ["hardirq", "softirq"]


@model.path
def take() -> None:
    spin_lock(spin)
    spin_unlock(spin)


@model.path
def read() -> None:
    read_lock(rw)
    read_unlock(rw)


@model.path
def write() -> None:
    write_lock(rw)
    write_unlock(rw)


@model.path
def take_bh() -> None:
    spin_lock_bh(spin)
    spin_unlock_bh(spin)


@model.path
def disabled_late() -> None:
    spin_lock(spin)
    local_irq_disable()
    spin_unlock(spin)
    local_irq_enable()


@model.path
def enabled_early() -> None:
    spin_lock_irq(spin)
    local_irq_enable()
    spin_unlock(spin)


@model.path
def enabled_by_the_inner_one() -> None:
    spin_lock_irq(spin)
    spin_lock_irq(other)
    spin_unlock_irq(other)
    spin_unlock(spin)


@model.path
def try_it() -> None:
    if spin_trylock(spin):
        spin_unlock(spin)


@model.path
def spin_then_other() -> None:
    flags = spin_lock_irqsave(spin)
    spin_lock(other)
    spin_unlock(other)
    spin_unlock_irqrestore(spin, flags)


@model.path
def other_alone() -> None:
    spin_lock(other)
    spin_unlock(other)


@model.path
def read_then_other() -> None:
    read_lock_irq(rw)
    spin_lock(other)
    spin_unlock(other)
    read_unlock_irq(rw)


@model.path
def spin_then_other_bh() -> None:
    spin_lock_bh(spin)
    spin_lock(other)
    spin_unlock(other)
    spin_unlock_bh(spin)


def interrupt(m: Scenario, level: str, handler: Callable[[], None]) -> None:
    """Let an interrupt of either kind come to CPU 0."""
    (m.hardirq if level == "hardirq" else m.softirq)("irq", handler, cpu=0)


@model.scenario(level=LEVELS)
def unsafe(m: Scenario, level: str) -> None:
    """A lock that the interrupt takes, held with interrupts on. LM101 in take."""
    m.thread("t", take, cpu=0)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def unsafe_write(m: Scenario, level: str) -> None:
    """The thread writes, the interrupt reads. LM101 in write, read."""
    m.thread("t", write, cpu=0)
    interrupt(m, level, read)


@model.scenario(level=LEVELS)
def unsafe_read(m: Scenario, level: str) -> None:
    """The thread reads, the interrupt writes. LM101 in read, write."""
    m.thread("t", read, cpu=0)
    interrupt(m, level, write)


@model.scenario(level=LEVELS)
def unsafe_though_tried(m: Scenario, level: str) -> None:
    """The thread need not have waited for it. LM101 in try_it, take."""
    m.thread("t", try_it, cpu=0)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def turned_off_late(m: Scenario, level: str) -> None:
    """LM101 in disabled_late, take."""
    m.thread("t", disabled_late, cpu=0)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def turned_on_early(m: Scenario, level: str) -> None:
    """LM101 in enabled_early, take."""
    m.thread("t", enabled_early, cpu=0)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def turned_on_by_the_inner_lock(m: Scenario, level: str) -> None:
    """LM101 in enabled_by_the_inner_one, take."""
    m.thread("t", enabled_by_the_inner_one, cpu=0)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def through_a_second_lock(m: Scenario, level: str) -> None:
    """A safe lock, held while an unsafe one is waited for. LM101 in other_alone, spin_then_other, take."""
    m.thread("t", other_alone, cpu=0)
    m.thread("u", spin_then_other, cpu=1)
    interrupt(m, level, take)


@model.scenario(level=LEVELS)
def through_a_reader(m: Scenario, level: str) -> None:
    """The same, behind a lock that is read. LM101 in other_alone, read_then_other, write."""
    m.thread("t", other_alone, cpu=0)
    m.thread("u", read_then_other, cpu=1)
    interrupt(m, level, write)


@model.scenario
def bottom_halves_are_not_enough(m: Scenario) -> None:
    """A hard interrupt comes where soft ones are off. LM101 in take_bh, take."""
    m.thread("t", take_bh, cpu=0)
    m.hardirq("irq", take, cpu=0)


@model.scenario
def hard_over_soft(m: Scenario) -> None:
    """A hard interrupt comes upon a soft one. LM101 in take, take_bh."""
    m.thread("t", take_bh, cpu=0)
    m.softirq("soft", take, cpu=0)
    m.hardirq("hard", take, cpu=0)
