"""Structs: what their fields become, and the whole message where they are refused."""

from __future__ import annotations

import pytest

from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    EnumType,
    Field,
    Guard,
    IdrType,
    IntType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    WaitQueueType,
)
from tests.compile.specs import LINES, Specs

REFUSED = [
    (
        """\
class Bad(Struct):
    x: int""",
        """\
L2: the field `Bad.x` is an int without a range
  Write `Annotated[int, Range(low, high)]`.""",
    ),
    (
        """\
class Bad(Struct):
    x: float""",
        """\
L2: the field `Bad.x` is of type `float`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
    (
        """\
class Bad(Struct):
    x: Node | None""",
        """\
L2: the field `Bad.x` is `Node | None`, but a reference may be NULL without saying so
  Write `Node`.""",
    ),
    (
        """\
class Bad(Struct):
    x: ListHead[Node]""",
        """\
L2: the field `Bad.x` does not say by which field its entries are linked
  Write `ListHead[Node] = list_of("link")` with a ListEntry field of Node.""",
    ),
    (
        """\
class Bad(Struct):
    x: ListHead[Node] = list_of("lnk")""",
        """\
L2: the field `Bad.x` links its entries by `lnk`, which is no ListEntry of Node
  Did you mean `link`?""",
    ),
    (
        """\
class Bad(Struct):
    x: ListHead[Node] = list_of("value")""",
        """\
L2: the field `Bad.x` links its entries by `value`, which is no ListEntry of Node
  There are: link, other_link.""",
    ),
    (
        """\
class Bad(Struct):
    x: ListHead""",
        """\
L2: the field `Bad.x` does not say what it holds
  Write `ListHead[Struct]`.""",
    ),
    (
        """\
class Bad(Struct):
    x: ListHead[int] = list_of("a")""",
        """\
L2: the field `Bad.x` holds int, which is no Struct
  Name the Struct of its entries.""",
    ),
    (
        """\
class Bad(Struct):
    x: Nod""",
        """\
L2: the annotation of the field `Bad.x` names `Nod`, which is not defined
  Did you mean `Node`?""",
    ),
    (
        """\
class Bad(Struct):
    x: Small = field(guarded_by="sme")
    sem: Semaphore""",
        """\
L2: the field `Bad.x` is guarded by `sme`, but Bad has no field `sme`
  Did you mean `sem`?""",
    ),
    (
        """\
class Bad(Struct):
    x: Small = field(guarded_by="y")
    y: Small""",
        """\
L2: the field `Bad.x` is guarded by `y`, but `Bad.y` (L3) is an int of 0..7
  Name a lock: a SpinLock, a Mutex, a Semaphore or one of their like.""",
    ),
    (
        """\
class Bad(Struct):
    x: Small = field(guarded_by="node.sem")
    node: Node""",
        """\
L2: the field `Bad.x` is guarded by `node.sem`, a path through `Bad.node` (L3), which can change
  Declare it as `node: Node = field(constant=True)`, or name another lock.""",
    ),
    (
        """\
class Bad(Struct):
    x: Small = field(guarded_by="node.root.semm")
    node: Node = field(constant=True)""",
        """\
L2: the field `Bad.x` is guarded by `node.root.semm`, but Node has no field `semm`
  Did you mean `sem`?""",
    ),
    (
        """\
class Bad(Struct):
    x: Small = field(guarded_by="sem")
    sem: Semaphore = semaphore(2)""",
        """\
L2: the field `Bad.x` is guarded by `sem`, but `Bad.sem` (L3) is a counting semaphore, which nobody holds
  Guard it by a lock that has an owner.""",
    ),
    (
        """\
class Bad(Struct):
    w: Node = field(counted="cuont")""",
        """\
L2: the field `Bad.w` is counted by `cuont`, but Node has no such field
  Did you mean `count`?""",
    ),
    (
        """\
class Bad(Struct):
    w: Node = field(counted="users")""",
        """\
L2: the field `Bad.w` is counted by `Node.users`, which is an Atomic
  Make it a RefCount (spec.py:31).""",
    ),
    (
        """\
class Bad(Struct):
    w: Small = field(counted="users")""",
        """\
L2: the field `Bad.w` is an int of 0..7: only a reference or a list holds a count""",
    ),
    (
        """\
class Bad(Struct):
    w: Small = list_of("link")""",
        "L2: the field `Bad.w` is an int of 0..7, but `list_of` is for a ListHead",
    ),
    (
        """\
class Bad(Struct):
    w: Small = field(default=9)""",
        "L2: the default of the field `Bad.w` is 9, outside 0..7",
    ),
    (
        """\
class Bad(Struct):
    w: Small = True""",
        "L2: the default of the field `Bad.w` is True, which is no int of 0..7",
    ),
    (
        """\
class Bad(Struct):
    v: Mode = 3""",
        "L2: the default of the field `Bad.v` is 3, which is no Mode",
    ),
    (
        """\
class Bad(Struct):
    v: SpinLock = field(guarded_by=big_lock)""",
        """\
L2: the field `Bad.v` is a SpinLock and cannot be `guarded_by`
  Leave it out: a lock guards itself.""",
    ),
    (
        """\
class Bad(Struct):
    v: ListEntry = field(guarded_by=big_lock)""",
        """\
L2: the field `Bad.v` is a ListEntry and cannot be `guarded_by`
  Guard the list: `list_of(..., guarded_by=...)` holds for the entries on it too.""",
    ),
    (
        """\
class Bad(Node):
    v: bool""",
        """\
L1: `Bad` inherits from Node
  Embed a Record instead: a Struct derives from Struct alone, or extends one of its name elsewhere.""",
    ),
    (
        """\
class Bad(Struct):
    v = field()""",
        """\
L1: the field `Bad.v` has no type
  Write `v: Type = ...`.""",
    ),
    (
        """\
class Bad(Struct):
    v: Annotated[int, Range(3, 1)]""",
        """\
L2: the field `Bad.v` has the empty range 3..1
  Write Range(1, 3).""",
    ),
    (
        """\
class Bad(Struct):
    v: Annotated[int, 3]""",
        """\
L2: the field `Bad.v` is `Annotated[int, 3]`
  Only `Annotated[int, Range(low, high)]` is known.""",
    ),
    (
        """\
class Bad(Struct):
    v: tuple[int, int]""",
        """\
L2: the field `Bad.v` has no type that a field can hold
  Declare one field for each value.""",
    ),
    (
        """\
class Bad(Struct):
    v: None""",
        """\
L2: the field `Bad.v` has no type that a field can hold
  Declare one field for each value.""",
    ),
    (
        """\
class Bad(Struct):
    v: Cache[Node]""",
        """\
L2: the field `Bad.v` is of type `Cache[Node]`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
    (
        """\
class Bad(Struct):
    v: str""",
        """\
L2: the field `Bad.v` is of type `str`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
    (
        """\
class Rec(Record):
    r: Rec
class Good(Struct):
    r: Rec""",
        """\
L2: the Record `Rec` is embedded in itself
  Refer to a Struct instead.""",
    ),
    (
        '''\
class Node2(Struct):
    x: bool
Node2.__name__ = "Node"''',
        """\
L1: there are two Structs named Node (the other: spec.py:26)
  Rename one of them.""",
    ),
    (
        'l = model.spinlock("Node")',
        """\
L1: the lock `Node` has the name of a Struct
  Rename one of them.""",
    ),
    (
        """\
class B(Struct):
    x: Small = field(guarded_by="slots")
slots = model.semaphore("slots", 3)""",
        """\
L2: the field `B.x` is guarded by `slots`, but `slots` (L3) is a counting semaphore, which nobody holds
  Guard it by a lock that has an owner.""",
    ),
    (
        """\
class R(Record):
    x: Small
class R2(R):
    y: Small
class B(Struct):
    r: R2""",
        """\
L3: `R2` inherits from R
  A Record derives from Record alone: embed another Record instead.""",
    ),
    (
        """\
class B(Struct):
    r: Stamp = list_of("x")""",
        """\
L2: `list_of` is not for a Record
  Use field(...).""",
    ),
    (
        """\
class B(Struct):
    r: Stamp = 3""",
        """\
L2: the Record `Stamp` has a default
  Give defaults to its fields.""",
    ),
    (
        """\
class B(Struct):
    r: Small = field(constant=True, ghost=True)
    s: SpinLock = field(constant=True)""",
        """\
L3: the field `B.s` is a SpinLock and cannot be `constant`
  Leave `constant` out.""",
    ),
    (
        """\
class B(Struct):
    s: SpinLock = field(ghost=True)""",
        """\
L2: the field `B.s` is a SpinLock and cannot be `ghost`
  Leave `ghost` out.""",
    ),
    (
        """\
class B(Struct):
    s: SpinLock = field(default=1)""",
        """\
L2: the field `B.s` is a SpinLock and has no default
  Leave `default` out.""",
    ),
    (
        """\
class B(Struct):
    s: Semaphore = semaphore("a")""",
        "L2: an option of the field `B.s` is 'a', which is no int",
    ),
    (
        """\
class B(Struct):
    s: Semaphore = semaphore(-1)""",
        """\
L2: an option of the field `B.s` is -1
  It must be at least 0.""",
    ),
    (
        """\
class B(Struct):
    s: Mutex = semaphore(2)""",
        "L2: the field `B.s` is a Mutex, but `semaphore` is for a Semaphore",
    ),
    (
        """\
class B(Struct):
    s: Atomic = atomic(3, 1)""",
        "L2: the field `B.s` has the empty range 3..1",
    ),
    (
        """\
class B(Struct):
    s: Atomic = refcount()""",
        "L2: the field `B.s` is an Atomic, but `refcount` is for a RefCount",
    ),
    (
        """\
class B(Struct):
    s: RefCount = atomic(-3, 10)""",
        """\
L2: the field `B.s` is a RefCount with the range -3..10
  It never goes below 0.""",
    ),
    (
        """\
class B(Struct):
    s: Idr[Node] = idr_of(0)""",
        """\
L2: an option of the field `B.s` is 0
  It must be at least 1.""",
    ),
    (
        """\
class B(Struct):
    s: Node = field(default=3)""",
        """\
L2: the default of the field `B.s` is 3
  A reference can only default to NULL.""",
    ),
    (
        """\
class B(Struct):
    s: Kind = field(default=Mode.READ)""",
        "L2: the default of the field `B.s` is Mode.READ, which is no Kind",
    ),
    (
        """\
class B(Struct):
    s: Small = field(guarded_by=3)""",
        """\
L2: the field `B.s` is guarded by 3, which is no lock
  Name a lock of the same object, a path through constant references, or give a global lock.""",
    ),
    (
        """\
class B(Struct):
    s: Small = field(guarded_by="")""",
        """\
L2: the field `B.s` is guarded by ``, but B has no field ``
  There are: big_lock.""",
    ),
    (
        """\
class B(Struct):
    s: Small = field(guarded_by="a..b")""",
        """\
L2: the field `B.s` is guarded by `a..b`, but B has no field `a`
  There are no locks in B.""",
    ),
    (
        """\
class B(Struct):
    s: Small = feild()""",
        """\
L2: importing it raised NameError: name 'feild' is not defined
  Did you mean `field`?""",
    ),
    (
        """\
class B(Struct):
    s: Small = field(gaurded_by="sem")""",
        """\
L2: importing it raised TypeError: field() got an unexpected keyword argument 'gaurded_by'""",
    ),
    (
        """\
class B(Struct):
    x: Annotated[bool, 3]""",
        """\
L2: the field `B.x` is `Annotated[bool, 3]`
  Only `Annotated[int, Range(low, high)]` is known.""",
    ),
    (
        """\
class E2(Enum):
    A = "x"
class B(Struct):
    x: E2""",
        "L1: importing it raised ValueError: invalid literal for int() with base 10: 'x'",
    ),
    (
        """\
import enum
class E2(enum.Enum):
    A = 1
class B(Struct):
    x: E2""",
        """\
L5: the field `B.x` is of type `E2`, which a model cannot hold
  Use bool, Annotated[int, Range(low, high)], Flags, Enum, or a Struct.""",
    ),
    (
        """\
class B(Struct):
    r: Stamp = 3""",
        """\
L2: the Record `Stamp` has a default
  Give defaults to its fields.""",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_field_that_does_not_fit_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message


def fields(specs: Specs, body: str, struct: str) -> dict[str, Field]:
    return {field.name: field for field in specs.program(body).structs[struct].fields}


def test_each_kind_of_field_has_its_type(specs: Specs) -> None:
    found = {name: field.type for name, field in fields(specs, "", "Node").items()}
    assert found == {
        "sem": LockType("semaphore"),
        "spin": LockType("spinlock"),
        "mutex": LockType("mutex"),
        "count": AtomicType(0, 100, counts=True),
        "users": AtomicType(-128, 127),
        "link": ListEntryType(),
        "other_link": ListEntryType(),
        "children": ListHeadType("Node", "link"),
        "others": ListHeadType("Node", "other_link"),
        "ids": IdrType("Node", 8),
        "wq": WaitQueueType(),
        "parent": RefType("Node"),
        "root": RefType("Node"),
        "value": IntType(0, 7),
        "total": IntType(0, 7),
        "flag": BoolType(),
        "mode": EnumType("Mode", (("READ", 1), ("WRITE", 2)), flags=True),
        "kind": EnumType("Kind", (("FILE", 0), ("FOLDER", 1))),
        "stamp.when": IntType(0, 7),
        "stamp.mode": EnumType("Mode", (("READ", 1), ("WRITE", 2)), flags=True),
        "seen": IntType(0, 7),
    }


def test_options_say_more_than_the_type_does(specs: Specs) -> None:
    body = """
        class Most(Struct):
            slots: Semaphore = semaphore(2)
            users: Atomic = atomic(0, 3)
            rest: RefCount = refcount(zero_is_cached=True, high=3)
            ids: Idr[Node] = idr_of(4, guarded_by=big_lock)
            members: ListHead[Node] = list_of("link", counted="count", guarded_by="big_lock")
            held: Node = field(counted="count", constant=True)
            plain: Small = 3
            mode: Mode = field(default=Mode.READ)
            nobody: Node = NULL
            on: bool = True
    """
    found = fields(specs, body, "Most")
    assert {
        name: field.type for name, field in found.items() if name in ("slots", "users", "rest", "ids", "members")
    } == {
        "slots": LockType("semaphore", 2, owned=False),
        "users": AtomicType(0, 3),
        "rest": AtomicType(0, 3, counts=True, zero_is_cached=True),
        "ids": IdrType("Node", 4),
        "members": ListHeadType("Node", "link", "count"),
    }
    assert (found["held"].counted, found["held"].constant) == ("count", True)
    assert [found[name].default for name in ("plain", "mode", "nobody", "on", "slots")] == [3, 1, 0, 1, None]
    assert found["ids"].guarded_by == found["members"].guarded_by == Guard("big_lock", (), "big_lock")


def test_guards_are_paths_through_constant_references_and_records(specs: Specs) -> None:
    body = """
        class Inner(Record):
            lock: SpinLock
            mine: Small = field(guarded_by="lock")
            outer: Small = field(guarded_by="sem")
            entry: ListEntry
        class Around(Struct):
            sem: Semaphore
            node: Node = field(constant=True)
            first: Inner
            second: Inner = field(guarded_by="sem", constant=True)
            all: ListHead[Around] = list_of("first.entry")
            z: Small = field(guarded_by="first.lock")
            y: Small = field(guarded_by="node.root.sem")
    """
    found = fields(specs, body, "Around")
    assert {name: field.guarded_by and field.guarded_by.path for name, field in found.items()} == {
        "sem": None,
        "node": None,
        "first.lock": None,
        "first.mine": ("first.lock",),
        "first.outer": ("sem",),
        "first.entry": None,
        "second.lock": None,
        "second.mine": ("second.lock",),
        "second.outer": ("sem",),
        "second.entry": None,
        "all": None,
        "z": ("first.lock",),
        "y": ("node", "root", "sem"),
    }
    assert [name for name, field in found.items() if field.constant] == ["node", "second.mine", "second.outer"]


def test_structs_stand_in_the_order_of_their_declaration_each_with_its_line(specs: Specs) -> None:
    body = """
        class A(Struct):
            b: B
        class C(Struct):
            a: A
        class B(Struct):
            c: C
    """
    structs = specs.program(body).structs
    assert list(structs) == ["big_lock", "Node", "A", "C", "B"]
    assert [(structs[n].path, structs[n].line - LINES, structs[n].fields[0].line - LINES) for n in "ACB"] == [
        ("spec.py", 1, 2),
        ("spec.py", 3, 4),
        ("spec.py", 5, 6),
    ]


def test_a_struct_may_come_from_a_module_beside_the_spec(specs: Specs) -> None:
    specs.write(
        "from __future__ import annotations\nfrom lockmodel import *\n"
        "class Far(Struct):\n    near: Near\nclass Near(Struct):\n    far: Far\n",
        "shared_part.py",
    )
    structs = specs.program("from shared_part import Far\nclass Mine(Struct):\n    far: Far\n").structs
    assert (structs["Near"].path, structs["Near"].line) == ("shared_part.py", 5)


def test_a_wrong_field_of_a_module_beside_the_spec_is_placed_there(specs: Specs) -> None:
    specs.write(
        "from __future__ import annotations\nfrom lockmodel import *\nclass Far(Struct):\n    near: Naer\n",
        "shared_part.py",
    )
    assert specs.refusal("from shared_part import Far") == (
        "shared_part.py:4: the annotation of the field `Far.near` names `Naer`, which is not defined\n"
        "  Import or define it at module level."
    )
