"""System calls, and setup: lines 857 to 1055."""

from __future__ import annotations

from linux26.dcache import dput
from linux26.file import fd_install, fget_light, fput_light, sys_close
from linux26.objects import Descriptor, Mm, filp_cachep
from linux26.user import free_uid, get_uid

from fs_inotify import promise
from fs_inotify.base import (
    ALL_EVENTS,
    MAX_QUEUED_EVENTS,
    MAX_USER_INSTANCES,
    MAX_USER_WATCHES,
    Dentry,
    Device,
    Ev,
    File,
    KmemCache,
    User,
    device_cachep,
    file_c,
    inotify,
    keeps_oneshot,
    kmem_caches,
)
from fs_inotify.device import inotify_ignore, inotify_ioctl, inotify_poll, inotify_read
from fs_inotify.events import inotify_inode_queue_event
from fs_inotify.queue import before_an_allocation, get_inotify_dev
from fs_inotify.watches import create_watch, inode_find_dev
from lockmodel import (
    EBADF,
    EINVAL,
    EMFILE,
    ENFILE,
    ENOMEM,
    GFP_KERNEL,
    INIT_LIST_HEAD,
    IS_ERR,
    NULL,
    PTR_ERR,
    atomic_inc,
    atomic_read,
    atomic_set,
    down,
    idr_init,
    init_waitqueue_head,
    kfree,
    kmem_cache_alloc,
    kmem_cache_zalloc,
    list_add,
    sema_init,
    unlikely,
    up,
)


@inotify.procedure(helper=True)
def user_may_have_a_device(user: User) -> bool:
    """The file has no such function: a name for line 875, which a repair changes."""
    return atomic_read(user.inotify_devs) < file_c.max_user_instances  # 875


@inotify.procedure(helper=True)
def charge_user_for_a_device(user: User) -> None:
    """Nor such a one: line 908."""
    atomic_inc(user.inotify_devs)  # 908


@inotify.procedure(helper=True)
def uncharge_user_for_a_device(user: User) -> None:
    """Not of the file: a device that was not made after all."""


@inotify.procedure(helper=True)
def file_of(fd: Descriptor) -> File:
    """fget_light, with what inotify knows of a file."""
    return fget_light(fd)  # type: ignore[return-value]


# The descriptor is the caller's, and free.
@inotify.path
def sys_inotify_init(fd: Descriptor, user: User) -> int:
    before_an_allocation()  # 868
    filp: File = kmem_cache_zalloc(filp_cachep, GFP_KERNEL)  # type: ignore[assignment]  # 868
    if not filp:  # 869
        return -ENFILE  # 870
    atomic_set(filp.f_count, 1)  # 868
    get_uid(user)  # 874
    if unlikely(not user_may_have_a_device(user)):  # 875
        free_uid(user)  # 913
        kfree(filp)  # 914
        return -EMFILE  # 877
    before_an_allocation()  # 881
    dev: Device = kmem_cache_alloc(device_cachep, GFP_KERNEL)  # 881
    if unlikely(not dev):  # 882
        uncharge_user_for_a_device(user)
        free_uid(user)  # 913
        kfree(filp)  # 914
        return -ENOMEM  # 883
    filp.private_data = dev  # 893
    idr_init(dev.idr)  # 895
    dev.idr_layer = NULL  # 895
    INIT_LIST_HEAD(dev.events)  # 896
    INIT_LIST_HEAD(dev.watches)  # 897
    init_waitqueue_head(dev.wq)  # 898
    sema_init(dev.sem, 1)  # 899
    dev.event_count = 0  # 900
    dev.queue_size = 0  # 901
    dev.max_events = file_c.max_queued_events  # 902
    dev.user = user  # 903
    dev.last_wd = 0  # 904
    atomic_set(dev.count, 0)  # 905
    promise.nothing_yet(dev)  # 905
    get_inotify_dev(dev)  # 907
    charge_user_for_a_device(user)  # 908
    fd_install(fd, filp)  # 909
    return 0  # 911


# The file has no such function: a name for line 951, which a repair changes.
@inotify.procedure(helper=True)
def flags_kept(mask: Ev) -> Ev:
    if keeps_oneshot:
        return mask & (ALL_EVENTS | Ev.ONESHOT)  # 951
    return mask & ALL_EVENTS  # 951


