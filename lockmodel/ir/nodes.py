"""The code of the IR: flat lists of instructions with integer targets.

A *visible* instruction is one step of a thread; all others are local and run after it, up to the next visible one.
Expressions read locals only: every read of shared memory is a `Load` of its own, so that it is a step of its own.

Values are Python ints: references are object numbers (0 is NULL, negative ones are error pointers), an address of a
member is the number of its first location, truth is 1 and 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lockmodel.ir.hierarchy import NO_HIERARCHY, Hierarchy
from lockmodel.ir.types import Struct, Type
from lockmodel.source import NOWHERE, Site

# --- expressions over locals ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A number, or a reference known before the start (NULL, a global object)."""

    value: int


@dataclass(frozen=True, slots=True)
class GlobalRef:
    """The global object called `name` (a global lock is an object with the one field "lock")."""

    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """The value of a local of the running procedure."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-`, `~`, `not`."""

    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * // % & | ^ << >>`, `min`, `max`, and the comparisons `== != < <= > >=`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Member:
    """The address of field `field` of the object that `base` refers to (`&base->field`)."""

    base: Expr
    struct: str
    field: str


@dataclass(frozen=True, slots=True)
class HeadOf:
    """The address of a list head read as if it were an entry: what a walk along the list ends on."""

    head: Expr


@dataclass(frozen=True, slots=True)
class Entered:
    """Is the thread in the middle of a procedure, by a frame of it outside of the running one?"""

    procedure: str


Expr = Const | GlobalRef | Local | Unary | Binary | Member | HeadOf | Entered


# --- instructions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    """target = value; local. A ranged local checks its range (`low`..`high`)."""

    target: str
    value: Expr
    site: Site
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """Go to instruction `target`; local."""

    target: int
    site: Site


@dataclass(frozen=True, slots=True)
class Branch:
    """Go to `then` if the condition is not 0, else to `orelse`; local."""

    condition: Expr
    then: int
    orelse: int
    site: Site


