"""The kernel's operations by the kernel's names.

They are compiled, never called: the bodies refuse. `lockmodel.ir.operations` says what each takes and gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Never, TypeVar

from lockmodel.language.types import (
    Atomic,
    Cache,
    Idr,
    ListEntry,
    ListHead,
    Mutex,
    Semaphore,
    SpinLock,
    Struct,
    WaitQueue,
)

S = TypeVar("S", bound=Struct)
T = TypeVar("T")

GFP_KERNEL: Final = 1
"""An allocation that may sleep."""
GFP_ATOMIC: Final = 0
"""An allocation that never sleeps."""
ENOENT: Final = 2
EINTR: Final = 4
EBADF: Final = 9
EAGAIN: Final = 11
ENOMEM: Final = 12
EFAULT: Final = 14
EBUSY: Final = 16
EINVAL: Final = 22
ENFILE: Final = 23
EMFILE: Final = 24
ENOTTY: Final = 25
ENOSPC: Final = 28


def _compiled(name: str) -> Never:
    raise TypeError(f"{name}() is compiled by lockmodel, not called: use it inside a @model.procedure")


# --- locks ------------------------------------------------------------------------------------------------------


def spin_lock(lock: SpinLock) -> None:
    """Take a spinlock; the thread must not sleep until it releases it."""
    _compiled("spin_lock")


def spin_unlock(lock: SpinLock) -> None:
    """Release a spinlock."""
    _compiled("spin_unlock")


def down(sem: Semaphore) -> None:
    """Lower a semaphore, sleeping uninterruptibly while it is 0."""
    _compiled("down")


def up(sem: Semaphore) -> None:
    """Raise a semaphore."""
    _compiled("up")


def mutex_lock(lock: Mutex) -> None:
    """Take a mutex; sleeps."""
    _compiled("mutex_lock")


def mutex_unlock(lock: Mutex) -> None:
    """Release a mutex; only its owner may."""
    _compiled("mutex_unlock")


def spin_lock_init(lock: SpinLock) -> None:
    """Initialise a spinlock, free."""
    _compiled("spin_lock_init")


def sema_init(sem: Semaphore, count: int) -> None:
    """Initialise a semaphore with a count."""
    _compiled("sema_init")


def init_MUTEX(sem: Semaphore) -> None:  # noqa: N802 - the kernel's name
    """Initialise a semaphore with count 1, to be used as a mutex."""
    _compiled("init_MUTEX")


def mutex_init(lock: Mutex) -> None:
    """Initialise a mutex, free."""
    _compiled("mutex_init")


# --- atomics ----------------------------------------------------------------------------------------------------


def atomic_read(a: Atomic) -> int:
    """The value."""
    _compiled("atomic_read")


def atomic_set(a: Atomic, value: int) -> None:
    """Set the value."""
    _compiled("atomic_set")


def atomic_inc(a: Atomic) -> None:
    """Add 1."""
    _compiled("atomic_inc")


def atomic_dec(a: Atomic) -> None:
    """Subtract 1."""
    _compiled("atomic_dec")


def atomic_add(value: int, a: Atomic) -> None:
    """Add `value`."""
    _compiled("atomic_add")


def atomic_sub(value: int, a: Atomic) -> None:
    """Subtract `value`."""
    _compiled("atomic_sub")


def atomic_inc_return(a: Atomic) -> int:
    """Add 1; the new value."""
    _compiled("atomic_inc_return")


def atomic_dec_return(a: Atomic) -> int:
    """Subtract 1; the new value."""
    _compiled("atomic_dec_return")


def atomic_inc_not_zero(a: Atomic) -> bool:
    """Add 1 unless the value is 0; whether it was added."""
    _compiled("atomic_inc_not_zero")


def atomic_dec_and_test(a: Atomic) -> bool:
    """Subtract 1; whether that made 0."""
    _compiled("atomic_dec_and_test")


def atomic_dec_and_lock(a: Atomic, lock: SpinLock) -> bool:
    """Subtract 1 and, if that makes 0, take `lock` in the same step; whether it made 0."""
    _compiled("atomic_dec_and_lock")


# --- lists ------------------------------------------------------------------------------------------------------


def INIT_LIST_HEAD(link: ListEntry | ListHead[Any]) -> None:  # noqa: N802 - the kernel's name
    """Make a head empty, or an entry linked to itself."""
    _compiled("INIT_LIST_HEAD")


def list_add(entry: ListEntry, head: ListHead[Any]) -> None:
    """Put the entry at the front."""
    _compiled("list_add")


def list_add_tail(entry: ListEntry, head: ListHead[Any]) -> None:
    """Put the entry at the end."""
    _compiled("list_add_tail")


def list_del(entry: ListEntry) -> None:
    """Take the entry off its list and poison its links; a second time is LM306."""
    _compiled("list_del")


def list_del_init(entry: ListEntry) -> None:
    """Take the entry off its list and link it to itself."""
    _compiled("list_del_init")


def list_move(entry: ListEntry, head: ListHead[Any]) -> None:
    """Take the entry off its list and put it at the front of `head`."""
    _compiled("list_move")


def list_move_tail(entry: ListEntry, head: ListHead[Any]) -> None:
    """Take the entry off its list and put it at the end of `head`."""
    _compiled("list_move_tail")


def list_empty(head: ListHead[Any]) -> bool:
    """Is the list empty?"""
    _compiled("list_empty")


def list_first_entry(head: ListHead[S]) -> S:
    """head.next read as an entry, whatever it is: on an empty list the head itself, misread (LM308 when used)."""
    _compiled("list_first_entry")


def list_last_entry(head: ListHead[S]) -> S:
    """head.prev read as an entry, whatever it is: on an empty list the head itself, misread (LM308 when used)."""
    _compiled("list_last_entry")


def list_next_entry(entry: S, head: ListHead[S]) -> S:
    """The entry after `entry` on the list of `head`, or the head itself read as an entry."""
    _compiled("list_next_entry")


def list_is_head(entry: S, head: ListHead[S]) -> bool:
    """Is this "entry" the head of the list (`&entry->link == head`)? Reads no memory."""
    _compiled("list_is_head")


def list_for_each_entry(head: ListHead[S]) -> Iterator[S]:
    """`for entry in list_for_each_entry(head):` reads the next link after the body."""
    _compiled("list_for_each_entry")


def list_for_each_entry_safe(head: ListHead[S]) -> Iterator[tuple[S, S]]:
    """`for entry, following in list_for_each_entry_safe(head):` reads the next link before the body."""
    _compiled("list_for_each_entry_safe")


# --- idr --------------------------------------------------------------------------------------------------------


def idr_init(idr: Idr[Any]) -> None:
    """Make an idr empty."""
    _compiled("idr_init")


def idr_find(idr: Idr[S], id: int) -> S:
    """The object under `id`, or NULL."""
    _compiled("idr_find")


def idr_remove(idr: Idr[Any], id: int) -> None:
    """Forget `id`; an absent one is LM304."""
    _compiled("idr_remove")


def idr_pre_get(idr: Idr[Any], flags: int) -> int:
    """Fill the idr's free list; 0 if that failed."""
    _compiled("idr_pre_get")


