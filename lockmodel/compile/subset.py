"""Which Python a procedure may be written in: everything that is not, by construct, with what to write instead.

Taken are: assignments (to locals and to fields, annotated, augmented, of several results), `if`, `while`, `for` over
`list_for_each_entry`, `list_for_each_entry_safe` and `range`, `break`, `continue`, `return`, `pass`, `assert`, calls;
names, fields, numbers, truth values, arithmetic, comparisons, `and`, `or`, `not`, `a if c else b`. For `goto` stands an
early `return`, a `break` out of a `while True:`, or a procedure of its own for the part that several exits share.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

_REFUSED: Mapping[type[ast.AST], tuple[str, str]] = {
    ast.Try: ("`try`", "Return an error number and test it, as C does."),
    ast.TryStar: ("`try`", "Return an error number and test it, as C does."),
    ast.Raise: ("`raise`", "Return an error number, or use `assert`."),
    ast.With: ("`with`", "Take and release the lock by its own calls: `down(sem)` ... `up(sem)`."),
    ast.AsyncWith: ("`async with`", "Take and release the lock by its own calls."),
    ast.AsyncFor: ("`async for`", "Use `for`: a thread is not a coroutine."),
    ast.AsyncFunctionDef: ("`async def`", "Use `def`: a thread is not a coroutine."),
    ast.Await: ("`await`", "Write `await_(condition)`."),
    ast.FunctionDef: ("a nested `def`", "Declare it at module level as a procedure of its own."),
    ast.ClassDef: ("`class`", "Declare it at module level."),
    ast.Lambda: ("`lambda`", "Write the expression itself: `await_(dev.ready)`."),
    ast.Global: ("`global`", "What changes is a field of an object: declare one with `model.object(Struct, name)`."),
    ast.Nonlocal: ("`nonlocal`", "Pass the value as an argument and return the new one."),
    ast.Delete: ("`del`", "Free an object with `kfree(obj)`; a local needs no end."),
    ast.Import: ("`import`", "Import at module level."),
    ast.ImportFrom: ("`import`", "Import at module level."),
    ast.Match: ("`match`", "Write `if` and `elif`."),
    ast.ListComp: ("a comprehension", "Write a `for` loop."),
    ast.SetComp: ("a comprehension", "Write a `for` loop."),
    ast.DictComp: ("a comprehension", "Write a `for` loop."),
    ast.GeneratorExp: ("a generator", "Write a `for` loop."),
    ast.Yield: ("`yield`", "Return the value."),
    ast.YieldFrom: ("`yield`", "Return the value."),
    ast.NamedExpr: ("`:=`", "Assign in a statement of its own."),
    ast.JoinedStr: ("a string", "A model holds ints, bools, enums and references: use an Enum."),
    ast.FormattedValue: ("a string", "A model holds ints, bools, enums and references: use an Enum."),
    ast.List: ("a list", "Use a ListHead, or a field for each item."),
    ast.Tuple: ("a tuple", "Give each value a name of its own."),
    ast.Set: ("a set", "Use Flags, or a bool for each item."),
    ast.Dict: ("a dict", "Use an Idr, or a field for each item."),
    ast.Subscript: ("`[...]`", "Use `idr_find(idr, id)`, or a field for each item."),
    ast.Slice: ("`[...]`", "Use a field for each item."),
    ast.Starred: ("`*`", "Write out each argument."),
    ast.In: ("`in`", "Compare with each value: `x == a or x == b`."),
    ast.NotIn: ("`not in`", "Compare with each value: `x != a and x != b`."),
    ast.Div: ("`/`", "Write `//`: a model holds no fractions."),
    ast.Pow: ("`**`", "Write the product, or a constant at module level."),
    ast.MatMult: ("`@`", "Write `*`."),
    ast.UAdd: ("unary `+`", "Leave it out."),
}


def refusal(node: ast.AST) -> tuple[str, str]:
    """The construct by its name and what to write instead, for the message "X is not taken in a procedure"."""
    known = _REFUSED.get(type(node))
    if known is not None:
        return known
    return f"`{type(node).__name__}`", "See the list of what a procedure may be written in."
