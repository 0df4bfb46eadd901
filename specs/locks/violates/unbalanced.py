"""Claim: what is turned off is turned on again, and what was not had is not given back. False: too few, or too many."""

from __future__ import annotations

from lockmodel import (
    Model,
    Scenario,
    down,
    down_interruptible,
    local_irq_disable,
    local_irq_enable,
    mark,
    mutex_lock,
    mutex_unlock,
    preempt_disable,
    preempt_enable,
    rcu_read_lock,
    rcu_read_unlock,
    spin_lock,
    spin_lock_bh,
    spin_lock_irqsave,
    spin_trylock,
    spin_unlock,
    spin_unlock_bh,
    spin_unlock_irqrestore,
    up,
)

model = Model("unbalanced", signals=True)
spin = model.spinlock("spin")
other = model.spinlock("other")
sem = model.semaphore("sem")
mutex = model.mutex("mutex")


@model.path
def pass_by() -> None:
    mark("here")


@model.path
def irqs_stay_off() -> None:
    local_irq_disable()
    mark("here")


@model.path
def flags_in_the_wrong_order() -> None:
    flags = spin_lock_irqsave(spin)
    inner = spin_lock_irqsave(other)
    spin_unlock_irqrestore(other, flags)
    spin_unlock_irqrestore(spin, inner)


@model.path
def bh_stays_off() -> None:
    spin_lock_bh(spin)
    spin_unlock(spin)


@model.path
def bh_on_once_too_often() -> None:
    spin_lock(spin)
    spin_unlock_bh(spin)


@model.path
def bh_on_with_irqs_off() -> None:
    spin_lock_bh(spin)
    local_irq_disable()
    spin_unlock_bh(spin)
    local_irq_enable()


@model.path
def preemption_stays_off() -> None:
    preempt_disable()
    mark("here")


@model.path
def preemption_on_once_too_often() -> None:
    preempt_enable()


@model.path
def rcu_stays_open() -> None:
    rcu_read_lock()
    mark("here")


@model.path
def rcu_closed_once_too_often() -> None:
    rcu_read_unlock()


@model.path
def trylock_taken_for_granted() -> None:
    spin_trylock(spin)
    spin_unlock(spin)


@model.path
def error_path_forgets() -> None:
    mutex_lock(mutex)
    if down_interruptible(sem):
        return
    up(sem)
    mutex_unlock(mutex)


@model.path
def hold_it_for_a_moment() -> None:
    down(sem)
    up(sem)


@model.path
def error_path_releases_what_it_did_not_get() -> None:
    down_interruptible(sem)
    up(sem)


@model.scenario
def when_irqs_stay_off(m: Scenario) -> None:
    """LM603 in irqs_stay_off."""
    m.thread("t", irqs_stay_off)


@model.scenario
def when_flags_in_the_wrong_order(m: Scenario) -> None:
    """LM603 in flags_in_the_wrong_order."""
    m.thread("t", flags_in_the_wrong_order)


@model.scenario
def when_bh_stays_off(m: Scenario) -> None:
    """LM603 in bh_stays_off."""
    m.thread("t", bh_stays_off)


@model.scenario
def when_bh_on_once_too_often(m: Scenario) -> None:
    """LM603 in bh_on_once_too_often."""
    m.thread("t", bh_on_once_too_often)


@model.scenario
def when_bh_on_with_irqs_off(m: Scenario) -> None:
    """LM603 in bh_on_with_irqs_off."""
    m.thread("t", bh_on_with_irqs_off)


@model.scenario
def when_preemption_stays_off(m: Scenario) -> None:
    """LM603 in preemption_stays_off."""
    m.thread("t", preemption_stays_off)


@model.scenario
def when_preemption_on_once_too_often(m: Scenario) -> None:
    """LM603 in preemption_on_once_too_often."""
    m.thread("t", preemption_on_once_too_often)


@model.scenario
def when_rcu_stays_open(m: Scenario) -> None:
    """LM603 in rcu_stays_open."""
    m.thread("t", rcu_stays_open)


@model.scenario
def when_rcu_closed_once_too_often(m: Scenario) -> None:
    """LM603 in rcu_closed_once_too_often."""
    m.thread("t", rcu_closed_once_too_often)


@model.scenario
def a_trylock_taken_for_granted(m: Scenario) -> None:
    """LM603 in trylock_taken_for_granted."""
    m.thread("t", trylock_taken_for_granted)
    m.thread("u", trylock_taken_for_granted)


@model.scenario
def an_error_path_forgets(m: Scenario) -> None:
    """LM603 in error_path_forgets."""
    m.thread("t", error_path_forgets)
    m.thread("u", hold_it_for_a_moment)


@model.scenario
def an_error_path_releases_what_it_did_not_get(m: Scenario) -> None:
    """LM603 in error_path_releases_what_it_did_not_get."""
    m.thread("t", error_path_releases_what_it_did_not_get)
    m.thread("u", error_path_releases_what_it_did_not_get)


@model.path
def irqs_on_in_a_handler() -> None:
    local_irq_enable()
    mark("here")


@model.path
def irqs_off_in_a_handler() -> None:
    local_irq_disable()
    mark("here")


@model.scenario
def a_handler_that_turns_interrupts_on(m: Scenario) -> None:
    """LM603 in irqs_on_in_a_handler."""
    m.thread("t", pass_by, cpu=0)
    m.hardirq("irq", irqs_on_in_a_handler, cpu=0)


@model.scenario
def a_soft_one_that_leaves_them_off(m: Scenario) -> None:
    """LM603 in irqs_off_in_a_handler."""
    m.thread("t", pass_by, cpu=0)
    m.softirq("irq", irqs_off_in_a_handler, cpu=0)
