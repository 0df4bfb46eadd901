"""The model, its switches, and the types of the file; the VFS's own types with what inotify adds to them.

The order that the comment at line 51 of the file declares: its indentation puts inode_lock and inotify_sem side by side
below iprune_sem, and a dentry's d_lock beside iprune_sem; nothing of the file's own is taken under a d_lock.
"""

from __future__ import annotations

from typing import Annotated, Final

from linux26 import objects
from linux26.ground import allocation_fails, inode_lock, signals, two_move_up, vfs
from linux26.objects import Text

from lockmodel import (
    Atomic,
    Flags,
    Idr,
    Ledger,
    ListEntry,
    ListHead,
    Model,
    Range,
    Record,
    RefCount,
    Semaphore,
    Struct,
    WaitQueue,
    atomic,
    field,
    idr_of,
    ledger,
    list_of,
)

inotify = Model(
    "inotify",
    source="fs/inotify.c",
    as_written="2005",
    uses=[vfs],
    hierarchy=[["iprune_sem", "inode_lock"], ["iprune_sem", "Inode.inotify_sem", "Device.sem"]],
    signals=signals,
    two_move_up=two_move_up,
)

keeps_oneshot = inotify.switch("keeps_oneshot", False, "add_watch keeps IN_ONESHOT, which line 951 takes away")


# --- values -----------------------------------------------------------------------------------------------------------

Wd = Annotated[int, Range(-1, 2)]
Wds = Annotated[int, Range(0, 7)]
"""A set of wds: bit n is for wd n."""
Cookie = Annotated[int, Range(0, 2)]
Length = Annotated[int, Range(0, 1)]
EventCount = Annotated[int, Range(0, 4)]
QueueSize = Annotated[int, Range(0, 8)]
Limit = Annotated[int, Range(0, 4)]

MAX_USER_INSTANCES = 2
MAX_USER_WATCHES = 3
MAX_QUEUED_EVENTS = 3

SIZEOF_EVENT = 1
"""The size of an event without a name; a name adds 1."""


class Ev(Flags):
    MODIFY = 1
    CLOSE = 2
    MOVED_FROM = 4
    MOVED_TO = 8
    DELETE_SELF = 16
    UNMOUNT = 32
    Q_OVERFLOW = 64
    IGNORED = 128
    ONESHOT = 256


ALL_EVENTS: Final = Ev.MODIFY | Ev.CLOSE | Ev.MOVED_FROM | Ev.MOVED_TO | Ev.DELETE_SELF
"""What a program may ask for, beside ONESHOT, which is no event."""


# --- what inotify adds to the VFS -------------------------------------------------------------------------------------


class User(objects.User):
    inotify_watches: Atomic = atomic(0, 6)
    inotify_devs: Atomic = atomic(0, 6)


class Inode(objects.Inode):
    inotify_sem: Semaphore
    inotify_watches: ListHead[Watch] = list_of("i_list", guarded_by="inotify_sem")
    telling: Text = field(ghost=True)  # the name in the event that is being told, as it read when it happened


class SuperBlock(objects.SuperBlock):
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)


class Dentry(objects.Dentry):
    d_inode: Inode = field(counted="i_count")
    d_parent: Dentry = field(guarded_by="d_lock", counted="d_count")


class File(objects.File):
    private_data: Device = field(counted="count")


# --- the file's own types ---------------------------------------------------------------------------------------------


class UserEvent(Record):
    wd: Wd
    mask: Ev
    cookie: Cookie
    len: Length


class KernelEvent(Struct):
    event: UserEvent
    list: ListEntry
    name: Text  # its own copy of the name
    taken: bool  # for a repair: it is being copied to user space
    watch: Watch = field(ghost=True)  # whose event it is


class IdrLayer(Struct):
    """Memory of an idr, which it keeps for later when ids are given back."""


class Device(Struct):
    wq: WaitQueue
    idr: Idr[Watch] = idr_of(3, guarded_by="sem")
    idr_layer: IdrLayer
    sem: Semaphore
    events: ListHead[KernelEvent] = list_of("list", guarded_by="sem")
    watches: ListHead[Watch] = list_of("d_list", guarded_by="sem", counted="count")
    read_sem: Semaphore  # for a repair: serialises readers
    count: RefCount
    user: User = field(constant=True, counted="count")
    queue_size: QueueSize = field(guarded_by="sem")
    event_count: EventCount = field(guarded_by="sem")
    max_events: EventCount = field(constant=True)
    last_wd: Wd = field(guarded_by="sem")
    promises: Ledger[Watch, KernelEvent, Ev, Cookie, Text] = ledger(capacity=10)
    closed: bool = field(ghost=True)  # nobody can read it any more
    last_watch: Watch = field(ghost=True)  # of the event that the reader took last
    last_mask: Ev = field(ghost=True)
    last_cookie: Cookie = field(ghost=True)
    last_name: Text = field(ghost=True)
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
    once: bool = field(ghost=True)  # one event was asked for
    spent: bool = field(ghost=True)  # and that one has happened
    parted: bool = field(ghost=True)  # it is owed, or was told, that it is no more


class KmemCache(Struct):
    """A slab cache as setup makes it; it is there, or the pointer to it is null."""

    objects: Annotated[int, Range(0, 1)]


class Globals(Struct):
    inotify_cookie: Atomic = atomic(0, 2)
    watch_cachep: KmemCache
    event_cachep: KmemCache
    max_user_instances: Limit
    max_user_watches: Limit
    max_queued_events: EventCount


watch_cache = inotify.object(KmemCache, "inotify_watch_cache", objects=1)
event_cache = inotify.object(KmemCache, "inotify_event_cache", objects=1)
file_c = inotify.object(
    Globals,
    "file_c",
    watch_cachep=watch_cache,
    event_cachep=event_cache,
    max_user_instances=MAX_USER_INSTANCES,
    max_user_watches=MAX_USER_WATCHES,
    max_queued_events=MAX_QUEUED_EVENTS,
)
watch_cachep = inotify.cache(Watch, capacity=2, may_fail=allocation_fails)
event_cachep = inotify.cache(KernelEvent, capacity=8, may_fail=allocation_fails)
device_cachep = inotify.cache(Device, capacity=1, may_fail=allocation_fails)
idr_layer_cachep = inotify.cache(IdrLayer, capacity=1, may_fail=allocation_fails)
kmem_caches = inotify.cache(KmemCache, capacity=2)
