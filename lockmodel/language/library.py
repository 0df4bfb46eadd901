"""`Library`: a part of a model that other models can use: globals, locks, procedures, designs and claims."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast, overload

from lockmodel.errors import SpecError
from lockmodel.language.scenario import ObjectHandle, ObjectRecord, record_of
from lockmodel.language.types import (
    Cache,
    Completion,
    Mutex,
    RawSpinLock,
    RtMutex,
    RwLock,
    RwSemaphore,
    Semaphore,
    SeqLock,
    SpinLock,
    Struct,
)

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Struct)
C = TypeVar("C", bound=Callable[..., bool])
F = TypeVar("F", bound=Callable[..., Any])


class Switch:
    """A named assumption about the environment, set for a whole run; `if switch:` is decided before it starts.

    `now` is its value for those who set it; who builds scenarios reads `value`, which notes in `asked` that they did.
    """

    def __init__(
        self,
        name: str,
        default: bool | int | str,
        doc: str,
        path: str,
        line: int,
        values: tuple[int | str, ...] = (),
    ) -> None:
        self.name = name
        self.default = default
        self.now = default
        self.asked = False
        self.values = values
        self.doc = doc
        self.path = path
        self.line = line

    @property
    def value(self) -> bool | int | str:
        """What it is set to."""
        self.asked = True
        return self.now

    def __bool__(self) -> bool:
        return bool(self.value)


class GlobalLock:
    """A lock that belongs to no object. `kind` is one of `ir.types.LOCK_KINDS`."""

    def __init__(self, name: str, kind: str, count: int, owned: bool, queued: bool, path: str, line: int) -> None:
        self.name = name
        self.kind = kind
        self.count = count
        self.owned = owned
        self.queued = queued
        self.path = path
        self.line = line


@dataclass(frozen=True)
class ProcedureRecord:
    """A function of the model as it was declared; `source` is the file that its lines are of.

    `replaces` and `design` are set for a variant in a design. `hook`: others may implement it. `ghost`: no code of the
    design.
    """

    function: Callable[..., object]
    name: str
    is_path: bool
    holds: tuple[str, ...]
    helper: bool
    path: str
    line: int
    source: str
    design: str = ""
    replaces: str = ""
    hook: bool = False
    ghost: bool = False
    recursion: int | None = None


@dataclass(frozen=True)
class ClaimRecord:
    """An invariant, a claim at quiescence, or one that must come true (`eventual`), as it was declared.

    `source` is the file that its lines are of.
    """

    function: Callable[..., bool]
    name: str
    outside: tuple[str, ...]
    quiescent: bool
    path: str
    line: int
    source: str
    eventual: bool = False


@dataclass(frozen=True)
class ChainRecord:
    """One chain of the declared lock order, outermost first; of every design that declares none, or of one `design`."""

    locks: tuple[str, ...]
    design: str | None
    path: str
    line: int


@dataclass(frozen=True)
class OrderedRecord:
    """An order among the instances of a lock class, as it was declared."""

    lock: str
    by: str
    path: str
    line: int


@dataclass(frozen=True)
class CombinationRecord:
    """A design that is made of others, as it was declared."""

    name: str
    parts: tuple[str, ...]
    doc: str
    path: str
    line: int


@dataclass(frozen=True)
class RemarkRecord:
    """What the author says of findings: of a rule, at a place, under a switch; of what is given all must fit."""

    text: str
    rule: str
    place: str
    switch: str
    source: str
    path: str
    line: int


@dataclass(frozen=True)
class LinesRecord:
    """Lines of a modelled file ("1011-1022, 1030"): those that carry code, or, with a `reason`, that are left out."""

    lines: str
    reason: str
    source: str
    path: str
    line: int


class Library:
    """Globals, locks, procedures, designs and claims, in one or several modules, for models to use."""

    def __init__(self, name: str, *, source: str = "", uses: Sequence[Library] = ()) -> None:
        """Start an empty library.

        `source` is the file that trailing comments such as `# 805` in its procedures are lines of. All that the
        libraries in `uses` declare, before or after this, is declared here as well.
        """
        self.name = name
        self.source = source
        self.file, self.line = caller()
        self.locks: dict[str, GlobalLock] = {}
        self.objects: dict[str, ObjectHandle] = {}
        self.caches: dict[str, Cache[Any]] = {}
        self.switches: dict[str, Switch] = {}
        self.procedures: dict[str, ProcedureRecord] = {}
        self.designs: dict[str, None] = {}
        self.combinations: dict[str, CombinationRecord] = {}
        self.variants: dict[tuple[str, str], ProcedureRecord] = {}
        self.implementations: dict[str, ProcedureRecord] = {}
        self.claims: dict[str, ClaimRecord] = {}
        self.chains: list[ChainRecord] = []
        self.ordered_locks: list[OrderedRecord] = []
        self.remarks: list[RemarkRecord] = []
        self.code_lines: list[LinesRecord] = []
        self.excused_lines: list[LinesRecord] = []
        self._users: list[Library] = []
        for library in uses:
            self._use(library)

    def _use(self, library: Library) -> None:
        """Declare here what a library declares, now and later."""
        if type(library) is not Library:
            raise SpecError(
                f"{self.name} uses a {type(library).__name__}, which is no Library",
                path=self.file,
                line=self.line,
                remedy='Write `vfs = Library("linux26")` and `uses=[vfs]`.',
            )
        for design in library.designs:
            self._name_design(design)
        for registry in _TWICE:
            for key, record in getattr(library, registry).items():
                self._enter(registry, key, record)
        for registry in _ORDERS:
            for record in getattr(library, registry):
                self._append(registry, record)
        library._users.append(self)

    def _enter(self, registry: str, key: str | tuple[str, str], record: Any) -> None:
        """Declare something here and in all that use this; SpecError if its name is taken."""
        for other in _GLOBALS if registry in _GLOBALS else (registry,):
            taken = getattr(self, other).get(key)
            if taken is record:  # it came by way of another library
                return
            if taken is not None:
                path, line = _place(record)
                problem, remedy = _TWICE[registry]
                said = problem.format(*([key] if isinstance(key, str) else key))
                where = "{}:{}".format(*_place(taken))
                raise SpecError(f"{said} (the other: {where})", path=path, line=line, remedy=remedy)
        getattr(self, registry)[key] = record
        for user in self._users:
            user._enter(registry, key, record)

    def _append(self, registry: str, record: ChainRecord | OrderedRecord | RemarkRecord | LinesRecord) -> None:
        """Declare something without a name here and in all that use this."""
        known = getattr(self, registry)
        if all(other is not record for other in known):
            known.append(record)
            for user in self._users:
                user._append(registry, record)

    def _name_design(self, name: str) -> None:
        self.designs.setdefault(name)
        for user in self._users:
            user._name_design(name)

    # --- globals ------------------------------------------------------------------------------------------------

    def spinlock(self, name: str) -> SpinLock:
        """A global spinlock."""
        return cast(SpinLock, self._lock(name, "spinlock", 1, True))

    def semaphore(self, name: str, count: int | None = None) -> Semaphore:
        """A global semaphore: used as a mutex, or counting, without an owner, where a `count` is given."""
        return cast(Semaphore, self._lock(name, "semaphore", 1 if count is None else count, count is None))

    def mutex(self, name: str) -> Mutex:
        """A global mutex."""
        return cast(Mutex, self._lock(name, "mutex", 1, True))

    def raw_spinlock(self, name: str) -> RawSpinLock:
        """A global raw spinlock."""
        return cast(RawSpinLock, self._lock(name, "raw_spinlock", 1, True))

    def rwlock(self, name: str, *, queued: bool = False) -> RwLock:
        """A global rwlock; `queued`: readers that come while a writer waits, wait behind it."""
        return cast(RwLock, self._lock(name, "rwlock", 1, True, queued))

    def seqlock(self, name: str) -> SeqLock:
        """A global seqlock."""
        return cast(SeqLock, self._lock(name, "seqlock", 1, True))

    def rwsem(self, name: str, *, queued: bool = True) -> RwSemaphore:
        """A global rw_semaphore; without `queued` readers pass by a writer that waits."""
        return cast(RwSemaphore, self._lock(name, "rwsem", 1, True, queued))

    def rt_mutex(self, name: str) -> RtMutex:
        """A global rt_mutex."""
        return cast(RtMutex, self._lock(name, "rt_mutex", 1, True))

    def completion(self, name: str) -> Completion:
        """A global completion, not complete at the start."""
        return cast(Completion, self._lock(name, "completion", 0, False))

    def _lock(self, name: str, kind: str, count: int, owned: bool, queued: bool = False) -> GlobalLock:
        lock = GlobalLock(name, kind, count, owned, queued, *caller())
        self._enter("locks", name, lock)
        return lock

    def object(self, struct: type[S], name: str, /, **fields: object) -> S:
        """A global object: there is one, every procedure can name it, and it starts with these fields."""
        handle = ObjectHandle(ObjectRecord(struct, name, fields, *caller(), is_global=True))
        self._enter("objects", name, handle)
        return cast(S, handle)

    def cache(self, struct: type[S], *, capacity: int, may_fail: bool | Switch = False) -> Cache[S]:
        """A slab cache: `capacity` objects at a time for each thread that allocates from it.

        Running out makes the verdict `incomplete`. `may_fail`: an allocation may give NULL instead.
        """
        cache = Cache(struct.__name__, struct, capacity, may_fail, *caller())
        self._enter("caches", cache.name, cache)
        return cache

    def switch(self, name: str, default: bool | int | str, doc: str, *, values: Sequence[int | str] = ()) -> Switch:
        """A named assumption about the environment; `--set name=on` changes it.

        `values` are all that one which is no bool can have; without them it can have any.
        """
        switch = Switch(name, default, doc, *caller(), tuple(values))
        self._enter("switches", name, switch)
        return switch

    # --- the lock order -----------------------------------------------------------------------------------------

    def hierarchy(self, *locks: str, design: str | None = None) -> None:
        """A chain of the declared lock order: lock classes ("inode_lock", "Inode.sem"), outermost first (LM201).

        Several chains make up a partial order. Those of a `design` take the place of all that name none.
        """
        self._append("chains", ChainRecord(locks, design, *caller()))
        if design is not None:
            self._name_design(design)

    def ordered(self, lock: str, *, by: str) -> None:
        """Instances of the lock class may nest, in the order of the constant field `by` of the objects they are in.

        A number: the lower one is outermost. A reference to an object of the same Struct (`by="parent"`): the lock of
        the one that is referred to, directly or not, is outermost.
        """
        self._append("ordered_locks", OrderedRecord(lock, by, *caller()))

    # --- procedures ---------------------------------------------------------------------------------------------

    @overload
    def procedure(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def procedure(
        self, /, *, holds: Sequence[str] = (), helper: bool = False, recursion: int | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def procedure(
        self, function: Any = None, /, *, holds: Sequence[str] = (), helper: bool = False, recursion: int | None = None
    ) -> Any:
        """A function of the model.

        `holds`: the locks that a caller must hold (LM302), as paths from a parameter ("dev.sem") or global names.
        `helper`: a get, put or list helper; a finding inside it is placed where it was called.
        `recursion`: it may stand on a thread's stack so many times; where it would stand there more often, the verdict
        is `incomplete`. Calls that go round need such a procedure among them (see also `entered`).
        """
        return self._declare(function, holds, helper=helper, recursion=recursion)

    @overload
    def path(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def path(
        self, /, *, holds: Sequence[str] = (), recursion: int | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def path(self, function: Any = None, /, *, holds: Sequence[str] = (), recursion: int | None = None) -> Any:
        """A procedure that a thread can enter from outside, such as a system call."""
        return self._declare(function, holds, is_path=True, recursion=recursion)

    def ghost(self, function: F, /) -> F:
        """A procedure that is no code of the design: it runs as a whole within the step that leads to it.

        It may read all shared memory, and writes ghost fields only; no rule of memory or of protection applies to it.
        """
        declared: F = self._declare(function, (), helper=True, ghost=True)
        return declared

    @overload
    def hook(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def hook(
        self, /, *, holds: Sequence[str] = (), recursion: int | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def hook(self, function: Any = None, /, *, holds: Sequence[str] = (), recursion: int | None = None) -> Any:
        """A procedure that others may implement; where nobody does, it does what its body says, usually nothing."""
        return self._declare(function, holds, hook=True, recursion=recursion)

    def implements(
        self, hook: Callable[..., Any], *, holds: Sequence[str] | None = None, recursion: int | None = None
    ) -> Callable[[F], F]:
        """What a hook does, in every design: this procedure.

        It has the hook's `holds` and `recursion`, unless others are given. It may have a name of its own, and implement
        several hooks by stacking the decorator.
        """

        def declare(f: F) -> F:
            path, line = definition(f)
            known = self.procedures.get(hook.__name__)
            if known is None or known.function is not hook or not known.hook:
                where = f" ({known.path}:{known.line})" if known and known.function is hook else ""
                raise SpecError(
                    f"`{f.__name__}` implements `{hook.__name__}`{where}, which is no hook of {self.name}",
                    path=path,
                    line=line,
                    remedy="Declare that with `@library.hook`, or replace it in a design.",
                )
            record = self.procedures.get(f.__name__)
            if record is None or record.function is not f:
                needs = known.holds if holds is None else tuple(holds)
                bound = known.recursion if recursion is None else recursion
                record = ProcedureRecord(f, f.__name__, False, needs, False, path, line, self.source, recursion=bound)
                if record.name != known.name:
                    self._enter("procedures", record.name, record)
            self._enter("implementations", known.name, record)
            return f

        return declare

    def _declare(
        self,
        function: Callable[..., Any] | None,
        holds: Sequence[str],
        *,
        is_path: bool = False,
        helper: bool = False,
        hook: bool = False,
        ghost: bool = False,
        recursion: int | None = None,
    ) -> Any:
        def declare(f: Callable[..., Any]) -> Callable[..., Any]:
            path, line = definition(f)
            needs = tuple(holds)
            record = ProcedureRecord(
                f,
                f.__name__,
                is_path,
                needs,
                helper,
                path,
                line,
                self.source,
                hook=hook,
                ghost=ghost,
                recursion=recursion,
            )
            self._enter("procedures", f.__name__, record)
            return f

        return declare if function is None else declare(function)

    def design(
        self,
        name: str,
        *,
        replaces: Callable[..., R],
        holds: Sequence[str] | None = None,
        recursion: int | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """In the design `name` this procedure stands in for `replaces`.

        It has the `holds` and the `recursion` of that one, unless others are given.
        A function may be declared for several designs by stacking the decorator.
        """

        def declare(f: Callable[P, R]) -> Callable[P, R]:
            path, line = definition(f)
            replaced = self.procedures.get(replaces.__name__)
            if replaced is None:
                raise SpecError(
                    f"the design {name} replaces {replaces.__name__}, which is no procedure of {self.name}",
                    path=path,
                    line=line,
                    remedy=f"Declare it first with @{self.name}.procedure or @{self.name}.path.",
                )
            self._name_design(name)
            stands = self.implementations.get(replaced.name, replaced)
            needs = stands.holds if holds is None else tuple(holds)
            variant = ProcedureRecord(
                f,
                f.__name__,
                replaced.is_path,
                needs,
                replaced.helper,
                path,
                line,
                self.source,
                name,
                replaced.name,
                ghost=replaced.ghost,
                recursion=stands.recursion if recursion is None else recursion,
            )
            self._enter("variants", (name, replaced.name), variant)
            return f

        return declare

    def combine(self, name: str, designs: Sequence[str], doc: str = "") -> None:
        """The design `name` has all that the `designs` replace.

        Where two of them replace the same procedure, `design(name, replaces=...)` must say what stands for it.
        """
        self._name_design(name)
        self._enter("combinations", name, CombinationRecord(name, tuple(designs), doc, *caller()))

    # --- claims -------------------------------------------------------------------------------------------------

    def invariant(self, *, outside: Sequence[str] = ()) -> Callable[[C], C]:
        """A claim judged for every live object of its parameters' types, in every state where the locks are free.

        A lock is a class ("Inode.inotify_sem": those of the claim's own inodes, or else of every inode), a global one
        ("inode_lock"), or a path from a parameter through constant references ("watch.inode.inotify_sem").
        """
        return self._claim(tuple(outside), quiescent=False)

    def at_quiescence(self, function: C, /) -> C:
        """A claim judged for every live object of its parameters' types when all threads have ended."""
        return self._claim((), quiescent=True)(function)

    def eventually(self, function: C, /) -> C:
        """A claim that must come true at some time, on every fair execution, for every object that is there at first.

        It need not stay true. LM702 if an execution ends, or goes on for ever, without it.
        """
        return self._claim((), quiescent=False, eventual=True)(function)

    def _claim(self, outside: tuple[str, ...], *, quiescent: bool, eventual: bool = False) -> Callable[[C], C]:
        def declare(f: C) -> C:
            record = ClaimRecord(f, f.__name__, outside, quiescent, *definition(f), self.source, eventual)
            self._enter("claims", f.__name__, record)
            return f

        return declare

    # --- the record ---------------------------------------------------------------------------------------------

    def remark(self, text: str, *, rule: str = "", place: str | int = "", switch: Switch | None = None) -> None:
        """What a reader of the record must know of findings: those of a `rule`, at a `place`, that need a `switch`.

        A place is a line of the source (`780` or "fs/inotify.c:780"), a claim or a procedure. Of what is given all must
        fit; a remark that fits no finding is told.
        """
        named = switch.name if isinstance(switch, Switch) else ""
        self._append("remarks", RemarkRecord(text, rule, str(place), named, self.source, *caller()))

    def source_lines(self, lines: str | int) -> None:
        """The lines of the source file that carry code ("27-35, 40"): the record tells of each what became of it."""
        self._append("code_lines", LinesRecord(str(lines), "", self.source, *caller()))

    def not_modelled(self, lines: str | int, reason: str) -> None:
        """Lines of the source file that no statement stands for, and why."""
        self._append("excused_lines", LinesRecord(str(lines), reason, self.source, *caller()))


_GLOBALS = ("locks", "objects")
"""The registries whose names are those of globals."""

_TWICE = {
    "locks": ("there are two globals named {}", "Rename one of them."),
    "objects": ("there are two globals named {}", "Rename one of them."),
    "caches": ("there are two caches of {}", "Keep one of them."),
    "switches": ("there are two switches named {}", "Rename one of them."),
    "procedures": ("there are two procedures named {}", "Rename one of them."),
    "combinations": ("it is said twice what the design {} is made of", "Keep one of them."),
    "variants": ("the design {} replaces {} twice", "Keep one of them."),
    "implementations": ("the hook {} is implemented twice", "Keep one of them."),
    "claims": ("there are two claims named {}", "Rename one of them."),
}
"""The registries of what has a name, with what is said of two that have the same."""

_ORDERS = ("chains", "ordered_locks", "remarks", "code_lines", "excused_lines")
"""The registries of what has no name."""


def _place(record: Any) -> tuple[str, int]:
    """Where something was declared."""
    known = record_of(record) if isinstance(record, ObjectHandle) else record
    return known.path, known.line


def definition(f: Callable[..., Any]) -> tuple[str, int]:
    """Where a function stands."""
    return f.__code__.co_filename, f.__code__.co_firstlineno


def caller() -> tuple[str, int]:
    """The innermost place outside of the language: where the spec says what is being declared."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(__package__):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
