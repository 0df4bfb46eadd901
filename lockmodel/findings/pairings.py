"""Which places raise and drop each count, make and free each object, wait and wake, owe and pay.

Takes a program and what of it a run came to; gives a `Pairing` for each member that is used in pairs. It is read off
the code, so a place stands here whether or not a schedule comes to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lockmodel.findings.finding import Frame
from lockmodel.findings.pairing import Pairing, Side, Use
from lockmodel.findings.telling import frame
from lockmodel.ir.nodes import (
    Assign,
    Await,
    Book,
    Call,
    Expr,
    GlobalRef,
    Instruction,
    Load,
    Local,
    Member,
    Operate,
    Procedure,
    Program,
    Store,
)
from lockmodel.ir.types import AtomicType, ListHeadType, LockType, RefType
from lockmodel.source import Site

COUNTING = {
    "atomic_inc": "raised",
    "atomic_add": "raised",
    "atomic_inc_return": "raised",
    "atomic_inc_not_zero": "raised",
    "atomic_dec": "dropped",
    "atomic_sub": "dropped",
    "atomic_dec_return": "dropped",
    "atomic_dec_and_test": "dropped",
    "atomic_dec_and_lock": "dropped",
    "atomic_set": "set",
    "atomic_xchg": "set",
    "atomic_cmpxchg": "set",
}
ALLOCATION = {
    "kmem_cache_alloc": "made",
    "kmem_cache_zalloc": "made",
    "kmem_cache_free": "freed",
    "kfree": "freed",
    "call_rcu": "freed",
}
WAITING = {
    "prepare_to_wait": "waits",
    "prepare_to_wait_exclusive": "waits",
    "cond_wait": "waits",
    "wait_for_completion": "waits",
    "try_wait_for_completion": "waits",
    "down": "waits",
    "down_interruptible": "waits",
    "down_trylock": "waits",
    "wake_up": "wakes",
    "wake_up_all": "wakes",
    "wake_up_interruptible": "wakes",
    "wake_up_interruptible_all": "wakes",
    "cond_signal": "wakes",
    "cond_broadcast": "wakes",
    "complete": "wakes",
    "complete_all": "wakes",
    "up": "wakes",
}
BOOKING = {
    "owe": "owed",
    "allow": "allowed",
    "carry": "sent",
    "got": "paid",
    "merge": "merged",
    "drop": "given up",
    "overflow": "overflow told",
    "forgive": "forgiven",
    "forgive_all": "forgiven",
}

SIDES = {
    "count": ("raised", "dropped", "set"),
    "object": ("made", "freed"),
    "wait": ("waits", "wakes"),
    "condition": ("waits", "changes"),
    "ledger": ("owed", "sent", "paid", "merged", "given up", "overflow told", "allowed", "forgiven"),
}
"""The sides of each kind, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a run came to: `procedures`, and of those that were within its reach the places (`spec`) it `missed`."""

    procedures: Collection[str]
    missed: Collection[str]

    def within(self, procedure: str, site: Site) -> bool:
        """Could any scenario come to it, by the shape of the code?"""
        return procedure in self.procedures or site.spec in self.missed


def pairings(program: Program, reached: Reached) -> list[Pairing]:
    """Those of which some place is within reach of a scenario."""
    return _Reader(program, reached).run()


class _Reader:
    """Reads the code of every procedure once."""

    def __init__(self, program: Program, reached: Reached) -> None:
        self._program = program
        self._reached = reached
        self._locks = {item.name: item.struct for item in program.globals if item.lock}
        self._code = [
            (procedure, instruction)
            for procedure in program.procedures.values()
            if not procedure.atomic or procedure.ghost
            for instruction in procedure.code
        ]
        self._callers: dict[str, list[tuple[Procedure, Site]]] = {}
        for procedure, instruction in self._code:
            if isinstance(instruction, Call):
                self._callers.setdefault(instruction.procedure, []).append((procedure, instruction.site))
        self._pointers = self._learn_pointers()
        self._found: dict[tuple[str, str], dict[str, dict[Site, Use]]] = {}

    def run(self) -> list[Pairing]:
        for procedure, instruction in self._code:
            for kind, name, side, deed in self._deeds(procedure, instruction):
                self._enter(kind, name, side, deed, procedure, instruction.site)
        told = [
            Pairing(
                kind, name, [Side(side, list(sides[side].values())) for side in SIDES[kind] if side in sides],
                self._holders(kind, name),
            )
            for (kind, name), sides in self._found.items()
        ]  # fmt: skip
        order = list(SIDES)
        return sorted(told, key=lambda one: (order.index(one.kind), one.name))

    def _deeds(self, procedure: Procedure, instruction: Instruction) -> Iterator[tuple[str, str, str, str]]:
        """(kind, name, side, operation) of what an instruction does."""
        match instruction:
            case Operate(operation=operation) if operation in COUNTING:
                at = 1 if operation in ("atomic_add", "atomic_sub") else 0
                for struct, field in self._members(procedure, instruction.arguments[at]):
                    kind = self._type(struct, field)
                    if isinstance(kind, AtomicType) and kind.counts:
                        yield "count", f"{struct}.{field}", COUNTING[operation], operation
            case Operate(operation=operation) if operation in ALLOCATION:
                if name := self._object(procedure, instruction):
                    yield "object", name, ALLOCATION[operation], operation
            case Operate(operation=operation) if operation in WAITING:
                for struct, field in self._members(procedure, instruction.arguments[0]):
                    kind = self._type(struct, field)
                    if isinstance(kind, LockType) and kind.owned:
                        continue  # who takes it gives it back: a lock, and no wait for somebody's word
                    yield "wait", self._name(struct, field), WAITING[operation], operation
            case Book(operation=operation):
                for struct, field in self._members(procedure, instruction.arguments[0]):
                    yield "ledger", f"{struct}.{field}", BOOKING[operation], operation
            case Await():
                yield "condition", instruction.text, "waits", "await_"
                read = self._read_by(instruction.condition)
                for other, change in self._code:
                    if isinstance(change, Store) and (change.address.struct, change.address.field) in read:
                        self._enter("condition", instruction.text, "changes", "write", other, change.site)
            case _:
                return

    def _enter(self, kind: str, name: str, side: str, deed: str, procedure: Procedure, site: Site) -> None:
        if not self._reached.within(procedure.name, site):
            return
        sides = self._found.setdefault((kind, name), {})
        reached = procedure.name in self._reached.procedures and site.spec not in self._reached.missed
        use = Use(deed, frame(site), reached, self._called_from(procedure))
        sides.setdefault(side, {}).setdefault(site, use)

    def _called_from(self, procedure: Procedure) -> list[Frame]:
        """The lines of the design that come to a helper or a ghost, through others of them."""
        sites: dict[Site, None] = {}
        waiting, seen = [procedure], {procedure.name}
        for one in waiting:
            if not (one.helper or one.ghost):
                continue
            for caller, site in self._callers.get(one.name, ()):
                if not (caller.helper or caller.ghost):
                    if self._reached.within(caller.name, site):
                        sites.setdefault(site)
                elif caller.name not in seen:
                    seen.add(caller.name)
                    waiting.append(caller)
        return [frame(site) for site in sorted(sites)]

    # --- what an operand names ------------------------------------------------------------------------------------

    def _type(self, owner: str, field: str) -> object:
        return self._program.structs[self._locks.get(owner, owner)].field(field).type

    def _name(self, owner: str, field: str) -> str:
        return owner if owner in self._locks else f"{owner}.{field}"

    def _members(self, procedure: Procedure, operand: Expr) -> list[tuple[str, str]]:
        """The members whose address an operand can be, each with its Struct, or with the global lock that it is of."""
        match operand:
            case Member(base=GlobalRef(name), field=field) if name in self._locks:
                return [(name, field)]
            case Member(struct=struct, field=field):
                return [(struct, field)]
            case Local(name=name):
                return list(self._pointers.get((procedure.name, name), ()))
            case _:
                return []

    def _learn_pointers(self) -> dict[tuple[str, str], dict[tuple[str, str], None]]:
        """Which members the parameters and locals that hold addresses can point at."""
        known: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        self._pointers = known
        given: list[tuple[Procedure, Expr, tuple[str, str]]] = []
        for procedure, instruction in self._code:
            if isinstance(instruction, Call):
                callee = self._program.procedures[instruction.procedure]
                for parameter, argument in zip(callee.parameters, instruction.arguments, strict=True):
                    given.append((procedure, argument, (callee.name, parameter.name)))
            elif isinstance(instruction, Assign):
                given.append((procedure, instruction.value, (procedure.name, instruction.target)))
        learned = -1
        while learned != sum(map(len, known.values())):
            learned = sum(map(len, known.values()))
            for procedure, value, target in given:
                if members := self._members(procedure, value):
                    known.setdefault(target, {}).update(dict.fromkeys(members))
        return known

    def _object(self, procedure: Procedure, instruction: Operate) -> str:
        """The Struct that is made or freed."""
        if instruction.cache:
            return self._program.caches[instruction.cache].struct
        operand = instruction.arguments[0]
        if not isinstance(operand, Local):
            return ""
        types = {one.name: one.type for one in (*procedure.parameters, *procedure.locals)}
        kind = types.get(operand.name)
        return kind.struct if isinstance(kind, RefType) else ""

    def _read_by(self, condition: str) -> set[tuple[str, str]]:
        code = self._program.procedures[condition].code
        return {(one.address.struct, one.address.field) for one in code if isinstance(one, Load)}

    def _holders(self, kind: str, name: str) -> list[str]:
        """The fields and lists that are declared to hold one of a count."""
        if kind != "count":
            return []
        target, _, count = name.partition(".")
        found = []
        for struct in self._program.structs.values():
            for field in struct.fields:
                its = field.type
                held = isinstance(its, RefType) and its.struct == target and field.counted == count
                listed = isinstance(its, ListHeadType) and its.element == target and its.counted == count
                if held or listed:
                    found.append(f"{struct.name}.{field.name}")
        return found
