"""Expressions: every read of shared memory becomes a `Load` into a temporary, in Python's order of evaluation.

`and` and `or` become branches, so that the right operand is read only when it is needed.
"""

from __future__ import annotations

import ast
import enum
from abc import abstractmethod
from collections.abc import Container, Mapping

from lockmodel.compile.annotations import enum_type
from lockmodel.compile.frame import ANY_REF, Frame, Value, fits, is_number, joined, wanted_error
from lockmodel.compile.names import DYNAMIC
from lockmodel.compile.naming import code_text, described, suggestion, type_name
from lockmodel.compile.subset import refusal
from lockmodel.errors import SpecError
from lockmodel.ir.nodes import Assign, Binary, Branch, Const, GlobalRef, Jump, Load, Local, Member, Unary
from lockmodel.ir.types import (
    BoolType,
    CacheType,
    EnumType,
    Field,
    IntType,
    LockType,
    RefType,
    TupleType,
    Type,
    VoidType,
)
from lockmodel.language import types as language
from lockmodel.language.library import GlobalLock, Switch
from lockmodel.language.model import Model
from lockmodel.language.scenario import ObjectHandle, record_of

BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
}
_BITS = frozenset("&|^")


class ExpressionLowering(Frame):
    """Gives for an expression the IR expression that holds its value, after emitting what computes it."""

    @abstractmethod
    def call(self, node: ast.Call) -> list[Value]:
        """Lower a call; its results."""

    @abstractmethod
    def transparent(self, node: ast.Call) -> ast.expr | None:
        """The argument of `likely` and `unlikely`."""

    # --- values -------------------------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        """The value of an expression."""
        match node:
            case ast.Constant():
                return self.constant(node, node.value)
            case ast.Name(name):
                if name in self.names.locals:
                    return self.read(node)
                return self.constant(node, self.names.static(node, self.source.file.path))
            case ast.Attribute():
                return self._attribute_value(node)
            case ast.UnaryOp(operator, operand):
                return self._unary(node, operator, operand)
            case ast.BinOp(left, operator, right):
                self.check_operator(operator, BINARY, node)
                first = self.value(left)
                return self.arithmetic(node, operator, first, self.value(right), left, right)
            case ast.Compare():
                static = self.names.static(node, self.source.file.path)
                if static is not DYNAMIC:
                    return self.constant(node, static)
                return self._compared(node)
            case ast.BoolOp():
                return self._boolean(node, must_be_bool=True)
            case ast.IfExp():
                return self._conditional(node)
            case ast.Call():
                results = self.call(node)
                if len(results) != 1:
                    called = code_text(node.func)
                    raise self.error(
                        node,
                        f"`{called}` gives no value" if not results else f"`{called}` gives {len(results)} values",
                        "Call it in a statement of its own." if not results else "Unpack them: `a, b = ...`.",
                    )
                return results[0]
            case _:
                raise self.refused(node)

    def refused(self, node: ast.AST) -> SpecError:
        """The error for a construct that a procedure cannot be written in."""
        construct, remedy = refusal(node)
        return self.error(node, f"{construct} is not taken in a procedure", remedy)

    def constant(self, node: ast.expr, found: object) -> Value:
        """The value of something that is known before the procedure runs."""
        match found:
            case bool():
                return Value(Const(int(found)), BoolType())
            case enum.IntFlag() | enum.IntEnum():
                return Value(Const(int(found)), enum_type(type(found)))
            case int():
                return Value(Const(found), IntType())
            case ObjectHandle():
                record = record_of(found)
                if self.unit.model.objects.get(record.name) is not found:
                    raise self.error(node, f"`{code_text(node)}` is no global object of the model", _GLOBAL_REMEDY)
                name = self.unit.register(record.struct, self.source.place)
                return Value(GlobalRef(record.name), RefType(name))
            case GlobalLock():
                if self.unit.model.locks.get(found.name) is not found:
                    raise self.error(node, f"`{code_text(node)}` is a lock of another model")
                lock = LockType(found.kind, found.count, found.owned)
                return Value(Member(GlobalRef(found.name), found.name, "lock"), lock)
            case language.Cache():
                if self.unit.model.caches.get(found.name) is not found:
                    raise self.error(node, f"`{code_text(node)}` is a cache of another model")
                return Value(Const(0), CacheType(found.name))
            case Switch():
                if self.unit.model.switches.get(found.name) is not found:
                    raise self.error(node, f"`{code_text(node)}` is a switch of another model")
                return Value(Const(int(bool(self.unit.switches[found.name]))), BoolType())
            case None:
                raise self.error(node, "`None` is not taken in a procedure", "Write NULL for a null pointer.")
            case float():
                raise self.error(node, "a float is not taken in a procedure", "A model counts in ints.")
            case str() | bytes():
                raise self.error(
                    node,
                    "a string is not taken in a procedure",
                    "A model holds ints, bools, enums and references: use an Enum.",
                )
        if found is language.NULL:
            return Value(Const(0), ANY_REF)
        shown = code_text(node)
        if isinstance(found, type):
            raise self.error(node, f"`{shown}` is a class, not a value", "Write one of its members or its fields.")
        if isinstance(found, Model):
            raise self.error(
                node, f"`{shown}` is the model, not a value", "Name one of its objects, locks or switches."
            )
        if callable(found):
            raise self.error(node, f"`{shown}` is a function, not a value", f"Call it: `{shown}(...)`.")
        raise self.error(
            node,
            f"`{shown}` is a {type(found).__name__}, which a model cannot hold",
            "Use an int, a bool or an enum; what changes is a field of an object.",
        )

    # --- fields -------------------------------------------------------------------------------------------------

    def _attribute_value(self, node: ast.Attribute) -> Value:
        found = self.names.static(node, self.source.file.path)
        if found is not DYNAMIC:
            return self.constant(node, found)
        address, field = self.address(node)
        return self.loaded(node, address, field)

    def loaded(self, node: ast.AST, address: Member, field: Field) -> Value:
        """The value of a field, read now, or the address of a member that is used in place."""
        if not isinstance(field.type, (IntType, BoolType, EnumType, RefType)):
            return Value(address, field.type)
        if field.ghost and not self.ghosts_allowed:
            raise self.error(
                node,
                f"the ghost field `{address.struct}.{field.name}` is read outside of a claim",
                "Read it in a claim, an `assert`, or what is assigned to a ghost field; else leave out `ghost=True`.",
            )
        target = self.temporary(field.type)
        self.emit(Load(target, address, self.site(node), self.racy))
        return Value(Local(target), field.type)

    def address(self, node: ast.Attribute) -> tuple[Member, Field]:
        """The address of `a.b.c`, after reading what leads to it."""
        attributes: list[ast.Attribute] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute) and (
            base is node or self.names.static(base, self.source.file.path) is DYNAMIC
        ):
            attributes.insert(0, base)
            base = base.value
        value, shown, prefix = self.value(base), code_text(base), ""
        for number, attribute in enumerate(attributes):
            if not isinstance(value.type, RefType) or not value.type.struct:
                raise self.error(
                    node,
                    f"`{shown}` is {described(value.type)} and has no field `{attribute.attr}`",
                    "Annotate it with the Struct that it refers to." if value.type == ANY_REF else "",
                )
            struct = self.unit.struct(value.type.struct)
            name = prefix + attribute.attr
            fields = {field.name: field for field in struct.fields}
            shown = f"{shown}.{attribute.attr}"
            if name in fields:
                reference = self.held(value, attribute)
                address = Member(reference, struct.name, name)
                if number == len(attributes) - 1:
                    return address, fields[name]
                value, prefix = self.loaded(attribute, address, fields[name]), ""
            elif any(known.startswith(f"{name}.") for known in fields):
                prefix = f"{name}."
            else:
                known = [field[len(prefix) :].split(".")[0] for field in fields if field.startswith(prefix)]
                owner = f"{struct.name}.{prefix}"[:-1] if prefix else struct.name
                raise self.error(
                    attribute,
                    f"{owner} has no field `{attribute.attr}`",
                    suggestion(attribute.attr, known, "fields in it"),
                )
        raise self.error(node, f"`{shown}` is an embedded record, not a value", "Use its fields one by one.")

    def held(self, value: Value, node: ast.AST) -> Local | GlobalRef:
        """The value in a local or a global, so that it can be the base of an address."""
        if isinstance(value.expr, (Local, GlobalRef)):
            return value.expr
        target = self.temporary(value.type)
        self.emit(Assign(target, value.expr, self.site(node)))
        return Local(target)

    # --- operators ----------------------------------------------------------------------------------------------

    def check_operator(self, operator: ast.AST, known: Container[type[ast.AST]], node: ast.AST) -> None:
        """Refuse an operator that is not known, before anything is made of its operands."""
        if type(operator) not in known:
            raise self.refused(ast.copy_location(type(operator)(), node))

    def _unary(self, node: ast.UnaryOp, operator: ast.unaryop, operand: ast.expr) -> Value:
        if isinstance(operator, ast.Not):
            value = self.truth(operand)
            if isinstance(value.expr, Const):
                return Value(Const(int(not value.expr.value)), BoolType())
            return Value(Unary("not", value.expr), BoolType())
        self.check_operator(operator, (ast.USub, ast.Invert), node)
        sign = "-" if isinstance(operator, ast.USub) else "~"
        value = self.value(operand)
        self._want_number(operand, f"`{sign}`", value)
        type_ = value.type if sign == "~" and isinstance(value.type, EnumType) and value.type.flags else IntType()
        if isinstance(value.expr, Const):
            return Value(Const(-value.expr.value if sign == "-" else ~value.expr.value), type_)
        return Value(Unary(sign, value.expr), type_)

    def arithmetic(
        self, node: ast.AST, operator: ast.operator, first: Value, second: Value, left: ast.AST, right: ast.AST
    ) -> Value:
        """An arithmetic or bit operation on two values."""
        sign = BINARY[type(operator)]
        self._want_number(left, f"`{sign}`", first)
        self._want_number(right, f"`{sign}`", second)
        type_: Type = IntType()
        if sign in _BITS:
            flags = [value.type for value in (first, second) if isinstance(value.type, EnumType) and value.type.flags]
            if flags and all(other == flags[0] for other in flags):
                type_ = flags[0]
            elif isinstance(first.type, BoolType) and isinstance(second.type, BoolType):
                type_ = BoolType()
        if sign in ("//", "%") and second.expr == Const(0):
            raise self.error(node, f"`{sign}` by 0")
        if sign in ("<<", ">>") and isinstance(second.expr, Const) and second.expr.value < 0:
            raise self.error(node, f"`{sign}` by a negative number")
        if isinstance(first.expr, Const) and isinstance(second.expr, Const):
            return Value(Const(computed(sign, first.expr.value, second.expr.value)), type_)
        return Value(Binary(sign, first.expr, second.expr), type_)

    def _want_number(self, node: ast.AST, what: str, value: Value) -> None:
        if not is_number(value.type):
            raise wanted_error(self, node, what, IntType(), value.type)

    def _compared(self, node: ast.Compare) -> Value:
        for operator in node.ops:
            self.check_operator(operator, COMPARISONS, node)
        if len(node.ops) > 1:
            return self._boolean(node, must_be_bool=True)
        first = self.value(node.left)
        return self.comparison(node, node.ops[0], first, self.value(node.comparators[0]))

    def comparison(self, node: ast.AST, operator: ast.cmpop, first: Value, second: Value) -> Value:
        """One comparison of two values."""
        sign, identity = COMPARISONS[type(operator)], isinstance(operator, (ast.Is, ast.IsNot))
        numbers = is_number(first.type) and is_number(second.type)
        same = fits(first.type, second.type) or fits(second.type, first.type)
        if identity and numbers:
            raise self.error(
                node, f"`{'is' if sign == '==' else 'is not'}` compares references, not numbers", f"Write `{sign}`."
            )
        if (
            isinstance(first.type, (VoidType, TupleType, CacheType))
            or not same
            or (not numbers and sign not in ("==", "!="))
        ):
            remedy = ""
            if not (is_number(first.type) or isinstance(first.type, RefType)):
                remedy = "Use the operations of its type, such as `atomic_read`."
            raise self.error(
                node, f"{described(first.type)} and {described(second.type)} cannot be compared by `{sign}`", remedy
            )
        if isinstance(first.expr, Const) and isinstance(second.expr, Const):
            return Value(Const(computed(sign, first.expr.value, second.expr.value)), BoolType())
        return Value(Binary(sign, first.expr, second.expr), BoolType())

    # --- truth and choice ---------------------------------------------------------------------------------------

    def truth(self, node: ast.expr) -> Value:
        """The value of an expression that is used as a condition."""
        value = self._boolean(node, must_be_bool=False) if isinstance(node, ast.BoolOp) else self.value(node)
        if not (is_number(value.type) or isinstance(value.type, RefType)):
            shown, remedy = code_text(node), ""
            if type_name(value.type) in ("Atomic", "RefCount"):
                remedy = f"Read it with `atomic_read({shown})`."
            elif type_name(value.type).startswith("ListHead"):
                remedy = f"Write `not list_empty({shown})`."
            raise self.error(node, f"`{shown}` is {described(value.type)} and has no truth value", remedy)
        return value

    def branch(self, node: ast.expr, then: int, orelse: int, *, must_be_bool: bool = False) -> None:
        """Go to one of two labels by a condition, reading its operands from left to right as far as needed."""
        match node:
            case ast.BoolOp(operator, operands):
                for operand in operands[:-1]:
                    following = self.code.label()
                    if isinstance(operator, ast.And):
                        self.branch(operand, following, orelse, must_be_bool=must_be_bool)
                    else:
                        self.branch(operand, then, following, must_be_bool=must_be_bool)
                    self.code.place(following)
                self.branch(operands[-1], then, orelse, must_be_bool=must_be_bool)
            case ast.UnaryOp(ast.Not(), operand):
                self.branch(operand, orelse, then)
            case ast.Compare(ops=[_, _, *_]):
                self._chain(node, then, orelse)
            case ast.Call() if (inner := self.transparent(node)) is not None:
                self.branch(inner, then, orelse)
            case _:
                value = self.truth(node)
                if must_be_bool and not isinstance(value.type, BoolType):
                    raise self.error(
                        node,
                        f"`{code_text(node)}` is {described(value.type)}: `and` and `or` would give that, no bool",
                        "Write a comparison such as `x != 0`, or `a if c else b`.",
                    )
                if isinstance(value.expr, Const):
                    self.emit(Jump(then if value.expr.value else orelse, self.site(node)))
                else:
                    self.emit(Branch(value.expr, then, orelse, self.site(node)))

    def _chain(self, node: ast.Compare, then: int, orelse: int) -> None:
        """`a < b < c`: each operand is read once, as far as needed."""
        for operator in node.ops:
            self.check_operator(operator, COMPARISONS, node)
        first = self.value(node.left)
        for number, (operator, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            second = self.value(right)
            following = then if number == len(node.ops) - 1 else self.code.label()
            result = self.comparison(node, operator, first, second)
            self.emit(Branch(result.expr, following, orelse, self.site(right)))
            if following is not then:
                self.code.place(following)
            first = second

    def _boolean(self, node: ast.expr, *, must_be_bool: bool) -> Value:
        """A condition as a value."""
        target = self.temporary(BoolType())
        then, orelse, end = self.code.label(), self.code.label(), self.code.label()
        self.branch(node, then, orelse, must_be_bool=must_be_bool)
        site = self.site(node)
        self.code.place(then)
        self.emit(Assign(target, Const(1), site))
        self.emit(Jump(end, site))
        self.code.place(orelse)
        self.emit(Assign(target, Const(0), site))
        self.code.place(end)
        return Value(Local(target), BoolType())

    def _conditional(self, node: ast.IfExp) -> Value:
        target = self.temporary(ANY_REF)
        then, orelse, end = self.code.label(), self.code.label(), self.code.label()
        self.branch(node.test, then, orelse)
        site = self.site(node)
        self.code.place(then)
        first = self.value(node.body)
        self.emit(Assign(target, first.expr, site))
        self.emit(Jump(end, site))
        self.code.place(orelse)
        second = self.value(node.orelse)
        self.emit(Assign(target, second.expr, site))
        self.code.place(end)
        type_ = joined(first.type, second.type)
        if type_ is None or isinstance(type_, (VoidType, TupleType, CacheType)):
            raise self.error(
                node, f"one arm of the `if` expression is {described(first.type)}, the other {described(second.type)}"
            )
        self.retype(target, type_)
        return Value(Local(target), type_)


def computed(sign: str, left: int, right: int) -> int:
    """A binary operation on two numbers."""
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right
        case "%":
            return left % right
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "<<":
            return left << right
        case ">>":
            return left >> right
        case "==":
            return int(left == right)
        case "!=":
            return int(left != right)
        case "<":
            return int(left < right)
        case "<=":
            return int(left <= right)
        case ">":
            return int(left > right)
        case ">=":
            return int(left >= right)
    raise AssertionError(sign)


_GLOBAL_REMEDY = "Declare it at module level with `model.object(Struct, name)`."
