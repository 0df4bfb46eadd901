"""The kernel's operations by the kernel's names.

They are compiled, never called: the bodies refuse. `lockmodel.ir.operations` says what each takes and gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Never, TypeVar, TypeVarTuple

from lockmodel.language.types import (
    NULL,
    Atomic,
    Cache,
    Completion,
    Condition,
    Idr,
    Ledger,
    ListEntry,
    ListHead,
    Lock,
    Mutex,
    RawSpinLock,
    RtMutex,
    RwLock,
    RwSemaphore,
    Semaphore,
    SeqLock,
    SpinLock,
    Struct,
    WaitQueue,
)

S = TypeVar("S", bound=Struct)
C = TypeVar("C", bound=Struct)
Event = TypeVarTuple("Event")
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
ERESTARTSYS: Final = 512
TASK_RUNNING: Final = 0
TASK_INTERRUPTIBLE: Final = 1
"""Asleep until woken, or sent a signal."""
TASK_UNINTERRUPTIBLE: Final = 2
"""Asleep until woken."""
SINGLE_DEPTH_NESTING: Final = 1
"""The subclass of a lock that is taken under another one of its class, where they nest no deeper."""


def _compiled(name: str) -> Never:
    raise TypeError(f"{name}() is compiled by lockmodel, not called: use it inside a @model.procedure")


# --- locks ------------------------------------------------------------------------------------------------------


def spin_lock(lock: SpinLock) -> None:
    """Take a spinlock; the thread must not sleep until it releases it."""
    _compiled("spin_lock")


def spin_lock_nested(lock: SpinLock, subclass: int) -> None:
    """As `spin_lock`; the order of locks takes it for one of a class of its own, `Class.lock/subclass`."""
    _compiled("spin_lock_nested")


def spin_unlock(lock: SpinLock) -> None:
    """Release a spinlock."""
    _compiled("spin_unlock")


def spin_trylock(lock: SpinLock) -> bool:
    """Take a spinlock if it is to be had; whether it was."""
    _compiled("spin_trylock")


def spin_lock_irq(lock: SpinLock) -> None:
    """Turn off hard interrupts, then take a spinlock."""
    _compiled("spin_lock_irq")


def spin_unlock_irq(lock: SpinLock) -> None:
    """Release a spinlock, then turn hard interrupts on."""
    _compiled("spin_unlock_irq")


def spin_lock_irqsave(lock: SpinLock) -> int:
    """`flags = spin_lock_irqsave(lock)`: as `spin_lock_irq`; whether they were off before."""
    _compiled("spin_lock_irqsave")


def spin_lock_irqsave_nested(lock: SpinLock, subclass: int) -> int:
    """`flags = spin_lock_irqsave_nested(lock, 1)`: as `spin_lock_irqsave` and `spin_lock_nested`."""
    _compiled("spin_lock_irqsave_nested")


def spin_unlock_irqrestore(lock: SpinLock, flags: int) -> None:
    """Release a spinlock, then hard interrupts as they were."""
    _compiled("spin_unlock_irqrestore")


def spin_lock_bh(lock: SpinLock) -> None:
    """Turn off soft interrupts, then take a spinlock."""
    _compiled("spin_lock_bh")


def spin_lock_bh_nested(lock: SpinLock, subclass: int) -> None:
    """As `spin_lock_bh` and `spin_lock_nested`."""
    _compiled("spin_lock_bh_nested")


def spin_unlock_bh(lock: SpinLock) -> None:
    """Release a spinlock, then turn soft interrupts on."""
    _compiled("spin_unlock_bh")


def spin_lock_init(lock: SpinLock) -> None:
    """Initialise a spinlock, free."""
    _compiled("spin_lock_init")


def raw_spin_lock(lock: RawSpinLock) -> None:
    """Take a raw spinlock; the thread must not sleep until it releases it."""
    _compiled("raw_spin_lock")


def raw_spin_lock_nested(lock: RawSpinLock, subclass: int) -> None:
    """As `raw_spin_lock`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("raw_spin_lock_nested")


def raw_spin_unlock(lock: RawSpinLock) -> None:
    """Release a raw spinlock."""
    _compiled("raw_spin_unlock")


