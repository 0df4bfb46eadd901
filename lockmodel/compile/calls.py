"""Calls in a procedure: kernel operations, other procedures, and the few functions with a meaning of their own."""

from __future__ import annotations

import ast
import enum
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from lockmodel.compile.annotations import enum_type, is_struct
from lockmodel.compile.expressions import ExpressionLowering, computed
from lockmodel.compile.frame import ANY_REF, Value, fits, is_number, joined, wanted_error
from lockmodel.compile.names import DYNAMIC
from lockmodel.compile.naming import code_text, described, type_name
from lockmodel.compile.signature import Signature
from lockmodel.errors import SpecError
from lockmodel.ir.hierarchy import SUBCLASSES
from lockmodel.ir.nodes import (
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
    Progress,
    Unary,
)
from lockmodel.ir.operations import COMPOUNDS, GHOSTS, LEDGER, LOCKING, OPERATIONS, Compound, Operation
from lockmodel.ir.types import (
    LOCK_KINDS,
    AtomicType,
    BoolType,
    CacheType,
    IdrType,
    IntType,
    LedgerType,
    ListEntryType,
    ListHeadType,
    LockType,
    RefType,
    Type,
    WaitQueueType,
)
from lockmodel.language import kernel
from lockmodel.language import types as language

READ_ONLY = frozenset(
    ("atomic_read", "test_bit", "list_empty", "list_first_entry", "list_last_entry", "list_next_entry", "idr_find")
)
"""The operations that change nothing, so that claims and awaited conditions may use them."""
MAX_ERRNO = 4095
"""Linux's: error pointers are the last 4095 addresses."""


def _is_lock(kind: str) -> Callable[[Type], bool]:
    return lambda t: isinstance(t, LockType) and t.kind == kind


_KINDS: Mapping[str, tuple[str, Callable[[Type], bool]]] = {
    **{name: (f"a {kind.name}", _is_lock(name)) for name, kind in LOCK_KINDS.items()},
    "lock": ("a lock", lambda t: isinstance(t, LockType)),
    "atomic": ("an Atomic", lambda t: isinstance(t, AtomicType)),
    "entry": ("a ListEntry", lambda t: isinstance(t, ListEntryType)),
    "head": ("a ListHead", lambda t: isinstance(t, ListHeadType)),
    "link": ("a ListEntry or a ListHead", lambda t: isinstance(t, (ListEntryType, ListHeadType))),
    "idr": ("an Idr", lambda t: isinstance(t, IdrType)),
    "waitqueue": ("a WaitQueue", lambda t: isinstance(t, WaitQueueType) and not t.condition),
    "condition": ("a Condition", lambda t: isinstance(t, WaitQueueType) and t.condition),
    "cache": ("a Cache", lambda t: isinstance(t, CacheType)),
    "ref": ("a reference", lambda t: isinstance(t, RefType)),
    "int": ("an int", is_number),
    "state": ("a task state", is_number),
    "subclass": ("a subclass", is_number),
}


def _instead(name: str, kind: str, said: str) -> str:
    """What to write for an operation on another kind of lock: the one that does the same there; "" if there is none.

    `said` is what the spec calls it, which turns off more where it is a compound.
    """
    wanted = LOCKING.get(name)
    if wanted is None:
        return ""
    there = {n: LOCKING[n] for n, o in OPERATIONS.items() if o.parameters[:1] == (kind,) and n in LOCKING}
    alike = [n for n, its in there.items() if (its.deed, its.mode) == (wanted.deed, wanted.mode)]
    if not alike:
        return ""
    found = min(alike, key=lambda n: (there[n].nested != wanted.nested, there[n].gives != wanted.gives))
    if there[found].gives == wanted.gives:
        of_lock, of_found = name.removesuffix("_nested"), found.removesuffix("_nested")
        compound = of_found + said.removeprefix(of_lock)
        return f"Use `{compound if compound in COMPOUNDS else found}`."
    if wanted.deed == "take":
        return f"Use `{found}`: no signal interrupts who waits for {_KINDS[kind][0]}."
    return f"Use `{found}`, which gives {there[found].gives} where it takes the lock."


