"""The state record: where every shared variable of a scenario lies, as bytes that both searches share.

Takes a Program and a Setup; gives numbered objects, numbered locations, and the packed initial state. A location is
one shared variable; it takes 1, 2, 4 bytes or more by the size of its domain. After the locations come `NODE_BYTES` for
each thread, the number of its local state. Objects that a thread may allocate have slots of their own, named by that
thread, so that allocations of different threads never meet.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import assert_never

from lockmodel.ir import ledger
from lockmodel.ir.machine import CALLBACK, CPU, MOST_THREADS, TASK, callback, task
from lockmodel.ir.nodes import Await, Book, Call, GlobalRef, Instruction, Local, Operate, Procedure, Program, Progress
from lockmodel.ir.operations import ENTERS
from lockmodel.ir.setup import Argument, Setup
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    EnumType,
    Field,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    Struct,
    ValueType,
    WaitQueueType,
    enum_range,
    nearest_to_zero,
)
from lockmodel.ir.values import (
    DEAD,
    DROPPED,
    FREE,
    HEADS,
    LIVE,
    NULL,
    POISON,
    RESERVED,
    UNINITIALISED,
    is_head,
    is_object,
)
from lockmodel.source import Site

NODE_BYTES = 3
"""Bytes for the number of a thread's local state: 16 million are far beyond what a scenario learns."""

MARKS = (1 << (8 * NODE_BYTES)) - 1
"""The highest mark: there are no more local states to be marked."""

COUNTING_LIMIT = 250
"""The highest count of a counting semaphore; a completion that is complete for ever."""

SEQUENCE_LIMIT = 63
"""How far the sequence of a seqlock is counted: so many writers twice. Beyond, the search is not complete."""


ALLOCATES = ("kmem_cache_alloc", "kmem_cache_zalloc")


class Domain:
    """The values that a location can hold, numbered from 0: low..high, then the marks and references in `others`."""

    def __init__(self, low: int, high: int, others: Iterable[int] = ()) -> None:
        self.low = low
        self.high = high
        self.others = tuple(others)
        self._codes = {value: high - low + 1 + n for n, value in enumerate(self.others)}
        size = high - low + 1 + len(self.others)
        self.width = next(width for width in (1, 2, 4, 8, 16) if size <= 1 << (8 * width))

    def encode(self, value: int) -> int | None:
        """The code of a value, or None if the domain does not have it."""
        if self.low <= value <= self.high:
            return value - self.low
        return self._codes.get(value)

    def decode(self, code: int) -> int:
        """The value with this code."""
        plain = self.high - self.low + 1
        return self.low + code if code < plain else self.others[code - plain]


@dataclass(frozen=True, slots=True)
class Location:
    """One shared variable: `part` of member `field` of object `owner` ("next", "prev", "on", an index, or "")."""

    number: int
    owner: int
    field: str
    part: str
    domain: Domain
    offset: int

    @property
    def hidden(self) -> bool:
        """Does it say whether its object is there, and is no field of it?"""
        return self.field.startswith("(")


@dataclass(frozen=True, slots=True)
class Object:
    """One object or slot. `status` is the location of its status, or -1 if it can never be freed.

    A slot that its thread may allocate at several places has one of them in `born`, as 1 + its index in `sites`.
    """

    number: int
    name: str
    struct: str
    first: int
    status: int
    cache: str = ""
    thread: int = -1
    born: int = -1
    sites: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class _Planned:
    """An object to be laid out; `hidden` are the locations before its members."""

    name: str
    struct: str
    hidden: int
    cache: str = ""
    thread: int = -1
    sites: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class Counting:
    """Of an object: its `references` that are counted, by location, with the count of what they refer to.

    `entries` are where its list entries say which list they are on; `counts` its own counts, by location, with names.
    """

    references: tuple[tuple[int, str], ...]
    entries: tuple[int, ...]
    counts: tuple[tuple[int, str], ...]


