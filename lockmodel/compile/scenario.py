"""From a scenario of the spec to `ir.setup.Setup`: its function is run, its records are checked and numbered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockmodel.compile.choices import ExcludedError, PickError, UnheardError
from lockmodel.compile.designs import variants_of
from lockmodel.compile.frame import fits
from lockmodel.compile.initial import Member, Objects
from lockmodel.compile.load import described_exception, innermost_line, modules_of
from lockmodel.compile.machine import Machine
from lockmodel.compile.naming import Place, described, did_you_mean, place_of, shown_value, suggestion, type_name
from lockmodel.errors import LockmodelError, SpecError
from lockmodel.ir.nodes import Procedure, Program
from lockmodel.ir.setup import Argument, Carried, IdrEntry, InitialObject, Link, Setup, Thread
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    EnumType,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    RefType,
    Type,
)
from lockmodel.language.library import GlobalLock
from lockmodel.language.model import Model, ScenarioRecord
from lockmodel.language.scenario import (
    CarriedRecord,
    IdrRecord,
    LinkRecord,
    MemberHandle,
    ObjectHandle,
    Scenario,
    SetRecord,
    ThreadRecord,
    record_of,
)
from lockmodel.source import NOWHERE, Site

HOLD = "Give a count: `m.hold(dev.count)`."
LINK = "Give the link of an entry, then the head of a list: `m.link(watch.i_list, inode.watches)`."
CARRY = "Give a Ledger, a claimant, an event and what carries it: `m.carry(dev.ledger, watch, 1, by=event)`."
IDR_SET = "Give an Idr, an id and an object: `m.idr_set(dev.idr, 1, watch)`."


@dataclass(frozen=True)
class Written:
    """A scenario that the program wrote, lowered. `group` is its name without what was picked."""

    name: str
    doc: str
    path: str
    line: int
    setup: Setup
    group: str


def lower_scenario(model: Model, record: ScenarioRecord | Written, program: Program) -> Setup:
    """What the scenario starts from, under the design and the switches of the program."""
    if isinstance(record, Written):
        return record.setup
    scenario, place = Scenario(), Place(record.path, record.line)
    with building(model, program, f"the scenario `{record.name}`", place):
        record.build(scenario)
    return lower_built(model, program, scenario, record.name, place)


def lower_built(
    model: Model, program: Program, scenario: Scenario, name: str, place: Place, *, shared: bool = False
) -> Setup:
    """The same of a scenario that is built; `shared`: by functions that build other ones, too, whose places count."""
    return _ScenarioLowering(model, program, name, place).run(scenario, shared)


class _ScenarioLowering:
    """One scenario while it is being lowered."""

    def __init__(self, model: Model, program: Program, name: str, place: Place) -> None:
        self.model = model
        self.program = program
        self.name = name
        self.place = place
        self.locks = {g.name: number for number, g in enumerate(program.globals, 1) if g.lock}
        self.objects = Objects({name: s for name, s in program.structs.items() if name not in self.locks})

    def run(self, scenario: Scenario, shared: bool) -> Setup:
        """The whole setup."""
        for number, known in enumerate(self.program.globals, 1):
            if not known.lock:
                self.objects.add(self.model.objects[known.name], number)
        first = len(self.program.globals) + 1
        for number, handle in enumerate(scenario.objects, first):
            self.objects.add(handle, number)
        names = self._names(scenario, first)
        changed = self._set(scenario.settings)
        self.objects.hold([self._held(count, Place(path, line)) for count, path, line in scenario.held])
        links, idr_entries = self._links(scenario.links), self._idr_entries(scenario.idr_records)
        kept = tuple(self._kept(target, Place(path, line)) for target, path, line in scenario.kept)
        self.objects.refer(links, kept)
        initial = [
            InitialObject(known.name, known.struct, self.objects.values(number) if number in changed else known.values)
            for number, known in enumerate(self.program.globals, 1)
        ]
        for number, handle in enumerate(scenario.objects, first):
            self.objects.check_given(number)
            record = record_of(handle)
            site = Site(record.function, record.path, record.line) if shared else NOWHERE
            initial.append(InitialObject(names[number], record.struct.__name__, self.objects.values(number), site))
        self._check_kept(scenario, kept)
        threads = Machine(self.program, initial).placed(self._threads(scenario.threads), scenario.threads)
        whole = Site(self.name, self.place.path, self.place.line)
        carried = self._carried(scenario.carried)
        return Setup(self.name, tuple(initial), links, idr_entries, threads, kept, whole, carried)

    def _set(self, settings: Sequence[SetRecord]) -> set[int]:
        """The objects that `m.set` says more of."""
        changed = set()
        for record in settings:
            place = Place(record.path, record.line)
            if not isinstance(record.target, ObjectHandle):
                what = f"`m.set` of {shown_value(record.target)}, which is no object"
                raise place.error(what, "Give an object of `m.new(...)`, or a global one.")
            number = self.objects.number(record.target, place, "the object of `m.set`")
            self.objects.set(number, record.values, place)
            self.objects.check_given(number)
            changed.add(number)
        return changed

    def _names(self, scenario: Scenario, first: int) -> dict[int, str]:
        names: dict[int, str] = {}
        places: dict[str, Place | None] = {shared.name: None for shared in self.program.globals}
        running: dict[str, int] = {}
        for number, handle in enumerate(scenario.objects, first):
            place = place_of(handle)
            name = record_of(handle).name
            if not isinstance(name, str):
                raise place.error(
                    f"the name of an object is {shown_value(name)}, which is no string", 'Write `m.new(Watch, "name")`.'
                )
            if not name:
                struct = record_of(handle).struct.__name__.lower()
                running[struct] = running.get(struct, 0) + 1
                name = f"{struct}#{running[struct]}"
            if name in places:
                other = places[name]
                where = f" ({other})" if other else ", a global one"
                raise place.error(f"there are two objects named {name}{where}", "Give one of them another name.")
            places[name] = place
            names[number] = name
        return names

    # --- what objects are linked to -----------------------------------------------------------------------------

    def _member(self, handle: object, place: Place, what: str, remedy: str) -> Member:
        if not isinstance(handle, MemberHandle):
            raise place.error(f"{what} is no member of an object", remedy)
        return self.objects.member(handle, place, what)

    def _links(self, records: list[LinkRecord]) -> tuple[Link, ...]:
        links: list[Link] = []
        seen: dict[tuple[int, str], Place] = {}
        for record in records:
            place = Place(record.path, record.line)
            entry = self._member(record.entry, place, "the entry of `m.link`", LINK)
            head = self._member(record.head, place, "the head of `m.link`", LINK)
            if not isinstance(entry.field.type, ListEntryType):
                raise place.error(f"`m.link` takes a ListEntry, not {described(entry.field.type)}", LINK)
            if not isinstance(head.field.type, ListHeadType):
                raise place.error(f"`m.link` takes a ListHead, not {described(head.field.type)}", LINK)
            link = f"{head.field.type.element}.{head.field.type.link}"
            if f"{entry.struct.name}.{entry.field.name}" != link:
                raise place.error(
                    f"`m.link` puts {entry.struct.name}.{entry.field.name} on a list that is linked by {link}",
                    "Give the link that the list is declared with in list_of(...).",
                )
            key = (entry.number, entry.field.name)
            if key in seen:
                raise place.error(
                    f"`{self.objects.shown(entry.number)}.{entry.field.name}` is linked twice (before: {seen[key]})",
                    "Keep one of them: an entry is on one list at a time.",
                )
            seen[key] = place
            links.append(Link(entry.number, entry.field.name, head.number, head.field.name))
        return tuple(links)

    def _idr_entries(self, records: list[IdrRecord]) -> tuple[IdrEntry, ...]:
        entries: list[IdrEntry] = []
        seen: dict[tuple[int, str, int], Place] = {}
        for record in records:
            place = Place(record.path, record.line)
            idr = self._member(record.idr, place, "the idr of `m.idr_set`", IDR_SET)
            if not isinstance(idr.field.type, IdrType):
                raise place.error(f"`m.idr_set` takes an Idr, not {described(idr.field.type)}", IDR_SET)
            last = idr.field.type.capacity - 1
            id_ = self.objects.converted(record.id, IntType(0, last), place, "the id of `m.idr_set`")
            wanted = RefType(idr.field.type.element)
            target = self.objects.converted(record.target, wanted, place, "the target of `m.idr_set`")
            if not target:
                raise place.error("the target of `m.idr_set` is NULL", "Leave it out: an id without an object is free.")
            key = (idr.number, idr.field.name, id_)
            if key in seen:
                raise place.error(f"the id {id_} is set twice (before: {seen[key]})", "Use another id.")
            seen[key] = place
            entries.append(IdrEntry(idr.number, idr.field.name, id_, target))
        return tuple(entries)

    def _carried(self, records: list[CarriedRecord]) -> tuple[Carried, ...]:
        found: list[Carried] = []
        for record in records:
            place = Place(record.path, record.line)
            ledger = self._member(record.ledger, place, "the ledger of `m.carry`", CARRY)
            kind = ledger.field.type
            if not isinstance(kind, LedgerType):
                raise place.error(f"`m.carry` takes a Ledger, not {described(kind)}", CARRY)
            if len(record.event) != len(kind.event):
                wanted = ", ".join(type_name(type_) for type_ in kind.event)
                raise place.error(f"the event of `m.carry` has {len(record.event)} values", f"Give these: {wanted}.")
            claimant, carrier = (
                self.objects.converted(given, RefType(struct), place, f"the {what} of `m.carry`")
                for given, struct, what in (
                    (record.claimant, kind.claimant, "claimant"),
                    (record.carrier, kind.carrier, "carrier"),
                )
            )
            if not claimant or not carrier:
                raise place.error("`m.carry` is given NULL", CARRY)
            event = tuple(
                self.objects.converted(value, type_, place, "the event of `m.carry`")
                for value, type_ in zip(record.event, kind.event, strict=True)
            )
            found.append(Carried(ledger.number, ledger.field.name, claimant, event, carrier))
            if sum((one.owner, one.field) == (ledger.number, ledger.field.name) for one in found) > kind.capacity:
                raise place.error(
                    f"the ledger holds {kind.capacity} events", "Give it more room: `ledger(capacity=...)`."
                )
        return tuple(found)

    def _kept(self, target: object, place: Place) -> tuple[int, str]:
        if not isinstance(target, ObjectHandle):
            raise place.error("`m.keep` takes an object", "Write `m.keep(dev)`.")
        number = self.objects.number(target, place, "the object of `m.keep`")
        struct = self.objects.struct(number)
        counts = [f.name for f in struct.fields if isinstance(f.type, AtomicType) and f.type.counts]
        if len(counts) != 1:
            raise place.error(
                f"`m.keep` of a {struct.name}, which has {len(counts)} RefCount fields",
                "Only an object with exactly one can be kept.",
            )
        return number, counts[0]

    def _check_kept(self, scenario: Scenario, kept: tuple[tuple[int, str], ...]) -> None:
        for (number, count), (_, path, line) in zip(kept, scenario.kept, strict=True):
            if dict(self.objects.values(number))[count] < 1:
                raise Place(path, line).error(
                    f"`m.keep` of `{self.objects.shown(number)}`, whose `{count}` starts at 0",
                    f"Count the reference that is kept: `{count}=1` or more.",
                )

    def _held(self, count: object, place: Place) -> Member:
        held = self._member(count, place, "what `m.hold` takes", HOLD)
        if not isinstance(held.field.type, AtomicType):
            raise place.error(f"`m.hold` takes a RefCount or an Atomic, not {described(held.field.type)}", HOLD)
        if held.number <= len(self.program.globals):
            raise place.error(f"`m.hold` of `{self.objects.shown(held.number)}`, which is global", "Give it a number.")
        return held

    # --- threads ------------------------------------------------------------------------------------------------

    def _threads(self, records: list[ThreadRecord]) -> tuple[Thread, ...]:
        if not records:
            raise self.place.error(
                f"the scenario `{self.name}` has no threads", 'Add one: `m.thread("name", path, ...)`.'
            )
        threads: list[Thread] = []
        seen: dict[str, Place] = {}
        for record in records:
            place = Place(record.path, record.line)
            if not isinstance(record.name, str) or not record.name:
                raise place.error(
                    f"the name of a thread is {shown_value(record.name)}", 'Write `m.thread("name", path, ...)`.'
                )
            if record.name in seen:
                raise place.error(
                    f"there are two threads named {record.name} ({seen[record.name]})", "Give one of them another name."
                )
            seen[record.name] = place
            procedure = self._path(record, place)
            arguments = self._arguments(record, procedure, place)
            site = Site(self.name, record.path, record.line)
            threads.append(Thread(record.name, procedure.name, arguments, record.may_wait, site, record.level))
        return tuple(threads)

    def _path(self, record: ThreadRecord, place: Place) -> Procedure:
        model, function = self.model, record.path_function
        shown = getattr(function, "__name__", "") or shown_value(function)
        paths = [name for name, procedure in model.procedures.items() if procedure.is_path]
        for name, procedure in model.procedures.items():
            if procedure.function is function:
                if not procedure.is_path:
                    raise place.error(
                        f"the thread `{record.name}` enters `{shown}`, which is no path",
                        f"Declare it with `@{model.name}.path` ({procedure.path}:{procedure.line}).",
                    )
                return self.program.procedures[name]
        for name, variant in variants_of(model, self.program.design).items():
            if variant.function is function and variant.is_path:
                return self.program.procedures[name]
        for (design, name), variant in model.variants.items():
            if variant.function is function:
                raise place.error(
                    f"the thread `{record.name}` enters `{shown}`, which stands for `{name}` in the design {design}",
                    f"Enter `{name}`: each design puts in its own.",
                )
        raise place.error(
            f"the thread `{record.name}` enters `{shown}`, which is no path of the model {model.name}",
            suggestion(shown, paths, "paths"),
        )

    def _arguments(self, record: ThreadRecord, procedure: Procedure, place: Place) -> tuple[Argument, ...]:
        shown = procedure.site.procedure
        wanted, given = procedure.parameters, record.arguments
        if len(wanted) != len(given):
            names = ", ".join(parameter.name for parameter in wanted)
            raise place.error(
                f"the thread `{record.name}` gives {len(given)} argument{'s' * (len(given) != 1)} to `{shown}`, "
                f"which takes {len(wanted)}",
                f"It is declared as `{shown}({names})` ({procedure.site.spec}).",
            )
        return tuple(
            self._argument(value, parameter.type, place, f"the parameter `{parameter.name}` of `{shown}`")
            for value, parameter in zip(given, wanted, strict=True)
        )

    def _argument(self, value: object, type_: Type, place: Place, what: str) -> Argument:
        if isinstance(type_, (IntType, BoolType, EnumType, RefType)):
            return Argument(self.objects.converted(value, type_, place, what))
        if isinstance(value, GlobalLock) and value.name in self.locks:
            number = self.locks[value.name]
            member = Member(number, self.program.structs[value.name], self.program.structs[value.name].fields[0])
        elif isinstance(value, MemberHandle):
            member = self.objects.member(value, place, what)
        else:
            raise place.error(f"{what} takes {described(type_)}", "Give a member of an object, such as `dev.sem`.")
        if not fits(member.field.type, type_):
            raise place.error(f"{what} takes {described(type_)}, not {described(member.field.type)}")
        return Argument(member.number, member.field.name)


def _meant(error: Exception) -> str:
    """What a misspelt method of the Scenario was meant to be."""
    if isinstance(error, AttributeError) and isinstance(error.obj, Scenario):
        return did_you_mean(error.name or "", [name for name in dir(Scenario) if not name.startswith("_")])
    return ""


@contextlib.contextmanager
def building(model: Model, program: Program, what: str, place: Place) -> Iterator[None]:
    """Around functions of the spec that build a scenario: what they raise is said with its place.

    The switches are as the program has them; as they were, afterwards.
    """
    before = {name: switch.now for name, switch in model.switches.items()}
    for name, value in program.switches:
        if isinstance(value, (bool, int, str)):
            model.switches[name].now = value
    try:
        yield
    except (LockmodelError, ExcludedError, UnheardError):
        raise
    except Exception as error:
        paths = [place.path, *(module.__file__ or "" for module in modules_of(model).values())]
        where, line = innermost_line(error, paths)
        raise SpecError(
            str(error) if isinstance(error, PickError) else f"{what} raised {described_exception(error)}",
            path=where or place.path,
            line=line or place.line,
            remedy=error.remedy if isinstance(error, PickError) else _meant(error),
        ) from error
    finally:
        for name, switch in model.switches.items():
            switch.now = before[name]
