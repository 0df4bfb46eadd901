"""Open files: their references, and what their last put does (fs/file_table.c, fs/open.c, mm/mmap.c)."""

from __future__ import annotations

from linux26.dcache import dput
from linux26.ground import shared_descriptor, vfs
from linux26.objects import Dentry, Descriptor, File, Mm
from lockmodel import (
    NULL,
    atomic_dec_and_test,
    atomic_inc,
    data_race,
    down_write,
    kfree,
    spin_lock,
    spin_unlock,
    up_write,
)


@vfs.hook
def fsnotify_close(dentry: Dentry) -> None:
    """A file is closed, whose dentry is still held."""


@vfs.hook
def file_release(file: File) -> None:
    """The release of the file's own operations, where it has any."""


@vfs.procedure(helper=True)
def fput(file: File) -> None:
    """The last put tells of the close, releases the file, and lets go of its dentry."""
    if atomic_dec_and_test(file.f_count):
        dentry = file.f_dentry
        if dentry:
            fsnotify_close(dentry)
        file_release(file)
        kfree(file)
        if dentry:
            dput(dentry)


@vfs.procedure(helper=True)
def fget_light(fd: Descriptor) -> File:
    """The file that a descriptor stands for; a reference is taken only where somebody else may close it."""
    if not shared_descriptor:
        return data_race(fd.file)
    spin_lock(fd.file_lock)
    file = fd.file
    if file:
        atomic_inc(file.f_count)
    spin_unlock(fd.file_lock)
    return file


@vfs.procedure(helper=True)
def fput_light(file: File) -> None:
    if shared_descriptor:
        fput(file)


@vfs.procedure(helper=True)
def fd_install(fd: Descriptor, file: File) -> None:
    spin_lock(fd.file_lock)
    fd.file = file
    spin_unlock(fd.file_lock)


@vfs.path
def sys_close(fd: Descriptor) -> None:
    spin_lock(fd.file_lock)
    file = fd.file
    fd.file = NULL
    spin_unlock(fd.file_lock)
    if file:
        fput(file)


@vfs.path
def sys_munmap(mm: Mm, file: File) -> None:
    """The mapping of a file goes, and with it the reference to the file that it held."""
    down_write(mm.mmap_sem)
    fput(file)
    up_write(mm.mmap_sem)