class Layout:
    """Objects and locations of one scenario. Read-only once made.

    With `marked` there is one more location, `mark`, which is 0 at the start: for a search that adds steps of its own.
    """

    def __init__(self, program: Program, setup: Setup, *, marked: bool = False) -> None:
        self.program = with_machine(program, setup)
        self.setup = setup
        self.places = max(1, sum(task > 0 for task in setup.tasks))
        self.objects: list[Object] = [Object(0, "NULL", "", -1, -1)]
        self.locations: list[Location] = []
        self.pools: dict[tuple[str, int], tuple[int, ...]] = {}
        self.globals = {item.name: number for number, item in enumerate(program.globals, start=1)}
        self.global_locks = {item.name for item in program.globals if item.lock}
        self._offset = 0
        self.booked = (setup.site, *booking_places(program))
        self._members: dict[tuple[str, str], int] = {}
        self._sizes = {name: self._number_members(struct) for name, struct in self.program.structs.items()}
        self._references: Domain
        self._lay_out()
        self.mark = self._add(0, "(mark)", "", Domain(0, MARKS)) if marked else -1
        self.size = self._offset
        self.initial = self._fill()

    def under(self, program: Program) -> Layout:
        """The same layout, for a program in which the scenario has the same form (see `ir.form`)."""
        other = copy.copy(self)
        other.program = with_machine(program, self.setup)
        return other

    # --- looking up ---------------------------------------------------------------------------------------------

    def address(self, number: int, field: str) -> int:
        """The first location of a member of an object."""
        item = self.objects[number]
        return item.first + self._members[item.struct, field]

    def field(self, location: int) -> Field:
        """The field that a location belongs to."""
        at = self.locations[location]
        return self.struct(at.owner).field(at.field)

    def struct(self, number: int) -> Struct:
        """The Struct of an object."""
        return self.program.structs[self.objects[number].struct]

    def owner(self, location: int) -> Object:
        """The object that a location is part of."""
        return self.objects[self.locations[location].owner]

    def name(self, location: int) -> str:
        """The location as a reader knows it: `device#1.sem`, `watch#1.i_list.next`, `inode_lock`."""
        at = self.locations[location]
        owner = self.objects[at.owner]
        if owner.name in self.global_locks:
            return owner.name
        return f"{owner.name}.{at.field}" + (f"[{at.part}]" if at.part.isdigit() else f".{at.part}" if at.part else "")

    def member_name(self, location: int) -> str:
        """The member that starts at this location, without the part: `watch#1.i_list`."""
        at = self.locations[location]
        owner = self.objects[at.owner]
        return owner.name if owner.name in self.global_locks else f"{owner.name}.{at.field}"

    def lock_class(self, location: int) -> str:
        """The class of a lock, as lockdep means it: `Device.sem`, `inode_lock`."""
        at = self.locations[location]
        owner = self.objects[at.owner]
        return owner.name if owner.name in self.global_locks else f"{owner.struct}.{at.field}"

    def describe(self, value: int) -> str:
        """A reference as a reader knows it: `watch#1`, `NULL`, `the head device#1.events`."""
        if value == POISON:
            return "LIST_POISON"
        if value == UNINITIALISED:
            return "an uninitialised pointer"
        if value == RESERVED:
            return "NULL (the id is allocated)"
        if value < 0:
            return f"ERR_PTR({value})"
        if value >= HEADS:
            return f"the head {self.member_name(value - HEADS)}" if value < POISON else "a value that nobody stored"
        return self.objects[value].name

    def objects_of(self, struct: str) -> Iterator[Object]:
        """Every object and slot of a Struct, in order."""
        return (item for item in self.objects[1:] if item.struct == struct)

    def ledgers_of(self, number: int) -> list[int]:
        """The first location of each ledger of an object."""
        return [
            self.address(number, field.name)
            for field in self.struct(number).fields
            if isinstance(field.type, LedgerType)
        ]

    def locations_of(self, number: int) -> range:
        """The locations of the members of an object, without its status."""
        item = self.objects[number]
        return range(item.first, item.first + self._sizes[item.struct])

    # --- reading and writing packed states ----------------------------------------------------------------------

    def read(self, state: bytes, location: int) -> int:
        """The value at a location of a packed state."""
        at = self.locations[location]
        width = at.domain.width
        if width == 1:
            return at.domain.decode(state[at.offset])
        return at.domain.decode(int.from_bytes(state[at.offset : at.offset + width], "little"))

    def cells(self, location: int, value: int) -> tuple[tuple[int, int], ...]:
        """The (offset, byte) pairs that stand for a value at a location."""
        at = self.locations[location]
        code = at.domain.encode(value)
        assert code is not None, f"{self.name(location)} cannot hold {value}"
        return tuple((at.offset + n, byte) for n, byte in enumerate(code.to_bytes(at.domain.width, "little")))

    def written(self, state: bytes, writes: Iterable[tuple[int, int]]) -> bytes:
        """A packed state after these (location, value) writes; what stands behind the locations is kept."""
        record = bytearray(state)
        for location, value in writes:
            for offset, byte in self.cells(location, value):
                record[offset] = byte
        return bytes(record)

    def referred(self, number: int, read: Callable[[int], int], *, ghosts: bool = False) -> Iterator[int]:
        """The objects that the fields, lists and links of an object refer to, in order; `read` gives their values.

        What ghosts refer to only those can get to who speak of ghosts.
        """
        for location in self._referring[ghosts][number]:
            value = self.owner_or_object(read(location))
            if is_object(value):
                yield value

    @cached_property
    def _referring(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each object the locations of its references; and, second, those with the ones of ghosts."""

        def referring(item: Object, *, ghosts: bool) -> tuple[int, ...]:
            return tuple(
                location
                for location in (self.locations_of(item.number) if item.number else ())
                if self.refers(location) and (ghosts or not self.field(location).ghost)
            )

        return tuple(tuple(referring(item, ghosts=ghosts) for item in self.objects) for ghosts in (False, True))

    @cached_property
    def counting(self) -> tuple[Counting, ...]:
        """For each object where its references stand that are counted, and the counts that are kept of it."""
        structs = self.program.structs.values()
        fields = [field for struct in structs for field in struct.fields]
        counted = {(f.type.struct, f.counted) for f in fields if isinstance(f.type, RefType) and f.counted}
        counted |= {(f.type.element, f.type.counted) for f in fields if isinstance(f.type, ListHeadType)}
        return tuple(self._counting(item, counted) for item in self.objects)

    def _counting(self, item: Object, counted: set[tuple[str, str]]) -> Counting:
        references, entries, counts = [], [], []
        for location in self.locations_of(item.number) if item.number else ():
            field, part = self.field(location), self.locations[location].part
            if isinstance(field.type, RefType) and field.counted:
                references.append((location, field.counted))
            elif isinstance(field.type, ListEntryType) and part == "on":
                entries.append(location)
            elif isinstance(field.type, AtomicType) and (item.struct, field.name) in counted:
                counts.append((location, field.name))
        return Counting(tuple(references), tuple(entries), tuple(counts))

    def refers(self, location: int) -> bool:
        """Is what stands at a location a reference?"""
        return self.locations[location].domain is self._references

    def owner_or_object(self, reference: int) -> int:
        """The object that a reference leads to: of a misread list head, the one that the head is part of."""
        return self.locations[reference - HEADS].owner if is_head(reference) else reference

    # --- making it ----------------------------------------------------------------------------------------------

    def _number_members(self, struct: Struct) -> int:
        number = 0
        for field in struct.fields:
            self._members[struct.name, field.name] = number
            number += len(self.parts(field))
        return number

    def _lay_out(self) -> None:
        """Number the objects, then give each its locations (the domain of references needs all the numbers first)."""
        freeable = _freeable(self.program)
        plan = [_Planned(o.name, o.struct, 1 if o.struct in freeable else 0) for o in self.setup.objects]
        for cache in self.program.caches.values():
            for number, thread in enumerate(self.setup.threads):
                if sites := allocations(self.program, thread.procedure, cache.name):
                    first = len(plan) + 1
                    name = f"{cache.struct.lower()}#{thread.name.replace(' ', '-')}"
                    hidden = 1 if len(sites) == 1 else 2
                    plan.extend(
                        _Planned(f"{name}.{n + 1}", cache.struct, hidden, cache.name, number, sites)
                        for n in range(cache.capacity)
                    )
                    self.pools[cache.name, number] = tuple(range(first, first + cache.capacity))
        heads: list[int] = []
        location = 0
        for item in plan:
            location += item.hidden
            for field in self.program.structs[item.struct].fields:
                if isinstance(field.type, ListHeadType):
                    heads.append(HEADS + location)
                location += len(self.parts(field))
        self._references = Domain(NULL, len(plan), [*heads, POISON, UNINITIALISED, RESERVED])
        for number, item in enumerate(plan, start=1):
            status = self._add(number, "(status)", "", Domain(FREE, DEAD)) if item.hidden else -1
            born = self._add(number, "(born)", "", Domain(0, len(item.sites))) if item.hidden == 2 else -1
            first = len(self.locations)
            for field in self.program.structs[item.struct].fields:
                for part in self.parts(field):
                    self._add(number, field.name, part, self._domain(field, part))
            self.objects.append(
                Object(number, item.name, item.struct, first, status, item.cache, item.thread, born, item.sites)
            )

    def parts(self, field: Field) -> tuple[str, ...]:
        """The parts of a member, each a location."""
        return _parts(field, self.places)

    def _add(self, owner: int, field: str, part: str, domain: Domain) -> int:
        number = len(self.locations)
        self.locations.append(Location(number, owner, field, part, domain, self._offset))
        self._offset += domain.width
        return number

    def _domain(self, field: Field, part: str) -> Domain:
        match field.type:
            case LockType() if part == "waiting":
                return Domain(0, MOST_THREADS, (UNINITIALISED,))
            case LockType() if part == "sequence":
                return Domain(0, SEQUENCE_LIMIT, (UNINITIALISED,))
            case LockType(shares=True):
                return Domain(0, 1, (*range(-1, -1 - MOST_THREADS, -1), UNINITIALISED))
            case IntType(low, high):
                return Domain(low or 0, high or 0, (UNINITIALISED,))
            case BoolType():
                return Domain(0, 1, (UNINITIALISED,))
            case EnumType(_, members, flags):
                low, high = enum_range(members, flags)
                return Domain(low, high, (UNINITIALISED,))
            case LockType(_, _, owned):
                return Domain(0, 1 if owned else COUNTING_LIMIT, (UNINITIALISED,))
            case AtomicType(low, high):
                return Domain(low, high, (UNINITIALISED, DROPPED))
            case WaitQueueType():
                return Domain(0, 2 * len(self.setup.threads) + 1, (UNINITIALISED,))
            case RefType() | ListEntryType() | ListHeadType() | IdrType():
                return self._references
            case LedgerType(event=event):
                return self._domain_in_ledger(field, part.split(".", 1)[1], event)
            case _ as never:
                assert_never(never)

    def _domain_in_ledger(self, field: Field, part: str, event: tuple[ValueType, ...]) -> Domain:
        match part:
            case "kind":
                return Domain(ledger.BLANK, ledger.AGAIN, (UNINITIALISED,))
            case "place":
                return Domain(0, len(self.booked) - 1, (UNINITIALISED,))
            case "claimant" | "carrier":
                return self._references
            case _:
                return self._domain(replace(field, type=event[int(part.rpartition(".")[2])]), "")

    def _fill(self) -> bytes:
        """The shared part of the initial state."""
        values: dict[int, int] = {}
        for item in self.objects[1:]:
            initial = not item.cache
            if item.status >= 0:
                values[item.status] = LIVE if initial else FREE
            if item.born >= 0:
                values[item.born] = 0
            for location in self.locations_of(item.number):
                values[location] = self._start(item.number, location) if initial else UNINITIALISED
        for number, item0 in enumerate(self.setup.objects, start=1):
            for name, value in item0.values:
                values[self.address(number, name)] = value
        for link in self.setup.links:
            entry = self.address(link.entry, link.link)
            head = self.address(link.head, link.head_field)
            last = values[head + 1]
            last_at = last - HEADS if last >= HEADS else self.address(last, link.link)
            values[last_at] = values[head + 1] = link.entry
            values[entry], values[entry + 1], values[entry + 2] = HEADS + head, last, HEADS + head
        for record in self.setup.idr_entries:
            values[self.address(record.idr, record.field) + record.id] = record.target
        for one in self.setup.carried:
            carried = ledger.Entry(ledger.CARRIED, one.claimant, one.carrier, 0, one.event).values
            at = self.address(one.owner, one.field)
            while values[at] != ledger.BLANK:
                at += len(carried)
            values.update(enumerate(carried, start=at))
        return self.written(bytes(self.size), values.items())

    def _start(self, number: int, location: int) -> int:
        at = self.locations[location]
        field = self.struct(number).field(at.field)
        match field.type:
            case LockType(_, count, _):
                return count if not at.part else 0
            case ListHeadType():
                return HEADS + self.address(number, field.name)
            case ListEntryType():
                return NULL if at.part == "on" else number
            case LedgerType() as kind:
                return ledger.blank(kind).values[(location - self.address(number, field.name)) % ledger.size(kind)]
            case IntType() | EnumType() | BoolType() | RefType() | AtomicType() as kind:
                return field.default if field.default is not None else nearest_to_zero(kind)
            case IdrType() | WaitQueueType():
                return 0
            case _ as never:
                assert_never(never)


def with_machine(program: Program, setup: Setup) -> Program:
    """The program with the Structs of the machine, where a scenario has such objects."""
    threads = len(setup.threads)
    known = {CPU.name: CPU, TASK: task(threads), CALLBACK: callback(threads)}
    used = {item.struct: known[item.struct] for item in setup.objects if item.struct in known}
    return replace(program, structs={**program.structs, **used}) if used else program


def _parts(field: Field, places: int) -> tuple[str, ...]:
    match field.type:
        case LockType(queued=True):
            return ("", "waiting")
        case LockType("seqlock"):
            return ("", "sequence")
        case WaitQueueType() if places > 1:
            return tuple(str(n) for n in range(places))
        case ListEntryType():
            return ("next", "prev", "on")
        case ListHeadType():
            return ("next", "prev")
        case IdrType(_, capacity):
            return tuple(str(n) for n in range(capacity))
        case LedgerType() as kind:
            return ledger.parts(kind)
        case _:
            return ("",)


def reachable(program: Program, procedure: str) -> dict[str, Procedure]:
    """The procedures that a call of this one can come to, itself included, in the order of first mention."""
    if procedure in program.reached:
        return program.reached[procedure]
    found = program.reached[procedure] = {}
    waiting = [procedure]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = program.procedures[name]
        for instruction in found[name].code:
            if isinstance(instruction, Call):
                waiting.append(instruction.procedure)
            elif isinstance(instruction, Await):
                waiting.append(instruction.condition)
    return found


def operations(program: Program, procedure: str) -> set[str]:
    """The names of the operations that a call of this one can come to."""
    return {item.operation for item in instructions(program, procedure) if isinstance(item, Operate)}


def instructions(program: Program, procedure: str) -> Iterator[Instruction]:
    """Every instruction that a call of this one can come to."""
    for item in reachable(program, procedure).values():
        yield from item.code


def allocations(program: Program, procedure: str, cache: str) -> tuple[Site, ...]:
    """Where a thread that enters this procedure can allocate from a cache."""
    return tuple(
        dict.fromkeys(
            instruction.site
            for item in reachable(program, procedure).values()
            for instruction in item.code
            if isinstance(instruction, Operate) and instruction.operation in ALLOCATES and instruction.cache == cache
        )
    )


def booking_places(program: Program) -> tuple[Site, ...]:
    """The places where an entry of a ledger may be made: in procedures, by themselves or by way of a ghost."""
    books = {
        name
        for name, procedure in program.procedures.items()
        if any(isinstance(i, Book) and i.operation in ENTERS for i in procedure.code)
    }
    books = {name for name in program.procedures if books & reachable(program, name).keys()}
    return tuple(
        dict.fromkeys(
            instruction.site
            for procedure in program.procedures.values()
            for instruction in procedure.code
            if not procedure.atomic
            and (
                (isinstance(instruction, Book) and instruction.operation in ENTERS)
                or (isinstance(instruction, Call) and instruction.procedure in books)
            )
        )
    )


def _freeable(program: Program) -> set[str]:
    """The Structs of which some procedure frees an object."""
    found: set[str] = set()
    for procedure in program.procedures.values():
        types = {variable.name: variable.type for variable in (*procedure.parameters, *procedure.locals)}
        for instruction in procedure.code:
            if not isinstance(instruction, Operate) or instruction.operation not in ("kfree", "kmem_cache_free"):
                continue
            match instruction.arguments[0]:
                case Local(name) if isinstance(kind := types.get(name), RefType):
                    found.add(kind.struct)
                case GlobalRef(name):
                    found.update(item.struct for item in program.globals if item.name == name)
                case _ if instruction.cache:
                    found.add(program.caches[instruction.cache].struct)
                case _:
                    found.update(program.structs)
    return found


def fixed_by_code(program: Program, entered: Iterable[str]) -> tuple[object, ...]:
    """What is asked of code before any of it runs, of that which threads who enter there can come to.

    A layout asks what they allocate and free, and where they book in ledgers; liveness, whether they may get on.
    """
    return (
        tuple(allocations(program, procedure, cache) for procedure in entered for cache in program.caches),
        tuple(sorted(_freeable(program))),
        booking_places(program),
        tuple(passes_progress(program, procedure) for procedure in entered),
    )


def passes_progress(program: Program, procedure: str) -> bool:
    """Does progress() stand in what a call of this procedure can come to?"""
    return any(isinstance(instruction, Progress) for instruction in instructions(program, procedure))


def argument_value(layout: Layout, argument: Argument) -> int:
    """The value of a thread's argument: a number, a reference, or the address of a member."""
    return layout.address(argument.value, argument.field) if argument.field else argument.value
