"""Designs that are made of others: what stands for what in them, and what is said where two disagree."""

from __future__ import annotations

import pytest

from lockmodel.errors import SpecError
from tests.compile.specs import Specs, relative

PLAIN = """\
@model.procedure
def low() -> None:
    mark("low")
@model.path
def one() -> None:
    low()
@model.path
def two() -> None: ...
@model.design("first", replaces=one)
def one_in_first() -> None:
    low()
    two()
@model.design("second", replaces=two)
def two_in_second() -> None:
    mark("second")
@model.design("third", replaces=two)
def two_in_third() -> None:
    mark("third")
@model.scenario
def s(m: Scenario) -> None:
    m.thread("t", one)
"""
LAST = PLAIN.count("\n")


def standing(specs: Specs, body: str, design: str) -> dict[str, str]:
    """The spec's name of each procedure of the program."""
    program = specs.program(PLAIN + body, design)
    return {name: procedure.site.procedure for name, procedure in program.procedures.items()}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('model.combine("both", ["first", "second"])', ("one_in_first", "two_in_second")),
        (
            'model.combine("half", ["second"], "doc")\nmodel.combine("both", ["half", "first", "second"])',
            ("one_in_first", "two_in_second"),
        ),
        (
            'model.combine("both", ["second", "third"])\n'
            '@model.design("both", replaces=two)\ndef two_in_both() -> None: ...',
            ("one", "two_in_both"),
        ),
        (
            '@model.design("fourth", replaces=two)\n@model.design("fifth", replaces=two)\ndef same() -> None: ...\n'
            'model.combine("both", ["fourth", "fifth"])',
            ("one", "same"),
        ),
    ],
)
def test_a_design_has_what_those_replace_that_it_is_made_of(specs: Specs, body: str, found: tuple[str, str]) -> None:
    procedures = standing(specs, body, "both")
    assert (procedures["one"], procedures["two"]) == found


def test_a_thread_may_enter_what_a_part_of_the_design_puts_in(specs: Specs) -> None:
    body = PLAIN.replace('m.thread("t", one)', 'm.thread("t", one_in_first)')
    assert specs.setup(body + 'model.combine("both", ["first"])', design="both").threads[0].procedure == "one"


def test_the_orders_of_the_parts_take_the_place_of_the_models(specs: Specs) -> None:
    body = (
        'model.hierarchy("big_lock", "Node.spin")\nmodel.hierarchy("Node.sem", "Node.mutex", design="first")\n'
        'model.hierarchy("Node.mutex", "Node.spin", design="second")\nmodel.combine("both", ["first", "second"])\n'
        'model.combine("all", ["both"])\nmodel.combine("other", ["third"])\n'
    )
    found = {
        design: [chain.locks for chain in specs.program(PLAIN + body, design).hierarchy.chains]
        for design in ("all", "other")
    }
    assert found == {
        "all": [("Node.sem", "Node.mutex"), ("Node.mutex", "Node.spin")],
        "other": [("big_lock", "Node.spin")],
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            'model.combine("both", ["second", "third"])',
            "+1: the design both is made of two that replace `two`: `two_in_second` in second (L13) and "
            "`two_in_third` in third (L16)\n"
            '  Write what has both, with `@toy.design("both", replaces=two)`.',
        ),
        (
            'model.combine("both", ["second", "thrid"])',
            "+1: the design both is made of `thrid`, which is no design of the model toy\n  Did you mean `third`?",
        ),
        (
            'model.combine("both", ["other"])\nmodel.combine("other", ["both"])',
            "+1: the design both is made of itself: both -> other -> both\n  Take one of them out.",
        ),
        (
            'model.combine("both", ["first"])\nmodel.combine("both", ["second"])',
            "+2: it is said twice what the design both is made of (the other: +1)\n  Keep one of them.",
        ),
        (
            'model.combine("both", [first := 3])',
            "+1: what the design both is made of is 3, which is no text",
        ),
    ],
)
def test_a_design_that_cannot_be_made_is_refused_in_every_design(specs: Specs, body: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        specs.program(PLAIN + body)
    said = relative(str(caught.value))
    for line in (1, 2):
        said = said.replace(f"L{LAST + line}", f"+{line}")
    assert said == message
