"""Scenarios: what they start from, and the whole message where they are refused."""

from __future__ import annotations

import textwrap

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.errors import SpecError
from lockmodel.ir.setup import Argument, IdrEntry, Link
from lockmodel.source import Site
from tests.compile.specs import LINES, Specs, relative

PATHS = """\
shared = model.object(Node, "shared", value=3)
@model.path
def f(n: Node, x: int) -> None: pass
@model.path
def g(m: Mutex, k: Kind) -> None: pass
@model.procedure
def h() -> None: pass
@model.path
def w(x: Small, b: bool) -> None: pass
@model.path
def sp(s: SpinLock, l: ListHead[Node]) -> None: pass
@model.design("other", replaces=f)
def f2(n: Node, x: int) -> None: pass
@model.scenario
def s(m: Scenario) -> None:
"""

REFUSED = [
    (
        "m.new(Node)",
        """\
L14: the scenario `s` has no threads
  Add one: `m.thread("name", path, ...)`.""",
    ),
    (
        "a = m.new(Node, cuont=1)",
        """\
L16: Node has no field `cuont`
  Did you mean `count`?""",
    ),
    (
        """\
a = m.new(Node, value=9)
m.thread("t", f, a, 1)""",
        "L16: the field `value` of Node is 9, outside of its range 0..7\n"
        "  Give one within it, or widen the range where it is declared.",
    ),
    (
        """\
a = m.new(Node, value="x")
m.thread("t", f, a, 1)""",
        "L16: the field `value` of Node takes an int, not 'x'",
    ),
    (
        """\
a = m.new(Node, mode=3)
m.thread("t", f, a, 1)""",
        """\
L16: the field `mode` of Node takes a Mode, not 3
  Write `Mode.READ` or another of its members.""",
    ),
    (
        """\
a = m.new(Node, flag=3)
m.thread("t", f, a, 1)""",
        """\
L16: the field `flag` of Node takes a bool, not 3
  Write True or False.""",
    ),
    (
        """\
a = m.new(Node, sem=0)
m.thread("t", f, a, 1)""",
        """\
L16: the field `sem` of Node is a Semaphore: it starts free
  Leave it out.""",
    ),
    (
        """\
a = m.new(Node, children=0)
m.thread("t", f, a, 1)""",
        """\
L16: the field `children` of Node is a ListHead[Node] and takes no value
  Fill it by `m.link(...)`, `m.idr_set(...)` or `m.carry(...)`.""",
    ),
    (
        """\
a = m.new(Node, parent=3)
m.thread("t", f, a, 1)""",
        """\
L16: the field `parent` of Node takes a Node, not 3
  Give an object that `m.new(Node)` made, or NULL.""",
    ),
    (
        """\
a = m.new(Node, parent=m)
m.thread("t", f, a, 1)""",
        """\
L16: the field `parent` of Node takes a Node, not a Scenario
  Give an object that `m.new(Node)` made, or NULL.""",
    ),
    (
        """\
a = m.new(Node, parent=None)
m.thread("t", f, a, 1)""",
        """\
L16: the field `parent` of Node takes a Node, not None
  Give an object that `m.new(Node)` made, or NULL.""",
    ),
    (
        """\
a = m.new(Node, "x")
b = m.new(Node, "x")""",
        """\
L17: there are two objects named x (L16)
  Give one of them another name.""",
    ),
    (
        'a = m.new(Node, "shared")',
        """\
L16: there are two objects named shared, a global one
  Give one of them another name.""",
    ),
    (
        """\
a = m.new(Node)
m.thread("t", f, a)""",
        """\
L17: the thread `t` gives 1 argument to `f`, which takes 2
  It is declared as `f(n, x)` (L3).""",
    ),
    (
        """\
a = m.new(Node)
m.thread("t", f, 3, a)""",
        """\
L17: the parameter `n` of `f` takes a Node, not 3
  Give an object that `m.new(Node)` made, or NULL.""",
    ),
    (
        """\
a = m.new(Node)
m.thread("t", f, a, 3)
m.thread("t", f, a, 3)""",
        """\
L18: there are two threads named t (L17)
  Give one of them another name.""",
    ),
    (
        'm.thread("t", h)',
        """\
L16: the thread `t` enters `h`, which is no path
  Declare it with `@toy.path` (L6).""",
    ),
    (
        'm.thread("t", print)',
        """\
L16: the thread `t` enters `print`, which is no path of the model toy
  There are: f, g, sp, w.""",
    ),
    (
        'm.thread("t", f2, shared, 3)',
        """\
L16: the thread `t` enters `f2`, which stands for `f` in the design other
  Enter `f`: each design puts in its own.""",
    ),
    (
        'm.thread("t", w, 9, True)',
        "L16: the parameter `x` of `w` is 9, outside of its range 0..7\n"
        "  Give one within it, or widen the range where it is declared.",
    ),
    (
        'm.thread("t", w, 3, 1)',
        """\
L16: the parameter `b` of `w` takes a bool, not 1
  Write True or False.""",
    ),
    ('m.thread("t", g, shared.sem, Kind.FILE)', "L16: the parameter `m` of `g` takes a Mutex, not a Semaphore"),
    (
        'm.thread("t", g, shared.mutex, 0)',
        """\
L16: the parameter `k` of `g` takes a Kind, not 0
  Write `Kind.FILE` or another of its members.""",
    ),
    (
        'm.thread("t", g, shared.mutxe, 0)',
        """\
L16: Node has no field `mutxe`
  Did you mean `mutex`?""",
    ),
    (
        'm.thread("t", g, shared, Kind.FILE)',
        """\
L16: the parameter `m` of `g` takes a Mutex
  Give a member of an object, such as `dev.sem`.""",
    ),
    (
        """\
a = m.new(Node)
m.link(a, a.children)""",
        """\
L17: the entry of `m.link` is no member of an object
  Give the link of an entry, then the head of a list: `m.link(watch.i_list, inode.watches)`.""",
    ),
    (
        """\
a = m.new(Node)
m.link(a.link, a.sem)""",
        """\
L17: `m.link` takes a ListHead, not a Semaphore
  Give the link of an entry, then the head of a list: `m.link(watch.i_list, inode.watches)`.""",
    ),
    (
        """\
a = m.new(Node)
m.link(a.children, a.children)""",
        """\
L17: `m.link` takes a ListEntry, not a ListHead[Node]
  Give the link of an entry, then the head of a list: `m.link(watch.i_list, inode.watches)`.""",
    ),
    (
        """\
a = m.new(Node)
m.link(a.link, a.others)""",
        """\
L17: `m.link` puts Node.link on a list that is linked by Node.other_link
  Give the link that the list is declared with in list_of(...).""",
    ),
    (
        """\
a = m.new(Node)
m.link(a.link, a.children)
m.link(a.link, a.children)
m.thread("t", f, a, 3)""",
        """\
L18: `Node.link` is linked twice (before: L17)
  Keep one of them: an entry is on one list at a time.""",
    ),
    (
        """\
a = m.new(Node)
m.idr_set(a.ids, 8, a)
m.thread("t", f, a, 3)""",
        "L17: the id of `m.idr_set` is 8, outside of its range 0..7\n"
        "  Give one within it, or widen the range where it is declared.",
    ),
    (
        """\
a = m.new(Node)
m.idr_set(a.ids, 1, a)
m.idr_set(a.ids, 1, a)
m.thread("t", f, a, 3)""",
        """\
L18: the id 1 is set twice (before: L17)
  Use another id.""",
    ),
    (
        """\
a = m.new(Node)
m.idr_set(a.ids, 1, 3)
m.thread("t", f, a, 3)""",
        """\
L17: the target of `m.idr_set` takes a Node, not 3
  Give an object that `m.new(Node)` made, or NULL.""",
    ),
    (
        """\
a = m.new(Node)
m.idr_set(a.sem, 1, a)
m.thread("t", f, a, 3)""",
        """\
L17: `m.idr_set` takes an Idr, not a Semaphore
  Give an Idr, an id and an object: `m.idr_set(dev.idr, 1, watch)`.""",
    ),
    (
        """\
a = m.new(Node)
m.keep(a)
m.thread("t", f, a, 3)""",
        """\
L17: `m.keep` of `Node`, whose `count` starts at 0
  Count the reference that is kept: `count=1` or more.""",
    ),
    (
        """\
a = m.new(Node)
m.set(a, value=9)
m.thread("t", f, a, 3)""",
        "L17: the field `value` of Node is 9, outside of its range 0..7\n"
        "  Give one within it, or widen the range where it is declared.",
    ),
    (
        """\
m.set(shared, valeu=1)
m.thread("t", f, shared, 3)""",
        """\
L16: Node has no field `valeu`
  Did you mean `value`?""",
    ),
    (
        """\
m.set(3, value=1)
m.thread("t", f, shared, 3)""",
        """\
L16: `m.set` of 3, which is no object
  Give an object of `m.new(...)`, or a global one.""",
    ),
    ("1 / 0", "L16: the scenario `s` raised ZeroDivisionError: division by zero"),
    ('raise KeyError("x")', "L16: the scenario `s` raised KeyError: 'x'"),
    (
        "m.new(Stamp)",
        """\
L16: `Stamp` is no Struct that the model uses
  There are: Node.""",
    ),
    (
        'm.new("Node")',
        """\
L16: `'Node'` is no Struct that the model uses
  Did you mean `Node`?""",
    ),
    (
        """\
a = m.new(Node, parent=shared.parent)
b = m.new(Node, parent=a.parent)
m.thread("t", f, b.parent.parent, 3)""",
        """\
L18: `Node.parent` is NULL here and has no field `parent`
  Give it in `m.new(...)`.""",
    ),
    (
        "m.thread(3, f, shared, 3)",
        """\
L16: the name of a thread is 3
  Write `m.thread("name", path, ...)`.""",
    ),
    ('m.thread("t", f, shared, None)', "L16: the parameter `x` of `f` takes an int, not None"),
    (
        "m.nwe(Node)",
        """\
L16: the scenario `s` raised AttributeError: 'Scenario' object has no attribute 'nwe'
  Did you mean `new`?""",
    ),
]


