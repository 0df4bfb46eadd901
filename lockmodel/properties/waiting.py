"""LM101 to LM103: who waits for what, and can it ever come?

Owned locks are released by their holder only, so a cycle of threads that wait for each other's locks is for ever,
whatever other threads do. Other waiting (a counting semaphore, a condition) is judged where no thread can move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lockmodel.engine.judging import View
from lockmodel.engine.local import COMING, NOTE, LocalState, Violation
from lockmodel.engine.step import Stepper
from lockmodel.ir.machine import CALLBACK, CPU, TASK
from lockmodel.ir.types import LockType
from lockmodel.properties.sleeping import goes_on, sleeps


@dataclass(frozen=True, slots=True)
class Wait:
    """A thread that cannot move: what it waits for and the threads that must let go of it.

    `ahead` are those of them that do not have it, but stand in its line.
    """

    thread: int
    wants: int
    holders: tuple[int, ...]
    ahead: tuple[int, ...]


def waits(view: View) -> list[Wait]:
    """Every thread that cannot move, in order."""
    return [wait_of(view, thread, wants) for thread, wants in view.blocked]


def wait_of(view: View, thread: int, wanted: int) -> Wait:
    """A thread that cannot move, with those that are in its way."""
    before = holders(view, thread, wanted)
    if not _behind_writers(view, thread, wanted):
        return Wait(thread, wanted, before, ())
    return Wait(thread, wanted, before, tuple(other for other in before if not _writes(view.locals[other], wanted)))


def _behind_writers(view: View, thread: int, wanted: int) -> bool:
    """Does it wait for what writers stand in line for, without being one of them?"""
    kind = view.layout.field(wanted).type if wanted >= 0 else None
    return isinstance(kind, LockType) and kind.queued and view.locals[thread].phase != wanted


def _writes(local: LocalState, lock: int) -> bool:
    return lock in local.held and lock not in local.shared


def holders(view: View, thread: int, wanted: int) -> tuple[int, ...]:
    """The threads that must let go of what a thread waits for: a lock, a place in its line, a CPU, an RCU read side.

    Or that must run a callback.
    """
    if wanted < 0:
        return ()
    owner = view.layout.owner(wanted)
    if owner.struct == CPU.name:
        return (view.read(wanted) - 1,)
    if owner.struct == TASK:
        return (view.layout.setup.tasks.index(owner.number),)
    if owner.struct == CALLBACK:
        return tuple(n for n, c in view.layout.setup.callbacks if c.slot == owner.number)
    reads = _behind_writers(view, thread, wanted)
    return tuple(
        other
        for other, local in enumerate(view.locals)
        if (_writes(local, wanted) or local.phase == wanted if reads else wanted in local.held)
    )


def self_deadlocks(stepper: Stepper, view: View) -> list[Violation]:
    """LM102: threads that wait for a lock that they hold."""
    found = []
    for wait in waits(view):
        if wait.thread in wait.holders:
            local = view.locals[wait.thread]
            lock = stepper.layout.member_name(wait.wants)
            struct = stepper.layout.owner(wait.wants).struct
            if struct == TASK:
                detail = f"{_name(stepper, wait.thread)} waits for the end of the RCU read side that it is in itself"
            elif struct == CALLBACK:
                detail = f"{_name(stepper, wait.thread)} waits for the end of the RCU callback that it is itself"
            else:
                detail = f"{_name(stepper, wait.thread)} asks for {lock}, which it holds itself"
            found.append(
                Violation(
                    "LM102",
                    detail,
                    stepper.place(local),
                    stepper.sites(local),
                    locks=(lock,),
                    threads=(wait.thread,),
                )
            )
    return found


def deadlocks(stepper: Stepper, view: View) -> list[Violation]:
    """LM101: cycles of threads that wait for each other's locks."""
    return [_deadlock(stepper, view, ring) for ring in _rings(view)]


def closed_orders(stepper: Stepper, view: View) -> list[Violation]:
    """What deadlocks are about, noted: those of different locks are one finding where their threads wait at one place.

    They are told apart by the classes of what is waited for.
    """
    return [
        replace(
            _deadlock(stepper, view, ring),
            rule=NOTE,
            claim=" ".join(sorted(view.layout.lock_class(wait.wants) for wait in ring)),
        )
        for ring in _rings(view)
    ]


