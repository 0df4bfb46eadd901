"""Lowering of calls: the code that they become, and the whole message where they are refused."""

from __future__ import annotations

import pytest

from tests.compile.specs import Specs, procedure

LOWERED = [
    (
        "None",
        """\
y = choose(1, 2)
z = choose(NULL, n)""",
        """\
locals y: int, z: *Node
0 y = choose(1, 2)
1 z = choose(0, n)
2 return""",
    ),
    (
        "None",
        "await_(n.value == x and list_length(n.children) == 0)",
        """\
0 await f.await1(n, x) 'n.value == x and list_length(n.children) == 0'
1 return""",
    ),
    (
        "None",
        """\
mark("here")
might_sleep()""",
        """\
0 mark 'here'
1 might_sleep
2 return""",
    ),
    (
        "None",
        "WRITE_ONCE(n.value, READ_ONCE(n.value) + 1)",
        """\
locals %1: int 0..7
0 %1 = load n->value racy
1 store n->value = %1 + 1 racy
2 return""",
    ),
    (
        "Node",
        """\
y = idr_find(n.ids, x)
if IS_ERR(y): x = PTR_ERR(y)
return ERR_PTR(-EINVAL)""",
        """\
locals y: *Node
0 y = idr_find(&n->ids, x)
1 branch y < 0 ? 2 : 3
2 x = y
3 return -22""",
    ),
    (
        "None",
        """\
y = data_race(n.value) + n.value
z = data_race(atomic_read(n.users))""",
        """\
locals %1: int 0..7, %2: int 0..7, y: int, z: int
0 %1 = load n->value racy
1 %2 = load n->value
2 y = %1 + %2
3 z = atomic_read(&n->users) racy
4 return""",
    ),
    (
        "None",
        "y = kmem_cache_alloc(nodes, GFP_KERNEL)",
        """\
locals y: *Node
0 y = kmem_cache_alloc(Node, 1)
1 return""",
    ),
    (
        "None",
        "y = bool(n) and not n.flag",
        """\
locals %1: bool, %2: bool, y: bool
0 branch n != 0 ? 1 : 5
1 %2 = load n->flag
2 branch %2 ? 5 : 3
3 %1 = 1
4 jump 6
5 %1 = 0
6 y = %1
7 return""",
    ),
    (
        "None",
        """\
y = Mode(x) | Mode.READ
y = ~Mode.READ & n.mode""",
        """\
locals y: flags Mode, %1: flags Mode
0 y = x | 1
1 %1 = load n->mode
2 y = -2 & %1
3 return""",
    ),
    (
        "None",
        """\
if likely(n.flag) and not unlikely(n): mark("a")
y = likely(n)
z = likely(3) + unlikely(n.flag)""",
        """\
locals %1: bool, y: bool, %2: bool, z: int
0 %1 = load n->flag
1 branch %1 ? 2 : 4
2 branch n ? 4 : 3
3 mark 'a'
4 y = n != 0
5 %2 = load n->flag
6 z = 1 + %2
7 return""",
    ),
    (
        "None",
        "y = bool(NULL)",
        """\
locals y: bool
0 y = 0
1 return""",
    ),
    (
        "None",
        'if (n.flag or x) and n: mark("a")',
        """\
locals %1: bool
0 %1 = load n->flag
1 branch %1 ? 3 : 2
2 branch x ? 3 : 5
3 branch n ? 4 : 5
4 mark 'a'
5 return""",
    ),
    (
        "None",
        'if n.sem is n.sem and n.link is n.link: mark("a")',
        """\
0 branch (&n->sem) == (&n->sem) ? 1 : 3
1 branch (&n->link) == (&n->link) ? 2 : 3
2 mark 'a'
3 return""",
    ),
    (
        "None",
        """\
if True: mark("a")
elif n: mark("b")""",
        """\
0 mark 'a'
1 return""",
    ),
    (
        "None",
        """\
y = n.parent if x else ERR_PTR(-3)
if not y: y = NULL""",
        """\
locals %1: *Node, y: *Node
0 branch x ? 1 : 3
1 %1 = load n->parent
2 jump 4
3 %1 = -3
4 y = %1
5 branch y ? 7 : 6
6 y = 0
7 return""",
    ),
    (
        "None",
        """\
kmem_cache_free(nodes, n)
kfree(n)
z = kmem_cache_zalloc(nodes, GFP_ATOMIC)""",
        """\
locals z: *Node
0 kmem_cache_free(Node, n)
1 kfree(n)
2 z = kmem_cache_zalloc(Node, 0)
3 return""",
    ),
]

