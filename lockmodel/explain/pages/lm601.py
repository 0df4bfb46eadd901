"""A thread may sleep while it holds a spinlock, or with interrupts or preemption off: who waits for the spinlock
then spins for as long as it sleeps, and where that is on the same CPU, for ever.

Witness: The last step is the call that may sleep (a mutex, a semaphore, `GFP_KERNEL`, `might_sleep`); what makes it
wrong is the spinlock in its lane. That it did sleep need not be shown.

Repair: Allocate before you take the spinlock, or with `GFP_ATOMIC`; take the sleeping lock outside; or make the
outer lock one that sleeps.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, mutex_lock, mutex_unlock, spin_lock, spin_unlock

model = Model("driver")
registers = model.spinlock("registers")
settings = model.mutex("settings")


@model.path
def configure() -> None:
    spin_lock(registers)
    mutex_lock(settings)
    mutex_unlock(settings)
    spin_unlock(registers)


@model.design("repaired", replaces=configure)
def configure_in_order() -> None:
    mutex_lock(settings)
    spin_lock(registers)
    spin_unlock(registers)
    mutex_unlock(settings)


@model.scenario
def one_thread(m: Scenario) -> None:
    m.thread("configurer", configure)
