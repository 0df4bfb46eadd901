"""Each construct that a procedure cannot be written in: the whole message, and that nothing is forgotten."""

from __future__ import annotations

import ast

import pytest

from lockmodel.compile.subset import refusal
from tests.compile.specs import Specs, procedure

REFUSED = [
    (
        """\
try:
    pass
finally:
    pass""",
        """\
L3: `try` is not taken in a procedure
  Return an error number and test it, as C does.""",
    ),
    (
        """\
with n.sem:
    pass""",
        """\
L3: `with` is not taken in a procedure
  Take and release the lock by its own calls: `down(sem)` ... `up(sem)`.""",
    ),
    (
        "y = [1,2]",
        """\
L3: a list is not taken in a procedure
  Use a ListHead, or a field for each item.""",
    ),
    (
        "y = lambda: 1",
        """\
L3: `lambda` is not taken in a procedure
  Write the expression itself: `await_(dev.ready)`.""",
    ),
    (
        "global q",
        """\
L3: `global` is not taken in a procedure
  What changes is a field of an object: declare one with `model.object(Struct, name)`.""",
    ),
    (
        "def g() -> None: pass",
        """\
L3: a nested `def` is not taken in a procedure
  Declare it at module level as a procedure of its own.""",
    ),
    (
        'y = f"{x}"',
        """\
L3: a string is not taken in a procedure
  A model holds ints, bools, enums and references: use an Enum.""",
    ),
    (
        "y = 1.5",
        """\
L3: a float is not taken in a procedure
  A model counts in ints.""",
    ),
    (
        "y = x / 2",
        """\
L3: `/` is not taken in a procedure
  Write `//`: a model holds no fractions.""",
    ),
    (
        "y = x ** 2",
        """\
L3: `**` is not taken in a procedure
  Write the product, or a constant at module level.""",
    ),
    (
        "if x in (1, 2): pass",
        """\
L3: `in` is not taken in a procedure
  Compare with each value: `x == a or x == b`.""",
    ),
    (
        "del x",
        """\
L3: `del` is not taken in a procedure
  Free an object with `kfree(obj)`; a local needs no end.""",
    ),
    (
        """\
while x:
    pass
else:
    pass""",
        """\
L3: `else` of a loop is not taken in a procedure
  Set a bool before `break` and test it after.""",
    ),
    (
        "y = None",
        """\
L3: `None` is not taken in a procedure
  Write NULL for a null pointer.""",
    ),
    (
        "print(x)",
        """\
L3: Python's `print` is not taken in a procedure
  Leave it out; `mark("name")` shows in a trace.""",
    ),
    (
        "len(x)",
        """\
L3: Python's `len` is not taken in a procedure
  Keep a count in a field; in a claim write `list_length(head)`.""",
    ),
    (
        """\
y = min(n.value, 3, x)
z = max(x)""",
        """\
L4: Python's `max` is not taken in a procedure
  Write `max(a, b)`.""",
    ),
    (
        "(y := 3)",
        """\
L3: `:=` is not taken in a procedure
  Assign in a statement of its own.""",
    ),
    (
        "import os",
        """\
L3: `import` is not taken in a procedure
  Import at module level.""",
    ),
    (
        "raise ValueError",
        """\
L3: `raise` is not taken in a procedure
  Return an error number, or use `assert`.""",
    ),
    (
        """\
match x:
    case 3: pass""",
        """\
L3: `match` is not taken in a procedure
  Write `if` and `elif`.""",
    ),
    (
        "y = n.ids[3]",
        """\
L3: `[...]` is not taken in a procedure
  Use `idr_find(idr, id)`, or a field for each item.""",
    ),
    (
        """\
x <<= 1
x = x >> 1
x = -x
x = +x""",
        """\
L6: unary `+` is not taken in a procedure
  Leave it out.""",
    ),
    (
        "f(**n)",
        """\
L3: `*` is not taken in a procedure
  Write out each argument.""",
    ),
    (
        "y = range(3)",
        """\
L3: Python's `range` is not taken in a procedure
  Write `for i in range(n):`.""",
    ),
    (
        "y = sorted(x)",
        """\
L3: Python's `sorted` is not taken in a procedure
  Write what it does in the model's own terms.""",
    ),
    (
        "y = str(x)",
        """\
L3: the class `str` is not taken in a procedure
  Call a procedure instead.""",
    ),
    (
        "y = Stamp()",
        """\
L3: the class `Stamp` is not taken in a procedure
  Call a procedure instead.""",
    ),
    (
        """\
for i in range(3): pass
else: pass""",
        """\
L3: `else` of a loop is not taken in a procedure
  Set a bool before `break` and test it after.""",
    ),
    (
        "yield x",
        """\
L3: `yield` is not taken in a procedure
  Return the value.""",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_construct_outside_of_the_subset_is_refused_with_what_to_write_instead(
    specs: Specs, body: str, message: str
) -> None:
    assert specs.refusal(procedure(body)) == message


def test_every_statement_and_expression_of_python_is_taken_or_has_a_remedy() -> None:
    statements = {
        "Expr",
        "Assign",
        "AnnAssign",
        "AugAssign",
        "If",
        "While",
        "For",
        "Break",
        "Continue",
        "Return",
        "Pass",
    }
    expressions = {"Constant", "Name", "Attribute", "UnaryOp", "BinOp", "BoolOp", "Compare", "IfExp", "Call"}
    taken = statements | expressions | {"Assert"}
    kinds = [kind for base in (ast.stmt, ast.expr) for kind in base.__subclasses__() if kind.__name__ not in taken]
    unknown = {kind.__name__ for kind in kinds if refusal(kind.__new__(kind))[0] == f"`{kind.__name__}`"}
    assert unknown <= {"TypeAlias", "TemplateStr", "Interpolation"}  # of Pythons newer than the oldest supported one
