"""What the VFS is made of. A model extends the Structs that it adds fields to."""

from __future__ import annotations

from linux26.ground import allocation_fails, dcache_lock, inode_lock, sb_lock, vfs
from lockmodel import (
    Atomic,
    Flags,
    ListEntry,
    ListHead,
    RefCount,
    RwSemaphore,
    Semaphore,
    SpinLock,
    Struct,
    atomic,
    field,
    list_of,
    refcount,
)


class IState(Flags):
    FREEING = 1
    CLEAR = 2
    WILL_FREE = 4


class Text(Flags):
    """What a file name reads; NONE is no name."""

    NONE = 0
    A = 1
    B = 2


class SuperBlock(Struct):
    s_list: ListEntry
    s_umount: RwSemaphore
    s_active: Atomic = atomic(0, 1)  # MS_ACTIVE of s_flags: one word, which is read without a lock
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)
    s_ending: bool = field(ghost=True)  # an umount of it has begun


class Inode(Struct):
    i_count: RefCount = refcount(zero_is_cached=True)
    i_nlink: Atomic = atomic(0, 2)  # written under the directory's i_sem, read without
    i_sem: Semaphore
    i_state: IState = field(guarded_by=inode_lock)
    i_sb: SuperBlock = field(constant=True)
    i_sb_list: ListEntry
    i_list: ListEntry  # on the list of unused inodes


class FileName(Struct):
    """The memory of a long name, which belongs to its dentry and is freed with it."""

    text: Text


class Dentry(Struct):
    d_count: RefCount = refcount(zero_is_cached=True)
    d_lock: SpinLock
    d_hashed: bool = field(guarded_by="d_lock")
    d_inode: Inode = field(counted="i_count")
    d_parent: Dentry = field(guarded_by="d_lock", counted="d_count")
    d_name: FileName
    d_sb: SuperBlock = field(constant=True)
    d_lru: ListEntry


class Caches(Struct):
    """All superblocks; the unused inodes and dentries, the least recently used last."""

    super_blocks: ListHead[SuperBlock] = list_of("s_list", guarded_by=sb_lock)
    inode_unused: ListHead[Inode] = list_of("i_list", guarded_by=inode_lock)
    dentry_unused: ListHead[Dentry] = list_of("d_lru", guarded_by=dcache_lock)


class User(Struct):
    """struct user_struct, in the file called `__count`; the processes of the user hold one reference."""

    count: RefCount


class Mm(Struct):
    mmap_sem: RwSemaphore


class File(Struct):
    """An open file. What it is open on besides a dentry, a model says that extends it."""

    f_count: RefCount
    f_dentry: Dentry = field(counted="d_count")
    f_nonblock: bool


class Descriptor(Struct):
    """A slot of a process's table of open files."""

    file_lock: SpinLock
    file: File = field(guarded_by="file_lock", counted="f_count")


caches = vfs.object(Caches, "caches")
filename_cachep = vfs.cache(FileName, capacity=1, may_fail=allocation_fails)
filp_cachep = vfs.cache(File, capacity=1, may_fail=allocation_fails)
