"""`Model`: the registry that a spec fills with types, globals, locks, procedures, designs, scenarios and claims."""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast, overload

from lockmodel.errors import SpecError
from lockmodel.language.scenario import ObjectHandle, ObjectRecord, Scenario
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


class Switch:
    """A named assumption about the environment, set for a whole run; `if switch:` is decided before it starts."""

    def __init__(self, name: str, default: bool | int | str, doc: str, path: str, line: int) -> None:
        self.name = name
        self.default = default
        self.value = default
        self.doc = doc
        self.path = path
        self.line = line

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
    """A function of the model as it was declared. `replaces` and `design` are set for a variant in a design."""

    function: Callable[..., object]
    name: str
    is_path: bool
    holds: tuple[str, ...]
    helper: bool
    path: str
    line: int
    design: str = ""
    replaces: str = ""


@dataclass(frozen=True)
class ClaimRecord:
    """An invariant, a claim at quiescence, or one that must come true (`eventual`), as it was declared."""

    function: Callable[..., bool]
    name: str
    outside: tuple[str, ...]
    quiescent: bool
    path: str
    line: int
    eventual: bool = False


@dataclass(frozen=True)
class ScenarioRecord:
    """A scenario: `build` fills a Scenario. `name` carries the parameters, as in `table[n=3]`."""

    name: str
    build: Callable[[Scenario], None]
    doc: str
    path: str
    line: int


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


