"""The library."""

from __future__ import annotations

from typing import Annotated, TypeVar

from lockmodel import (
    GFP_KERNEL,
    Library,
    ListEntry,
    ListHead,
    Range,
    Record,
    SpinLock,
    Struct,
    field,
    kmem_cache_zalloc,
    list_first_entry,
    list_of,
    spin_lock,
    spin_lock_init,
    spin_unlock,
)

ground = Library("ground", source="fs/inode.c")
inode_lock = ground.spinlock("inode_lock")
Small = Annotated[int, Range(0, 7)]


class State(Record):
    dirty: bool = False
    uses: Small = field(guarded_by="i_lock")


class Inode(Struct):
    i_lock: SpinLock
    i_sb_list: ListEntry
    i_sb: SuperBlock = field(constant=True)
    i_state: State


class SuperBlock(Struct):
    s_inodes: ListHead[Inode] = list_of("i_sb_list", guarded_by=inode_lock)
    s_root: Inode = field(constant=True)


inode_cachep = ground.cache(Inode, capacity=1)
AnInode = TypeVar("AnInode", bound=Inode)


@ground.procedure
def igrab(inode: AnInode) -> AnInode:
    spin_lock(inode.i_lock)
    inode.i_state.uses += 1
    spin_unlock(inode.i_lock)
    return inode


@ground.procedure
def first_of(head: ListHead[AnInode]) -> AnInode:
    return igrab(list_first_entry(head))


@ground.procedure
def new_inode() -> Inode:
    inode = kmem_cache_zalloc(inode_cachep, GFP_KERNEL)
    spin_lock_init(inode.i_lock)
    return igrab(inode)


@ground.hook
def dropped(inode: Inode) -> None:
    """Told of each inode that is dropped."""


@ground.procedure
def drop(inode: Inode) -> None:
    spin_lock(inode.i_lock)
    inode.i_state.uses -= 1
    dropped(inode)
    spin_unlock(inode.i_lock)


@ground.invariant(outside=["Inode.i_lock"])
def used_thrice_at_most(inode: Inode) -> bool:
    return inode.i_state.uses <= 3