def scenario(body: str) -> str:
    """The paths above and a scenario `s` with this body, which begins on line 16."""
    return PATHS + textwrap.indent(body, "    ")


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_scenario_that_does_not_fit_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(scenario(body), "s") == message


FULL = """
a = m.new(Node, count=2, parent=shared, mode=Mode.READ | Mode.WRITE, flag=True, stamp={"when": 3})
b = m.new(Node, "bee", parent=a, kind=Kind.FOLDER, value=shared.value, **{"stamp.mode": Mode.READ})
c = m.new(Node, parent=b.parent, root=NULL)
m.link(b.link, a.children)
m.link(c.link, shared.children)
m.link(b.other_link, b.parent.others)
m.idr_set(a.ids, 3, b)
m.keep(a)
m.thread("t", f, a, -1)
m.thread("u", f, b.parent, True, may_wait=True)
m.thread("v", g, a.mutex, Kind.FOLDER)
m.thread("w", w, 3, True)
m.thread("x", sp, big_lock, b.parent.children)
m.thread("y", f, NULL, 0)
"""


def test_objects_are_numbered_globals_first_and_named(specs: Specs) -> None:
    setup = specs.setup(scenario(FULL))
    assert [(o.name, o.struct) for o in setup.objects] == [
        ("big_lock", "big_lock"),
        ("shared", "Node"),
        ("node#1", "Node"),
        ("bee", "Node"),
        ("node#2", "Node"),
    ]
    assert setup.site == Site("s", "spec.py", LINES + PATHS.count("\n") - 1)


