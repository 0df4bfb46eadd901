"""Reading the spec: which line of the modelled source a line of the spec stands for, and where functions stand."""

from __future__ import annotations

import pytest

from lockmodel.compile.reader import find_class, find_function, parse, read_file
from lockmodel.errors import SpecError
from lockmodel.ir.nodes import Program
from tests.compile.specs import LINES, Specs


def sources(program: Program, name: str = "f") -> list[tuple[int, str]]:
    """The spec line, counted from the header's end, and the source line of each instruction."""
    return [(i.site.line - LINES, i.site.source) for i in program.procedures[name].code]


def test_a_trailing_number_is_a_line_of_the_models_source(specs: Specs) -> None:
    program = specs.program("""
        @model.path
        def f(n: Node) -> None:  # 10
            down(n.sem)  # 11
            up(n.sem)  # fs/inode.c:12
            down(n.sem)  # inode.c:13
            up(n.sem)  # line 14
            # 15
            down(n.sem)  #16
    """)
    assert program.procedures["f"].site.source == "fs/toy.c:10"
    assert sources(program) == [
        (3, "fs/toy.c:11"),
        (4, "fs/inode.c:12"),
        (5, "inode.c:13"),
        (6, ""),
        (8, "fs/toy.c:16"),
        (8, "fs/toy.c:16"),
    ]


def test_an_expression_takes_its_own_line_then_the_last_then_the_first_of_its_statement(specs: Specs) -> None:
    program = specs.program("""
        @model.path
        def f(n: Node) -> None:
            n.value = (
                n.total  # 20
                + n.value
            )  # 21
            n.total = (  # 22
                n.value
            )
    """)
    assert sources(program)[:5] == [
        (4, "fs/toy.c:20"),
        (5, "fs/toy.c:21"),
        (3, "fs/toy.c:21"),
        (8, "fs/toy.c:22"),
        (7, "fs/toy.c:22"),
    ]


def test_a_header_takes_no_line_from_its_body(specs: Specs) -> None:
    program = specs.program("""
        @model.path
        def f(n: Node) -> None:
            if n.flag:
                down(n.sem)  # 30
            while (
                n.value
            ):  # 31
                up(n.sem)
            for c in list_for_each_entry(n.children):  # 32
                # 33
                c.flag = True
    """)
    assert sources(program) == [
        (3, ""),
        (3, ""),
        (4, "fs/toy.c:30"),
        (6, "fs/toy.c:31"),
        (6, "fs/toy.c:31"),
        (8, ""),
        (5, "fs/toy.c:31"),
        (9, "fs/toy.c:32"),
        (9, "fs/toy.c:32"),
        (11, ""),
        (9, "fs/toy.c:32"),
        (9, "fs/toy.c:32"),
        (11, ""),
    ]


def test_a_number_without_a_source_file_is_no_place(specs: Specs) -> None:
    text = "from __future__ import annotations\nfrom lockmodel import *\nmodel = Model('m')\n"
    text += "@model.path\ndef f() -> None:\n    mark('a')  # 3\n    mark('b')  # a.c:4\n"
    from lockmodel.compile import compile_model, load

    program = compile_model(load(specs.write(text)))
    assert [i.site.source for i in program.procedures["f"].code] == ["", "a.c:4", "a.c:4"]


def test_a_number_inside_a_string_is_no_comment() -> None:
    file = parse("spec.py", 'x = "# 3"\ny = """\n# 4\n"""  # 5\n')
    assert file.comments == {4: "5"}


def test_a_function_is_found_by_its_def_or_its_first_decorator(specs: Specs) -> None:
    name = specs.write("@a\n@b\ndef f(): ...\ndef f(): ...\n")
    assert find_function(name, 1, "f", "").node.lineno == 3
    assert find_function(name, 4, "f", "").node.lineno == 4


def test_a_function_that_is_not_there_is_refused(specs: Specs) -> None:
    name = specs.write("async def f(): ...\n")
    with pytest.raises(SpecError) as caught:
        find_function(name, 1, "f", "")
    assert str(caught.value) == (
        "spec.py:1: `f` is not made by a plain `def`\n  Write `def name(parameter: Type) -> Type:`."
    )


def test_a_file_that_is_not_there_is_refused(specs: Specs) -> None:
    with pytest.raises(SpecError) as caught:
        read_file("<stdin>")
    assert str(caught.value) == (
        "<stdin>: it cannot be read: No such file or directory\n  Procedures must stand in a file of their own."
    )


def test_a_class_in_a_function_is_found_too(specs: Specs) -> None:
    name = specs.write("def make():\n    class A:\n        x: int\n\nclass A:\n    y: int\n")
    assert find_class(name, "make.<locals>.A").fields["x"].line == 3
    assert find_class(name, "A").fields["y"].line == 6
    assert find_class(name, "B").place.line == 0
