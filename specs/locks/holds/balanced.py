"""Claim: what is turned off is turned on again, and what was not had is not given back. It holds on every way out."""

from __future__ import annotations

from lockmodel import (
    Model,
    Scenario,
    down_interruptible,
    local_bh_disable,
    local_bh_enable,
    mutex_lock,
    mutex_unlock,
    preempt_disable,
    preempt_enable,
    rcu_read_lock,
    rcu_read_unlock,
    spin_lock,
    spin_lock_irqsave,
    spin_trylock,
    spin_unlock,
    spin_unlock_irqrestore,
    up,
)

model = Model("balanced", signals=True)
spin = model.spinlock("spin")
other = model.spinlock("other")
sem = model.semaphore("sem")
mutex = model.mutex("mutex")


@model.path
def flags_in_their_order() -> None:
    flags = spin_lock_irqsave(spin)
    inner = spin_lock_irqsave(other)
    spin_unlock_irqrestore(other, inner)
    spin_unlock_irqrestore(spin, flags)


@model.path
def locks_in_the_other_order() -> None:
    flags = spin_lock_irqsave(spin)
    spin_lock(other)
    spin_unlock(spin)
    spin_unlock_irqrestore(other, flags)


@model.path
def nested() -> None:
    local_bh_disable()
    local_bh_disable()
    preempt_disable()
    rcu_read_lock()
    rcu_read_lock()
    rcu_read_unlock()
    rcu_read_unlock()
    preempt_enable()
    local_bh_enable()
    local_bh_enable()


@model.path
def try_and_look() -> None:
    if spin_trylock(spin):
        spin_unlock(spin)


@model.path
def error_path_releases() -> None:
    mutex_lock(mutex)
    if down_interruptible(sem):
        mutex_unlock(mutex)
        return
    up(sem)
    mutex_unlock(mutex)


@model.scenario
def when_flags_in_their_order(m: Scenario) -> None:
    m.thread("t", flags_in_their_order)
    m.thread("u", flags_in_their_order)


@model.scenario
def when_locks_in_the_other_order(m: Scenario) -> None:
    m.thread("t", locks_in_the_other_order)
    m.thread("u", locks_in_the_other_order)


@model.scenario
def when_nested(m: Scenario) -> None:
    m.thread("t", nested)
    m.thread("u", nested)


@model.scenario
def when_try_and_look(m: Scenario) -> None:
    m.thread("t", try_and_look)
    m.thread("u", try_and_look)


@model.scenario
def when_error_path_releases(m: Scenario) -> None:
    m.thread("t", error_path_releases)
    m.thread("u", error_path_releases)
