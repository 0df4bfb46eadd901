"""Claim: under a lock only such are taken as may wait no longer. It holds from the outermost inwards."""

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
    spin_trylock,
    spin_unlock,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_unlock,
)

model = Model("wait_context")
raw = model.raw_spinlock("raw")
spin = model.spinlock("spin")
other = model.spinlock("other")
rw = model.rwlock("rw")
seq = model.seqlock("seq")
mutex = model.mutex("mutex")


@model.path
def raw_under_spin() -> None:
    spin_lock(spin)
    raw_spin_lock(raw)
    raw_spin_unlock(raw)
    spin_unlock(spin)


@model.path
def raw_under_read() -> None:
    read_lock(rw)
    raw_spin_lock(raw)
    raw_spin_unlock(raw)
    read_unlock(rw)


@model.path
def spin_under_mutex() -> None:
    mutex_lock(mutex)
    spin_lock(spin)
    raw_spin_lock(raw)
    raw_spin_unlock(raw)
    spin_unlock(spin)
    mutex_unlock(mutex)


@model.path
def tried_under_raw() -> None:
    raw_spin_lock(raw)
    if spin_trylock(other):
        spin_unlock(other)
    raw_spin_unlock(raw)


@model.path
def spin_under_spin() -> None:
    spin_lock(spin)
    write_seqlock(seq)
    write_lock(rw)
    write_unlock(rw)
    write_sequnlock(seq)
    spin_unlock(spin)


@model.scenario
def a_raw_under_spin(m: Scenario) -> None:
    m.thread("t", raw_under_spin)


@model.scenario
def a_raw_under_read(m: Scenario) -> None:
    m.thread("t", raw_under_read)


@model.scenario
def a_spin_under_mutex(m: Scenario) -> None:
    m.thread("t", spin_under_mutex)


@model.scenario
def a_tried_under_raw(m: Scenario) -> None:
    m.thread("t", tried_under_raw)


@model.scenario
def a_spin_under_spin(m: Scenario) -> None:
    m.thread("t", spin_under_spin)
