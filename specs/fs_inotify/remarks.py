"""What a reader of the record must know of some findings."""

from __future__ import annotations

from linux26.ground import allocation_fails, nlink_test, umount_ends

from fs_inotify.base import inotify

inotify.remark(
    "The environment's own. Release and ignore pin an inode, by way of its watch, while they hold no lock, and an "
    "umount may end meanwhile and free the superblock, which their iput then uses. The mend goes beyond this file: to "
    "hold the superblock from the moment that the watch is got.",
    switch=umount_ends,
)
inotify.remark(
    "Not repaired: where memory is short an event is dropped and nothing says so. An overflow event that each device "
    "keeps ready would tell of it.",
    rule="LM501",
    switch=allocation_fails,
)
inotify.remark(
    "The environment's own: dentry_iput tells of the deletion of an inode that has another link.",
    switch=nlink_test,
)
