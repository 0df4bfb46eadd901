"""What a model holds, for `lockmodel list`: scenarios, paths, designs, switches, claims and locks.

Takes a `Model` as its spec declared it; gives an `Inventory`, as records for JSON and as text. Judges nothing.
"""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import msgspec

from lockmodel.compile import Worlds, Written, compile_model, load
from lockmodel.compile.designs import variants_of
from lockmodel.compile.hierarchy import chains_of
from lockmodel.compile.load import modules_of
from lockmodel.compile.structs import structs_of
from lockmodel.findings.finding import Enumeration
from lockmodel.language.model import Model
from lockmodel.language.types import (
    Completion,
    FieldOptions,
    Mutex,
    RawSpinLock,
    Record,
    RtMutex,
    RwLock,
    RwSemaphore,
    Semaphore,
    SeqLock,
    SpinLock,
)
from lockmodel.report.json_text import as_json
from lockmodel.report.words import count, enumerated, plain
from lockmodel.target import choose_scenarios, split_target

LOCK_KINDS: dict[type, str] = {
    SpinLock: "spinlock",
    RawSpinLock: "raw_spinlock",
    RwLock: "rwlock",
    SeqLock: "seqlock",
    Semaphore: "semaphore",
    Mutex: "mutex",
    RtMutex: "rt_mutex",
    RwSemaphore: "rwsem",
    Completion: "completion",
}


class Scenario(msgspec.Struct, frozen=True):
    """A scenario; `name` is what stands after `::` in a target. `group`: of those that the program wrote."""

    name: str
    doc: str
    spec: str
    group: str = ""


class Group(msgspec.Struct, frozen=True):
    """A group of scenarios that the program writes: so many threads each, checked by default or where it is named."""

    name: str
    of: int
    default: bool
    spec: str


class Procedure(msgspec.Struct, frozen=True):
    """A path: a procedure that a thread can enter. `holds` are the locks that its caller must hold."""

    name: str
    holds: list[str]
    doc: str
    spec: str


class Design(msgspec.Struct, frozen=True):
    """A variant of the model and the procedures that it replaces; the default one replaces none.

    `made_of` are the designs that it combines; `replaces` has what these replace, too. `doc` is what its declaration
    says, or else the procedures that are its own.
    """

    name: str
    default: bool
    replaces: list[str]
    made_of: list[str] = []
    doc: str = ""


class Hook(msgspec.Struct, frozen=True):
    """A procedure that a library calls and a model may implement; null where this one does not."""

    name: str
    implemented_by: str | None
    doc: str
    spec: str


class Switch(msgspec.Struct, frozen=True):
    """An assumption about the environment."""

    name: str
    default: bool | int | str
    doc: str
    spec: str


class Claim(msgspec.Struct, frozen=True):
    """An invariant or a claim at quiescence; `outside` are the locks that must be free for it to be judged."""

    name: str
    kind: str
    outside: list[str]
    doc: str
    spec: str


class Lock(msgspec.Struct, frozen=True):
    """A lock class: a global lock, or a field of a Struct."""

    name: str
    kind: str


class Inventory(msgspec.Struct, frozen=True):
    """All of a model that has a name; `hierarchy` is the declared lock order, outermost first."""

    schema_version: int
    lockmodel: str
    spec: str
    model: str
    source: str
    scenarios: list[Scenario]
    paths: list[Procedure]
    designs: list[Design]
    switches: list[Switch]
    claims: list[Claim]
    locks: list[Lock]
    hierarchy: list[list[str]]
    hooks: list[Hook] = []
    groups: list[Group] = []
    enumeration: dict[str, Enumeration] = {}


def load_inventory(target: str, version: str, bounds: dict[str, int] | None = None) -> Inventory:
    """The inventory of the target's model; of `path.py::scenario` with that scenario alone."""
    spec, wanted = split_target(target)
    model = load(spec)
    # a model whose procedures cannot be compiled can be listed, unless its scenarios are to be written
    worlds = Worlds(model, compile_model(model), bounds or {}) if model.groups or bounds else None
    chosen = choose_scenarios(model, worlds, wanted, target)
    scenarios = [
        Scenario(
            one.name, _first_line(one.doc), _place(one.path, one.line), one.group if isinstance(one, Written) else ""
        )
        for one in chosen
    ]
    tallies = worlds.tallies if worlds else {}
    return msgspec.structs.replace(
        take_inventory(model, spec, version),
        scenarios=scenarios,
        enumeration={name: Enumeration(t.scenarios, t.symmetric, t.excluded) for name, t in tallies.items()},
    )


def to_json(inventory: Inventory) -> str:
    """The inventory as an indented JSON document."""
    return as_json(inventory).decode()


def take_inventory(model: Model, spec: str, version: str) -> Inventory:
    """What `model` holds, in the order of its spec; `spec` is the target as the user named it."""
    return Inventory(
        schema_version=1,
        lockmodel=version,
        spec=spec,
        model=model.name,
        source=model.source,
        scenarios=[Scenario(s.name, _first_line(s.doc), _place(s.path, s.line)) for s in model.scenarios.values()],
        paths=[
            Procedure(p.name, list(p.holds), _doc(p.function), _place(p.path, p.line))
            for p in model.procedures.values()
            if p.is_path
        ],
        designs=[_design(model, name) for name in model.designs],
        switches=[Switch(s.name, s.default, s.doc, _place(s.path, s.line)) for s in model.switches.values()],
        claims=[
            Claim(
                c.name,
                "at quiescence" if c.quiescent else "eventually" if c.eventual else "invariant",
                list(c.outside),
                _doc(c.function),
                _place(c.path, c.line),
            )
            for c in model.claims.values()
        ],
        locks=[Lock(lock.name, lock.kind) for lock in model.locks.values()] + list(_struct_locks(model)),
        hierarchy=[list(chain.locks) for chain in chains_of(model, model.default_design)],
        hooks=[
            Hook(p.name, _implementation(model, p.name), _doc(p.function), _place(p.path, p.line))
            for p in model.procedures.values()
            if p.hook
        ],
        groups=[Group(g.name, g.of, g.default, _place(g.path, g.line)) for g in model.groups.values()],
    )


