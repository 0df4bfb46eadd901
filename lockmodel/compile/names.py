"""What a name means in a procedure before it runs: constants, globals, functions, modules (`Names.static`)."""

from __future__ import annotations

import ast
import builtins
import enum
import types
from collections.abc import Callable, Mapping
from typing import Any, Final

from lockmodel.compile.naming import Place, did_you_mean, suggestion
from lockmodel.language.library import Switch

SwitchValues = Mapping[str, bool | int | str]


class Dynamic:
    """What `static` gives for an expression that is known only when it runs."""


DYNAMIC: Final = Dynamic()


class Names:
    """The names that a function sees: its locals hide what it closes over, then its module's, then Python's."""

    def __init__(self, function: Callable[..., object], node: ast.FunctionDef, switches: SwitchValues) -> None:
        self.locals = local_names(node)
        self.switches = switches
        own = namespace(function)
        self.visible: dict[str, Any] = {**vars(builtins), **own}
        self.own = list(own)

    def static(self, node: ast.expr, path: str) -> object:
        """What an expression of names and attributes stands for, or DYNAMIC; SpecError for a name that is not there."""
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                if name in self.locals:
                    return DYNAMIC
                if name not in self.visible:
                    raise Place(path, node.lineno).error(
                        f"the name `{name}` is not defined",
                        did_you_mean(name, [*self.own, *self.locals]) or "Import or define it at module level.",
                    )
                return self.visible[name]
            case ast.Attribute(base, attribute):
                return self._attribute(self.static(base, path), attribute, node, path)
            case ast.Compare(left, [ast.Eq() | ast.NotEq() as operator], [right]):
                first, second = self.static(left, path), self.static(right, path)
                if isinstance(first, str) and isinstance(second, str):
                    return (first == second) == isinstance(operator, ast.Eq)
        return DYNAMIC

    def _attribute(self, owner: object, name: str, node: ast.expr, path: str) -> object:
        if isinstance(owner, Switch):
            if name == "value":
                return self.switches[owner.name]
            if name in ("name", "default", "doc"):
                return getattr(owner, name)
            raise Place(path, node.lineno).error(f"a switch has no `{name}`", "Write `switch.value`, or `if switch:`.")
        if isinstance(owner, types.ModuleType) or (isinstance(owner, type) and issubclass(owner, enum.Enum)):
            members = vars(owner) if isinstance(owner, types.ModuleType) else owner.__members__
            if name not in members:
                known = [member for member in members if not member.startswith("_")]
                raise Place(path, node.lineno).error(
                    f"`{owner.__name__}` has no `{name}`", suggestion(name, known, "names in it")
                )
            return members[name]
        if isinstance(owner, enum.Enum) and name == "value":
            return owner.value
        return DYNAMIC


def namespace(function: Callable[..., object]) -> dict[str, Any]:
    """The names that a function finds outside of itself: its module's, hidden by those that it closes over."""
    names = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # assigned after the procedure was declared
            names.pop(name, None)
    return names


def local_names(node: ast.FunctionDef) -> tuple[str, ...]:
    """The names that are local to a function: its parameters and whatever it assigns, in the order of the text."""
    names = {argument.arg: None for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names.setdefault(inner.id)
    return tuple(names)