def raw_spin_trylock(lock: RawSpinLock) -> bool:
    """Take a raw spinlock if it is to be had; whether it was."""
    _compiled("raw_spin_trylock")


def raw_spin_lock_irq(lock: RawSpinLock) -> None:
    """Turn off hard interrupts, then take a raw spinlock."""
    _compiled("raw_spin_lock_irq")


def raw_spin_unlock_irq(lock: RawSpinLock) -> None:
    """Release a raw spinlock, then turn hard interrupts on."""
    _compiled("raw_spin_unlock_irq")


def raw_spin_lock_irqsave(lock: RawSpinLock) -> int:
    """`flags = raw_spin_lock_irqsave(lock)`: as `raw_spin_lock_irq`; whether they were off before."""
    _compiled("raw_spin_lock_irqsave")


def raw_spin_lock_irqsave_nested(lock: RawSpinLock, subclass: int) -> int:
    """`flags = raw_spin_lock_irqsave_nested(lock, 1)`: as `raw_spin_lock_irqsave` and `raw_spin_lock_nested`."""
    _compiled("raw_spin_lock_irqsave_nested")


def raw_spin_unlock_irqrestore(lock: RawSpinLock, flags: int) -> None:
    """Release a raw spinlock, then hard interrupts as they were."""
    _compiled("raw_spin_unlock_irqrestore")


def raw_spin_lock_bh(lock: RawSpinLock) -> None:
    """Turn off soft interrupts, then take a raw spinlock."""
    _compiled("raw_spin_lock_bh")


def raw_spin_lock_bh_nested(lock: RawSpinLock, subclass: int) -> None:
    """As `raw_spin_lock_bh` and `raw_spin_lock_nested`."""
    _compiled("raw_spin_lock_bh_nested")


def raw_spin_unlock_bh(lock: RawSpinLock) -> None:
    """Release a raw spinlock, then turn soft interrupts on."""
    _compiled("raw_spin_unlock_bh")


def raw_spin_lock_init(lock: RawSpinLock) -> None:
    """Initialise a raw spinlock, free."""
    _compiled("raw_spin_lock_init")


def read_lock(lock: RwLock) -> None:
    """Take a rwlock for reading; the thread must not sleep until it releases it."""
    _compiled("read_lock")


def read_unlock(lock: RwLock) -> None:
    """Release a rwlock for reading."""
    _compiled("read_unlock")


def read_trylock(lock: RwLock) -> bool:
    """Take a rwlock for reading if it is to be had; whether it was."""
    _compiled("read_trylock")


def read_lock_irq(lock: RwLock) -> None:
    """Turn off hard interrupts, then take a rwlock for reading."""
    _compiled("read_lock_irq")


def read_unlock_irq(lock: RwLock) -> None:
    """Release a rwlock for reading, then turn hard interrupts on."""
    _compiled("read_unlock_irq")


def read_lock_irqsave(lock: RwLock) -> int:
    """`flags = read_lock_irqsave(lock)`: as `read_lock_irq`; whether they were off before."""
    _compiled("read_lock_irqsave")


def read_unlock_irqrestore(lock: RwLock, flags: int) -> None:
    """Release a rwlock for reading, then hard interrupts as they were."""
    _compiled("read_unlock_irqrestore")


def read_lock_bh(lock: RwLock) -> None:
    """Turn off soft interrupts, then take a rwlock for reading."""
    _compiled("read_lock_bh")


def read_unlock_bh(lock: RwLock) -> None:
    """Release a rwlock for reading, then turn soft interrupts on."""
    _compiled("read_unlock_bh")


def write_lock(lock: RwLock) -> None:
    """Take a rwlock for writing; the thread must not sleep until it releases it."""
    _compiled("write_lock")


