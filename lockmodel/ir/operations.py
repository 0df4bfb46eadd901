"""The kernel operations that the IR knows, by the kernel's names: what each takes and gives.

One table serves the language (which functions exist), the compiler (which operands fit) and the engine (which
meaning to give). Parameter kinds: "spinlock", "semaphore", "mutex" (address of such a lock), "lock" (any lock),
"atomic", "entry", "head", "link" (an entry or a head), "idr", "waitqueue" (addresses), "cache" (a slab cache), "ref" (a
reference), "element" (a reference to what the head or idr before it holds), "int". Result kinds: "int", "bool",
"element" (of the head or idr operand), "object" (of the cache operand).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """The signature of one operation. `sleeps`: a thread may sleep in it, so that LM601 applies."""

    name: str
    parameters: tuple[str, ...]
    results: tuple[str, ...] = ()
    sleeps: bool = False


def _table(*operations: Operation) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations}


OPERATIONS: dict[str, Operation] = _table(
    # locks
    Operation("spin_lock", ("spinlock",)),
    Operation("spin_unlock", ("spinlock",)),
    Operation("down", ("semaphore",), sleeps=True),
    Operation("up", ("semaphore",)),
    Operation("mutex_lock", ("mutex",), sleeps=True),
    Operation("mutex_unlock", ("mutex",)),
    Operation("spin_lock_init", ("spinlock",)),
    Operation("sema_init", ("semaphore", "int")),
    Operation("init_MUTEX", ("semaphore",)),
    Operation("mutex_init", ("mutex",)),
    # atomics and reference counts
    Operation("atomic_read", ("atomic",), ("int",)),
    Operation("atomic_set", ("atomic", "int")),
    Operation("atomic_inc", ("atomic",)),
    Operation("atomic_dec", ("atomic",)),
    Operation("atomic_add", ("int", "atomic")),
    Operation("atomic_sub", ("int", "atomic")),
    Operation("atomic_inc_return", ("atomic",), ("int",)),
    Operation("atomic_dec_return", ("atomic",), ("int",)),
    Operation("atomic_inc_not_zero", ("atomic",), ("bool",)),
    Operation("atomic_dec_and_test", ("atomic",), ("bool",)),
    Operation("atomic_dec_and_lock", ("atomic", "spinlock"), ("bool",)),
    # intrusive lists
    Operation("INIT_LIST_HEAD", ("link",)),
    Operation("list_add", ("entry", "head")),
    Operation("list_add_tail", ("entry", "head")),
    Operation("list_del", ("entry",)),
    Operation("list_del_init", ("entry",)),
    Operation("list_move", ("entry", "head")),
    Operation("list_move_tail", ("entry", "head")),
    Operation("list_empty", ("head",), ("bool",)),
    Operation("list_first_entry", ("head",), ("element",)),
    Operation("list_last_entry", ("head",), ("element",)),
    Operation("list_next_entry", ("ref", "head"), ("element",)),
    # idr
    Operation("idr_init", ("idr",)),
    Operation("idr_find", ("idr", "int"), ("element",)),
    Operation("idr_remove", ("idr", "int")),
    Operation("idr_pre_get", ("idr", "int"), ("int",), sleeps=True),
    Operation("idr_get_new", ("idr", "element"), ("int", "int")),
    Operation("idr_get_new_above", ("idr", "element", "int"), ("int", "int")),
    # slab
    Operation("kmem_cache_alloc", ("cache", "int"), ("object",), sleeps=True),
    Operation("kmem_cache_zalloc", ("cache", "int"), ("object",), sleeps=True),
    Operation("kmem_cache_free", ("cache", "ref")),
    Operation("kfree", ("ref",)),
    # waiting
    Operation("init_waitqueue_head", ("waitqueue",)),
    Operation("wake_up", ("waitqueue",)),
    Operation("wake_up_interruptible", ("waitqueue",)),
)
"""Allocations sleep only where their flags let them (GFP_KERNEL does, GFP_ATOMIC does not)."""

GHOSTS: dict[str, Operation] = _table(
    Operation("list_length", ("head",), ("int",)),
    Operation("list_contains", ("head", "element"), ("bool",)),
    Operation("live", ("ref",), ("bool",)),
    Operation("is_locked", ("lock",), ("bool",)),
)
"""What only claims and awaited conditions may use; no step of any thread."""
