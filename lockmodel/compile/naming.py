"""Names for messages: what a name was meant to be, and how types and lists of names are written out."""

from __future__ import annotations

import ast
import difflib
import enum
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from lockmodel.errors import SpecError
from lockmodel.ir.types import (
    LOCK_KINDS,
    AtomicType,
    BoolType,
    CacheType,
    EnumType,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    TupleType,
    Type,
    VoidType,
    WaitQueueType,
)
from lockmodel.language.scenario import ObjectHandle, record_of
from lockmodel.language.types import NULL


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the spec that a message can name."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    def error(self, message: str, remedy: str = "") -> SpecError:
        """The error to raise about this place."""
        return SpecError(message, path=self.path, line=self.line, remedy=remedy)


def place_of(handle: ObjectHandle) -> Place:
    """Where an object was made."""
    record = record_of(handle)
    return Place(record.path, record.line)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean `x`?`, or "" where nothing known is close."""
    known = [other for other in known if isinstance(other, str)]
    close = difflib.get_close_matches(name, sorted(set(known)), n=1)
    return f"Did you mean `{close[0]}`?" if close else ""


def suggestion(name: str, known: Iterable[str], what: str) -> str:
    """What was probably meant, else everything there is: `There are: a, b.`"""
    names = sorted(set(known))
    return did_you_mean(name, names) or (f"There are: {', '.join(names)}." if names else f"There are no {what}.")


def code_text(node: ast.AST) -> str:
    """The text of a piece of the spec in a message, cut where it is long."""
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."


def shown_value(value: object) -> str:
    """A value of Python in a message: numbers and texts as they are, functions by name, all else by its type."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (int, float, str, bytes)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(value, ObjectHandle):
        return f"a {getattr(record_of(value).struct, '__name__', 'thing')}"
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, type)):
        return f"`{value.__name__}`"
    return "NULL" if value is NULL else f"a {type(value).__name__}"


def described(type_: Type) -> str:
    """A type as a spec writes it, with its article: "an int", "a Watch", "a ListHead[Watch]"."""
    name = type_name(type_)
    return name if name == "NULL" else f"an {name}" if name[0] in "AEIOUaeiou" else f"a {name}"


def type_name(type_: Type) -> str:
    """A type as a spec writes it."""
    match type_:
        case IntType(low, high):
            return "int" if low is None or high is None else f"int of {low}..{high}"
        case BoolType():
            return "bool"
        case EnumType(name, _, _):
            return name
        case RefType(struct):
            return struct or "NULL"
        case VoidType():
            return "None"
        case TupleType(items):
            return f"tuple[{', '.join(type_name(item) for item in items)}]"
        case LockType(kind):
            return LOCK_KINDS[kind].name
        case AtomicType(_, _, counts, _):
            return "RefCount" if counts else "Atomic"
        case ListEntryType():
            return "ListEntry"
        case ListHeadType(element, _, _):
            return f"ListHead[{element}]"
        case IdrType(element, _):
            return f"Idr[{element}]"
        case WaitQueueType(condition):
            return "Condition" if condition else "WaitQueue"
        case LedgerType(claimant, carrier, event):
            return f"Ledger[{', '.join((claimant, carrier, *map(type_name, event)))}]"
        case CacheType(name):
            return f"Cache[{name}]"
        case _:
            assert_never(type_)
