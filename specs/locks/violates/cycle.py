"""Claim: none of these threads waits for ever. False for every kind of lock: each waits for what the next one holds.

AA, ABBA, ABBCCA, ABBCCDDA, in lockdep's letters: a ring of n locks, of which each thread takes two that are neighbours.

LM202 Locks.mutex -> Locks.mutex reachable.
LM202 Locks.raw -> Locks.raw reachable.
LM202 Locks.rt -> Locks.rt reachable.
LM202 Locks.rw -> Locks.rw reachable.
LM202 Locks.rwsem -> Locks.rwsem reachable.
LM202 Locks.sem -> Locks.sem reachable.
LM202 Locks.seq -> Locks.seq reachable.
LM202 Locks.spin -> Locks.spin reachable.
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
    down,
    down_write,
    mutex_lock,
    mutex_unlock,
    raw_spin_lock,
    raw_spin_unlock,
    rt_mutex_lock,
    rt_mutex_unlock,
    spin_lock,
    spin_unlock,
    up,
    up_write,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_unlock,
)

model = Model("cycle")


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


@model.path
def take_both(outer: Locks, inner: Locks, kind: Kind) -> None:
    take(outer, kind)
    take(inner, kind)
    release(inner, kind)
    release(outer, kind)


@model.scenario(kind=list(Kind))
def again(m: Scenario, kind: Kind) -> None:
    """AA. LM102 in take_both."""
    a = m.new(Locks, "a")
    m.thread("t", take_both, a, a, kind)


@model.scenario(kind=list(Kind), n=[2, 3, 4])
def ring(m: Scenario, kind: Kind, n: int) -> None:
    """ABBA and longer. LM101 in take_both."""
    locks = [m.new(Locks, name) for name in "abcd"[:n]]
    for i in range(n):
        m.thread(f"t{i}", take_both, locks[i], locks[(i + 1) % n], kind)
