"""Claim: nobody waits for ever, although the order in which two locks are taken is not the same everywhere.

Locks of every kind. What keeps the threads apart: an order after all, a lock around both, that there is one thread
only, that one of them starts when the other is done, or that one of them does not wait.
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
    complete,
    down,
    down_trylock,
    down_write,
    down_write_trylock,
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
    wait_for_completion,
    write_lock,
    write_seqlock,
    write_sequnlock,
    write_trylock,
    write_unlock,
)

model = Model("no_cycle")
gate = model.mutex("gate")
done = model.completion("done")


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
def through_the_gate(outer: Locks, inner: Locks, kind: Kind) -> None:
    mutex_lock(gate)
    take(outer, kind)
    take(inner, kind)
    release(inner, kind)
    release(outer, kind)
    mutex_unlock(gate)


@model.path
def both_ways(one: Locks, other: Locks, kind: Kind) -> None:
    take_both(one, other, kind)
    take_both(other, one, kind)


@model.path
def then_say_so(outer: Locks, inner: Locks, kind: Kind) -> None:
    take_both(outer, inner, kind)
    complete(done)


@model.path
def when_told(outer: Locks, inner: Locks, kind: Kind) -> None:
    wait_for_completion(done)
    take_both(outer, inner, kind)


@model.path
def try_the_inner_one(outer: Locks, inner: Locks, kind: Kind) -> None:
    take(outer, kind)
    if try_to_take(inner, kind):
        release(inner, kind)
    release(outer, kind)


@model.scenario(kind=list(Kind), n=[2, 3, 4])
def in_order(m: Scenario, kind: Kind, n: int) -> None:
    """ABAB: a ring, of which the last thread begins at the other end."""
    locks = [m.new(Locks, name) for name in "abcd"[:n]]
    for i in range(n):
        lower, higher = sorted((i, (i + 1) % n))
        m.thread(f"t{i}", take_both, locks[lower], locks[higher], kind)


@model.scenario(kind=list(Kind))
def behind_a_gate(m: Scenario, kind: Kind) -> None:
    """ABBA under a third lock: a cycle of the order that cannot be reached."""
    a, b = m.new(Locks, "a"), m.new(Locks, "b")
    m.thread("t0", through_the_gate, a, b, kind)
    m.thread("t1", through_the_gate, b, a, kind)


@model.scenario(kind=list(Kind))
def in_one_thread(m: Scenario, kind: Kind) -> None:
    """ABBA, one after the other."""
    a, b = m.new(Locks, "a"), m.new(Locks, "b")
    m.thread("t", both_ways, a, b, kind)


@model.scenario(kind=list(Kind))
def one_after_the_other(m: Scenario, kind: Kind) -> None:
    """ABBA in two threads, of which one waits for the end of the other."""
    a, b = m.new(Locks, "a"), m.new(Locks, "b")
    m.thread("t0", then_say_so, a, b, kind)
    m.thread("t1", when_told, b, a, kind)


@model.scenario(kind=[kind for kind in Kind if kind != Kind.SEQ])
def tried(m: Scenario, kind: Kind) -> None:
    """ABBA, one of them with a trylock (which seqlocks lack)."""
    a, b = m.new(Locks, "a"), m.new(Locks, "b")
    m.thread("t0", take_both, a, b, kind)
    m.thread("t1", try_the_inner_one, b, a, kind)
