"""Lowering of expressions: the code that they become, and the whole message where they are refused."""

from __future__ import annotations

import pytest

from tests.compile.specs import Specs, procedure

LOWERED = [
    (
        "None",
        "y = n.flag and n.value == 3",
        """\
locals %1: bool, %2: bool, %3: int 0..7, y: bool
0 %2 = load n->flag
1 branch %2 ? 2 : 6
2 %3 = load n->value
3 branch %3 == 3 ? 4 : 6
4 %1 = 1
5 jump 7
6 %1 = 0
7 y = %1
8 return""",
    ),
    (
        "None",
        "if 0 < n.value <= n.total < 7: x = 1",
        """\
locals %1: int 0..7, %2: int 0..7
0 %1 = load n->value
1 branch 0 < %1 ? 2 : 6
2 %2 = load n->total
3 branch %1 <= %2 ? 4 : 6
4 branch %2 < 7 ? 5 : 6
5 x = 1
6 return""",
    ),
    (
        "None",
        "y = n.parent if n.flag else NULL",
        """\
locals %1: *Node, %2: bool, y: *Node
0 %2 = load n->flag
1 branch %2 ? 2 : 4
2 %1 = load n->parent
3 jump 5
4 %1 = 0
5 y = %1
6 return""",
    ),
    (
        "None",
        "n.stamp.when = n.parent.stamp.when",
        """\
locals %1: *Node, %2: int 0..7
0 %1 = load n->parent
1 %2 = load %1->stamp.when
2 store n->stamp.when = %2
3 return""",
    ),
]

REFUSED = [
    ("None", "x.foo = 3", "L3: `x` is an int and has no field `foo`"),
    ("None", "y = x.foo", "L3: `x` is an int and has no field `foo`"),
    (
        "None",
        "y = n.vlaue",
        """\
L3: Node has no field `vlaue`
  Did you mean `value`?""",
    ),
    ("None", "y = n.value.foo", "L3: `n.value` is an int of 0..7 and has no field `foo`"),
    (
        "None",
        "y = n.stamp",
        """\
L3: `n.stamp` is an embedded record, not a value
  Use its fields one by one.""",
    ),
    (
        "None",
        "y = n.stamp.whn",
        """\
L3: Node.stamp has no field `whn`
  Did you mean `when`?""",
    ),
    (
        "None",
        """\
y = NULL
z = y.value""",
        """\
L4: `y` is NULL and has no field `value`
  Annotate it with the Struct that it refers to.""",
    ),
    (
        "None",
        "y = undefnd",
        """\
L3: the name `undefnd` is not defined
  Import or define it at module level.""",
    ),
    (
        "None",
        "y = nodse",
        """\
L3: the name `nodse` is not defined
  Did you mean `nodes`?""",
    ),
    (
        "None",
        "y = model",
        """\
L3: `model` is the model, not a value
  Name one of its objects, locks or switches.""",
    ),
    (
        "None",
        "y = Mode.RAED",
        """\
L3: `Mode` has no `RAED`
  Did you mean `READ`?""",
    ),
    (
        "None",
        "y = x is 3",
        """\
L3: `is` compares references, not numbers
  Write `==`.""",
    ),
    (
        "None",
        "if n.count: pass",
        """\
L3: `n.count` is a RefCount and has no truth value
  Read it with `atomic_read(n.count)`.""",
    ),
    (
        "None",
        "if n.children: pass",
        """\
L3: `n.children` is a ListHead[Node] and has no truth value
  Write `not list_empty(n.children)`.""",
    ),
    (
        "None",
        "if n.count > 3: pass",
        """\
L3: a RefCount and an int cannot be compared by `>`
  Use the operations of its type, such as `atomic_read`.""",
    ),
    ("None", "if n == x: pass", "L3: a Node and an int cannot be compared by `==`"),
    ("None", "if n < n: pass", "L3: a Node and a Node cannot be compared by `<`"),
    (
        "None",
        "y = n and n.value",
        """\
L3: `n` is a Node: `and` and `or` would give that, no bool
  Write a comparison such as `x != 0`, or `a if c else b`.""",
    ),
    ("None", "kmem_cache_free(nodes, x)", "L3: `kmem_cache_free` takes a reference, not an int"),
    (
        "None",
        "y = nodes",
        """\
L3: `nodes` is a Cache[Node], which no local can hold
  Name it where it is used.""",
    ),
    ("None", "y = n.value if n.flag else n", "L3: one arm of the `if` expression is an int of 0..7, the other a Node"),
]


@pytest.mark.parametrize(("result", "body", "code"), LOWERED)
def test_expressions_become_code(specs: Specs, result: str, body: str, code: str) -> None:
    assert specs.code(procedure(body, result)) == code


@pytest.mark.parametrize(("result", "body", "message"), REFUSED)
def test_expressions_that_do_not_fit_are_refused(specs: Specs, result: str, body: str, message: str) -> None:
    assert specs.refusal(procedure(body, result)) == message
