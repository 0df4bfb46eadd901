"""Statements: assignments, branches, loops, returns. `lower_body` gives the whole procedure."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.compile.annotations import evaluated, hint_type
from lockmodel.compile.calls import CallLowering, counted
from lockmodel.compile.expressions import BINARY
from lockmodel.compile.frame import ANY_REF, Frame, Value, fits, wanted_error
from lockmodel.compile.naming import Place, code_text, described
from lockmodel.compile.signature import Signature
from lockmodel.ir.nodes import (
    Assert,
    Assign,
    Binary,
    Branch,
    Const,
    HeadOf,
    Jump,
    Local,
    Member,
    Operate,
    Procedure,
    Requirement,
    Return,
    Store,
    Variable,
)
from lockmodel.ir.types import (
    BoolType,
    CacheType,
    EnumType,
    IntType,
    ListHeadType,
    RefType,
    TupleType,
    Type,
    VoidType,
)
from lockmodel.language import kernel
from lockmodel.source import Site

_WALKS = (kernel.list_for_each_entry, kernel.list_for_each_entry_safe)


@dataclass(frozen=True, slots=True)
class _Loop:
    """Where `continue` and `break` go."""

    following: int
    end: int


class ProcedureLowering(CallLowering):
    """Lowers the body of a procedure."""

    _loops: tuple[_Loop, ...] = ()

    def lower_body(self, holds: tuple[Requirement, ...] = (), *, helper: bool = False, recursion: int = 0) -> Procedure:
        """The procedure, before any pass."""
        node = self.source.node
        for number, (name, type_) in enumerate(self.signature.parameters):
            if isinstance(type_, IntType) and type_.low is not None:
                argument = node.args.args[number]
                self.emit(Assign(name, Local(name), self.site(argument), type_.low, type_.high))
        site = self.site(node)
        self.block(node.body)
        self.statement = node.body[-1]
        end = Site(site.procedure, site.path, node.end_lineno or node.lineno, self._end_source(), end=True)
        self.emit(Return((), end))
        return Procedure(
            self.signature.name,
            tuple(Variable(name, type_) for name, type_ in self.signature.parameters),
            self.variables(),
            self.code.finish(),
            site,
            holds,
            helper,
            self.atomic,
            self.signature.results,
            ghost=self.ghost,
            recursion=recursion,
        )

    def _end_source(self) -> str:
        """The source line of the end of the procedure: that of its last line, if it has one."""
        last = self.source.node.end_lineno or 0
        return self.source.site(last, self.statement).source if last in self.source.file.comments else ""

    def condition(self, name: str, parameters: tuple[tuple[str, Type], ...], node: ast.expr) -> None:
        """Make an atomic procedure that gives the truth of an expression."""
        signature = Signature(name, self.signature.spec_name, parameters, (BoolType(),), self.source.place)
        inner = ConditionLowering(self, signature)
        self.unit.add_condition(inner.lower_condition(node))

    # --- statements ---------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Lower statements in their order."""
        for statement in statements:
            before, self.statement = self.statement, statement
            self._statement(statement)
            self.statement = before

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(ast.Constant(value)) if isinstance(value, str) or value is Ellipsis:
                pass  # a docstring, or the body of a procedure that does nothing
            case ast.Expr(ast.Call() as call):
                self.call(call)
            case ast.Expr(value):
                self.value(value)
                raise self.error(node, "an expression whose value nobody uses", "Assign it, or leave it out.")
            case ast.Pass():
                pass
            case ast.Assign(targets, value):
                self._assignment(node, targets, value)
            case ast.AnnAssign(target, annotation, value):
                self._annotated(target, annotation, value)
            case ast.AugAssign(target, operator, value):
                self._augmented(node, target, operator, value)
            case ast.If(test, body, orelse):
                self._if(test, body, orelse)
            case ast.While():
                self._while(node)
            case ast.For():
                self._for(node)
            case ast.Break():
                self.emit(Jump(self._loops[-1].end, self.site(node)))
            case ast.Continue():
                self.emit(Jump(self._loops[-1].following, self.site(node)))
            case ast.Return(value):
                self._return(node, value)
            case ast.Assert(test, message):
                self._assert(node, test, message)
            case _:
                raise self.refused(node)

    # --- assignments --------------------------------------------------------------------------------------------

    def _assignment(self, node: ast.Assign, targets: Sequence[ast.expr], value: ast.expr) -> None:
        ghost = any(self._is_ghost(target) for target in targets)
        with self.with_ghosts(ghost):
            if len(targets) == 1 and isinstance(targets[0], ast.Tuple):
                names = targets[0].elts
                values = self._several(value, len(names))
                for target, item in zip(names, values, strict=True):
                    self._store(target, item, value)
                return
            if any(isinstance(target, ast.Tuple) for target in targets):
                raise self.error(node, "a tuple among several targets", "Write one assignment for each.")
            given = self.value(value)
            if len(targets) > 1:
                given = self.snapshot(given, value)
            for target in targets:
                self._store(target, given, value)

    def _several(self, node: ast.expr, count: int) -> list[Value]:
        """The values of `a, b = ...`, all of them before the first is assigned."""
        match node:
            case ast.Tuple(items):
                values = [self.snapshot(self.value(item), item) for item in items]
            case ast.Call():
                values = self.call(node)
            case _:
                raise self.error(
                    node, f"`{code_text(node)}` is one value, not {count}", "Unpack the results of a call."
                )
        if len(values) != count:
            raise self.error(node, f"{counted(len(values), 'value')} for {counted(count, 'target')}")
        return values

    def _store(self, target: ast.expr, value: Value, at: ast.expr) -> None:
        """Give a local or a field its value."""
        if isinstance(value.type, (CacheType, VoidType, TupleType)):
            raise self.error(
                at,
                f"`{code_text(at)}` is {described(value.type)}, which no local can hold",
                "Name it where it is used.",
            )
        match target:
            case ast.Name():
                self.assign(target, value, at)
            case ast.Attribute():
                address, type_ = self._field(target)
                if not fits(value.type, type_):
                    raise wanted_error(self, at, f"`{code_text(target)}`", type_, value.type)
                self.emit(Store(address, value.expr, self.site(target), self.racy))
            case _:
                raise self.refused(target)

    def write_once(self, target: ast.expr, operand: ast.expr) -> None:
        """Store into a field, once; what leads to it is read as ever."""
        if not isinstance(target, ast.Attribute):
            raise self.error(target, "`WRITE_ONCE` takes a field", "Write `WRITE_ONCE(x.f, value)`.")
        value = self.value(operand)
        address, type_ = self._field(target)
        if not fits(value.type, type_):
            raise wanted_error(self, operand, f"`{code_text(target)}`", type_, value.type)
        self.emit(Store(address, value.expr, self.site(target), racy=True))

    def _field(self, target: ast.Attribute) -> tuple[Member, Type]:
        """The address of a plain field that is to be written, and its type."""
        if self.atomic and not self.ghost:
            raise self.error(
                target, f"`{code_text(target)}` is written in a claim or an awaited condition, which only reads",
                "Write it in a procedure.",
            )  # fmt: skip
        address, field = self.address(target)
        if self.ghost and not field.ghost:
            raise self.error(
                target, f"`{code_text(target)}` is written in a ghost procedure, which writes ghost fields only",
                f"Declare it as `{target.attr}: ... = field(ghost=True)`, or write it in a procedure.",
            )  # fmt: skip
        if not isinstance(field.type, (IntType, BoolType, EnumType, RefType)):
            raise self.error(
                target, f"`{code_text(target)}` is {described(field.type)} and cannot be assigned",
                "Use the operations of its type, such as `atomic_set`, `INIT_LIST_HEAD` or `sema_init`.",
            )  # fmt: skip
        return address, field.type

    def _is_ghost(self, target: ast.expr) -> bool:
        """Is it a ghost field?"""
        if not isinstance(target, ast.Attribute):
            return False
        with self.undone(), self.with_ghosts():
            _, field = self.address(target)
        return field.ghost

    def _annotated(self, target: ast.expr, annotation: ast.expr, value: ast.expr | None) -> None:
        if not isinstance(target, ast.Name):
            raise self.error(target, "an annotation on a field", "Annotate the field in its Struct.")
        place = Place(self.source.file.path, annotation.lineno)
        what = f"the local `{target.id}`"
        hint = evaluated(ast.unparse(annotation), self.names.visible, place, what)
        type_ = hint_type(hint, self.unit.register, place, what)
        if isinstance(type_, (VoidType, TupleType, CacheType)):
            raise self.error(target, f"{what} has no type that a local can have")
        given = None if value is None else self.value(value)
        self.declare(target, type_)
        if given is not None and value is not None:
            self._store(target, given, value)

    def _augmented(self, node: ast.AugAssign, target: ast.expr, operator: ast.operator, value: ast.expr) -> None:
        self.check_operator(operator, BINARY, node)
        match target:
            case ast.Name():
                given = self.value(value)
                before = self.read(ast.copy_location(ast.Name(target.id, ast.Load()), target))
                self.assign(target, self.arithmetic(node, operator, before, given, target, value), node)
            case ast.Attribute():
                address, type_ = self._field(target)
                field = self.unit.struct(address.struct).field(address.field)
                with self.with_ghosts(field.ghost):
                    before = self.loaded(target, address, field)
                    given = self.value(value)
                result = self.arithmetic(node, operator, before, given, target, value)
                if not fits(result.type, type_):
                    raise wanted_error(self, value, f"`{code_text(target)}`", type_, result.type)
                self.emit(Store(address, result.expr, self.site(target), self.racy))
            case _:
                raise self.refused(target)

    # --- control ------------------------------------------------------------------------------------------------

    def _if(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        then, otherwise, end = self.code.label(), self.code.label(), self.code.label()
        self.branch(test, then, otherwise)
        self.code.place(then)
        self.block(body)
        if orelse:
            self.emit(Jump(end, self.site(self.statement)))
        self.code.place(otherwise)
        self.block(orelse)
        self.code.place(end)

    def _while(self, node: ast.While) -> None:
        if node.orelse:
            raise self.error(
                node, "`else` of a loop is not taken in a procedure", "Set a bool before `break` and test it after."
            )
        start, body, end = self.code.label(), self.code.label(), self.code.label()
        self.code.place(start)
        self.branch(node.test, body, end)
        self.code.place(body)
        self._body(node.body, start, end)
        self.emit(Jump(start, self.site(node)))
        self.code.place(end)

    def _body(self, body: Sequence[ast.stmt], following: int, end: int) -> None:
        before = self._loops
        self._loops = (*before, _Loop(following, end))
        self.block(body)
        self._loops = before

    def _for(self, node: ast.For) -> None:
        if node.orelse:
            raise self.error(
                node, "`else` of a loop is not taken in a procedure", "Set a bool before `break` and test it after."
            )
        walk = self._function(node.iter) if isinstance(node.iter, ast.Call) else None
        if not isinstance(node.iter, ast.Call) or (walk not in _WALKS and walk is not range):
            raise self.error(
                node,
                f"`for` over `{code_text(node.iter)}`",
                "Loop over `list_for_each_entry(head)`, `list_for_each_entry_safe(head)`, `range(n)`, or use `while`.",
            )
        if walk is range:
            self._counted(node, node.iter)
        else:
            self._walk(node, node.iter, safe=walk is kernel.list_for_each_entry_safe)

    def _counted(self, node: ast.For, call: ast.Call) -> None:
        if not isinstance(node.target, ast.Name):
            raise self.error(node, f"`for {code_text(node.target)} in range(...)`", "Write `for i in range(n):`.")
        if call.keywords or not 1 <= len(call.args) <= 2:
            raise self.error(call, "`range` takes a start and a stop here", "Write `range(n)` or `range(start, stop)`.")
        bounds = [self.value(argument) for argument in call.args]
        for argument, bound in zip(call.args, bounds, strict=True):
            self._want(argument, "`range`", IntType(), bound)
        site = self.site(node)
        counter = self.temporary(IntType())
        self.emit(Assign(counter, bounds[0].expr if len(bounds) == 2 else Const(0), site))
        stop = self.snapshot(bounds[-1], call)
        start, body, following, end = (self.code.label() for _ in range(4))
        self.code.place(start)
        self.emit(Branch(Binary("<", Local(counter), stop.expr), body, end, site))
        self.code.place(body)
        self.assign(node.target, Value(Local(counter), IntType()), node)
        self._body(node.body, following, end)
        self.code.place(following)
        self.emit(Assign(counter, Binary("+", Local(counter), Const(1)), site))
        self.emit(Jump(start, site))
        self.code.place(end)

    def _walk(self, node: ast.For, call: ast.Call, *, safe: bool) -> None:
        """The C macros: `pos` is the entry, `following` the one that was read before the body."""
        name = "list_for_each_entry_safe" if safe else "list_for_each_entry"
        head = self._head(node, call, name)
        element = RefType(head.type.element) if isinstance(head.type, ListHeadType) else ANY_REF
        targets = node.target.elts if safe and isinstance(node.target, ast.Tuple) else [node.target]
        if len(targets) != (2 if safe else 1) or not all(isinstance(target, ast.Name) for target in targets):
            form = f"for {'entry, following' if safe else 'entry'} in {name}(head):"
            raise self.error(node, f"`for {code_text(node.target)} in {name}(...)`", f"Write `{form}`.")
        names = [self._cursor(target, element) for target in targets if isinstance(target, ast.Name)]
        site = self.site(node)
        self._step("list_first_entry", (head,), names[0], site)
        if safe:
            self._step("list_next_entry", (names[0], head), names[1], site)
        start, body, following, end = (self.code.label() for _ in range(4))
        self.code.place(start)
        self.emit(Branch(Binary("==", names[0].expr, HeadOf(head.expr)), end, body, site))
        self.code.place(body)
        self._body(node.body, following, end)
        self.code.place(following)
        if safe:
            self.emit(Assign(_name(names[0]), names[1].expr, site))
            self._step("list_next_entry", (names[0], head), names[1], site)
        else:
            self._step("list_next_entry", (names[0], head), names[0], site)
        self.emit(Jump(start, site))
        self.code.place(end)

    def _head(self, node: ast.For, call: ast.Call, name: str) -> Value:
        """The head of the list, as it was when the loop began."""
        operand = self._operands(call, name, 1)[0]
        head = self.value(operand)
        if not isinstance(head.type, ListHeadType):
            raise self.error(call, f"`{name}` takes a ListHead, not {described(head.type)}", "Give a ListHead.")
        assigned = {
            inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        match head.expr:
            case Member(Local(base)) | Local(base) if base in assigned:
                return self.snapshot(head, operand)
        return head

    def _cursor(self, target: ast.Name, element: RefType) -> Value:
        """The local that a list loop keeps in `target`; nobody sees that of `_`."""
        if target.id == "_":
            return Value(Local(self.temporary(element)), element)
        self.cursor(target, element)
        return Value(Local(target.id), element)

    def _step(self, operation: str, operands: tuple[Value, ...], target: Value, site: Site) -> None:
        arguments = tuple(operand.expr for operand in operands)
        self.emit(Operate(operation, arguments, (_name(target),), site, "", self.racy))

    def _return(self, node: ast.Return, value: ast.expr | None) -> None:
        wanted = self.signature.results
        name = self.signature.spec_name
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            if wanted:
                raise self.error(node, f"`{name}` returns nothing here, but {described(_result(wanted))} is declared")
            self.emit(Return((), self.site(node)))
            return
        if not wanted:
            raise self.error(
                node, f"`{name}` returns a value, but is declared as `-> None`", "Declare what it returns."
            )
        values = [self.value(value)] if len(wanted) == 1 else self._several(value, len(wanted))
        results: list[Value] = []
        for type_, given in zip(wanted, values, strict=True):
            if not fits(given.type, type_):
                raise wanted_error(self, value, f"the result of `{name}`", type_, given.type)
            results.append(self.in_range(given, type_, value))
        self.emit(Return(tuple(result.expr for result in results), self.site(node)))

    def _assert(self, node: ast.Assert, test: ast.expr, message: ast.expr | None) -> None:
        if self.atomic and not self.ghost:
            raise self.error(node, "`assert` in a claim", "Return the condition: `return a and b`.")
        text = ast.unparse(test)
        if message is not None:
            given = self.names.static(message, self.source.file.path)
            if not isinstance(given, str):
                raise self.error(node, "the message of an `assert` is not a plain string", 'Write `assert c, "text"`.')
            text = given
        with self.with_ghosts():
            condition = self.truth(test)
        self.emit(Assert(condition.expr, text, self.site(node)))


class ConditionLowering(ProcedureLowering):
    """Lowers one expression as an atomic procedure, within the procedure that awaits it."""

    def __init__(self, outer: ProcedureLowering, signature: Signature) -> None:
        Frame.__init__(self, outer.unit, outer.source, signature, outer.names, atomic=True)
        self.statement = outer.statement

    def lower_condition(self, node: ast.expr) -> Procedure:
        """The procedure that gives the truth of the expression."""
        then, orelse = self.code.label(), self.code.label()
        self.branch(node, then, orelse)
        site = self.site(node)
        self.code.place(then)
        self.emit(Return((Const(1),), site))
        self.code.place(orelse)
        self.emit(Return((Const(0),), site))
        parameters = tuple(Variable(name, type_) for name, type_ in self.signature.parameters)
        results = self.signature.results
        code = self.code.finish()
        return Procedure(
            self.signature.name, parameters, self.variables(), code, site, atomic=True, results=results
        )  # fmt: skip


def _name(value: Value) -> str:
    assert isinstance(value.expr, Local)
    return value.expr.name


def _result(results: tuple[Type, ...]) -> Type:
    return results[0] if len(results) == 1 else TupleType(results)