def write_lock_nested(lock: RwLock, subclass: int) -> None:
    """As `write_lock`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("write_lock_nested")


def write_unlock(lock: RwLock) -> None:
    """Release a rwlock for writing."""
    _compiled("write_unlock")


def write_trylock(lock: RwLock) -> bool:
    """Take a rwlock for writing if it is to be had; whether it was."""
    _compiled("write_trylock")


def write_lock_irq(lock: RwLock) -> None:
    """Turn off hard interrupts, then take a rwlock for writing."""
    _compiled("write_lock_irq")


def write_unlock_irq(lock: RwLock) -> None:
    """Release a rwlock for writing, then turn hard interrupts on."""
    _compiled("write_unlock_irq")


def write_lock_irqsave(lock: RwLock) -> int:
    """`flags = write_lock_irqsave(lock)`: as `write_lock_irq`; whether they were off before."""
    _compiled("write_lock_irqsave")


def write_unlock_irqrestore(lock: RwLock, flags: int) -> None:
    """Release a rwlock for writing, then hard interrupts as they were."""
    _compiled("write_unlock_irqrestore")


def write_lock_bh(lock: RwLock) -> None:
    """Turn off soft interrupts, then take a rwlock for writing."""
    _compiled("write_lock_bh")


def write_unlock_bh(lock: RwLock) -> None:
    """Release a rwlock for writing, then turn soft interrupts on."""
    _compiled("write_unlock_bh")


def rwlock_init(lock: RwLock) -> None:
    """Initialise a rwlock, free."""
    _compiled("rwlock_init")


def write_seqlock(lock: SeqLock) -> None:
    """Take a seqlock for writing: readers see an odd sequence until it is released."""
    _compiled("write_seqlock")


def write_sequnlock(lock: SeqLock) -> None:
    """Release a seqlock."""
    _compiled("write_sequnlock")


def read_seqbegin(lock: SeqLock) -> int:
    """`seq = read_seqbegin(lock)`: the sequence, once no writer is at work."""
    _compiled("read_seqbegin")


def read_seqretry(lock: SeqLock, sequence: int) -> bool:
    """Has a writer been at work since? What was read must be read again."""
    _compiled("read_seqretry")


def seqlock_init(lock: SeqLock) -> None:
    """Initialise a seqlock, free."""
    _compiled("seqlock_init")


def down(sem: Semaphore) -> None:
    """Lower a semaphore, sleeping uninterruptibly while it is 0; see `up` on how it is told that it may go on."""
    _compiled("down")


def down_interruptible(sem: Semaphore) -> int:
    """As `down`: 0, or -EINTR where a signal came while it slept (`Model(signals=...)`)."""
    _compiled("down_interruptible")


def down_trylock(sem: Semaphore) -> int:
    """Lower a semaphore if it is not 0: 0, or 1 if it is."""
    _compiled("down_trylock")


def up(sem: Semaphore) -> None:
    """Raise a semaphore.

    With `Model(two_move_up=...)`, as in Linux before 2.6.26: who finds it at 0 stands in line first, and where somebody
    does when it is raised, `up` uses it once more, to wake them. They may have taken it by then, and freed it.
    """
    _compiled("up")


def mutex_lock(lock: Mutex) -> None:
    """Take a mutex; sleeps."""
    _compiled("mutex_lock")


def mutex_lock_nested(lock: Mutex, subclass: int) -> None:
    """As `mutex_lock`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("mutex_lock_nested")


def mutex_lock_interruptible(lock: Mutex) -> int:
    """As `mutex_lock`: 0, or -EINTR where a signal came while it slept (`Model(signals=...)`)."""
    _compiled("mutex_lock_interruptible")


def mutex_lock_interruptible_nested(lock: Mutex, subclass: int) -> int:
    """As `mutex_lock_interruptible` and `mutex_lock_nested`."""
    _compiled("mutex_lock_interruptible_nested")


def mutex_trylock(lock: Mutex) -> bool:
    """Take a mutex if it is free; whether it was."""
    _compiled("mutex_trylock")


def mutex_unlock(lock: Mutex) -> None:
    """Release a mutex; only its owner may."""
    _compiled("mutex_unlock")


def rt_mutex_lock(lock: RtMutex) -> None:
    """Take an rt_mutex; sleeps."""
    _compiled("rt_mutex_lock")


