"""Claim: inotify of Linux 2.6.13-rc6 can remove one watch from four sides at once. As written in 2005 it cannot.

The whole file, on the ground that it stands on, is in `inotify.py`. This is its spine, kept as it is so that figures
can be compared from one day to another, and with SPIN (`benchmarks/`).

The model is `fs/inotify.c` (git blob 27ebcac5), statement for statement; a trailing `# 805` is the line of that file
which a statement stands for. Six paths are here with everything that they call: `inotify_unmount_inodes` (as
`invalidate_inodes` calls it), `inotify_release`, `inotify_ignore`, `inotify_inode_queue_event`,
`inotify_dentry_parent_queue_event` and `sys_inotify_add_watch`. What they call in the rest of the kernel is modelled as
2.6.13 has it, as far as locks, counts and lifetimes go.

Designs: `2005` is the file as it is. `repaired` changes seven procedures, each for the reason that its docstring gives,
and every scenario is verified in it.

Bounds: every pair of the six paths that the environment lets run together, on one device with one inode and on one
device with two inodes of one superblock; four to six threads, each in a path of its own, on two devices with two
inodes; queues of one or two events (overflow, coalescing); watches with and without IN_ONESHOT.

What may run beside an umount: release and ignore, which hold watches and nothing else. Whoever causes an event has a
file open, and whoever adds a watch has looked up a path: that holds a dentry, thereby an inode, and the mount, and an
umount starts after the last hold of a mount has gone. So beside an umount those are on another superblock
(`five-threads-unmount`), or they come before it (`five-threads`, where umount waits for the mount to be free); beside
`invalidate_inodes` as __invalidate_device calls it they are on the same one (`four-threads-invalidate`).

Left out: reading (no event is taken off a queue but by release); looking up the path of a watch to add, up to where the
caller holds its dentry; dentries, but for their counts, their parent and their inode; names are compared, their memory
is not modelled; what an umount does after inotify_unmount_inodes, unless the switch `umount_ends` is on; what an
allocation does to find memory, unless the switch `reclaim` is on; the wake-up half of up(). A watch with IN_ONESHOT
stands at the beginning only: line 951 lets no program ask for one.

Not repaired: release and ignore pin an inode, by way of its watch, while they hold no lock, and an umount may end
meanwhile and free the superblock, which their iput then uses. The switch `umount_ends` shows it in both designs. The
mend goes beyond this file: to hold the superblock from the moment that the watch is got. The limit of a user's watches
is read (391) and the count raised (424) under the locks of one device and one inode: on two of each, two threads may
pass the limit together; nothing else depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from lockmodel import (
    EAGAIN,
    EINVAL,
    ENOMEM,
    ENOSPC,
    ERR_PTR,
    GFP_KERNEL,
    INIT_LIST_HEAD,
    IS_ERR,
    NULL,
    PTR_ERR,
    Atomic,
    Flags,
    Idr,
    ListEntry,
    ListHead,
    Model,
    Range,
    Record,
    RefCount,
    Scenario,
    Semaphore,
    SpinLock,
    Struct,
    WaitQueue,
    atomic,
    atomic_dec,
    atomic_dec_and_lock,
    atomic_dec_and_test,
    atomic_inc,
    atomic_read,
    atomic_set,
    await_,
    choose,
    data_race,
    down,
    field,
    idr_find,
    idr_get_new_above,
    idr_of,
    idr_pre_get,
    idr_remove,
    kfree,
    kmem_cache_alloc,
    kmem_cache_free,
    likely,
    list_add,
    list_add_tail,
    list_contains,
    list_del,
    list_empty,
    list_first_entry,
    list_for_each_entry,
    list_for_each_entry_safe,
    list_is_head,
    list_last_entry,
    list_length,
    list_of,
    live,
    might_sleep,
    refcount,
    spin_lock,
    spin_unlock,
    unlikely,
    up,
    wake_up_interruptible,
)

# The order that the comment at line 51 of the file declares. Its indentation puts inode_lock and inotify_sem side by
# side below iprune_sem, and a dentry's d_lock beside iprune_sem; nothing of the file's own is taken under a d_lock.
inotify = Model(
    "inotify",
    source="fs/inotify.c",
    as_written="2005",
    hierarchy=[["iprune_sem", "inode_lock"], ["iprune_sem", "Inode.inotify_sem", "Device.sem"]],
)
dcache_lock = inotify.spinlock("dcache_lock")
iprune_sem = inotify.semaphore("iprune_sem")
inode_lock = inotify.spinlock("inode_lock")

reclaim = inotify.switch(
    "reclaim", False, "a GFP_KERNEL allocation may enter shrink_icache_memory, which takes iprune_sem"
)
allocation_fails = inotify.switch("allocation_fails", False, "an allocation may give NULL")
umount_ends = inotify.switch(
    "umount_ends", False, "umount disposes of the inodes with count 0, then frees the superblock whatever remains"
)


# --- data -------------------------------------------------------------------------------------------------------------

Wd = Annotated[int, Range(-1, 2)]
Wds = Annotated[int, Range(0, 7)]
"""A set of wds: bit n is for wd n."""
Cookie = Annotated[int, Range(0, 1)]
Length = Annotated[int, Range(0, 1)]
EventCount = Annotated[int, Range(0, 3)]
QueueSize = Annotated[int, Range(0, 6)]

SIZEOF_EVENT = 1
"""The size of an event without a name; a name adds 1."""


class Ev(Flags):
    MODIFY = 1
    UNMOUNT = 2
    Q_OVERFLOW = 4
    IGNORED = 8
    ONESHOT = 16


ALL_EVENTS: Final = Ev.MODIFY
"""What a program may ask for: it cannot ask for ONESHOT, which is no event."""

MAX_USER_WATCHES: Final = 4
"""More than any scenario has."""


class IState(Flags):
    FREEING = 1
    CLEAR = 2
    WILL_FREE = 4


class Name(Flags):
    """A file name; NONE stands for the null pointer."""

    NONE = 0
    A = 1


class User(Struct):
    count: RefCount
    inotify_watches: Atomic = atomic(0, 4)
    inotify_devs: Atomic = atomic(0, 2)


class SuperBlock(Struct):
    active: Atomic = atomic(0, 1)  # MS_ACTIVE of s_flags: one word, which is read without a lock
    mounts: Atomic = atomic(0, 3)  # what umount waits for: mounts, and whoever has a file or a looked-up path there
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)


class Inode(Struct):
    i_count: RefCount = refcount(zero_is_cached=True)
    i_state: IState = field(guarded_by=inode_lock)
    i_sb: SuperBlock = field(constant=True)
    i_sb_list: ListEntry
    inotify_sem: Semaphore
    inotify_watches: ListHead[Watch] = list_of("i_list", guarded_by="inotify_sem")


class Dentry(Struct):
    d_count: RefCount = refcount(zero_is_cached=True)
    d_lock: SpinLock
    d_inode: Inode = field(counted="i_count")
    d_parent: Dentry = field(guarded_by="d_lock", counted="d_count")


class UserEvent(Record):
    wd: Wd
    mask: Ev
    cookie: Cookie
    len: Length


class KernelEvent(Struct):
    event: UserEvent
    list: ListEntry
    name: Name


# All of it is under its sem, but for the count and what never changes.
class Device(Struct):
    wq: WaitQueue
    idr: Idr[Watch] = idr_of(3, guarded_by="sem")
    sem: Semaphore
    events: ListHead[KernelEvent] = list_of("list", guarded_by="sem")
    watches: ListHead[Watch] = list_of("d_list", guarded_by="sem", counted="count")
    count: RefCount
    user: User = field(constant=True, counted="count")
    queue_size: QueueSize = field(guarded_by="sem")
    event_count: EventCount = field(guarded_by="sem")
    max_events: EventCount = field(constant=True)
    last_wd: Wd = field(guarded_by="sem")
    newest: KernelEvent = field(ghost=True)  # the event that was queued last, while it is still on the queue
    closed: bool = field(ghost=True)  # inotify_release has let go of it
    ignored: Wds = field(ghost=True)  # inotify_ignore has been there for it
    given: Wds = field(ghost=True)  # it is or was the wd of a watch
    given_twice: bool = field(ghost=True)  # one of them was given a second time


class Watch(Struct):
    d_list: ListEntry
    i_list: ListEntry
    count: RefCount
    dev: Device = field(constant=True, counted="count")
    inode: Inode = field(constant=True, counted="i_count")
    wd: Wd = field(guarded_by="dev.sem")  # written once, when the watch is in the idr already (356)
    mask: Ev = field(guarded_by="inode.inotify_sem")


watch_cachep = inotify.cache(Watch, capacity=1, may_fail=allocation_fails)
event_cachep = inotify.cache(KernelEvent, capacity=4, may_fail=allocation_fails)


# --- the VFS below it: no lines of fs/inotify.c -----------------------------------------------------------------------


@inotify.procedure(holds=["inode_lock"], helper=True)
def __iget(inode: Inode) -> None:
    atomic_inc(inode.i_count)


@inotify.procedure(helper=True)
def igrab(inode: Inode) -> Inode:
    grabbed: Inode = NULL
    spin_lock(inode_lock)
    if not inode.i_state & (IState.FREEING | IState.WILL_FREE):
        __iget(inode)
        grabbed = inode
    spin_unlock(inode_lock)
    return grabbed


@inotify.procedure(helper=True)
def iput(inode: Inode) -> None:
    """The last put of a file that still has a link: it is forgotten, not deleted."""
    sb = inode.i_sb
    if atomic_dec_and_lock(inode.i_count, inode_lock):
        if atomic_read(sb.active):
            spin_unlock(inode_lock)  # it stays in the cache, with count 0
            return
        inode.i_state |= IState.WILL_FREE
        spin_unlock(inode_lock)
        might_sleep()  # it is written out
        spin_lock(inode_lock)
        inode.i_state &= ~IState.WILL_FREE
        list_del(inode.i_sb_list)
        inode.i_state |= IState.FREEING
        spin_unlock(inode_lock)
        kfree(inode)


@inotify.procedure(helper=True)
def dget(dentry: Dentry) -> None:
    atomic_inc(dentry.d_count)


@inotify.procedure(helper=True)
def dput(dentry: Dentry) -> None:
    """The last put of a dentry that is still hashed: it stays in the cache, and keeps its inode."""
    if atomic_dec_and_lock(dentry.d_count, dcache_lock):
        spin_lock(dentry.d_lock)
        spin_unlock(dentry.d_lock)
        spin_unlock(dcache_lock)


@inotify.procedure(helper=True)
def dentry_iput(dentry: Dentry) -> None:
    """A dentry is killed: it lets go of its inode. Its memory, and its hold on its parent, are left alone."""
    spin_lock(dcache_lock)
    spin_lock(dentry.d_lock)
    inode = dentry.d_inode
    dentry.d_inode = NULL
    spin_unlock(dentry.d_lock)
    spin_unlock(dcache_lock)
    iput(inode)


@inotify.procedure(helper=True)
def mntput(sb: SuperBlock) -> None:
    """One who holds the superblock mounted lets go of it."""
    atomic_dec(sb.mounts)


@inotify.procedure(helper=True)
def path_release(dentry: Dentry, sb: SuperBlock) -> None:
    dput(dentry)
    mntput(sb)


@inotify.procedure(helper=True)
def free_uid(user: User) -> None:
    """Never the last reference: the processes of the user hold more."""
    atomic_dec(user.count)


@inotify.procedure
def shrink_icache_memory() -> None:
    """Its locks only: the unused inodes that it would free are left alone."""
    down(iprune_sem)
    spin_lock(inode_lock)
    spin_unlock(inode_lock)
    up(iprune_sem)


@inotify.procedure
def reclaim_for_an_allocation() -> None:
    """What an allocation with the flags of this file may do before it succeeds: GFP_KERNEL allows it everything."""
    if reclaim:
        if choose(False, True):
            shrink_icache_memory()


# --- references -------------------------------------------------------------------------------------------------------


@inotify.procedure(helper=True)
def get_inotify_dev(dev: Device) -> None:
    atomic_inc(dev.count)  # 170


@inotify.procedure(helper=True)
def put_inotify_dev(dev: Device) -> None:
    if atomic_dec_and_test(dev.count):  # 175
        atomic_dec(dev.user.inotify_devs)  # 176
        free_uid(dev.user)  # 177
        kfree(dev)  # 178


@inotify.procedure(helper=True)
def get_inotify_watch(watch: Watch) -> None:
    atomic_inc(watch.count)  # 184


@inotify.procedure(helper=True)
def put_inotify_watch(watch: Watch) -> None:
    if atomic_dec_and_test(watch.count):  # 193
        put_inotify_dev(watch.dev)  # 194
        iput(watch.inode)  # 195
        kmem_cache_free(watch_cachep, watch)  # 196


# --- the queue of a device --------------------------------------------------------------------------------------------


# Line 215, which zeroes the event, is subsumed: each of its fields is stored below before anyone sees it.
@inotify.procedure
def kernel_event(wd: int, mask: Ev, cookie: int, name: Name) -> KernelEvent:
    reclaim_for_an_allocation()  # 210
    kevent = kmem_cache_alloc(event_cachep, GFP_KERNEL)  # 210
    if unlikely(not kevent):  # 211
        return NULL  # 212
    kevent.event.wd = wd  # 217
    kevent.event.mask = mask  # 218
    kevent.event.cookie = cookie  # 219
    INIT_LIST_HEAD(kevent.list)  # 221
    if name:  # 223
        if allocation_fails:
            if choose(False, True):  # 241
                kmem_cache_free(event_cachep, kevent)  # 243
                return NULL  # 244
        kevent.name = name  # 246
        kevent.event.len = 1  # 249
    else:
        kevent.event.len = 0  # 251
        kevent.name = Name.NONE  # 252
    return kevent  # 255


@inotify.procedure(holds=["dev.sem"], helper=True)
def inotify_dev_get_event(dev: Device) -> KernelEvent:
    return list_first_entry(dev.events)  # 266


# The file has no such function: a name for what line 281 calls, which a repair changes.
@inotify.procedure(holds=["dev.sem"], helper=True)
def event_to_compare_with(dev: Device) -> KernelEvent:
    return inotify_dev_get_event(dev)  # 281


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_queue_event(dev: Device, watch: Watch, mask: Ev, cookie: int, name: Name) -> None:
    # The comment at line 280 promises to drop an event only if it repeats the one before it; the assertions hold it
    # to that.
    last = event_to_compare_with(dev)  # 281
    if (
        last  # 282
        and last.event.mask == mask  # 282
        and last.event.wd == watch.wd  # 282
        and last.event.cookie == cookie  # 283
    ):
        lastname = last.name  # 284
        if not name and not lastname:  # 286
            assert last is dev.newest  # 287
            return  # 287
        if name and lastname and lastname == name:  # 288
            assert last is dev.newest  # 289
            return  # 289
    if unlikely(dev.event_count > dev.max_events):  # 293
        return  # 294
    if unlikely(dev.event_count == dev.max_events):  # 297
        kevent = kernel_event(-1, Ev.Q_OVERFLOW, cookie, Name.NONE)  # 298
    else:
        kevent = kernel_event(watch.wd, mask, cookie, name)  # 300
    if unlikely(not kevent):  # 302
        return  # 303
    dev.event_count += 1  # 306
    dev.queue_size += SIZEOF_EVENT + kevent.event.len  # 307
    list_add_tail(kevent.list, dev.events)  # 308
    dev.newest = kevent
    wake_up_interruptible(dev.wq)  # 309


@inotify.procedure(holds=["dev.sem"])
def remove_kevent(dev: Device, kevent: KernelEvent) -> None:
    list_del(kevent.list)  # 320
    dev.newest = NULL if dev.newest is kevent else dev.newest
    dev.event_count -= 1  # 322
    dev.queue_size -= SIZEOF_EVENT + kevent.event.len  # 323
    kmem_cache_free(event_cachep, kevent)  # 326


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_event_dequeue(dev: Device) -> None:
    if not list_empty(dev.events):  # 336
        kevent = inotify_dev_get_event(dev)  # 338
        remove_kevent(dev, kevent)  # 339


# --- watches ----------------------------------------------------------------------------------------------------------


# The file has no such function: a name for what line 356 passes, which a repair changes.
@inotify.procedure(holds=["dev.sem"], helper=True)
def lowest_wd_to_give(dev: Device) -> int:
    return dev.last_wd  # 356


@inotify.procedure(holds=["dev.sem"])
def inotify_dev_get_wd(dev: Device, watch: Watch) -> int:
    while True:  # 353
        reclaim_for_an_allocation()  # 354
        filled = idr_pre_get(dev.idr, GFP_KERNEL)  # 354
        if allocation_fails:
            filled = choose(0, filled)  # 354
        if unlikely(not filled):  # 354
            return -ENOSPC  # 355
        ret, wd = idr_get_new_above(dev.idr, watch, lowest_wd_to_give(dev))  # 356
        watch.wd = wd  # 356
        dev.ignored &= ~(1 << wd)
        dev.given_twice = dev.given_twice or bool(dev.given & (1 << wd))
        dev.given |= 1 << wd
        if ret != -EAGAIN:  # 357
            return ret  # 359


# The file has no such function either: a name for what line 405 stores.
@inotify.procedure(holds=["dev.sem"], helper=True)
def wd_to_remember(ret: int, watch: Watch, dev: Device) -> int:
    return ret  # 405


# Three plain stores stand before line 399 here: an object counts as shared as soon as the idr refers to it, although
# nobody can look into the idr while the device's sem is held.
@inotify.procedure(holds=["dev.sem"])
def create_watch(dev: Device, mask: Ev, inode: Inode) -> Watch:
    if atomic_read(dev.user.inotify_watches) >= MAX_USER_WATCHES:  # 391
        return ERR_PTR(-ENOSPC)  # 393
    reclaim_for_an_allocation()  # 395
    watch = kmem_cache_alloc(watch_cachep, GFP_KERNEL)  # 395
    if unlikely(not watch):  # 396
        return ERR_PTR(-ENOMEM)  # 397
    watch.mask = mask  # 406
    watch.dev = dev  # 413
    watch.inode = inode  # 419
    ret = inotify_dev_get_wd(dev, watch)  # 399
    if unlikely(ret):  # 400
        kmem_cache_free(watch_cachep, watch)  # 401
        return ERR_PTR(ret)  # 402
    dev.last_wd = wd_to_remember(ret, watch, dev)  # 405
    atomic_set(watch.count, 0)  # 407
    INIT_LIST_HEAD(watch.d_list)  # 408
    INIT_LIST_HEAD(watch.i_list)  # 409
    get_inotify_dev(dev)  # 412
    grabbed = igrab(inode)  # 419
    assert grabbed is inode  # 419
    get_inotify_watch(watch)  # 422
    atomic_inc(dev.user.inotify_watches)  # 424
    return watch  # 426


@inotify.procedure(holds=["inode.inotify_sem"])
def inode_find_dev(inode: Inode, dev: Device) -> Watch:
    for watch in list_for_each_entry(inode.inotify_watches):  # 439
        if watch.dev is dev:  # 440
            return watch  # 441
    return NULL  # 444


@inotify.procedure(holds=["watch.inode.inotify_sem", "dev.sem"])
def remove_watch_no_event(watch: Watch, dev: Device) -> None:
    list_del(watch.i_list)  # 453
    list_del(watch.d_list)  # 454
    atomic_dec(dev.user.inotify_watches)  # 456
    idr_remove(dev.idr, watch.wd)  # 457
    put_inotify_watch(watch)  # 458


@inotify.procedure(holds=["watch.inode.inotify_sem", "dev.sem"])
def remove_watch(watch: Watch, dev: Device) -> None:
    inotify_dev_queue_event(dev, watch, Ev.IGNORED, 0, Name.NONE)  # 474
    remove_watch_no_event(watch, dev)  # 475


# Lockless on purpose: whoever comes too late or too early for a watch gets its event, or does not.
@inotify.procedure
def inotify_inode_watched(inode: Inode) -> bool:
    return not data_race(list_empty(inode.inotify_watches))  # 484


# --- the paths --------------------------------------------------------------------------------------------------------


@inotify.path
def inotify_inode_queue_event(inode: Inode, mask: Ev, cookie: int, name: Name) -> None:
    if not inotify_inode_watched(inode):  # 501
        return  # 502
    down(inode.inotify_sem)  # 504
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 505
        watch_mask = watch.mask  # 506
        if watch_mask & mask:  # 507
            dev = watch.dev  # 508
            get_inotify_watch(watch)  # 509
            down(dev.sem)  # 510
            inotify_dev_queue_event(dev, watch, mask, cookie, name)  # 511
            if watch_mask & Ev.ONESHOT:  # 512
                remove_watch_no_event(watch, dev)  # 513
            up(dev.sem)  # 514
            put_inotify_watch(watch)  # 515
    up(inode.inotify_sem)  # 518


@inotify.path
def inotify_dentry_parent_queue_event(dentry: Dentry, mask: Ev, cookie: int, name: Name) -> None:
    spin_lock(dentry.d_lock)  # 535
    parent = dentry.d_parent  # 536
    inode = parent.d_inode  # 537
    if inotify_inode_watched(inode):  # 539
        dget(parent)  # 540
        spin_unlock(dentry.d_lock)  # 541
        inotify_inode_queue_event(inode, mask, cookie, name)  # 542
        dput(parent)  # 543
    else:
        spin_unlock(dentry.d_lock)  # 545


@inotify.procedure(holds=["iprune_sem", "inode_lock"])
def inotify_unmount_inodes(sb: SuperBlock) -> None:
    need_iput: Inode = NULL  # 568
    for inode, next_i in list_for_each_entry_safe(sb.s_inodes):  # 570
        if not atomic_read(inode.i_count):  # 581
            continue  # 582
        if inode.i_state & (IState.CLEAR | IState.FREEING | IState.WILL_FREE):  # 589
            continue  # 590
        need_iput_tmp = need_iput  # 592
        need_iput = NULL  # 593
        if inode is not need_iput_tmp:  # 595
            __iget(inode)  # 596
        else:
            need_iput_tmp = NULL  # 598
        if (
            not list_is_head(next_i, sb.s_inodes)  # 600
            and atomic_read(next_i.i_count)  # 601
            and not next_i.i_state & (IState.CLEAR | IState.FREEING | IState.WILL_FREE)  # 602
        ):
            __iget(next_i)  # 604
            need_iput = next_i  # 605
        spin_unlock(inode_lock)  # 614
        if need_iput_tmp:  # 616
            # Nothing gets here: what was pinned in advance (604) is always the inode that comes next (595).
            iput(need_iput_tmp)  # 617
        down(inode.inotify_sem)  # 620
        for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 622
            dev = watch.dev  # 623
            down(dev.sem)  # 624
            inotify_dev_queue_event(dev, watch, Ev.UNMOUNT, 0, Name.NONE)  # 625
            remove_watch(watch, dev)  # 626
            up(dev.sem)  # 627
        up(inode.inotify_sem)  # 629
        iput(inode)  # 630
        spin_lock(inode_lock)  # 632


# Not of fs/inotify.c: the two ways to get there, as __invalidate_device enters it and as umount does.
@inotify.path
def invalidate_inodes(sb: SuperBlock) -> None:
    down(iprune_sem)
    spin_lock(inode_lock)
    inotify_unmount_inodes(sb)
    spin_unlock(inode_lock)
    up(iprune_sem)


@inotify.procedure
def dispose_of_unused_inodes(sb: SuperBlock) -> None:
    """The rest of invalidate_inodes. (It frees what it took off the list when it has let go of inode_lock.)"""
    spin_lock(inode_lock)
    for inode, _ in list_for_each_entry_safe(sb.s_inodes):
        if not atomic_read(inode.i_count):
            list_del(inode.i_sb_list)
            inode.i_state |= IState.FREEING
            kfree(inode)
    spin_unlock(inode_lock)


@inotify.path
def generic_shutdown_super(sb: SuperBlock) -> None:
    """From where the last dentry has gone, and nothing but watches holds an inode."""
    atomic_set(sb.active, 0)
    invalidate_inodes(sb)
    if umount_ends:
        dispose_of_unused_inodes(sb)
        kfree(sb)


@inotify.path
def inotify_release(dev: Device) -> int:
    while True:  # 759
        down(dev.sem)  # 764
        if list_empty(dev.watches):  # 766
            up(dev.sem)  # 767
            break  # 768
        watch = list_first_entry(dev.watches)  # 770
        get_inotify_watch(watch)  # 771
        up(dev.sem)  # 772
        inode = watch.inode  # 774
        down(inode.inotify_sem)  # 775
        down(dev.sem)  # 776
        remove_watch_no_event(watch, dev)  # 777
        up(dev.sem)  # 778
        up(inode.inotify_sem)  # 779
        put_inotify_watch(watch)  # 780
    down(dev.sem)  # 784
    while not list_empty(dev.events):  # 785
        inotify_dev_event_dequeue(dev)  # 786
    up(dev.sem)  # 787
    dev.closed = True
    put_inotify_dev(dev)  # 790
    return 0  # 792


@inotify.path
def inotify_ignore(dev: Device, wd: int) -> int:
    down(dev.sem)  # 805
    watch = idr_find(dev.idr, wd)  # 806
    if unlikely(not watch):  # 807
        dev.ignored |= 1 << wd
        up(dev.sem)  # 808
        return -EINVAL  # 809
    get_inotify_watch(watch)  # 811
    inode = watch.inode  # 812
    up(dev.sem)  # 813
    down(inode.inotify_sem)  # 815
    down(dev.sem)  # 816
    watch = idr_find(dev.idr, wd)  # 819
    if likely(watch):  # 820
        remove_watch(watch, dev)  # 821
    dev.ignored |= 1 << wd
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    return 0  # 827


# From where the path has been looked up: the caller holds its dentry, and the superblock mounted.
@inotify.path
def sys_inotify_add_watch(dev: Device, dentry: Dentry, sb: SuperBlock, mask: Ev) -> int:
    inode = dentry.d_inode  # 944
    down(inode.inotify_sem)  # 947
    down(dev.sem)  # 948
    mask &= ALL_EVENTS  # 951
    if unlikely(not mask):  # 952
        ret = -EINVAL  # 953
    else:
        old = inode_find_dev(inode, dev)  # 961
        if unlikely(old):  # 962
            old.mask = mask  # 963
            ret = old.wd  # 964
        else:
            watch = create_watch(dev, mask, inode)  # 968
            if unlikely(IS_ERR(watch)):  # 969
                ret = PTR_ERR(watch)  # 970
            else:
                list_add(watch.d_list, dev.watches)  # 975
                list_add(watch.i_list, inode.inotify_watches)  # 976
                ret = watch.wd  # 977
    up(dev.sem)  # 979
    up(inode.inotify_sem)  # 980
    path_release(dentry, sb)  # 981
    return ret  # 984


# --- repaired ---------------------------------------------------------------------------------------------------------


@inotify.design("repaired", replaces=event_to_compare_with)
def newest_event(dev: Device) -> KernelEvent:
    """An event is compared with the one before it.

    The file reads the head of an empty queue as if it were an event (282), and on a queue of several it compares with
    the oldest: an event is dropped as a repetition although others came between.
    """
    if list_empty(dev.events):
        return NULL
    return list_last_entry(dev.events)


@inotify.design("repaired", replaces=reclaim_for_an_allocation)
def no_reclaim_into_file_systems() -> None:
    """kernel_event allocates with GFP_NOFS.

    Every caller holds a device's sem, and umount iprune_sem as well: an allocation that goes into shrink_icache_memory
    takes iprune_sem below them, or a second time. It makes a difference only with the switch `reclaim`.
    """


@inotify.design("repaired", replaces=inotify_unmount_inodes)
def unmount_inodes_that_pins_where_it_stands(sb: SuperBlock) -> None:
    """The walk keeps its reference to an inode until it has found the next one, with inode_lock held again.

    The file pins the next inode instead, in advance, and walks on to it even where it could not pin it: with count 0 or
    WILL_FREE (600 to 605), so that the last iput of it by another thread may free it while inode_lock is dropped.
    """
    to_put: Inode = NULL
    for inode in list_for_each_entry(sb.s_inodes):  # 570
        if not atomic_read(inode.i_count):  # 581
            continue  # 582
        if inode.i_state & (IState.CLEAR | IState.FREEING | IState.WILL_FREE):  # 589
            continue  # 590
        __iget(inode)  # 596
        spin_unlock(inode_lock)  # 614
        if to_put:
            iput(to_put)
        down(inode.inotify_sem)  # 620
        for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 622
            dev = watch.dev  # 623
            down(dev.sem)  # 624
            inotify_dev_queue_event(dev, watch, Ev.UNMOUNT, 0, Name.NONE)  # 625
            remove_watch(watch, dev)  # 626
            up(dev.sem)  # 627
        up(inode.inotify_sem)  # 629
        to_put = inode
        spin_lock(inode_lock)  # 632
    if to_put:
        spin_unlock(inode_lock)
        iput(to_put)
        spin_lock(inode_lock)


@inotify.design("repaired", replaces=inotify_release)
def release_that_looks_again(dev: Device) -> int:
    """It removes the watch only if it is still there.

    Between 772 and 776 it holds no lock, and umount, or an event to a one-shot watch, may remove the watch; the file
    then removes it a second time (777).
    """
    while True:  # 759
        down(dev.sem)  # 764
        if list_empty(dev.watches):  # 766
            up(dev.sem)  # 767
            break  # 768
        watch = list_first_entry(dev.watches)  # 770
        get_inotify_watch(watch)  # 771
        up(dev.sem)  # 772
        inode = watch.inode  # 774
        down(inode.inotify_sem)  # 775
        down(dev.sem)  # 776
        if likely(idr_find(dev.idr, watch.wd) is watch):
            remove_watch_no_event(watch, dev)  # 777
        up(dev.sem)  # 778
        up(inode.inotify_sem)  # 779
        put_inotify_watch(watch)  # 780
    down(dev.sem)  # 784
    while not list_empty(dev.events):  # 785
        inotify_dev_event_dequeue(dev)  # 786
    up(dev.sem)  # 787
    dev.closed = True
    put_inotify_dev(dev)  # 790
    return 0  # 792


@inotify.design("repaired", replaces=inotify_ignore)
def ignore_that_keeps_its_watch(dev: Device, wd: int) -> int:
    """The put goes to the watch that was got, whoever removed it, and only that watch is removed.

    The file puts what the second look-up gives (825): NULL if somebody else removed the watch, so that it crashes and
    the reference got at 811 is never given back; and by then the wd could be another watch's.
    """
    down(dev.sem)  # 805
    watch = idr_find(dev.idr, wd)  # 806
    if unlikely(not watch):  # 807
        dev.ignored |= 1 << wd
        up(dev.sem)  # 808
        return -EINVAL  # 809
    get_inotify_watch(watch)  # 811
    inode = watch.inode  # 812
    up(dev.sem)  # 813
    down(inode.inotify_sem)  # 815
    down(dev.sem)  # 816
    if likely(idr_find(dev.idr, wd) is watch):  # 819
        remove_watch(watch, dev)  # 821
    dev.ignored |= 1 << wd
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    return 0  # 827


@inotify.design("repaired", replaces=wd_to_remember)
def wd_that_was_given(ret: int, watch: Watch, dev: Device) -> int:
    """last_wd is the last wd that was given, as the comment at line 93 has it.

    The file stores the result of inotify_dev_get_wd (405), which is 0: the next search begins at 0 again, and a wd is
    given anew while inotify_ignore is under way for the watch that had it before, whose successor it then removes.
    """
    return watch.wd


@inotify.design("repaired", replaces=lowest_wd_to_give)
def wd_after_the_last(dev: Device) -> int:
    """The search begins after the wd that was given last, which may be free again."""
    return dev.last_wd + 1


# --- claims -----------------------------------------------------------------------------------------------------------


@inotify.invariant(outside=["Device.sem"])
def the_queue_is_counted_and_bounded(dev: Device) -> bool:
    """One event more than the maximum: the one that tells of the overflow. A name may add to an event's size."""
    count, size = dev.event_count, dev.queue_size
    sized = SIZEOF_EVENT * count <= size and size <= (SIZEOF_EVENT + 1) * count
    return sized and count == list_length(dev.events) and count <= dev.max_events + 1