# From where the path has been looked up: the caller holds its dentry (find_inode, 939). That every descriptor here is
# one of inotify is checked by nobody (934).
@inotify.path
def sys_inotify_add_watch(fd: Descriptor, dentry: Dentry, mask: Ev) -> int:
    filp = file_of(fd)  # 929
    if unlikely(not filp):  # 930
        dput(dentry)
        return -EBADF  # 931
    inode = dentry.d_inode  # 944
    dev = filp.private_data  # 945
    down(inode.inotify_sem)  # 947
    down(dev.sem)  # 948
    asked = mask
    mask = flags_kept(mask)  # 951
    if unlikely(not mask):  # 952
        ret = -EINVAL  # 953
    else:
        old = inode_find_dev(inode, dev)  # 961
        if unlikely(old):  # 962
            old.mask = mask  # 963
            promise.asks(old, asked)  # 963
            ret = old.wd  # 964
        else:
            watch = create_watch(dev, mask, inode)  # 968
            if unlikely(IS_ERR(watch)):  # 969
                ret = PTR_ERR(watch)  # 970
            else:
                promise.asks(watch, asked)  # 976
                list_add(watch.d_list, dev.watches)  # 975
                list_add(watch.i_list, inode.inotify_watches)  # 976
                ret = watch.wd  # 977
    up(dev.sem)  # 979
    up(inode.inotify_sem)  # 980
    dput(dentry)  # 981
    fput_light(filp)  # 983
    return ret  # 984


@inotify.path
def sys_inotify_rm_watch(fd: Descriptor, wd: int) -> int:
    filp = file_of(fd)  # 993
    if unlikely(not filp):  # 994
        return -EBADF  # 995
    dev = filp.private_data  # 1003
    ret = inotify_ignore(dev, wd)  # 1004
    fput_light(filp)  # 1007
    return ret  # 1008


# --- fs/read_write.c, fs/select.c and fs/ioctl.c, as far as they call the file ----------------------------------------


@inotify.path
def sys_read(fd: Descriptor, mm: Mm, count: int) -> int:
    filp = file_of(fd)
    if not filp:
        return -EBADF
    ret = inotify_read(filp, mm, count)
    fput_light(filp)
    return ret


@inotify.path
def sys_poll(fd: Descriptor) -> int:
    filp = file_of(fd)
    if not filp:
        return -EBADF
    ret = inotify_poll(filp)
    fput_light(filp)
    return ret


@inotify.path
def sys_ioctl(fd: Descriptor, mm: Mm) -> int:
    filp = file_of(fd)
    if not filp:
        return -EBADF
    ret = inotify_ioctl(filp, mm)
    fput_light(filp)
    return ret


# --- boot -------------------------------------------------------------------------------------------------------------


@inotify.procedure(helper=True)
def kmem_cache_create() -> KmemCache:
    made = kmem_cache_alloc(kmem_caches, GFP_KERNEL)
    made.objects = 1
    return made


# A program that is started before setup has ended: the descriptor is its own.
@inotify.path
def user_helper(fd: Descriptor, user: User, dentry: Dentry) -> None:
    """Not of the file: what a program does that the kernel starts while it boots."""
    if sys_inotify_init(fd, user) == 0:
        sys_inotify_add_watch(fd, dentry, ALL_EVENTS)
    else:
        dput(dentry)


@inotify.path
def watch_and_close(fd: Descriptor, user: User, dentry: Dentry) -> None:
    """Not of the file: a program that makes a device, watches something, and ends."""
    sys_inotify_init(fd, user)
    sys_inotify_add_watch(fd, dentry, ALL_EVENTS)
    sys_close(fd)


@inotify.path
def watch_for_one_event(fd: Descriptor, dentry: Dentry, opened: Dentry) -> None:
    """Not of the file: a program that asks for one event, and two different ones that happen."""
    sys_inotify_add_watch(fd, dentry, Ev.MODIFY | Ev.CLOSE | Ev.ONESHOT)
    inotify_inode_queue_event(opened.d_inode, Ev.MODIFY, 0, NULL)
    inotify_inode_queue_event(opened.d_inode, Ev.CLOSE, 0, NULL)
    dput(opened)


# Lines 1033 to 1039, which make the file system of the devices' files, are left out: nothing here uses it.
@inotify.path
def inotify_setup() -> int:
    file_c.max_queued_events = MAX_QUEUED_EVENTS  # 1041
    file_c.max_user_instances = MAX_USER_INSTANCES  # 1042
    file_c.max_user_watches = MAX_USER_WATCHES  # 1043
    atomic_set(file_c.inotify_cookie, 0)  # 1045
    file_c.watch_cachep = kmem_cache_create()  # 1047
    file_c.event_cachep = kmem_cache_create()  # 1050
    return 0  # 1054
