"""A lock is taken in an interrupt, and elsewhere where that interrupt is on: if it comes on that CPU just then, it
waits for the thread that it has interrupted. Where one scenario deadlocks by itself, that is LM101; here the
interrupt is that of another scenario, put on the CPU of the thread.

Witness: It is that of the deadlock, in a scenario that joins the others. The thread holds the lock, the interrupt
comes upon it and asks for it.

Repair: Turn the interrupt off wherever the lock is taken outside of it: `spin_lock_irqsave`, or `spin_lock_bh` for a
soft interrupt.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, mark, spin_lock, spin_lock_irqsave, spin_unlock, spin_unlock_irqrestore

model = Model("timer")
lock = model.spinlock("lock")


@model.path
def tick() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@model.path
def idle() -> None:
    mark("idle")


@model.path
def add_timer() -> None:
    spin_lock(lock)
    spin_unlock(lock)


@model.design("repaired", replaces=add_timer)
def add_timer_irqsave() -> None:
    flags = spin_lock_irqsave(lock)
    spin_unlock_irqrestore(lock, flags)


@model.scenario
def adding(m: Scenario) -> None:
    m.thread("adder", add_timer, cpu=0)


@model.scenario
def ticking(m: Scenario) -> None:
    m.thread("idler", idle, cpu=0)
    m.hardirq("timer", tick, cpu=0)
