"""Claim: inotify of Linux 2.6.13-rc6 can remove one watch from four sides at once. As written in 2005 it cannot.

The model is `fs/inotify.c` (git blob 27ebcac5), statement for statement; a trailing `# 805` is the line of that file
which a statement stands for. Four paths are here with everything that they call: `inotify_unmount_inodes` (as
`invalidate_inodes` calls it), `inotify_release`, `inotify_ignore` and `inotify_inode_queue_event`. What they call in
the rest of the kernel is modelled as 2.6.13 has it, as far as locks, counts and lifetimes go.

Designs: `2005` is the file as it is. `repaired` changes five procedures, each for the reason that its docstring gives,
and every scenario is verified in it.

Bounds: every pair of the four paths that the environment lets run together, on one device with one inode and on one
device with two inodes of one superblock, and all four paths on two devices with two inodes; queues of one or two
events (overflow, coalescing); watches with and without IN_ONESHOT.

Left out: adding watches and reading (no event is taken off a queue but by release); names are compared, their memory is
not modelled; what an umount does after inotify_unmount_inodes, unless the switch `umount_ends` is on; what an
allocation does to find memory, unless the switch `reclaim` is on; the wake-up half of up().

Not repaired: release and ignore pin an inode, by way of its watch, while they hold no lock, and an umount may end
meanwhile and free the superblock, which their iput then uses. The switch `umount_ends` shows it in both designs. The
mend goes beyond this file: to hold the superblock from the moment that the watch is got.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from lockmodel import (
    EINVAL,
    GFP_KERNEL,
    INIT_LIST_HEAD,
    NULL,
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
    Struct,
    WaitQueue,
    atomic,
    atomic_dec,
    atomic_dec_and_lock,
    atomic_dec_and_test,
    atomic_inc,
    atomic_read,
    atomic_set,
    choose,
    data_race,
    down,
    field,
    idr_find,
    idr_of,
    idr_remove,
    kfree,
    kmem_cache_alloc,
    kmem_cache_free,
    likely,
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
# side below iprune_sem. Nothing of what is modelled takes a dentry's d_lock, which the comment sets above them all.
inotify = Model(
    "inotify",
    source="fs/inotify.c",
    as_written="2005",
    hierarchy=[["iprune_sem", "inode_lock"], ["iprune_sem", "Inode.inotify_sem", "Device.sem"]],
)
iprune_sem = inotify.semaphore("iprune_sem")
inode_lock = inotify.spinlock("inode_lock")

reclaim = inotify.switch(
    "reclaim", False, "a GFP_KERNEL allocation of an event may enter shrink_icache_memory, which takes iprune_sem"
)
allocation_fails = inotify.switch("allocation_fails", False, "the allocation of an event may give NULL")
umount_ends = inotify.switch(
    "umount_ends", False, "umount disposes of the inodes with count 0, then frees the superblock whatever remains"
)


# --- data -------------------------------------------------------------------------------------------------------------

Wd = Annotated[int, Range(-1, 1)]
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
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)


class Inode(Struct):
    i_count: RefCount = refcount(zero_is_cached=True)
    i_state: IState = field(guarded_by=inode_lock)
    i_sb: SuperBlock = field(constant=True)
    i_sb_list: ListEntry
    inotify_sem: Semaphore
    inotify_watches: ListHead[Watch] = list_of("i_list", guarded_by="inotify_sem")


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
    idr: Idr[Watch] = idr_of(2, guarded_by="sem")
    sem: Semaphore
    events: ListHead[KernelEvent] = list_of("list", guarded_by="sem")
    watches: ListHead[Watch] = list_of("d_list", guarded_by="sem", counted="count")
    count: RefCount
    user: User = field(constant=True, counted="count")
    queue_size: QueueSize = field(guarded_by="sem")
    event_count: EventCount = field(guarded_by="sem")
    max_events: EventCount = field(constant=True)
    newest: KernelEvent = field(ghost=True)  # the event that was queued last, while it is still on the queue
    closed: bool = field(ghost=True)  # inotify_release has let go of it
    ignored: Annotated[int, Range(0, 3)] = field(ghost=True)  # bit n: inotify_ignore has returned for wd n


class Watch(Struct):
    d_list: ListEntry
    i_list: ListEntry
    count: RefCount
    dev: Device = field(constant=True, counted="count")
    inode: Inode = field(constant=True, counted="i_count")
    wd: Wd = field(constant=True)
    mask: Ev = field(guarded_by="inode.inotify_sem")


watch_cachep = inotify.cache(Watch, capacity=1)  # no path here allocates one
event_cachep = inotify.cache(KernelEvent, capacity=4, may_fail=allocation_fails)


# --- the VFS below it: no lines of fs/inotify.c -----------------------------------------------------------------------


@inotify.procedure(holds=["inode_lock"], helper=True)
def __iget(inode: Inode) -> None:
    atomic_inc(inode.i_count)


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
def reclaim_for_an_event() -> None:
    """What an allocation with the flags of kernel_event may do before it succeeds: GFP_KERNEL allows it everything."""
    if reclaim:
        if choose(False, True):
            shrink_icache_memory()


# --- references -------------------------------------------------------------------------------------------------------


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
    reclaim_for_an_event()  # 210
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


# --- the four paths ---------------------------------------------------------------------------------------------------


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
        up(dev.sem)  # 808
        dev.ignored |= 1 << wd
        return -EINVAL  # 809
    get_inotify_watch(watch)  # 811
    inode = watch.inode  # 812
    up(dev.sem)  # 813
    down(inode.inotify_sem)  # 815
    down(dev.sem)  # 816
    watch = idr_find(dev.idr, wd)  # 819
    if likely(watch):  # 820
        remove_watch(watch, dev)  # 821
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    dev.ignored |= 1 << wd
    return 0  # 827


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


@inotify.design("repaired", replaces=reclaim_for_an_event)
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
        up(dev.sem)  # 808
        dev.ignored |= 1 << wd
        return -EINVAL  # 809
    get_inotify_watch(watch)  # 811
    inode = watch.inode  # 812
    up(dev.sem)  # 813
    down(inode.inotify_sem)  # 815
    down(dev.sem)  # 816
    if likely(idr_find(dev.idr, wd) is watch):  # 819
        remove_watch(watch, dev)  # 821
    up(dev.sem)  # 823
    up(inode.inotify_sem)  # 824
    put_inotify_watch(watch)  # 825
    dev.ignored |= 1 << wd
    return 0  # 827


# --- claims -----------------------------------------------------------------------------------------------------------


@inotify.invariant(outside=["Device.sem"])
def the_queue_is_counted_and_bounded(dev: Device) -> bool:
    """One event more than the maximum: the one that tells of the overflow. A name may add to an event's size."""
    count, size = dev.event_count, dev.queue_size
    sized = SIZEOF_EVENT * count <= size and size <= (SIZEOF_EVENT + 1) * count
    return sized and count == list_length(dev.events) and count <= dev.max_events + 1


