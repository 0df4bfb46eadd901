"""Inodes: who holds them, and how they go (fs/inode.c).

An inode with count 0 rests on the unused list while its superblock is active. What is disposed of is freed where it is
taken off its lists: between that and the freeing, which the kernel does when it has let go of inode_lock, nobody can
find it.
"""

from __future__ import annotations

from linux26.ground import inode_lock, iprune_sem, vfs
from linux26.objects import Inode, IState, SuperBlock, caches
from lockmodel import (
    NULL,
    atomic_dec_and_lock,
    atomic_inc,
    atomic_read,
    down,
    kfree,
    list_del,
    list_del_init,
    list_empty,
    list_for_each_entry,
    list_for_each_entry_safe,
    list_last_entry,
    list_move,
    might_sleep,
    spin_lock,
    spin_unlock,
    up,
)


@vfs.hook
def inotify_unmount_inodes(sb: SuperBlock) -> None:
    """Called with iprune_sem and inode_lock held, before the inodes of a superblock are invalidated."""


@vfs.procedure(holds=["inode_lock"], helper=True)
def __iget(inode: Inode) -> None:
    if atomic_read(inode.i_count) == 0:
        list_del_init(inode.i_list)
    atomic_inc(inode.i_count)


@vfs.procedure(helper=True)
def igrab(inode: Inode) -> Inode:
    grabbed: Inode = NULL
    spin_lock(inode_lock)
    if not inode.i_state & (IState.FREEING | IState.WILL_FREE):
        __iget(inode)
        grabbed = inode
    spin_unlock(inode_lock)
    return grabbed


@vfs.procedure(helper=True)
def iget(sb: SuperBlock, wanted: Inode) -> bool:
    """An inode is looked for in the cache, and held if it is there; one that is about to go is not waited for here."""
    found = False
    spin_lock(inode_lock)
    for inode in list_for_each_entry(sb.s_inodes):
        if inode is wanted:
            found = not inode.i_state & (IState.FREEING | IState.WILL_FREE)
            break
    if found:
        __iget(wanted)
    spin_unlock(inode_lock)
    return found


@vfs.procedure(holds=["inode_lock"], helper=True)
def clear_inode(inode: Inode) -> None:
    """Off all lists, and never to be found again."""
    list_del(inode.i_sb_list)
    inode.i_state |= IState.FREEING


@vfs.procedure(helper=True)
def iput(inode: Inode) -> None:
    """The last put: an inode without a link is deleted, another one forgotten, or left in the cache."""
    if not atomic_dec_and_lock(inode.i_count, inode_lock):
        return
    if atomic_read(inode.i_nlink) == 0:
        list_del_init(inode.i_list)
        clear_inode(inode)
        spin_unlock(inode_lock)
        might_sleep()  # the file system deletes it
        kfree(inode)
        return
    sb = inode.i_sb
    if atomic_read(sb.s_active):
        list_move(inode.i_list, caches.inode_unused)
        spin_unlock(inode_lock)
        return
    inode.i_state |= IState.WILL_FREE
    spin_unlock(inode_lock)
    might_sleep()  # it is written out
    spin_lock(inode_lock)
    inode.i_state &= ~IState.WILL_FREE
    list_del_init(inode.i_list)
    clear_inode(inode)
    spin_unlock(inode_lock)
    kfree(inode)


@vfs.procedure
def invalidate_inodes(sb: SuperBlock) -> bool:
    """The inodes of a superblock that nobody holds are disposed of; whether there are others."""
    down(iprune_sem)
    spin_lock(inode_lock)
    inotify_unmount_inodes(sb)
    busy = False
    for inode, _ in list_for_each_entry_safe(sb.s_inodes):
        if atomic_read(inode.i_count):
            busy = True
        elif not inode.i_state & IState.WILL_FREE:
            list_del_init(inode.i_list)
            clear_inode(inode)
            kfree(inode)
    spin_unlock(inode_lock)
    up(iprune_sem)
    return busy


@vfs.path
def shrink_icache_memory() -> None:
    """The inode that was unused for longest is disposed of, if it is still unused."""
    down(iprune_sem)
    spin_lock(inode_lock)
    if not list_empty(caches.inode_unused):
        inode = list_last_entry(caches.inode_unused)
        list_del_init(inode.i_list)
        if not atomic_read(inode.i_count) and not inode.i_state:
            clear_inode(inode)
            kfree(inode)
    spin_unlock(inode_lock)
    up(iprune_sem)