def _rings(view: View) -> list[list[Wait]]:
    """The cycles of threads that wait for each other, each from its first thread on; none that has a smaller one in it.

    All of them: who is found must not depend on what the threads are called, or alike ones could not be exchanged.
    """
    by_thread = {wait.thread: wait for wait in waits(view)}
    cycles: list[tuple[int, ...]] = []
    for start in by_thread:
        ways: list[tuple[int, ...]] = [(start,)]
        while ways:
            way = ways.pop()
            for holder in by_thread[way[-1]].holders:
                if holder == start and len(way) > 1:
                    cycles.append(way)
                elif holder in by_thread and holder > start and holder not in way:
                    ways.append((*way, holder))
    return [
        [by_thread[thread] for thread in cycle]
        for cycle in sorted(cycles)
        if not any(set(other) < set(cycle) for other in cycles)
    ]


def stuck(stepper: Stepper, view: View, threads: tuple[int, ...]) -> list[Violation]:
    """LM101 for threads that wait for what no thread will ever give; those that may wait for ever are left out.

    LM103 for those of them that sleep and would go on if they were woken.
    """
    waiting = [wait for wait in waits(view) if wait.thread in threads and not _may_wait(stepper, view, wait.thread)]
    lost = [wait for wait in waiting if sleeps(stepper, view, wait.thread) and goes_on(stepper, view, wait.thread)]
    others = [wait for wait in waiting if wait not in lost]
    found = [_deadlock(stepper, view, others)] if others else []
    found += [_lost_wakeup(stepper, view, lost)] if lost else []
    return [replace(violation, apart=True) for violation in found]


def _may_wait(stepper: Stepper, view: View, thread: int) -> bool:
    """May it wait for ever? So may an interrupt, but only as long as it has not come."""
    record = stepper.layout.setup.threads[thread]
    return record.may_wait and (record.level == "process" or view.locals[thread].phase == COMING)


def _deadlock(stepper: Stepper, view: View, waiting: list[Wait]) -> Violation:
    return _waiting_for_ever("LM101", [_sentence(stepper, view, wait) for wait in waiting], stepper, view, waiting)


def _lost_wakeup(stepper: Stepper, view: View, sleeping: list[Wait]) -> Violation:
    names = [_name(stepper, wait.thread) for wait in sleeping]
    told = [f"{name} sleeps for ever, and would go on if it were woken" for name in names]
    return _waiting_for_ever("LM103", told, stepper, view, sleeping)


def _waiting_for_ever(rule: str, told: list[str], stepper: Stepper, view: View, waiting: list[Wait]) -> Violation:
    sites = [stepper.place(view.locals[wait.thread]) for wait in waiting]
    last = view.locals[waiting[-1].thread]
    return Violation(
        rule,
        "; ".join(told),
        sites[-1],
        stepper.sites(last),
        locks=tuple(dict.fromkeys(stepper.layout.member_name(w.wants) for w in waiting if w.wants >= 0)),
        places=tuple(sorted(set(sites))),
        threads=tuple(sorted(wait.thread for wait in waiting)),
    )


def _sentence(stepper: Stepper, view: View, wait: Wait) -> str:
    who = _name(stepper, wait.thread)
    if wait.wants < 0:
        return f"{who} waits for a condition that no thread is left to make true"
    if stepper.layout.owner(wait.wants).struct == CPU.name:
        return (
            f"{who} waits for {stepper.layout.owner(wait.wants).name}, on which {_name(stepper, wait.holders[0])} runs"
        )
    if (struct := stepper.layout.owner(wait.wants).struct) in (CALLBACK, TASK):
        what = "the RCU callback" if struct == CALLBACK else "the RCU read side of"
        return f"{who} waits for {what} {_name(stepper, wait.holders[0])}"
    lock = stepper.layout.member_name(wait.wants)
    if wait.holders:
        told = []
        if having := [_name(stepper, holder) for holder in wait.holders if holder not in wait.ahead]:
            told.append(f"which {' and '.join(having)} hold{'s' * (len(having) == 1)}")
        if ahead := [_name(stepper, other) for other in wait.ahead]:
            told.append(f"in whose line {' and '.join(ahead)} stand{'s' * (len(ahead) == 1)} before it")
        return f"{who} waits for {lock}, {' and '.join(told)}"
    return f"{who} waits for {lock}, which no thread is left to release"


def _name(stepper: Stepper, thread: int) -> str:
    return stepper.layout.setup.threads[thread].name