REFUSED = [
    (
        "None",
        "y = READ_ONCE(x)",
        """\
L3: `READ_ONCE` takes a field
  Write `READ_ONCE(x.f)`.""",
    ),
    (
        "None",
        "y = READ_ONCE(n.users)",
        """\
L3: `n.users` is an Atomic, which `READ_ONCE` cannot read
  Use the operations of its type, such as `atomic_read`.""",
    ),
    (
        "None",
        "WRITE_ONCE(x, 1)",
        """\
L3: `WRITE_ONCE` takes a field
  Write `WRITE_ONCE(x.f, value)`.""",
    ),
    (
        "None",
        "WRITE_ONCE(n.value, n)",
        """\
L3: `n.value` takes an int of 0..7, not a Node
  Give an int of 0..7.""",
    ),
    (
        "None",
        "y = WRITE_ONCE(n.value, 1)",
        """\
L3: `WRITE_ONCE` gives no value
  Call it in a statement of its own.""",
    ),
    ("None", "down(n.mutex)", "L3: `down` takes a Semaphore, not a Mutex\n  Use `mutex_lock`."),
    ("None", "down(n)", "L3: `down` takes a Semaphore, not a Node\n  Give a Semaphore."),
    ("None", "down(n.sem, 1)", "L3: `down` takes 1 argument, not 2"),
    (
        "None",
        "down(sem=n.sem)",
        """\
L3: `down` takes its operands by position
  Write them out in C's order.""",
    ),
    (
        "None",
        "list_add(n.other_link, n.children)",
        """\
L3: `list_add` puts Node.other_link on a list that is linked by Node.link
  Give the link that the list is declared with in list_of(...).""",
    ),
    (
        "None",
        "y = list_length(n.children)",
        """\
L3: `list_length` in a procedure, but it is for claims only
  No thread can see it: use it in an invariant, at quiescence, or in `await_(...)`.""",
    ),
    (
        "None",
        "y = down(n.sem)",
        """\
L3: `down` gives no value
  Call it in a statement of its own.""",
    ),
    (
        "None",
        "y = Node",
        """\
L3: `Node` is a class, not a value
  Write one of its members or its fields.""",
    ),
    (
        "None",
        "y = Node()",
        """\
L3: `Node(...)` makes no object
  Allocate one: `kmem_cache_alloc(cache, GFP_KERNEL)`.""",
    ),
    (
        "None",
        "y = n.foo()",
        """\
L3: `n.foo(...)` is a method call
  Objects have fields only: call a procedure with the object as argument.""",
    ),
    (
        "None",
        "x()",
        """\
L3: `x` is not a function
  Call a procedure or a kernel operation by its name.""",
    ),
    (
        "None",
        "y = f",
        """\
L3: `f` is a function, not a value
  Call it: `f(...)`.""",
    ),
    (
        "None",
        "f(n, x)",
        """\
L3: recursion: f -> f
  Write a loop, or bound it: `@toy.procedure(recursion=2)`.""",
    ),
    (
        "None",
        "y = n.seen",
        """\
L3: the ghost field `Node.seen` is read outside of a claim
  Read it in a claim, an `assert`, or what is assigned to a ghost field; else leave out `ghost=True`.""",
    ),
    (
        "None",
        "y: Nod = n",
        """\
L3: the annotation of the local `y` names `Nod`, which is not defined
  Did you mean `Node`?""",
    ),
    (
        "None",
        "a = idr_get_new_above(n.ids, n, 1)",
        """\
L3: `idr_get_new_above` gives 2 values
  Unpack them: `a, b = ...`.""",
    ),
    ("None", "y = choose(1, n)", "L3: `choose` between an int and a Node"),
    (
        "None",
        "choose()",
        """\
L3: `choose` has nothing to choose from
  Write the options: `choose(0, 1)`.""",
    ),
    (
        "None",
        "mark(x)",
        """\
L3: `mark` takes a name that is known before the run
  Write `mark("name")`.""",
    ),
    (
        "None",
        "y = ERR_PTR(3)",
        """\
L3: `ERR_PTR` takes -1 to -4095, not 3
  Write `ERR_PTR(-EINVAL)`.""",
    ),
    ("None", "list_is_head(n, n.count)", "L3: `list_is_head` takes a ListHead, not a RefCount\n  Give a ListHead."),
    (
        "None",
        "y = choose(n.sem, n.sem)",
        """\
L3: `choose` takes values, not a Semaphore
  Choose with `if choose(True, False):`.""",
    ),
    ("None", "(a, b), c = n, n, x", "L3: 3 values for 2 targets"),
    ("tuple[int, Node]", "return x, n, n", "L3: 3 values for 2 targets"),
    (
        "None",
        "y = f",
        """\
L3: `f` is a function, not a value
  Call it: `f(...)`.""",
    ),
    (
        "None",
        """\
n.seen = n.value + n.seen
n.parent.seen = n.value
y = n.parent.seen""",
        """\
L5: the ghost field `Node.seen` is read outside of a claim
  Read it in a claim, an `assert`, or what is assigned to a ghost field; else leave out `ghost=True`.""",
    ),
]


