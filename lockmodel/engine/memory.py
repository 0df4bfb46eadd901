"""Shared memory as one step sees it: every read is logged with its value, writes are kept until the step is done.

Also the checks that belong to touching memory at all: null, freed, misread, uninitialised, guarded, published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from lockmodel.engine.local import NOTE, Access, LocalState, Nesting, Request, Violation
from lockmodel.ir.hierarchy import Rank, subclass_name, whole_class
from lockmodel.ir.layout import Layout
from lockmodel.ir.types import Guard, LockType, RefType
from lockmodel.ir.values import (
    DEAD,
    GARBAGE,
    LIVE,
    NULL,
    POISON,
    UNINITIALISED,
    is_head,
    is_object,
)
from lockmodel.source import Site

GHOST_RULES = ("LM501", "LM502", "LM701")
"""What ghost code is there to judge."""


class Halt(Exception):  # noqa: N818 - it ends an execution; it is no error of ours
    """The step broke a rule that ends the execution; the violation is in the memory's list."""


class Blocked(Exception):  # noqa: N818 - a thread that waits is no error
    """The step cannot be made now; `lock` is the location of the lock it waits for, or -1."""

    def __init__(self, lock: int = -1) -> None:
        self.lock = lock
        super().__init__()


class Exhausted(Exception):  # noqa: N818 - a limit of the model, no error of ours
    """A pool has no slot left: (cache, thread), or the name of an idr with thread -1."""

    def __init__(self, pool: tuple[str, int]) -> None:
        self.pool = pool
        super().__init__()