SET = """
a = m.new(Node, value=1)
m.set(a, value=2, parent=shared)
m.set(shared, value=5, flag=True)
m.set(a, stamp={"when": 3})
m.thread("t", f, a, -1)
"""


def test_what_is_set_holds_for_this_scenario_alone_of_a_global_object_too(specs: Specs) -> None:
    text = scenario(SET) + "\n@model.scenario\ndef plain(m: Scenario) -> None:\n    m.thread('t', f, shared, 1)\n"
    changed = {item.name: dict(item.values) for item in specs.setup(text).objects}
    assert (changed["shared"]["value"], changed["shared"]["flag"]) == (5, 1)
    assert (changed["node#1"]["value"], changed["node#1"]["parent"], changed["node#1"]["stamp.when"]) == (2, 2, 3)
    plain = {item.name: dict(item.values) for item in specs.setup(text, "plain").objects}
    assert (plain["shared"]["value"], plain["shared"]["flag"]) == (3, 0)


def test_every_value_is_there_given_or_by_default(specs: Specs) -> None:
    objects = specs.setup(scenario(FULL)).objects
    assert objects[0].values == (("lock", 1),)
    assert objects[2].values == (
        ("sem", 1),
        ("spin", 1),
        ("mutex", 1),
        ("count", 2),
        ("users", 0),
        ("parent", 2),
        ("root", 0),
        ("value", 0),
        ("total", 0),
        ("flag", 1),
        ("mode", 3),
        ("kind", 0),
        ("stamp.when", 3),
        ("stamp.mode", 0),
        ("seen", 0),
    )
    second, third = dict(objects[3].values), dict(objects[4].values)
    assert (second["parent"], second["kind"], second["value"], second["stamp.mode"]) == (3, 1, 3, 1)
    assert third["parent"] == 3


