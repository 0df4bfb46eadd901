"""A thread's local state and what one step of it gives: the words that step, behaviour and explore share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lockmodel.source import Site


@dataclass(frozen=True, slots=True)
class Frame:
    """A procedure in progress: the instruction it stands at and the values of its locals."""

    procedure: str
    at: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LocalState:
    """Everything about a thread that is not shared memory. Threads that run the same code share it.

    `pool` is the thread whose slots are allocated from: the thread itself, or -1 if it allocates nothing. `frames` are
    outermost first and empty when the thread has ended; the last one stands at a visible instruction. `held` are the
    locations of the owned locks that the thread holds, oldest first. `private` are the objects that no
    other thread can reach yet.
    """

    pool: int
    frames: tuple[Frame, ...]
    held: tuple[int, ...] = ()
    private: tuple[int, ...] = ()

    @property
    def ended(self) -> bool:
        """Has the thread run to its end?"""
        return not self.frames


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule broken: by a step, in a state, or by a claim.

    `place` is the innermost frame that is no helper; `stack` is the whole call stack, innermost first. `detail` is
    what went wrong, as a sentence without its end. `claim` is the name that identifies the finding where the place
    does not; `places` are the waiting places of a deadlock. A `fatal` one ends the execution.
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

    @property
    def identity(self) -> tuple[object, ...]:
        """Two violations are the same finding if this is the same."""
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
    move). `wants` is the lock it waits for, or -1. `asked` is the
    lock it asked for, whether or not it got it, or -1. `covered` are the instructions it executed, by site. `pool` is
    the pool that ran out. `operation` and `detail` tell a reader what was done and what came of it.
    """

    outcome: Outcome
    site: Site
    stack: tuple[Site, ...]
    reads: tuple[tuple[int, int], ...]
    writes: tuple[tuple[int, int], ...]
    after: LocalState | None
    violations: tuple[Violation, ...]
    wants: int
    asked: int
    covered: tuple[Site, ...]
    pool: tuple[str, int] | None
    operation: str
    detail: str
