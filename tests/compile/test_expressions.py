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
    (
        "None",
        """\
y = NULL
y = n
z = y.value""",
        """\
locals y: *Node, z: int
0 y = 0
1 y = n
2 z = load y->value
3 return""",
    ),
    (
        "None",
        "_ = n.value",
        """\
locals %1: int 0..7
0 %1 = load n->value
1 return""",
    ),
    (
        "None",
        """\
y = NULL
for y in list_for_each_entry(n.children): pass""",
        """\
locals y: *Node
0 y = 0
1 y = list_first_entry(&n->children)
2 branch y == head_of(&n->children) ? 5 : 3
3 y = list_next_entry(y, &n->children)
4 jump 2
5 return""",
    ),
    (
        "None",
        "y = IS_ERR(NULL)",
        """\
locals y: bool
0 y = 0
1 return""",
    ),
    (
        "None",
        "y = int(n.flag) + abs(x)",
        """\
locals %1: bool, y: int
0 %1 = load n->flag
1 y = %1 + max(x, -x)
2 return""",
    ),
    (
        "None",
        "y = 3 + 4 * 2 - 7 // 2 % 2 << 1 >> 1 & 7 ^ 2 | 8",
        """\
locals y: int
0 y = 8
1 return""",
    ),
    (
        "None",
        """\
y = 3 == 4
z = 3 != 4 or 3 < 4 or 3 <= 4 or 3 > 4 or 3 >= 4""",
        """\
locals y: bool, %1: bool, z: bool
0 y = 0
1 %1 = 1
2 z = %1
3 return""",
    ),
    (
        "None",
        """\
y = not x
z = not 3
w = not (n.flag and x)""",
        """\
locals y: bool, z: bool, %1: bool, %2: bool, w: bool
0 y = not x
1 z = 0
2 %2 = load n->flag
3 branch %2 ? 4 : 7
4 branch x ? 5 : 7
5 %1 = 1
6 jump 8
7 %1 = 0
8 w = not %1
9 return""",
    ),
    (
        "None",
        "y = n.flag & n.flag",
        """\
locals %1: bool, %2: bool, y: bool
0 %1 = load n->flag
1 %2 = load n->flag
2 y = %1 & %2
3 return""",
    ),
    (
        "None",
        """\
y = 3 if n.flag else True
z = True if n.flag else 3""",
        """\
locals %1: int, %2: bool, y: int, %3: int, %4: bool, z: int
0 %2 = load n->flag
1 branch %2 ? 2 : 4
2 %1 = 3
3 jump 5
4 %1 = 1
5 y = %1
6 %4 = load n->flag
7 branch %4 ? 8 : 10
8 %3 = 1
9 jump 11
10 %3 = 3
11 z = %3
12 return""",
    ),
    (
        "None",
        "y = (n if n.flag else n.parent).value",
        """\
locals %1: *Node, %2: bool, y: int
0 %2 = load n->flag
1 branch %2 ? 2 : 4
2 %1 = n
3 jump 5
4 %1 = load n->parent
5 y = load %1->value
6 return""",
    ),
    (
        "None",
        "y = Mode.READ.value + Kind.FOLDER.value",
        """\
locals y: int
0 y = 2
1 return""",
    ),
    (
        "None",
        """\
y = n.link
z = n.ids
w = n.wq
u = n.children
list_del(y)
idr_remove(z, 3)
wake_up(w)
b = list_empty(u)""",
        """\
locals y: entry, z: idr of 8 Node, w: waitqueue, u: head of Node.link, b: bool
0 y = &n->link
1 z = &n->ids
2 w = &n->wq
3 u = &n->children
4 list_del(y)
5 idr_remove(z, 3)
6 wake_up(w)
7 b = list_empty(u)
8 return""",
    ),
    (
        "None",
        "n.parent.parent.root.value = 3",
        """\
locals %1: *Node, %2: *Node, %3: *Node
0 %1 = load n->parent
1 %2 = load %1->parent
2 %3 = load %2->root
3 store %3->value = 3
4 return""",
    ),
    (
        "None",
        "y = 1 if n else 2 if x else 3",
        """\
locals %1: int, %2: int, y: int
0 branch n ? 1 : 3
1 %1 = 1
2 jump 8
3 branch x ? 4 : 6
4 %2 = 2
5 jump 7
6 %2 = 3
7 %1 = %2
8 y = %1
9 return""",
    ),
    (
        "bool",
        "return n.flag and x > 3",
        """\
locals %1: bool, %2: bool
0 %2 = load n->flag
1 branch %2 ? 2 : 5
2 branch x > 3 ? 3 : 5
3 %1 = 1
4 jump 6
5 %1 = 0
6 return %1""",
    ),
    (
        "None",
        "y = n.value = n.total",
        """\
locals %1: int 0..7, y: int
0 %1 = load n->total
1 y = %1
2 store n->value = %1
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
    ("None", "kmem_cache_free(nodes, x)", "L3: `kmem_cache_free` takes a reference, not an int\n  Give a reference."),
    (
        "None",
        "y = nodes",
        """\
L3: `nodes` is a Cache[Node], which no local can hold
  Name it where it is used.""",
    ),
    ("None", "y = n.value if n.flag else n", "L3: one arm of the `if` expression is an int of 0..7, the other a Node"),
    (
        "None",
        """\
m = Mode.READ
m = 3""",
        """\
L4: `m` is a Mode (line 52), not an int
  Write `Mode(...)`.""",
    ),
    (
        "None",
        "h(n, *n)",
        """\
L3: the name `h` is not defined
  Import or define it at module level.""",
    ),
    ("None", "f(n, x=3, x1=4)", "L3: `f` is given `x1` but it has no such parameter"),
    ("None", "f(n, n=4)", "L3: `f` is given `n` twice"),
    (
        "None",
        "y = list_for_each_entry(n.children)",
        """\
L3: `list_for_each_entry` stands outside of a `for`
  Write `for entry in list_for_each_entry(head):`.""",
    ),
    (
        "None",
        "atomic_set(n.count, n.count)",
        """\
L3: `atomic_set` takes an int, not a RefCount
  Read it with `atomic_read(n.count)`.""",
    ),
    ("None", "y = idr_get_new(x, n)", "L3: `idr_get_new` takes an Idr, not an int\n  Give an Idr."),
    (
        "None",
        "y = list_next_entry(x, n.children)",
        "L3: `list_next_entry` takes a reference, not an int\n  Give a reference.",
    ),
    ("None", "y = IS_ERR(x)", "L3: `IS_ERR` takes a reference, not an int\n  Give a reference."),
    ("None", "y = min(1, key=2)", "L3: `min` takes its arguments by position"),
    ("None", "y = int(n)", "L3: `int` takes an int, not a Node\n  Give an int."),
    ("None", "y = x // 0", "L3: `//` by 0"),
    ("None", "y = x << -1", "L3: `<<` by a negative number"),
    ("None", "y = n + 1", "L3: `+` takes an int, not a Node\n  Give an int."),
    ("None", "y = -n", "L3: `-` takes an int, not a Node\n  Give an int."),
    (
        "None",
        "y = (NULL if n.flag else NULL).value",
        """\
L3: `NULL if n.flag else NULL` is NULL and has no field `value`
  Annotate it with the Struct that it refers to.""",
    ),
    (
        "None",
        "y = model.name",
        """\
L3: `model` is the model, not a value
  Name one of its objects, locks or switches.""",
    ),
    ("None", "y = nodes.capacity", "L3: `nodes` is a Cache[Node] and has no field `capacity`"),
    (
        "None",
        'if n.sem is n.mutex: mark("a")',
        """\
L3: a Semaphore and a Mutex cannot be compared by `==`
  Use the operations of its type, such as `atomic_read`.""",
    ),
    (
        "None",
        """\
y = n.sem
y = n.mutex""",
        """\
L4: `y` is a Semaphore (line 52), not a Mutex
  Give the second one a name of its own.""",
    ),
    ("None", "x.y.z += 3", "L3: `x` is an int and has no field `y`"),
    (
        "None",
        "a, *b = f()",
        """\
L3: `f` takes 2 arguments, not 0
  It is declared as `f(n, x)` (L2).""",
    ),
    (
        "None",
        "n.value: int = 3",
        """\
L3: an annotation on a field
  Annotate the field in its Struct.""",
    ),
    ("None", "kfree(n.sem)", "L3: `kfree` takes a reference, not a Semaphore\n  Give a reference."),
    ("None", "kmem_cache_alloc(n, 3)", "L3: `kmem_cache_alloc` takes a Cache, not a Node\n  Give a Cache."),
    (
        "None",
        "y = Annotated",
        """\
L3: `Annotated` is a class, not a value
  Write one of its members or its fields.""",
    ),
]


@pytest.mark.parametrize(("result", "body", "code"), LOWERED)
def test_expressions_become_code(specs: Specs, result: str, body: str, code: str) -> None:
    assert specs.code(procedure(body, result)) == code


@pytest.mark.parametrize(("result", "body", "message"), REFUSED)
def test_expressions_that_do_not_fit_are_refused(specs: Specs, result: str, body: str, message: str) -> None:
    assert specs.refusal(procedure(body, result)) == message