class Model:
    """A locking design: what is locked by what, the procedures that do it, and the scenarios to judge it in."""

    def __init__(
        self,
        name: str,
        *,
        source: str = "",
        as_written: str = "as-written",
        hierarchy: Sequence[str | Sequence[str]] = (),
        spurious_wakeups: bool | Switch = False,
        signals: bool | Switch = False,
    ) -> None:
        """Start an empty model.

        `source` is the file that trailing comments such as `# 805` are lines of. `as_written` names the design that
        the plain procedures make up. `hierarchy` is the declared lock order, as chains of lock classes, outermost
        first; the method of that name adds to it. `spurious_wakeups`: who sleeps on a queue or a
        condition may wake for no reason. `signals`: who waits interruptibly may be sent a signal.
        """
        self.name = name
        self.source = source
        self.default_design = as_written
        self.spurious_wakeups = spurious_wakeups
        self.signals = signals
        self.file, self.line = _caller()
        self.declared = hierarchy
        self.chains: list[ChainRecord] = []
        self.ordered_locks: list[OrderedRecord] = []
        self.locks: dict[str, GlobalLock] = {}
        self.objects: dict[str, ObjectHandle] = {}
        self.caches: dict[str, Cache[Any]] = {}
        self.switches: dict[str, Switch] = {}
        self.procedures: dict[str, ProcedureRecord] = {}
        self.variants: dict[tuple[str, str], ProcedureRecord] = {}
        self.designs: dict[str, str] = {as_written: ""}
        self.claims: dict[str, ClaimRecord] = {}
        self.scenarios: dict[str, ScenarioRecord] = {}

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
        path, line = _caller(3)
        self._unused(name, path, line)
        lock = self.locks[name] = GlobalLock(name, kind, count, owned, queued, path, line)
        return lock

    def object(self, struct: type[S], name: str, /, **fields: object) -> S:
        """A global object: there is one, every procedure can name it, and it starts with these fields."""
        path, line = _caller()
        self._unused(name, path, line)
        handle = self.objects[name] = ObjectHandle(ObjectRecord(struct, name, fields, path, line, is_global=True))
        return cast(S, handle)

    def cache(self, struct: type[S], *, capacity: int, may_fail: bool | Switch = False) -> Cache[S]:
        """A slab cache: `capacity` objects at a time for each thread that allocates from it.

        Running out makes the verdict `incomplete`. `may_fail`: an allocation may give NULL instead.
        """
        name = struct.__name__
        path, line = _caller()
        if name in self.caches:
            raise SpecError(f"there are two caches of {name}", path=path, line=line, remedy="Keep one of them.")
        cache = self.caches[name] = Cache(name, struct, capacity, may_fail, path, line)
        return cache

    def switch(self, name: str, default: bool | int | str, doc: str) -> Switch:
        """A named assumption about the environment; `--set name=on` changes it."""
        path, line = _caller()
        if name in self.switches:
            raise SpecError(f"there are two switches named {name}", path=path, line=line, remedy="Rename one.")
        switch = self.switches[name] = Switch(name, default, doc, path, line)
        return switch

    def _unused(self, name: str, path: str, line: int) -> None:
        if name in self.locks or name in self.objects:
            raise SpecError(f"there are two globals named {name}", path=path, line=line, remedy="Rename one of them.")

    # --- the lock order -----------------------------------------------------------------------------------------

    def hierarchy(self, *locks: str, design: str | None = None) -> None:
        """A chain of the declared lock order: lock classes ("inode_lock", "Inode.sem"), outermost first (LM201).

        Several chains make up a partial order. Those of a `design` take the place of all that name none.
        """
        path, line = _caller()
        self.chains.append(ChainRecord(locks, design, path, line))
        if design is not None:
            self.designs.setdefault(design, "")

    def ordered(self, lock: str, *, by: str) -> None:
        """Instances of the lock class may nest, in the order of the constant field `by` of the objects they are in.

        A number: the lower one is outermost. A reference to an object of the same Struct (`by="parent"`): the lock of
        the one that is referred to, directly or not, is outermost.
        """
        self.ordered_locks.append(OrderedRecord(lock, by, *_caller()))

    # --- procedures ---------------------------------------------------------------------------------------------

    @overload
    def procedure(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def procedure(
        self, /, *, holds: Sequence[str] = (), helper: bool = False
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def procedure(self, function: Any = None, /, *, holds: Sequence[str] = (), helper: bool = False) -> Any:
        """A function of the model.

        `holds`: the locks that a caller must hold (LM302), as paths from a parameter ("dev.sem") or global names.
        `helper`: a get, put or list helper; a finding inside it is placed where it was called.
        """
        return self._declare(function, is_path=False, holds=tuple(holds), helper=helper)

    @overload
    def path(self, function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def path(self, /, *, holds: Sequence[str] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
    def path(self, function: Any = None, /, *, holds: Sequence[str] = ()) -> Any:
        """A procedure that a thread can enter from outside, such as a system call."""
        return self._declare(function, is_path=True, holds=tuple(holds), helper=False)

    def _declare(
        self, function: Callable[..., Any] | None, *, is_path: bool, holds: tuple[str, ...], helper: bool
    ) -> Any:
        def declare(f: Callable[..., Any]) -> Callable[..., Any]:
            path, line = _definition(f)
            if f.__name__ in self.procedures:
                raise SpecError(
                    f"there are two procedures named {f.__name__}", path=path, line=line, remedy="Rename one of them."
                )
            self.procedures[f.__name__] = ProcedureRecord(f, f.__name__, is_path, holds, helper, path, line)
            return f

        return declare if function is None else declare(function)

    def design(
        self, name: str, *, replaces: Callable[P, R], holds: Sequence[str] | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """In the design `name` this procedure stands in for `replaces` (and has its `holds`, unless others are given).

        A function may be declared for several designs by stacking the decorator.
        """

        def declare(f: Callable[P, R]) -> Callable[P, R]:
            path, line = _definition(f)
            replaced = self.procedures.get(replaces.__name__)
            if replaced is None:
                raise SpecError(
                    f"the design {name} replaces {replaces.__name__}, which is no procedure of the model {self.name}",
                    path=path,
                    line=line,
                    remedy=f"Declare it first with @{self.name}.procedure or @{self.name}.path.",
                )
            if (name, replaced.name) in self.variants:
                raise SpecError(f"the design {name} replaces {replaced.name} twice", path=path, line=line)
            self.designs.setdefault(name, "")
            needs = replaced.holds if holds is None else tuple(holds)
            self.variants[name, replaced.name] = ProcedureRecord(
                f, f.__name__, replaced.is_path, needs, replaced.helper, path, line, name, replaced.name
            )
            return f

        return declare

    # --- scenarios and claims -----------------------------------------------------------------------------------

    @overload
    def scenario(self, build: Callable[[Scenario], None], /) -> Callable[[Scenario], None]: ...
    @overload
    def scenario(self, /, **parameters: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]: ...
    def scenario(self, build: Any = None, /, **parameters: Iterable[Any]) -> Any:
        """A scenario, or with `n=range(2, 7)` and the like one for each combination of the parameters' values.

        `table[n=3]` is the name of the one that `table(m, n=3)` fills.
        """

        def declare(f: Callable[..., None]) -> Callable[..., None]:
            names = list(parameters)
            for values in itertools.product(*parameters.values()):
                chosen = dict(zip(names, values, strict=True))
                suffix = ",".join(f"{key}={_plain(value)}" for key, value in chosen.items())
                self.add_scenario(
                    f"{f.__name__}[{suffix}]" if suffix else f.__name__,
                    functools.partial(_fill, f, chosen),
                    f.__doc__ or "",
                    _definition(f),
                )
            return f

        return declare if build is None else declare(build)

    def add_scenario(
        self, name: str, build: Callable[[Scenario], None], doc: str = "", place: tuple[str, int] | None = None
    ) -> None:
        """A scenario that the spec names and builds by program."""
        path, line = place or _caller()
        if name in self.scenarios:
            raise SpecError(f"there are two scenarios named {name}", path=path, line=line, remedy="Rename one.")
        self.scenarios[name] = ScenarioRecord(name, build, doc, path, line)

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
            path, line = _definition(f)
            if f.__name__ in self.claims:
                raise SpecError(f"there are two claims named {f.__name__}", path=path, line=line, remedy="Rename one.")
            self.claims[f.__name__] = ClaimRecord(f, f.__name__, outside, quiescent, path, line, eventual)
            return f

        return declare


def _fill(build: Callable[..., None], chosen: dict[str, Any], scenario: Scenario) -> None:
    build(scenario, **chosen)


def _plain(value: object) -> str:
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else str(value)


def _definition(f: Callable[..., Any]) -> tuple[str, int]:
    return f.__code__.co_filename, f.__code__.co_firstlineno


def _caller(depth: int = 2) -> tuple[str, int]:
    frame = sys._getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno
