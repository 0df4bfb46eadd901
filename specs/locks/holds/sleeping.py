"""Claim: nobody sleeps where nobody may. It holds of trylocks, GFP_ATOMIC, and of telling others."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_ATOMIC,
    Enum,
    Model,
    Range,
    Scenario,
    Struct,
    complete,
    complete_all,
    down_read_trylock,
    down_trylock,
    kfree,
    kmem_cache_alloc,
    local_bh_disable,
    local_bh_enable,
    local_irq_disable,
    local_irq_enable,
    mutex_trylock,
    mutex_unlock,
    preempt_disable,
    preempt_enable,
    raw_spin_lock,
    raw_spin_unlock,
    rcu_read_lock,
    rcu_read_unlock,
    read_lock,
    read_unlock,
    spin_lock,
    spin_unlock,
    try_wait_for_completion,
    up,
    up_read,
    write_seqlock,
    write_sequnlock,
)

model = Model("sleeping")
spin = model.spinlock("spin")
raw = model.raw_spinlock("raw")
rw = model.rwlock("rw")
seq = model.seqlock("seq")
sem = model.semaphore("sem")
mutex = model.mutex("mutex")
rwsem = model.rwsem("rwsem")
done = model.completion("done")


class Item(Struct):
    number: Annotated[int, Range(0, 1)]


items = model.cache(Item, capacity=1)


class Way(Enum):
    DOWN = 0
    MUTEX = 1
    DOWN_READ = 2
    COMPLETION = 3
    SAY_SO = 4
    ALLOCATE = 5


@model.procedure(helper=True)
def get_by(way: Way) -> None:
    if way == Way.DOWN:
        if down_trylock(sem) == 0:
            up(sem)
    elif way == Way.MUTEX:
        if mutex_trylock(mutex):
            mutex_unlock(mutex)
    elif way == Way.DOWN_READ:
        if down_read_trylock(rwsem):
            up_read(rwsem)
    elif way == Way.COMPLETION:
        if try_wait_for_completion(done):
            complete_all(done)
    elif way == Way.SAY_SO:
        complete(done)
    else:
        kfree(kmem_cache_alloc(items, GFP_ATOMIC))


@model.path
def under_a_spinlock(way: Way) -> None:
    spin_lock(spin)
    get_by(way)
    spin_unlock(spin)


@model.path
def under_a_raw_spinlock(way: Way) -> None:
    raw_spin_lock(raw)
    get_by(way)
    raw_spin_unlock(raw)


@model.path
def under_a_read_lock(way: Way) -> None:
    read_lock(rw)
    get_by(way)
    read_unlock(rw)


@model.path
def under_a_seqlock(way: Way) -> None:
    write_seqlock(seq)
    get_by(way)
    write_sequnlock(seq)


@model.path
def with_interrupts_off(way: Way) -> None:
    local_irq_disable()
    get_by(way)
    local_irq_enable()


@model.path
def with_bottom_halves_off(way: Way) -> None:
    local_bh_disable()
    get_by(way)
    local_bh_enable()


@model.path
def with_preemption_off(way: Way) -> None:
    preempt_disable()
    get_by(way)
    preempt_enable()


@model.path
def in_an_rcu_reader(way: Way) -> None:
    rcu_read_lock()
    get_by(way)
    rcu_read_unlock()


@model.path
def anywhere(way: Way) -> None:
    get_by(way)


@model.path
def passes_by() -> None:
    pass


@model.scenario(way=list(Way))
def nobody_sleeps_under_a_spinlock(m: Scenario, way: Way) -> None:
    m.thread("t", under_a_spinlock, way)


@model.scenario(way=list(Way))
def nobody_sleeps_under_a_raw_spinlock(m: Scenario, way: Way) -> None:
    m.thread("t", under_a_raw_spinlock, way)


@model.scenario(way=list(Way))
def nobody_sleeps_under_a_read_lock(m: Scenario, way: Way) -> None:
    m.thread("t", under_a_read_lock, way)


@model.scenario(way=list(Way))
def nobody_sleeps_under_a_seqlock(m: Scenario, way: Way) -> None:
    m.thread("t", under_a_seqlock, way)


@model.scenario(way=list(Way))
def nobody_sleeps_with_interrupts_off(m: Scenario, way: Way) -> None:
    m.thread("t", with_interrupts_off, way)


@model.scenario(way=list(Way))
def nobody_sleeps_with_bottom_halves_off(m: Scenario, way: Way) -> None:
    m.thread("t", with_bottom_halves_off, way)


@model.scenario(way=list(Way))
def nobody_sleeps_with_preemption_off(m: Scenario, way: Way) -> None:
    m.thread("t", with_preemption_off, way)


@model.scenario(way=list(Way))
def nobody_sleeps_in_an_rcu_reader(m: Scenario, way: Way) -> None:
    m.thread("t", in_an_rcu_reader, way)


@model.scenario(way=list(Way), level=["hardirq", "softirq"])
def in_an_interrupt(m: Scenario, way: Way, level: str) -> None:
    m.thread("t", passes_by, cpu=0)
    (m.hardirq if level == "hardirq" else m.softirq)("irq", anywhere, way, cpu=0)