def rt_mutex_lock_nested(lock: RtMutex, subclass: int) -> None:
    """As `rt_mutex_lock`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("rt_mutex_lock_nested")


def rt_mutex_trylock(lock: RtMutex) -> bool:
    """Take an rt_mutex if it is free; whether it was."""
    _compiled("rt_mutex_trylock")


def rt_mutex_unlock(lock: RtMutex) -> None:
    """Release an rt_mutex; only its owner may."""
    _compiled("rt_mutex_unlock")


def rt_mutex_init(lock: RtMutex) -> None:
    """Initialise an rt_mutex, free."""
    _compiled("rt_mutex_init")


def down_read(sem: RwSemaphore) -> None:
    """Take a rw_semaphore for reading; sleeps."""
    _compiled("down_read")


def down_read_nested(sem: RwSemaphore, subclass: int) -> None:
    """As `down_read`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("down_read_nested")


def down_read_trylock(sem: RwSemaphore) -> bool:
    """Take a rw_semaphore for reading if it is to be had; whether it was."""
    _compiled("down_read_trylock")


def up_read(sem: RwSemaphore) -> None:
    """Release a rw_semaphore that is held for reading."""
    _compiled("up_read")


def down_write(sem: RwSemaphore) -> None:
    """Take a rw_semaphore for writing; sleeps, and later readers wait behind it."""
    _compiled("down_write")


def down_write_nested(sem: RwSemaphore, subclass: int) -> None:
    """As `down_write`; the order of locks takes it for one of a class of its own, as for `spin_lock_nested`."""
    _compiled("down_write_nested")


def down_write_trylock(sem: RwSemaphore) -> bool:
    """Take a rw_semaphore for writing if it is free; whether it was."""
    _compiled("down_write_trylock")


def up_write(sem: RwSemaphore) -> None:
    """Release a rw_semaphore that is held for writing."""
    _compiled("up_write")


def downgrade_write(sem: RwSemaphore) -> None:
    """Hold for reading what is held for writing, without letting go."""
    _compiled("downgrade_write")


def init_rwsem(sem: RwSemaphore) -> None:
    """Initialise a rw_semaphore, free."""
    _compiled("init_rwsem")


def wait_for_completion(x: Completion) -> None:
    """Sleep until it is complete, and take one completion away."""
    _compiled("wait_for_completion")


def try_wait_for_completion(x: Completion) -> bool:
    """Take one completion away if there is one; whether there was."""
    _compiled("try_wait_for_completion")


def complete(x: Completion) -> None:
    """Let one waiter go on, now or later."""
    _compiled("complete")


def complete_all(x: Completion) -> None:
    """Let every waiter go on, for ever."""
    _compiled("complete_all")


def init_completion(x: Completion) -> None:
    """Make a completion that is not complete."""
    _compiled("init_completion")


def reinit_completion(x: Completion) -> None:
    """Make a completion not complete again."""
    _compiled("reinit_completion")


def sema_init(sem: Semaphore, count: int) -> None:
    """Initialise a semaphore with a count."""
    _compiled("sema_init")


def init_MUTEX(sem: Semaphore) -> None:  # noqa: N802 - the kernel's name
    """Initialise a semaphore with count 1, to be used as a mutex."""
    _compiled("init_MUTEX")


def mutex_init(lock: Mutex) -> None:
    """Initialise a mutex, free."""
    _compiled("mutex_init")


# --- interrupts, preemption, RCU -----------------------------------------------------------------------------------


def local_irq_disable() -> None:
    """Turn off hard interrupts on this CPU."""
    _compiled("local_irq_disable")


def local_irq_enable() -> None:
    """Turn on hard interrupts on this CPU."""
    _compiled("local_irq_enable")


def local_irq_save() -> int:
    """`flags = local_irq_save()`: turn off hard interrupts; whether they were off before."""
    _compiled("local_irq_save")


def local_irq_restore(flags: int) -> None:
    """Hard interrupts as `local_irq_save` found them."""
    _compiled("local_irq_restore")


def local_bh_disable() -> None:
    """Turn off soft interrupts on this CPU, once more."""
    _compiled("local_bh_disable")


def local_bh_enable() -> None:
    """Undo one `local_bh_disable`."""
    _compiled("local_bh_enable")


