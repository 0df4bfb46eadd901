"""From the Struct classes of a spec to `ir.types.Struct`: fields typed, embedded Records flattened, options checked.

A class is resolved when something names it, together with all that its fields name, so that types may refer to each
other. Guards and counts are resolved last, when all these are known. A Struct that derives from one of its name in
another module extends it: it stands for both, wherever either is named.
"""

from __future__ import annotations

import enum
import inspect
import sys
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from lockmodel.compile.annotations import DEFAULT_IDR_CAPACITY, enum_type, evaluated, hint_type, is_struct
from lockmodel.compile.naming import Place, described, shown_value, suggestion
from lockmodel.compile.reader import ClassSource, find_class
from lockmodel.errors import SpecError
from lockmodel.ir.types import (
    LOCK_KINDS,
    AtomicType,
    BoolType,
    EnumType,
    Field,
    Guard,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    MemberType,
    RefType,
    Struct,
    TupleType,
    Type,
    ValueType,
    VoidType,
    WaitQueueType,
)
from lockmodel.language import types as language
from lockmodel.language.library import GlobalLock
from lockmodel.language.model import Model

_NO_OPTIONS = language.FieldOptions()
_KINDS: Mapping[str, tuple[type[object], str]] = {
    "list_of": (ListHeadType, "a ListHead"),
    "semaphore": (LockType, "a Semaphore"),
    "rwlock": (LockType, "a RwLock"),
    "rwsem": (LockType, "a RwSemaphore"),
    "atomic": (AtomicType, "an Atomic or a RefCount"),
    "refcount": (AtomicType, "a RefCount"),
    "idr": (IdrType, "an Idr"),
    "ledger": (LedgerType, "a Ledger"),
}


@dataclass(frozen=True)
class _Pending:
    """What of a field waits until all Structs are known. `prefix` is the Record that it stands in ("event.")."""

    guarded_by: object
    counted: str
    prefix: str


