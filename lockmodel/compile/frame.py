"""The procedure that is being lowered: its code, its locals with their types, and where in the spec it is."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from lockmodel.compile.code import Code
from lockmodel.compile.names import Names
from lockmodel.compile.naming import Place, code_text, described
from lockmodel.compile.reader import FunctionSource
from lockmodel.compile.signature import Signature
from lockmodel.errors import SpecError
from lockmodel.ir.nodes import Assign, Const, Expr, GlobalRef, Instruction, Local, Procedure, Variable
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    EnumType,
    IdrType,
    IntType,
    LedgerType,
    ListHeadType,
    LockType,
    RefType,
    Struct,
    Type,
)
from lockmodel.language.library import Library
from lockmodel.language.model import Model
from lockmodel.language.types import Struct as StructClass
from lockmodel.source import Site

ANY_REF = RefType("")
"""The type of NULL and of error pointers, which fit every reference."""


@dataclass(frozen=True, slots=True)
class Value:
    """An expression of the IR with its type."""

    expr: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class _Local:
    type: Type
    line: int
    declared: bool
    temporary: bool = False


class Unit(Protocol):
    """What a procedure may ask of the model that it is part of (`lower.Lowering` answers)."""

    model: Model
    switches: Mapping[str, bool | int | str]

    signals: bool

    def struct(self, name: str) -> Struct:
        """A Struct by its name."""

    def register(self, cls: type[StructClass], place: Place) -> str:
        """The name of a Struct class, which becomes part of the program."""

    def callee(self, function: object, atomic: bool) -> Signature | None:
        """How to call a function of the model, or None for a function that is none of its procedures.

        `atomic`: the copy of it that is evaluated as a whole, for claims.
        """

    def unused_library(self, function: object) -> Library | None:
        """The library that declares a function, where the model does not use it."""

    def add_condition(self, procedure: Procedure) -> None:
        """A procedure that another one made, for the condition that it awaits."""


class Frame:
    """State and elementary moves of the lowering of one procedure; `expressions`, `calls`, `statements` build on it."""

    def __init__(self, unit: Unit, source: FunctionSource, signature: Signature, names: Names, *, atomic: bool) -> None:
        self.unit = unit
        self.source = source
        self.signature = signature
        self.names = names
        self.atomic = atomic
        self.code = Code()
        self.statement: ast.stmt = source.node
        self.racy = False
        self.ghosts_allowed = atomic
        self.ghost = signature.ghost
        self.conditions = 0
        self._locals: dict[str, _Local] = {}
        self._temporaries = 0
        lines = {argument.arg: argument.lineno for argument in source.node.args.args}
        for name, type_ in signature.parameters:
            self._locals[name] = _Local(type_, lines.get(name, source.node.lineno), True)

    # --- places -------------------------------------------------------------------------------------------------

    def site(self, node: ast.AST) -> Site:
        """The site of a node of the current statement."""
        return self.source.site(getattr(node, "lineno", self.statement.lineno), self.statement)

    def error(self, node: ast.AST, message: str, remedy: str = "") -> SpecError:
        """The error to raise about a node."""
        return Place(self.source.file.path, getattr(node, "lineno", self.statement.lineno)).error(message, remedy)

    def emit(self, instruction: Instruction) -> None:
        """Add an instruction."""
        self.code.emit(instruction)

    @contextlib.contextmanager
    def with_ghosts(self, allowed: bool = True) -> Iterator[None]:
        """Within it ghost fields may be read."""
        before, self.ghosts_allowed = self.ghosts_allowed, allowed or self.ghosts_allowed
        yield
        self.ghosts_allowed = before

    @contextlib.contextmanager
    def deliberately_racy(self) -> Iterator[None]:
        """Within it every access is marked as deliberately unguarded."""
        before, self.racy = self.racy, True
        yield
        self.racy = before

    # --- locals -------------------------------------------------------------------------------------------------

    def temporary(self, type_: Type) -> str:
        """A new local that no spec can name."""
        self._temporaries += 1
        name = f"%{self._temporaries}"
        self._locals[name] = _Local(type_, 0, False, True)
        return name

    def retype(self, temporary: str, type_: Type) -> None:
        """The type of a temporary that was not known when it was made."""
        self._locals[temporary] = replace(self._locals[temporary], type=type_)

    def snapshot(self, value: Value, node: ast.AST) -> Value:
        """The value in a temporary, where it cannot change; a number stays as it is."""
        if isinstance(value.expr, (Const, GlobalRef)) or self.is_temporary(value.expr):
            return value
        name = self.temporary(value.type)
        self.emit(Assign(name, value.expr, self.site(node)))
        return Value(Local(name), value.type)

    def is_temporary(self, expr: Expr) -> bool:
        """Is it a local of the compiler's, assigned once?"""
        return isinstance(expr, Local) and self._locals[expr.name].temporary

    def read(self, node: ast.Name) -> Value:
        """The value of a named local."""
        known = self._locals.get(node.id)
        if known is None:
            raise self.error(node, f"`{node.id}` is read before it is given a value", "Assign it first.")
        return Value(Local(node.id), known.type)

    def declare(self, node: ast.Name, type_: Type) -> None:
        """A local with an annotation."""
        known = self._locals.get(node.id)
        if known is not None and known.type != type_:
            raise self.error(
                node,
                f"`{node.id}` is declared as {described(type_)}, but it is {described(known.type)} (line {known.line})",
                "Give the second one a name of its own.",
            )
        self._locals[node.id] = _Local(type_, node.lineno, True)

    def cursor(self, node: ast.Name, element: RefType) -> None:
        """A local that walks along a list of `element`s."""
        known = self._locals.get(node.id)
        if known is None or known.type == ANY_REF:
            self._locals[node.id] = _Local(element, node.lineno, False)
        elif known.type != element:
            raise self.error(
                node,
                f"`{node.id}` is {described(known.type)} (line {known.line}), not {described(element)}",
                "Give the loop a name of its own.",
            )

    @contextlib.contextmanager
    def undone(self) -> Iterator[None]:
        """What is emitted within it is forgotten: for asking what a target is before its value is lowered."""
        before = len(self.code.instructions), self._temporaries, dict(self._locals)
        yield
        del self.code.instructions[before[0] :]
        self._temporaries, self._locals = before[1:]

    def assign(self, node: ast.Name, value: Value, at: ast.AST) -> None:
        """Give a named local a value; its first one decides its type."""
        if node.id == "_":
            return
        known = self._locals.get(node.id)
        if known is None:
            type_ = IntType() if isinstance(value.type, IntType) else value.type
            known = self._locals[node.id] = _Local(type_, node.lineno, False)
        elif known.type == ANY_REF and isinstance(value.type, RefType):
            known = self._locals[node.id] = replace(known, type=value.type)
        elif not fits(value.type, known.type):
            remedy = "Give the second one a name of its own."
            if isinstance(known.type, BoolType) and isinstance(value.type, IntType):
                remedy = "Write a comparison such as `x != 0`."
            elif isinstance(known.type, EnumType) and isinstance(value.type, IntType):
                remedy = f"Write `{known.type.name}(...)`."
            raise self.error(
                at, f"`{node.id}` is {described(known.type)} (line {known.line}), not {described(value.type)}", remedy
            )
        low, high = (known.type.low, known.type.high) if isinstance(known.type, IntType) else (None, None)
        self.emit(Assign(node.id, value.expr, self.site(at), low, high))

    def variables(self) -> tuple[Variable, ...]:
        """The locals that are no parameters; a NULL that never became a reference to anything is refused."""
        found: list[Variable] = []
        parameters = {name for name, _ in self.signature.parameters}
        for name, known in self._locals.items():
            if name in parameters:
                continue
            if known.type == ANY_REF and not known.temporary:
                raise Place(self.source.file.path, known.line).error(
                    f"nothing says what `{name}` refers to", f"Annotate it: `{name}: Struct = NULL`."
                )
            found.append(Variable(name, known.type, known.temporary))
        return tuple(found)