class CallLowering(ExpressionLowering):
    """Lowers every call that a procedure may contain."""

    def call(self, node: ast.Call) -> list[Value]:
        """Lower a call; its results."""
        function = self._function(node)
        name = getattr(function, "__name__", "")
        if getattr(kernel, name, None) is function and name in LEDGER:
            self._book(node, name)
            return []
        if getattr(kernel, name, None) is function:
            if any(isinstance(argument, ast.Starred) for argument in node.args) or node.keywords:
                raise self.error(node, f"`{name}` takes its operands by position", "Write them out in C's order.")
            return self._kernel(node, name)
        if function is typing.cast:
            return [self._cast(node, *self._operands(node, name, 2))]
        if isinstance(function, types.BuiltinFunctionType) or function in (int, bool, range):
            return [self._builtin(node, name)]
        if isinstance(function, type):
            return [self._converted(node, function)]
        return self._procedure(node, self._callee(node, node.func, function))

    def _callee(self, node: ast.expr, named: ast.expr, function: object) -> Signature:
        """How to call a function, which must be a procedure of the model."""
        signature = self.unit.callee(function, self.atomic)
        if signature is not None:
            return signature
        library, model = self.unit.unused_library(function), self.unit.model.name
        if library is not None:
            raise self.error(
                node,
                f"`{code_text(named)}` is declared by the library {library.name}, which {model} does not use",
                f'Write `Model("{model}", ..., uses=[{library.name}])`.',
            )
        raise self.error(
            node,
            f"`{code_text(named)}` is a plain Python function, which is no part of the model",
            f"Declare it with `@{model}.procedure`.",
        )

    def transparent(self, node: ast.Call) -> ast.expr | None:
        """The argument of `likely` and `unlikely`."""
        function = self._function(node)
        if function in (kernel.likely, kernel.unlikely) and len(node.args) == 1 and not node.keywords:
            return node.args[0]
        return None

    def _function(self, node: ast.Call) -> object:
        found = self.names.static(node.func, self.source.file.path)
        if callable(found):
            return found
        shown = code_text(node.func)
        if isinstance(node.func, ast.Attribute) and found is DYNAMIC:
            raise self.error(
                node,
                f"`{shown}(...)` is a method call",
                "Objects have fields only: call a procedure with the object as argument.",
            )
        raise self.error(node, f"`{shown}` is not a function", "Call a procedure or a kernel operation by its name.")

    # --- procedures ---------------------------------------------------------------------------------------------

    def _procedure(self, node: ast.Call, signature: Signature) -> list[Value]:
        names = [name for name, _ in signature.parameters]
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.refused(ast.copy_location(ast.Starred(keyword.value), node))
            if keyword.arg not in names or keyword.arg in given:
                problem = "twice" if keyword.arg in given else "but it has no such parameter"
                raise self.error(node, f"`{signature.spec_name}` is given `{keyword.arg}` {problem}")
            given[keyword.arg] = keyword.value
        total = len(node.args) + len(node.keywords)
        if total != len(names):
            raise self.error(
                node,
                f"`{signature.spec_name}` takes {counted(len(names), 'argument')}, not {total}",
                f"It is declared as `{signature.spec_name}({', '.join(names)})` ({signature.place}).",
            )
        if signature.ghost:
            self._check_ghost(node, signature)
        values: dict[str, Value] = {}
        wanted = dict(signature.parameters)
        for name, argument in given.items():
            value = self._unseen(argument, signature.spec_name) if signature.ghost else self.value(argument)
            self._want(argument, f"the parameter `{name}` of `{signature.spec_name}`", wanted[name], value)
            values[name] = value
        results = [self.temporary(type_) for type_ in signature.results]
        arguments = tuple(values[name].expr for name in names)
        self.emit(Call(signature.name, arguments, tuple(results), self.site(node)))
        return [Value(Local(result), type_) for result, type_ in zip(results, signature.results, strict=True)]

    def _check_ghost(self, node: ast.Call, signature: Signature) -> None:
        name = signature.spec_name
        if self.atomic and not self.ghost:
            raise self.error(node, f"the ghost procedure `{name}` in a claim or an awaited condition, which only reads")
        if signature.results and not self.ghost:
            raise self.error(
                node,
                f"the ghost procedure `{name}` gives a value, which the design must not depend on",
                "Keep it in a ghost field, or call it from a ghost procedure.",
            )

    def _unseen(self, operand: ast.expr, name: str) -> Value:
        """An operand of ghost code: to compute it takes no step."""
        before = len(self.code.instructions)
        with self.with_ghosts():
            value = self.value(operand)
        if not self.atomic and any(self._is_step(made) for made in self.code.instructions[before:]):
            raise self.error(
                operand,
                f"`{code_text(operand)}` reads shared memory, which is a step, but ghost code takes none",
                f"Give `{name}` a local, or the object itself and read it in a ghost procedure.",
            )
        return value

    def _is_step(self, instruction: Instruction) -> bool:
        match instruction:
            case Load(address=address):
                return not self.unit.struct(address.struct).field(address.field).ghost
            case Operate() | Choose() | Await() | Mark() | Call():
                return True
            case _:
                return False

    def _want(self, node: ast.AST, what: str, wanted: Type, value: Value) -> None:
        if not fits(value.type, wanted):
            raise wanted_error(self, node, what, wanted, value.type)

    # --- kernel operations --------------------------------------------------------------------------------------

    def _kernel(self, node: ast.Call, name: str) -> list[Value]:
        if name == "call_rcu":
            return self._call_rcu(node, *self._operands(node, name, 2))
        operation = OPERATIONS.get(name) or GHOSTS.get(name)
        if operation is not None:
            return self._operate(node, operation)
        if name in COMPOUNDS:
            return self._compound(node, name, COMPOUNDS[name])
        match name:
            case (
                "choose"
                | "await_"
                | "mark"
                | "might_sleep"
                | "progress"
                | "asks_for"
                | "enters"
                | "wait_event"
                | "wait_event_interruptible"
                | "signal_pending"
            ) if self.atomic:
                raise self._not_in_claim(node, name)
            case "choose":
                return [self._choose(node)]
            case "entered":
                return [self._entered(node, self._operands(node, name, 1)[0])]
            case "mark":
                self.emit(Mark(self._static_name(node, name), self.site(node)))
                return []
            case "asks_for" | "enters":
                self.emit(Passage(self._static_name(node, name), name == "enters", self.site(node)))
                return []
            case "might_sleep":
                self._operands(node, name, 0)
                self.emit(MightSleep(self.site(node)))
                return []
            case "progress":
                self._operands(node, name, 0)
                self.emit(Progress(self.site(node)))
                return []
            case "await_":
                self._await(node, self._operands(node, name, 1)[0])
                return []
            case "wait_event" | "wait_event_interruptible":
                return self._wait_event(node, name, *self._operands(node, name, 2))
            case "signal_pending":
                self._operands(node, name, 0)
                return [self._signal(node)]
            case "likely" | "unlikely":
                return [self._as_truth(self._operands(node, name, 1)[0])]
            case "data_race":
                with self.deliberately_racy():
                    return [self.value(self._operands(node, name, 1)[0])]
            case "READ_ONCE":
                return [self._read_once(node, *self._operands(node, name, 1))]
            case "WRITE_ONCE":
                self.write_once(*self._operands(node, name, 2))
                return []
            case "ERR_PTR" | "PTR_ERR" | "IS_ERR":
                return [self._error_pointer(node, name, self._operands(node, name, 1)[0])]
            case "list_is_head":
                return [self._is_head(node, *self._operands(node, name, 2))]
            case "list_for_each_entry" | "list_for_each_entry_safe":
                raise self.error(node, f"`{name}` stands outside of a `for`", f"Write `for entry in {name}(head):`.")
        raise self.error(node, f"`{name}` is not known to the compiler")

    def _operands(self, node: ast.Call, name: str, count: int) -> list[ast.expr]:
        if len(node.args) != count:
            raise self.error(node, f"`{name}` takes {counted(count, 'argument')}, not {len(node.args)}")
        return node.args

    def _not_in_claim(self, node: ast.AST, name: str) -> SpecError:
        where = "a ghost procedure, which writes ghost fields only"
        return self.error(
            node,
            f"`{name}` in {where if self.ghost else 'a claim or an awaited condition, which only reads'}",
            "Use what reads only: fields, atomic_read, list_empty, idr_find, list_length, live, is_locked.",
        )

    def _compound(self, node: ast.Call, name: str, compound: Compound) -> list[Value]:
        """Several operations in a row: something is turned off and a lock taken, or the other way round."""
        if self.atomic:
            raise self._not_in_claim(node, name)
        restores = compound.parts[-1] == "local_irq_restore"
        lock = next(part for part in compound.parts if part in LOCKING)
        of_lock = len(OPERATIONS[lock].parameters)
        operands = self._operands(node, name, of_lock + restores)
        results: list[Value] = []
        for part in compound.parts:
            given = operands[:of_lock] if part == lock else operands[of_lock:]
            call = ast.copy_location(ast.Call(node.func, given, []), node)
            results += self._operate(call, replace(OPERATIONS[part], said=name))
        return results

    def _call_rcu(self, node: ast.Call, target: ast.expr, callback: ast.expr) -> list[Value]:
        """The object is evaluated; the procedure is known before the run."""
        if self.atomic:
            raise self._not_in_claim(node, "call_rcu")
        value = self.value(target)
        if not isinstance(value.type, RefType):
            raise self.error(target, f"`call_rcu` takes a reference, not {described(value.type)}", "Give an object.")
        function, shown = self.names.static(callback, self.source.file.path), code_text(callback)
        if not callable(function) or getattr(kernel, shown, None) is function:
            raise self.error(
                callback,
                f"`call_rcu` takes a procedure of the model, not `{shown}`",
                "Name one that is given the object: `call_rcu(item, free_item)`.",
            )
        signature = self._callee(callback, callback, function)
        wanted = [type_ for _, type_ in signature.parameters]
        if len(wanted) != 1 or signature.results or not fits(value.type, wanted[0]):
            raise self.error(
                callback,
                f"`call_rcu` gives `{shown}` {described(value.type)}, and takes no result",
                f"Declare it so, with one parameter ({signature.place}).",
            )
        self.emit(Operate("call_rcu", (value.expr,), (), self.site(node), callback=signature.name))
        return []

    def _wait_event(self, node: ast.Call, name: str, queue: ast.expr, condition: ast.expr) -> list[Value]:
        """As in linux/wait.h: look; then stand in the queue, look again, and sleep, until the condition holds."""
        interruptible = name == "wait_event_interruptible"
        site = self.site(node)
        again, sleep, woken, done, end = (self.code.label() for _ in range(5))
        result = self.temporary(IntType()) if interruptible else ""
        state = Const(kernel.TASK_INTERRUPTIBLE if interruptible else kernel.TASK_UNINTERRUPTIBLE)
        address = self.value(queue)
        if not _KINDS["waitqueue"][1](address.type):
            raise self.error(queue, f"`{name}` takes a WaitQueue, not {described(address.type)}", "Give a WaitQueue.")
        address = self.snapshot(address, node) if not isinstance(address.expr, Member) else address
        if interruptible:
            self.emit(Assign(result, Const(0), site))
        self.branch(condition, end, again)
        self.code.place(again)
        self.emit(Operate("prepare_to_wait", (address.expr, state), (), site))
        self.branch(condition, done, sleep)
        self.code.place(sleep)
        if interruptible and self.unit.signals:
            self.emit(Assign(result, Const(-kernel.ERESTARTSYS), site))
            self.emit(Branch(self._signal(node).expr, done, woken, site))
            self.code.place(woken)
            self.emit(Assign(result, Const(0), site))
        else:
            self.code.place(woken)
        self.emit(Operate("schedule", (), (), site))
        self.emit(Jump(again, site))
        self.code.place(done)
        self.emit(Operate("finish_wait", (address.expr,), (), site))
        self.code.place(end)
        return [Value(Local(result), IntType())] if interruptible else []

    def _signal(self, node: ast.AST) -> Value:
        """Was a signal sent? Either, where they are let come."""
        if not self.unit.signals:
            return Value(Const(0), BoolType())
        target = self.temporary(BoolType())
        self.emit(Choose(target, (Const(0), Const(1)), self.site(node)))
        return Value(Local(target), BoolType())

    def _operate(self, node: ast.Call, operation: Operation) -> list[Value]:
        name, said = operation.name, operation.said or operation.name
        if self.atomic and name in OPERATIONS and name not in READ_ONLY:
            raise self._not_in_claim(node, name)
        if not self.atomic and name in GHOSTS:
            raise self.error(
                node,
                f"`{name}` in a procedure, but it is for claims only",
                "No thread can see it: use it in an invariant, at quiescence, or in `await_(...)`.",
            )
        operands = self._operands(node, said, len(operation.parameters))
        values: list[Value] = []
        for kind, operand in zip(operation.parameters, operands, strict=True):
            value = self.value(operand)
            if kind == "element":
                self._want(operand, f"`{name}`", self._element(values), value)
            elif not _KINDS[kind][1](value.type):
                remedy = f"Give {_KINDS[kind][0]}."
                if kind == "int" and isinstance(value.type, AtomicType):
                    remedy = f"Read it with `atomic_read({code_text(operand)})`."
                elif isinstance(value.type, LockType):
                    remedy = _instead(name, value.type.kind, said) or remedy
                raise self.error(operand, f"`{said}` takes {_KINDS[kind][0]}, not {described(value.type)}", remedy)
            elif kind == "subclass" and not (isinstance(value.expr, Const) and 0 <= value.expr.value < SUBCLASSES):
                raise self.error(
                    operand,
                    f"`{said}` takes a subclass that is known before the run, 0 to {SUBCLASSES - 1}",
                    "Write a number, or SINGLE_DEPTH_NESTING.",
                )
            values.append(value)
        self._check_lists(node, operation, operands, values)
        self._check_sema_init(node, name, values)
        cache = next((value.type.name for value in values if isinstance(value.type, CacheType)), "")
        if cache and "ref" in operation.parameters:
            self._want(operands[1], f"`{name}` with the cache of {cache}", RefType(cache), values[1])
        results: list[Value] = []
        for kind in operation.results:
            type_: Type
            match kind:
                case "int":
                    type_ = IntType()
                case "bool":
                    type_ = BoolType()
                case "object":
                    type_ = RefType(cache)
                case _:
                    type_ = self._element(values)
            results.append(Value(Local(self.temporary(type_)), type_))
        arguments = tuple(value.expr for value in values if not isinstance(value.type, CacheType))
        targets = tuple(result.expr.name for result in results if isinstance(result.expr, Local))
        self.emit(Operate(name, arguments, targets, self.site(node), cache, self.racy))
        return results

    # --- events -------------------------------------------------------------------------------------------------

    def _book(self, node: ast.Call, name: str) -> None:
        """An operation on a ledger: which one, then who, then the values of an event, then what carries it."""
        if self.atomic and not self.ghost:
            raise self._not_in_claim(node, name)
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "by")]
        ledger = self._unseen(given[0], name) if given else None
        if ledger is None or not isinstance(ledger.type, LedgerType):
            told = "nothing" if ledger is None else described(ledger.type)
            raise self.error(node, f"`{name}` takes a Ledger first, not {told}", "Name one: `dev.ledger`.")
        operation = LEDGER["forgive_all" if name == "forgive" and len(given) == 1 else name]
        wanted = self._booked(operation, ledger.type)
        by = [keyword.arg for keyword in node.keywords]
        if len(given) != 1 + len(wanted) or by != (["by"] if name in ("carry", "overflow") else []):
            raise self.error(
                node,
                f"`{name}` does not take these operands",
                f"Write `{name}({', '.join(self._shown(operation, wanted))})`.",
            )
        values = [ledger]
        for operand, (what, type_) in zip(given[1:], wanted, strict=True):
            values.append(self._unseen(operand, name))
            self._want(operand, f"the {what} of `{name}`", type_, values[-1])
        self.emit(Book(operation.name, tuple(value.expr for value in values), self.site(node)))

    @staticmethod
    def _booked(operation: Operation, ledger: LedgerType) -> list[tuple[str, Type]]:
        """The operands after the ledger: what each is, and its type."""
        found: list[tuple[str, Type]] = []
        for kind in operation.parameters[1:]:
            match kind:
                case "event":
                    found += [("event", value) for value in ledger.event]
                case "claimant":
                    found.append((kind, RefType(ledger.claimant)))
                case _:
                    found.append((kind, RefType(ledger.carrier)))
        return found

    @staticmethod
    def _shown(operation: Operation, wanted: Sequence[tuple[str, Type]]) -> Iterator[str]:
        """The operands as a call shows them."""
        yield "ledger"
        for what, type_ in wanted:
            name = type_name(type_)
            yield f"by={name}" if what == "carrier" and operation.name != "got" else name

    @staticmethod
    def _element(values: Sequence[Value]) -> RefType:
        for value in values:
            if isinstance(value.type, (ListHeadType, IdrType)):
                return RefType(value.type.element)
        return ANY_REF

    def _check_sema_init(self, node: ast.Call, name: str, values: list[Value]) -> None:
        """A bare Semaphore has one owner; any other count needs one that is declared as counting."""
        if name != "sema_init" or not isinstance(values[0].type, LockType) or not values[0].type.owned:
            return
        if values[1].expr != Const(1):
            raise self.error(
                node,
                "`sema_init` gives a bare Semaphore a count, but it is used as a mutex, with count 1",
                "Declare the field as `sem: Semaphore = semaphore(count)`, or use `init_MUTEX(...)`.",
            )

    def _check_lists(
        self, node: ast.Call, operation: Operation, operands: Sequence[ast.expr], values: Sequence[Value]
    ) -> None:
        """An entry must go on a list that is linked through it, and a walk stays in its type."""
        heads = [value.type for value in values if isinstance(value.type, ListHeadType)]
        for kind, operand, value in zip(operation.parameters, operands, values, strict=True):
            if not heads:
                return
            if kind == "ref":
                self._want(
                    operand, f"`{operation.name}` on a ListHead[{heads[0].element}]", RefType(heads[0].element), value
                )
            if kind == "entry" and isinstance(value.expr, Member):
                head, entry = heads[0], value.expr
                if entry.struct != head.element or head.link not in ("", entry.field):
                    raise self.error(
                        node,
                        f"`{operation.name}` puts {entry.struct}.{entry.field} on a list "
                        f"that is linked by {head.element}.{head.link or '...'}",
                        "Give the link that the list is declared with in list_of(...).",
                    )

    # --- functions with a meaning of their own ------------------------------------------------------------------

    def _as_truth(self, node: ast.expr) -> Value:
        value = self.truth(node)
        if isinstance(value.type, BoolType):
            return value
        if isinstance(value.expr, Const):
            return Value(Const(int(value.expr.value != 0)), BoolType())
        return Value(Binary("!=", value.expr, Const(0)), BoolType())

    def _choose(self, node: ast.Call) -> Value:
        if not node.args:
            raise self.error(node, "`choose` has nothing to choose from", "Write the options: `choose(0, 1)`.")
        options = [self.value(argument) for argument in node.args]
        type_: Type = options[0].type
        for argument, option in zip(node.args, options, strict=True):
            both = joined(type_, option.type)
            if both is None:
                raise self.error(argument, f"`choose` between {described(type_)} and {described(option.type)}")
            type_ = both
        if not (is_number(type_) or isinstance(type_, RefType)):
            raise self.error(
                node, f"`choose` takes values, not {described(type_)}", "Choose with `if choose(True, False):`."
            )
        target = self.temporary(type_)
        self.emit(Choose(target, tuple(option.expr for option in options), self.site(node)))
        return Value(Local(target), type_)

    def _entered(self, node: ast.Call, operand: ast.expr) -> Value:
        if self.atomic:
            raise self.error(
                node,
                f"`entered` in {'a ghost procedure' if self.ghost else 'a claim or an awaited condition'}, "
                "which is about shared memory",
                "Ask before it, in the procedure: `inside = entered(f)`.",
            )
        function = self.names.static(operand, self.source.file.path)
        signature = self.unit.callee(function, False)
        if signature is None or signature.ghost:
            raise self.error(
                operand,
                f"`entered` takes a procedure that threads run, and `{code_text(operand)}` is none",
                "Name one of the model's.",
            )
        return Value(Entered(signature.name), BoolType())

    def _read_once(self, node: ast.Call, operand: ast.expr) -> Value:
        """The field itself is read once, what leads to it as ever."""
        if not isinstance(operand, ast.Attribute):
            raise self.error(node, "`READ_ONCE` takes a field", "Write `READ_ONCE(x.f)`.")
        address, field = self.address(operand)
        with self.deliberately_racy():
            value = self.loaded(operand, address, field)
        if value.expr is address:
            raise self.error(
                node,
                f"`{code_text(operand)}` is {described(field.type)}, which `READ_ONCE` cannot read",
                "Use the operations of its type, such as `atomic_read`.",
            )
        return value

    def write_once(self, target: ast.expr, operand: ast.expr) -> None:
        """Store into a field, once (`statements` knows how)."""
        raise NotImplementedError

    def _static_name(self, node: ast.Call, called: str) -> str:
        operand = self._operands(node, called, 1)[0]
        name = self.names.static(operand, self.source.file.path)
        if not isinstance(name, str):
            told = f"`{called}` takes a name that is known before the run"
            raise self.error(node, told, f'Write `{called}("name")`.')
        return name

    def _error_pointer(self, node: ast.Call, name: str, operand: ast.expr) -> Value:
        value = self.value(operand)
        if name == "ERR_PTR":
            self._want(operand, "`ERR_PTR`", IntType(), value)
            if isinstance(value.expr, Const) and not -MAX_ERRNO <= value.expr.value <= -1:
                raise self.error(
                    node, f"`ERR_PTR` takes -1 to -{MAX_ERRNO}, not {value.expr.value}", "Write `ERR_PTR(-EINVAL)`."
                )
            return Value(value.expr, ANY_REF)
        if not isinstance(value.type, RefType):
            raise self.error(operand, f"`{name}` takes a reference, not {described(value.type)}", "Give a reference.")
        if name == "PTR_ERR":
            return Value(value.expr, IntType())
        if isinstance(value.expr, Const):
            return Value(Const(computed("<", value.expr.value, 0)), BoolType())
        return Value(Binary("<", value.expr, Const(0)), BoolType())

    def _is_head(self, node: ast.Call, entry: ast.expr, head: ast.expr) -> Value:
        first, second = self.value(entry), self.value(head)
        if not isinstance(second.type, ListHeadType):
            raise self.error(head, f"`list_is_head` takes a ListHead, not {described(second.type)}", "Give a ListHead.")
        self._want(entry, "`list_is_head`", RefType(second.type.element), first)
        return Value(Binary("==", first.expr, HeadOf(second.expr)), BoolType())

    def _builtin(self, node: ast.Call, name: str) -> Value:
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self.error(node, f"`{name}` takes its arguments by position")
        match name:
            case "min" | "max" if len(node.args) >= 2:
                values = [self.value(argument) for argument in node.args]
                for argument, value in zip(node.args, values, strict=True):
                    self._want(argument, f"`{name}`", IntType(), value)
                expr: Expr = values[0].expr
                for value in values[1:]:
                    expr = Binary(name, expr, value.expr)
                return Value(expr, IntType())
            case "bool":
                return self._as_truth(self._operands(node, name, 1)[0])
            case "int":
                operand = self._operands(node, name, 1)[0]
                value = self.value(operand)
                self._want(operand, "`int`", IntType(), value)
                return Value(value.expr, IntType())
            case "abs":
                operand = self._operands(node, name, 1)[0]
                value = self.value(operand)
                self._want(operand, "`abs`", IntType(), value)
                return Value(Binary("max", value.expr, Unary("-", value.expr)), IntType())
            case "len":
                remedy = "Keep a count in a field; in a claim write `list_length(head)`."
            case "print":
                remedy = 'Leave it out; `mark("name")` shows in a trace.'
            case "range":
                remedy = "Write `for i in range(n):`."
            case "min" | "max":
                remedy = f"Write `{name}(a, b)`."
            case _:
                remedy = "Write what it does in the model's own terms."
        raise self.error(node, f"Python's `{name}` is not taken in a procedure", remedy)

    def _cast(self, node: ast.Call, target: ast.expr, operand: ast.expr) -> Value:
        """A reference as it is: to the Struct that extends another, for the type checker."""
        cls = self.names.static(target, self.source.file.path)
        if not is_struct(cls):
            raise self.error(target, f"`cast` to `{code_text(target)}`, which is no Struct", "Name a Struct.")
        value = self.value(operand)
        self._want(operand, "`cast`", RefType(self.unit.register(cls, self.source.place)), value)
        return value

    def _converted(self, node: ast.Call, cls: type) -> Value:
        if issubclass(cls, (enum.IntFlag, enum.IntEnum)):
            operand = self._operands(node, cls.__name__, 1)[0]
            value = self.value(operand)
            self._want(operand, f"`{cls.__name__}`", IntType(), value)
            return Value(value.expr, enum_type(cls))
        if issubclass(cls, language.Struct):
            raise self.error(
                node, f"`{cls.__name__}(...)` makes no object", "Allocate one: `kmem_cache_alloc(cache, GFP_KERNEL)`."
            )
        raise self.error(node, f"the class `{cls.__name__}` is not taken in a procedure", "Call a procedure instead.")

    # --- waiting ------------------------------------------------------------------------------------------------

    def _await(self, node: ast.Call, condition: ast.expr) -> None:
        if isinstance(condition, ast.Lambda):
            raise self.refused(condition)
        mentioned = [inner for inner in ast.walk(condition) if isinstance(inner, ast.Name)]
        mentioned.sort(key=lambda inner: (inner.lineno, inner.col_offset))
        used = [name for name in dict.fromkeys(inner.id for inner in mentioned) if name in self.names.locals]
        values = [self.read(ast.copy_location(ast.Name(name, ast.Load()), condition)) for name in used]
        self.conditions += 1
        name = f"{self.signature.name}.await{self.conditions}"
        parameters = tuple((local, value.type) for local, value in zip(used, values, strict=True))
        self.condition(name, parameters, condition)
        arguments = tuple(value.expr for value in values)
        self.emit(Await(name, arguments, ast.unparse(condition), self.site(node)))

    def condition(self, name: str, parameters: tuple[tuple[str, Type], ...], node: ast.expr) -> None:
        """Make an atomic procedure that gives the truth of an expression (`statements` knows how)."""
        raise NotImplementedError

    # --- small helpers for statements ---------------------------------------------------------------------------

    def in_range(self, value: Value, wanted: Type, node: ast.AST) -> Value:
        """The value after a check of the range that is wanted of it, if there is one."""
        if not isinstance(wanted, IntType) or wanted.low is None or wanted.high is None:
            return value
        if isinstance(value.expr, Const) and wanted.low <= value.expr.value <= wanted.high:
            return value
        target = self.temporary(wanted)
        self.emit(Assign(target, value.expr, self.site(node), wanted.low, wanted.high))
        return Value(Local(target), wanted)


def counted(number: int, noun: str) -> str:
    """`1 argument`, `2 arguments`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
