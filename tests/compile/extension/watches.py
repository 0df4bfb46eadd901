"""A part of the model."""

from __future__ import annotations

from typing import cast

from lockmodel import (
    ListEntry,
    ListHead,
    Model,
    Semaphore,
    Struct,
    down,
    field,
    init_MUTEX,
    kmem_cache_free,
    list_of,
    spin_lock,
    spin_unlock,
    up,
)
from tests.compile.extension import ground
from tests.compile.extension.ground import first_of, inode_cachep, inode_lock, new_inode

toy = Model("toy", source="fs/toy.c", uses=[ground.ground])
toy.hierarchy("Inode.inotify_sem", "inode_lock", "Inode.i_lock")


class Watch(Struct):
    i_list: ListEntry
    inode: Inode = field(constant=True, guarded_by="inode.inotify_sem")


class Inode(ground.Inode):
    inotify_sem: Semaphore
    watches: ListHead[Watch] = list_of("i_list", guarded_by="inotify_sem")
    told: bool = field(guarded_by="i_lock")


class SuperBlock(ground.SuperBlock):
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)
    s_root: Inode


@toy.path
def visit(sb: SuperBlock) -> None:
    down(sb.s_root.inotify_sem)
    spin_lock(inode_lock)
    inode = first_of(sb.s_inodes)
    spin_unlock(inode_lock)
    up(sb.s_root.inotify_sem)
    ground.drop(inode)


@toy.path
def make() -> None:
    inode = cast(Inode, new_inode())
    init_MUTEX(inode.inotify_sem)
    down(inode.inotify_sem)
    up(inode.inotify_sem)
    ground.drop(inode)
    kmem_cache_free(inode_cachep, inode)


@toy.implements(ground.dropped)
def tell(inode: Inode) -> None:
    inode.told = True


@toy.design("quiet", replaces=ground.drop)
def drop_quietly(inode: Inode) -> None:
    spin_lock(inode.i_lock)
    inode.i_state.uses -= 1
    spin_unlock(inode.i_lock)


@toy.at_quiescence
def every_inode_was_told(inode: Inode) -> bool:
    return inode.told