def preempt_disable() -> None:
    """Keep other threads off this CPU, once more."""
    _compiled("preempt_disable")


def preempt_enable() -> None:
    """Undo one `preempt_disable`."""
    _compiled("preempt_enable")


def rcu_read_lock() -> None:
    """Begin to read under RCU; nests, and the thread must not sleep."""
    _compiled("rcu_read_lock")


def rcu_read_unlock() -> None:
    """End to read under RCU."""
    _compiled("rcu_read_unlock")


def synchronize_rcu() -> None:
    """Sleep until every thread that reads under RCU now has ended that."""
    _compiled("synchronize_rcu")


def call_rcu(target: S, function: Callable[[S], None], /) -> None:
    """Have `function` called with `target` once every thread that reads under RCU now has ended that.

    It is called as a soft interrupt, on any CPU; the caller does not wait, and may be an interrupt itself. Callbacks
    run in any order and beside each other. Until then the target is queued: its rcu_head is on a list, so that to queue
    it again, or to free it, is LM306.
    """
    _compiled("call_rcu")


def rcu_barrier() -> None:
    """Sleep until every callback that was given to `call_rcu` before now has run."""
    _compiled("rcu_barrier")


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


def atomic_xchg(a: Atomic, new: int) -> int:
    """Set the value; the one before."""
    _compiled("atomic_xchg")


def atomic_cmpxchg(a: Atomic, old: int, new: int) -> int:
    """Set the value to `new` if it is `old`; the one before."""
    _compiled("atomic_cmpxchg")


def set_bit(nr: int, word: Atomic) -> None:
    """Set a bit of a word, in one indivisible operation."""
    _compiled("set_bit")


def clear_bit(nr: int, word: Atomic) -> None:
    """Clear a bit of a word, in one indivisible operation."""
    _compiled("clear_bit")


def test_bit(nr: int, word: Atomic) -> bool:
    """Is the bit set?"""
    _compiled("test_bit")


def test_and_set_bit(nr: int, word: Atomic) -> bool:
    """Set a bit; whether it was set before."""
    _compiled("test_and_set_bit")


def test_and_clear_bit(nr: int, word: Atomic) -> bool:
    """Clear a bit; whether it was set before."""
    _compiled("test_and_clear_bit")


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
    """Wake all who wait on the queue, but of those who wait exclusively only the first."""
    _compiled("wake_up")


def wake_up_all(wq: WaitQueue) -> None:
    """Wake all who wait on the queue."""
    _compiled("wake_up_all")


def wake_up_interruptible(wq: WaitQueue) -> None:
    """As `wake_up`, but only those who wait interruptibly."""
    _compiled("wake_up_interruptible")


def wake_up_interruptible_all(wq: WaitQueue) -> None:
    """As `wake_up_all`, but only those who wait interruptibly."""
    _compiled("wake_up_interruptible_all")


def prepare_to_wait(wq: WaitQueue, state: int) -> None:
    """Stand in the queue and be about to sleep: `schedule()` returns at once if a wake comes before it."""
    _compiled("prepare_to_wait")


def prepare_to_wait_exclusive(wq: WaitQueue, state: int) -> None:
    """As `prepare_to_wait`, as one of those of whom `wake_up` wakes one."""
    _compiled("prepare_to_wait_exclusive")


def finish_wait(wq: WaitQueue) -> None:
    """Leave the queue and be running."""
    _compiled("finish_wait")


def schedule() -> None:
    """Sleep until woken; not at all where the thread is running, or was woken since it prepared to wait."""
    _compiled("schedule")


def wait_event(wq: WaitQueue, condition: object) -> None:
    """Sleep on the queue until the condition holds; it is evaluated a read a step, before and after each sleep."""
    _compiled("wait_event")


def wait_event_interruptible(wq: WaitQueue, condition: object) -> int:
    """As `wait_event`: 0, or -ERESTARTSYS where a signal came (`Model(signals=...)`)."""
    _compiled("wait_event_interruptible")


def signal_pending() -> bool:
    """Was this thread sent a signal? Either, where `Model(signals=...)` lets them come."""
    _compiled("signal_pending")


