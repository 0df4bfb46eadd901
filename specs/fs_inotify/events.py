"""What the VFS calls: lines 477 to 654, and the macros of include/linux/fsnotify.h that call them."""

from __future__ import annotations

from linux26 import dcache, file, icache, namei
from linux26.dcache import dget, dput
from linux26.ground import inode_lock
from linux26.icache import __iget, iget, iput
from linux26.objects import FileName, IState

from fs_inotify import promise
from fs_inotify.base import Dentry, Device, Ev, Inode, SuperBlock, Watch, file_c, inotify
from fs_inotify.queue import get_inotify_watch, inotify_dev_queue_event, put_inotify_watch
from fs_inotify.watches import remove_watch, remove_watch_no_event
from lockmodel import (
    NULL,
    atomic_inc_return,
    atomic_read,
    data_race,
    down,
    list_empty,
    list_for_each_entry_safe,
    list_is_head,
    spin_lock,
    spin_unlock,
    up,
)


# Lockless on purpose: whoever comes too late or too early for a watch gets its event, or does not.
@inotify.procedure
def inotify_inode_watched(inode: Inode) -> bool:
    return not data_race(list_empty(inode.inotify_watches))  # 484


# The file has no such function: a name for what line 513 calls, which a repair changes.
@inotify.procedure(helper=True)
def remove_used_up(watch: Watch, dev: Device) -> None:
    remove_watch_no_event(watch, dev)  # 513


@inotify.path
def inotify_inode_queue_event(inode: Inode, mask: Ev, cookie: int, name: FileName) -> None:
    if not inotify_inode_watched(inode):  # 501
        return  # 502
    down(inode.inotify_sem)  # 504
    promise.event_happens(inode, mask, cookie, name)  # 504
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 505
        watch_mask = watch.mask  # 506
        if watch_mask & mask:  # 507
            dev = watch.dev  # 508
            get_inotify_watch(watch)  # 509
            down(dev.sem)  # 510
            inotify_dev_queue_event(dev, watch, mask, cookie, name)  # 511
            if watch_mask & Ev.ONESHOT:  # 512
                remove_used_up(watch, dev)  # 513
            up(dev.sem)  # 514
            put_inotify_watch(watch)  # 515
    up(inode.inotify_sem)  # 518


@inotify.path
def inotify_dentry_parent_queue_event(dentry: Dentry, mask: Ev, cookie: int, name: FileName) -> None:
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


@inotify.path
def inotify_get_cookie() -> int:
    return atomic_inc_return(file_c.inotify_cookie)  # 554


# The file has no such function: it is told of every invalidation of inodes, which a repair changes.
@inotify.procedure(helper=True)
def is_unmounted(sb: SuperBlock) -> bool:
    return True


@inotify.implements(icache.inotify_unmount_inodes)
def inotify_unmount_inodes(sb: SuperBlock) -> None:
    if not is_unmounted(sb):
        return
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
        unmount_watches(inode)  # 620
        iput(inode)  # 630
        spin_lock(inode_lock)  # 632


# Lines 619 to 629, which the file has in the midst of the function above.
@inotify.procedure
def unmount_watches(inode: Inode) -> None:
    down(inode.inotify_sem)  # 620
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 622
        dev = watch.dev  # 623
        down(dev.sem)  # 624
        promise.file_system_unmounted(watch)  # 624
        inotify_dev_queue_event(dev, watch, Ev.UNMOUNT, 0, NULL)  # 625
        remove_watch(watch, dev)  # 626
        up(dev.sem)  # 627
    up(inode.inotify_sem)  # 629


@inotify.procedure
def inotify_inode_is_dead(inode: Inode) -> None:
    down(inode.inotify_sem)  # 645
    for watch, _ in list_for_each_entry_safe(inode.inotify_watches):  # 646
        dev = watch.dev  # 647
        down(dev.sem)  # 648
        promise.file_deleted(watch)  # 648
        remove_watch(watch, dev)  # 649
        up(dev.sem)  # 650
    up(inode.inotify_sem)  # 652


# --- include/linux/fsnotify.h -----------------------------------------------------------------------------------------


@inotify.implements(dcache.fsnotify_inoderemove)
def fsnotify_inoderemove(inode: Inode) -> None:
    inotify_inode_queue_event(inode, Ev.DELETE_SELF, 0, NULL)
    inotify_inode_is_dead(inode)


# The name that is passed is the dentry's own, read without a lock: names for that, which a repair changes.
@inotify.procedure(helper=True)
def name_to_tell(dentry: Dentry) -> FileName:
    return dentry.d_name


@inotify.procedure(helper=True)
def name_was_told(name: FileName) -> None:
    """There is nothing to do for a name that is not ours."""


@inotify.implements(file.fsnotify_close)
def fsnotify_close(dentry: Dentry) -> None:
    name = name_to_tell(dentry)
    inotify_dentry_parent_queue_event(dentry, Ev.CLOSE, 0, name)
    name_was_told(name)
    inotify_inode_queue_event(dentry.d_inode, Ev.CLOSE, 0, NULL)


@inotify.implements(namei.fsnotify_move)
def fsnotify_move(old_dir: Inode, new_dir: Inode, old_name: FileName, dentry: Dentry) -> None:
    cookie = inotify_get_cookie()
    inotify_inode_queue_event(old_dir, Ev.MOVED_FROM, cookie, old_name)
    inotify_inode_queue_event(new_dir, Ev.MOVED_TO, cookie, dentry.d_name)


# --- who calls them ---------------------------------------------------------------------------------------------------


@inotify.path
def write(dentry: Dentry) -> None:
    """Something is written; the caller holds the dentry until then."""
    inotify_inode_queue_event(dentry.d_inode, Ev.MODIFY, 0, NULL)
    dput(dentry)


@inotify.path
def write_in_directory(dentry: Dentry) -> None:
    """The same, of which only the directory is told here."""
    name = name_to_tell(dentry)
    inotify_dentry_parent_queue_event(dentry, Ev.MODIFY, 0, name)
    name_was_told(name)
    dput(dentry)


@inotify.path
def find_and_forget(sb: SuperBlock, inode: Inode) -> None:
    """A file is looked up and let go of, which may still be in the cache."""
    if iget(sb, inode):
        iput(inode)