@inotify.invariant(outside=["watch.inode.inotify_sem", "watch.dev.sem"])
def a_watch_is_in_all_three_places_or_in_none(watch: Watch) -> bool:
    """Judged while its inode is there: the last put of a watch puts the inode first."""
    if not live(watch.inode):
        return True
    on_inode = list_contains(watch.inode.inotify_watches, watch)
    on_device = list_contains(watch.dev.watches, watch)
    in_idr = idr_find(watch.dev.idr, watch.wd) is watch
    return on_inode == on_device and on_device == in_idr


@inotify.at_quiescence
def nothing_of_a_closed_device_is_left(dev: Device) -> bool:
    return not dev.closed


@inotify.at_quiescence
def nothing_of_an_ignored_watch_is_left(watch: Watch) -> bool:
    return not watch.dev.ignored & (1 << watch.wd)


@inotify.at_quiescence
def a_wd_is_given_once(dev: Device) -> bool:
    return not dev.given_twice


@inotify.at_quiescence
def a_device_watches_an_inode_once(watch: Watch, other: Watch) -> bool:
    """As long as both can be found: what is on no list any more is on its way out."""
    twice = watch is not other and watch.dev is other.dev and watch.inode is other.inode
    return not (twice and list_contains(watch.dev.watches, watch) and list_contains(other.dev.watches, other))


