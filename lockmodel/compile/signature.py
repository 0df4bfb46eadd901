"""How a procedure is called: the types of its parameters and results, from its annotations."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from lockmodel.compile.annotations import RegisterStruct, evaluated, hint_type
from lockmodel.compile.names import namespace
from lockmodel.compile.naming import Place
from lockmodel.compile.reader import FunctionSource
from lockmodel.ir.types import CacheType, TupleType, Type, VoidType


@dataclass(frozen=True, slots=True)
class Signature:
    """A procedure as its callers see it; `name` is what the program calls it, `spec_name` what the spec does.

    A `ghost` is no code of the design.
    """

    name: str
    spec_name: str
    parameters: tuple[tuple[str, Type], ...]
    results: tuple[Type, ...]
    place: Place
    ghost: bool = False


def read_signature(
    name: str, function: Callable[..., object], source: FunctionSource, register: RegisterStruct
) -> Signature:
    """The signature of a function; every parameter and the result must be annotated."""
    node, place, spec_name = source.node, source.place, source.node.name
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise place.error(f"`{spec_name}` has `*`, `**` or `/` in its parameters", "Write out each parameter.")
    if arguments.defaults:
        raise place.error(f"`{spec_name}` has a default for a parameter", "Pass the value in every call, as C does.")
    parameters: list[tuple[str, Type]] = []
    for argument in arguments.args:
        here = Place(place.path, argument.lineno)
        what = f"the parameter `{argument.arg}` of `{spec_name}`"
        type_ = _annotated(function, argument.arg, argument.annotation, register, here, what)
        if isinstance(type_, (VoidType, TupleType, CacheType)):
            raise here.error(f"{what} has no type that an argument can have", "Use a value, a reference or a member.")
        parameters.append((argument.arg, type_))
    result = _annotated(function, "return", node.returns, register, place, f"the result of `{spec_name}`")
    match result:
        case VoidType():
            results: tuple[Type, ...] = ()
        case TupleType(items):
            results = items
        case _:
            results = (result,)
    return Signature(name, spec_name, tuple(parameters), results, place)


def _annotated(
    function: Callable[..., object],
    name: str,
    annotation: ast.expr | None,
    register: RegisterStruct,
    place: Place,
    what: str,
) -> Type:
    if annotation is None:
        remedy = (
            "Annotate it: `-> None`, `-> int`, `-> Watch`." if name == "return" else f"Annotate it: `{name}: Watch`."
        )
        raise place.error(f"{what} has no type", remedy)
    hint = evaluated(function.__annotations__[name], namespace(function), place, what)
    return hint_type(hint, register, place, what)