def cond_init(cond: Condition) -> None:
    """Make a condition variable on which nobody waits."""
    _compiled("cond_init")


def cond_wait(cond: Condition, lock: Mutex) -> None:
    """Give back the mutex and sleep in one step; once signalled, take it again."""
    _compiled("cond_wait")


def cond_signal(cond: Condition) -> None:
    """Wake one of those who wait, whichever."""
    _compiled("cond_signal")


def cond_broadcast(cond: Condition) -> None:
    """Wake all who wait."""
    _compiled("cond_broadcast")


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
    """x, read without the lock that its fields ask for, deliberately: LM301 and LM302 pass it over."""
    _compiled("data_race")


def READ_ONCE(x: T) -> T:  # noqa: N802 - the kernel's name
    """The field x.f, read on purpose while others may write it: LM301 and LM302 pass it over, as with data_race."""
    _compiled("READ_ONCE")


def WRITE_ONCE(x: T, value: T) -> None:  # noqa: N802 - the kernel's name
    """Store into the field x.f on purpose while others may use it: LM301 and LM302 pass it over."""
    _compiled("WRITE_ONCE")


def choose(*options: T) -> T:
    """One of the options, whichever: every one is explored."""
    _compiled("choose")


def await_(condition: object) -> None:
    """Wait until the condition over shared memory holds; it is read as a whole, in one step."""
    _compiled("await_")


def mark(name: str) -> None:
    """A visible step that does nothing but carry a name."""
    _compiled("mark")


def entered(procedure: Callable[..., object]) -> bool:
    """Is this thread in the middle of `procedure`? No step, and no read of anything that others see.

    The call that asks is not counted: `procedure` itself asks whether it was entered before. Of a procedure that a
    design replaces, the one that is active there is meant. An interrupt has a stack of its own.
    """
    _compiled("entered")


def asks_for(name: str) -> None:
    """From here on the thread waits for what the model makes a lock of, for `--waiting`. No step of its own."""
    _compiled("asks_for")


def enters(name: str) -> None:
    """The thread has got what it asked for by `asks_for`, for `--waiting`. No step of its own."""
    _compiled("enters")


def progress() -> None:
    """Says that the thread has got on (for LM104): it did what it is there for. No step of its own."""
    _compiled("progress")


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


def is_locked(lock: Lock) -> bool:
    """Is the lock held by anyone? For claims only."""
    _compiled("is_locked")


# --- events -----------------------------------------------------------------------------------------------------
#
# They take no step: each is said within the step that leads to it, as a ghost procedure is.


def owe(ledger: Ledger[S, C, *Event], claimant: S, *event: *Event) -> None:
    """From now on the event must be delivered to the claimant (LM501)."""
    _compiled("owe")


def allow(ledger: Ledger[S, C, *Event], claimant: S, *event: *Event) -> None:
    """The event may be delivered to the claimant, once, and need not be."""
    _compiled("allow")


def carry(ledger: Ledger[S, C, *Event], claimant: S, *event: *Event, by: C) -> None:
    """The event is put on its way, behind all that is; LM502 if the claimant is not owed it."""
    _compiled("carry")


def merge(ledger: Ledger[S, C, *Event], claimant: S, *event: *Event) -> None:
    """The event is left out, since the one put on its way last, and not read yet, is equal; LM501 if it is not."""
    _compiled("merge")


def drop(ledger: Ledger[S, C, *Event], claimant: S, *event: *Event) -> None:
    """The event is given up: LM501 in the end, unless an overflow that nobody has read yet, or a later one, says so."""
    _compiled("drop")


def overflow(ledger: Ledger[S, C, *Event], *, by: C) -> None:
    """A notice that events are dropped is put on its way; LM502 if none is, at the latest when it is read."""
    _compiled("overflow")


def got(ledger: Ledger[S, C, *Event], carrier: C) -> None:
    """What it carries has been read; LM502 if it carries nothing any more, or something older was not read yet."""
    _compiled("got")


def forgive(ledger: Ledger[S, C, *Event], claimant: S = NULL) -> None:
    """The claimant has gone: it is owed nothing. Without one: neither is anyone, and nothing is on its way."""
    _compiled("forgive")
