"""Lowering of statements: the code that they become, and the whole message where they are refused."""

from __future__ import annotations

import pytest

from tests.compile.specs import Specs, procedure

LOWERED = [
    (
        "None",
        """\
n.seen = n.seen + 1
n.seen += 1
assert n.seen < 3""",
        """\
locals %1: int 0..7, %2: int 0..7, %3: int 0..7
0 %1 = load n->seen
1 store n->seen = %1 + 1
2 %2 = load n->seen
3 store n->seen = %2 + 1
4 %3 = load n->seen
5 assert %3 < 3 'n.seen < 3'
6 return""",
    ),
    (
        "int",
        """\
while True:
    if x: return 3
    x = 2""",
        """\
0 branch x ? 1 : 2
1 return 3
2 x = 2
3 jump 0""",
    ),
    (
        "None",
        """\
y: Annotated[int, Range(0,3)] = x
y = n.value""",
        """\
locals y: int 0..3, %1: int 0..7
0 y = x in 0..3
1 %1 = load n->value
2 y = %1 in 0..3
3 return""",
    ),
    (
        "None",
        """\
a, b = 1, 2
a, b = b, a""",
        """\
locals a: int, b: int, %1: int, %2: int
0 a = 1
1 b = 2
2 %1 = b
3 %2 = a
4 a = %1
5 b = %2
6 return""",
    ),
    (
        "None",
        "a, b = idr_get_new(n.ids, n)",
        """\
locals a: int, b: int
0 a, b = idr_get_new(&n->ids, n)
1 return""",
    ),
    (
        "None",
        "a, n.value = idr_get_new_above(n.ids, n, 1)",
        """\
locals %2: int, a: int
0 a, %2 = idr_get_new_above(&n->ids, n, 1)
1 store n->value = %2
2 return""",
    ),
    (
        "None",
        "a = b = n.value",
        """\
locals %1: int 0..7, a: int, b: int
0 %1 = load n->value
1 a = %1
2 b = %1
3 return""",
    ),
    (
        "None",
        """\
for i in range(3):
    n.value = i""",
        """\
locals %1: int, i: int
0 %1 = 0
1 branch %1 < 3 ? 2 : 6
2 i = %1
3 store n->value = i
4 %1 = %1 + 1
5 jump 1
6 return""",
    ),
    (
        "None",
        'for i in range(1, x): mark("x")',
        """\
locals %1: int, %2: int, i: int
0 %1 = 1
1 %2 = x
2 branch %1 < %2 ? 3 : 7
3 i = %1
4 mark 'x'
5 %1 = %1 + 1
6 jump 2
7 return""",
    ),
    (
        "None",
        """\
for c in list_for_each_entry(n.children):
    if c.flag: continue
    if c.value == 3: break
    n = c""",
        """\
locals %1: head of Node.link, c: *Node, %2: bool, %3: int 0..7
0 %1 = &n->children
1 c = list_first_entry(%1)
2 branch c == head_of(%1) ? 10 : 3
3 %2 = load c->flag
4 branch %2 ? 8 : 5
5 %3 = load c->value
6 branch %3 == 3 ? 10 : 7
7 n = c
8 c = list_next_entry(c, %1)
9 jump 2
10 return""",
    ),
    (
        "None",
        "for c in list_for_each_entry(n.parent.children): pass",
        """\
locals %1: *Node, c: *Node
0 %1 = load n->parent
1 c = list_first_entry(&%1->children)
2 branch c == head_of(&%1->children) ? 5 : 3
3 c = list_next_entry(c, &%1->children)
4 jump 2
5 return""",
    ),
    (
        "None",
        """\
y = big_lock
spin_lock(y)""",
        """\
locals y: spinlock
0 y = &@big_lock->lock
1 spin_lock(y)
2 return""",
    ),
    (
        "None",
        """\
x += n.value
n.value -= 1
n.mode |= Mode.READ
n.mode |= 3""",
        """\
locals %1: int 0..7, %2: int 0..7, %3: flags Mode, %4: flags Mode
0 %1 = load n->value
1 x = x + %1
2 %2 = load n->value
3 store n->value = %2 - 1
4 %3 = load n->mode
5 store n->mode = %3 | 1
6 %4 = load n->mode
7 store n->mode = %4 | 3
8 return""",
    ),
    (
        "None",
        """\
assert x > 3, "big"
assert n.flag and x""",
        """\
locals %1: bool, %2: bool
0 assert x > 3 'big'
1 %2 = load n->flag
2 branch %2 ? 3 : 6
3 branch x ? 4 : 6
4 %1 = 1
5 jump 7
6 %1 = 0
7 assert %1 'n.flag and x'
8 return""",
    ),
    (
        "None",
        '''\
assert x
assert not (n.flag or x), "why"''',
        """\
locals %1: bool, %2: bool
0 assert x 'x'
1 %2 = load n->flag
2 branch %2 ? 4 : 3
3 branch x ? 4 : 6
4 %1 = 1
5 jump 7
6 %1 = 0
7 assert not %1 'why'
8 return""",
    ),
    (
        "None",
        """\
while True:
    pass""",
        "0 jump 0",
    ),
    (
        "None",
        """\
while 1:
    if x: break
    else: continue""",
        """\
0 branch x ? 1 : 0
1 return""",
    ),
    (
        "None",
        """\
while n.flag and x:
    x -= 1""",
        """\
locals %1: bool
0 %1 = load n->flag
1 branch %1 ? 2 : 5
2 branch x ? 3 : 5
3 x = x - 1
4 jump 0
5 return""",
    ),
]