@pytest.mark.parametrize(("result", "body", "code"), LOWERED)
def test_calls_become_code(specs: Specs, result: str, body: str, code: str) -> None:
    assert specs.code(procedure(body, result)) == code


@pytest.mark.parametrize(("result", "body", "message"), REFUSED)
def test_calls_that_do_not_fit_are_refused(specs: Specs, result: str, body: str, message: str) -> None:
    assert specs.refusal(procedure(body, result)) == message


def test_a_bare_semaphore_is_a_mutex_and_takes_no_other_count(specs: Specs) -> None:
    assert specs.refusal("@model.path\ndef f(n: Node) -> None:\n    sema_init(n.sem, 0)\n") == (
        "L3: `sema_init` gives a bare Semaphore a count, but it is used as a mutex, with count 1\n"
        "  Declare the field as `sem: Semaphore = semaphore(count)`, or use `init_MUTEX(...)`."
    )
    specs.program("@model.path\ndef f(n: Node) -> None:\n    sema_init(n.sem, 1)\n")


@pytest.mark.parametrize("subclass", ["8", "-1", "n.value"])
def test_a_subclass_of_a_lock_is_a_small_constant(specs: Specs, subclass: str) -> None:
    assert specs.refusal(f"@model.path\ndef f(n: Node) -> None:\n    mutex_lock_nested(n.mutex, {subclass})\n") == (
        "L3: `mutex_lock_nested` takes a subclass that is known before the run, 0 to 7\n"
        "  Write a number, or SINGLE_DEPTH_NESTING."
    )
    specs.program("@model.path\ndef f(n: Node) -> None:\n    mutex_lock_nested(n.mutex, SINGLE_DEPTH_NESTING)\n")


def test_a_lock_of_another_kind_is_pointed_at_its_own_nesting(specs: Specs) -> None:
    told = specs.refusal("@model.path\ndef f(n: Node) -> None:\n    spin_lock_nested(n.mutex, 1)\n")
    assert told.endswith("Use `mutex_lock_nested`.")
