"""Claim: under a lock only such are taken as may wait no longer. False where one that sleeps is inside.

Raw spinlocks spin always, the others sleep under PREEMPT_RT, mutexes sleep everywhere: an order of three.
"""

from __future__ import annotations

from lockmodel import (
    Model,
    Scenario,
    mutex_lock,
    mutex_unlock,
    raw_spin_lock,
    raw_spin_unlock,
    read_lock,
    read_unlock,
    spin_lock,
    spin_unlock,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_unlock,
)

model = Model("wait_context")
raw = model.raw_spinlock("raw")
spin = model.spinlock("spin")
rw = model.rwlock("rw")
seq = model.seqlock("seq")
mutex = model.mutex("mutex")


@model.path
def spin_under_raw() -> None:
    raw_spin_lock(raw)
    spin_lock(spin)
    spin_unlock(spin)
    raw_spin_unlock(raw)


@model.path
def read_under_raw() -> None:
    raw_spin_lock(raw)
    read_lock(rw)
    read_unlock(rw)
    raw_spin_unlock(raw)


@model.path
def write_under_raw() -> None:
    raw_spin_lock(raw)
    write_lock(rw)
    write_unlock(rw)
    raw_spin_unlock(raw)


@model.path
def seq_under_raw() -> None:
    raw_spin_lock(raw)
    write_seqlock(seq)
    write_sequnlock(seq)
    raw_spin_unlock(raw)


@model.path
def mutex_under_spin() -> None:
    spin_lock(spin)
    mutex_lock(mutex)
    mutex_unlock(mutex)
    spin_unlock(spin)


@model.path
def mutex_under_raw() -> None:
    raw_spin_lock(raw)
    mutex_lock(mutex)
    mutex_unlock(mutex)
    raw_spin_unlock(raw)


@model.scenario
def a_spin_under_raw(m: Scenario) -> None:
    """LM601 in spin_under_raw."""
    m.thread("t", spin_under_raw)


@model.scenario
def a_read_under_raw(m: Scenario) -> None:
    """LM601 in read_under_raw."""
    m.thread("t", read_under_raw)


@model.scenario
def a_write_under_raw(m: Scenario) -> None:
    """LM601 in write_under_raw."""
    m.thread("t", write_under_raw)


@model.scenario
def a_seq_under_raw(m: Scenario) -> None:
    """LM601 in seq_under_raw."""
    m.thread("t", seq_under_raw)


@model.scenario
def a_mutex_under_spin(m: Scenario) -> None:
    """LM601 in mutex_under_spin."""
    m.thread("t", mutex_under_spin)


@model.scenario
def a_mutex_under_raw(m: Scenario) -> None:
    """LM601 in mutex_under_raw."""
    m.thread("t", mutex_under_raw)