@inotify.at_quiescence
def a_user_is_charged_for_devices(user: User) -> bool:
    """Each device holds a reference to its user, beside the one of the user's own processes."""
    devices = atomic_read(user.inotify_devs)
    return atomic_read(user.count) == 1 + devices and (devices > 0 or atomic_read(user.inotify_watches) == 0)


@inotify.at_quiescence
def a_user_is_charged_for_watches(dev: Device, other: Device) -> bool:
    """Judged for every two devices, and for each with itself, which tells something where it is the only one."""
    watches = list_length(dev.watches)
    if dev is not other:
        watches += list_length(other.watches)
    elif atomic_read(dev.user.inotify_devs) > 1:
        return True
    return atomic_read(dev.user.inotify_watches) == watches


@inotify.at_quiescence
def nobody_holds_a_mount(sb: SuperBlock) -> bool:
    return atomic_read(sb.mounts) == 0


@inotify.at_quiescence
def no_inode_is_busy_after_umount(inode: Inode) -> bool:
    return live(inode.i_sb) and (atomic_read(inode.i_sb.active) == 1 or atomic_read(inode.i_count) == 0)


# --- scenarios --------------------------------------------------------------------------------------------------------


class World:
    """What stands before the threads start: inodes, devices, and a watch of every device on every inode.

    An inode is `pinned` where somebody has a dentry of it in use that no thread needs. A device that no thread closes
    stays open.
    """

    def __init__(
        self,
        m: Scenario,
        *,
        pinned: Sequence[bool] = (False, False),
        directories: Sequence[int] = (),
        child: int | None = None,
        lookups: Sequence[int] = (),
        unwatched: Sequence[int] = (),
        superblocks: int = 1,
        devices: int = 1,
        closed: int = 0,
        max_events: int = 1,
        oneshot: bool = False,
        oldest_first: bool = False,
        users: int = 0,
    ) -> None:
        """There is an inode for each item of `pinned`; they are spread over the superblocks in turn.

        `directories` are the inodes with a file in use in them, whose own inode is number `child` or not modelled;
        `lookups` those that threads have looked up by a path, once for each; `unwatched` those that the last device
        does not watch; `users` how many threads have the file open, which nobody else has. Release begins with the last
        inode's watch, unless `oldest_first`.
        """
        inodes = len(pinned)
        watched = [[n for n in range(inodes) if d < devices - 1 or n not in unwatched] for d in range(devices)]
        user = m.new(User, count=1 + devices, inotify_devs=devices, inotify_watches=sum(map(len, watched)))
        m.keep(user)
        self.superblocks = [
            m.new(SuperBlock, active=1, mounts=users + sum(n % superblocks == number for n in lookups))
            for number in range(superblocks)
        ]
        self.inodes = []
        for number, is_pinned in enumerate(pinned):
            sb = self.superblocks[number % superblocks]
            has_dentry = number in directories or number in lookups
            watches = sum(number in on_device for on_device in watched)
            inode = m.new(Inode, i_count=watches + is_pinned + has_dentry + (number == child), i_sb=sb)
            m.link(inode.i_sb_list, sb.s_inodes)
            if is_pinned:
                m.keep(inode)
            self.inodes.append(inode)
        self.dentries = {
            number: m.new(Dentry, d_count=(number in directories) + lookups.count(number), d_inode=self.inodes[number])
            for number in sorted({*directories, *lookups})
        }
        self.children = {
            number: m.new(
                Dentry,
                d_count=users or 1,
                d_parent=self.dentries[number],
                d_inode=NULL if child is None else self.inodes[child],
            )
            for number in dict.fromkeys(directories)
        }
        if not users:
            for dentry in self.children.values():
                m.keep(dentry)
        self.devices = []
        for number, on_device in enumerate(watched):
            # That 2005 has 0 in last_wd where there are two watches is passed over: it can only hide a finding there.
            dev = m.new(
                Device,
                count=1 + len(on_device),
                user=user,
                max_events=max_events,
                last_wd=on_device[-1],
                given=sum(1 << wd for wd in on_device),
            )
            if number >= closed:
                m.keep(dev)
            in_order: list[Watch] = []
            for wd in on_device:
                # The last inode's watch on the first device is the one that one event uses up.
                once = oneshot and number == 0 and wd == on_device[-1]
                mask = Ev.MODIFY | Ev.ONESHOT if once else Ev.MODIFY
                watch = m.new(Watch, count=1, dev=dev, inode=self.inodes[wd], wd=wd, mask=mask)
                m.idr_set(dev.idr, wd, watch)
                m.link(watch.i_list, self.inodes[wd].inotify_watches)
                in_order.append(watch)
            # A new watch is put in front of the others of its device, which says nothing of the order of the inodes.
            for watch in in_order if oldest_first else reversed(in_order):
                m.link(watch.d_list, dev.watches)
            self.devices.append(dev)


