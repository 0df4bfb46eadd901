"""Procedures, signatures, designs, claims: what stands for what, and the whole message of each refusal."""

from __future__ import annotations

import pytest

from lockmodel.ir.nodes import Requirement
from tests.compile.specs import LINES, Specs

REFUSED = [
    (
        """\
@model.procedure
def f(n) -> None: pass""",
        """\
L2: the parameter `n` of `f` has no type
  Annotate it: `n: Watch`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node): pass""",
        """\
L2: the result of `f` has no type
  Annotate it: `-> None`, `-> int`, `-> Watch`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node = NULL) -> None: pass""",
        """\
L2: `f` has a default for a parameter
  Pass the value in every call, as C does.""",
    ),
    (
        """\
@model.procedure
def f(*n: Node) -> None: pass""",
        """\
L2: `f` has `*`, `**` or `/` in its parameters
  Write out each parameter.""",
    ),
    (
        """\
@model.procedure
def f(n: Stamp) -> None: pass""",
        """\
L2: the parameter `n` of `f` is a `Stamp`, a Record: it has no address of its own
  Pass the object that it is embedded in.""",
    ),
    (
        """\
@model.procedure
def f(n: Cache[Node]) -> None: pass""",
        """\
L2: the parameter `n` of `f` is of type `Cache[Node]`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
    (
        """\
@model.procedure(holds=["n.parent.sem"])
def f(n: Node) -> None: pass""",
        """\
L2: `f` is to hold `n.parent.sem`, a path through `Node.parent` (spec.py:38), which can change
  Declare it as `parent: Node = field(constant=True)`, or name another lock.""",
    ),
    (
        """\
@model.procedure(holds=["k.sem"])
def f(n: Node) -> None: pass""",
        """\
L2: `f` is to hold `k.sem`, but there is no parameter and no global `k`
  There are: big_lock, n.""",
    ),
    (
        """\
@model.procedure(holds=["n"])
def f(n: Node) -> None: pass""",
        """\
L2: `f` is to hold `n`, but `n` is a Node
  Name a lock of it: `holds=["dev.sem"]`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    g(n)
@model.procedure
def g(n: Node) -> None:
    h(n)
@model.procedure
def h(n: Node) -> None:
    f(n)""",
        """\
L9: recursion: f -> g -> h -> f
  Write a loop, or bound it: `@toy.procedure(recursion=2)`.""",
    ),
    (
        """\
@model.procedure(recursion=2)
def f(n: Node) -> None:
    g(n)
@model.procedure
def g(n: Node) -> None:
    f(n)
    if n.flag: g(n)""",
        """\
L7: recursion: g -> g
  Write a loop, or bound it: `@toy.procedure(recursion=2)`.""",
    ),
    (
        """\
@model.procedure(recursion=2)
def depth(n: Node) -> int:
    return depth(n.parent) + 1 if n.parent else 0
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool: return depth(n) < 3""",
        """\
L3: recursion: depth.atomic -> depth.atomic
  Write a loop: it runs as a whole.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    if entered(3): pass""",
        """\
L3: `entered` takes a procedure that threads run, and `3` is none
  Name one of the model's.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    if entered(n): pass""",
        """\
L3: `entered` takes a procedure that threads run, and `n` is none
  Name one of the model's.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    if entered(down): pass""",
        """\
L3: `entered` takes a procedure that threads run, and `down` is none
  Name one of the model's.""",
    ),
    (
        """\
@model.ghost
def seen(n: Node) -> None:
    n.seen = 1
@model.procedure
def f(n: Node) -> None:
    if entered(seen): pass""",
        """\
L6: `entered` takes a procedure that threads run, and `seen` is none
  Name one of the model's.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None: pass
@model.ghost
def seen(n: Node) -> None:
    if entered(f): n.seen = 1""",
        """\
L5: `entered` in a ghost procedure, which is about shared memory
  Ask before it, in the procedure: `inside = entered(f)`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    if entered(): pass""",
        "L3: `entered` takes 1 argument, not 0",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    if entered(other): pass""",
        """\
L3: the name `other` is not defined
  Import or define it at module level.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    await_(not entered(f))""",
        """\
L3: `entered` in a claim or an awaited condition, which is about shared memory
  Ask before it, in the procedure: `inside = entered(f)`.""",
    ),
    (
        """\
@model.procedure
def inside() -> bool:
    return entered(inside)
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool: return not inside()""",
        """\
L3: `entered` in a claim or an awaited condition, which is about shared memory
  Ask before it, in the procedure: `inside = entered(f)`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    g(n)
@model.procedure
def g(n: Node, x: int) -> None: pass""",
        """\
L3: `g` takes 2 arguments, not 1
  It is declared as `g(n, x)` (L5).""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    g(n, n)
@model.procedure
def g(n: Node, x: int) -> None: pass""",
        "L3: the parameter `x` of `g` takes an int, not a Node\n  Give an int.",
    ),
    (
        """\
def g(n: Node) -> None: pass
@model.procedure
def f(n: Node) -> None:
    g(n)""",
        """\
L4: `g` is a plain Python function, which is no part of the model
  Declare it with `@toy.procedure`.""",
    ),
    (
        """\
import lockmodel as lm
@model.procedure
def f(n: Node) -> None:
    lm.down(n.sem)
    lm.dwon(n.sem)""",
        """\
L5: `lockmodel` has no `dwon`
  Did you mean `down`?""",
    ),
    (
        """\
sw = model.switch("fails", False, "doc")
name = model.switch("how", "fifo", "doc")
num = model.switch("num", 3, "doc")
@model.procedure
def f(n: Node) -> None:
    if sw:
        mark("sw")
    if not sw and name.value == "fifo":
        mark("fifo")
    if name.value != "fifo":
        mark("not fifo")
    if num.value > 2:
        mark("num")
    x = num.value if sw else 9
    y = name.vlaue""",
        """\
L15: a switch has no `vlaue`
  Write `switch.value`, or `if switch:`.""",
    ),
    (
        "f = model.procedure(lambda: None)",
        """\
L1: `<lambda>` is not made by a plain `def`
  Write `def name(parameter: Type) -> Type:`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> int:
    assert n.seen, 3
    return 3""",
        """\
L3: the message of an `assert` is not a plain string
  Write `assert c, "text"`.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> int:
    if n.seen: return 4
    return 3""",
        """\
L3: the ghost field `Node.seen` is read outside of a claim
  Read it in a claim, an `assert`, or what is assigned to a ghost field; else leave out `ghost=True`.""",
    ),
    (
        """\
@model.procedure
async def f(n: Node) -> int:
    return 3""",
        """\
L1: `f` is not made by a plain `def`
  Write `def name(parameter: Type) -> Type:`.""",
    ),
    (
        """\
@model.invariant(outside=["Node.sme"])
def f(n: Node) -> bool: return True""",
        """\
L2: the claim `f` is judged outside `Node.sme`, which is no lock class of the model
  Did you mean `Node.sem`?""",
    ),
    (
        """\
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool:
    n.value = 3
    return True""",
        """\
L3: `n.value` is written in a claim or an awaited condition, which only reads
  Write it in a procedure.""",
    ),
    (
        """\
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool:
    down(n.sem)
    return True""",
        """\
L3: `down` in a claim or an awaited condition, which only reads
  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.""",
    ),
    (
        """\
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool:
    mark("x")
    return True""",
        """\
L3: `mark` in a claim or an awaited condition, which only reads
  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.""",
    ),
    (
        """\
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> int:
    return 3""",
        """\
L2: the claim `f` does not give a bool
  Declare it as `-> bool`.""",
    ),
    (
        """\
@model.invariant(outside=["Node.sem"])
def f(n: int) -> bool:
    return True""",
        """\
L2: the claim `f` has the parameter `n`, which is an int
  A claim is about every object of a Struct: take references only.""",
    ),
    (
        """\
@model.procedure
def g2(n: Node) -> int:
    n.value = 3
    return n.value
@model.invariant(outside=["Node.sem"])
def f(n: Node) -> bool:
    return g2(n) == 3""",
        """\
L3: `n.value` is written in a claim or an awaited condition, which only reads
  Write it in a procedure.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None:
    f2()
class Weird:
    pass
w = Weird()
l = [1]""",
        """\
L3: the name `f2` is not defined
  Did you mean `f`?""",
    ),
    (
        """\
l = [1]
@model.procedure
def f(n: Node) -> None:
    x = l""",
        """\
L4: `l` is a list, which a model cannot hold
  Use an int, a bool or an enum; what changes is a field of an object.""",
    ),
    (
        """\
from lockmodel import Model as M2
other = object.__new__(M2)
M2.__init__(other, "other")
holder = {"m": other.object(Node, "there"), "l": other.spinlock("x")}
there, x = holder["m"], holder["l"]
del other
@model.procedure
def f(n: Node) -> None:
    y = there""",
        """\
L9: `there` is no global object of the model
  Declare it at module level with `model.object(Struct, name)`.""",
    ),
    (
        """\
from lockmodel import Model as M2
def other():
    m = M2("other")
    return m.object(Node, "there"), m.spinlock("x")
there, x = other()
@model.procedure
def f(n: Node) -> None:
    y = x""",
        "L8: `x` is a lock of another model",
    ),
    (
        """\
def outer() -> None:
    @model.procedure
    def f(n: Node) -> None:
        n.value = later
    if False:
        later = 3
outer()""",
        """\
L4: the name `later` is not defined
  Did you mean `outer`?""",
    ),
    (
        """\
slots = model.semaphore("slots", 3)
@model.procedure(holds=["slots"])
def f(n: Node) -> None: pass""",
        """\
L3: `f` is to hold `slots`, a counting semaphore, which nobody holds
  Name a lock that has an owner.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None: pass
@model.invariant()
def f(n: Node) -> bool: return True""",
        """\
L3: the claim `f` has the name of a procedure
  Rename one of them.""",
    ),
    (
        """\
@model.procedure
def f(n: Node) -> None: pass
def outer() -> None:
    @model.design("d", replaces=f)
    def g(n: Node) -> None: pass
    return g
def outer2() -> None:
    @model.design("e", replaces=f)
    def g(n: Node) -> None: pass
    return g
g1, g2 = outer(), outer2()
@model.procedure
def h(n: Node) -> None:
    g1(n)
    g2(n)""",
        """\
L8: there are two functions named g (L5)
  Rename one of them.""",
    ),
    (
        'model.object(3, "x")',
        """\
L1: the object `x` is of no Struct
  Write `model.object(Struct, "name")`.""",
    ),
    (
        """\
TWO = 2
@model.path
def f() -> int:
    TWO = TWO + 1
    return TWO""",
        """\
L4: `TWO` is read before it is given a value
  Assign it first.""",
    ),
    (
        """\
@model.path
def f() -> bool:
    return model.switches""",
        """\
L3: `model` is the model, not a value
  Name one of its objects, locks or switches.""",
    ),
    (
        """\
@model.path
@model.path
def f() -> None: pass""",
        """\
L1: there are two procedures named f (the other: L1)
  Rename one of them.""",
    ),
    (
        """\
import functools
def deco(g):
    @functools.wraps(g)
    def inner(*a): return g(*a)
    return inner
@model.path
@deco
def f(n: Node) -> None: pass""",
        """\
L3: `f` is not made by a plain `def`
  Write `def name(parameter: Type) -> Type:`.""",
    ),
    (
        """\
@model.path
def f(n: Node, /, x: int) -> None: pass""",
        """\
L2: `f` has `*`, `**` or `/` in its parameters
  Write out each parameter.""",
    ),
    (
        """\
@model.path
def f(n: Node, n2: Nod) -> Watch: pass""",
        """\
L2: the annotation of the parameter `n2` of `f` names `Nod`, which is not defined
  Did you mean `Node`?""",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_procedure_or_claim_that_does_not_fit_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message


def test_a_range_is_checked_on_entry_at_each_assignment_and_on_return(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Small) -> Small:
            k: Annotated[int, Range(0, 3)] = n
            k += 1
            return k + n
    """
    assert specs.code(body) == (
        "locals k: int 0..3, %1: int 0..7\n"
        "0 n = n in 0..7\n1 k = n in 0..3\n2 k = k + 1 in 0..3\n3 %1 = k + n in 0..7\n4 return %1"
    )


def test_several_results_are_handed_on(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Node) -> tuple[int, Node]:
            return n.value, NULL
        @model.procedure
        def g(n: Node) -> tuple[int, Node]:
            value, m = f(n)
            n.value = value
            return f(m)
    """
    assert specs.code(body, "g") == (
        "locals value: int, m: *Node, %3: int, %4: *Node\n"
        "0 value, m = call f(n)\n1 store n->value = value\n2 %3, %4 = call f(m)\n3 return %3, %4"
    )


def test_calls_may_go_round_where_a_bound_is_declared(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Node) -> None:
            if not entered(g):
                g(n)
        @model.procedure(recursion=1)
        def g(n: Node) -> None:
            f(n)
        @model.design("new", replaces=g)
        def h(n: Node) -> None:
            f(n)
        @model.design("newer", replaces=g, recursion=2)
        def i(n: Node) -> None:
            if not entered(h) and not entered(i):
                f(n)
    """
    assert specs.code(body) == "0 branch entered(g) ? 2 : 1\n1 call g(n)\n2 return"
    assert specs.code(body, "g") == "recursion 1\n0 call f(n)\n1 return"
    assert specs.code(body, "g", "new") == "recursion 1\n0 call f(n)\n1 return"
    assert specs.code(body, "g", "newer") == (
        "recursion 2\n0 branch entered(h) ? 3 : 1\n1 branch entered(g) ? 3 : 2\n2 call f(n)\n3 return"
    )
    for design in (None, "new", "newer"):
        assert [specs.program(body, design).procedures[name].recursion for name in "fg"] == [0, 1 + (design == "newer")]


def test_what_implements_a_hook_has_its_bound(specs: Specs) -> None:
    body = """
        @model.hook(recursion=2)
        def f(n: Node) -> None: ...
        @model.implements(f)
        def g(n: Node) -> None:
            if not entered(f):
                f(n)
        @model.hook
        def h(n: Node) -> None: ...
        @model.implements(h, recursion=3)
        def i(n: Node) -> None:
            h(n)
    """
    assert specs.code(body, "g") == "recursion 2\n0 branch entered(g) ? 2 : 1\n1 call g(n)\n2 return"
    assert specs.code(body, "i") == "recursion 3\n0 call i(n)\n1 return"


def test_members_are_passed_by_their_address(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Node) -> None:
            g(n.children, n.count, big_lock, n.parent.sem)
        @model.procedure
        def g(h: ListHead[Node], c: Atomic, s: SpinLock, m: Semaphore) -> None:
            spin_lock(s)
            down(m)
            first = list_first_entry(h)
            if not list_is_head(first, h):
                atomic_inc(c)
    """
    assert specs.code(body) == (
        "locals %1: *Node\n"
        "0 %1 = load n->parent\n1 call g(&n->children, &n->count, &@big_lock->lock, &%1->sem)\n2 return"
    )
    assert specs.code(body, "g") == (
        "locals first: *Node\n"
        "0 spin_lock(s)\n1 down(m)\n2 first = list_first_entry(h)\n"
        "3 branch first == head_of(h) ? 5 : 4\n4 atomic_inc(c)\n5 return"
    )


def test_keywords_are_put_in_their_place_but_evaluated_as_written(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Node) -> None:
            g(y=n.value, x=n.total)
        @model.procedure
        def g(x: int, y: int) -> None:
            pass
    """
    assert specs.code(body).splitlines()[1:] == [
        "0 %1 = load n->value",
        "1 %2 = load n->total",
        "2 call g(%2, %1)",
        "3 return",
    ]


def test_what_a_caller_must_hold_is_a_path_from_a_parameter_or_a_global(specs: Specs) -> None:
    body = """
        table = model.object(Node, "table")
        @model.procedure(holds=["n.sem", "big_lock", "n.root.sem", "m", "table.mutex"])
        def f(n: Node, m: Mutex) -> None:
            pass
    """
    assert specs.program(body).procedures["f"].holds == (
        Requirement("n.sem", "n", ("sem",)),
        Requirement("big_lock", None, (), "big_lock"),
        Requirement("n.root.sem", "n", ("root", "sem")),
        Requirement("m", "m", ()),
        Requirement("table.mutex", None, ("mutex",), "table"),
    )


DESIGNS = """
    @model.procedure(holds=["n.sem"], helper=True)
    def f(n: Node) -> None:
        mark("old")
    @model.path
    def g(n: Node) -> None:
        f(n)
    @model.design("new", replaces=f)
    def better(n: Node) -> None:
        mark("new")
    @model.design("newer", replaces=f)
    def best(n: Node) -> None:
        better(n)
"""


def test_a_variant_stands_under_the_name_of_what_it_replaces(specs: Specs) -> None:
    old, new, newer = (specs.program(DESIGNS, design) for design in (None, "new", "newer"))
    assert [list(program.procedures) for program in (old, new, newer)] == [["f", "g"], ["f", "g"], ["f", "g", "better"]]
    assert [program.design for program in (old, new, newer)] == ["as-written", "new", "newer"]
    variant = new.procedures["f"]
    assert (variant.name, variant.site.procedure, variant.code[0].site.procedure) == ("f", "better", "better")
    assert (variant.helper, variant.holds) == (True, old.procedures["f"].holds)
    assert newer.procedures["better"].holds == old.procedures["f"].holds


def test_a_call_of_a_variant_by_its_own_name_means_that_variant(specs: Specs) -> None:
    assert specs.code(DESIGNS, "f", "newer") == "holds n.sem\n0 call better(n)\n1 return"
    body = DESIGNS + "    @model.path\n    def h(n: Node) -> None:\n        better(n)\n"
    assert specs.code(body, "h", "new") == "0 call f(n)\n1 return"
    assert specs.code(body, "h") == "0 call better(n)\n1 return"


def test_a_variant_takes_and_gives_what_it_replaces_does(specs: Specs) -> None:
    body = """
        @model.procedure
        def f(n: Node, x: Small) -> None:
            pass
        @model.design("new", replaces=f)
        def g(n: Node) -> int:
            return 3
    """
    assert specs.refusal(body, design="new") == (
        "L5: `g` replaces `f` (L2) but takes or gives other types\n"
        "  Declare it as `def g(n: Node, x: int of 0..7) -> None:`."
    )


def test_a_variant_that_calls_what_it_replaces_calls_itself(specs: Specs) -> None:
    body = DESIGNS.replace('mark("new")', "f(n)")
    assert specs.refusal(body, design="new") == (
        "L9: recursion: f -> f\n  Write a loop, or bound it: `@toy.procedure(recursion=2)`."
    )


def test_a_procedure_may_close_over_a_constant(specs: Specs) -> None:
    body = """
        def make(k: int) -> None:
            @model.procedure
            def f(n: Node) -> None:
                n.value = k
        make(3)
    """
    assert specs.code(body) == "0 store n->value = 3\n1 return"


def test_a_claim_is_read_as_a_whole_with_all_that_it_calls(specs: Specs) -> None:
    body = """
        @model.procedure
        def total(n: Node) -> int:
            return n.value + n.total
        @model.invariant(outside=["Node.sem", "big_lock"])
        def f(n: Node, m: Node) -> bool:
            for c in list_for_each_entry(n.children):
                if is_locked(c.sem) and list_contains(n.children, c):
                    return False
            return total(n) == n.seen
        @model.at_quiescence
        def quiet(n: Node) -> bool:
            return not live(n) or list_length(n.children) == atomic_read(n.count)
    """
    program = specs.program(body)
    assert [(c.name, c.structs, c.outside, c.quiescent, c.site.line - LINES) for c in program.claims] == [
        ("f", ("Node", "Node"), ("Node.sem", "big_lock"), False, 5),
        ("quiet", ("Node",), (), True, 11),
    ]
    assert {name: procedure.atomic for name, procedure in program.procedures.items()} == {
        "total": False,
        "f": True,
        "quiet": True,
        "total.atomic": True,
    }
    assert "call total.atomic(n)" in specs.code(body)


def test_an_awaited_condition_is_an_atomic_procedure_over_the_locals_that_it_reads(specs: Specs) -> None:
    body = """
        @model.path
        def f(n: Node, x: int) -> None:
            m = n.parent
            await_(not is_locked(m.sem) and m.value > x)
            await_(m.seen)
    """
    program = specs.program(body)
    assert list(program.procedures) == ["f.await1", "f.await2", "f"]
    assert specs.code(body).splitlines()[1:] == [
        "0 m = load n->parent",
        "1 await f.await1(m, x) 'not is_locked(m.sem) and m.value > x'",
        "2 await f.await2(m) 'm.seen'",
        "3 return",
    ]
    assert specs.code(body, "f.await1") == (
        "locals %1: bool, %2: int 0..7\n"
        "0 %1 = is_locked(&m->sem)\n1 branch %1 ? 5 : 2\n2 %2 = load m->value\n"
        "3 branch %2 > x ? 4 : 5\n4 return 1\n5 return 0"
    )
    assert program.procedures["f.await1"].code[0].site.procedure == "f"


def test_names_may_be_reached_through_a_module(specs: Specs) -> None:
    specs.write("SIZE = 3\n", "shared_part.py")
    body = """
        import lockmodel as lm
        import shared_part
        @model.procedure
        def f(n: Node) -> None:
            lm.down(n.sem)
            n.value = shared_part.SIZE
    """
    assert specs.code(body) == "0 down(&n->sem)\n1 store n->value = 3\n2 return"