def fits(given: Type, wanted: Type) -> bool:
    """May a value of one type stand where another is wanted?"""
    match wanted:
        case IntType():
            return isinstance(given, (IntType, BoolType, EnumType))
        case RefType(struct):
            return isinstance(given, RefType) and (given.struct == struct or not given.struct or not struct)
        case LockType(kind):
            return isinstance(given, LockType) and given.kind == kind
        case AtomicType(counts=counts):
            return isinstance(given, AtomicType) and (given.counts or not counts)
        case ListHeadType(element):
            return isinstance(given, ListHeadType) and given.element == element
        case IdrType(element):
            return isinstance(given, IdrType) and given.element == element
        case LedgerType():
            return isinstance(given, LedgerType) and replace(given, capacity=wanted.capacity) == wanted
        case EnumType(name):
            return isinstance(given, EnumType) and given.name == name
        case _:
            return type(given) is type(wanted)


def joined(first: Type, second: Type) -> Type | None:
    """The type that holds values of both, or None."""
    if isinstance(first, IntType) and fits(second, first):
        return IntType()
    if fits(second, first):
        return second if first == ANY_REF else first
    if fits(first, second):
        return IntType() if isinstance(second, IntType) else second
    return None


def is_number(type_: Type) -> bool:
    """Is it an int, a bool or an enum?"""
    return isinstance(type_, (IntType, BoolType, EnumType))


def wanted_error(frame: Frame, node: ast.AST, what: str, wanted: Type, given: Type) -> SpecError:
    """`what` takes one type and was given another."""
    remedy = f"Give {described(wanted)}."
    if isinstance(given, AtomicType) and is_number(wanted):
        remedy = f"Read it with `atomic_read({code_text(node)})`."
    elif isinstance(wanted, BoolType) and is_number(given):
        remedy = "Write a comparison such as `x != 0`."
    elif isinstance(wanted, EnumType) and is_number(given):
        remedy = f"Write `{wanted.name}(...)`."
    elif is_number(given) and isinstance(wanted, RefType):
        remedy = "Write NULL, or ERR_PTR(-EINVAL)."
    return frame.error(node, f"{what} takes {described(wanted)}, not {described(given)}", remedy)