REFUSED = [
    (
        "None",
        "for a in n.children: pass",
        """\
L3: `for` over `n.children`
  Loop over `list_for_each_entry(head)`, `list_for_each_entry_safe(head)`, `range(n)`, or use `while`.""",
    ),
    (
        "None",
        "for a in list_for_each_entry_safe(n.children): pass",
        """\
L3: `for a in list_for_each_entry_safe(...)`
  Write `for entry, following in list_for_each_entry_safe(head):`.""",
    ),
    (
        "None",
        "n.stamp = 3",
        """\
L3: `n.stamp` is an embedded record, not a value
  Use its fields one by one.""",
    ),
    (
        "None",
        "n.sem = 3",
        """\
L3: `n.sem` is a Semaphore and cannot be assigned
  Use the operations of its type, such as `atomic_set`, `INIT_LIST_HEAD` or `sema_init`.""",
    ),
    ("None", "n.value = n", "L3: `n.value` takes an int of 0..7, not a Node\n  Give an int of 0..7."),
    (
        "None",
        "n.parent = 3",
        """\
L3: `n.parent` takes a Node, not an int
  Write NULL, or ERR_PTR(-EINVAL).""",
    ),
    (
        "None",
        "n.mode = 3",
        """\
L3: `n.mode` takes a Mode, not an int
  Write `Mode(...)`.""",
    ),
    (
        "None",
        "n.flag = 3",
        """\
L3: `n.flag` takes a bool, not an int
  Write a comparison such as `x != 0`.""",
    ),
    (
        "None",
        "n.value = n.count",
        """\
L3: `n.value` takes an int of 0..7, not a RefCount
  Read it with `atomic_read(n.count)`.""",
    ),
    (
        "None",
        "y = NULL",
        """\
L3: nothing says what `y` refers to
  Annotate it: `y: Struct = NULL`.""",
    ),
    (
        "None",
        "x == 3",
        """\
L3: an expression whose value nobody uses
  Assign it, or leave it out.""",
    ),
    (
        "None",
        "x",
        """\
L3: an expression whose value nobody uses
  Assign it, or leave it out.""",
    ),
    (
        "None",
        "return 3",
        """\
L3: `f` returns a value, but is declared as `-> None`
  Declare what it returns.""",
    ),
    ("int", "return", "L3: `f` returns nothing here, but an int is declared"),
    (
        "int",
        "if x: return 3",
        """\
L3: `f` can end here without a value
  Return an int on every path.""",
    ),
    (
        "None",
        """\
if x: y = 1
x = y""",
        """\
L4: `y` may be read here before it is given a value
  Assign it on every path that leads here.""",
    ),
    (
        "None",
        """\
x = y
y = 2""",
        """\
L3: `y` is read before it is given a value
  Assign it first.""",
    ),
    (
        "None",
        """\
y = 1
y = n""",
        """\
L4: `y` is an int (line 52), not a Node
  Give the second one a name of its own.""",
    ),
    (
        "None",
        "y: bool = 3",
        """\
L3: `y` is a bool (line 52), not an int
  Write a comparison such as `x != 0`.""",
    ),
    ("None", "a, b, c = idr_get_new_above(n.ids, n, 1)", "L3: 2 values for 3 targets"),
    (
        "None",
        "a, b = x",
        """\
L3: `x` is one value, not 2
  Unpack the results of a call.""",
    ),
    (
        "None",
        "break",
        "L3: syntax error: 'break' outside loop\n  A spec is a Python file: mend what Python itself cannot read here.",
    ),
    (
        "None",
        """\
y = ERR_PTR(-EINVAL)
if IS_ERR(y): x = PTR_ERR(y)""",
        """\
L3: nothing says what `y` refers to
  Annotate it: `y: Struct = NULL`.""",
    ),
    (
        "None",
        'for i in range(1, 3, 2): mark("x")',
        """\
L3: `range` takes a start and a stop here
  Write `range(n)` or `range(start, stop)`.""",
    ),
    (
        "None",
        "y: tuple[int, ...] = x",
        """\
L3: the local `y` is a tuple of unknown length
  Write out its items: `tuple[int, Watch]`.""",
    ),
    (
        "None",
        "y: Struct = n",
        """\
L3: the local `y` is a bare `Struct`
  Name one of the model's own Structs.""",
    ),
    (
        "None",
        "y: Mode.READ.foo = n",
        """\
L3: the annotation of the local `y` is no type: 'Mode' object has no attribute 'foo'
  Write a type such as `bool`, `Device` or `Annotated[int, Range(0, 7)]`.""",
    ),
    (
        "None",
        'y: Annotated[int, Range(0, "a")] = x',
        """\
L3: the local `y` has the range 0..'a', which are no ints
  Write `Range(0, 7)`.""",
    ),
    (
        "None",
        """\
y: Small = x
y: bool = True""",
        """\
L4: `y` is declared as a bool, but it is an int of 0..7 (line 52)
  Give the second one a name of its own.""",
    ),
    (
        "None",
        "for x in list_for_each_entry(n.children): pass",
        """\
L3: `x` is an int (line 51), not a Node
  Give the loop a name of its own.""",
    ),
    (
        "None",
        "a, b = idr_get_new(n.ids, x)",
        """\
L3: `idr_get_new` takes a Node, not an int
  Write NULL, or ERR_PTR(-EINVAL).""",
    ),
    (
        "None",
        "a = (b, c) = f()",
        """\
L3: a tuple among several targets
  Write one assignment for each.""",
    ),
    ("None", "y: None = n", "L3: the local `y` has no type that a local can have"),
    (
        "None",
        "for x.y in range(3): pass",
        """\
L3: `for x.y in range(...)`
  Write `for i in range(n):`.""",
    ),
    ("None", "for i in range(n): pass", "L3: `range` takes an int, not a Node\n  Give an int."),
    (
        "None",
        "for a, b in list_for_each_entry(n.children): pass",
        """\
L3: `for (a, b) in list_for_each_entry(...)`
  Write `for entry in list_for_each_entry(head):`.""",
    ),
    (
        "None",
        "for a in list_for_each_entry(n.sem): pass",
        "L3: `list_for_each_entry` takes a ListHead, not a Semaphore\n  Give a ListHead.",
    ),
    ("None", "for a in list_for_each_entry(n.children, n): pass", "L3: `list_for_each_entry` takes 1 argument, not 2"),
    (
        "Mode",
        "return 3",
        """\
L3: the result of `f` takes a Mode, not an int
  Write `Mode(...)`.""",
    ),
    (
        "bool",
        "return x",
        """\
L3: the result of `f` takes a bool, not an int
  Write a comparison such as `x != 0`.""",
    ),
    (
        "Node",
        "return 0",
        """\
L3: the result of `f` takes a Node, not an int
  Write NULL, or ERR_PTR(-EINVAL).""",
    ),
    (
        "tuple[int, Node]",
        "return x",
        """\
L3: `x` is one value, not 2
  Unpack the results of a call.""",
    ),
    ("tuple[int, Node]", "return n, x", "L3: the result of `f` takes an int, not a Node\n  Give an int."),
    (
        "Cache[Node]",
        "return nodes",
        """\
L2: the result of `f` is of type `Cache[Node]`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
]


@pytest.mark.parametrize(("result", "body", "code"), LOWERED)
def test_statements_become_code(specs: Specs, result: str, body: str, code: str) -> None:
    assert specs.code(procedure(body, result)) == code


@pytest.mark.parametrize(("result", "body", "message"), REFUSED)
def test_statements_that_do_not_fit_are_refused(specs: Specs, result: str, body: str, message: str) -> None:
    assert specs.refusal(procedure(body, result)) == message
