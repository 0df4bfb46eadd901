"""A loop of steps, as the interpreter made it: may an execution go round it for ever, and does anybody get on?"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.liveness import may_get_on
from lockmodel.engine.local import LocalState, Outcome, Step, Violation
from lockmodel.engine.step import Stepper
from lockmodel.properties.liveness import livelock


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of a loop, with the thread that makes it, its alternative, and the state from which."""

    thread: int
    choice: int
    step: Step
    state: bytes
    locals: tuple[LocalState, ...]


def livelocks(stepper: Stepper, loop: Sequence[Turn]) -> list[Violation]:
    """LM104 if nobody gets on in a loop that is fair."""
    able = may_get_on(stepper.layout)
    if any(turn.step.gets_on or turn.thread not in able for turn in loop):
        return []
    moves: dict[int, list[LocalState]] = {}
    for turn in loop:
        moves.setdefault(turn.thread, []).append(turn.locals[turn.thread])
    return [livelock(stepper, sorted(moves.items()))]


def fair(stepper: Stepper, loop: Sequence[Turn]) -> bool:
    """Is an execution fair that goes round a loop: does each thread move in it, or stand where it is not obliged to?

    Not if a thread wakes for no reason in it, over and over.
    """
    if any(stepper.wakes_itself(turn.locals[turn.thread], turn.choice) for turn in loop):
        return False
    moved = {turn.thread for turn in loop}
    return all(
        thread in moved or not all(obliged(stepper, turn.state, turn.locals[thread]) for turn in loop)
        for thread in range(len(loop[0].locals))
    )


def obliged(stepper: Stepper, state: bytes, local: LocalState) -> bool:
    """Must a thread move some day that can move all the time as it can in this state?"""
    if local.ended or stepper.need_not_come(local):
        return False
    return stepper.step(local, functools.partial(stepper.layout.read, state)).outcome is not Outcome.BLOCKED