@inotify.invariant(outside=["Inode.inotify_sem", "Device.sem"])
def a_watch_is_in_all_three_places_or_in_none(watch: Watch) -> bool:
    """Judged while there are references to the watch: without one it is on its way out, and its inode goes first."""
    if atomic_read(watch.count) == 0:
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
def no_inode_is_busy_after_umount(inode: Inode) -> bool:
    return live(inode.i_sb) and (atomic_read(inode.i_sb.active) == 1 or atomic_read(inode.i_count) == 0)


# --- scenarios --------------------------------------------------------------------------------------------------------


class World:
    """What stands before the threads start: inodes, devices, and a watch of every device on every inode.

    An inode is `pinned` where somebody has a dentry of it in use. A device that no thread closes stays open.
    """

    def __init__(
        self,
        m: Scenario,
        *,
        pinned: list[bool],
        superblocks: int = 1,
        devices: int = 1,
        closed: int = 0,
        max_events: int = 1,
        oneshot: bool = False,
        oldest_first: bool = False,
    ) -> None:
        """There is an inode for each item of `pinned`; they are spread over the superblocks in turn.

        Release begins with the last inode's watch, unless `oldest_first`.
        """
        inodes = len(pinned)
        user = m.new(User, count=1 + devices, inotify_devs=devices, inotify_watches=devices * inodes)
        m.keep(user)
        self.superblocks = [m.new(SuperBlock, active=1) for _ in range(superblocks)]
        self.inodes = []
        for number, is_pinned in enumerate(pinned):
            sb = self.superblocks[number % superblocks]
            inode = m.new(Inode, i_count=devices + is_pinned, i_sb=sb)
            m.link(inode.i_sb_list, sb.s_inodes)
            if is_pinned:
                m.keep(inode)
            self.inodes.append(inode)
        self.devices = []
        for number in range(devices):
            dev = m.new(Device, count=1 + inodes, user=user, max_events=max_events)
            if number >= closed:
                m.keep(dev)
            watches: list[Watch] = []
            for wd, inode in enumerate(self.inodes):
                # The last inode's watch on the first device is the one that one event uses up.
                once = oneshot and number == 0 and wd == inodes - 1
                mask = Ev.MODIFY | Ev.ONESHOT if once else Ev.MODIFY
                watch = m.new(Watch, count=1, dev=dev, inode=inode, wd=wd, mask=mask)
                m.idr_set(dev.idr, wd, watch)
                m.link(watch.i_list, inode.inotify_watches)
                watches.append(watch)
            # A new watch is put in front of the others of its device, which says nothing of the order of the inodes.
            for watch in watches if oldest_first else reversed(watches):
                m.link(watch.d_list, dev.watches)
            self.devices.append(dev)


