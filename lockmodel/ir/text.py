"""The IR as text, the same for the same program: for people, and for tests that compare it whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from lockmodel.ir.nodes import (
    Assert,
    Assign,
    Await,
    Binary,
    Book,
    Branch,
    Call,
    Choose,
    Const,
    Entered,
    Expr,
    GlobalRef,
    HeadOf,
    Instruction,
    Jump,
    Load,
    Local,
    Mark,
    Member,
    MightSleep,
    Operate,
    Passage,
    Procedure,
    Program,
    Progress,
    Return,
    Store,
    Unary,
    Variable,
)
from lockmodel.ir.types import (
    AtomicType,
    BoolType,
    CacheType,
    EnumType,
    Field,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    Struct,
    TupleType,
    Type,
    VoidType,
    WaitQueueType,
)


def program_text(program: Program) -> str:
    """A whole program."""
    lines = [f"model {program.model}, design {program.design}"]
    lines += [f"switch {name} = {value}" for name, value in program.switches]
    for struct in program.structs.values():
        lines += ["", *_struct_lines(struct)]
    lines.append("")
    for shared in program.globals:
        values = ", ".join(f"{name}={value}" for name, value in shared.values)
        lines.append(f"global {shared.name}: {shared.struct}({values})")
    for cache in program.caches.values():
        lines.append(f"cache {cache.name}: {cache.capacity} of {cache.struct}" + ", may fail" * cache.may_fail)
    for claim in program.claims:
        when = "at quiescence" if claim.quiescent else f"outside {', '.join(claim.outside) or 'nothing'}"
        when = "eventually" if claim.eventual else when
        lines.append(f"claim {claim.name}({', '.join(claim.structs)}) {when}")
    for procedure in program.procedures.values():
        lines += ["", procedure_text(procedure).rstrip("\n")]
    return "\n".join(lines) + "\n"


def procedure_text(procedure: Procedure, *, live: bool = False) -> str:
    """A procedure: its head, its locals, and a numbered line for each instruction, ending in its place.

    `live`: show before each instruction the locals that still matter.
    """
    return "\n".join(_procedure_lines(procedure, live)) + "\n"


def _procedure_lines(procedure: Procedure, live: bool) -> Iterator[str]:
    kind = "atomic " * procedure.atomic + "helper " * procedure.helper + "procedure"
    if procedure.ghost:
        kind = "ghost procedure"
    results = ", ".join(type_text(type_) for type_ in procedure.results) or "nothing"
    yield f"{kind} {procedure.name}({_variables(procedure.parameters)}) -> {results}  ; {procedure.site.spec}"
    if procedure.recursion:
        yield f"  recursion {procedure.recursion}"
    for requirement in procedure.holds:
        yield f"  holds {requirement.text}"
    if procedure.locals:
        yield f"  locals {_variables(procedure.locals)}"
    width = max((len(instruction_text(instruction)) for instruction in procedure.code), default=0)
    for number, instruction in enumerate(procedure.code):
        if live and procedure.live:
            yield f"      {{{', '.join(sorted(procedure.live[number]))}}}"
        site = instruction.site
        place = f"{site.line} {site.source}".rstrip()
        yield f"  {number:3} {instruction_text(instruction):{width}}  ; {place}"


def _variables(variables: tuple[Variable, ...]) -> str:
    return ", ".join(f"{variable.name}: {type_text(variable.type)}" for variable in variables)


def _struct_lines(struct: Struct) -> Iterator[str]:
    yield f"struct {struct.name}  ; {struct.path}:{struct.line}"
    for field in struct.fields:
        yield f"  {field.name}: {type_text(field.type)}{_options(field)}"


def _options(field: Field) -> str:
    options = ["constant"] * field.constant + ["ghost"] * field.ghost
    if field.guarded_by:
        options.append(f"guarded by {field.guarded_by.text}")
    if field.counted:
        options.append(f"counted by {field.counted}")
    if field.default is not None:
        options.append(f"default {field.default}")
    return "".join(f", {option}" for option in options)


def type_text(type_: Type) -> str:
    """A type."""
    match type_:
        case IntType(low, high):
            return "int" if low is None else f"int {low}..{high}"
        case BoolType():
            return "bool"
        case EnumType(name, _, flags):
            return f"{'flags' if flags else 'enum'} {name}"
        case RefType(struct):
            return f"*{struct or 'any'}"
        case VoidType():
            return "nothing"
        case TupleType(items):
            return f"({', '.join(type_text(item) for item in items)})"
        case LockType(kind, count, owned, queued):
            return (kind if owned else f"{kind} counting from {count}") + ", queued" * queued
        case AtomicType(low, high, counts, zero_is_cached):
            return f"{'refcount' if counts else 'atomic'} {low}..{high}" + ", zero is cached" * zero_is_cached
        case ListEntryType():
            return "entry"
        case ListHeadType(element, link, counted):
            return f"head of {element}.{link or '?'}" + (f" counted by {counted}" if counted else "")
        case IdrType(element, capacity):
            return f"idr of {capacity or '?'} {element}"
        case WaitQueueType(condition):
            return "condition" if condition else "waitqueue"
        case LedgerType(claimant, carrier, event, capacity):
            values = ", ".join(type_text(value) for value in event)
            return f"ledger of {capacity or '?'} ({values}) for {claimant} by {carrier}"
        case CacheType(name):
            return f"cache {name}"
        case _:
            assert_never(type_)


def instruction_text(instruction: Instruction) -> str:
    """An instruction, without its place."""
    match instruction:
        case Assign(target, value, _, low, high):
            within = f" in {low}..{high}" if low is not None or high is not None else ""
            return f"{target} = {expression_text(value)}{within}"
        case Jump(target):
            return f"jump {target}"
        case Branch(condition, then, orelse):
            return f"branch {expression_text(condition)} ? {then} : {orelse}"
        case Call(procedure, arguments, results):
            return f"{_targets(results)}call {procedure}({_expressions(arguments)})"
        case Return(values):
            return f"return {_expressions(values)}".rstrip()
        case Assert(condition, text):
            return f"assert {expression_text(condition)} {text!r}"
        case MightSleep():
            return "might_sleep"
        case Progress():
            return "progress"
        case Passage(name, enters):
            return f"{'enters' if enters else 'asks_for'} {name!r}"
        case Load(target, address, _, racy):
            return f"{target} = load {_address(address)}" + " racy" * racy
        case Store(address, value, _, racy):
            return f"store {_address(address)} = {expression_text(value)}" + " racy" * racy
        case Operate(operation, arguments, results, _, cache, racy, callback):
            operands = ", ".join(filter(None, (cache, _expressions(arguments), callback)))
            return f"{_targets(results)}{operation}({operands})" + " racy" * racy
        case Book(operation, arguments):
            return f"{operation}({_expressions(arguments)})"
        case Choose(target, options):
            return f"{target} = choose({_expressions(options)})"
        case Await(condition, arguments, text):
            return f"await {condition}({_expressions(arguments)}) {text!r}"
        case Mark(name):
            return f"mark {name!r}"
        case _:
            assert_never(instruction)


def _targets(results: tuple[str, ...]) -> str:
    return f"{', '.join(results)} = " if results else ""


def _expressions(expressions: tuple[Expr, ...]) -> str:
    return ", ".join(expression_text(expression) for expression in expressions)


def _address(address: Member) -> str:
    return f"{expression_text(address.base)}->{address.field}"


def expression_text(expression: Expr) -> str:
    """An expression, with brackets around every operation inside another."""
    match expression:
        case Const(value):
            return str(value)
        case GlobalRef(name):
            return f"@{name}"
        case Local(name):
            return name
        case Unary(operator, operand):
            return f"{operator}{' ' if operator == 'not' else ''}{_inner(operand)}"
        case Binary("min" | "max" as operator, left, right):
            return f"{operator}({expression_text(left)}, {expression_text(right)})"
        case Binary(operator, left, right):
            return f"{_inner(left)} {operator} {_inner(right)}"
        case Member():
            return f"&{_address(expression)}"
        case HeadOf(head):
            return f"head_of({expression_text(head)})"
        case Entered(procedure):
            return f"entered({procedure})"
        case _:
            assert_never(expression)


def _inner(expression: Expr) -> str:
    text = expression_text(expression)
    plain = isinstance(expression, (Const, GlobalRef, Local, HeadOf, Entered)) or text.startswith(("min(", "max("))
    return text if plain else f"({text})"
