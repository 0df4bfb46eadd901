"""A reference count is raised after a dec-and-test took it to zero: who saw that zero is about to free the object,
and the new reference will not stop it. A count that `atomic_set` sets, or that is declared
`refcount(zero_is_cached=True)`, may come back from zero.

Witness: The step that took the count to zero is named, and is another thread's; between it and the last step the
object could still be found.

Repair: Get the reference by `atomic_inc_not_zero` and do as if nothing was found where that fails; or drop the last
one under the lock under which the object is found (`atomic_dec_and_lock`).
"""

from __future__ import annotations

from lockmodel import (
    NULL,
    Model,
    Mutex,
    RefCount,
    Scenario,
    Struct,
    atomic_dec_and_test,
    atomic_inc,
    atomic_inc_not_zero,
    field,
    kfree,
    mutex_lock,
    mutex_unlock,
)

model = Model("inodes")


class Inode(Struct):
    count: RefCount


class Cache(Struct):
    lock: Mutex
    inode: Inode = field(guarded_by="lock")


@model.procedure
def put(cache: Cache, inode: Inode) -> None:
    if atomic_dec_and_test(inode.count):
        mutex_lock(cache.lock)
        cache.inode = NULL
        mutex_unlock(cache.lock)
        kfree(inode)


@model.path
def close(cache: Cache, inode: Inode) -> None:
    put(cache, inode)


@model.path
def look_up(cache: Cache) -> None:
    mutex_lock(cache.lock)
    inode = cache.inode
    if inode:
        atomic_inc(inode.count)
    mutex_unlock(cache.lock)
    if inode:
        put(cache, inode)


@model.design("repaired", replaces=look_up)
def look_up_alive(cache: Cache) -> None:
    mutex_lock(cache.lock)
    inode = cache.inode
    if inode:
        if not atomic_inc_not_zero(inode.count):
            inode = NULL
    mutex_unlock(cache.lock)
    if inode:
        put(cache, inode)


@model.scenario
def close_and_look_up(m: Scenario) -> None:
    inode = m.new(Inode, count=1)
    cache = m.new(Cache, inode=inode)
    m.thread("closer", close, cache, inode)
    m.thread("finder", look_up, cache)
