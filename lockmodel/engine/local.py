"""A thread's local state and what one step of it gives: the words that step, behaviour and explore share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lockmodel.source import Site


@dataclass(frozen=True, slots=True, order=True)
class Situation:
    """What a thread runs as, and what it has turned off: what decides whether it may sleep, and what may interrupt it.

    `level` is "process", "softirq" or "hardirq". `irqs_off`, `bh_off` and `preempt_off`: hard interrupts, soft
    interrupts (nested so often) and preemption (so often) are off. `rcu`: so many RCU read sides are open. `sequence`:
    what it reads it will read again if a writer of a seqlock was at work, so that it may race with one.
    """

    level: str = "process"
    irqs_off: bool = False
    bh_off: int = 0
    preempt_off: int = 0
    rcu: int = 0
    sequence: bool = False


PROCESS = Situation()


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """A lock that is asked for. `mode` is "write" (exclusive), "read" or "recursive" (a read that may nest).

    `trying`: it is not waited for.
    """

    lock: int
    mode: str = "write"
    trying: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A procedure in progress: the instruction it stands at and the values of its locals."""

    procedure: str
    at: int
    values: tuple[int, ...]


COMING = -2
"""The phase of an interrupt that has not come yet."""

SYNCHRONIZING = -3
"""The phase of a thread in synchronize_rcu that waits for those that were reading when it came."""

ASLEEP = -4
"""The phase of a thread that sleeps until it is woken; in cond_wait it has given back the mutex."""

RELOCKING = -5
"""The phase of one that is awake in cond_wait, and takes the mutex again."""


WAKING = -6
"""The phase of one in up() that has raised the semaphore and is yet to wake who stood in line for it then."""


@dataclass(frozen=True, slots=True)
class LocalState:
    """Everything about a thread that is not shared memory. Threads that run the same code share it.

    `pool` is the thread itself where it must be known (it allocates, sleeps on queues, or shares a CPU), else -1.
    `frames` are outermost first and empty when the thread has ended; the last one stands at a visible instruction (of
    an interrupt that has not come yet, at the first one).
    `held` are the locations of the owned locks that the thread holds, oldest first, `shared` those of them that it
    holds for reading (as often as it does), `subclasses` with which subclass it took each of those held. `private` are
    the objects that no other thread can reach yet. `phase` is how far it is within an operation of several steps: the
    lock in whose line it waits, a mark of the operation, or -1. `queues` are the wait queues in which it has stood and
    not finished waiting; it may have been woken there. One that is `stopped` stands still for good: see
    `engine.stopping`. `upon` is the CPU that an RCU callback has come upon, 0 for one of its own: a local state, since
    who waits for whom is judged once for the same local states.
    """

    pool: int
    frames: tuple[Frame, ...]
    held: tuple[int, ...] = ()
    private: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()
    situation: Situation = PROCESS
    phase: int = -1
    queues: tuple[int, ...] = ()
    stopped: bool = False
    subclasses: tuple[int, ...] = ()
    upon: int = 0

    @property
    def ended(self) -> bool:
        """Has the thread run to its end?"""
        return not self.frames


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """A location that a step reads or, with `writes`, writes: a plain one, or an `atomic`.

    `racy`: it is marked as deliberately unguarded. `private`: no other thread can reach its object yet.
    """

    location: int
    writes: bool
    atomic: bool = False
    racy: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Nesting:
    """A lock asked for while others are held: what a lock order is made of.

    `inner` is (class, name) of the lock asked for, `held` are (class, name, mode) of those that the thread holds,
    oldest first, `entry` the procedure by which the thread was entered. `ordered` are the names of those of the held
    locks that are of the same class, and before it in the declared order of its instances.
    """

    inner: tuple[str, str]
    mode: str
    trying: bool
    held: tuple[tuple[str, str, str], ...]
    situation: Situation
    entry: str
    site: Site
    ordered: tuple[str, ...] = ()


NOTE = "note"
"""The "rule" of a violation that breaks none: something that a step shows, kept with a schedule that shows it."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule broken: by a step, in a state, or by a claim.

    `place` is the innermost frame that is no helper; `stack` is the whole call stack, innermost first. `detail` is
    what went wrong, as a sentence without its end. `claim` is the name that identifies the finding where the place
    does not; `places` are the waiting places of a deadlock. A `fatal` one ends the execution. `apart`: its threads do
    not wait for each other, but for what nobody is left to give.
    """

    rule: str
    detail: str
    place: Site
    stack: tuple[Site, ...] = ()
    locks: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    fatal: bool = False
    claim: str = ""
    places: tuple[Site, ...] = ()
    threads: tuple[int, ...] = ()
    nesting: Nesting | None = None
    apart: bool = False

    @property
    def broken(self) -> bool:
        """Is a rule broken at all?"""
        return self.rule != NOTE

    @property
    def identity(self) -> tuple[object, ...]:
        """Two violations are the same finding if this is the same."""
        if self.nesting is not None:
            return (self.rule, self.nesting)
        if self.claim:
            return (self.rule, self.claim)
        if self.places:
            return (self.rule, *self.places)
        return (self.rule, self.place)


class Outcome(Enum):
    """How a step went: it moved, cannot move now, broke a rule that ends the execution, or a pool ran out."""

    MOVED = "moved"
    BLOCKED = "blocked"
    HALTED = "halted"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the interpreter made it.

    `reads` are every shared value that it looked at, in order, each location once; `writes` what it changed, also
    where the local code after it ended the execution. `after` is the next local state (None if it halted or cannot
    move). `wants` is the lock it waits for, or -1. `asked` is the lock it asked for, if any, whether or not it got it.
    `covered` are the instructions it executed, by site. `pool` is the pool that ran out. `notes` are what it shows
    without breaking a rule. `accesses` are the plain locations and the atomics that it touches, none where it cannot
    be made. `progress`: it passed progress(). `took` is the lock that it took, or -1; `passed` is what it passed of
    asks_for() and, with True, of enters(). `ran` are the procedures that it depends on, those on the stack among them.
    `operation` and `detail` tell a reader what was done and what came of it.
    """

    outcome: Outcome
    site: Site
    stack: tuple[Site, ...]
    reads: tuple[tuple[int, int], ...]
    writes: tuple[tuple[int, int], ...]
    after: LocalState | None
    violations: tuple[Violation, ...]
    wants: int
    asked: Request | None
    covered: tuple[Site, ...]
    pool: tuple[str, int] | None
    operation: str
    detail: str
    notes: tuple[Violation, ...] = ()
    accesses: tuple[Access, ...] = ()
    progress: bool = False
    took: int = -1
    passed: tuple[tuple[str, bool], ...] = ()
    ran: frozenset[str] = frozenset()

    @property
    def gets_on(self) -> bool:
        """Does the thread get on by it: does it end, or pass progress()?"""
        return self.progress or (self.after is not None and self.after.ended)
