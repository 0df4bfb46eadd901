"""Claim: nobody waits for ever. It holds where an order is kept, or where one of those that do not keep it only tries.

Locks of every kind.

LM202 Locks.mutex -> Locks.mutex unreachable: trylock.
LM202 Locks.raw -> Locks.raw unreachable: trylock.
LM202 Locks.rt -> Locks.rt unreachable: trylock.
LM202 Locks.rw -> Locks.rw unreachable: trylock.
LM202 Locks.rwsem -> Locks.rwsem unreachable: trylock.
LM202 Locks.sem -> Locks.sem unreachable: trylock.
LM202 Locks.spin -> Locks.spin unreachable: trylock.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    Enum,
    Model,
    Mutex,
    Range,
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
    down_trylock,
    down_write,
    down_write_trylock,
    field,
    mutex_lock,
    mutex_trylock,
    mutex_unlock,
    raw_spin_lock,
    raw_spin_trylock,
    raw_spin_unlock,
    rt_mutex_lock,
    rt_mutex_trylock,
    rt_mutex_unlock,
    spin_lock,
    spin_trylock,
    spin_unlock,
    up,
    up_write,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_trylock,
    write_unlock,
)

model = Model("no_cycle")


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

    rank: Annotated[int, Range(0, 3)] = field(constant=True)
    spin: SpinLock
    raw: RawSpinLock
    rw: RwLock
    seq: SeqLock
    sem: Semaphore
    mutex: Mutex
    rt: RtMutex
    rwsem: RwSemaphore


# Several locks of one class may nest, if it is said in which order.
for name in ("spin", "raw", "rw", "seq", "sem", "mutex", "rt", "rwsem"):
    model.ordered(f"Locks.{name}", by="rank")


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
def try_to_take(locks: Locks, kind: Kind) -> bool:
    if kind == Kind.SPIN:
        return spin_trylock(locks.spin)
    if kind == Kind.RAW:
        return raw_spin_trylock(locks.raw)
    if kind == Kind.WRITE:
        return write_trylock(locks.rw)
    if kind == Kind.SEMAPHORE:
        return down_trylock(locks.sem) == 0
    if kind == Kind.MUTEX:
        return mutex_trylock(locks.mutex)
    if kind == Kind.RT:
        return rt_mutex_trylock(locks.rt)
    return down_write_trylock(locks.rwsem)


@model.path
def take_both(outer: Locks, inner: Locks, kind: Kind) -> None:
    take(outer, kind)
    take(inner, kind)
    release(inner, kind)
    release(outer, kind)


@model.path
def try_the_inner_one(outer: Locks, inner: Locks, kind: Kind) -> None:
    take(outer, kind)
    if try_to_take(inner, kind):
        release(inner, kind)
    release(outer, kind)


@model.scenario(kind=list(Kind), n=[2, 3, 4])
def in_order(m: Scenario, kind: Kind, n: int) -> None:
    """ABAB: a ring, of which the last thread begins at the other end."""
    locks = [m.new(Locks, "abcd"[i], rank=i) for i in range(n)]
    for i in range(n):
        lower, higher = sorted((i, (i + 1) % n))
        m.thread(f"t{i}", take_both, locks[lower], locks[higher], kind)


@model.scenario(kind=[kind for kind in Kind if kind != Kind.SEQ])
def tried(m: Scenario, kind: Kind) -> None:
    """ABBA, one of them with a trylock (which seqlocks lack)."""
    a, b = m.new(Locks, "a", rank=0), m.new(Locks, "b", rank=1)
    m.thread("t0", take_both, a, b, kind)
    m.thread("t1", try_the_inner_one, b, a, kind)