def test_links_ids_and_kept_references_name_objects_by_number(specs: Specs) -> None:
    setup = specs.setup(scenario(FULL))
    assert setup.links == (
        Link(4, "link", 3, "children"),
        Link(5, "link", 2, "children"),
        Link(4, "other_link", 3, "others"),
    )
    assert setup.idr_entries == (IdrEntry(3, "ids", 3, 4),)
    assert setup.kept == ((3, "count"),)


def test_threads_enter_paths_with_numbers_references_and_addresses(specs: Specs) -> None:
    setup = specs.setup(scenario(FULL))
    assert [(t.name, t.procedure, t.arguments, t.may_wait) for t in setup.threads] == [
        ("t", "f", (Argument(3), Argument(-1)), False),
        ("u", "f", (Argument(3), Argument(1)), True),
        ("v", "g", (Argument(3, "mutex"), Argument(1)), False),
        ("w", "w", (Argument(3), Argument(1)), False),
        ("x", "sp", (Argument(1, "lock"), Argument(3, "children")), False),
        ("y", "f", (Argument(0), Argument(0)), False),
    ]
    assert setup.threads[0].site.line - setup.site.line == 11


def test_a_thread_may_enter_the_variant_of_its_own_design(specs: Specs) -> None:
    assert specs.setup(scenario('m.thread("t", f2, shared, 3)'), design="other").threads[0].procedure == "f"


def test_an_exception_is_placed_at_the_innermost_line_of_the_spec(specs: Specs) -> None:
    body = PATHS + "    import json\n    half(json)\ndef half(json: object) -> None:\n    json.loads('{')\n"
    last = body.count("\n")
    assert specs.refusal(body, "s") == (
        f"L{last}: the scenario `s` raised JSONDecodeError: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    )


def test_a_counting_semaphore_starts_with_the_count_that_is_given(specs: Specs) -> None:
    body = """
        class Gate(Struct):
            slots: Semaphore = semaphore(2)
        @model.path
        def f(g: Gate) -> None:
            down(g.slots)
        @model.scenario
        def s(m: Scenario) -> None:
            m.thread("a", f, m.new(Gate, slots=0))
            m.thread("b", f, m.new(Gate))
    """
    assert [o.values for o in specs.setup(body).objects[1:]] == [(("slots", 0),), (("slots", 2),)]


def test_an_object_of_another_scenario_is_refused(specs: Specs) -> None:
    body = PATHS + "    global kept\n    kept = m.new(Node)\n    m.thread('t', f, kept, 3)\n"
    body += "@model.scenario\ndef s2(m: Scenario) -> None:\n    m.thread('t', f, kept, 3)\n"
    model = load(specs.spec(body))
    program = compile_model(model)
    lower_scenario(model, model.scenarios["s"], program)
    with pytest.raises(SpecError) as caught:
        lower_scenario(model, model.scenarios["s2"], program)
    assert relative(str(caught.value)) == (
        f"L{body.count(chr(10))}: the parameter `n` of `f` is an object of another scenario\n"
        "  Make it here, with `m.new(...)`."
    )


def test_switches_are_as_they_were_after_a_scenario(specs: Specs) -> None:
    body = 'on = model.switch("on", False, "doc")\n' + scenario('assert on\nm.thread("t", f, shared, 3)')
    model = load(specs.spec(body))
    lower_scenario(model, model.scenarios["s"], compile_model(model, None, {"on": True}))
    assert model.switches["on"].value is False


def test_a_field_may_have_any_name(specs: Specs) -> None:
    text = """\
class Inner(Record):
    owner: bool
    field: bool
class Odd(Struct):
    struct: Mutex
    name: Atomic
    values: bool
    path: Small
    line: bool
    is_global: bool
    inner: Inner
@model.path
def p(lock: Mutex, count: Atomic) -> None:
    mutex_lock(lock)
    mutex_unlock(lock)
@model.scenario
def s(m: Scenario) -> None:
    odd = m.new(Odd, path=2, inner={"owner": True})
    m.thread("t", p, odd.struct, odd.name)
"""
    setup = specs.setup(text)
    number = setup.threads[0].arguments[0].value
    assert setup.threads[0].arguments == (Argument(number, "struct"), Argument(number, "name"))
    values = dict(setup.objects[number - 1].values)
    assert (values["path"], values["inner.owner"]) == (2, 1)