@dataclass(frozen=True, slots=True)
class Call:
    """Call a procedure; its results go to `results`; local in itself. What the callee holds= is judged here."""

    procedure: str
    arguments: tuple[Expr, ...]
    results: tuple[str, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Return:
    """Leave the procedure with these values; local."""

    values: tuple[Expr, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Assert:
    """The model's own assertion over locals; local. If it fails the execution ends (LM701)."""

    condition: Expr
    text: str
    site: Site


@dataclass(frozen=True, slots=True)
class MightSleep:
    """might_sleep(): LM601 under a spinlock; local."""

    site: Site


@dataclass(frozen=True, slots=True)
class Progress:
    """progress(): the thread has got on; local."""

    site: Site


@dataclass(frozen=True, slots=True)
class Passage:
    """asks_for(name), or with `enters` enters(name): what the model makes a lock of; local."""

    name: str
    enters: bool
    site: Site


@dataclass(frozen=True, slots=True)
class Load:
    """target = *address; visible, unless the field is a ghost. `racy`: marked as deliberately unguarded."""

    target: str
    address: Member
    site: Site
    racy: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """*address = value; visible, unless the field is a ghost."""

    address: Member
    value: Expr
    site: Site
    racy: bool = False


@dataclass(frozen=True, slots=True)
class Operate:
    """A kernel operation of `lockmodel.ir.operations` by its name; visible.

    An address operand is a `Member` or a `Local` that holds one. `cache` is the slab cache of an allocation or a free,
    `callback` the procedure that is to be called.
    """

    operation: str
    arguments: tuple[Expr, ...]
    results: tuple[str, ...]
    site: Site
    cache: str = ""
    racy: bool = False
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """An operation on a ledger, of `lockmodel.ir.operations.LEDGER`; local, since it only judges."""

    operation: str
    arguments: tuple[Expr, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Choose:
    """target = one of the options, whichever; visible, one successor an option."""

    target: str
    options: tuple[Expr, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until the condition, a procedure evaluated in one indivisible step, gives true; visible."""

    condition: str
    arguments: tuple[Expr, ...]
    text: str
    site: Site


@dataclass(frozen=True, slots=True)
class Mark:
    """A visible step that does nothing."""

    name: str
    site: Site


Instruction = (
    Assign
    | Jump
    | Branch
    | Call
    | Return
    | Assert
    | MightSleep
    | Progress
    | Passage
    | Load
    | Store
    | Operate
    | Book
    | Choose
    | Await
    | Mark
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A local of a procedure. `temporary`: introduced by the compiler; cleared when dead under every setting."""

    name: str
    type: Type
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """A lock that a caller must hold: `text` as the model wrote it, `address` over the callee's parameters.

    `through` are the fields from `base` (a parameter, or None for a global lock) to the lock.
    """

    text: str
    base: str | None
    through: tuple[str, ...]
    lock: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A function of the model, as code. `parameters` and `locals` together are its frame, in that order.

    `helper`: a get, put or list helper, passed over when the place of a finding is named. `recursion`: it may stand on
    a thread's stack so many times; 0 where nothing is declared, so that no cycle of calls is without one that does.
    `live` gives for each instruction the locals that may still be read when it is about to run.
    `atomic`: a condition or claim, evaluated as a whole, whose loads are no steps. A `ghost` is atomic as well, but may
    write ghost fields; its calls from other procedures are local.
    """

    name: str
    parameters: tuple[Variable, ...]
    locals: tuple[Variable, ...]
    code: tuple[Instruction, ...]
    site: Site
    holds: tuple[Requirement, ...] = ()
    helper: bool = False
    atomic: bool = False
    results: tuple[Type, ...] = ()
    live: tuple[frozenset[str], ...] = ()
    ghost: bool = False
    recursion: int = 0


@dataclass(frozen=True, slots=True)
class GlobalObject:
    """An object that every scenario has: a singleton Struct or a global lock; `values` are its initial fields."""

    name: str
    struct: str
    values: tuple[tuple[str, int], ...] = ()
    lock: bool = False


@dataclass(frozen=True, slots=True)
class Cache:
    """A slab cache: `capacity` objects of `struct` for each thread that allocates. `may_fail`: an allocation may."""

    name: str
    struct: str
    capacity: int
    may_fail: bool = False
    site: Site = NOWHERE


@dataclass(frozen=True, slots=True)
class Claim:
    """An invariant or a claim at quiescence: `procedure` is atomic, with one parameter a quantified object.

    `outside` are locks: judged only while they are free. Classes ("Device.sem", "inode_lock"), or paths from an object
    of the claim through constant references ("watch.inode.inotify_sem"); of those, `paths` has the number of the
    parameter and the fields to follow. An `eventual` one must come true at some time.
    """

    name: str
    procedure: str
    structs: tuple[str, ...]
    outside: tuple[str, ...]
    quiescent: bool
    site: Site
    paths: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    eventual: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """A model under one design and one setting of its switches, compiled.

    `spurious_wakeups`: a thread that sleeps on a queue or a condition may wake for no reason. `signals`: one that waits
    interruptibly may be sent a signal. `rcu_callbacks`: so many callbacks of one procedure each thread may have queued;
    0: as many as it has calls. `two_move_up`: semaphores are `queued`.
    """

    model: str
    design: str
    switches: tuple[tuple[str, bool | int | str], ...]
    structs: dict[str, Struct]
    globals: tuple[GlobalObject, ...]
    caches: dict[str, Cache]
    procedures: dict[str, Procedure]
    claims: tuple[Claim, ...]
    hierarchy: Hierarchy = NO_HIERARCHY
    spurious_wakeups: bool = False
    signals: bool = False
    rcu_callbacks: int = 0
    two_move_up: bool = False
    reached: dict[str, dict[str, Procedure]] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What `layout.reachable` has found out, which thousands of scenarios ask for."""