class Memory:
    """What one step reads and writes. `source` gives the value of a location in the state before the step."""

    def __init__(
        self,
        layout: Layout,
        source: Callable[[int], int],
        local: LocalState,
        where: Callable[[], tuple[Site, tuple[Site, ...]]],
    ) -> None:
        self.layout = layout
        self.held = list(local.held)
        self.subclasses = list(local.subclasses)
        self.shared = list(local.shared)
        self.private = list(local.private)
        self.situation = local.situation
        self.thread = local.pool
        self.phase = local.phase
        self.queues = list(local.queues)
        self.upon = local.upon
        self.again = False
        self.given = NULL
        self.reads: dict[int, int] = {}
        self.writes: dict[int, int] = {}
        self.violations: list[Violation] = []
        self.notes: list[Violation] = []
        self.asked: Request | None = None
        self.took = -1
        self.accesses: dict[int, Access] = {}
        self.racy = False
        self.ghost = False
        self._source = source
        self._where = where

    def close(self) -> None:
        """The step is made. Who was asked for values and places asks back, so neither would ever be let go."""
        del self._source, self._where

    # --- plain access -------------------------------------------------------------------------------------------

    def read(self, location: int) -> int:
        """The value now, logged the first time it comes from before the step."""
        if location in self.writes:
            return self.writes[location]
        if location not in self.reads:
            self.reads[location] = self._source(location)
        return self.reads[location]

    def write(self, location: int, value: int) -> None:
        """Set a location; a value that it cannot hold is LM701 (a range) or LM308 (no such thing can be stored)."""
        if value == GARBAGE or (value < 0 and isinstance(self.layout.field(location).type, RefType)):
            what = "a value read through something that is no such object" if value == GARBAGE else "an error pointer"
            self.halt("LM308", f"{what} is stored in {self.layout.name(location)}")
        if self.layout.locations[location].domain.encode(value) is None:
            self.leave_range(location, value)
        self.writes[location] = value

    def leave_range(self, location: int, value: int) -> NoReturn:
        """LM701: the value is outside the declared range of its field."""
        domain = self.layout.locations[location].domain
        owner = self.layout.owner(location)
        field = self.layout.locations[location].field
        self.halt(
            "LM701",
            f"{self.layout.member_name(location)} would become {value}, outside its range {domain.low}..{domain.high}",
            claim=f"range of {owner.struct}.{field}",
            objects=(owner.name,),
        )

    def touch(self, location: int, *, writes: bool = False, atomic: bool = False) -> None:
        """This location, which is plain or an atomic, is what the step is about, and not only looked at to judge it."""
        private = self.layout.locations[location].owner in self.private
        known = self.accesses.get(location)
        writes = writes or (known is not None and known.writes)
        self.accesses[location] = Access(location, writes, atomic, self.racy, private)

    # --- rules --------------------------------------------------------------------------------------------------

    def report(
        self,
        rule: str,
        detail: str,
        *,
        objects: tuple[str, ...] = (),
        locks: tuple[str, ...] = (),
        claim: str = "",
        fatal: bool = False,
    ) -> None:
        """A rule is broken here; the execution goes on unless it is fatal.

        Ghost code breaks no rule but its own; what would end an execution leaves it without a meaning.
        """
        if self.ghost and rule not in GHOST_RULES:
            if not fatal:
                return
            rule, detail = "LM701", f"the ghost code here cannot be judged: {detail}"
        place, stack = self._where()
        self.violations.append(
            Violation(rule, detail, place, stack, locks=locks, objects=objects, fatal=fatal, claim=claim)
        )

    def halt(
        self,
        rule: str,
        detail: str,
        *,
        objects: tuple[str, ...] = (),
        locks: tuple[str, ...] = (),
        claim: str = "",
    ) -> NoReturn:
        """A rule is broken that ends the execution."""
        self.report(rule, detail, objects=objects, locks=locks, claim=claim, fatal=True)
        raise Halt

    def place(self) -> Site:
        """The innermost place that is in no helper."""
        return self._where()[0]

    # --- objects ------------------------------------------------------------------------------------------------

    def pointer(self, reference: int, use: str) -> int:
        """The number of the object that a reference names, checked to be alive; halts if it names none.

        `use` says what is done with it ("reads watch->inode").
        """
        if reference == NULL:
            self.halt("LM305", f"{use} through a null pointer")
        if reference == POISON:
            self.halt("LM306", f"{use} through a link that list_del has poisoned")
        if reference == UNINITIALISED:
            self.halt("LM307", f"{use} through a pointer that was never set")
        if reference == GARBAGE:
            self.halt("LM308", f"{use} through a pointer that was itself read from something that is no such object")
        if reference < 0:
            self.halt("LM308", f"{use} through the error pointer ERR_PTR({reference})")
        if is_head(reference):
            self.halt("LM308", f"{use} through {self.layout.describe(reference)}, which is no entry")
        self.alive(reference, use)
        return reference

    def alive(self, number: int, use: str) -> None:
        """Halts with LM303 if the object has been freed."""
        item = self.layout.objects[number]
        if item.status >= 0 and self.read(item.status) != LIVE:
            self.halt("LM303", f"{use} of {item.name}, which has been freed", objects=(item.name,))

    def member(self, location: int, use: str) -> None:
        """The object that a location is part of must be alive."""
        self.alive(self.layout.locations[location].owner, use)

    def initialised(self, location: int, use: str) -> int:
        """The value of a location, which must have been set."""
        value = self.read(location)
        if value == UNINITIALISED:
            name = self.layout.member_name(location)
            self.halt(
                "LM307", f"{use} {name}, which was never initialised", objects=(self.layout.owner(location).name,)
            )
        return value

    # --- protection ---------------------------------------------------------------------------------------------

    def guarded(self, location: int, use: str, *, writes: bool) -> None:
        """LM302 if the member asks for a lock that this thread does not hold, or only for reading where it writes."""
        owner = self.layout.locations[location].owner
        guard = self.layout.field(location).guarded_by
        if guard is None or owner in self.private or self.ghost:
            return
        lock = self.guard_lock(owner, guard)
        reading = writes and self.mode(lock) == "read"
        if lock not in self.held or reading:
            wanted = self.layout.member_name(lock) if lock >= 0 else guard.text
            how = (
                f"with {wanted}, which guards it, held for reading" if reading else f"without {wanted}, which guards it"
            )
            self.report(
                "LM302",
                f"{use} {self.layout.member_name(location)} {how}",
                objects=(self.layout.objects[owner].name,),
                locks=(wanted,),
            )

    def guard_lock(self, owner: int, guard: Guard) -> int:
        """The lock that a guard names for this object, or -1 where the path to it is broken."""
        if guard.lock:
            return self.layout.address(self.layout.globals[guard.lock], "lock")
        return self.follow(owner, guard.path)

    def follow(self, number: int, path: Sequence[str]) -> int:
        """The address of the last field of a path of references, or -1 where one on it names nothing alive."""
        for field in path[:-1]:
            status = self.layout.objects[number].status
            if status >= 0 and self.read(status) != LIVE:
                return -1
            number = self.read(self.layout.address(number, field))
            if not is_object(number):
                return -1
        return self.layout.address(number, path[-1])

    def publish(self, reference: int, into: int) -> None:
        """A reference was stored into object `into`: if that one can be reached, so can now all that hangs on it."""
        reference = self.layout.owner_or_object(reference)
        if into in self.private or reference not in self.private:
            return
        waiting = [reference]
        while waiting:
            number = waiting.pop()
            if number not in self.private:
                continue
            self.private.remove(number)
            waiting.extend(self.layout.referred(number, self.read))

    def ask(self, lock: int, entry: str, mode: str = "write", *, trying: bool = False, subclass: int = 0) -> None:
        """A lock is asked for, by a thread that was entered by the procedure `entry`: noted, for the lock order."""
        self.asked = Request(lock, mode, trying)
        held = tuple(
            (self._class(outer, its), self.layout.member_name(outer), self.mode(outer))
            for outer, its in zip(self.held, self.subclasses, strict=True)
        )
        inner = (self._class(lock, subclass), self.layout.member_name(lock))
        place, stack = self._where()
        ordered = () if trying else self._against_order(lock, subclass)
        nesting = Nesting(inner, mode, trying, held, self.situation, entry, place, ordered)
        self.notes.append(Violation(NOTE, "", place, stack, nesting=nesting))

    def _class(self, lock: int, subclass: int) -> str:
        return subclass_name(self.layout.lock_class(lock), subclass)

    def _against_order(self, lock: int, subclass: int) -> tuple[str, ...]:
        """LM201 for each held lock that the declared order puts below this one.

        Gives the names of those of the same class that are before it in the declared order of its instances.
        """
        hierarchy = self.layout.program.hierarchy
        name, inner = self.layout.member_name(lock), self._class(lock, subclass)
        rank = hierarchy.rank(whole_class(inner))
        ordered = []
        for held, its in dict.fromkeys(zip(self.held, self.subclasses, strict=True)):
            outer = self._class(held, its)
            why = ""
            if hierarchy.forbids(outer, inner):
                why = f"{inner} comes before {outer} in the declared order"
            elif rank is not None and whole_class(outer) == whole_class(inner) and held != lock:
                if self._before(rank, held, lock):
                    ordered.append(self.layout.member_name(held))
                else:
                    why = f"the order of {inner} by {rank.by} does not put it below"
            if why:
                held_name = self.layout.member_name(held)
                self.report(
                    "LM201",
                    f"asks for {name} while it holds {held_name}, but {why}",
                    locks=(name, held_name),
                    claim=f"{outer} -> {inner}",
                )
        return tuple(ordered)

    def _before(self, rank: Rank, outer: int, inner: int) -> bool:
        """Does the declared order of instances put one lock above another one of its class?"""
        above, below = (self.layout.locations[lock].owner for lock in (outer, inner))
        if not rank.reference:
            values = [self.read(self.layout.address(number, rank.by)) for number in (above, below)]
            return UNINITIALISED not in values and values[0] < values[1]
        seen = []
        while is_object(below) and below not in seen:
            seen.append(below)
            below = self.read(self.layout.address(below, rank.by))
            if below == above:
                return True
        return False

    def mode(self, lock: int) -> str:
        """How a lock is held."""
        return "read" if lock in self.shared else "write"

    def held_last(self, *, raw: bool = False) -> int:
        """The spinning lock (with `raw`, the raw one) that this thread holds and that was taken last, or -1."""
        for lock in reversed(self.held):
            kind = self.layout.field(lock).type
            if isinstance(kind, LockType) and (kind.raw if raw else not kind.sleeps):
                return lock
        return -1

    def sleeps(self, what: str) -> None:
        """LM601 if the thread holds a spinning lock, or is where no thread may sleep."""
        spinning = self.held_last()
        if spinning >= 0:
            name = self.layout.member_name(spinning)
            kind = self.layout.field(spinning).type
            assert isinstance(kind, LockType)
            self.report("LM601", f"{what} may sleep while the {kind.kind} {name} is held", locks=(name,))
        elif where := self.no_place_to_sleep():
            self.report("LM601", f"{what} may sleep {where}")

    def no_place_to_sleep(self) -> str:
        """Where the thread is, if nobody may sleep there."""
        situation = self.situation
        if situation.level != "process":
            return f"in a {situation.level}"
        if situation.irqs_off:
            return "with interrupts off"
        if situation.bh_off:
            return "with soft interrupts off"
        if situation.preempt_off:
            return "with preemption off"
        return "in an RCU read side" if situation.rcu else ""

    def may_wait(self, lock: int, what: str) -> None:
        """LM601 if the thread must not wait for a lock of this kind here.

        A spinning lock that is not raw is one that sleeps under PREEMPT_RT, and must not be taken under a raw one
        (lockdep's wait types, kernel/locking/lockdep.c, check_wait_context).
        """
        kind = self.layout.field(lock).type
        assert isinstance(kind, LockType)
        if kind.sleeps:
            self.sleeps(what)
        elif not kind.raw and (raw := self.held_last(raw=True)) >= 0:
            name = self.layout.member_name(raw)
            self.report(
                "LM601", f"{what} may sleep under PREEMPT_RT while the raw_spinlock {name} is held", locks=(name,)
            )

    def of_task(self, field: str) -> int:
        """The location of a field of this thread's task, or -1 where nobody can see it."""
        task = self.layout.setup.threads[self.thread].task if self.thread >= 0 else 0
        return self.layout.address(task, field) if task else -1

    def tell_cpu(self, field: str, value: int) -> None:
        """Set a field of the CPU that this thread runs on, where something else may run on it as well."""
        if cpu := self.cpu():
            self.write(self.layout.address(cpu, field), value)

    def cpu(self) -> int:
        """The CPU on which this thread runs now, 0 where nothing else may run on it."""
        if self.thread < 0:
            return 0
        return self.upon or self.layout.setup.threads[self.thread].cpu

    def count_up(self, location: int) -> None:
        """Raise a sequence; what it may count to is a bound of the search."""
        value = self.read(location) + 1
        if self.layout.locations[location].domain.encode(value) is None:
            raise Exhausted((f"the sequence of {self.layout.member_name(location)}", -1))
        self.write(location, value)

    def release_contents(self, number: int) -> None:
        """Forget what a freed object held: nothing may read it any more."""
        for location in self.layout.locations_of(number):
            self.writes[location] = UNINITIALISED

    def set_status(self, number: int, status: int) -> None:
        """Mark an object as allocated or freed."""
        assert status in (LIVE, DEAD)
        self.writes[self.layout.objects[number].status] = status