def idr_get_new(idr: Idr[S], obj: S) -> tuple[int, int]:
    """`ret, id = idr_get_new(idr, obj)`: store obj under the lowest free id."""
    _compiled("idr_get_new")


def idr_get_new_above(idr: Idr[S], obj: S, start: int) -> tuple[int, int]:
    """`ret, id = idr_get_new_above(idr, obj, start)`: the lowest free id >= start."""
    _compiled("idr_get_new_above")


# --- slab -------------------------------------------------------------------------------------------------------


def kmem_cache_alloc(cache: Cache[S], flags: int) -> S:
    """An object whose fields are not initialised, or NULL where the cache may fail."""
    _compiled("kmem_cache_alloc")


def kmem_cache_zalloc(cache: Cache[S], flags: int) -> S:
    """An object whose plain fields are 0, or NULL where the cache may fail."""
    _compiled("kmem_cache_zalloc")


def kmem_cache_free(cache: Cache[S], obj: S) -> None:
    """Free an object."""
    _compiled("kmem_cache_free")


def kfree(obj: Struct) -> None:
    """Free an object; kfree(NULL) does nothing."""
    _compiled("kfree")


# --- error pointers ---------------------------------------------------------------------------------------------


def ERR_PTR(error: int) -> Never:  # noqa: N802 - the kernel's name
    """A pointer that carries a negative error number."""
    _compiled("ERR_PTR")


def IS_ERR(pointer: Struct) -> bool:  # noqa: N802 - the kernel's name
    """Does the pointer carry an error number?"""
    _compiled("IS_ERR")


def PTR_ERR(pointer: Struct) -> int:  # noqa: N802 - the kernel's name
    """The error number that the pointer carries."""
    _compiled("PTR_ERR")


# --- waiting, hints, nondeterminism -----------------------------------------------------------------------------


def init_waitqueue_head(wq: WaitQueue) -> None:
    """Make a wait queue empty."""
    _compiled("init_waitqueue_head")


def wake_up(wq: WaitQueue) -> None:
    """Wake who waits on the queue."""
    _compiled("wake_up")


def wake_up_interruptible(wq: WaitQueue) -> None:
    """Wake who waits interruptibly on the queue."""
    _compiled("wake_up_interruptible")


def might_sleep() -> None:
    """Says that the code here may sleep: LM601 under a spinlock. No step of its own."""
    _compiled("might_sleep")


def likely(x: object) -> bool:
    """x, as a truth value."""
    _compiled("likely")


def unlikely(x: object) -> bool:
    """x, as a truth value."""
    _compiled("unlikely")


def data_race(x: T) -> T:
    """x, read without the lock that its fields ask for, deliberately: LM302 passes it over."""
    _compiled("data_race")


def choose(*options: T) -> T:
    """One of the options, whichever: every one is explored."""
    _compiled("choose")


def await_(condition: object) -> None:
    """Wait until the condition over shared memory holds; it is read as a whole, in one step."""
    _compiled("await_")


def mark(name: str) -> None:
    """A visible step that does nothing but carry a name."""
    _compiled("mark")


# --- claims only ------------------------------------------------------------------------------------------------


def live(obj: Struct) -> bool:
    """Is the object allocated and not freed? For claims only."""
    _compiled("live")


def list_length(head: ListHead[Any]) -> int:
    """The number of entries. For claims only."""
    _compiled("list_length")


def list_contains(head: ListHead[S], entry: S) -> bool:
    """Is the object on the list? For claims only."""
    _compiled("list_contains")


def is_locked(lock: SpinLock | Semaphore | Mutex) -> bool:
    """Is the lock held by anyone? For claims only."""
    _compiled("is_locked")
