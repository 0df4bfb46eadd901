"""Claim: who releases a lock holds it, and a lock that is made or thrown away is free. False throughout.

Every kind of lock. LM603 ends an execution, as it would end a kernel's good luck.
"""

from __future__ import annotations

from lockmodel import (
    Enum,
    Model,
    Mutex,
    RawSpinLock,
    RtMutex,
    RwLock,
    RwSemaphore,
    Scenario,
    Semaphore,
    SeqLock,
    SpinLock,
    Struct,
    await_,
    complete,
    down,
    down_write,
    init_MUTEX,
    init_rwsem,
    kfree,
    mutex_init,
    mutex_lock,
    mutex_unlock,
    raw_spin_lock,
    raw_spin_lock_init,
    raw_spin_unlock,
    rt_mutex_init,
    rt_mutex_lock,
    rt_mutex_unlock,
    rwlock_init,
    seqlock_init,
    spin_lock,
    spin_lock_init,
    spin_unlock,
    up,
    up_write,
    wait_for_completion,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_unlock,
)

model = Model("misuse")
taken = model.completion("taken")


class Kind(Enum):
    SPIN = 0
    RAW = 1
    WRITE = 2
    SEQ = 3
    SEMAPHORE = 4
    MUTEX = 5
    RT = 6
    DOWN_WRITE = 7


class Locks(Struct):
    """One lock of each kind, of which a scenario uses one."""

    spin: SpinLock
    raw: RawSpinLock
    rw: RwLock
    seq: SeqLock
    sem: Semaphore
    mutex: Mutex
    rt: RtMutex
    rwsem: RwSemaphore
    given_back: bool


static = model.object(Locks, "static")


# Branches on a thread's own values are no steps: what is left of this is the one operation. A finding inside a helper
# is placed where it was called.
@model.procedure(helper=True)
def take(locks: Locks, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_lock(locks.spin)
    elif kind == Kind.RAW:
        raw_spin_lock(locks.raw)
    elif kind == Kind.WRITE:
        write_lock(locks.rw)
    elif kind == Kind.SEQ:
        write_seqlock(locks.seq)
    elif kind == Kind.SEMAPHORE:
        down(locks.sem)
    elif kind == Kind.MUTEX:
        mutex_lock(locks.mutex)
    elif kind == Kind.RT:
        rt_mutex_lock(locks.rt)
    else:
        down_write(locks.rwsem)


@model.procedure(helper=True)
def release(locks: Locks, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_unlock(locks.spin)
    elif kind == Kind.RAW:
        raw_spin_unlock(locks.raw)
    elif kind == Kind.WRITE:
        write_unlock(locks.rw)
    elif kind == Kind.SEQ:
        write_sequnlock(locks.seq)
    elif kind == Kind.SEMAPHORE:
        up(locks.sem)
    elif kind == Kind.MUTEX:
        mutex_unlock(locks.mutex)
    elif kind == Kind.RT:
        rt_mutex_unlock(locks.rt)
    else:
        up_write(locks.rwsem)


@model.procedure(helper=True)
def initialise(locks: Locks, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_lock_init(locks.spin)
    elif kind == Kind.RAW:
        raw_spin_lock_init(locks.raw)
    elif kind == Kind.WRITE:
        rwlock_init(locks.rw)
    elif kind == Kind.SEQ:
        seqlock_init(locks.seq)
    elif kind == Kind.SEMAPHORE:
        init_MUTEX(locks.sem)
    elif kind == Kind.MUTEX:
        mutex_init(locks.mutex)
    elif kind == Kind.RT:
        rt_mutex_init(locks.rt)
    else:
        init_rwsem(locks.rwsem)


@model.path
def release_twice(locks: Locks, kind: Kind) -> None:
    take(locks, kind)
    release(locks, kind)
    release(locks, kind)


@model.path
def take_for_another(locks: Locks, kind: Kind) -> None:
    take(locks, kind)
    complete(taken)
    await_(static.given_back)


@model.path
def release_for_another(locks: Locks, kind: Kind) -> None:
    wait_for_completion(taken)
    release(locks, kind)
    static.given_back = True


@model.path
def free_what_is_held(locks: Locks, kind: Kind) -> None:
    take(locks, kind)
    kfree(locks)


@model.path
def initialise_what_is_held(locks: Locks, kind: Kind) -> None:
    take(locks, kind)
    initialise(locks, kind)


@model.path
def hold_for_a_moment(locks: Locks, kind: Kind) -> None:
    take(locks, kind)
    release(locks, kind)


@model.path
def free_it(locks: Locks, kind: Kind) -> None:
    kfree(locks)


@model.path
def initialise_it(locks: Locks, kind: Kind) -> None:
    initialise(locks, kind)


@model.path
def keep_it(locks: Locks, kind: Kind) -> None:
    take(locks, kind)


@model.scenario(kind=list(Kind))
def double_unlock(m: Scenario, kind: Kind) -> None:
    """LM603 in release_twice."""
    m.thread("t", release_twice, m.new(Locks, "a"), kind)


@model.scenario(kind=list(Kind))
def unlocked_by_another(m: Scenario, kind: Kind) -> None:
    """LM603 in release_for_another."""
    a = m.new(Locks, "a")
    m.thread("t", take_for_another, a, kind)
    m.thread("u", release_for_another, a, kind)


@model.scenario(kind=list(Kind))
def freed_while_held(m: Scenario, kind: Kind) -> None:
    """LM603 in free_what_is_held."""
    m.thread("t", free_what_is_held, m.new(Locks, "a"), kind)


@model.scenario(kind=list(Kind))
def freed_while_another_holds_it(m: Scenario, kind: Kind) -> None:
    """LM603 in free_it; if that is quicker, LM303 in hold_for_a_moment."""
    a = m.new(Locks, "a")
    m.thread("t", hold_for_a_moment, a, kind)
    m.thread("u", free_it, a, kind)


@model.scenario(kind=list(Kind))
def initialised_while_held(m: Scenario, kind: Kind) -> None:
    """LM603 in initialise_what_is_held."""
    m.thread("t", initialise_what_is_held, m.new(Locks, "a"), kind)


@model.scenario(kind=list(Kind))
def initialised_while_another_holds_it(m: Scenario, kind: Kind) -> None:
    """LM603 in initialise_it."""
    m.thread("t", hold_for_a_moment, static, kind)
    m.thread("u", initialise_it, static, kind)


@model.scenario(kind=list(Kind))
def held_at_the_end(m: Scenario, kind: Kind) -> None:
    """LM603 in keep_it."""
    m.thread("t", keep_it, m.new(Locks, "a"), kind)
