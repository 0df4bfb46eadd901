"""What the machine adds to a scenario: CPUs that are shared, what others see of a task, callbacks that are queued.

They are objects like any other, so that searches and reports need not know of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from lockmodel.ir.types import BoolType, EnumType, Field, IntType, RefType, Struct

MOST_THREADS = 64
"""Threads that a CPU and a task can name."""

DEEPEST = 15
"""How deep soft interrupts, preemption and RCU read sides nest. Beyond, the search is not complete."""

CPU = Struct(
    "cpu",
    (
        Field("irqs_off", BoolType()),
        Field("bh_off", IntType(0, DEEPEST)),
        Field("softirq", IntType(0, MOST_THREADS)),
        Field("hardirq", IntType(0, MOST_THREADS)),
        Field("pinned", IntType(0, MOST_THREADS)),
    ),
)
"""A CPU: what is off there; the soft and the hard interrupt that is there, and the thread that must not be preempted
(1 + its number, 0 for none)."""


TASK = "task"


OCCUPANTS = ("softirq", "hardirq", "pinned")
"""The fields of a CPU that name a thread."""

RUNNING, INTERRUPTIBLE, UNINTERRUPTIBLE = 0, 1, 2
"""The kernel's task states."""

TASK_STATE = EnumType(
    "task_state",
    (("TASK_RUNNING", RUNNING), ("TASK_INTERRUPTIBLE", INTERRUPTIBLE), ("TASK_UNINTERRUPTIBLE", UNINTERRUPTIBLE)),
)


def task(threads: int) -> Struct:
    """What others see of one of so many threads: its state as it sleeps (0 is running), whether it reads under RCU,
    and which threads (a bit each) wait for it to leave that read side."""
    return Struct(
        TASK,
        (
            Field("state", TASK_STATE),
            Field("rcu", BoolType()),
            Field("awaited", IntType(0, (1 << threads) - 1)),
        ),
    )


SLEEPS_ON_QUEUES = frozenset(("prepare_to_wait", "prepare_to_wait_exclusive", "finish_wait", "schedule", "cond_wait"))
"""Operations of a thread that stands in queues."""

CALLBACK = "RCU callback"


def callback(threads: int) -> Struct:
    """What one of so many threads is to call: the object that is queued for it (NULL: none), whether it runs; and which
    threads (a bit each) wait for the call that is queued and for the one that runs."""
    waiting = IntType(0, (1 << threads) - 1)
    return Struct(
        CALLBACK,
        (
            Field("object", RefType("")),
            Field("runs", BoolType()),
            Field("awaited", waiting),
            Field("awaited_running", waiting),
        ),
    )


MACHINE = (CPU.name, TASK, CALLBACK)
"""What is no object of the model."""


READS_UNDER_RCU = frozenset(("rcu_read_lock", "rcu_read_unlock"))
"""Operations that are seen by who waits for readers."""

WAITS_FOR_READERS = frozenset(("synchronize_rcu", "call_rcu"))
"""Operations that wait for readers, or have a callback wait for them."""

SLEEPS_IN_RCU = frozenset(("synchronize_rcu", "rcu_barrier"))
"""Operations of a thread that waits for readers or callbacks."""


TELLS_OF_TASKS = READS_UNDER_RCU | SLEEPS_IN_RCU | WAITS_FOR_READERS | SLEEPS_ON_QUEUES
"""All operations that say whether others see a task."""


def seen_by_others(does: Sequence[AbstractSet[str]]) -> list[bool]:
    """Which threads have a task that others see, by the operations of each: those of RCU are seen by who waits."""
    of_rcu = READS_UNDER_RCU | SLEEPS_IN_RCU
    awaited = any(done & WAITS_FOR_READERS for done in does)
    return [bool(done & SLEEPS_ON_QUEUES) or (awaited and bool(done & of_rcu)) for done in does]