def enter(m: Scenario, world: World, path: str, thread: str, target: int, name: Name = Name.NONE) -> None:
    """A thread that enters `path`. An event happens to (or in), and an ignore or add_watch is for, inode `target`."""
    match path:
        case "release":
            m.thread(thread, inotify_release, world.devices[0])
        case "ignore":
            m.thread(thread, inotify_ignore, world.devices[-1], target)
        case "event":
            m.thread(thread, inotify_inode_queue_event, world.inodes[target], Ev.MODIFY, 0, name)
        case "parent":
            m.thread(thread, inotify_dentry_parent_queue_event, world.children[target], Ev.MODIFY, 0, name)
        case "add_watch":
            sb = world.superblocks[target % len(world.superblocks)]
            m.thread(thread, sys_inotify_add_watch, world.devices[-1], world.dentries[target], sb, Ev.MODIFY)
        case "invalidate":
            m.thread(thread, invalidate_inodes, world.superblocks[0])
        case "unmount":
            m.thread(thread, generic_shutdown_super, world.superblocks[0])


def pair(
    m: Scenario,
    paths: tuple[str, str],
    inodes: int,
    oneshot: bool = False,
    oldest_first: bool = False,
    new: bool = False,
    name: Name = Name.NONE,
) -> None:
    """Two paths on one device. Where both have a target they get the first and the last inode, else it is the last.

    A path is looked up on an open device; another one than release closes. If `new`, the last inode is not watched by
    that device.
    """
    first, second = paths
    targets = [inodes - 1, inodes - 1]
    if second in ("ignore", "event", "parent", "add_watch"):
        targets[0] = 0
    if new:
        targets = [0 if path == "ignore" else inodes - 1 for path in paths]
    targeted = list(zip(paths, targets, strict=True))
    world = World(
        m,
        # Whoever causes an event holds a dentry, and thereby the inode.
        pinned=[("event", inode) in targeted for inode in range(inodes)],
        directories=[target for path, target in targeted if path == "parent"],
        lookups=[target for path, target in targeted if path == "add_watch"],
        unwatched=[inodes - 1] if new else [],
        devices=2 if paths == ("release", "add_watch") else 1,
        closed=int(first == "release"),
        max_events=inodes,  # with one inode the second event overflows, with two the third
        oneshot=oneshot,
        oldest_first=oldest_first,
    )
    threads = (f"{first} 1", f"{second} 2") if first == second else paths
    for (path, target), thread in zip(targeted, threads, strict=True):
        enter(m, world, path, thread, target, name)


