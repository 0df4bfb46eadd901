"""The pass that tidies code: it takes the same steps with less."""

from __future__ import annotations

from lockmodel.compile.passes import simplified
from lockmodel.ir.nodes import (
    Assign,
    Branch,
    Call,
    Const,
    Instruction,
    Jump,
    Load,
    Local,
    Mark,
    Member,
    Procedure,
    Return,
    Variable,
)
from lockmodel.ir.text import instruction_text
from lockmodel.ir.types import IntType, RefType
from lockmodel.source import NOWHERE

LOCALS = (*(Variable(name, IntType()) for name in ("a", "b")), *(Variable(f"%{n}", IntType(), True) for n in (1, 2)))
VALUE = Member(Local("n"), "Node", "value")


def tidied(*code: Instruction) -> list[str]:
    procedure = simplified(Procedure("f", (Variable("n", RefType("Node")),), LOCALS, code, NOWHERE))
    return [instruction_text(instruction) for instruction in procedure.code]


def mark(name: str) -> Mark:
    return Mark(name, NOWHERE)


def test_a_decided_branch_becomes_nothing_and_its_other_side_disappears() -> None:
    assert tidied(Branch(Const(0), 1, 3, NOWHERE), mark("a"), Jump(4, NOWHERE), mark("b"), Return((), NOWHERE)) == [
        "mark 'b'",
        "return",
    ]


def test_a_jump_to_a_jump_goes_to_the_end() -> None:
    assert tidied(
        Branch(Local("n"), 1, 3, NOWHERE),
        mark("a"),
        Jump(5, NOWHERE),
        mark("b"),
        Jump(2, NOWHERE),
        Jump(6, NOWHERE),
        Return((), NOWHERE),
    ) == ["branch n ? 1 : 3", "mark 'a'", "jump 4", "mark 'b'", "return"]


def test_a_branch_with_one_end_is_no_branch() -> None:
    assert tidied(Branch(Local("n"), 1, 1, NOWHERE), Return((), NOWHERE)) == ["return"]


def test_a_loop_of_nothing_but_jumps_stays_one() -> None:
    assert tidied(mark("a"), Jump(2, NOWHERE), Jump(1, NOWHERE), Return((), NOWHERE)) == ["mark 'a'", "jump 1"]


def test_what_follows_a_return_disappears() -> None:
    assert tidied(Return((), NOWHERE), mark("a"), Return((), NOWHERE)) == ["return"]


def test_a_result_goes_straight_to_its_local() -> None:
    assert tidied(Load("%1", VALUE, NOWHERE), Assign("a", Local("%1"), NOWHERE), Return((Local("a"),), NOWHERE)) == [
        "a = load n->value",
        "return a",
    ]


def test_several_results_go_straight_to_their_locals() -> None:
    assert tidied(
        Call("g", (), ("%1", "%2"), NOWHERE),
        Assign("a", Local("%1"), NOWHERE),
        Assign("b", Local("%2"), NOWHERE),
        Return((Local("a"), Local("b")), NOWHERE),
    ) == ["a, b = call g()", "return a, b"]


def test_a_result_that_is_read_again_keeps_its_temporary() -> None:
    code = ("%1 = load n->value", "a = %1", "return %1")
    assert tidied(
        Load("%1", VALUE, NOWHERE), Assign("a", Local("%1"), NOWHERE), Return((Local("%1"),), NOWHERE)
    ) == list(code)


def test_a_range_is_still_checked() -> None:
    assert tidied(
        Load("%1", VALUE, NOWHERE), Assign("a", Local("%1"), NOWHERE, 0, 3), Return((Local("a"),), NOWHERE)
    ) == ["%1 = load n->value", "a = %1 in 0..3", "return a"]


def test_an_assignment_that_is_jumped_to_stays() -> None:
    code = (
        Load("%1", VALUE, NOWHERE),
        Assign("a", Local("%1"), NOWHERE),
        Branch(Local("a"), 1, 3, NOWHERE),
        Return((), NOWHERE),
    )
    assert tidied(*code) == ["%1 = load n->value", "a = %1", "branch a ? 1 : 3", "return"]


def test_locals_that_nothing_uses_are_gone() -> None:
    procedure = simplified(Procedure("f", (), LOCALS, (Return((Local("b"),), NOWHERE),), NOWHERE))
    assert [variable.name for variable in procedure.locals] == ["b"]
