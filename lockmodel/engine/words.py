"""Values and expressions as a reader knows them."""

from __future__ import annotations

from typing import assert_never

from lockmodel.ir import ledger
from lockmodel.ir.layout import Layout
from lockmodel.ir.ledger import Entry
from lockmodel.ir.machine import CPU, OCCUPANTS
from lockmodel.ir.nodes import (
    Binary,
    Const,
    Entered,
    Expr,
    GlobalRef,
    HeadOf,
    Local,
    Member,
    Unary,
)
from lockmodel.ir.types import BoolType, EnumType, LedgerType, LockType, RefType, ValueType, WaitQueueType
from lockmodel.ir.values import GARBAGE, HEADS, UNINITIALISED


def show_value(layout: Layout, location: int, value: int) -> str:
    """A value at a location as a reader knows it: `watch#1`, `WILL_FREE|FREEING`, `uninitialised`."""
    if value == UNINITIALISED:
        return "uninitialised"
    field = layout.field(location)
    part = layout.locations[location].part
    if isinstance(field.type, LockType):
        return str(value)
    if isinstance(field.type, WaitQueueType):
        return layout.setup.threads[(value - 1) // 2].name if value else "nobody"
    if layout.owner(location).struct == CPU.name and field.name in OCCUPANTS:
        return layout.setup.threads[value - 1].name if value else "nobody"
    if isinstance(field.type, RefType) or part:
        return layout.describe(value)
    if value == GARBAGE:
        return "a value that nobody stored"
    if value > HEADS:
        return "0 (dropped)"
    if isinstance(field.type, BoolType):
        return str(bool(value))
    if isinstance(field.type, EnumType):
        return show_number(field.type, value)
    return str(value)


def show_event(layout: Layout, kind: LedgerType, event: tuple[int, ...]) -> str:
    """An event of a ledger: `(MODIFY, 0, inode#1)`."""
    return f"({', '.join(_show(layout, type_, value) for type_, value in zip(kind.event, event, strict=True))})"


def show_entry(layout: Layout, kind: LedgerType, entry: Entry) -> str:
    """An entry of a ledger: `(MODIFY) owed to watch#1`."""
    event, claimant, carrier = (
        show_event(layout, kind, entry.event),
        layout.describe(entry.claimant),
        layout.describe(entry.carrier),
    )
    match entry.kind:
        case ledger.OWED:
            return f"{event} owed to {claimant}"
        case ledger.ALLOWED:
            return f"{event} allowed to {claimant}"
        case ledger.DROPPED:
            return f"{event} owed to {claimant} was dropped"
        case ledger.CARRIED:
            return f"{carrier} carries {event} to {claimant}"
        case ledger.NOTICE:
            return f"{carrier} tells of an overflow"
        case _:
            return f"{carrier} tells of an overflow that there was"


def _show(layout: Layout, kind: ValueType, value: int) -> str:
    match kind:
        case RefType():
            return layout.describe(value)
        case BoolType():
            return str(bool(value))
        case EnumType():
            return show_number(kind, value)
        case _:
            return str(value)


def show_number(kind: EnumType, value: int) -> str:
    """A number by its name, or by those of its flags."""
    exact = [name for name, number in kind.members if number == value]
    bits = [name for name, number in kind.members if number and number & value == number]
    return exact[0] if exact else "|".join(bits) if kind.flags and bits else str(value)


def text(expression: Expr) -> str:
    """An expression before it could be evaluated, as in the spec."""
    match expression:
        case Member(Local(name), struct, field) if name.startswith("%"):
            return f"{struct}.{field}"
        case Member(base, _, field):
            return f"{text(base)}.{field}"
        case Local(name) | GlobalRef(name):
            return name
        case Const(value):
            return str(value)
        case HeadOf(head):
            return text(head)
        case Unary(operator, operand):
            return f"{operator} {text(operand)}"
        case Binary(operator, left, right):
            return f"{text(left)} {operator} {text(right)}"
        case Entered(procedure):
            return f"entered({procedure})"
        case _ as never:
            assert_never(never)
