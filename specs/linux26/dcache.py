"""Dentries: names, parents, and how they let go of their inodes (fs/dcache.c)."""

from __future__ import annotations

from linux26.ground import dcache_lock, dcache_waits_for_umount, nlink_test, vfs
from linux26.icache import iput
from linux26.objects import Dentry, Inode, SuperBlock, caches
from lockmodel import (
    NULL,
    atomic_dec_and_lock,
    atomic_inc,
    atomic_read,
    down_read_trylock,
    kfree,
    list_del_init,
    list_empty,
    list_for_each_entry,
    list_last_entry,
    list_move,
    spin_lock,
    spin_unlock,
    up_read,
)


@vfs.hook
def fsnotify_inoderemove(inode: Inode) -> None:
    """An inode is about to be deleted; the dentry's own reference to it is still there."""


@vfs.procedure(helper=True)
def dget(dentry: Dentry) -> None:
    atomic_inc(dentry.d_count)


@vfs.procedure(holds=["dcache_lock", "dentry.d_lock"], helper=True)
def dentry_iput(dentry: Dentry) -> None:
    """The dentry lets go of its inode, and of both locks."""
    inode = dentry.d_inode
    dentry.d_inode = NULL
    spin_unlock(dentry.d_lock)
    spin_unlock(dcache_lock)
    if inode:
        if not nlink_test or atomic_read(inode.i_nlink) == 0:
            fsnotify_inoderemove(inode)
        iput(inode)


@vfs.procedure(holds=["dcache_lock", "dentry.d_lock"], helper=True)
def kill_dentry(dentry: Dentry) -> Dentry:
    """It is unhashed and freed with its name; its parent, of which it held a reference."""
    dentry.d_hashed = False
    list_del_init(dentry.d_lru)
    parent = dentry.d_parent
    dentry_iput(dentry)
    kfree(dentry.d_name)
    kfree(dentry)
    return parent


@vfs.procedure(helper=True)
def dput(dentry: Dentry) -> None:
    """The last put of a dentry that is hashed leaves it in the cache; another one is killed, then its parent is put."""
    while dentry:
        if not atomic_dec_and_lock(dentry.d_count, dcache_lock):
            return
        spin_lock(dentry.d_lock)
        if dentry.d_hashed:
            list_move(dentry.d_lru, caches.dentry_unused)
            spin_unlock(dentry.d_lock)
            spin_unlock(dcache_lock)
            return
        dentry = kill_dentry(dentry)


@vfs.procedure(helper=True)
def d_delete(dentry: Dentry) -> None:
    """Its only user turns it into one without an inode; else it is unhashed, and dies with the last put."""
    spin_lock(dcache_lock)
    spin_lock(dentry.d_lock)
    if atomic_read(dentry.d_count) == 1:
        dentry_iput(dentry)
        return
    dentry.d_hashed = False
    spin_unlock(dentry.d_lock)
    spin_unlock(dcache_lock)


@vfs.procedure
def d_move(dentry: Dentry, target: Dentry) -> None:
    """`dentry` gets the name and the parent of `target`, which gets those of `dentry` and is found no more."""
    spin_lock(dcache_lock)
    spin_lock(target.d_lock)
    spin_lock(dentry.d_lock)
    target.d_hashed = False
    dentry.d_name, target.d_name = target.d_name, dentry.d_name
    dentry.d_parent, target.d_parent = target.d_parent, dentry.d_parent
    spin_unlock(target.d_lock)
    spin_unlock(dentry.d_lock)
    spin_unlock(dcache_lock)


@vfs.path
def shrink_dcache_memory() -> None:
    """The dentry that was unused for longest is killed, if it is still unused.

    In 2.6.13 nothing keeps its superblock: an umount that runs meanwhile finds neither the dentry nor its inode unused.
    """
    spin_lock(dcache_lock)
    if list_empty(caches.dentry_unused):
        spin_unlock(dcache_lock)
        return
    dentry = list_last_entry(caches.dentry_unused)
    sb = dentry.d_sb
    if dcache_waits_for_umount and not down_read_trylock(sb.s_umount):
        spin_unlock(dcache_lock)
        return
    list_del_init(dentry.d_lru)
    spin_lock(dentry.d_lock)
    if atomic_read(dentry.d_count):
        spin_unlock(dentry.d_lock)
        spin_unlock(dcache_lock)
    else:
        dput(kill_dentry(dentry))
    if dcache_waits_for_umount:
        up_read(sb.s_umount)


@vfs.procedure
def shrink_dcache_sb(sb: SuperBlock) -> None:
    """All unused dentries of a superblock are killed, and those that become unused by that."""
    found = True
    while found:
        found = False
        spin_lock(dcache_lock)
        for dentry in list_for_each_entry(caches.dentry_unused):
            if dentry.d_sb is sb:
                found = True
                break
        if not found:
            spin_unlock(dcache_lock)
            return
        list_del_init(dentry.d_lru)
        spin_lock(dentry.d_lock)
        if atomic_read(dentry.d_count):
            spin_unlock(dentry.d_lock)
            spin_unlock(dcache_lock)
        else:
            dput(kill_dentry(dentry))
