"""Ghost procedures: what they are compiled to, and the whole message of each refusal."""

from __future__ import annotations

import pytest

from tests.compile.specs import Specs

GHOSTS = """\
@model.ghost
def note(n: Node, value: int) -> None:
    n.seen = value
@model.ghost
def seen(n: Node) -> int:
    return n.seen
"""

REFUSED = [
    (
        """\
@model.ghost
def f(n: Node) -> None:
    n.value = 1""",
        """\
L3: `n.value` is written in a ghost procedure, which writes ghost fields only
  Declare it as `value: ... = field(ghost=True)`, or write it in a procedure.""",
    ),
    (
        """\
@model.ghost
def f(n: Node) -> None:
    n.value += 1""",
        """\
L3: `n.value` is written in a ghost procedure, which writes ghost fields only
  Declare it as `value: ... = field(ghost=True)`, or write it in a procedure.""",
    ),
    (
        """\
@model.ghost
def f(n: Node) -> None:
    down(n.sem)""",
        """\
L3: `down` in a ghost procedure, which writes ghost fields only
  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.""",
    ),
    (
        """\
@model.ghost
def f(n: Node) -> None:
    await_(n.flag)""",
        """\
L3: `await_` in a ghost procedure, which writes ghost fields only
  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.""",
    ),
    (
        """\
@model.ghost
def f(n: Node) -> None:
    n.parent = kmem_cache_alloc(nodes, GFP_KERNEL)""",
        """\
L3: `kmem_cache_alloc` in a ghost procedure, which writes ghost fields only
  Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.""",
    ),
    (
        """\
@model.procedure
def change(n: Node) -> None:
    n.value = 1
@model.ghost
def f(n: Node) -> None:
    change(n)""",
        """\
L3: `n.value` is written in a claim or an awaited condition, which only reads
  Write it in a procedure.""",
    ),
    (
        GHOSTS
        + """\
@model.procedure
def f(n: Node) -> None:
    note(n, n.value)""",
        """\
L9: `n.value` reads shared memory, which is a step, but ghost code takes none
  Give `note` a local, or the object itself and read it in a ghost procedure.""",
    ),
    (
        GHOSTS
        + """\
@model.procedure
def f(n: Node) -> None:
    note(n.parent, 1)""",
        """\
L9: `n.parent` reads shared memory, which is a step, but ghost code takes none
  Give `note` a local, or the object itself and read it in a ghost procedure.""",
    ),
    (
        GHOSTS
        + """\
@model.procedure
def f(n: Node) -> None:
    n.value = seen(n)""",
        """\
L9: the ghost procedure `seen` gives a value, which the design must not depend on
  Keep it in a ghost field, or call it from a ghost procedure.""",
    ),
    (
        GHOSTS
        + """\
@model.invariant()
def f(n: Node) -> bool:
    return seen(n) == 0""",
        "L9: the ghost procedure `seen` in a claim or an awaited condition, which only reads",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_ghost_procedures_are_refused_with_a_reason(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message


def test_a_ghost_procedure_is_called_without_a_step(specs: Specs) -> None:
    body = """
        @model.ghost
        def note(n: Node, value: int) -> None:
            for child in list_for_each_entry(n.children):
                n.seen = child.value + value
            assert n.seen < 7
        @model.procedure
        def f(n: Node, x: int) -> None:
            note(n, x + 1)
            note(n, n.seen)
    """
    program = specs.program(body)
    assert (program.procedures["note"].ghost, program.procedures["note"].atomic) == (True, True)
    assert specs.code(body).splitlines()[1:] == [
        "0 call note(n, x + 1)",
        "1 %1 = load n->seen",
        "2 call note(n, %1)",
        "3 return",
    ]


def test_a_ghost_procedure_may_call_others_and_what_only_reads(specs: Specs) -> None:
    body = """
        @model.procedure
        def total(n: Node) -> int:
            return n.value + n.total
        @model.ghost
        def seen(n: Node) -> int:
            return n.seen + total(n)
        @model.ghost
        def f(n: Node) -> None:
            n.seen = seen(n)
    """
    assert specs.code(body).splitlines()[1:] == ["0 %1 = call seen(n)", "1 store n->seen = %1", "2 return"]
    assert "call total.atomic(n)" in specs.code(body, "seen")


def test_a_design_may_replace_a_ghost_procedure(specs: Specs) -> None:
    body = """
        @model.ghost
        def f(n: Node) -> None:
            n.seen = 1
        @model.design("other", replaces=f)
        def g(n: Node) -> None:
            n.seen = 2
    """
    program = specs.program(body, "other")
    assert program.procedures["f"].ghost
    assert "store n->seen = 2" in specs.code(body, design="other")


def test_a_ghost_procedure_may_implement_a_hook(specs: Specs) -> None:
    body = """
        @model.hook
        def happens(n: Node) -> None: pass
        @model.procedure
        def f(n: Node) -> None:
            down(n.sem)
            happens(n)
        @model.implements(happens)
        @model.ghost
        def note(n: Node) -> None:
            n.seen = n.value
    """
    assert specs.program(body).procedures["note"].ghost
    assert specs.code(body).splitlines() == ["0 down(&n->sem)", "1 call note(n)", "2 return"]