# The pairs that the environment lets run together. `parent` is an event that is told to the directory. `unmount` is
# inotify_unmount_inodes in an umount, which takes MS_ACTIVE away first, and no dentry of the superblock is left;
# `invalidate` is the same in __invalidate_device, on a superblock that stays mounted. The other pairs cannot be:
#   release-release      a file is released once;
#   release-ignore       a system call on the file holds a reference to it, and release comes after the last put
#                        (release-add_watch has two devices for the same reason);
#   event-unmount        whoever causes an event holds a mount, and umount starts after the last one has gone;
#   parent-unmount       the same;
#   add_watch-unmount    the same: a path that was looked up holds a mount;
#   unmount-unmount      a superblock is shut down once;
#   unmount-invalidate   umount holds s_umount for writing, __invalidate_device for reading.
PAIRS = [
    ("release", "event"),
    ("release", "parent"),
    ("release", "add_watch"),
    ("release", "unmount"),
    ("release", "invalidate"),
    ("ignore", "ignore"),
    ("ignore", "event"),
    ("ignore", "parent"),
    ("ignore", "add_watch"),
    ("ignore", "unmount"),
    ("ignore", "invalidate"),
    ("event", "event"),
    ("event", "parent"),
    ("event", "add_watch"),
    ("event", "invalidate"),
    ("parent", "parent"),
    ("parent", "add_watch"),
    ("parent", "invalidate"),
    ("add_watch", "add_watch"),
    ("add_watch", "invalidate"),
    ("invalidate", "invalidate"),
]

