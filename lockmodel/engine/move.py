"""One step in the making: the visible instruction, then the local code after it.

Takes a local state and what answers reads; `finish` gives the `Step`. Conditions and claims are evaluated here as well,
since they are the same code, run as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from lockmodel.engine import processor
from lockmodel.engine.frames import Frames, Open, needed
from lockmodel.engine.local import COMING, Frame, LocalState, Outcome, Step
from lockmodel.engine.memory import Blocked, Exhausted, Halt, Memory
from lockmodel.engine.operations import MEANING, Context, ledgers, waiting
from lockmodel.engine.words import show_number, show_value, text
from lockmodel.errors import SpecError
from lockmodel.ir.machine import TASK_STATE
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
    Progress,
    Return,
    Store,
    Unary,
)
from lockmodel.ir.operations import OPERATIONS
from lockmodel.ir.types import MemberType, RefType
from lockmodel.ir.values import GARBAGE, HEADS, LIMIT, NULL, UNINITIALISED, is_head
from lockmodel.source import Site

LOCAL_LIMIT = 10_000
"""Local instructions in one step; more means a loop that never touches shared memory."""

TO_SLEEP = frozenset(name for name, operation in OPERATIONS.items() if operation.parameters[-1:] == ("state",))
"""The operations whose last operand is the state in which a task is to sleep."""


Source = Callable[[int], int]


class Move:
    """One step in the making."""

    def __init__(self, code: Frames, local: LocalState, source: Source, frames: list[Open], choice: int) -> None:
        self.code = code
        self.layout = code.layout
        self.procedures = code.procedures
        self.local = local
        self.frames = frames
        self.choice = choice
        self.covered: list[Site] = []
        self.memory = Memory(code.layout, source, local, self._where)
        self.operation = ""
        self.detail = ""
        self.progress = False
        self.passed: list[tuple[str, bool]] = []
        self.ran = {frame.procedure for frame in frames}

    def _where(self) -> tuple[Site, tuple[Site, ...]]:
        return self.code.place(self.frames), self.code.sites(self.frames)

    def finish(self, first: Callable[[], None], operation: str, detail: str) -> Step:
        """Do the visible part, then the local code; collect what it came to."""
        place, stack = self._where()
        self.operation, self.detail = operation, detail
        outcome, after, wants = Outcome.MOVED, None, -1
        pool: tuple[str, int] | None = None
        done = False
        try:
            first()
            done = True
            after = self.run_local()
        except Halt:
            outcome = Outcome.HALTED
        except Blocked as blocked:
            outcome, wants = Outcome.BLOCKED, blocked.lock
        except Exhausted as exhausted:
            outcome, pool = Outcome.EXHAUSTED, exhausted.pool
        memory = self.memory
        memory.close()
        return Step(
            outcome,
            stack[0] if stack else place,
            stack,
            tuple(memory.reads.items()),
            tuple(memory.writes.items()) if done and pool is None else (),
            after,
            tuple(memory.violations),
            wants,
            memory.asked,
            tuple(dict.fromkeys(self.covered)),
            pool,
            self.operation,
            self.detail,
            tuple(memory.notes),
            tuple(memory.accesses.values()) if outcome in (Outcome.MOVED, Outcome.HALTED) else (),
            self.progress,
            memory.took if outcome is Outcome.MOVED else -1,
            tuple(self.passed),
            frozenset(self.ran),
        )

    # --- visible instructions -----------------------------------------------------------------------------------

    def visible(self) -> None:
        """Execute the visible instruction that the thread stands at."""
        frame = self.frames[-1]
        instruction = self.procedures[frame.procedure].code[frame.at]
        if not processor.admitted(self.memory, self.choice):
            self.comes(frame)
            return
        self.covered.append(instruction.site)
        match instruction:
            case Load() | Store():
                self.access(instruction)
            case Operate():
                self.operate(instruction)
            case Choose(target, options):
                value = self.value(options[self.choice])
                self.set(frame, target, value)
                self.operation, self.detail = "choose", f"= {value}"
            case Await(condition, arguments, text):
                self.operation = f"await {text}"
                inner = self.enter(condition, [self.value(a) for a in arguments])
                if not self.truth(self.evaluate_procedure(inner)):
                    raise Blocked
            case Mark(name):
                self.operation = f"mark {name}"
            case (
                Assign()
                | Jump()
                | Branch()
                | Call()
                | Return()
                | Assert()
                | MightSleep()
                | Progress()
                | Passage()
                | Book()
            ):
                raise AssertionError(f"{instruction} is not visible")
            case _ as never:
                assert_never(never)
        if not self.memory.again:
            frame.at += 1

    def comes(self, frame: Open) -> None:
        """An interrupt comes, or a callback with the object that it is given."""
        given = self.memory.given
        if given == NULL:
            self.operation = f"the {self.memory.situation.level} comes"
            return
        self.operation = f"RCU calls {frame.procedure}({self.layout.describe(given)})"
        if cpu := self.memory.cpu():
            self.detail = f"on {self.layout.objects[cpu].name}"
        frame.values[0] = given
        self.requirements(frame)

    def access(self, instruction: Load | Store) -> None:
        """A plain read or write of a field."""
        frame, memory = self.frames[-1], self.memory
        address = instruction.address
        reading = isinstance(instruction, Load)
        use = f"{'reads' if reading else 'writes'} {address.struct}.{address.field}"
        self.operation = f"{'read' if reading else 'write'} {text(address)}"
        base = self.value(address.base)
        if isinstance(instruction, Load) and is_head(base):
            memory.member(base - HEADS, use)
            memory.report("LM308", f"{use} through {self.layout.describe(base)}, which is no {address.struct}")
            self.detail = "= whatever lies there"
            self.set(frame, instruction.target, GARBAGE)
            return
        owner = memory.pointer(base, use)
        location = self.layout.address(owner, address.field)
        name = self.layout.name(location)
        field = self.layout.field(location)
        self.operation = f"{'read' if reading else 'write'} {name}"
        memory.racy = instruction.racy or (reading and memory.situation.sequence)
        if not field.ghost:
            memory.touch(location, writes=not reading)
        if not memory.racy:
            memory.guarded(location, use.split()[0], writes=not reading)
        if isinstance(instruction, Load):
            value = memory.initialised(location, "reads")
            self.detail = f"= {show_value(self.layout, location, value)}"
            self.set(frame, instruction.target, value)
            return
        value = self.value(instruction.value)
        if field.constant and owner not in memory.private:
            memory.report("LM302", f"writes {name}, which is constant once its object is shared")
        if isinstance(field.type, RefType) and is_head(value):
            memory.report("LM308", f"stores {self.layout.describe(value)} in {name} as if it were an entry")
        memory.write(location, value)
        if isinstance(field.type, RefType) and not field.ghost:
            memory.publish(value, owner)
        self.detail = f"= {show_value(self.layout, location, value)}"

    def operate(self, instruction: Operate) -> None:
        """A kernel operation."""
        frame = self.frames[-1]
        self.operation = f"{instruction.operation}({', '.join(text(a) for a in instruction.arguments)})"
        operands = tuple(self.value(a) for a in instruction.arguments)
        for argument, value in zip(instruction.arguments, operands, strict=True):
            if value == GARBAGE and self._kind(argument) == "number":
                self.memory.halt("LM308", f"{instruction.operation} is given a value read through no such object")
        shown = [self._operand(a, v) for a, v in zip(instruction.arguments, operands, strict=True)]
        if instruction.operation in TO_SLEEP:
            shown[-1] = show_number(TASK_STATE, operands[-1])
        if instruction.cache and instruction.results:
            shown = [instruction.cache]
        if instruction.callback:
            shown.append(instruction.callback)
        self.operation = f"{instruction.operation}({', '.join(shown)})"
        context = Context(
            instruction.operation,
            instruction.cache,
            self.local.pool,
            self.choice,
            instruction.racy,
            self.code.clear_dead,
            instruction.site,
            self.local.frames[0].procedure if self.local.frames else "",
            instruction.callback,
        )
        self.memory.racy = instruction.racy
        results, self.detail = MEANING[instruction.operation](self.memory, operands, context)
        for target, value in zip(instruction.results, results, strict=False):
            self.set(frame, target, value)

    # --- local code ---------------------------------------------------------------------------------------------

    def run_local(self) -> LocalState:
        """Run up to the next visible instruction or the thread's end; the local state there."""
        executed = 0
        if self.memory.again:
            return self.settle()
        while self.frames:
            frame = self.frames[-1]
            instruction = self.procedures[frame.procedure].code[frame.at]
            if self.is_visible(instruction):
                return self.settle()
            executed += 1
            if executed > LOCAL_LIMIT:
                site = instruction.site
                raise SpecError(
                    f"the loop here runs {LOCAL_LIMIT:,} times without touching shared memory",
                    path=site.path,
                    line=site.line,
                    remedy="Let it end, or let it read or wait for something that another thread changes.",
                )
            self.covered.append(instruction.site)
            self.local_instruction(frame, instruction)
        return self.end()

    def is_visible(self, instruction: Instruction) -> bool:
        """Is this instruction a step? All that touches shared memory is, ghosts excepted."""
        match instruction:
            case Load(address=address) | Store(address=address):
                return not self.layout.program.structs[address.struct].field(address.field).ghost
            case Operate() | Choose() | Await() | Mark():
                return True
            case _:
                return False

    def local_instruction(self, frame: Open, instruction: Instruction) -> None:
        """Execute an instruction that is no step."""
        match instruction:
            case Assign(target, value, _, low, high):
                number = self.value(value)
                if low is not None and high is not None and not low <= number <= high:
                    self.memory.halt(
                        "LM701",
                        f"{target} would become {number}, outside its range {low}..{high}",
                        claim=f"range of {target} in {frame.procedure}",
                    )
                self.set(frame, target, number)
                frame.at += 1
            case Jump(target_at):
                frame.at = target_at
            case Branch(condition, then, orelse):
                frame.at = then if self.truth(self.value(condition)) else orelse
            case Call(procedure, arguments):
                if self.procedures[procedure].ghost and not self.memory.ghost:
                    self.ghost(procedure, arguments)
                    frame.at += 1
                    return
                callee = self.enter(procedure, [self.value(a) for a in arguments])
                self.within_bound(procedure)
                self.requirements(callee)
                self.frames.append(callee)
            case Return(values):
                self.leave([self.value(v) for v in values])
            case Assert(condition, text):
                if not self.truth(self.value(condition)):
                    self.memory.halt("LM701", f"the assertion {text} fails")
                frame.at += 1
            case MightSleep():
                self.memory.sleeps("the code here")
                frame.at += 1
            case Passage(name, enters):
                self.passed.append((name, enters))
                frame.at += 1
            case Progress():
                self.progress = True
                frame.at += 1
            case Book(operation, arguments):
                self.book(operation, arguments)
                frame.at += 1
            case Load() | Store():
                detail = self.operation, self.detail
                self.access(instruction)
                self.operation, self.detail = detail
                frame.at += 1
            case Operate() | Choose() | Await() | Mark():
                raise AssertionError(f"{instruction} is visible")
            case _ as never:
                assert_never(never)

    def enter(self, procedure: str, arguments: Sequence[int]) -> Open:
        """A frame at the beginning of a procedure."""
        self.ran.add(procedure)
        return self.code.enter(procedure, arguments)

    def within_bound(self, procedure: str) -> None:
        """Where a procedure stands on the stack as often as was declared the execution is not followed any further."""
        bound = self.procedures[procedure].recursion
        if bound and sum(frame.procedure == procedure for frame in self.frames) >= bound:
            declared, here = self.procedures[procedure].site, self.code.sites(self.frames)[0]
            raise Exhausted(
                (f"the recursion of {declared.procedure}, whose bound is {bound} ({declared.spec}), at {here.spec}", -1)
            )

    def leave(self, values: list[int]) -> None:
        """Return from the innermost procedure."""
        if len(self.frames) == 1:
            self.finished()
        self.frames.pop()
        if not self.frames:
            return
        caller = self.frames[-1]
        call = self.procedures[caller.procedure].code[caller.at]
        assert isinstance(call, Call)
        for target, value in zip(call.results, values, strict=False):
            self.set(caller, target, value)
        caller.at += 1

    def finished(self) -> None:
        """The thread is about to end: it must hold nothing."""
        if self.memory.held:
            names = tuple(self.layout.member_name(lock) for lock in self.memory.held)
            self.memory.halt("LM603", f"the thread ends while it holds {', '.join(names)}", locks=names)
        if off := processor.left_off(self.memory):
            self.memory.halt("LM603", f"the thread ends with {off}")
        if queue := waiting.left_in(self.memory):
            self.memory.halt("LM603", f"the thread ends while it stands in {queue}")
        processor.settle(self.memory, ends=True)

    def requirements(self, callee: Open) -> None:
        """LM302 if the caller does not hold what the callee asks for."""
        procedure = self.procedures[callee.procedure]
        for need in procedure.holds:
            if need.base is None:
                lock = self.layout.address(self.layout.globals[need.lock], "lock")
            else:
                base = callee.values[self.code.slot(callee.procedure, need.base)]
                lock = self.memory.follow(base, need.through) if 0 < base < HEADS else -1
            if lock not in self.memory.held and not (
                lock >= 0 and self.layout.locations[lock].owner in self.memory.private
            ):
                name = self.layout.member_name(lock) if lock >= 0 else need.text
                self.memory.report("LM302", f"calls {procedure.name} without {name}, which it asks for", locks=(name,))

    def settle(self) -> LocalState:
        """The local state at a visible instruction (of an interrupt: before all), what is dead forgotten."""
        processor.settle(self.memory)
        frames = []
        for frame in self.frames:
            live = needed(self.procedures[frame.procedure], frame.at, begins=self.memory.phase == COMING)
            frames.append(Frame(frame.procedure, frame.at, self.code.clean(frame, live)))
        memory = self.memory
        return LocalState(
            self.local.pool,
            tuple(frames),
            tuple(memory.held),
            tuple(sorted(memory.private)),
            tuple(memory.shared),
            memory.situation,
            memory.phase,
            tuple(sorted(memory.queues)),
            subclasses=tuple(memory.subclasses),
            upon=memory.upon,
        )

    def end(self) -> LocalState:
        """The local state of a thread that has ended; one that runs callbacks is where it began."""
        thread = self.local.pool
        if thread < 0 or self.layout.setup.threads[thread].callback is None:
            return LocalState(thread, ())
        self.progress = True
        return self.code.before_it_comes(thread)

    # --- conditions and claims ----------------------------------------------------------------------------------

    def evaluate_procedure(self, frame: Open) -> int:
        """Run an atomic procedure (a condition, a claim or ghost code) as a whole; its result.

        A condition is read in one step by intention, like an atomic, so nothing that it reads counts as an access.
        """
        outer, self.frames = self.frames, [*self.frames, frame]
        accesses = dict(self.memory.accesses)
        depth = len(self.frames)
        executed = 0
        try:
            while True:
                current = self.frames[-1]
                instruction = self.procedures[current.procedure].code[current.at]
                executed += 1
                if executed > LOCAL_LIMIT:
                    what = "ghost procedure" if self.memory.ghost else "condition or claim"
                    raise SpecError(
                        f"the {what} does not end",
                        path=instruction.site.path,
                        line=instruction.site.line,
                        remedy="Bound its loop.",
                    )
                self.covered.append(instruction.site)
                if isinstance(instruction, Return) and len(self.frames) == depth:
                    return self.value(instruction.values[0]) if instruction.values else 0
                if isinstance(instruction, Operate):
                    operation = self.operation, self.detail
                    self.operate(instruction)
                    self.operation, self.detail = operation
                    current.at += 1
                else:
                    self.local_instruction(current, instruction)
        finally:
            self.frames = outer
            self.memory.accesses = accesses

    def ghost(self, procedure: str, arguments: tuple[Expr, ...]) -> None:
        """Run ghost code as a whole: it is no part of what the thread does."""
        self.memory.ghost = True
        self.evaluate_procedure(self.enter(procedure, [self.value(a) for a in arguments]))
        self.memory.ghost = False

    def book(self, operation: str, arguments: tuple[Expr, ...]) -> None:
        """An operation on a ledger: ghost code, wherever it stands."""
        outer, self.memory.ghost = self.memory.ghost, True
        ledgers.book(self.memory, operation, tuple(self.value(a) for a in arguments))
        self.memory.ghost = outer

    # --- expressions --------------------------------------------------------------------------------------------

    def set(self, frame: Open, name: str, value: int) -> None:
        """Assign a local."""
        frame.values[self.code.slot(frame.procedure, name)] = value

    def truth(self, value: int) -> bool:
        """C's truth; garbage equals nothing that was stored, so it is not 0."""
        return value != 0

    def value(self, expression: Expr) -> int:
        """The value of an expression over locals."""
        match expression:
            case Const(value):
                return value
            case GlobalRef(name):
                return self.layout.globals[name]
            case Local(name):
                frame = self.frames[-1]
                value = frame.values[self.code.slot(frame.procedure, name)]
                if value == UNINITIALISED:
                    self.memory.halt("LM307", f"the local {name} is used before it is set")
                return value
            case Unary(operator, operand):
                return _unary(operator, self.value(operand))
            case Binary(operator, left, right):
                return self.binary(operator, self.value(left), self.value(right))
            case Member(base, struct, field):
                owner = self.memory.pointer(self.value(base), f"uses {struct}.{field}")
                return self.layout.address(owner, field)
            case HeadOf(head):
                return HEADS + self.value(head)
            case Entered(procedure):
                return int(any(frame.procedure == procedure for frame in self.frames[:-1]))
            case _ as never:
                assert_never(never)

    def binary(self, operator: str, left: int, right: int) -> int:
        """A binary operator; garbage is unequal to everything and poisons arithmetic."""
        if GARBAGE in (left, right):
            return 1 if operator == "!=" else 0 if operator in ("==", "<", "<=", ">", ">=") else GARBAGE
        if operator in ("//", "%") and right == 0:
            self.memory.halt("LM701", "divides by zero")
        if operator in ("<<", ">>") and right < 0:
            self.memory.halt("LM701", f"shifts by {right}, which is less than 0")
        result = _BINARY[operator](left, right) if operator != "<<" or right <= LIMIT.bit_length() else LIMIT
        if not -LIMIT < result < LIMIT:
            self.memory.halt("LM701", f"{left} {operator} {right} does not fit in 64 bits")
        return result

    def _operand(self, expression: Expr, value: int) -> str:
        """An operand as a reader knows it."""
        kind = self._kind(expression)
        if kind == "address":
            return self.layout.member_name(value)
        if kind == "reference":
            return self.layout.describe(value)
        return str(value)

    def _kind(self, expression: Expr) -> str:
        match expression:
            case Member():
                return "address"
            case GlobalRef():
                return "reference"
            case Local(name):
                kind = self.code.variable(self.frames[-1].procedure, name).type
                if isinstance(kind, RefType):
                    return "reference"
                return "address" if isinstance(kind, MemberType) else "number"
            case _:
                return "number"


def _unary(operator: str, value: int) -> int:
    match operator:
        case "not":
            return int(value == 0)
        case _ if value == GARBAGE:
            return GARBAGE
        case "-":
            return -value
        case "~":
            return ~value
        case _:
            raise AssertionError(operator)


_BINARY: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "min": min,
    "max": max,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
}
