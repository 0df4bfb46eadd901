"""LM101 and LM102: who waits for what, and can it ever come?

Owned locks are released by their holder only, so a cycle of threads that wait for each other's locks is for ever,
whatever other threads do. Other waiting (a counting semaphore, a condition) is judged where no thread can move.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.engine.judging import View
from lockmodel.engine.local import Violation
from lockmodel.engine.step import Stepper


@dataclass(frozen=True, slots=True)
class Wait:
    """A thread that cannot move: what it waits for and the thread that has it, or -1 if no thread does."""

    thread: int
    wants: int
    holder: int


def waits(view: View) -> list[Wait]:
    """Every thread that cannot move, in order."""
    return [Wait(thread, wants, _holder(view, wants)) for thread, wants in view.blocked]


def _holder(view: View, lock: int) -> int:
    for thread, local in enumerate(view.locals):
        if lock in local.held:
            return thread
    return -1


def self_deadlocks(stepper: Stepper, view: View) -> list[Violation]:
    """LM102: threads that wait for a lock that they hold."""
    found = []
    for wait in waits(view):
        if wait.wants >= 0 and wait.holder == wait.thread:
            local = view.locals[wait.thread]
            lock = stepper.layout.member_name(wait.wants)
            found.append(
                Violation(
                    "LM102",
                    f"{_name(stepper, wait.thread)} asks for {lock}, which it holds itself",
                    stepper.place(local),
                    stepper.sites(local),
                    locks=(lock,),
                    threads=(wait.thread,),
                )
            )
    return found


def deadlocks(stepper: Stepper, view: View) -> list[Violation]:
    """LM101: cycles of threads that wait for each other's locks."""
    by_thread = {wait.thread: wait for wait in waits(view)}
    found = []
    seen: set[int] = set()
    for start in by_thread:
        path: list[int] = []
        at = start
        while at in by_thread and at not in seen and at not in path and by_thread[at].holder != at:
            path.append(at)
            at = by_thread[at].holder
        if at in path:
            cycle = path[path.index(at) :]
            first = cycle.index(min(cycle))
            ordered = cycle[first:] + cycle[:first]
            found.append(_deadlock(stepper, view, [by_thread[thread] for thread in ordered]))
        seen.update(path)
    return found


def stuck(stepper: Stepper, view: View, threads: tuple[int, ...]) -> list[Violation]:
    """LM101 for threads that wait for what no thread will ever give; those that may wait for ever are left out."""
    waiting = [
        wait
        for wait in waits(view)
        if wait.thread in threads and not stepper.layout.setup.threads[wait.thread].may_wait
    ]
    return [_deadlock(stepper, view, waiting)] if waiting else []


def _deadlock(stepper: Stepper, view: View, waiting: list[Wait]) -> Violation:
    sites = [stepper.place(view.locals[wait.thread]) for wait in waiting]
    last = view.locals[waiting[-1].thread]
    return Violation(
        "LM101",
        "; ".join(_sentence(stepper, view, wait) for wait in waiting),
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
    lock = stepper.layout.member_name(wait.wants)
    if wait.holder >= 0:
        return f"{who} waits for {lock}, which {_name(stepper, wait.holder)} holds"
    return f"{who} waits for {lock}, which no thread is left to release"


def _name(stepper: Stepper, thread: int) -> str:
    return stepper.layout.setup.threads[thread].name