for paths in PAIRS:
    both = "-".join(paths)
    inotify.add_scenario(f"{both}/one-inode", partial(pair, paths=paths, inodes=1), "One device watches one inode.")
    inotify.add_scenario(
        f"{both}/two-inodes",
        partial(pair, paths=paths, inodes=2),
        "One device watches two inodes of one superblock.",
    )
    if paths[0] == "release" and paths[1] in ("unmount", "invalidate"):
        inotify.add_scenario(
            f"{both}/same-order",
            partial(pair, paths=paths, inodes=2, oldest_first=True),
            "One device watches two inodes, to which both paths come in the same order.",
        )
    if "event" in paths or "parent" in paths:
        inotify.add_scenario(
            f"{both}/one-shot",
            partial(pair, paths=paths, inodes=1, oneshot=True),
            "One device watches one inode for one event.",
        )
    if "add_watch" in paths:
        inotify.add_scenario(
            f"{both}/new",
            partial(pair, paths=paths, inodes=2, new=True),
            "One device watches the first of two inodes, and begins to watch the last.",
        )
inotify.add_scenario(
    "event-event/named",
    partial(pair, paths=("event", "event"), inodes=1, name=Name.A),
    "The same name is changed twice in a watched directory.",
)


@inotify.path
def write_twice(inode: Inode) -> None:
    """Not of fs/inotify.c: a program that writes to a file, and again."""
    inotify_inode_queue_event(inode, Ev.MODIFY, 0, Name.NONE)
    inotify_inode_queue_event(inode, Ev.MODIFY, 0, Name.NONE)


