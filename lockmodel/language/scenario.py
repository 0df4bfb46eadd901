"""The builder that a scenario function fills: initial objects, what they are linked to, and the threads.

It records what it is told, with the line that told it; the compiler checks it and gives it numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, TypeVarTuple, cast

from lockmodel.language.types import Atomic, Idr, Ledger, ListEntry, ListHead, Struct

S = TypeVar("S", bound=Struct)
C = TypeVar("C", bound=Struct)
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True)
class ObjectRecord:
    """What was said of an object: its Struct, its name ("" for one by number), its fields, and where it was."""

    struct: type[Struct]
    name: str
    values: dict[str, object]
    path: str
    line: int
    is_global: bool = False
    function: str = ""


class ObjectHandle:
    """Stands for an object in a scenario function, or in the module if it is global.

    Its attributes are `MemberHandle`s, whatever the fields of the Struct are called; `record_of` gives its record.
    """

    __slots__ = ("_record",)

    def __init__(self, record: ObjectRecord) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return MemberHandle(self, name)


class MemberHandle:
    """Stands for a member of an object, such as `inode.inotify_watches`; `member_of` says which."""

    __slots__ = ("_field", "_owner")

    def __init__(self, owner: ObjectHandle, field: str) -> None:
        self._owner = owner
        self._field = field

    def __getattr__(self, name: str) -> MemberHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        return MemberHandle(self._owner, f"{self._field}.{name}")


def record_of(handle: ObjectHandle) -> ObjectRecord:
    """What was said of the object that a handle stands for."""
    return handle._record


def member_of(handle: MemberHandle) -> tuple[ObjectHandle, str]:
    """The object and the field, with dots where it is embedded, that a handle stands for."""
    return handle._owner, handle._field


@dataclass(frozen=True)
class LinkRecord:
    """A call of `link`."""

    entry: object
    head: object
    path: str
    line: int


@dataclass(frozen=True)
class SetRecord:
    """A call of `set`."""

    target: object
    values: dict[str, object]
    path: str
    line: int


@dataclass(frozen=True)
class IdrRecord:
    """A call of `idr_set`."""

    idr: object
    id: int
    target: object
    path: str
    line: int


@dataclass(frozen=True)
class HoldRecord:
    """A call of `shares` or, `alone`, of `excludes`, by a thread or, "", by the world."""

    word: str
    target: object
    alone: bool
    by: str


@dataclass(frozen=True)
class CarriedRecord:
    """A call of `carry`."""

    ledger: object
    claimant: object
    event: tuple[object, ...]
    carrier: object
    path: str
    line: int


@dataclass(frozen=True)
class ThreadRecord:
    """A call of `thread`, `softirq` or `hardirq`, which is its `level`."""

    name: str
    path_function: Callable[..., object]
    arguments: tuple[object, ...]
    may_wait: bool
    path: str
    line: int
    level: str = "process"
    cpu: int | None = None


@dataclass
class Scenario:
    """What a scenario function receives; each call adds to what the scenario starts from."""

    objects: list[ObjectHandle] = field(default_factory=list)
    links: list[LinkRecord] = field(default_factory=list)
    idr_records: list[IdrRecord] = field(default_factory=list)
    carried: list[CarriedRecord] = field(default_factory=list)
    threads: list[ThreadRecord] = field(default_factory=list)
    settings: list[SetRecord] = field(default_factory=list)
    kept: list[tuple[object, str, int]] = field(default_factory=list)
    held: list[tuple[object, str, int]] = field(default_factory=list)
    holds: list[HoldRecord] = field(default_factory=list)
    holder: str = ""

    def new(self, struct: type[S], name: str = "", /, **fields: object) -> S:
        """An object that is there at the start, its fields as given and otherwise 0, or what comes nearest to it.

        `name` is what findings call it; otherwise it is the Struct's name with a number ("watch#1").
        """
        path, line = _caller()
        handle = ObjectHandle(ObjectRecord(struct, name, fields, path, line, function=_function()))
        self.objects.append(handle)
        return cast(S, handle)

    def link(self, entry: ListEntry, head: ListHead[Any]) -> None:
        """Put an entry at the end of a list."""
        self.links.append(LinkRecord(entry, head, *_caller()))

    def idr_set(self, idr: Idr[S], id: int, target: S) -> None:
        """Put an object under an id."""
        self.idr_records.append(IdrRecord(idr, id, target, *_caller()))

    def carry(self, ledger: Ledger[S, C, *Ts], claimant: S, *event: *Ts, by: C) -> None:
        """An event is on its way to the claimant, behind those that are already."""
        self.carried.append(CarriedRecord(ledger, claimant, event, by, *_caller()))

    def keep(self, target: Struct) -> None:
        """The environment holds one reference to the object that it does not drop (LM403 expects it at the end)."""
        self.kept.append((target, *_caller()))

    def set(self, target: Struct, /, **fields: object) -> None:
        """An object of this scenario, or a global one in this scenario, starts with these fields."""
        self.settings.append(SetRecord(target, fields, *_caller()))

    def hold(self, count: Atomic) -> None:
        """Somebody has a reference: the count starts one higher than it would."""
        self.held.append((count, *_caller()))

    def shares(self, word: str, target: Struct | None = None) -> None:
        """Of the entry's thread, or of the world: it has `word` (of the object), as others may.

        There is no scenario in which somebody else excludes it.
        """
        self.holds.append(HoldRecord(word, target, False, self.holder))

    def excludes(self, word: str, target: Struct | None = None) -> None:
        """Of the entry's thread, or of the world: it has `word` (of the object), and nobody else has it in any way."""
        self.holds.append(HoldRecord(word, target, True, self.holder))

    def thread(
        self,
        name: str,
        path: Callable[[*Ts], object],
        /,
        *arguments: *Ts,
        may_wait: bool = False,
        cpu: int | None = None,
    ) -> None:
        """A thread that enters `path` with these arguments.

        `may_wait`: it may wait for ever (for an event that need not come) without that being a deadlock. `cpu`: the
        number of the CPU that it runs on, to be shared with interrupts and other threads; else one of its own.
        """
        self.threads.append(ThreadRecord(name, path, arguments, may_wait, *_caller(), cpu=cpu))

    def hardirq(self, name: str, path: Callable[[*Ts], object], /, *arguments: *Ts, cpu: int) -> None:
        """A hard interrupt that may come once, wherever hard interrupts are on on its CPU, and enters `path` there.

        Nothing else runs on that CPU until it is done. Its handler runs with hard interrupts off.
        """
        self.threads.append(ThreadRecord(name, path, arguments, True, *_caller(), "hardirq", cpu))

    def softirq(self, name: str, path: Callable[[*Ts], object], /, *arguments: *Ts, cpu: int) -> None:
        """A soft interrupt that may come once, wherever soft and hard interrupts are on on its CPU.

        Only hard interrupts run on that CPU until it is done.
        """
        self.threads.append(ThreadRecord(name, path, arguments, True, *_caller(), "softirq", cpu))


def _function() -> str:
    """The function that called; a comprehension, which is one in some versions of Python, counts as part of it."""
    frame = sys._getframe(2)
    while frame.f_code.co_name in COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name


COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def _caller() -> tuple[str, int]:
    frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno
