"""Claim: no interrupt waits for the thread that it has interrupted. It holds where it could not come then.

Hard and soft interrupts. Some of these are usage that lockdep would warn of all the same; the README says which.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVarTuple

from lockmodel import (
    Model,
    Scenario,
    SpinLock,
    local_irq_disable,
    local_irq_enable,
    read_lock,
    read_unlock,
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
    write_lock_irq,
    write_unlock,
    write_unlock_irq,
)

model = Model("interrupts")
spin = model.spinlock("spin")
other = model.spinlock("other")
rw = model.rwlock("rw")
fair = model.rwlock("fair", queued=True)

# each is safe in a way that the others would spoil: interrupts of one scenario come upon threads of another
soft = model.spinlock("soft")
tried = model.spinlock("tried")
low = model.spinlock("low")
lower = model.spinlock("lower")
apart = model.spinlock("apart")

Ts = TypeVarTuple("Ts")

LEVELS = {"hardirq": spin, "softirq": soft}


@model.path
def take(lock: SpinLock) -> None:
    spin_lock(lock)
    spin_unlock(lock)


@model.path
def read() -> None:
    read_lock(rw)
    read_unlock(rw)


@model.path
def write() -> None:
    write_lock(rw)
    write_unlock(rw)


@model.path
def take_irq(lock: SpinLock) -> None:
    spin_lock_irq(lock)
    spin_unlock_irq(lock)


@model.path
def take_irqsave(lock: SpinLock) -> None:
    flags = spin_lock_irqsave(lock)
    spin_unlock_irqrestore(lock, flags)


@model.path
def take_bh() -> None:
    spin_lock_bh(low)
    spin_unlock_bh(low)


@model.path
def disabled_first(lock: SpinLock) -> None:
    local_irq_disable()
    spin_lock(lock)
    spin_unlock(lock)
    local_irq_enable()


@model.path
def nested_save(lock: SpinLock) -> None:
    flags = spin_lock_irqsave(lock)
    inner = spin_lock_irqsave(other)
    spin_unlock_irqrestore(other, inner)
    spin_unlock_irqrestore(lock, flags)


@model.path
def nested_bh() -> None:
    spin_lock_bh(low)
    spin_lock_bh(lower)
    spin_unlock_bh(lower)
    spin_unlock_bh(low)


@model.path
def write_irq() -> None:
    write_lock_irq(rw)
    write_unlock_irq(rw)


@model.path
def try_it() -> None:
    if spin_trylock(tried):
        spin_unlock(tried)


@model.path
def other_irq() -> None:
    spin_lock_irq(other)
    spin_unlock_irq(other)


@model.path
def spin_then_other(lock: SpinLock) -> None:
    flags = spin_lock_irqsave(lock)
    spin_lock(other)
    spin_unlock(other)
    spin_unlock_irqrestore(lock, flags)


@model.path
def read_fair() -> None:
    read_lock(fair)
    read_unlock(fair)


@model.path
def write_fair() -> None:
    write_lock_irq(fair)
    write_unlock_irq(fair)


def interrupt(m: Scenario, level: str, handler: Callable[[*Ts], None], *arguments: *Ts) -> None:
    """Let an interrupt of either kind come to CPU 0."""
    (m.hardirq if level == "hardirq" else m.softirq)("irq", handler, *arguments, cpu=0)


@model.scenario(level=list(LEVELS))
def turned_off(m: Scenario, level: str) -> None:
    """Interrupts are off while it is held."""
    m.thread("t", take_irq, LEVELS[level], cpu=0)
    interrupt(m, level, take, LEVELS[level])


@model.scenario(level=list(LEVELS))
def saved(m: Scenario, level: str) -> None:
    """The same, with flags."""
    m.thread("t", take_irqsave, LEVELS[level], cpu=0)
    interrupt(m, level, take, LEVELS[level])


@model.scenario(level=list(LEVELS))
def turned_off_first(m: Scenario, level: str) -> None:
    """The same, by hand."""
    m.thread("t", disabled_first, LEVELS[level], cpu=0)
    interrupt(m, level, take, LEVELS[level])


@model.scenario(level=list(LEVELS))
def flags_nest(m: Scenario, level: str) -> None:
    """Flags that are saved twice are restored twice."""
    m.thread("t", nested_save, LEVELS[level], cpu=0)
    interrupt(m, level, take, LEVELS[level])


@model.scenario(level=list(LEVELS))
def read_on_both_sides(m: Scenario, level: str) -> None:
    """A reader comes upon a reader."""
    m.thread("t", read, cpu=0)
    m.thread("writer", write_irq, cpu=1)
    interrupt(m, level, read)


@model.scenario(level=list(LEVELS))
def in_line(m: Scenario, level: str) -> None:
    """The same where readers stand in line, but not in an interrupt."""
    m.thread("t", read_fair, cpu=0)
    m.thread("writer", write_fair, cpu=1)
    interrupt(m, level, read_fair)


@model.scenario(level=list(LEVELS))
def tried_in_the_interrupt(m: Scenario, level: str) -> None:
    """The interrupt does not wait."""
    m.thread("t", take, tried, cpu=0)
    interrupt(m, level, try_it)


@model.scenario(level=list(LEVELS))
def safe_behind_safe(m: Scenario, level: str) -> None:
    """The second lock is held with interrupts off as well."""
    m.thread("t", other_irq, cpu=0)
    m.thread("u", spin_then_other, LEVELS[level], cpu=1)
    interrupt(m, level, take, LEVELS[level])


@model.scenario
def bottom_halves(m: Scenario) -> None:
    """Soft interrupts are off while it is held."""
    m.thread("t", take_bh, cpu=0)
    m.softirq("soft", take, low, cpu=0)


@model.scenario
def bottom_halves_nest(m: Scenario) -> None:
    """What is turned off twice is on when it was turned on twice."""
    m.thread("t", nested_bh, cpu=0)
    m.softirq("soft", take, low, cpu=0)


@model.scenario
def on_another_cpu(m: Scenario) -> None:
    """The interrupt does not come to the CPU on which it is held."""
    m.thread("t", take, apart, cpu=1)
    m.thread("u", other_irq, cpu=0)
    m.hardirq("irq", take, apart, cpu=0)


@model.scenario
def soft_then_hard(m: Scenario) -> None:
    """A hard interrupt comes upon a soft one, which has turned it off."""
    m.thread("t", take_irq, spin, cpu=0)
    m.softirq("soft", take_irqsave, spin, cpu=0)
    m.hardirq("hard", take, spin, cpu=0)