def enter(m: Scenario, world: World, path: str, thread: str, target: int, name: Name = Name.NONE) -> None:
    """A thread that enters `path`. An event happens to, and an ignore is for, inode number `target`."""
    match path:
        case "release":
            m.thread(thread, inotify_release, world.devices[0])
        case "ignore":
            m.thread(thread, inotify_ignore, world.devices[-1], target)
        case "event":
            m.thread(thread, inotify_inode_queue_event, world.inodes[target], Ev.MODIFY, 0, name)
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
    name: Name = Name.NONE,
) -> None:
    """Two paths on one device. Where both have a target they get the first and the last inode, else it is the last."""
    first, second = paths
    targets = [inodes - 1, inodes - 1]
    if second in ("ignore", "event"):
        targets[0] = 0
    # Whoever causes an event holds a dentry, and thereby the inode.
    pinned = [any(p == "event" and t == i for p, t in zip(paths, targets, strict=True)) for i in range(inodes)]
    world = World(
        m,
        pinned=pinned,
        closed=int(first == "release"),
        max_events=inodes,  # with one inode the second event overflows, with two the third
        oneshot=oneshot,
        oldest_first=oldest_first,
    )
    threads = (f"{first} 1", f"{second} 2") if first == second else paths
    for path, thread, target in zip(paths, threads, targets, strict=True):
        enter(m, world, path, thread, target, name)


# The pairs that the environment lets run together. `unmount` is inotify_unmount_inodes in an umount, which takes
# MS_ACTIVE away first, and no dentry of the superblock is left; `invalidate` is the same in __invalidate_device, on a
# superblock that stays mounted. The other pairs cannot be:
#   release-release      a file is released once;
#   release-ignore       a system call on the file holds a reference to it, and release comes after the last put;
#   event-unmount        whoever causes an event holds a mount, and umount starts after the last one has gone;
#   unmount-unmount      a superblock is shut down once;
#   unmount-invalidate   umount holds s_umount for writing, __invalidate_device for reading.
PAIRS = [
    ("release", "event"),
    ("release", "unmount"),
    ("release", "invalidate"),
    ("ignore", "ignore"),
    ("ignore", "event"),
    ("ignore", "unmount"),
    ("ignore", "invalidate"),
    ("event", "event"),
    ("event", "invalidate"),
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
    if paths[0] == "release" and "event" not in paths:
        inotify.add_scenario(
            f"{both}/same-order",
            partial(pair, paths=paths, inodes=2, oldest_first=True),
            "One device watches two inodes, to which both paths come in the same order.",
        )
    if "event" in paths:
        inotify.add_scenario(
            f"{both}/one-shot",
            partial(pair, paths=paths, inodes=1, oneshot=True),
            "One device watches one inode for one event.",
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


def all_four(m: Scenario, last: str, superblocks: int) -> None:
    """Release closes one device, ignore is for the other; the event happens to the inode that is in use."""
    world = World(m, pinned=[False, True], superblocks=superblocks, devices=2, closed=1, oneshot=True)
    enter(m, world, "release", "release", 0)
    enter(m, world, "ignore", "ignore", 0)
    enter(m, world, "event", "event", 1)
    enter(m, world, last, last, 0)


inotify.add_scenario(
    "four-threads-unmount",
    partial(all_four, last="unmount", superblocks=2),
    "Two devices watch two inodes, the one that is not in use on a superblock that is being unmounted.",
)
inotify.add_scenario(
    "four-threads-invalidate",
    partial(all_four, last="invalidate", superblocks=1),
    "Two devices watch two inodes of one superblock, which stays mounted.",
)