def _design(model: Model, name: str) -> Design:
    combination = model.combinations.get(name)
    own = [variant for (design, _), variant in model.variants.items() if design == name]
    doc = combination.doc if combination else ""
    return Design(
        name,
        name == model.default_design,
        list(variants_of(model, name)),
        list(combination.parts) if combination else [],
        _first_line(doc)
        or " ".join(dict.fromkeys(_doc(variant.function) for variant in own if variant.function.__doc__)),
    )


def _implementation(model: Model, hook: str) -> str | None:
    return model.implementations[hook].name if hook in model.implementations else None


def describe(inventory: Inventory, *, verbose: bool = False) -> str:
    """The inventory as text: a section a kind, a line a name; of written scenarios, unless `verbose`, one a group."""
    sections: dict[str, list[tuple[str, str]]] = {
        "scenarios": list(_scenarios(inventory, verbose)),
        **(
            {"groups": [(g.name, _told(g, inventory.enumeration)) for g in inventory.groups]}
            if inventory.groups
            else {}
        ),
        "paths": [(p.name, _join(p.doc, _list("needs", p.holds))) for p in inventory.paths],
        "designs": [
            (
                d.name,
                _join(
                    "the default" if d.default else "",
                    _list("made of", d.made_of),
                    _list("replaces", d.replaces),
                    d.doc,
                ),
            )
            for d in inventory.designs
        ],
        "switches": [(s.name, _join(s.doc, f"default {plain(s.default)}")) for s in inventory.switches],
        **({"hooks": _hooks(inventory)} if inventory.hooks else {}),
        "claims": [(c.name, _join(c.kind, _list("outside", c.outside), c.doc)) for c in inventory.claims],
        "locks": [(lock.name, lock.kind) for lock in inventory.locks],
        "declared order": [(" -> ".join(chain), "") for chain in inventory.hierarchy],
    }
    head = f"{inventory.model}" + (f" (models {inventory.source})" if inventory.source else "") + f": {inventory.spec}"
    lines = [head]
    for title, rows in sections.items():
        lines += ["", f"{title}:"]
        width = max((len(name) for name, _ in rows), default=0)
        lines += [f"  {name:<{width}}  {said}".rstrip() for name, said in rows] or ["  none"]
    return "\n".join(lines)


def _hooks(inventory: Inventory) -> list[tuple[str, str]]:
    return [
        (h.name, _join(f"implemented by {h.implemented_by}" if h.implemented_by else "", h.doc))
        for h in inventory.hooks
    ]


def _scenarios(inventory: Inventory, verbose: bool) -> Iterator[tuple[str, str]]:
    """Each scenario, or those of one group as one."""
    together: dict[str, list[Scenario]] = {}
    for scenario in inventory.scenarios:
        together.setdefault(scenario.group if not verbose else "", []).append(scenario)
    for group, scenarios in together.items():
        if group:
            yield group, _join(count(len(scenarios), "scenario"), scenarios[0].doc)
        else:
            yield from ((s.name, s.doc) for s in scenarios)


def _told(group: Group, enumeration: dict[str, Enumeration]) -> str:
    """A group: how large its scenarios are, and what became of it."""
    told = [f"{count(group.of, 'thread')} each"]
    if group.name in enumeration:
        told.append(enumerated(enumeration[group.name]))
    elif not group.default:
        told.append("only where a target names it")
    return _join(*told)


def _struct_locks(model: Model) -> Iterator[Lock]:
    """The locks that are fields of the spec's structs (and of records inside them), each class once."""
    modules = modules_of(model)
    structs = [struct for module in modules.values() for struct in structs_of(module)]
    extended = [base for struct in structs for base in struct.__mro__[1:]]
    for struct in structs:
        if struct not in extended:
            for path, kind in _lock_fields(struct, modules):
                yield Lock(f"{struct.__name__}.{path}", kind)


def _lock_fields(struct: type, modules: Mapping[str, ModuleType]) -> Iterator[tuple[str, str]]:
    hints: dict[str, Any] = {}
    for part in struct.__mro__[::-1]:
        module = modules.get(part.__module__)
        own = type(part.__name__, (), {"__annotations__": inspect.get_annotations(part)})
        # the compiler says what is wrong with a type; a list of names need not
        with contextlib.suppress(Exception):
            hints |= typing.get_type_hints(own, vars(module) if module else None)
    for name, kind in hints.items():
        if kind in LOCK_KINDS:
            options = getattr(struct, name, None)
            counting = isinstance(options, FieldOptions) and options.kind == "semaphore"
            yield name, "counting semaphore" if counting else LOCK_KINDS[kind]
        elif isinstance(kind, type) and issubclass(kind, Record):
            yield from ((f"{name}.{inner}", kind_of) for inner, kind_of in _lock_fields(kind, modules))


def _doc(function: Callable[..., object]) -> str:
    return _first_line(inspect.getdoc(function) or "")


def _first_line(doc: str) -> str:
    return doc.strip().partition("\n")[0].strip()


def _place(path: str, line: int) -> str:
    return f"{path}:{line}"


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _list(word: str, names: list[str]) -> str:
    return f"{word} {', '.join(names)}" if names else ""