def event_in_between(m: Scenario) -> None:
    world = World(m, pinned=[True, True], max_events=2)
    m.thread("writer", write_twice, world.inodes[0])
    enter(m, world, "event", "event", 1)


inotify.add_scenario(
    "event-event/in-between",
    event_in_between,
    "One file is written to twice, and maybe another one in between: a repetition is dropped only if it is one.",
)


@inotify.path
def rename_and_reclaim(dentry: Dentry, directory: Dentry, sb: SuperBlock) -> None:
    """Not of fs/inotify.c: d_move to a directory that was looked up; then memory is short, and the old one is unused.

    Its dentry and its inode leave the cache, as shrink_dcache_memory and shrink_icache_memory have it.
    """
    dget(directory)
    spin_lock(dcache_lock)
    spin_lock(dentry.d_lock)
    old = dentry.d_parent
    dentry.d_parent = directory
    spin_unlock(dentry.d_lock)
    spin_unlock(dcache_lock)
    dput(old)
    path_release(directory, sb)
    spin_lock(dcache_lock)
    spin_lock(old.d_lock)
    if atomic_read(old.d_count):
        spin_unlock(old.d_lock)
        spin_unlock(dcache_lock)
        return
    inode = old.d_inode
    old.d_inode = NULL
    spin_unlock(old.d_lock)
    spin_unlock(dcache_lock)
    iput(inode)
    down(iprune_sem)
    spin_lock(inode_lock)
    unused = atomic_read(inode.i_count) == 0
    if unused:
        list_del(inode.i_sb_list)
        inode.i_state |= IState.FREEING
    spin_unlock(inode_lock)
    if unused:
        kfree(inode)
    up(iprune_sem)


