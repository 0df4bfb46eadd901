"""System calls that change directories (fs/namei.c), and the end of a path that was looked up."""

from __future__ import annotations

from linux26.dcache import d_delete, d_move, dput
from linux26.ground import vfs
from linux26.icache import iput
from linux26.memory import gfp_kernel
from linux26.objects import Dentry, FileName, Inode, filename_cachep
from lockmodel import GFP_KERNEL, atomic_dec, atomic_inc, down, kfree, kmem_cache_alloc, up


@vfs.hook
def fsnotify_move(old_dir: Inode, new_dir: Inode, old_name: FileName, dentry: Dentry) -> None:
    """A file was moved; `dentry` has its new name."""


@vfs.path
def sys_unlink(parent: Dentry, dentry: Dentry) -> None:
    """From where the path was looked up: the caller holds both dentries."""
    directory = parent.d_inode
    down(directory.i_sem)
    inode = dentry.d_inode
    atomic_inc(inode.i_count)
    atomic_dec(inode.i_nlink)
    d_delete(dentry)
    dput(dentry)
    up(directory.i_sem)
    iput(inode)
    dput(parent)


@vfs.path
def sys_rename(old_parent: Dentry, dentry: Dentry, new_parent: Dentry, target: Dentry) -> None:
    """From where both paths were looked up: the caller holds all four dentries; the new name has no inode yet."""
    old_dir, new_dir = old_parent.d_inode, new_parent.d_inode
    down(old_dir.i_sem)
    if new_dir is not old_dir:
        down(new_dir.i_sem)
    gfp_kernel()
    old_name = kmem_cache_alloc(filename_cachep, GFP_KERNEL)
    if old_name:
        old_name.text = dentry.d_name.text
    d_move(dentry, target)
    fsnotify_move(old_dir, new_dir, old_name, dentry)
    kfree(old_name)
    dput(dentry)
    dput(target)
    if new_dir is not old_dir:
        up(new_dir.i_sem)
    up(old_dir.i_sem)
    dput(old_parent)
    dput(new_parent)
