"""The end of a superblock, and the change of a medium under one (fs/super.c, fs/buffer.c, fs/block_dev.c)."""

from __future__ import annotations

from linux26.dcache import shrink_dcache_sb
from linux26.ground import inactive_first, sb_lock, umount_ends, vfs
from linux26.icache import invalidate_inodes
from linux26.objects import SuperBlock
from lockmodel import atomic_set, down_read, down_write, kfree, list_del, spin_lock, spin_unlock, up_read, up_write


@vfs.path
def generic_shutdown_super(sb: SuperBlock) -> None:
    """An umount, after the last mount, open file and user of a dentry have gone."""
    down_write(sb.s_umount)
    sb.s_ending = True
    shrink_dcache_sb(sb)
    if inactive_first:
        atomic_set(sb.s_active, 0)
    invalidate_inodes(sb)
    if not inactive_first:
        atomic_set(sb.s_active, 0)
    invalidate_inodes(sb)  # whoever is left is "busy after unmount": it is said, and nothing else is done about it
    up_write(sb.s_umount)
    if umount_ends:
        spin_lock(sb_lock)
        list_del(sb.s_list)
        spin_unlock(sb_lock)
        kfree(sb)


@vfs.path
def __invalidate_device(sb: SuperBlock) -> None:
    """A medium was changed; the superblock stays mounted and active."""
    down_read(sb.s_umount)
    shrink_dcache_sb(sb)
    invalidate_inodes(sb)
    up_read(sb.s_umount)