def moved_away(m: Scenario, oneshot: bool) -> None:
    """One device watches the old directory, which no one but the moved file and the watch holds."""
    world = World(m, directories=[0], lookups=[1], unwatched=[1], oneshot=oneshot)
    enter(m, world, "parent", "parent", 0)
    m.thread("rename", rename_and_reclaim, world.children[0], world.dentries[1], world.superblocks[0])


inotify.add_scenario(
    "parent-rename/watched",
    partial(moved_away, oneshot=False),
    "A file is moved out of a watched directory while the directory is told of an event in it.",
)
inotify.add_scenario(
    "parent-rename/one-shot",
    partial(moved_away, oneshot=True),
    "The same where the event uses up the watch: then only the parent that was got keeps the directory's inode.",
)


def wd_in_between(m: Scenario) -> None:
    world = World(m, pinned=[True, False], lookups=[1], unwatched=[1], oneshot=True)
    enter(m, world, "ignore", "ignore", 0)
    enter(m, world, "event", "event", 0)
    enter(m, world, "add_watch", "add_watch", 1)


inotify.add_scenario(
    "ignore-event/add_watch",
    wd_in_between,
    "A watch is removed by its wd and used up by an event, while another inode begins to be watched.",
)


def all_four(m: Scenario, last: str, superblocks: int, others: tuple[str, ...]) -> None:
    """Release closes one device, ignore is for the other; the event happens to the inode that is in use.

    Of the others, `parent` is told to the directory of that inode or, where that would be unmounted, to the inode
    itself as a directory; `add_watch` is for the device that stays open and for that directory.
    """
    directory = superblocks - 1
    world = World(
        m,
        pinned=[False, True],
        directories=[directory] if "parent" in others else [],
        lookups=[directory] if "add_watch" in others else [],
        superblocks=superblocks,
        devices=2,
        closed=1,
        max_events=2 if others else 1,
        oneshot=True,
    )
    enter(m, world, "release", "release", 0)
    enter(m, world, "ignore", "ignore", 0)
    enter(m, world, "event", "event", 1)
    for other in others:
        enter(m, world, other, other, directory)
    enter(m, world, last, last, 0)


OTHERS: dict[str, tuple[str, ...]] = {"four": (), "five": ("parent",), "six": ("parent", "add_watch")}
"""Who runs beside the four, by how many they are then."""

for number, others in OTHERS.items():
    inotify.add_scenario(
        f"{number}-threads-unmount",
        partial(all_four, last="unmount", superblocks=2, others=others),
        "Two devices watch two inodes, the one that is not in use on a superblock that is being unmounted.",
    )

inotify.add_scenario(
    "four-threads-invalidate",
    partial(all_four, last="invalidate", superblocks=1, others=()),
    "Two devices watch two inodes of one superblock, which stays mounted.",
)


# The life of a mount, not of fs/inotify.c: whoever causes an event has the file open until then, which holds the mount
# and the file's dentry, which holds its directory's; umount comes when nobody holds the mount any more.


@inotify.path
def write_and_close(dentry: Dentry, sb: SuperBlock) -> None:
    inotify_inode_queue_event(dentry.d_inode, Ev.MODIFY, 0, Name.NONE)
    path_release(dentry, sb)


@inotify.path
def tell_the_directory_and_close(dentry: Dentry, sb: SuperBlock) -> None:
    inotify_dentry_parent_queue_event(dentry, Ev.MODIFY, 0, Name.NONE)
    path_release(dentry, sb)


@inotify.path
def umount(sb: SuperBlock, dentry: Dentry, root: Dentry) -> None:
    """While somebody holds the mount it is busy, and an umount fails or waits: neither touches anything of inotify."""
    await_(atomic_read(sb.mounts) == 0)
    # The dentries are killed, the file's before its directory's.
    dentry_iput(dentry)
    dentry_iput(root)
    generic_shutdown_super(sb)


def one_mount(m: Scenario, add_watch: bool) -> None:
    """Inode 0 is the directory and the root, inode 1 the file in it, for which ignore and add_watch are."""
    world = World(m, directories=[0], child=1, users=2 + add_watch, devices=2, closed=1, max_events=2, oneshot=True)
    sb, root, dentry = world.superblocks[0], world.dentries[0], world.children[0]
    enter(m, world, "release", "release", 1)
    enter(m, world, "ignore", "ignore", 1)
    m.thread("event", write_and_close, dentry, sb)
    m.thread("parent", tell_the_directory_and_close, dentry, sb)
    if add_watch:
        m.thread("add_watch", sys_inotify_add_watch, world.devices[1], dentry, sb, Ev.MODIFY)
    m.thread("unmount", umount, sb, dentry, root)


inotify.add_scenario(
    "five-threads",
    partial(one_mount, add_watch=False),
    "Two devices watch a directory and the file in it: writers tell both, release and ignore remove watches at any "
    "time, and umount the rest of them as soon as the writers have closed the file.",
)
inotify.add_scenario(
    "six-threads",
    partial(one_mount, add_watch=True),
    "As five-threads; the open device begins to watch the file or changes its watch, for which its path is looked up: "
    "that holds the mount, too.",
)
