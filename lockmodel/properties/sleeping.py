"""A thread that sleeps for ever: is it its wake that is missing, or what it waits for?

It is woken, and run alone: it has lost a wake-up if it then leaves the loop in which it looks and sleeps, whichever
alternatives it takes. What it does after that is its own affair.
"""

from __future__ import annotations

import functools

from lockmodel.engine.judging import View
from lockmodel.engine.local import COMING, LocalState, Outcome
from lockmodel.engine.step import Stepper
from lockmodel.ir.control import loop_around
from lockmodel.ir.nodes import Operate

SLEEPS = ("schedule", "cond_wait")
"""Operations in which a thread sleeps until it is woken. Their second alternative is to wake for no reason."""

STEPS = 2_000
"""Steps that a thread that was woken is followed for; it has not gone on if it is in its loop still."""


def sleeps(stepper: Stepper, view: View, thread: int) -> bool:
    """Does a thread that cannot move sleep until it is woken?"""
    local = view.locals[thread]
    return (thread, -1) in view.blocked and local.phase != COMING and _at_sleep(stepper, local)


def goes_on(stepper: Stepper, view: View, thread: int) -> bool:
    """Would a thread that sleeps leave its loop, if it were woken once and then run alone?"""
    local = view.locals[thread]
    depth, loop = _loop(stepper, local)
    ways = [(view.state, local, 1)]
    seen = {(view.state, local)}
    while ways:
        state, local, choice = ways.pop()
        step = stepper.step(local, functools.partial(stepper.layout.read, state), choice)
        if step.outcome is not Outcome.MOVED or step.after is None or len(seen) > STEPS:
            return False
        if _left(step.after, depth, loop):
            continue
        after = stepper.layout.written(state, step.writes), step.after
        if after in seen:
            return False
        seen.add(after)
        choices = 1 if _at_sleep(stepper, step.after) else stepper.choices(step.after)
        ways.extend((*after, other) for other in range(choices))
    return True


def _at_sleep(stepper: Stepper, local: LocalState) -> bool:
    match stepper.instruction(local):
        case Operate(operation):
            return operation in SLEEPS
    return False


def _loop(stepper: Stepper, local: LocalState) -> tuple[int, frozenset[int]]:
    """The innermost loop around the place where a thread stands, and the depth of the frame that it is in.

    Depth 0 where it is in none: whatever it does then, it has gone on.
    """
    for depth in range(len(local.frames), 0, -1):
        frame = local.frames[depth - 1]
        if loop := loop_around(stepper.program.procedures[frame.procedure], frame.at):
            return depth, loop
    return 0, frozenset()


def _left(local: LocalState, depth: int, loop: frozenset[int]) -> bool:
    if depth == 0:
        return local.phase == -1
    return len(local.frames) < depth or local.frames[depth - 1].at not in loop
