"""A whole program: globals, caches, switches, designs, the hierarchy."""

from __future__ import annotations

import textwrap

import pytest

from lockmodel.compile import compile_model, load, switch_values
from lockmodel.errors import SpecError, UsageError
from lockmodel.ir.text import program_text
from lockmodel.ir.types import Field, LockType
from tests.compile.specs import LINES, Specs

REFUSED = [
    (
        'o = model.object(Node, "shared", value=3, vlaue=4)',
        """\
L1: Node has no field `vlaue`
  Did you mean `value`?""",
    ),
    (
        'o = model.object(Node, "shared", value=9)',
        "L1: the field `value` of shared is 9, outside of its range 0..7\n"
        "  Give one within it, or widen the range where it is declared.",
    ),
    (
        'o = model.object(Node, "big_lock", value=3)',
        """\
L1: there are two globals named big_lock (the other: spec.py:7)
  Rename one of them.""",
    ),
    (
        "c = model.cache(Node, capacity=2)",
        """\
L1: there are two caches of Node (the other: spec.py:49)
  Keep one of them.""",
    ),
    (
        """\
sw = model.switch("fails", False, "doc")
class B(Struct):
    x: bool
c = model.cache(B, capacity=0, may_fail=sw)""",
        """\
L4: the capacity of the cache of B is 0
  It must be at least 1.""",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_global_that_does_not_fit_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message


def test_globals_are_locks_then_objects_with_all_their_values(specs: Specs) -> None:
    body = """
        first = model.object(Node, "first", value=3, stamp={"when": 4}, flag=True)
        second = model.object(Node, "second", parent=first, root=NULL)
        free = model.semaphore("free", 2)
        @model.procedure
        def f() -> None:
            first.value = second.parent.value
            down(free)
    """
    program = specs.program(body)
    assert [(shared.name, shared.struct, shared.lock) for shared in program.globals] == [
        ("big_lock", "big_lock", True),
        ("free", "free", True),
        ("first", "Node", False),
        ("second", "Node", False),
    ]
    assert [shared.values for shared in program.globals[:2]] == [(("lock", 1),), (("lock", 2),)]
    first, second = (dict(shared.values) for shared in program.globals[2:])
    assert (first["value"], first["stamp.when"], first["flag"], first["sem"]) == (3, 4, 1, 1)
    assert (second["parent"], second["root"]) == (3, 0)
    assert program.structs["free"].fields == (Field("lock", LockType("semaphore", 2, False), "spec.py", LINES + 3),)
    assert specs.code(body).splitlines()[1:] == [
        "0 %1 = load @second->parent",
        "1 %2 = load %1->value",
        "2 store @first->value = %2",
        "3 down(&@free->lock)",
        "4 return",
    ]


SWITCHES = """
    fails = model.switch("fails", False, "allocation may fail")
    order = model.switch("order", "fifo", "how to queue")
    size = model.switch("size", 3, "how many")
    class Part(Struct):
        on: bool
    parts = model.cache(Part, capacity=3, may_fail=fails)
    @model.path
    def f(n: Node) -> None:
        if fails:
            mark("fails")
        if not fails and order.value == "fifo":
            mark("fifo")
        if order.value != "fifo":
            mark("not fifo")
        n.value = size.value if size.value > 2 else 1
    @model.scenario
    def s(m: Scenario) -> None:
        m.thread("t" if fails else "u", f, m.new(Node, value=size.value))
"""


def test_a_switch_is_decided_before_the_run(specs: Specs) -> None:
    assert specs.code(SWITCHES) == "locals %1: int\n0 mark 'fifo'\n1 %1 = 3\n2 store n->value = %1\n3 return"
    assert specs.code(SWITCHES, fails="on", order="lifo", size="1") == (
        "locals %1: int\n0 mark 'fails'\n1 mark 'not fifo'\n2 %1 = 1\n3 store n->value = %1\n4 return"
    )


def test_a_switch_reaches_caches_scenarios_and_the_program(specs: Specs) -> None:
    program = specs.program(SWITCHES, fails=True)
    assert program.switches == (("fails", True), ("order", "fifo"), ("size", 3))
    assert (program.caches["Part"].capacity, program.caches["Part"].may_fail) == (3, True)
    assert program.caches["Part"].site.line == LINES + 6
    assert not specs.program(SWITCHES).caches["Part"].may_fail
    setup = specs.setup(SWITCHES, fails="on", size=5)
    assert (setup.threads[0].name, dict(setup.objects[1].values)["value"]) == ("t", 5)
    assert specs.setup(SWITCHES).threads[0].name == "u"


@pytest.mark.parametrize(
    ("given", "value"),
    [("on", True), ("TRUE", True), ("yes", True), ("1", True), (True, True), ("off", False), (0, False)],
)
def test_a_switch_takes_words_and_values(specs: Specs, given: str | bool | int, value: bool) -> None:
    assert switch_values(load(specs.spec(SWITCHES)), {"fails": given})["fails"] is value


USAGE: list[tuple[str | None, dict[str, str | bool | int], str]] = [
    ("neww", {}, "the model toy has no design `neww`\n  Did you mean `new`?"),
    ("2005", {}, "the model toy has no design `2005`\n  There are: as-written, new."),
    (None, {"fals": "on"}, "the model toy has no switch `fals`\n  Did you mean `fails`?"),
    (None, {"fails": "maybe"}, "the switch `fails` is `on` or `off`, not `maybe`\n  Write `fails=on` or `fails=off`."),
    (None, {"size": "big"}, "the switch `size` is a number, not `big`\n  Write `size=3` or another."),
]


@pytest.mark.parametrize(("design", "switches", "message"), USAGE)
def test_a_design_or_switch_that_is_not_there_is_refused(
    specs: Specs, design: str | None, switches: dict[str, str | bool | int], message: str
) -> None:
    model = load(
        specs.spec(textwrap.dedent(SWITCHES) + '@model.design("new", replaces=f)\ndef g(n: Node) -> None:\n    pass\n')
    )
    with pytest.raises(UsageError) as caught:
        compile_model(model, design, switches)
    assert str(caught.value) == message


def test_the_hierarchy_names_lock_classes(specs: Specs) -> None:
    text = specs.spec("")
    path = specs.folder / text
    right = path.read_text().replace('"fs/toy.c")', '"fs/toy.c", hierarchy=[["big_lock", "Node.sem"], "Node.spin"])')
    path.write_text(right)
    compile_model(load(text))
    path.write_text(right.replace("Node.sem", "Node.sema"))
    with pytest.raises(SpecError) as caught:
        compile_model(load(text))
    assert str(caught.value) == (
        "spec.py:6: the hierarchy names `Node.sema`, which is no lock class of the model\n  Did you mean `Node.sem`?"
    )


def test_the_same_spec_gives_the_same_program(specs: Specs) -> None:
    name = specs.spec(SWITCHES)
    assert program_text(compile_model(load(name))) == program_text(compile_model(load(name)))
