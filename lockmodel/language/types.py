"""The types that a spec declares its objects with.

References are C pointers: a field or a local of type `Watch` may be null, and its type does not say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import Any, Final, Generic, Never, TypeVar, TypeVarTuple, cast, dataclass_transform

S = TypeVar("S", bound="Struct")
C = TypeVar("C", bound="Struct")
Event = TypeVarTuple("Event")
S_co = TypeVar("S_co", bound="Struct", covariant=True)

Flags = IntFlag
Enum = IntEnum


class Range:
    """`Annotated[int, Range(low, high)]`: an integer from `low` to `high`, both included. Leaving it is LM701."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __repr__(self) -> str:
        return f"Range({self.low}, {self.high})"


class FieldOptions:
    """What `field()` and its kin record about a field; the compiler reads it."""

    def __init__(self, kind: str = "plain", **options: object) -> None:
        self.kind = kind
        self.options = options


def field(
    *,
    guarded_by: str | Lock | None = None,
    constant: bool = False,
    ghost: bool = False,
    counted: str | None = None,
    default: object = None,
) -> Any:
    """Says more about a field than its type does.

    `guarded_by`: the lock that every access needs (LM302): a lock of the same object by its field's name, a global
    lock, or a path through constant references ("inode.inotify_sem"). `constant`: never written once its object is
    shared. `ghost`: exists for claims only; reading and writing it is no step. `counted`: this reference holds one of
    the target's RefCount of that name, for LM403. `default`: its value in a scenario that does not give one (else 0, or
    what comes nearest).
    """
    return FieldOptions(guarded_by=guarded_by, constant=constant, ghost=ghost, counted=counted, default=default)


def list_of(link: str, *, guarded_by: str | Lock | None = None, counted: str | None = None) -> Any:
    """The head of a list whose entries are linked through their field `link`.

    `guarded_by` holds for the head and for the links of every entry that is on it. `counted`: being on the list holds
    one of the entry's RefCount of that name.
    """
    return FieldOptions("list_of", link=link, guarded_by=guarded_by, counted=counted)


def semaphore(count: int) -> Any:
    """A counting semaphore: no owner, anyone may raise it. Without this a Semaphore field is as init_MUTEX makes it."""
    return FieldOptions("semaphore", count=count)


def rwlock(*, queued: bool = False) -> Any:
    """A rwlock; `queued`: readers that come while a writer waits, wait behind it (but not in an interrupt)."""
    return FieldOptions("rwlock", queued=queued)


def rwsem(*, queued: bool = True) -> Any:
    """A rw_semaphore; without `queued` readers pass by a writer that waits."""
    return FieldOptions("rwsem", queued=queued)


def atomic(low: int, high: int) -> Any:
    """The range of an Atomic or RefCount (otherwise -128..127 and 0..100). Leaving it is LM701."""
    return FieldOptions("atomic", low=low, high=high)


def refcount(*, zero_is_cached: bool = False, high: int = 100) -> Any:
    """A reference count; `zero_is_cached`: the object may rest with count 0 and be taken again."""
    return FieldOptions("refcount", zero_is_cached=zero_is_cached, high=high)


def idr_of(capacity: int = 8, *, guarded_by: str | Lock | None = None) -> Any:
    """An idr with ids 0 <= id < capacity (otherwise 8)."""
    return FieldOptions("idr", capacity=capacity, guarded_by=guarded_by)


def ledger(*, capacity: int) -> Any:
    """A ledger of up to `capacity` events that are owed or on their way; one more makes the verdict `incomplete`."""
    return FieldOptions("ledger", capacity=capacity)


@dataclass_transform(
    kw_only_default=True, field_specifiers=(field, list_of, semaphore, rwlock, rwsem, atomic, refcount, idr_of, ledger)
)
class _Fields:
    """Base that makes type checkers catch misspelt fields."""


class Struct(_Fields):
    """A type of objects that are used through references, like a C struct behind a pointer.

    A class that derives from a Struct of its name in another module extends it: there is one, with the fields of both.
    """


class Record(_Fields):
    """A type of records that are embedded in a Struct, like a C struct inside another."""


class SpinLock:
    """spinlock_t: a thread that holds it must not sleep."""


class RawSpinLock:
    """raw_spinlock_t: spins whatever the kernel is built for, so that no SpinLock may be taken under it."""


class RwLock:
    """rwlock_t: spins; readers share it, and may come upon themselves where it is not queued (see `rwlock()`)."""


class SeqLock:
    """seqlock_t: writers exclude each other; readers do not wait for the end of their reading, but read again."""


class Semaphore:
    """struct semaphore. A bare one starts at 1 and is used as a mutex; see `semaphore()` for a counting one."""


class Mutex:
    """struct mutex: one owner, who must release it."""


class RtMutex:
    """struct rt_mutex: one owner, who must release it (and inherits priority, which no schedule shows)."""


class RwSemaphore:
    """struct rw_semaphore: sleeps; readers share it, and wait behind a writer that waits (see `rwsem()`)."""


class Completion:
    """struct completion: done so often; not done at the start."""


Lock = SpinLock | RawSpinLock | RwLock | SeqLock | Semaphore | Mutex | RtMutex | RwSemaphore
"""Any lock that has an owner."""


class Atomic:
    """atomic_t: single indivisible operations."""


class RefCount(Atomic):
    """An atomic_t that counts references: below 0 is LM401, raised after its last put is LM402."""


class ListEntry:
    """struct list_head inside an entry: its links."""


class ListHead(Generic[S_co]):
    """struct list_head as the head of a list of S; declare it with `list_of`."""


class Idr(Generic[S_co]):
    """struct idr: small ids to references."""


class Ledger(Generic[S, C, *Event]):
    """Which events `S` are owed, and which `C` carry them; the types that follow are those of an event's values.

    A ghost; declare it with `ledger`.
    """


class WaitQueue:
    """wait_queue_head_t: threads that sleep until they are woken."""


class Condition:
    """pthread_cond_t: threads that gave back a mutex and sleep until they are signalled."""


class Cache(Generic[S]):
    """A slab cache of objects of one Struct; made by `Model.cache`."""

    def __init__(self, name: str, struct: type[S], capacity: int, may_fail: Any, path: str = "", line: int = 0) -> None:
        self.name = name
        self.struct = struct
        self.capacity = capacity
        self.may_fail = may_fail
        self.path = path
        self.line = line


class _Null:
    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False


NULL: Final[Never] = cast(Never, _Null())
"""The null pointer; fits every reference."""

__all__: Sequence[str] = [
    "NULL",
    "Atomic",
    "Cache",
    "Completion",
    "Condition",
    "Enum",
    "FieldOptions",
    "Flags",
    "Idr",
    "Ledger",
    "ListEntry",
    "ListHead",
    "Lock",
    "Mutex",
    "Range",
    "RawSpinLock",
    "Record",
    "RefCount",
    "RtMutex",
    "RwLock",
    "RwSemaphore",
    "Semaphore",
    "SeqLock",
    "SpinLock",
    "Struct",
    "WaitQueue",
    "atomic",
    "field",
    "idr_of",
    "ledger",
    "list_of",
    "refcount",
    "rwlock",
    "rwsem",
    "semaphore",
]
