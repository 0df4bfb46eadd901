"""The values that objects start with: what `model.object` and `m.new` were given, checked against the Struct."""

from __future__ import annotations

import enum
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockmodel.compile.annotations import enum_type
from lockmodel.compile.naming import Place, described, place_of, shown_value, suggestion
from lockmodel.ir.setup import Link
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    EnumType,
    Field,
    IntType,
    ListHeadType,
    LockType,
    MemberType,
    RefType,
    Struct,
    ValueType,
    nearest_to_zero,
)
from lockmodel.language.scenario import MemberHandle, ObjectHandle, member_of, record_of
from lockmodel.language.types import NULL
from lockmodel.language.worlds import REFERENCES


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a numbered object."""

    number: int
    struct: Struct
    field: Field


class Objects:
    """The objects that are there at the start, with their numbers."""

    def __init__(self, structs: Mapping[str, Struct]) -> None:
        self.structs = structs
        self.handles: dict[int, ObjectHandle] = {}
        self._numbers: dict[int, int] = {}
        self._given: dict[int, dict[str, object]] = {}
        self._said: dict[tuple[int, str], Place] = {}
        self._known: dict[tuple[int, str], int] = {}
        self._held: dict[tuple[int, str], int] = {}
        self._references: dict[tuple[int, str], int] | None = None

    def add(self, handle: ObjectHandle, number: int) -> None:
        """An object and its number; its fields are checked for their names."""
        place = place_of(handle)
        name = getattr(record_of(handle).struct, "__name__", shown_value(record_of(handle).struct))
        if not isinstance(record_of(handle).struct, type) or name not in self.structs:
            raise place.error(f"`{name}` is no Struct that the model uses", suggestion(name, self.structs, "Structs"))
        self.handles[number] = handle
        self._numbers[id(handle)] = number
        self._given[number] = _flattened(record_of(handle).values, self.structs[name], "", place)

    def set(self, number: int, values: Mapping[str, object], place: Place) -> None:
        """An object starts with these values, whatever it was given before."""
        said = _flattened(values, self.struct(number), "", place)
        self._given[number].update(said)
        self._said.update({(number, name): place for name in said})

    def number(self, handle: ObjectHandle, place: Place, what: str) -> int:
        """The number of an object; SpecError for one of another scenario."""
        number = self._numbers.get(id(handle))
        if number is None:
            raise place.error(f"{what} is an object of another scenario", "Make it here, with `m.new(...)`.")
        return number

    def struct(self, number: int) -> Struct:
        """The Struct of an object."""
        return self.structs[record_of(self.handles[number]).struct.__name__]

    def hold(self, held: Sequence[Member]) -> None:
        """Counts that start one higher, each as often as it is there."""
        for member in held:
            key = member.number, member.field.name
            self._held[key] = self._held.get(key, 0) + 1

    def refer(self, links: Sequence[Link], kept: Sequence[tuple[int, str]]) -> None:
        """What else holds references to the objects, once all of them are there: lists, and the environment."""
        found: dict[tuple[int, str], int] = {}
        for number in self.handles:
            for field in self.struct(number).fields:
                if field.counted and isinstance(field.type, RefType):
                    key = self._value(number, field), field.counted
                    found[key] = found.get(key, 0) + 1
        for link in links:
            head = self.struct(link.head).field(link.head_field).type
            if isinstance(head, ListHeadType) and head.counted:
                found[link.entry, head.counted] = found.get((link.entry, head.counted), 0) + 1
        for number, name in kept:
            found[number, name] = found.get((number, name), 0) + 1
        self._references = found

    def values(self, number: int) -> tuple[tuple[str, int], ...]:
        """The start of every plain field, atomic and lock of an object, as given or by default."""
        return tuple(
            (field.name, self._value(number, field))
            for field in self.struct(number).fields
            if isinstance(field.type, (IntType, BoolType, EnumType, RefType, AtomicType, LockType))
        )

    def member(self, handle: MemberHandle, place: Place, what: str) -> Member:
        """The member that `dev.user.inotify_devs` means at the start."""
        owner, path = member_of(handle)
        number = self.number(owner, place, what)
        struct, prefix = self.struct(number), ""
        names = path.split(".")
        shown = self.shown(number)
        for at, part in enumerate(names):
            name = prefix + part
            fields = {field.name: field for field in struct.fields}
            shown = f"{shown}.{part}"
            if name in fields:
                field = fields[name]
                if at == len(names) - 1:
                    return Member(number, struct, field)
                if not isinstance(field.type, RefType):
                    raise place.error(f"`{shown}` is {described(field.type)} and has no field `{names[at + 1]}`")
                number = self._value(number, field)
                if number not in self.handles:
                    raise place.error(
                        f"`{shown}` is NULL here and has no field `{names[at + 1]}`", "Give it in `m.new(...)`."
                    )
                struct, prefix = self.struct(number), ""
            elif any(known.startswith(f"{name}.") for known in fields):
                prefix = f"{name}."
            else:
                known = [field[len(prefix) :].split(".")[0] for field in fields if field.startswith(prefix)]
                raise place.error(
                    f"{struct.name} has no field `{name}`", suggestion(part, known, f"fields in {struct.name}")
                )
        raise place.error(f"`{shown}` is an embedded record", "Name one of its fields.")

    def shown(self, number: int) -> str:
        """An object in a message: its name, or its Struct."""
        handle = self.handles[number]
        return record_of(handle).name or record_of(handle).struct.__name__

    def converted(self, value: object, type_: ValueType | MemberType, place: Place, what: str) -> int:
        """A value of Python as a number of the IR."""
        if isinstance(value, MemberHandle):
            member = self.member(value, place, what)
            if not isinstance(member.field.type, (IntType, BoolType, EnumType, RefType)):
                raise place.error(f"{what} takes {described(type_)}, not {described(member.field.type)}")
            if isinstance(type_, RefType) != isinstance(member.field.type, RefType):
                raise place.error(f"{what} takes {described(type_)}, not {described(member.field.type)}")
            return self._value(member.number, member.field)
        match type_:
            case IntType(low, high) | AtomicType(low, high):
                if not isinstance(value, int):
                    raise place.error(f"{what} takes an int, not {shown_value(value)}")
                if low is not None and high is not None and not low <= value <= high:
                    raise place.error(
                        f"{what} is {int(value)}, outside of its range {low}..{high}",
                        "Give one within it, or widen the range where it is declared.",
                    )
                return int(value)
            case BoolType():
                if not isinstance(value, bool):
                    raise place.error(f"{what} takes a bool, not {shown_value(value)}", "Write True or False.")
                return int(value)
            case EnumType(name, members):
                if not isinstance(value, enum.Enum) or enum_type(type(value)) != type_:
                    remedy = f"Write `{name}.{members[0][0]}` or another of its members." if members else ""
                    raise place.error(f"{what} takes {described(type_)}, not {shown_value(value)}", remedy)
                return int(typing.cast(int, value.value))
            case RefType(struct):
                if value is NULL:
                    return 0
                if not isinstance(value, ObjectHandle) or record_of(value).struct.__name__ != struct:
                    raise place.error(
                        f"{what} takes {described(type_)}, not {shown_value(value)}",
                        f"Give an object that `m.new({struct})` made, or NULL.",
                    )
                return self.number(value, place, what)
            case LockType(_, _, owned):
                if owned:
                    raise place.error(f"{what} is {described(type_)}: it starts free", "Leave it out.")
                if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                    raise place.error(f"{what} takes a count, not {shown_value(value)}")
                return value
            case _:
                raise place.error(
                    f"{what} is {described(type_)} and takes no value",
                    "Fill it by `m.link(...)`, `m.idr_set(...)` or `m.carry(...)`.",
                )

    def _value(self, number: int, field: Field) -> int:
        known = self._known.get((number, field.name))
        if known is not None:
            return known
        given = self._given[number]
        if field.name not in given:
            value = _default(field)
        elif given[field.name] is REFERENCES and isinstance(field.type, AtomicType):
            value = self._referred(number, field)
        else:
            start, what = given[field.name], self._field_shown(number, field)
            # guard against fields that start as each other: seen while being asked for
            given[field.name] = _Unknown()
            value = self.converted(start, field.type, self._place(number, field.name), what)
            given[field.name] = start
        self._known[number, field.name] = self._with_holds(value, number, field)
        return self._known[number, field.name]

    def _field_shown(self, number: int, field: Field) -> str:
        return f"the field `{field.name}` of {self.shown(number)}"

    def _referred(self, number: int, field: Field) -> int:
        """How many references to an object there are at the start."""
        if self._references is None:
            raise place_of(self.handles[number]).error(
                f"{self._field_shown(number, field)} is REFERENCES, which a global object cannot have",
                "Give it a number.",
            )
        return self._references.get((number, field.name), 0)

    def _with_holds(self, value: int, number: int, field: Field) -> int:
        value += self._held.get((number, field.name), 0)
        if isinstance(field.type, AtomicType) and not field.type.low <= value <= field.type.high:
            raise place_of(self.handles[number]).error(
                f"{self._field_shown(number, field)} is {value}, with all that hold it, outside of its range "
                f"{field.type.low}..{field.type.high}",
                "Widen the range where it is declared.",
            )
        return value

    def check_given(self, number: int) -> None:
        """Every value that an object was given fits its field."""
        struct = self.struct(number)
        for name in self._given[number]:
            field = struct.field(name)
            if not isinstance(field.type, (IntType, BoolType, EnumType, RefType, AtomicType, LockType)):
                what = f"the field `{name}` of {self.shown(number)}"
                self.converted(self._given[number][name], field.type, self._place(number, name), what)

    def _place(self, number: int, name: str) -> Place:
        """Where it was said what a field starts with."""
        return self._said.get((number, name)) or place_of(self.handles[number])


def _default(field: Field) -> int:
    """What a field starts with to which nothing was given."""
    if isinstance(field.type, LockType):
        return field.type.count
    if field.default is not None:
        return field.default
    return nearest_to_zero(field.type) if isinstance(field.type, ValueType | AtomicType) else 0


class _Unknown:
    def __repr__(self) -> str:
        return "itself"


def _flattened(given: Mapping[str, object], struct: Struct, prefix: str, place: Place) -> dict[str, object]:
    """The given values by the names of flattened fields; SpecError for a name that is none."""
    fields = [field.name for field in struct.fields]
    found: dict[str, object] = {}
    for key, value in given.items():
        name = prefix + key
        if name in fields:
            found[name] = value
        elif any(field.startswith(f"{name}.") for field in fields):
            if not isinstance(value, Mapping):
                raise place.error(
                    f"`{struct.name}.{name}` is an embedded record, not {shown_value(value)}",
                    f'Give its fields: `{name}={{"{_first_below(name, fields)}": ...}}`.',
                )
            found.update(_flattened(value, struct, f"{name}.", place))
        else:
            known = [field[len(prefix) :] for field in fields if field.startswith(prefix)]
            raise place.error(
                f"{struct.name} has no field `{name}`", suggestion(key, known, f"fields in {struct.name}")
            )
    return found


def _first_below(name: str, fields: list[str]) -> str:
    return next(field[len(name) + 1 :] for field in fields if field.startswith(f"{name}."))
