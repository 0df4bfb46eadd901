"""Claim: nobody sleeps where nobody may. False for every way to sleep, in every place where it is forbidden.

It need not come to that: LM601 is what may sleep, whether or not it has to wait. But an interrupt that sleeps waits for
whom it came upon: LM602 sem in hardirq reachable, LM602 mutex in hardirq reachable, LM602 rt in hardirq reachable,
LM602 rwsem in hardirq reachable, LM602 sem in softirq reachable, LM602 mutex in softirq reachable,
LM602 rt in softirq reachable, LM602 rwsem in softirq reachable.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_KERNEL,
    Enum,
    Model,
    Range,
    Scenario,
    Struct,
    complete,
    down,
    down_read,
    down_write,
    kfree,
    kmem_cache_alloc,
    local_bh_disable,
    local_bh_enable,
    local_irq_disable,
    local_irq_enable,
    might_sleep,
    mutex_lock,
    mutex_unlock,
    preempt_disable,
    preempt_enable,
    raw_spin_lock,
    raw_spin_unlock,
    rcu_read_lock,
    rcu_read_unlock,
    read_lock,
    read_unlock,
    rt_mutex_lock,
    rt_mutex_unlock,
    spin_lock,
    spin_unlock,
    synchronize_rcu,
    up,
    up_read,
    up_write,
    wait_for_completion,
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
rt = model.rt_mutex("rt")
rwsem = model.rwsem("rwsem")
done = model.completion("done")


class Item(Struct):
    number: Annotated[int, Range(0, 1)]


items = model.cache(Item, capacity=1)


class Way(Enum):
    DOWN = 0
    MUTEX = 1
    RT = 2
    DOWN_READ = 3
    DOWN_WRITE = 4
    COMPLETION = 5
    ALLOCATE = 6
    SYNCHRONIZE = 7
    SAY_SO = 8


@model.procedure(helper=True)
def sleep(way: Way) -> None:
    if way == Way.DOWN:
        down(sem)
        up(sem)
    elif way == Way.MUTEX:
        mutex_lock(mutex)
        mutex_unlock(mutex)
    elif way == Way.RT:
        rt_mutex_lock(rt)
        rt_mutex_unlock(rt)
    elif way == Way.DOWN_READ:
        down_read(rwsem)
        up_read(rwsem)
    elif way == Way.DOWN_WRITE:
        down_write(rwsem)
        up_write(rwsem)
    elif way == Way.COMPLETION:
        complete(done)
        wait_for_completion(done)
    elif way == Way.ALLOCATE:
        kfree(kmem_cache_alloc(items, GFP_KERNEL))
    elif way == Way.SYNCHRONIZE:
        synchronize_rcu()
    else:
        might_sleep()


@model.path
def under_a_spinlock(way: Way) -> None:
    spin_lock(spin)
    sleep(way)
    spin_unlock(spin)


@model.path
def under_a_raw_spinlock(way: Way) -> None:
    raw_spin_lock(raw)
    sleep(way)
    raw_spin_unlock(raw)


@model.path
def under_a_read_lock(way: Way) -> None:
    read_lock(rw)
    sleep(way)
    read_unlock(rw)


@model.path
def under_a_seqlock(way: Way) -> None:
    write_seqlock(seq)
    sleep(way)
    write_sequnlock(seq)


@model.path
def with_interrupts_off(way: Way) -> None:
    local_irq_disable()
    sleep(way)
    local_irq_enable()


@model.path
def with_bottom_halves_off(way: Way) -> None:
    local_bh_disable()
    sleep(way)
    local_bh_enable()


@model.path
def with_preemption_off(way: Way) -> None:
    preempt_disable()
    sleep(way)
    preempt_enable()


@model.path
def in_an_rcu_reader(way: Way) -> None:
    rcu_read_lock()
    sleep(way)
    rcu_read_unlock()


@model.path
def anywhere(way: Way) -> None:
    sleep(way)


@model.path
def passes_by() -> None:
    pass


@model.scenario(way=list(Way))
def sleeps_under_a_spinlock(m: Scenario, way: Way) -> None:
    """LM601 in under_a_spinlock."""
    m.thread("t", under_a_spinlock, way)


@model.scenario(way=list(Way))
def sleeps_under_a_raw_spinlock(m: Scenario, way: Way) -> None:
    """LM601 in under_a_raw_spinlock."""
    m.thread("t", under_a_raw_spinlock, way)


@model.scenario(way=list(Way))
def sleeps_under_a_read_lock(m: Scenario, way: Way) -> None:
    """LM601 in under_a_read_lock."""
    m.thread("t", under_a_read_lock, way)


@model.scenario(way=list(Way))
def sleeps_under_a_seqlock(m: Scenario, way: Way) -> None:
    """LM601 in under_a_seqlock."""
    m.thread("t", under_a_seqlock, way)


@model.scenario(way=list(Way))
def sleeps_with_interrupts_off(m: Scenario, way: Way) -> None:
    """LM601 in with_interrupts_off."""
    m.thread("t", with_interrupts_off, way)


@model.scenario(way=list(Way))
def sleeps_with_bottom_halves_off(m: Scenario, way: Way) -> None:
    """LM601 in with_bottom_halves_off."""
    m.thread("t", with_bottom_halves_off, way)


@model.scenario(way=list(Way))
def sleeps_with_preemption_off(m: Scenario, way: Way) -> None:
    """LM601 in with_preemption_off."""
    m.thread("t", with_preemption_off, way)


@model.scenario(way=[way for way in Way if way != Way.SYNCHRONIZE])
def sleeps_in_an_rcu_reader(m: Scenario, way: Way) -> None:
    """LM601 in in_an_rcu_reader."""
    m.thread("t", in_an_rcu_reader, way)


@model.scenario
def waiting_for_itself(m: Scenario) -> None:
    """Whoever waits for all readers must not be one. LM601 in in_an_rcu_reader; LM102 in in_an_rcu_reader."""
    m.thread("t", in_an_rcu_reader, Way.SYNCHRONIZE)


@model.scenario(way=list(Way))
def in_a_hard_interrupt(m: Scenario, way: Way) -> None:
    """LM601 in anywhere."""
    m.thread("t", passes_by, cpu=0)
    m.hardirq("irq", anywhere, way, cpu=0)


@model.scenario(way=list(Way))
def in_a_soft_interrupt(m: Scenario, way: Way) -> None:
    """LM601 in anywhere."""
    m.thread("t", passes_by, cpu=0)
    m.softirq("irq", anywhere, way, cpu=0)
