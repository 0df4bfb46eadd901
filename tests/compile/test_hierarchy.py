"""The declared lock order: chains become one partial order, and what contradicts itself is refused with both lines."""

from __future__ import annotations

import pytest

from lockmodel.compile import compile_model, load
from lockmodel.ir.hierarchy import Rank
from tests.compile.specs import Specs

DESIGN = '@model.procedure\ndef f() -> None: ...\n@model.design("new", replaces=f)\ndef g() -> None: ...\n'


def test_chains_are_joined_with_what_follows_from_them(specs: Specs) -> None:
    body = 'model.hierarchy("Node.sem", "Node.mutex")\nmodel.hierarchy("Node.mutex", "Node.spin", "big_lock")\n'
    found = specs.program(body).hierarchy
    assert [chain.locks for chain in found.chains] == [
        ("Node.sem", "Node.mutex"),
        ("Node.mutex", "Node.spin", "big_lock"),
    ]
    assert found.above == {
        ("Node.sem", "Node.mutex"), ("Node.sem", "Node.spin"), ("Node.sem", "big_lock"), ("Node.mutex", "Node.spin"),
        ("Node.mutex", "big_lock"), ("Node.spin", "big_lock"),
    }  # fmt: skip
    assert found.notes == ()


def test_a_design_takes_the_chains_that_name_it_and_no_others(specs: Specs) -> None:
    body = DESIGN + 'model.hierarchy("big_lock", "Node.spin")\nmodel.hierarchy("Node.spin", "big_lock", design="new")\n'
    assert specs.program(body).hierarchy.above == {("big_lock", "Node.spin")}
    assert specs.program(body, design="new").hierarchy.above == {("Node.spin", "big_lock")}


def test_a_design_without_chains_has_those_of_the_model(specs: Specs) -> None:
    body = DESIGN + 'model.hierarchy("big_lock", "Node.spin")\n'
    assert specs.program(body, design="new").hierarchy.above == {("big_lock", "Node.spin")}


def test_a_design_may_replace_nothing_but_the_hierarchy(specs: Specs) -> None:
    model = load(specs.spec('model.hierarchy("big_lock", "Node.spin", design="strict")\n'))
    assert compile_model(model).hierarchy.above == frozenset()
    assert compile_model(model, "strict").hierarchy.above == {("big_lock", "Node.spin")}


def test_a_lock_that_sleeps_below_one_that_spins_gets_a_note(specs: Specs) -> None:
    path = specs.spec('model.hierarchy("Node.sem", "big_lock", "Node.mutex")\n')
    (note,) = compile_model(load(path)).hierarchy.notes
    assert note.partition(": ")[2] == (
        "the hierarchy puts Node.mutex, for which a thread sleeps, below the spinlock big_lock: to ask for it there is "
        "LM601"
    )


def test_instances_are_ordered_by_a_number_or_by_a_reference(specs: Specs) -> None:
    text = "class Leaf(Struct):\n    lock: Mutex\n    parent: Leaf = field(constant=True)\n"
    text += "    n: Small = field(constant=True)\n"
    for by in ("parent", "n"):
        (rank,) = specs.program(f'{text}model.ordered("Leaf.lock", by="{by}")\n').hierarchy.ranks
        assert (rank.lock, rank.by, rank.reference) == ("Leaf.lock", by, by == "parent")
        assert isinstance(rank, Rank)


REFUSED = [
    (
        'model.hierarchy("big_lock", "Node.sema")',
        "L1: the hierarchy names `Node.sema`, which is no lock class of the model\n  Did you mean `Node.sem`?",
    ),
    (
        'model.hierarchy("Node.sem", "big_lock", "Node.sem")',
        "L1: the hierarchy names `Node.sem` twice in one chain\n  Keep one: a chain goes from the outside in.",
    ),
    (
        'model.hierarchy("Node.sem", "big_lock")\nmodel.hierarchy("big_lock", "Node.sem")',
        "L2: the hierarchy contradicts itself: `big_lock` above `Node.sem` (L2), but `Node.sem` above `big_lock` (L1)\n"
        "  Take one of these lines out.",
    ),
    (
        'model.hierarchy("Node.sem", "Node.mutex")\nmodel.hierarchy("Node.mutex", "big_lock")\n'
        'model.hierarchy("big_lock", "Node.sem")',
        "L3: the hierarchy contradicts itself: `big_lock` above `Node.sem` (L3), but `Node.sem` above `Node.mutex` "
        "(L1), `Node.mutex` above `big_lock` (L2)\n  Take one of these lines out.",
    ),
    (
        "model.hierarchy(big_lock)",
        'L1: the chain of `hierarchy` is no list of lock names\n  Write `hierarchy("inode_lock", "Inode.sem")`.',
    ),
    (
        'model.ordered("big_lock", by="n")',
        "L1: `big_lock` is ordered, but there is only one\n  Order the lock of a Struct: `Fork.lock`.",
    ),
    (
        'model.ordered("Node.sema", by="value")',
        "L1: `ordered` names `Node.sema`, which is no lock class of the model\n  Did you mean `Node.sem`?",
    ),
    (
        'model.ordered("Node.sem", by="valu")',
        "L1: `Node.sem` is ordered by `valu`, which is no field of Node\n  Did you mean `value`?",
    ),
    (
        'model.ordered("Node.sem", by="flag")',
        "L1: `Node.sem` is ordered by `flag`, which is a bool\n  Order it by a number, or by a reference to a Node.",
    ),
    (
        'model.ordered("Node.sem", by="parent")',
        "L1: `Node.sem` is ordered by `parent`, which can change\n"
        "  Declare it as `parent: ... = field(constant=True)`.",
    ),
    (
        'model.ordered("Node.sem", by="root")\nmodel.ordered("Node.sem", by="root")',
        "L2: `Node.sem` is ordered twice\n  Keep one of them.",
    ),
    ('model.ordered(3, by="root")', "L1: the lock that is `ordered` is 3, which is no text"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_what_is_no_order_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message
