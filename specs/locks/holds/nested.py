"""Claim: nobody waits for ever. It holds where locks of one class nest as in a tree, and the order of locks knows it.

A parent is taken as what it is, its child with SINGLE_DEPTH_NESTING: these are two classes, and no order goes round.
"""

from __future__ import annotations

from lockmodel import (
    SINGLE_DEPTH_NESTING,
    Enum,
    Model,
    Mutex,
    RawSpinLock,
    RwSemaphore,
    Scenario,
    SpinLock,
    Struct,
    down_read,
    down_read_nested,
    down_write,
    down_write_nested,
    mutex_lock,
    mutex_lock_nested,
    mutex_unlock,
    raw_spin_lock,
    raw_spin_lock_nested,
    raw_spin_unlock,
    spin_lock,
    spin_lock_nested,
    spin_unlock,
    up_read,
    up_write,
)

model = Model("nested")


class Kind(Enum):
    SPIN = 0
    RAW = 1
    MUTEX = 2
    READ = 3
    WRITE = 4


class Dir(Struct):
    """A directory, of which a scenario uses one lock."""

    spin: SpinLock
    raw: RawSpinLock
    mutex: Mutex
    rwsem: RwSemaphore


@model.procedure(helper=True)
def take(directory: Dir, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_lock(directory.spin)
    elif kind == Kind.RAW:
        raw_spin_lock(directory.raw)
    elif kind == Kind.MUTEX:
        mutex_lock(directory.mutex)
    elif kind == Kind.READ:
        down_read(directory.rwsem)
    else:
        down_write(directory.rwsem)


@model.procedure(helper=True)
def take_child(directory: Dir, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_lock_nested(directory.spin, SINGLE_DEPTH_NESTING)
    elif kind == Kind.RAW:
        raw_spin_lock_nested(directory.raw, SINGLE_DEPTH_NESTING)
    elif kind == Kind.MUTEX:
        mutex_lock_nested(directory.mutex, SINGLE_DEPTH_NESTING)
    elif kind == Kind.READ:
        down_read_nested(directory.rwsem, SINGLE_DEPTH_NESTING)
    else:
        down_write_nested(directory.rwsem, SINGLE_DEPTH_NESTING)


@model.procedure(helper=True)
def release(directory: Dir, kind: Kind) -> None:
    if kind == Kind.SPIN:
        spin_unlock(directory.spin)
    elif kind == Kind.RAW:
        raw_spin_unlock(directory.raw)
    elif kind == Kind.MUTEX:
        mutex_unlock(directory.mutex)
    elif kind == Kind.READ:
        up_read(directory.rwsem)
    else:
        up_write(directory.rwsem)


@model.path
def take_both(parent: Dir, child: Dir, kind: Kind) -> None:
    take(parent, kind)
    take_child(child, kind)
    release(child, kind)
    release(parent, kind)


@model.scenario(kind=list(Kind))
def tree(m: Scenario, kind: Kind) -> None:
    """A directory, one in it, and one in that: each thread takes two, the outer one first."""
    a, b, c = m.new(Dir, "a"), m.new(Dir, "b"), m.new(Dir, "c")
    m.thread("t0", take_both, a, b, kind)
    m.thread("t1", take_both, a, c, kind)
    m.thread("t2", take_both, b, c, kind)