class StructTable:
    """The Structs of a model by name, in the order in which they were first named."""

    def __init__(self, model: Model, modules: Mapping[str, ModuleType]) -> None:
        self.model = model
        self.modules = modules
        self.structs: dict[str, Struct] = {}
        self.classes: dict[str, type[language.Struct]] = {}
        self._extensions: dict[type, type[language.Struct]] = {}
        self._waiting: list[type[language.Struct]] = []
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._busy = False
        for module in modules.values():
            for cls in structs_of(module):
                if cls.__bases__ != (language.Struct,):
                    self._extend(cls)

    def add_all(self, classes: Iterable[type[language.Struct]], place: Place) -> None:
        """Several Structs, kept in this order."""
        self._busy = True
        for cls in classes:
            self.add(cls, place)
        self._busy = False
        self._resolve_waiting()

    def add(self, cls: type[language.Struct], place: Place) -> str:
        """The name of a Struct, which is resolved if it is new."""
        while cls in self._extensions:
            cls = self._extensions[cls]
        name = cls.__name__
        known = self.classes.get(name)
        if known is cls:
            return name
        if known is not None:
            here, other = self._source(cls).place, self._source(known).place
            where = here if here.line else place
            raise where.error(f"there are two Structs named {name} (the other: {other})", "Rename one of them.")
        if name in self.model.locks:
            lock = self.model.locks[name]
            raise Place(lock.path, lock.line).error(
                f"the lock `{name}` has the name of a Struct", "Rename one of them."
            )
        self.classes[name] = cls
        self._waiting.append(cls)
        if not self._busy:
            self._resolve_waiting()
        return name

    def namespace(self, cls: type) -> dict[str, Any]:
        """What the annotations of a class are evaluated in."""
        module = self.modules.get(cls.__module__) or sys.modules.get(cls.__module__)
        return vars(module) if module else {}

    def place(self, name: str) -> Place:
        """Where a Struct is declared."""
        struct = self.structs[name]
        return Place(struct.path, struct.line)

    # --- extensions ---------------------------------------------------------------------------------------------

    def _extend(self, cls: type[language.Struct]) -> None:
        """Let a Struct stand for the one that it derives from."""
        place, base = self._source(cls).place, cls.__bases__[0]
        if len(cls.__bases__) > 1 or base.__name__ != cls.__name__ or base.__module__ == cls.__module__:
            raise place.error(
                f"`{cls.__name__}` inherits from {', '.join(base.__name__ for base in cls.__bases__)}",
                "Embed a Record instead: a Struct derives from Struct alone, or extends one of its name elsewhere.",
            )
        other = self._extensions.setdefault(base, cls)
        if other is not cls:
            raise place.error(
                f"`{cls.__name__}` ({self._source(base).place}) is extended twice (the other: "
                f"{self._source(other).place})",
                "Put the fields of both into one, or derive one from the other.",
            )

    def _own_and_inherited(self, cls: type[language.Struct]) -> list[Field]:
        """The fields of a Struct, those of what it extends first; one that is declared again must say the same."""
        fields: list[Field] = []
        for part in [part for part in cls.__mro__[::-1] if is_struct(part)]:
            source, pending = self._source(part), dict(self._pending)
            fresh = self._fields(part, source, "", language.FieldOptions())
            for name in dict.fromkeys(_outermost(field) for field in fresh):
                before = [field for field in fields if _outermost(field) == name]
                again = [field for field in fresh if _outermost(field) == name]
                if before and not (
                    [_unplaced(field) for field in before] == [_unplaced(field) for field in again]
                    and all(self._pending[cls.__name__, f.name] == pending[cls.__name__, f.name] for f in again)
                ):
                    where = Place(before[0].path, before[0].line)
                    raise source.field(name).error(
                        f"the field `{cls.__name__}.{name}` is declared otherwise than in what it extends ({where})",
                        f"Say the same, or its type alone: `{name}: Type`.",
                    )
                if not before:
                    fields += again
        return fields

    # --- fields -------------------------------------------------------------------------------------------------

    def _resolve_waiting(self) -> None:
        fresh: list[str] = []
        self._busy = True
        while self._waiting:
            cls = self._waiting.pop(0)
            source = self._source(cls)
            if cls.__bases__ != (language.Struct,) and cls not in self._extensions.values():
                self._extend(cls)
            fields = self._own_and_inherited(cls)
            self.structs[cls.__name__] = Struct(cls.__name__, tuple(fields), source.place.path, source.place.line)
            fresh.append(cls.__name__)
        for name in fresh:
            struct = self.structs[name]
            self.structs[name] = replace(struct, fields=tuple(self._finished(struct, field) for field in struct.fields))
        for name in fresh:
            self._check_references(self.structs[name])
        self._busy = False

    def _source(self, cls: type) -> ClassSource:
        file = self.namespace(cls).get("__file__")
        return find_class(file, cls.__qualname__) if isinstance(file, str) else ClassSource(Place("", 0), {})

    def _fields(
        self, cls: type, source: ClassSource, prefix: str, inherited: language.FieldOptions, outer: type | None = None
    ) -> list[Field]:
        """The fields of a class; `inherited` are the options of the embedding field, `outer` the Struct around it."""
        namespace = self.namespace(cls)
        fields: list[Field] = []
        annotations = inspect.get_annotations(cls)
        for name in cls.__dict__:
            if isinstance(cls.__dict__[name], language.FieldOptions) and name not in annotations:
                raise source.place.error(
                    f"the field `{cls.__name__}.{name}` has no type", f"Write `{name}: Type = ...`."
                )
        for name, annotation in annotations.items():
            place = source.field(name)
            what = f"the field `{cls.__name__}.{name}`"
            hint = evaluated(annotation, namespace, place, what)
            options = self._options(_given(cls, name), inherited)
            if isinstance(hint, type) and issubclass(hint, language.Record):
                fields += self._record(hint, f"{prefix}{name}.", options, place, outer or cls)
            else:
                owner = (outer or cls).__name__
                fields.append(self._field(hint, owner, prefix, name, options, place, what))
        return fields

    def _record(
        self, record: type[language.Record], prefix: str, options: language.FieldOptions, place: Place, outer: type
    ) -> list[Field]:
        if prefix.count(".") > 8:
            raise place.error(f"the Record `{record.__name__}` is embedded in itself", "Refer to a Struct instead.")
        if record.__bases__ != (language.Record,):
            raise self._source(record).place.error(
                f"`{record.__name__}` inherits from {', '.join(base.__name__ for base in record.__bases__)}",
                "A Record derives from Record alone: embed another Record instead.",
            )
        if options.kind != "plain":
            raise place.error(f"`{options.kind}` is not for a Record", "Use field(...).")
        if options.options.get("default") is not None:
            raise place.error(f"the Record `{record.__name__}` has a default", "Give defaults to its fields.")
        return self._fields(record, self._source(record), prefix, options, outer)

    @staticmethod
    def _options(given: object, inherited: language.FieldOptions) -> language.FieldOptions:
        """A field's own options over those of the Record that it stands in; a plain value is its default."""
        own = given if isinstance(given, language.FieldOptions) else language.FieldOptions(default=given)
        merged = {key: value for key, value in inherited.options.items() if value and key != "default"}
        merged.update({key: value for key, value in own.options.items() if key not in merged or value})
        return language.FieldOptions(own.kind, **merged)

    def _field(
        self, hint: object, owner: str, prefix: str, name: str, options: language.FieldOptions, place: Place, what: str
    ) -> Field:
        given = options.options
        type_ = self._with_options(hint_type(hint, self.add, place, what), options, place, what)
        plain = isinstance(type_, (IntType, BoolType, EnumType, RefType))
        for option in ("constant", "ghost"):
            if given.get(option) and not plain and prefix == "":
                raise place.error(f"{what} is {described(type_)} and cannot be `{option}`", f"Leave `{option}` out.")
        if given.get("guarded_by") is not None and isinstance(type_, (LockType, ListEntryType)):
            if prefix == "":
                remedy = (
                    "Guard the list: `list_of(..., guarded_by=...)` holds for the entries on it too."
                    if isinstance(type_, ListEntryType)
                    else "Leave it out: a lock guards itself."
                )
                raise place.error(f"{what} is {described(type_)} and cannot be `guarded_by`", remedy)
            given = {**given, "guarded_by": None}
        counted = given.get("counted") or ""
        if counted and not isinstance(type_, (RefType, ListHeadType)):
            raise place.error(f"{what} is {described(type_)}: only a reference or a list holds a count")
        full = prefix + name
        self._pending[owner, full] = _Pending(given.get("guarded_by"), str(counted), prefix)
        return Field(
            full,
            type_,
            place.path,
            place.line,
            constant=plain and bool(given.get("constant")),
            ghost=(plain and bool(given.get("ghost"))) or isinstance(type_, LedgerType),
            default=field_default(given.get("default"), type_, place, what),
        )

    def _with_options(
        self, type_: Type, options: language.FieldOptions, place: Place, what: str
    ) -> ValueType | MemberType:
        given = options.options
        if options.kind in _KINDS and not isinstance(type_, _KINDS[options.kind][0]):
            raise place.error(f"{what} is {described(type_)}, but `{options.kind}` is for {_KINDS[options.kind][1]}")
        match type_:
            case VoidType() | TupleType():
                raise place.error(f"{what} has no type that a field can hold", "Declare one field for each value.")
            case IntType(None, _):
                raise place.error(f"{what} is an int without a range", "Write `Annotated[int, Range(low, high)]`.")
            case LockType("semaphore") if options.kind == "semaphore":
                return LockType("semaphore", _int(given["count"], 0, place, what), owned=False)
            case LockType("rwlock" | "rwsem" as kind) if options.kind == kind:
                return LockType(kind, queued=_bool(given["queued"], "queued", place, what))
            case LockType() if options.kind in ("semaphore", "rwlock", "rwsem"):
                wanted = LOCK_KINDS[options.kind].name
                raise place.error(f"{what} is {described(type_)}, but `{options.kind}` is for a {wanted}")
            case AtomicType(counts=counts):
                if options.kind == "refcount":
                    if not counts:
                        raise place.error(f"{what} is an Atomic, but `refcount` is for a RefCount")
                    cached = _bool(given.get("zero_is_cached", False), "zero_is_cached", place, what)
                    return AtomicType(0, _int(given["high"], 1, place, what), True, cached)
                if options.kind == "atomic":
                    low, high = _int(given["low"], None, place, what), _int(given["high"], None, place, what)
                    if low > high:
                        raise place.error(f"{what} has the empty range {low}..{high}")
                    if counts and low < 0:
                        raise place.error(
                            f"{what} is a RefCount with the range {low}..{high}", "It never goes below 0."
                        )
                    return AtomicType(low, high, counts)
                return type_
            case ListHeadType(element):
                if options.kind != "list_of":
                    raise place.error(
                        f"{what} does not say by which field its entries are linked",
                        f'Write `ListHead[{element}] = list_of("link")` with a ListEntry field of {element}.',
                    )
                return ListHeadType(element, str(given["link"]))
            case IdrType(element):
                capacity = _int(given.get("capacity", DEFAULT_IDR_CAPACITY), 1, place, what)
                return IdrType(element, capacity)
            case LedgerType():
                if options.kind != "ledger":
                    raise place.error(f"{what} does not say how many events it holds", "Write `= ledger(capacity=4)`.")
                return replace(type_, capacity=_int(given["capacity"], 1, place, what))
            case IntType() | BoolType() | EnumType() | RefType() | LockType() | ListEntryType() | WaitQueueType():
                return type_
            case _:
                raise place.error(f"{what} is {described(type_)}, which is no field")

    # --- what refers to other fields ----------------------------------------------------------------------------

    def _finished(self, struct: Struct, field: Field) -> Field:
        pending = self._pending.pop((struct.name, field.name))
        place = Place(field.path, field.line)
        what = f"the field `{struct.name}.{field.name}`"
        guard = self._guard(struct, field, pending, place, what)
        if not pending.counted:
            return replace(field, guarded_by=guard)
        match field.type:
            case RefType(target):
                self._check_counted(target, pending.counted, place, what)
                return replace(field, guarded_by=guard, counted=pending.counted)
            case ListHeadType(element, link):
                self._check_counted(element, pending.counted, place, what)
                return replace(field, guarded_by=guard, type=ListHeadType(element, link, pending.counted))
        return field

    def _check_counted(self, target: str, counted: str, place: Place, what: str) -> None:
        fields = {field.name: field for field in self.structs[target].fields}
        counts = [name for name, field in fields.items() if isinstance(field.type, AtomicType) and field.type.counts]
        if counted not in fields:
            raise place.error(
                f"{what} is counted by `{counted}`, but {target} has no such field",
                suggestion(counted, counts, f"RefCount fields in {target}"),
            )
        if counted not in counts:
            raise place.error(
                f"{what} is counted by `{target}.{counted}`, which is {described(fields[counted].type)}",
                f"Make it a RefCount ({Place(fields[counted].path, fields[counted].line)}).",
            )

    def _check_references(self, struct: Struct) -> None:
        for field in struct.fields:
            if isinstance(field.type, ListHeadType):
                place = Place(field.path, field.line)
                element, link = self.structs[field.type.element], field.type.link
                links = [other.name for other in element.fields if isinstance(other.type, ListEntryType)]
                if link not in links:
                    raise place.error(
                        f"the field `{struct.name}.{field.name}` links its entries by `{link}`, "
                        f"which is no ListEntry of {element.name}",
                        suggestion(link, links, f"ListEntry fields in {element.name}"),
                    )

    def _guard(self, struct: Struct, field: Field, pending: _Pending, place: Place, what: str) -> Guard | None:
        guarded_by = pending.guarded_by
        if guarded_by is None:
            return None
        if isinstance(guarded_by, GlobalLock):
            if self.model.locks.get(guarded_by.name) is not guarded_by:
                raise place.error(f"{what} is guarded by `{guarded_by.name}`, a lock of another model")
            if not guarded_by.owned:
                where = Place(guarded_by.path, guarded_by.line)
                raise place.error(*_unowned(f"{what} is guarded by `{guarded_by.name}`", guarded_by.name, where))
            return Guard(guarded_by.name, (), guarded_by.name)
        if not isinstance(guarded_by, str):
            raise place.error(
                f"{what} is guarded by {shown_value(guarded_by)}, which is no lock",
                "Name a lock of the same object, a path through constant references, or give a global lock.",
            )
        within = {other.name for other in struct.fields}
        prefix, head = pending.prefix, guarded_by.split(".")[0]
        while prefix and not any(f"{name}.".startswith(f"{prefix}{head}.") for name in within):
            prefix = prefix.rstrip(".").rpartition(".")[0]  # not in this Record: ask the one around it
            prefix = f"{prefix}." if prefix else ""
        if not prefix and guarded_by in self.model.locks and guarded_by not in within:
            return self._guard(struct, field, replace(pending, guarded_by=self.model.locks[guarded_by]), place, what)
        path = self.lock_path(struct.name, prefix + guarded_by, place, f"{what} is guarded by `{guarded_by}`")
        return Guard(guarded_by, path, "")

    def lock_path(self, struct_name: str, text: str, place: Place, what: str) -> tuple[str, ...]:
        """The fields from an object of a Struct to a lock, as "inode.inotify_sem" names it.

        The lock must be owned, and every reference on the way constant. `what` says what the path is for.
        """
        path: list[str] = []
        struct = self.structs[struct_name]
        rest = text.split(".")
        while True:
            fields = {field.name: field for field in struct.fields}
            taken = next((n for n in range(1, len(rest) + 1) if ".".join(rest[:n]) in fields), 0)
            if not taken:
                candidates = [name for name, field in fields.items() if isinstance(field.type, (LockType, RefType))]
                candidates += [] if path or "." in text else self.model.locks
                raise place.error(
                    f"{what}, but {struct.name} has no field `{rest[0]}`",
                    suggestion(rest[0], candidates, f"locks in {struct.name}"),
                )
            name = ".".join(rest[:taken])
            field, rest = fields[name], rest[taken:]
            path.append(name)
            here = Place(field.path, field.line)
            if isinstance(field.type, RefType) and rest:
                if not field.constant:
                    raise place.error(
                        f"{what}, a path through `{struct.name}.{name}` ({here}), which can change",
                        f"Declare it as `{name}: {field.type.struct} = field(constant=True)`, or name another lock.",
                    )
                struct = self.structs[field.type.struct]
                continue
            if not isinstance(field.type, LockType) or rest:
                raise place.error(
                    f"{what}, but `{struct.name}.{name}` ({here}) is {described(field.type)}",
                    "Name a lock: a SpinLock, a Mutex, a Semaphore or one of their like.",
                )
            if not field.type.owned:
                raise place.error(*_unowned(what, f"{struct.name}.{name}", here))
            return tuple(path)


