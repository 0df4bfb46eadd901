"""What is declared to a model is of the type that the language asks for, or is refused with its place."""

from __future__ import annotations

import pytest

from tests.compile.specs import HEADER, Specs

REFUSED = [
    ("model.spinlock(3)", "L1: the name of a lock is 3, which is no text"),
    ('model.semaphore("s", -1)', "L1: the count of `s` is -1\n  It must be at least 0."),
    ('model.semaphore("s", "2")', "L1: the count of `s` is '2', which is no number"),
    ("model.object(Node, 3)", "L1: the name of an object is 3, which is no text"),
    ('model.switch(3, True, "doc")', "L1: the name of a switch is 3, which is no text"),
    ('model.switch("s", 1.5, "doc")', "L1: the switch `s` is 1.5\n  Make it a bool, an int or a str."),
    (
        "class B(Struct):\n    x: bool\nmodel.cache(B, capacity=0)",
        "L3: the capacity of the cache of B is 0\n  It must be at least 1.",
    ),
    (
        "class B(Struct):\n    x: bool\nmodel.cache(B, capacity=1, may_fail='on')",
        "L3: `may_fail` is 'on'\n  Give a bool or a switch of the model.",
    ),
    (
        "class B(Struct):\n    x: bool\nmodel.cache(B, capacity=1, may_fail=Switch('s', True, '', '', 0))",
        "L3: `may_fail` is `s`, a switch of another model",
    ),
    (
        '@model.procedure(holds="n.sem")\ndef f(n: Node) -> None: ...',
        'L1: `holds` is one text, read letter by letter\n  Write a list: `["dev.sem"]`.',
    ),
    (
        "@model.procedure(recursion=0)\ndef f(n: Node) -> None: ...",
        "L1: the `recursion` of `f` is 0\n  It must be at least 1.",
    ),
    (
        "@model.path(recursion=True)\ndef f(n: Node) -> None: ...",
        "L1: the `recursion` of `f` is True, which is no number",
    ),
    (
        "@model.path\ndef f(n: Node) -> None: ...\n"
        "@model.design('new', replaces=f, recursion='2')\ndef g(n: Node) -> None: ...",
        "L3: the `recursion` of `g` is '2', which is no number",
    ),
    (
        "@model.procedure(holds=[big_lock])\ndef f(n: Node) -> None: ...",
        'L1: `holds` is no list of lock names\n  Write `["dev.sem"]`.',
    ),
    (
        "@model.invariant(outside=[big_lock])\ndef f(n: Node) -> bool: ...",
        'L1: `outside` is no list of lock names\n  Write `["Device.sem"]`.',
    ),
    (
        "def f(n: Node) -> None: ...\nf = model.procedure(f)\nmodel.design(3, replaces=f)(f)",
        "spec.py:6: the name of a design is 3, which is no text",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_declaration_of_another_type_is_refused(specs: Specs, body: str, message: str) -> None:
    assert specs.refusal(body) == message


HIERARCHIES = [
    ('"big_lock"', '`hierarchy` is no list of chains\n  Write `hierarchy=[["inode_lock", "Inode.sem"]]`.'),
    ("[[3]]", 'a chain of `hierarchy` is no list of lock names\n  Write `["inode_lock", "Inode.sem"]`.'),
    ("[3]", 'a chain of `hierarchy` is no list of lock names\n  Write `["inode_lock", "Inode.sem"]`.'),
]


@pytest.mark.parametrize(("hierarchy", "message"), HIERARCHIES)
def test_a_hierarchy_is_a_list_of_chains(specs: Specs, hierarchy: str, message: str) -> None:
    header = HEADER.replace('"fs/toy.c")', f'"fs/toy.c", hierarchy={hierarchy})')
    (specs.folder / "spec.py").write_text(header)
    from lockmodel.compile import compile_model, load
    from lockmodel.errors import SpecError

    with pytest.raises(SpecError) as caught:
        compile_model(load("spec.py"))
    assert str(caught.value) == f"spec.py:6: {message}"
