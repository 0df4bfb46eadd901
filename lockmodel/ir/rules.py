"""Well-formedness of a `Program`: what every later stage may rely on. Checked after lowering and after each pass.

A violation is an `InternalError`: the compiler made it, not the spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from lockmodel.errors import InternalError
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
)
from lockmodel.ir.operations import GHOSTS, LEDGER, OPERATIONS
from lockmodel.ir.text import instruction_text
from lockmodel.ir.types import (
    LOCK_KINDS,
    AtomicType,
    BoolType,
    EnumType,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    Struct,
    Type,
    WaitQueueType,
)

UNARY = frozenset(("-", "~", "not"))
BINARY = frozenset(
    ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>", "min", "max", "==", "!=", "<", "<=", ">", ">=")
)
PLAIN = (IntType, BoolType, EnumType, RefType)
"""The types whose values are read and written by `Load` and `Store`."""

_MEMBER_KINDS: Mapping[str, tuple[type[object], ...]] = {
    "lock": (LockType,),
    **dict.fromkeys(LOCK_KINDS, (LockType,)),
    "atomic": (AtomicType,),
    "entry": (ListEntryType,),
    "head": (ListHeadType,),
    "link": (ListEntryType, ListHeadType),
    "idr": (IdrType,),
    "waitqueue": (WaitQueueType,),
    "condition": (WaitQueueType,),
}


def check(program: Program) -> None:
    """InternalError with the first violation, if there is any."""
    for problem in violations(program):
        raise InternalError(problem)


def violations(program: Program) -> Iterator[str]:
    """What is wrong with a program, in the order of its parts."""
    for name, struct in program.structs.items():
        if struct.name != name:
            yield f"the struct {struct.name} stands under the name {name}"
        yield from _struct_violations(program, struct)
    seen: set[str] = set()
    for shared in program.globals:
        if shared.name in seen:
            yield f"there are two globals named {shared.name}"
        seen.add(shared.name)
        if shared.struct not in program.structs:
            yield f"the global {shared.name} is of the unknown struct {shared.struct}"
    for name, cache in program.caches.items():
        if cache.name != name or cache.struct not in program.structs:
            yield f"the cache {name} is of the unknown struct {cache.struct}"
    for name, procedure in program.procedures.items():
        if procedure.name != name:
            yield f"the procedure {procedure.name} stands under the name {name}"
        for problem in _ProcedureRules(program, procedure).violations():
            yield f"{procedure.name}: {problem}"
    for claim in program.claims:
        made = program.procedures.get(claim.procedure)
        if made is None or not made.atomic:
            yield f"the claim {claim.name} is no atomic procedure"
        elif tuple(RefType(struct) for struct in claim.structs) != tuple(p.type for p in made.parameters):
            yield f"the claim {claim.name} is about other structs than its procedure"
    yield from _call_cycles(program)


def _struct_violations(program: Program, struct: Struct) -> Iterator[str]:
    seen: set[str] = set()
    for field in struct.fields:
        where = f"{struct.name}.{field.name}"
        if field.name in seen:
            yield f"there are two fields {where}"
        seen.add(field.name)
        match field.type:
            case IntType(low, high) if low is None or high is None:
                yield f"the field {where} has no range"
            case RefType(target) if target not in program.structs:
                yield f"the field {where} refers to the unknown struct {target}"
            case ListHeadType(target, link):
                element = program.structs.get(target)
                links = {f.name: f.type for f in element.fields} if element else {}
                if not isinstance(links.get(link), ListEntryType):
                    yield f"the list {where} is linked by {target}.{link}, which is no entry"
            case IdrType(target, capacity) if target not in program.structs or capacity < 1:
                yield f"the idr {where} holds {capacity} of {target}"
            case LedgerType(claimant, carrier, event, capacity):
                known = {claimant, carrier, *(value.struct for value in event if isinstance(value, RefType))}
                if not known <= program.structs.keys() or capacity < 1 or not field.ghost:
                    yield f"the ledger {where} holds {capacity} of {', '.join(sorted(known))}"
                if any(isinstance(value, IntType) and value.low is None for value in event):
                    yield f"the ledger {where} has an event without a range"


def _call_cycles(program: Program) -> Iterator[str]:
    """Unbounded calls that come back to where they began, found by taking away those that call only what is gone."""
    calls = {
        name: {i.procedure for i in procedure.code if isinstance(i, Call)}
        for name, procedure in program.procedures.items()
        if not procedure.recursion
    }
    while True:
        leaves = [name for name in calls if not calls[name] & set(calls)]
        if not leaves:
            break
        for name in leaves:
            del calls[name]
    if calls:
        yield f"calls go round among {', '.join(calls)}"


class _ProcedureRules:
    """The rules of one procedure."""

    def __init__(self, program: Program, procedure: Procedure) -> None:
        self.program = program
        self.procedure = procedure
        variables = (*procedure.parameters, *procedure.locals)
        self.types: dict[str, Type] = {variable.name: variable.type for variable in variables}
        self.doubled = len(self.types) != len(variables)

    def violations(self) -> Iterator[str]:
        """What is wrong with the procedure."""
        code = self.procedure.code
        if self.doubled:
            yield "two locals have one name"
        if not code:
            yield "it has no code"
            return
        if not isinstance(code[-1], (Return, Jump, Branch)):
            yield "its code runs off the end"
        if self.procedure.live and len(self.procedure.live) != len(code):
            yield f"liveness is known for {len(self.procedure.live)} of {len(code)} instructions"
        for number, live in enumerate(self.procedure.live):
            if not live <= set(self.types):
                yield f"{number}: what is live is not declared: {', '.join(sorted(live - set(self.types)))}"
        if self.procedure.live and not self.procedure.live[0] <= {p.name for p in self.procedure.parameters}:
            yield "a local may be read before it has a value"
        for number, instruction in enumerate(code):
            for problem in self._instruction(instruction, len(code)):
                yield f"{number}: {instruction_text(instruction)}: {problem}"
        if self.procedure.recursion < 0 or (self.procedure.recursion and self.procedure.atomic):
            yield f"its recursion is bounded by {self.procedure.recursion}"
        for requirement in self.procedure.holds:
            if requirement.base is not None and requirement.base not in self.types:
                yield f"it is to hold {requirement.text}, but has no parameter {requirement.base}"

    def _instruction(self, instruction: Instruction, length: int) -> Iterator[str]:
        match instruction:
            case Assign(target, value, _, low, high):
                yield from self._targets(target)
                yield from self._expression(value)
                if (low is None) != (high is None):
                    yield "half a range"
            case Jump(target):
                yield from _within(length, target)
            case Branch(condition, then, orelse):
                yield from self._expression(condition)
                yield from _within(length, then, orelse)
            case Call(name, arguments, results):
                yield from self._call(name, arguments, results)
            case Return(values):
                for value in values:
                    yield from self._expression(value)
                if len(values) != len(self.procedure.results):
                    yield f"{len(values)} values for {len(self.procedure.results)} results"
            case Assert(condition):
                yield from self._expression(condition)
                yield from self._not_atomic(unless=self.procedure.ghost)
            case MightSleep() | Progress() | Passage() | Mark():
                yield from self._not_atomic()
            case Load(target, address):
                yield from self._targets(target)
                yield from self._plain(address)
            case Store(address, value):
                yield from self._plain(address)
                yield from self._expression(value)
                yield from self._not_atomic(unless=self.procedure.ghost and self._is_ghost(address))
            case Operate():
                yield from self._operation(instruction)
            case Book():
                yield from self._booking(instruction)
            case Choose(target, options):
                yield from self._targets(target)
                for option in options:
                    yield from self._expression(option)
                if not options:
                    yield "nothing to choose from"
                yield from self._not_atomic()
            case Await(condition, arguments):
                yield from self._not_atomic()
                procedure = self.program.procedures.get(condition)
                if procedure is None or not procedure.atomic:
                    yield f"{condition} is no atomic procedure"
                elif len(procedure.parameters) != len(arguments) or procedure.results != (BoolType(),):
                    yield f"{condition} is no condition over {len(arguments)} operands"
                for argument in arguments:
                    yield from self._expression(argument)
            case _:
                assert_never(instruction)

    def _not_atomic(self, *, unless: bool = False) -> Iterator[str]:
        if self.procedure.atomic and not unless:
            yield "it does more than read, in an atomic procedure"

    def _targets(self, *targets: str) -> Iterator[str]:
        for target in targets:
            if target not in self.types:
                yield f"{target} is not declared"

    def _call(self, name: str, arguments: tuple[Expr, ...], results: tuple[str, ...]) -> Iterator[str]:
        yield from self._targets(*results)
        for argument in arguments:
            yield from self._expression(argument)
        procedure = self.program.procedures.get(name)
        if procedure is None:
            yield f"there is no procedure {name}"
            return
        if len(arguments) != len(procedure.parameters):
            yield f"{len(arguments)} arguments for {len(procedure.parameters)} parameters"
        if len(results) != len(procedure.results):
            yield f"{len(results)} targets for {len(procedure.results)} results"
        if procedure.ghost and (self.procedure.ghost or not self.procedure.atomic):
            return
        if procedure.ghost or procedure.atomic != self.procedure.atomic:
            yield "a call between an atomic procedure and one that is not"

    def _operation(self, instruction: Operate) -> Iterator[str]:
        name = instruction.operation
        operation = OPERATIONS.get(name) or GHOSTS.get(name)
        if operation is None:
            yield f"there is no operation {name}"
            return
        if name in GHOSTS and not self.procedure.atomic:
            yield "an operation of claims in a procedure"
        yield from self._targets(*instruction.results)
        if len(instruction.results) != len(operation.results):
            yield f"{len(instruction.results)} targets for {len(operation.results)} results"
        kinds = [kind for kind in operation.parameters if kind not in ("cache", "callback")]
        if ("cache" in operation.parameters) != bool(instruction.cache):
            yield "a cache too many or too few"
        if instruction.cache and instruction.cache not in self.program.caches:
            yield f"there is no cache {instruction.cache}"
        yield from self._callback(instruction.callback, "callback" in operation.parameters)
        if len(kinds) != len(instruction.arguments):
            yield f"{len(instruction.arguments)} operands for {len(kinds)}"
            return
        for kind, argument in zip(kinds, instruction.arguments, strict=True):
            yield from self._expression(argument)
            yield from self._operand(kind, argument)

    def _booking(self, instruction: Book) -> Iterator[str]:
        if self.procedure.atomic and not self.procedure.ghost:
            yield "it does more than read, in an atomic procedure"
        operation = LEDGER.get(instruction.operation)
        for argument in instruction.arguments:
            yield from self._expression(argument)
        ledger = self._type(instruction.arguments[0]) if instruction.arguments else None
        if operation is None or not isinstance(ledger, LedgerType):
            yield "no operation on a ledger"
            return
        wanted = len(operation.parameters) + (len(ledger.event) - 1 if "event" in operation.parameters else 0)
        if wanted != len(instruction.arguments):
            yield f"{len(instruction.arguments)} operands for {wanted}"

    def _callback(self, name: str, wanted: bool) -> Iterator[str]:
        """What is to be called takes one reference and gives nothing."""
        if bool(name) != wanted:
            yield "a callback too many or too few"
        elif name:
            procedure = self.program.procedures.get(name)
            parameters = [type(variable.type) for variable in procedure.parameters] if procedure else []
            if procedure is None or procedure.atomic or procedure.results or parameters != [RefType]:
                yield f"{name} is no callback"

    def _operand(self, kind: str, argument: Expr) -> Iterator[str]:
        if kind not in _MEMBER_KINDS:
            if isinstance(argument, Member):
                yield f"an address where {kind} is wanted"
            return
        type_ = self._type(argument)
        if not isinstance(type_, _MEMBER_KINDS[kind]):
            yield f"no address of {kind}"
        elif kind in LOCK_KINDS and isinstance(type_, LockType) and type_.kind != kind:
            yield f"the address of a {type_.kind} where {kind} is wanted"

    def _is_ghost(self, address: Member) -> bool:
        known = self.program.structs.get(address.struct)
        return any(f.name == address.field and f.ghost for f in known.fields) if known else False

    def _type(self, expression: Expr) -> Type | None:
        match expression:
            case Local(name):
                return self.types.get(name)
            case Member(_, struct, field):
                known = self.program.structs.get(struct)
                return next((f.type for f in known.fields if f.name == field), None) if known else None
        return None

    def _plain(self, address: Member) -> Iterator[str]:
        yield from self._expression(address)
        if not isinstance(self._type(address), PLAIN):
            yield f"{address.struct}.{address.field} is no plain field"

    def _expression(self, expression: Expr) -> Iterator[str]:
        match expression:
            case Const():
                pass
            case GlobalRef(name):
                if all(shared.name != name for shared in self.program.globals):
                    yield f"there is no global {name}"
            case Local(name):
                yield from self._targets(name)
            case Unary(operator, operand):
                if operator not in UNARY:
                    yield f"there is no operator {operator}"
                yield from self._expression(operand)
            case Binary(operator, left, right):
                if operator not in BINARY:
                    yield f"there is no operator {operator}"
                yield from self._expression(left)
                yield from self._expression(right)
            case Member(base, struct, field):
                if not isinstance(base, (Local, GlobalRef)):
                    yield "an address that is based on no local and no global"
                known = self.program.structs.get(struct)
                if known is None or all(f.name != field for f in known.fields):
                    yield f"there is no field {struct}.{field}"
                yield from self._expression(base)
            case HeadOf(head):
                if not isinstance(self._type(head), ListHeadType):
                    yield "the head of no list"
                yield from self._expression(head)
            case Entered(name):
                yield from self._not_atomic()
                procedure = self.program.procedures.get(name)
                if procedure is None or procedure.atomic:
                    yield f"there is no procedure {name}"
            case _:
                assert_never(expression)


def _within(length: int, *targets: int) -> Iterator[str]:
    for target in targets:
        if not 0 <= target < length:
            yield f"the target {target} is not in the code"
