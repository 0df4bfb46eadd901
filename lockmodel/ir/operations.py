"""The kernel operations that the IR knows, by the kernel's names: what each takes and gives.

One table serves the language (which functions exist), the compiler (which operands fit) and the engine (which
meaning to give). Parameter kinds: a kind of lock of `ir.types.LOCK_KINDS` (the address of such a lock), "lock" (any
lock), "atomic", "entry", "head", "link" (an entry or a head), "idr", "waitqueue", "condition" (addresses), "cache" (a
slab cache), "ref" (a reference), "element" (a reference to what the head or idr before it holds), "int", "state" (of
a task, as it sleeps), "subclass" (of a lock: a constant), "callback" (a procedure, known before the run). Result
kinds: "int", "bool", "element" (of the head or idr operand), "object" (of the cache operand).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """The signature of one operation. `sleeps`: a thread may sleep in it, so that LM601 applies.

    `said`: what the spec calls it, where that is another name.
    """

    name: str
    parameters: tuple[str, ...]
    results: tuple[str, ...] = ()
    sleeps: bool = False
    said: str = ""


def _table(*operations: Operation) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations}


OPERATIONS: dict[str, Operation] = _table(
    # locks
    Operation("spin_lock", ("spinlock",)),
    Operation("spin_lock_nested", ("spinlock", "subclass")),
    Operation("spin_unlock", ("spinlock",)),
    Operation("spin_trylock", ("spinlock",), ("bool",)),
    Operation("spin_lock_init", ("spinlock",)),
    Operation("raw_spin_lock", ("raw_spinlock",)),
    Operation("raw_spin_lock_nested", ("raw_spinlock", "subclass")),
    Operation("raw_spin_unlock", ("raw_spinlock",)),
    Operation("raw_spin_trylock", ("raw_spinlock",), ("bool",)),
    Operation("raw_spin_lock_init", ("raw_spinlock",)),
    Operation("read_lock", ("rwlock",)),
    Operation("read_unlock", ("rwlock",)),
    Operation("read_trylock", ("rwlock",), ("bool",)),
    Operation("write_lock", ("rwlock",)),
    Operation("write_unlock", ("rwlock",)),
    Operation("write_trylock", ("rwlock",), ("bool",)),
    Operation("write_lock_nested", ("rwlock", "subclass")),
    Operation("rwlock_init", ("rwlock",)),
    Operation("down", ("semaphore",), sleeps=True),
    Operation("down_interruptible", ("semaphore",), ("int",), sleeps=True),
    Operation("down_trylock", ("semaphore",), ("int",)),
    Operation("up", ("semaphore",)),
    Operation("sema_init", ("semaphore", "int")),
    Operation("init_MUTEX", ("semaphore",)),
    Operation("mutex_lock", ("mutex",), sleeps=True),
    Operation("mutex_lock_nested", ("mutex", "subclass"), sleeps=True),
    Operation("mutex_lock_interruptible", ("mutex",), ("int",), sleeps=True),
    Operation("mutex_lock_interruptible_nested", ("mutex", "subclass"), ("int",), sleeps=True),
    Operation("mutex_trylock", ("mutex",), ("bool",)),
    Operation("mutex_unlock", ("mutex",)),
    Operation("mutex_init", ("mutex",)),
    Operation("rt_mutex_lock", ("rt_mutex",), sleeps=True),
    Operation("rt_mutex_lock_nested", ("rt_mutex", "subclass"), sleeps=True),
    Operation("rt_mutex_trylock", ("rt_mutex",), ("bool",)),
    Operation("rt_mutex_unlock", ("rt_mutex",)),
    Operation("rt_mutex_init", ("rt_mutex",)),
    Operation("down_read", ("rwsem",), sleeps=True),
    Operation("down_read_nested", ("rwsem", "subclass"), sleeps=True),
    Operation("down_read_trylock", ("rwsem",), ("bool",)),
    Operation("up_read", ("rwsem",)),
    Operation("down_write", ("rwsem",), sleeps=True),
    Operation("down_write_nested", ("rwsem", "subclass"), sleeps=True),
    Operation("down_write_trylock", ("rwsem",), ("bool",)),
    Operation("up_write", ("rwsem",)),
    Operation("downgrade_write", ("rwsem",)),
    Operation("init_rwsem", ("rwsem",)),
    Operation("wait_for_completion", ("completion",), sleeps=True),
    Operation("try_wait_for_completion", ("completion",), ("bool",)),
    Operation("complete", ("completion",)),
    Operation("complete_all", ("completion",)),
    Operation("init_completion", ("completion",)),
    Operation("reinit_completion", ("completion",)),
    Operation("write_seqlock", ("seqlock",)),
    Operation("write_sequnlock", ("seqlock",)),
    Operation("read_seqbegin", ("seqlock",), ("int",)),
    Operation("read_seqretry", ("seqlock", "int"), ("bool",)),
    Operation("seqlock_init", ("seqlock",)),
    # what a thread turns off
    Operation("local_irq_disable", ()),
    Operation("local_irq_enable", ()),
    Operation("local_irq_save", (), ("int",)),
    Operation("local_irq_restore", ("int",)),
    Operation("local_bh_disable", ()),
    Operation("local_bh_enable", ()),
    Operation("preempt_disable", ()),
    Operation("preempt_enable", ()),
    Operation("rcu_read_lock", ()),
    Operation("rcu_read_unlock", ()),
    Operation("synchronize_rcu", (), sleeps=True),
    Operation("call_rcu", ("ref", "callback")),
    Operation("rcu_barrier", (), sleeps=True),
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
    Operation("atomic_xchg", ("atomic", "int"), ("int",)),
    Operation("atomic_cmpxchg", ("atomic", "int", "int"), ("int",)),
    Operation("set_bit", ("int", "atomic")),
    Operation("clear_bit", ("int", "atomic")),
    Operation("test_bit", ("int", "atomic"), ("bool",)),
    Operation("test_and_set_bit", ("int", "atomic"), ("bool",)),
    Operation("test_and_clear_bit", ("int", "atomic"), ("bool",)),
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
    Operation("wake_up_all", ("waitqueue",)),
    Operation("wake_up_interruptible", ("waitqueue",)),
    Operation("wake_up_interruptible_all", ("waitqueue",)),
    Operation("prepare_to_wait", ("waitqueue", "state")),
    Operation("prepare_to_wait_exclusive", ("waitqueue", "state")),
    Operation("finish_wait", ("waitqueue",)),
    Operation("schedule", (), sleeps=True),
    Operation("cond_init", ("condition",)),
    Operation("cond_wait", ("condition", "mutex"), sleeps=True),
    Operation("cond_signal", ("condition",)),
    Operation("cond_broadcast", ("condition",)),
)
"""Allocations sleep only where their flags let them (GFP_KERNEL does, GFP_ATOMIC does not)."""


@dataclass(frozen=True, slots=True)
class Locking:
    """What an operation does to its lock.

    `deed`: "take" (waiting as long as it must), "try", "release", "downgrade", "init". `gives`: what a "take" or a
    successful "try" gives (a failed one gives 1 - that). `nested`: it is told a subclass.
    """

    deed: str
    mode: str = "write"
    gives: int = 1
    nested: bool = False


LOCKING: dict[str, Locking] = {
    "spin_lock": Locking("take"),
    "spin_lock_nested": Locking("take", nested=True),
    "spin_unlock": Locking("release"),
    "spin_trylock": Locking("try"),
    "spin_lock_init": Locking("init"),
    "raw_spin_lock": Locking("take"),
    "raw_spin_lock_nested": Locking("take", nested=True),
    "raw_spin_unlock": Locking("release"),
    "raw_spin_trylock": Locking("try"),
    "raw_spin_lock_init": Locking("init"),
    "read_lock": Locking("take", "read"),
    "read_unlock": Locking("release", "read"),
    "read_trylock": Locking("try", "read"),
    "write_lock": Locking("take"),
    "write_unlock": Locking("release"),
    "write_trylock": Locking("try"),
    "write_lock_nested": Locking("take", nested=True),
    "rwlock_init": Locking("init"),
    "down": Locking("take"),
    "down_interruptible": Locking("take", gives=0),
    "down_trylock": Locking("try", gives=0),
    "up": Locking("release"),
    "sema_init": Locking("init"),
    "init_MUTEX": Locking("init"),
    "mutex_lock": Locking("take"),
    "mutex_lock_nested": Locking("take", nested=True),
    "mutex_lock_interruptible": Locking("take", gives=0),
    "mutex_lock_interruptible_nested": Locking("take", gives=0, nested=True),
    "mutex_trylock": Locking("try"),
    "mutex_unlock": Locking("release"),
    "mutex_init": Locking("init"),
    "rt_mutex_lock": Locking("take"),
    "rt_mutex_lock_nested": Locking("take", nested=True),
    "rt_mutex_trylock": Locking("try"),
    "rt_mutex_unlock": Locking("release"),
    "rt_mutex_init": Locking("init"),
    "down_read": Locking("take", "read"),
    "down_read_nested": Locking("take", "read", nested=True),
    "down_read_trylock": Locking("try", "read"),
    "up_read": Locking("release", "read"),
    "down_write": Locking("take"),
    "down_write_nested": Locking("take", nested=True),
    "down_write_trylock": Locking("try"),
    "up_write": Locking("release"),
    "downgrade_write": Locking("downgrade"),
    "init_rwsem": Locking("init"),
    "wait_for_completion": Locking("take"),
    "try_wait_for_completion": Locking("try"),
    "complete": Locking("release"),
    "init_completion": Locking("init"),
    "write_seqlock": Locking("take"),
    "write_sequnlock": Locking("release"),
    "seqlock_init": Locking("init"),
}
"""The operations on locks that are alike for every kind; the engine gives them one meaning a deed."""


@dataclass(frozen=True, slots=True)
class Compound:
    """An operation that is several in a row, each a step of its own; `flags`: it gives, or takes, saved flags."""

    parts: tuple[str, ...]
    flags: bool = False


def _turned_off() -> dict[str, Compound]:
    """`spin_lock_irq` and its like: something is turned off before a lock is taken, and on after it is released."""
    found: dict[str, Compound] = {}
    for base in ("spin_", "raw_spin_", "read_", "write_"):
        take, release = f"{base}lock", f"{base}unlock"
        found[f"{take}_irq"] = Compound(("local_irq_disable", take))
        found[f"{release}_irq"] = Compound((release, "local_irq_enable"))
        found[f"{take}_irqsave"] = Compound(("local_irq_save", take), flags=True)
        found[f"{release}_irqrestore"] = Compound((release, "local_irq_restore"), flags=True)
        found[f"{take}_bh"] = Compound(("local_bh_disable", take))
        found[f"{release}_bh"] = Compound((release, "local_bh_enable"))
    for take in ("spin_lock", "raw_spin_lock"):
        found[f"{take}_irqsave_nested"] = Compound(("local_irq_save", f"{take}_nested"), flags=True)
        found[f"{take}_bh_nested"] = Compound(("local_bh_disable", f"{take}_nested"))
    return found


COMPOUNDS: dict[str, Compound] = _turned_off()

GHOSTS: dict[str, Operation] = _table(
    Operation("list_length", ("head",), ("int",)),
    Operation("list_contains", ("head", "element"), ("bool",)),
    Operation("live", ("ref",), ("bool",)),
    Operation("is_locked", ("lock",), ("bool",)),
)
"""What only claims and awaited conditions may use; no step of any thread."""


LEDGER: dict[str, Operation] = _table(
    Operation("owe", ("ledger", "claimant", "event")),
    Operation("allow", ("ledger", "claimant", "event")),
    Operation("carry", ("ledger", "claimant", "event", "carrier")),
    Operation("merge", ("ledger", "claimant", "event")),
    Operation("drop", ("ledger", "claimant", "event")),
    Operation("overflow", ("ledger", "carrier")),
    Operation("got", ("ledger", "carrier")),
    Operation("forgive", ("ledger", "claimant")),
    Operation("forgive_all", ("ledger",), said="forgive"),
)
"""What is said of events; no step of any thread. "event" stands for as many values as the ledger's events have."""

ENTERS = ("owe", "allow", "carry", "overflow")
"""Those that may make an entry."""
