"""Well-formedness: each rule of the IR, broken once, and every lowered spec keeping them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockmodel.compile import compile_model, load
from lockmodel.errors import InternalError
from lockmodel.ir.nodes import (
    Assert,
    Assign,
    Await,
    Binary,
    Branch,
    Cache,
    Call,
    Choose,
    Claim,
    Const,
    Entered,
    Expr,
    GlobalObject,
    GlobalRef,
    HeadOf,
    Instruction,
    Jump,
    Load,
    Local,
    Mark,
    Member,
    Operate,
    Procedure,
    Program,
    Requirement,
    Return,
    Store,
    Unary,
    Variable,
)
from lockmodel.ir.rules import check, violations
from lockmodel.ir.types import (
    BoolType,
    Field,
    IdrType,
    IntType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    Struct,
    Type,
)
from lockmodel.source import NOWHERE
from tests.compile.specs import Specs

NODE = Struct(
    "Node",
    (
        Field("value", IntType(0, 7)),
        Field("sem", LockType("semaphore")),
        Field("spin", LockType("spinlock")),
        Field("link", ListEntryType()),
        Field("children", ListHeadType("Node", "link")),
        Field("ids", IdrType("Node", 8)),
    ),
)
PARAMETERS = (Variable("n", RefType("Node")),)
LOCALS = (Variable("x", IntType()), Variable("b", BoolType()))
END = Return((), NOWHERE)
IS_TRUE = Procedure("is_true", (), (), (Return((Const(1),), NOWHERE),), NOWHERE, atomic=True, results=(BoolType(),))


def member(field: str, base: Expr = Local("n"), struct: str = "Node") -> Member:  # noqa: B008 - frozen
    return Member(base, struct, field)


def procedure(*code: Instruction, atomic: bool = False, results: tuple[Type, ...] = ()) -> Procedure:
    return Procedure("f", PARAMETERS, LOCALS, (*code, END), NOWHERE, atomic=atomic, results=results)


def program(*procedures: Procedure) -> Program:
    known = {p.name: p for p in (*procedures, IS_TRUE)}
    globals_ = (GlobalObject("root", "Node"),)
    return Program("toy", "", (), {"Node": NODE}, globals_, {"Node": Cache("Node", "Node", 2)}, known, ())


def test_a_well_formed_program_has_no_violations() -> None:
    code = (
        Load("x", member("value"), NOWHERE),
        Store(member("value", GlobalRef("root")), Unary("-", Local("x")), NOWHERE),
        Operate("down", (member("sem"),), (), NOWHERE),
        Operate("kmem_cache_alloc", (Const(1),), ("x",), NOWHERE, "Node"),
        Operate("list_first_entry", (member("children"),), ("x",), NOWHERE),
        Branch(Binary("==", Local("x"), HeadOf(member("children"))), 0, 6, NOWHERE),
        Choose("x", (Const(0), Const(1)), NOWHERE),
        Await("is_true", (), "true", NOWHERE),
        Assert(Local("b"), "b", NOWHERE),
        Mark("m", NOWHERE),
    )
    check(program(procedure(*code)))


INSTRUCTIONS: list[tuple[Instruction, str]] = [
    (Assign("y", Const(1), NOWHERE), "f: 0: y = 1: y is not declared"),
    (Assign("x", Local("y"), NOWHERE), "f: 0: x = y: y is not declared"),
    (Assign("x", Const(1), NOWHERE, 0), "f: 0: x = 1 in 0..None: half a range"),
    (Assign("x", Binary("**", Const(1), Const(2)), NOWHERE), "f: 0: x = 1 ** 2: there is no operator **"),
    (Assign("x", Unary("+", Const(1)), NOWHERE), "f: 0: x = +1: there is no operator +"),
    (Assign("x", GlobalRef("r"), NOWHERE), "f: 0: x = @r: there is no global r"),
    (Assign("x", member("valeu"), NOWHERE), "f: 0: x = &n->valeu: there is no field Node.valeu"),
    (
        Load("x", member("value", Const(1)), NOWHERE),
        "f: 0: x = load 1->value: an address that is based on no local and no global",
    ),
    (
        Branch(HeadOf(member("value")), 0, 1, NOWHERE),
        "f: 0: branch head_of(&n->value) ? 0 : 1: the head of no list",
    ),
    (Jump(2, NOWHERE), "f: 0: jump 2: the target 2 is not in the code"),
    (Branch(Local("b"), 0, -1, NOWHERE), "f: 0: branch b ? 0 : -1: the target -1 is not in the code"),
    (Load("x", member("sem"), NOWHERE), "f: 0: x = load n->sem: Node.sem is no plain field"),
    (Store(member("link"), Const(0), NOWHERE), "f: 0: store n->link = 0: Node.link is no plain field"),
    (Call("g", (), (), NOWHERE), "f: 0: call g(): there is no procedure g"),
    (
        Call("is_true", (), ("b",), NOWHERE),
        "f: 0: b = call is_true(): a call between an atomic procedure and one that is not",
    ),
    (Return((Const(1),), NOWHERE), "f: 0: return 1: 1 values for 0 results"),
    (Operate("dwon", (), (), NOWHERE), "f: 0: dwon(): there is no operation dwon"),
    (Operate("down", (), (), NOWHERE), "f: 0: down(): 0 operands for 1"),
    (Operate("down", (member("sem"),), ("x",), NOWHERE), "f: 0: x = down(&n->sem): 1 targets for 0 results"),
    (Operate("down", (member("value"),), (), NOWHERE), "f: 0: down(&n->value): no address of semaphore"),
    (
        Operate("down", (member("spin"),), (), NOWHERE),
        "f: 0: down(&n->spin): the address of a spinlock where semaphore is wanted",
    ),
    (Operate("kfree", (member("sem"),), (), NOWHERE), "f: 0: kfree(&n->sem): an address where ref is wanted"),
    (Operate("kfree", (Local("n"),), (), NOWHERE, "Node"), "f: 0: kfree(Node, n): a cache too many or too few"),
    (
        Operate("kmem_cache_free", (Local("n"),), (), NOWHERE, "Edon"),
        "f: 0: kmem_cache_free(Edon, n): there is no cache Edon",
    ),
    (
        Operate("live", (Local("n"),), ("b",), NOWHERE),
        "f: 0: b = live(n): an operation of claims in a procedure",
    ),
    (Choose("x", (), NOWHERE), "f: 0: x = choose(): nothing to choose from"),
    (Await("f", (), "", NOWHERE), "f: 0: await f() '': f is no atomic procedure"),
    (Await("is_true", (Const(1),), "", NOWHERE), "f: 0: await is_true(1) '': is_true is no condition over 1 operands"),
]


@pytest.mark.parametrize(("instruction", "message"), INSTRUCTIONS)
def test_an_instruction_that_breaks_a_rule_is_an_internal_error(instruction: Instruction, message: str) -> None:
    with pytest.raises(InternalError) as caught:
        check(program(procedure(instruction)))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "instruction",
    [
        Store(member("value"), Const(0), NOWHERE),
        Mark("m", NOWHERE),
        Assert(Local("b"), "b", NOWHERE),
        Choose("x", (Const(1),), NOWHERE),
        Await("is_true", (), "", NOWHERE),
    ],
)
def test_an_atomic_procedure_only_reads(instruction: Instruction) -> None:
    (problem,) = violations(program(procedure(instruction, atomic=True)))
    assert problem.endswith(": it does more than read, in an atomic procedure")


def g(*code: Instruction, results: tuple[Type, ...] = ()) -> Procedure:
    return replace(procedure(*code, results=results), name="g")


PROCEDURES: list[tuple[Procedure, str]] = [
    (replace(procedure(), code=()), "f: it has no code"),
    (replace(procedure(), code=(Mark("m", NOWHERE),)), "f: its code runs off the end"),
    (replace(procedure(), locals=(*LOCALS, *PARAMETERS)), "f: two locals have one name"),
    (replace(procedure(), live=(frozenset(), frozenset())), "f: liveness is known for 2 of 1 instructions"),
    (replace(procedure(), live=(frozenset("y"),)), "f: 0: what is live is not declared: y"),
    (replace(procedure(), live=(frozenset("x"),)), "f: a local may be read before it has a value"),
    (
        replace(procedure(), holds=(Requirement("m.sem", "m", ("sem",)),)),
        "f: it is to hold m.sem, but has no parameter m",
    ),
    (procedure(Call("f", (Local("n"),), (), NOWHERE)), "calls go round among f"),
    (replace(procedure(), recursion=-1), "f: its recursion is bounded by -1"),
    (replace(procedure(atomic=True), recursion=1), "f: its recursion is bounded by 1"),
    (procedure(Assign("x", Entered("h"), NOWHERE)), "f: 0: x = entered(h): there is no procedure h"),
]


@pytest.mark.parametrize(("made", "message"), PROCEDURES)
def test_a_procedure_that_breaks_a_rule_is_an_internal_error(made: Procedure, message: str) -> None:
    with pytest.raises(InternalError) as caught:
        check(program(made))
    assert str(caught.value) == message


def test_a_call_gives_and_takes_what_its_procedure_does() -> None:
    callee = g(results=(IntType(),))
    callee = replace(callee, code=(Return((Const(1),), NOWHERE),))
    assert list(violations(program(procedure(Call("g", (), (), NOWHERE)), callee))) == [
        "f: 0: call g(): 0 arguments for 1 parameters",
        "f: 0: call g(): 0 targets for 1 results",
    ]


def test_a_cycle_of_calls_is_found_however_long() -> None:
    call_f, call_g = Call("f", (Local("n"),), (), NOWHERE), Call("g", (Local("n"),), (), NOWHERE)
    assert list(violations(program(procedure(call_g), g(call_f)))) == ["calls go round among f, g"]


def test_a_cycle_of_calls_through_a_bounded_procedure_is_well_formed() -> None:
    call_f, call_g = Call("f", (Local("n"),), (), NOWHERE), Call("g", (Local("n"),), (), NOWHERE)
    asks = Assign("x", Entered("g"), NOWHERE)
    assert not list(violations(program(procedure(asks, call_g), replace(g(call_f), recursion=1))))


def test_the_parts_of_a_program_fit_together() -> None:
    whole = program(procedure())
    unranged = Struct("Node", (*NODE.fields, Field("value", IntType()), Field("next", RefType("Edon"))))
    lists = Struct("L", (Field("a", ListHeadType("Node", "sem")), Field("b", IdrType("Node", 0))))
    broken = replace(
        whole,
        structs={"Node": unranged, "List": lists},
        globals=(*whole.globals, GlobalObject("root", "Edon")),
        caches={"Node": Cache("Node", "Edon", 1)},
        procedures={**whole.procedures, "h": g()},
        claims=(Claim("c", "f", (), (), False, NOWHERE), Claim("d", "is_true", ("Node",), (), False, NOWHERE)),
    )
    assert list(violations(broken)) == [
        "there are two fields Node.value",
        "the field Node.value has no range",
        "the field Node.next refers to the unknown struct Edon",
        "the struct L stands under the name List",
        "the list L.a is linked by Node.sem, which is no entry",
        "the idr L.b holds 0 of Node",
        "there are two globals named root",
        "the global root is of the unknown struct Edon",
        "the cache Node is of the unknown struct Edon",
        "the procedure g stands under the name h",
        "the claim c is no atomic procedure",
        "the claim d is about other structs than its procedure",
    ]


def test_what_the_compiler_makes_keeps_the_rules(specs: Specs) -> None:
    body = """
        @model.path
        def f(n: Node) -> None:
            for c in list_for_each_entry(n.children):
                await_(c.flag)
                down(c.sem)
                c.value += choose(1, 2)
                up(c.sem)
    """
    assert list(violations(compile_model(load(specs.spec(body))))) == []
