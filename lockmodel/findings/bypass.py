"""An execution in which a thread waits for a lock for ever while others take it again and again, told like a finding.

No rule is broken by it: it shows that nothing bounds how often a thread is passed by.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from msgspec.structs import replace

from lockmodel.engine.bypass import LockWait, Taken
from lockmodel.engine.local import Outcome, Violation
from lockmodel.engine.step import Stepper
from lockmodel.errors import InternalError
from lockmodel.findings.ending import waiting_at
from lockmodel.findings.endless import Turn
from lockmodel.findings.explain import tell
from lockmodel.findings.finding import Finding, LockWaits
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Trace, run, turns

BYPASS = "bypass"
"""What stands for a rule where one is told and replayed; a token has the name of the lock behind it."""


def told_wait(wait: LockWait, stepper: Stepper) -> LockWaits:
    """How long threads wait for a lock, as a result has it."""
    lasso = wait.bypass.lasso
    witness = told_bypass(run(stepper, lasso.stem + lasso.loop), f"{BYPASS} {wait.lock}") if lasso else None
    if lasso and witness is None:
        raise InternalError(
            f"the search found that nothing bounds how often a thread is passed by that waits for {wait.lock}, "
            "but the interpreter does not come to it by the same schedule"
        )
    return LockWaits(wait.lock, wait.bypass.most, wait.chain, witness)


def told_bypass(trace: Trace, shown: str) -> Finding | None:
    """What a trace shows, given what its token says; None if it shows no such thing."""
    if trace.loop_from is None:
        return None
    made = turns(trace)
    begin = _loop(trace, made)
    for thread, lock in _waiting(trace, made, begin):
        name = trace.stepper.layout.member_name(lock) if isinstance(lock, int) else lock
        others = {turn.thread: None for turn in made[begin:] if turn.thread != thread and lock in _taken(turn)}
        if others and shown == f"{BYPASS} {name}":
            return _told(trace, thread, name, sorted(others), begin)
    return None


def _told(trace: Trace, thread: int, lock: str, others: list[int], begin: int) -> Finding:
    stepper, setup = trace.stepper, trace.stepper.layout.setup
    local = trace.locals[thread]
    names = [setup.threads[other].name for other in others]
    detail = (
        f"{setup.threads[thread].name} waits for {lock}, and {' and '.join(names)} take{'s' * (len(names) == 1)} it "
    )
    violation = Violation(
        BYPASS,
        f"{detail}again and again",
        stepper.place(local),
        stepper.sites(local),
        locks=(lock,),
        threads=(thread,),
    )
    finding = tell(violation, trace, stepper, proved=False)
    moves = tuple((moment.thread, moment.choice) for moment in trace.moments)
    program = stepper.program
    token = Schedule(setup.name, program.design, program.switches, f"{BYPASS} {lock}", moves)
    return replace(
        finding,
        name="without bound",
        waiting=[waiting for waiting in waiting_at(trace, stepper) if waiting.thread == setup.threads[thread].name],
        loop_from=begin + 1,
        schedule=encode(token),
    )


def _loop(trace: Trace, made: list[Turn]) -> int:
    """After how many steps the last round begins: where a trace was before as it is at its end."""
    end = (trace.state, trace.locals)
    return max(n for n, turn in enumerate(made) if (turn.state, turn.locals) == end)


def _waiting(trace: Trace, made: list[Turn], begin: int) -> Iterator[tuple[int, Taken]]:
    """Who waits for what from the beginning of the loop to its end: (thread, lock), in order.

    A thread waits from where it cannot have a lock, or has passed asks_for, until it takes it or does something else.
    """
    stepper = trace.stepper
    since: dict[tuple[int, Taken], int] = {}
    for thread, step in enumerate(stepper.begin()[1]):
        since.update({(thread, name): 0 for name, enters in step.passed if not enters})
    for n, turn in enumerate(made):
        read = functools.partial(stepper.layout.read, turn.state)
        for thread, local in enumerate(turn.locals):
            asked = None if local.ended else stepper.step(local, read)
            if asked is not None and asked.outcome is Outcome.BLOCKED and asked.wants >= 0:
                since.setdefault((thread, asked.wants), n)
        after = turn.step.after
        gone = [
            (thread, lock)
            for thread, lock in since
            if thread == turn.thread
            and (lock in _taken(turn) or (isinstance(lock, int) and after and after.phase != lock))
        ]
        for one in gone:
            del since[one]
        taken = _taken(turn)
        for name, enters in turn.step.passed:
            if not enters and name not in taken:
                since[turn.thread, name] = n + 1
    yield from (waiter for waiter, first in since.items() if first <= begin)


def _taken(turn: Turn) -> list[Taken]:
    """What a step takes: a lock, what the model makes one of."""
    names: list[Taken] = [name for name, enters in turn.step.passed if enters]
    return [*names, turn.step.took] if turn.step.took >= 0 else names
