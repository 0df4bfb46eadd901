"""Liveness, and what may be read before it has a value."""

from __future__ import annotations

from lockmodel.compile.flow import first_unset_read, with_liveness
from lockmodel.ir.nodes import (
    Assign,
    Binary,
    Branch,
    Const,
    HeadOf,
    Instruction,
    Jump,
    Load,
    Local,
    Member,
    Operate,
    Procedure,
    Return,
    Store,
    Variable,
)
from lockmodel.ir.types import IntType, RefType
from lockmodel.source import NOWHERE
from tests.compile.specs import Specs, procedure


def made(*code: Instruction) -> Procedure:
    locals_ = tuple(Variable(name, IntType()) for name in ("a", "b"))
    return with_liveness(Procedure("f", (Variable("n", RefType("Node")),), locals_, code, NOWHERE))


def live(*code: Instruction) -> list[str]:
    return ["".join(sorted(names)) for names in made(*code).live]


def address(name: str) -> Member:
    return Member(Local(name), "Node", "value")


def test_a_local_is_live_from_its_value_to_its_last_read() -> None:
    assert live(
        Assign("a", Const(1), NOWHERE),
        Load("b", address("n"), NOWHERE),
        Store(address("n"), Binary("+", Local("a"), Local("b")), NOWHERE),
        Return((), NOWHERE),
    ) == ["n", "an", "abn", ""]


def test_a_local_is_dead_where_it_is_about_to_be_overwritten() -> None:
    assert live(
        Assign("a", Const(1), NOWHERE),
        Assign("a", Const(2), NOWHERE),
        Return((Local("a"),), NOWHERE),
    ) == ["", "", "a"]


def test_a_loop_keeps_alive_what_its_next_round_reads() -> None:
    assert live(
        Assign("a", Const(0), NOWHERE),
        Branch(Binary("<", Local("a"), Const(3)), 2, 4, NOWHERE),
        Assign("a", Binary("+", Local("a"), Const(1)), NOWHERE),
        Jump(1, NOWHERE),
        Operate("kfree", (Local("n"),), (), NOWHERE),
        Return((), NOWHERE),
    ) == ["n", "an", "an", "an", "n", ""]


def test_addresses_and_heads_read_their_base() -> None:
    assert live(
        Branch(Binary("==", Local("a"), HeadOf(address("n"))), 1, 1, NOWHERE),
        Return((), NOWHERE),
    ) == ["an", ""]


def test_a_local_that_only_one_path_sets_is_found_where_it_is_read() -> None:
    code = (
        Branch(Local("n"), 1, 2, NOWHERE),
        Assign("a", Const(1), NOWHERE),
        Return((Local("a"),), NOWHERE),
    )
    assert first_unset_read(made(*code)) == ("a", 2)
    assert first_unset_read(made(*code[1:])) is None


def test_the_liveness_of_a_lowered_walk(specs: Specs) -> None:
    body = procedure("for c, following in list_for_each_entry_safe(n.children):\n    c.value = x")
    found = specs.program(body).procedures["f"].live
    assert ["".join(sorted(name[0] for name in names)) for names in found] == [
        "nx",
        "cnx",
        "cfnx",
        "cfnx",
        "fnx",
        "cnx",
        "cfnx",
        "",
    ]
