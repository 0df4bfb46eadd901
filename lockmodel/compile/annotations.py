"""From an annotation, as it is written, to a type of the IR (`hint_type`).

An annotation is evaluated in the namespace of its module; what it may be is listed in `hint_type`. Fields of Structs
have further rules, which `structs` adds.
"""

from __future__ import annotations

import enum
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeGuard, TypeVar

from lockmodel.compile.naming import Place, did_you_mean, shown_value
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
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
    ValueType,
    VoidType,
    WaitQueueType,
)
from lockmodel.language import types as language

DEFAULT_ATOMIC = (-128, 127)
"""What `language.types.atomic` promises: enough for a counter, small enough to be noticed when it runs away."""
DEFAULT_REFCOUNT_HIGH = 100
DEFAULT_IDR_CAPACITY = 8

RegisterStruct = Callable[[type[language.Struct], Place], str]

_LOCKS: Mapping[object, str] = {
    language.SpinLock: "spinlock",
    language.RawSpinLock: "raw_spinlock",
    language.RwLock: "rwlock",
    language.SeqLock: "seqlock",
    language.Semaphore: "semaphore",
    language.Mutex: "mutex",
    language.RtMutex: "rt_mutex",
    language.RwSemaphore: "rwsem",
    language.Completion: "completion",
}


def lock_type(kind: str) -> LockType:
    """A kind of lock as it is where nothing more is said of it."""
    if kind == "completion":
        return LockType(kind, 0, owned=False)
    return LockType(kind, queued=kind == "rwsem")


def evaluated(annotation: object, namespace: Mapping[str, Any], place: Place, what: str) -> object:
    """The typing object that an annotation means; `what` names what is annotated, as in "the field `x`"."""
    holder = type("holder", (), {"__annotations__": {"it": annotation}})
    try:
        return typing.get_type_hints(holder, globalns=dict(namespace), include_extras=True)["it"]
    except NameError as error:
        name = error.name or str(error).split("'")[1]
        raise place.error(
            f"the annotation of {what} names `{name}`, which is not defined",
            did_you_mean(name, namespace) or "Import or define it at module level.",
        ) from error
    except Exception as error:
        raise place.error(
            f"the annotation of {what} is no type: {error}",
            "Write a type such as `bool`, `Device` or `Annotated[int, Range(0, 7)]`.",
        ) from error


def hint_type(hint: object, register: RegisterStruct, place: Place, what: str) -> Type:
    """The type of a parameter, a local or a result; a TypeVar is what it is bound to."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(hint, place, what)
    if hint is type(None) or hint is None:
        return VoidType()
    if hint is bool:
        return BoolType()
    if hint is int:
        return IntType()
    if isinstance(hint, type) and hint in _LOCKS:
        return lock_type(_LOCKS[hint])
    if hint is language.Atomic:
        return AtomicType(*DEFAULT_ATOMIC)
    if hint is language.RefCount:
        return AtomicType(0, DEFAULT_REFCOUNT_HIGH, counts=True)
    if hint is language.ListEntry:
        return ListEntryType()
    if hint is language.WaitQueue:
        return WaitQueueType()
    if hint is language.Condition:
        return WaitQueueType(condition=True)
    if isinstance(hint, TypeVar) and is_struct(hint.__bound__):
        return hint_type(hint.__bound__, register, place, what)
    if origin in (language.ListHead, language.Idr):
        element = arguments[0].__bound__ if isinstance(arguments[0], TypeVar) else arguments[0]
        if not is_struct(element):
            raise place.error(f"{what} holds {_shown(element)}, which is no Struct", "Name the Struct of its entries.")
        name = register(element, place)
        return ListHeadType(name, "") if origin is language.ListHead else IdrType(name, 0)
    if origin is language.Ledger:
        return _ledger(arguments, register, place, what)
    if hint is language.Ledger:
        raise place.error(
            f"{what} does not say what it holds", "Write `Ledger[Claimant, Carrier, int, ...]`: an event's values last."
        )
    if hint in (language.ListHead, language.Idr):
        raise place.error(f"{what} does not say what it holds", f"Write `{_shown(hint)}[Struct]`.")
    if origin is tuple:
        if not arguments or Ellipsis in arguments:
            raise place.error(f"{what} is a tuple of unknown length", "Write out its items: `tuple[int, Watch]`.")
        return TupleType(tuple(hint_type(item, register, place, what) for item in arguments))
    if isinstance(hint, type):
        if issubclass(hint, enum.IntFlag | enum.IntEnum):
            return enum_type(hint)
        if issubclass(hint, language.Record):
            raise place.error(
                f"{what} is a `{hint.__name__}`, a Record: it has no address of its own",
                "Pass the object that it is embedded in.",
            )
        if is_struct(hint):
            return RefType(register(hint, place))
        if hint in (language.Struct, language.Cache):
            raise place.error(f"{what} is a bare `{hint.__name__}`", "Name one of the model's own Structs.")
    if type(None) in arguments:
        plain = next(_shown(item) for item in arguments if item is not type(None))
        raise place.error(
            f"{what} is `{_shown(hint)}`, but a reference may be NULL without saying so", f"Write `{plain}`."
        )
    raise place.error(
        f"{what} is of type `{_shown(hint)}`, which a model cannot hold",
        "Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.",
    )


def _ledger(arguments: Sequence[object], register: RegisterStruct, place: Place, what: str) -> LedgerType:
    claimant, carrier, *event = arguments
    structs = []
    for argument, role in ((claimant, "claimants"), (carrier, "carriers")):
        if not is_struct(argument):
            raise place.error(f"{what} has {_shown(argument)} for its {role}, which is no Struct", "Name a Struct.")
        structs.append(register(argument, place))
    types: list[ValueType] = []
    for argument in event:
        type_ = hint_type(argument, register, place, f"an event of {what}")
        if not isinstance(type_, ValueType) or type_ == IntType():
            raise place.error(
                f"{what} has {_shown(argument)} in its events",
                "Use values: bool, Annotated[int, Range(0, 7)], Flags, Enum, a Struct.",
            )
        types.append(type_)
    return LedgerType(structs[0], structs[1], tuple(types), 0)


def _annotated(hint: object, place: Place, what: str) -> Type:
    base, *extras = typing.get_args(hint)
    ranges = [extra for extra in extras if isinstance(extra, language.Range)]
    if base is not int or len(ranges) != 1:
        raise place.error(f"{what} is `{_shown(hint)}`", "Only `Annotated[int, Range(low, high)]` is known.")
    low, high = ranges[0].low, ranges[0].high
    if not all(type(bound) is int for bound in (low, high)):
        raise place.error(
            f"{what} has the range {shown_value(low)}..{shown_value(high)}, which are no ints", "Write `Range(0, 7)`."
        )
    if low > high:
        raise place.error(f"{what} has the empty range {low}..{high}", f"Write Range({high}, {low}).")
    return IntType(low, high)


def enum_type(cls: type[enum.Enum]) -> EnumType:
    """A Flags or Enum class as a type."""
    members = tuple((name, int(member.value)) for name, member in cls.__members__.items())
    return EnumType(cls.__name__, members, issubclass(cls, enum.IntFlag))


def is_struct(hint: object) -> TypeGuard[type[language.Struct]]:
    """Is it a Struct class of a spec?"""
    return isinstance(hint, type) and issubclass(hint, language.Struct) and hint is not language.Struct


def _shown(hint: object) -> str:
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        return hint.__name__
    return re.sub(r"\b(?:\w+\.)+(\w)", r"\1", str(hint))
