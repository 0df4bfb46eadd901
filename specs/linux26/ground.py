"""The library itself, its global locks, and the switches of the environment."""

from __future__ import annotations

from lockmodel import Library

vfs = Library("linux26")

dcache_lock = vfs.spinlock("dcache_lock")
iprune_sem = vfs.semaphore("iprune_sem")
inode_lock = vfs.spinlock("inode_lock")
sb_lock = vfs.spinlock("sb_lock")

allocation_fails = vfs.switch("allocation_fails", False, "an allocation may give NULL")
reclaim_icache = vfs.switch(
    "reclaim_icache", False, "a GFP_KERNEL allocation may enter shrink_icache_memory, which takes iprune_sem"
)
reclaim_dcache = vfs.switch(
    "reclaim_dcache", False, "a GFP_KERNEL allocation may enter shrink_dcache_memory, which kills unused dentries"
)
copy_faults = vfs.switch("copy_faults", False, "copy_to_user may fault, which takes mmap_sem for reading")
copy_fails = vfs.switch("copy_fails", False, "copy_to_user may fail (EFAULT)")
nlink_test = vfs.switch(
    "nlink_test", True, "dentry_iput tells of a deleted inode only if no link is left, as from 2.6.14 on"
)
inactive_first = vfs.switch(
    "inactive_first", True, "umount clears MS_ACTIVE before invalidate_inodes, not between its two calls"
)
dcache_waits_for_umount = vfs.switch(
    "dcache_waits_for_umount", True, "shrink_dcache_memory leaves a superblock alone that is being unmounted, as later"
)
umount_ends = vfs.switch(
    "umount_ends", False, "umount goes on to its end: the superblock is freed, whatever remains of its inodes"
)
shared_descriptor = vfs.switch(
    "shared_descriptor", False, "threads share their descriptors: fget takes a reference, and any may close"
)
signals = vfs.switch("signals", False, "a signal may come to a thread that waits")
two_move_up = vfs.switch(
    "two_move_up", False, "up() touches the semaphore again to wake who is queued, after it raised the count"
)
