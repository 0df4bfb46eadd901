"""The procedures of a program: which function stands for which, their signatures, their code, their requirements.

A design's variant becomes the procedure that it replaces, while its places keep the variant's own name. A procedure
that a claim calls is lowered a second time, as a copy that is evaluated as a whole ("name.atomic"); a ghost procedure
is never anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lockmodel.compile.designs import variants_of
from lockmodel.compile.flow import first_unset_read, with_liveness
from lockmodel.compile.load import modules_of
from lockmodel.compile.names import Names
from lockmodel.compile.naming import Place, described, suggestion, type_name
from lockmodel.compile.passes import simplified
from lockmodel.compile.reader import FunctionSource, find_function
from lockmodel.compile.signature import Signature, read_signature
from lockmodel.compile.statements import ProcedureLowering
from lockmodel.compile.structs import StructTable
from lockmodel.ir.nodes import Call, Procedure, Requirement, Return
from lockmodel.ir.types import LockType, RefType, Struct, TupleType, Type
from lockmodel.language.library import ClaimRecord, Library, ProcedureRecord
from lockmodel.language.model import Model
from lockmodel.language.scenario import record_of
from lockmodel.language.types import Struct as StructClass


@dataclass(frozen=True)
class _Function:
    """A function to be lowered under a name."""

    key: str
    function: Callable[..., object]
    source: FunctionSource
    signature: Signature
    record: ProcedureRecord | None
    atomic: bool


class ProcedureTable:
    """The procedures while they are being made; what a call names is added when it is lowered."""

    def __init__(
        self,
        model: Model,
        design: str,
        switches: Mapping[str, bool | int | str],
        table: StructTable,
        *,
        signals: bool = False,
    ) -> None:
        self.signals = signals
        self.model = model
        self.design = design
        self.switches = switches
        self.table = table
        self.procedures: dict[str, Procedure] = {}
        self._functions: dict[str, _Function] = {}
        self._waiting: list[_Function] = []
        self._variants = variants_of(model, design)
        self._records: dict[int, ProcedureRecord] = {}
        for record in (
            *model.procedures.values(),
            *model.implementations.values(),
            *model.variants.values(),
        ):
            self._records.setdefault(id(record.function), record)

    def lower_all(self) -> dict[str, Procedure]:
        """Every procedure of the model in the order of its declaration, claims, and whatever these call."""
        for record in self.model.procedures.values():
            self._function(*self._active(record))
        for claim in self.model.claims.values():
            self.claim(claim)
        while self._waiting:
            self._lower(self._waiting.pop(0))
        _refuse_recursion(self.procedures, self.model.name)
        return dict(self.procedures)

    def claim(self, record: ClaimRecord) -> tuple[Signature, FunctionSource]:
        """The signature of a claim, which becomes an atomic procedure of its own name."""
        known = self._functions.get(record.name)
        if known is None:
            source = find_function(record.path, record.line, record.function.__name__, record.source)
            signature = read_signature(record.name, record.function, source, self.table.add)
            known = self._functions[record.name] = _Function(
                record.name, record.function, source, signature, None, atomic=True
            )
            self._waiting.append(known)
        elif known.record is not None:
            place = Place(record.path, record.line)
            raise place.error(f"the claim `{record.name}` has the name of a procedure", "Rename one of them.")
        return known.signature, known.source

    # --- what procedures ask for (frame.Unit) -------------------------------------------------------------------

    def struct(self, name: str) -> Struct:
        """A Struct by its name."""
        return self.table.structs[name]

    def register(self, cls: type[StructClass], place: Place) -> str:
        """The name of a Struct class, which becomes part of the program."""
        return self.table.add(cls, place)

    def callee(self, function: object, atomic: bool) -> Signature | None:
        """How to call a function of the model, or None for a function that is none of its procedures."""
        record = self._records.get(id(function))
        if record is None:
            return None
        if record.replaces:
            active = self._variants.get(record.replaces)
            if active is not None and active.function is function:
                record, key = active, record.replaces
            else:
                key = record.name
        else:
            key, record = self._active(record)
        copied = atomic and not record.ghost
        return self._function(f"{key}.atomic" if copied else key, record, copied=copied).signature

    def unused_library(self, function: object) -> Library | None:
        """The library that declares a function, where the model does not use it."""
        for module in modules_of(self.model).values():
            for value in vars(module).values():
                if isinstance(value, Library) and any(r.function is function for r in value.procedures.values()):
                    return value
        return None

    def add_condition(self, procedure: Procedure) -> None:
        """A procedure that another one made, for the condition that it awaits."""
        self._add(procedure)

    # --- procedures ---------------------------------------------------------------------------------------------

    def _active(self, record: ProcedureRecord) -> tuple[str, ProcedureRecord]:
        """The procedure, or what stands for it in the design or implements it, with its name in the program."""
        variant = self._variants.get(record.name)
        implementation = self.model.implementations.get(record.name)
        if variant is not None or implementation is None:
            return record.name, variant or record
        if implementation.name == record.name:
            return record.name, implementation
        return self._active(implementation)

    def _function(self, key: str, record: ProcedureRecord, *, copied: bool = False) -> _Function:
        known = self._functions.get(key)
        if known is None:
            source = find_function(record.path, record.line, record.function.__name__, record.source)
            signature = replace(read_signature(key, record.function, source, self.table.add), ghost=record.ghost)
            atomic = copied or record.ghost
            known = self._functions[key] = _Function(key, record.function, source, signature, record, atomic)
            if record.replaces and key == record.replaces:
                self._check_same_signature(record, signature, record.replaces, "replaces")
            for hook, implementation in self.model.implementations.items():
                if implementation is record:
                    self._check_same_signature(record, signature, hook, "implements")
            self._waiting.append(known)
        elif known.function is not record.function:
            place = Place(record.path, record.line)
            raise place.error(f"there are two functions named {key} ({known.source.place})", "Rename one of them.")
        return known

    def _check_same_signature(self, record: ProcedureRecord, signature: Signature, name: str, does: str) -> None:
        replaced = self.model.procedures[name]
        source = find_function(replaced.path, replaced.line, replaced.function.__name__, replaced.source)
        wanted = read_signature(name, replaced.function, source, self.table.add)
        types = [type_ for _, type_ in signature.parameters]
        if types != [type_ for _, type_ in wanted.parameters] or signature.results != wanted.results:
            raise signature.place.error(
                f"`{record.name}` {does} `{name}` ({wanted.place}) but takes or gives other types",
                f"Declare it as `{_shown(record.name, wanted)}`.",
            )

    def _lower(self, function: _Function) -> None:
        names = Names(function.function, function.source.node, self.switches)
        frame = ProcedureLowering(self, function.source, function.signature, names, atomic=function.atomic)
        record = function.record
        helper = bool(record and record.helper)
        if record and not function.atomic:
            procedure = frame.lower_body(
                self._requirements(record.holds, function), helper=helper, recursion=record.recursion or 0
            )
        else:
            procedure = frame.lower_body(helper=helper)
        procedure = self._add(procedure)
        if function.signature.results:
            for instruction in procedure.code:
                if isinstance(instruction, Return) and not instruction.values:
                    raise Place(instruction.site.path, instruction.site.line).error(
                        f"`{function.signature.spec_name}` can end here without a value",
                        f"Return {described(_result(function.signature.results))} on every path.",
                    )

    def _add(self, procedure: Procedure) -> Procedure:
        procedure = with_liveness(simplified(procedure))
        unset = first_unset_read(procedure)
        if unset is not None:
            name, at = unset
            site = procedure.code[at].site
            raise Place(site.path, site.line).error(
                f"`{name}` may be read here before it is given a value", "Assign it on every path that leads here."
            )
        self.procedures[procedure.name] = procedure
        return procedure

    def _requirements(self, holds: Sequence[str], function: _Function) -> tuple[Requirement, ...]:
        return tuple(self._requirement(text, function) for text in holds)

    def _requirement(self, text: str, function: _Function) -> Requirement:
        signature, place = function.signature, function.source.place
        what = f"`{signature.spec_name}` is to hold `{text}`"
        base, _, path = text.partition(".")
        parameters = dict(signature.parameters)
        type_ = parameters.get(base)
        if type_ is not None:
            if isinstance(type_, RefType) and path:
                return Requirement(text, base, self.table.lock_path(type_.struct, path, place, what))
            if isinstance(type_, LockType) and not path:
                return Requirement(text, base, ())
            raise place.error(f"{what}, but `{base}` is {described(type_)}", 'Name a lock of it: `holds=["dev.sem"]`.')
        if text in self.model.locks:
            lock = self.model.locks[text]
            if not lock.owned:
                raise place.error(f"{what}, a counting semaphore, which nobody holds", "Name a lock that has an owner.")
            return Requirement(text, None, (), text)
        if base in self.model.objects and path:
            struct = self.table.add(record_of(self.model.objects[base]).struct, place)
            return Requirement(text, None, self.table.lock_path(struct, path, place, what), base)
        raise place.error(
            f"{what}, but there is no parameter and no global `{base}`",
            suggestion(base, [*parameters, *self.model.locks, *self.model.objects], "parameters"),
        )


def _refuse_recursion(procedures: Mapping[str, Procedure], model: str) -> None:
    """SpecError for calls that go round without coming to a procedure whose recursion is bounded."""
    done = {name for name, procedure in procedures.items() if procedure.recursion}

    def visit(name: str, path: tuple[str, ...]) -> None:
        for instruction in procedures[name].code:
            if not isinstance(instruction, Call):
                continue
            callee = instruction.procedure
            if callee in (*path, name):
                cycle = [*(*path, name)[(*path, name).index(callee) :], callee]
                site = instruction.site
                raise Place(site.path, site.line).error(
                    f"recursion: {' -> '.join(cycle)}",
                    "Write a loop: it runs as a whole."
                    if procedures[name].atomic
                    else f"Write a loop, or bound it: `@{model}.procedure(recursion=2)`.",
                )
            if callee not in done:
                visit(callee, (*path, name))
        done.add(name)

    for name in procedures:
        if name not in done:
            visit(name, ())


def _shown(name: str, signature: Signature) -> str:
    """A signature as a `def` line shows it."""
    parameters = ", ".join(f"{parameter}: {type_name(type_)}" for parameter, type_ in signature.parameters)
    return f"def {name}({parameters}) -> {type_name(_result(signature.results)) if signature.results else 'None'}:"


def _result(results: tuple[Type, ...]) -> Type:
    return results[0] if len(results) == 1 else TupleType(results)