def structs_of(module: ModuleType) -> list[type[language.Struct]]:
    """The Structs that a module declares."""
    return [value for value in vars(module).values() if is_struct(value) and value.__module__ == module.__name__]


def _given(cls: type, field: str) -> object:
    """What stands behind a field, in the class or in what it extends."""
    return next((part.__dict__[field] for part in cls.__mro__[:-1] if field in part.__dict__), _NO_OPTIONS)


def _outermost(field: Field) -> str:
    """The field of the Struct itself that a field is or stands in."""
    return field.name.split(".")[0]


def _unplaced(field: Field) -> Field:
    return replace(field, path="", line=0)


def field_default(value: object, type_: Type, place: Place, what: str) -> int | None:
    """The number that a field starts with, or None where no default is given."""
    if value is None:
        return None
    wrong: SpecError = place.error(
        f"the default of {what} is {shown_value(value)}, which is no {described(type_).split(' ', 1)[-1]}"
    )
    match type_:
        case IntType(low, high) | AtomicType(low, high):
            if isinstance(value, bool) or not isinstance(value, int):
                raise wrong
            if low is not None and high is not None and not low <= value <= high:
                raise place.error(f"the default of {what} is {value}, outside {low}..{high}")
            return int(value)
        case BoolType():
            if not isinstance(value, bool):
                raise wrong
            return int(value)
        case EnumType():
            if not isinstance(value, enum.Enum) or enum_type(type(value)) != type_:
                raise wrong
            return int(typing.cast(int, value.value))
        case RefType():
            if value is not language.NULL:
                raise place.error(
                    f"the default of {what} is {shown_value(value)}", "A reference can only default to NULL."
                )
            return 0
        case _:
            raise place.error(f"{what} is {described(type_)} and has no default", "Leave `default` out.")


def _int(value: object, low: int | None, place: Place, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise place.error(f"an option of {what} is {shown_value(value)}, which is no int")
    if low is not None and value < low:
        raise place.error(f"an option of {what} is {value}", f"It must be at least {low}.")
    return value


def _bool(value: object, name: str, place: Place, what: str) -> bool:
    if not isinstance(value, bool):
        raise place.error(f"`{name}` of {what} is {shown_value(value)}, which is no bool", "Give True or False.")
    return value


def _unowned(what: str, lock: str, place: Place) -> tuple[str, str]:
    return (
        f"{what}, but `{lock}` ({place}) is a counting semaphore, which nobody holds",
        "Guard it by a lock that has an owner.",
    )
