"""From a model under one design and one setting of its switches to a `Program`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lockmodel.compile.declarations import check_declarations
from lockmodel.compile.flow import with_liveness
from lockmodel.compile.hierarchy import check_lock_class, lock_classes, lower_hierarchy
from lockmodel.compile.initial import Objects
from lockmodel.compile.load import modules_of
from lockmodel.compile.naming import Place, described, place_of, suggestion
from lockmodel.compile.procedures import ProcedureTable
from lockmodel.compile.structs import StructTable, structs_of
from lockmodel.errors import UsageError
from lockmodel.ir import rules
from lockmodel.ir.nodes import Cache, Claim, GlobalObject, Program
from lockmodel.ir.types import BoolType, Field, LockType, RefType, Struct
from lockmodel.language.library import ClaimRecord, Switch
from lockmodel.language.model import Model
from lockmodel.language.scenario import record_of
from lockmodel.language.types import Struct as StructClass
from lockmodel.source import Site

_TRUTH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def compile_model(
    model: Model, design: str | None = None, switches: Mapping[str, str | bool | int] | None = None
) -> Program:
    """The program of a model under a design (None: as written) and a setting of its switches (others: by default)."""
    check_declarations(model)
    design = model.default_design if design is None else design
    if design not in model.designs:
        raise UsageError(
            f"the model {model.name} has no design `{design}`\n  {suggestion(design, model.designs, 'designs')}"
        )
    return _ProgramLowering(model, design, switch_values(model, switches or {})).run()


def switch_values(model: Model, given: Mapping[str, str | bool | int]) -> dict[str, bool | int | str]:
    """The value of every switch of a model: as given, by name and as text or value, and otherwise its default."""
    for name in given:
        if name not in model.switches:
            raise UsageError(
                f"the model {model.name} has no switch `{name}`\n  {suggestion(name, model.switches, 'switches')}"
            )
    values = {name: _switch_value(switch, given.get(name, switch.default)) for name, switch in model.switches.items()}
    for name, switch in model.switches.items():
        if switch.values and values[name] not in switch.values:
            raise UsageError(
                f"the switch `{name}` is never `{values[name]}`\n  Its values are {', '.join(map(str, switch.values))}."
            )
    return values


def other_settings(
    model: Model, given: Mapping[str, str | bool | int], *, pairs: bool
) -> list[dict[str, bool | int | str]]:
    """What can be turned from a setting: each switch alone to each of its other values, then each two of them."""
    values = switch_values(model, given)
    turned: dict[str, list[bool | int | str]] = {}
    for name, switch in model.switches.items():
        now = values[name]
        if not isinstance(now, bool) and not switch.values:
            raise UsageError(
                f"the switch `{name}` does not say which values it has, so it cannot be turned\n"
                f'  Declare them: `switch("{name}", {now!r}, ..., values=[...])`.'
            )
        turned[name] = [not now] if isinstance(now, bool) else [value for value in switch.values if value != now]
    alone = [{name: value} for name, others in turned.items() for value in others]
    both = [one | other for one, other in itertools.combinations(alone, 2) if one.keys() != other.keys()]
    return alone + (both if pairs else [])


def _switch_value(switch: Switch, value: str | bool | int) -> bool | int | str:
    match switch.default:
        case bool():
            truth = value if isinstance(value, bool) else _TRUTH.get(str(value).lower())
            if truth is None:
                raise UsageError(
                    f"the switch `{switch.name}` is `on` or `off`, not `{value}`\n"
                    f"  Write `{switch.name}=on` or `{switch.name}=off`."
                )
            return truth
        case int():
            try:
                return int(value)
            except ValueError:
                raise UsageError(
                    f"the switch `{switch.name}` is a number, not `{value}`\n"
                    f"  Write `{switch.name}={switch.default}` or another."
                ) from None
        case _:
            return str(value)


class _ProgramLowering:
    """One program while it is being made."""

    def __init__(self, model: Model, design: str, switches: Mapping[str, bool | int | str]) -> None:
        self.model = model
        self.design = design
        self.switches = switches
        self.table = StructTable(model, modules_of(model))
        self.procedures = ProcedureTable(model, design, switches, self.table, signals=self._assumed(model.signals))
        self.lock_structs = {name: self._lock_struct(name) for name in model.locks}

    def run(self) -> Program:
        """Structs first, then whatever is made of them."""
        self._declare_structs()
        caches = self._caches()
        procedures = self.procedures.lower_all()
        claims = tuple(self._claim(record) for record in self.model.claims.values())
        hierarchy = lower_hierarchy(self.model, self.design, self.table.structs)
        structs = {**self.lock_structs, **self.table.structs}
        two_move_up = self._assumed(self.model.two_move_up)
        program = Program(
            self.model.name,
            self.design,
            tuple(self.switches.items()),
            {name: _with_lines(struct) for name, struct in structs.items()} if two_move_up else structs,
            tuple(self._globals()),
            caches,
            procedures,
            claims,
            hierarchy,
            self._assumed(self.model.spurious_wakeups),
            self.procedures.signals,
            self.model.rcu_callbacks or 0,
            two_move_up,
        )
        rules.check(program)
        program = replace(
            program, procedures={name: with_liveness(procedure) for name, procedure in program.procedures.items()}
        )
        rules.check(program)
        return program

    def _assumed(self, given: bool | Switch) -> bool:
        """What is said of the environment, by itself or by a switch."""
        return bool(self.switches[given.name]) if isinstance(given, Switch) else bool(given)

    # --- types and globals --------------------------------------------------------------------------------------

    def _declare_structs(self) -> None:
        """The Structs of a loaded spec in the order of their declaration, then those that only globals name."""
        for module in modules_of(self.model).values():
            self.table.add_all(structs_of(module), Place(module.__file__ or "", 0))
        for name, handle in self.model.objects.items():
            place = place_of(handle)
            if not (isinstance(record_of(handle).struct, type) and issubclass(record_of(handle).struct, StructClass)):
                raise place.error(f"the object `{name}` is of no Struct", 'Write `model.object(Struct, "name")`.')
            self.table.add(record_of(handle).struct, place)

    def _lock_struct(self, name: str) -> Struct:
        """The Struct that stands for a global lock: it has the lock's name and the one field "lock"."""
        lock = self.model.locks[name]
        field = Field("lock", LockType(lock.kind, lock.count, lock.owned, lock.queued), lock.path, lock.line)
        return Struct(name, (field,), lock.path, lock.line)

    def _caches(self) -> dict[str, Cache]:
        caches: dict[str, Cache] = {}
        for name, cache in self.model.caches.items():
            self.table.add(cache.struct, Place(cache.path, cache.line))
            caches[name] = Cache(
                name, name, cache.capacity, self._assumed(cache.may_fail), Site("", cache.path, cache.line)
            )
        return caches

    def _globals(self) -> Iterable[GlobalObject]:
        objects = Objects(self.table.structs)
        first = len(self.model.locks) + 1
        for number, handle in enumerate(self.model.objects.values(), first):
            objects.add(handle, number)
        for name, lock in self.model.locks.items():
            yield GlobalObject(name, name, (("lock", lock.count),), lock=True)
        for number, (name, handle) in enumerate(self.model.objects.items(), first):
            objects.check_given(number)
            yield GlobalObject(name, record_of(handle).struct.__name__, objects.values(number))

    # --- claims -------------------------------------------------------------------------------------------------

    def _claim(self, record: ClaimRecord) -> Claim:
        signature, source = self.procedures.claim(record)
        structs: list[str] = []
        for name, type_ in signature.parameters:
            if not isinstance(type_, RefType):
                raise source.place.error(
                    f"the claim `{record.name}` has the parameter `{name}`, which is {described(type_)}",
                    "A claim is about every object of a Struct: take references only.",
                )
            structs.append(type_.struct)
        if signature.results != (BoolType(),):
            raise source.place.error(f"the claim `{record.name}` does not give a bool", "Declare it as `-> bool`.")
        names = [name for name, _ in signature.parameters]
        paths: list[tuple[str, int, tuple[str, ...]]] = []
        for lock in record.outside:
            what = f"the claim `{record.name}` is judged outside `{lock}`"
            head, _, rest = lock.partition(".")
            if head in names and rest:
                number = names.index(head)
                paths.append((lock, number, self.table.lock_path(structs[number], rest, source.place, what)))
            else:
                check_lock_class(lock, lock_classes(self.model, self.table.structs), source.place, what)
        site = source.site(source.node.lineno, source.node)
        return Claim(
            record.name,
            record.name,
            tuple(structs),
            record.outside,
            record.quiescent,
            site,
            tuple(paths),
            record.eventual,
        )


def _with_lines(struct: Struct) -> Struct:
    """A Struct whose semaphores tell who stands in line for them."""
    return replace(
        struct,
        fields=tuple(
            replace(field, type=replace(field.type, queued=True))
            if isinstance(field.type, LockType) and field.type.kind == "semaphore"
            else field
            for field in struct.fields
        ),
    )
