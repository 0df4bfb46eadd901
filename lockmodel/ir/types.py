"""The types of the IR: what a local or a field can hold, and what a Struct is made of.

Records embedded in a Struct are flattened: the member `wd` of the embedded record `event` is the field "event.wd".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntType:
    """An integer; a local without a declared range has low = high = None, a field always has one."""

    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class BoolType:
    """True or False, held as 1 or 0."""


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration or, with `flags`, a set of bits; `members` are (name, value) in the order of declaration."""

    name: str
    members: tuple[tuple[str, int], ...]
    flags: bool = False


@dataclass(frozen=True, slots=True)
class RefType:
    """A C pointer to an object of a Struct: null, an object, an error pointer, or a list head misread as an entry."""

    struct: str


@dataclass(frozen=True, slots=True)
class VoidType:
    """What a procedure without a result gives."""


@dataclass(frozen=True, slots=True)
class TupleType:
    """The results of a procedure that gives several."""

    items: tuple[Type, ...]


# --- members: what lives inside an object and is used through its address -------------------------------------


@dataclass(frozen=True, slots=True)
class LockKind:
    """A kind of lock: its name in a spec, whether a thread that waits for it sleeps, whether readers share it."""

    name: str
    sleeps: bool = False
    shares: bool = False


LOCK_KINDS: dict[str, LockKind] = {
    "spinlock": LockKind("SpinLock"),
    "raw_spinlock": LockKind("RawSpinLock"),
    "rwlock": LockKind("RwLock", shares=True),
    "seqlock": LockKind("SeqLock"),
    "semaphore": LockKind("Semaphore", sleeps=True),
    "mutex": LockKind("Mutex", sleeps=True),
    "rt_mutex": LockKind("RtMutex", sleeps=True),
    "rwsem": LockKind("RwSemaphore", sleeps=True, shares=True),
    "completion": LockKind("Completion", sleeps=True),
}


@dataclass(frozen=True, slots=True)
class LockType:
    """A lock word. `count` is the initial count (1 = free for a spinlock or a mutex).

    It is 1 where the lock is free, 0 where one thread has it, and -n where n readers share it. `owned`: whoever takes
    it must give it back; a counting semaphore and a completion are not owned, and anyone may raise them. `queued`:
    it is known who stands in line for it. Readers that come while a writer does wait behind it; `up` wakes whoever does
    in a move of its own.
    """

    kind: str
    count: int = 1
    owned: bool = True
    queued: bool = False

    @property
    def sleeps(self) -> bool:
        """Does a thread that waits for it sleep?"""
        return LOCK_KINDS[self.kind].sleeps

    @property
    def shares(self) -> bool:
        """Can readers share it?"""
        return LOCK_KINDS[self.kind].shares

    @property
    def raw(self) -> bool:
        """Does it spin whatever the kernel is built for? (Other spinning locks sleep under PREEMPT_RT.)"""
        return self.kind == "raw_spinlock"


@dataclass(frozen=True, slots=True)
class AtomicType:
    """atomic_t with its range; a reference count (`counts`) never goes below 0 and must not rise from a final 0.

    `zero_is_cached`: an object may rest with count 0 and be taken again (an inode in the cache).
    """

    low: int
    high: int
    counts: bool = False
    zero_is_cached: bool = False


@dataclass(frozen=True, slots=True)
class ListEntryType:
    """An intrusive link: next, prev, and the head that it is on (a ghost)."""


@dataclass(frozen=True, slots=True)
class ListHeadType:
    """The head of a list of `element`s linked through their field `link`.

    `counted` names the RefCount field of the element of which being on this list holds one, or is "".
    """

    element: str
    link: str
    counted: str = ""


@dataclass(frozen=True, slots=True)
class IdrType:
    """A map from small ids, 0 <= id < capacity, to objects of `element`."""

    element: str
    capacity: int


@dataclass(frozen=True, slots=True)
class WaitQueueType:
    """A wait queue head, or with `condition` a POSIX condition variable: the threads that sleep on it, in order."""

    condition: bool = False


@dataclass(frozen=True, slots=True)
class LedgerType:
    """What `claimant`s are owed, and which `carrier`s bring it: up to `capacity` entries. A ghost.

    An `event` is some values. (`ir.ledger` has the entries.)
    """

    claimant: str
    carrier: str
    event: tuple[ValueType, ...]
    capacity: int


@dataclass(frozen=True, slots=True)
class CacheType:
    """A slab cache named as an operand of an allocation; known at compile time."""

    name: str


ValueType = IntType | BoolType | EnumType | RefType
MemberType = LockType | AtomicType | ListEntryType | ListHeadType | IdrType | WaitQueueType | LedgerType
Type = ValueType | MemberType | CacheType | VoidType | TupleType


def enum_range(members: tuple[tuple[str, int], ...], flags: bool) -> tuple[int, int]:
    """The lowest and highest value of an enumeration or of a set of bits (0 is always allowed in one)."""
    numbers = [value for _, value in members] or [0]
    if not flags:
        return min(numbers), max(numbers)
    every = 0
    for number in numbers:
        every |= number
    return 0, every


def nearest_to_zero(type_: ValueType | AtomicType) -> int:
    """What a field starts with to which nothing was given."""
    match type_:
        case IntType(low, high) | AtomicType(low, high):
            return max(low or 0, min(0, high or 0))
        case EnumType(_, members, flags):
            low, high = enum_range(members, flags)
            return max(low, min(0, high))
        case _:
            return 0


@dataclass(frozen=True, slots=True)
class Guard:
    """What `guarded_by` names: a global lock, or a lock reached from the object through constant references.

    `path` is the fields to follow, the last being the lock: ("inode", "inotify_sem"); for a global lock it is empty.
    """

    text: str
    path: tuple[str, ...] = ()
    lock: str = ""  # the global lock's name


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a Struct. `counted` names the RefCount of the target that this reference holds one of, or is ""."""

    name: str
    type: ValueType | MemberType
    path: str = ""
    line: int = 0
    guarded_by: Guard | None = None
    constant: bool = False
    ghost: bool = False
    counted: str = ""
    default: int | None = None


@dataclass(frozen=True, slots=True)
class Struct:
    """A type of objects; `fields` in the order of declaration, embedded records flattened."""

    name: str
    fields: tuple[Field, ...]
    path: str = ""
    line: int = 0

    def field(self, name: str) -> Field:
        """The field called `name`; KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)
