"""Running one schedule again, by the interpreter alone: the steps of a witness, and the state that it ends in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.collect import attempt, reader
from lockmodel.engine.judging import Judge, View
from lockmodel.engine.local import LocalState, Outcome, Step, Violation
from lockmodel.engine.races import races
from lockmodel.engine.step import Stepper
from lockmodel.errors import UsageError
from lockmodel.findings.endless import Turn, fair, livelocks, obliged

STARVED_STATES = 20_000
"""States that `never_again` looks at: a second or two of the interpreter."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a trace, with the shared memory before and after it, and the locks held after it.

    A step that ends the execution leaves its thread with the locks that it had.
    """

    thread: int
    choice: int
    step: Step
    before: bytes
    after: bytes
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A schedule as it ran: `opening` are the violations of each thread's local code before any step.

    `asked` are for each thread the alternatives of the step that it would make next; none where it has ended. Where the
    trace ends in a state in which it was before, `loop_from` is the number of the step that it made there.
    """

    stepper: Stepper
    moments: tuple[Moment, ...]
    opening: tuple[tuple[int, Violation], ...]
    state: bytes
    locals: tuple[LocalState, ...]
    asked: tuple[tuple[Step, ...], ...]
    loop_from: int | None = None

    @property
    def standing(self) -> tuple[Step | None, ...]:
        """The step that each thread would make next, in its first alternative."""
        return tuple(steps[0] if steps else None for steps in self.asked)

    @property
    def blocked(self) -> tuple[tuple[int, int], ...]:
        """The threads that cannot move at the end, with what they wait for."""
        return tuple(
            (thread, step.wants)
            for thread, step in enumerate(self.standing)
            if step is not None and step.outcome is Outcome.BLOCKED
        )

    @property
    def view(self) -> View:
        """The end, as a judge sees it."""
        return View(self.stepper.layout, self.state, self.locals, self.blocked)

    @property
    def asking(self) -> list[tuple[int, Violation]]:
        """The violations of steps that are asked for at the end and cannot be made, each with its thread."""
        return [
            (thread, violation)
            for thread, steps in enumerate(self.asked)
            for step in steps
            if step.outcome in (Outcome.BLOCKED, Outcome.EXHAUSTED)
            for violation in step.violations
        ]

    @property
    def final(self) -> bool:
        """Can no thread move at the end?"""
        return all(step is None or step.outcome is Outcome.BLOCKED for step in self.standing)


def run(stepper: Stepper, schedule: Sequence[tuple[int, int]]) -> Trace:
    """Run a schedule; UsageError if it asks for a move that cannot be made."""
    layout = stepper.layout
    state, begun = stepper.begin()
    opening = tuple((thread, violation) for thread, step in enumerate(begun) for violation in step.violations)
    locals_ = [step.after or LocalState(thread, ()) for thread, step in enumerate(begun)]
    moments: list[Moment] = []
    visited = [(state, tuple(locals_))]
    for n, (thread, choice) in enumerate(schedule, start=1):
        if not 0 <= thread < len(locals_) or locals_[thread].ended or choice >= stepper.choices(locals_[thread]):
            raise UsageError(f"the schedule does not fit the model: step {n} cannot be made\n  The spec has changed.")
        state, step = attempt(stepper, state, locals_, thread, choice)
        if step.outcome in (Outcome.BLOCKED, Outcome.EXHAUSTED):
            raise UsageError(f"the schedule does not fit the model: step {n} cannot be made\n  The spec has changed.")
        after = layout.written(state, step.writes)
        held = (step.after or locals_[thread]).held
        moments.append(Moment(thread, choice, step, state, after, held))
        state = after
        if step.after is None:
            break
        locals_[thread] = step.after
        visited.append((state, tuple(locals_)))
    came = visited.index(visited[-1])
    loop_from = 1 + came if came < len(moments) < len(visited) else None
    asked = tuple(
        tuple(stepper.step(local, reader(layout, state), choice) for choice in range(stepper.choices(local)))
        if not local.ended
        else ()
        for local in locals_
    )
    return Trace(
        stepper,
        tuple(moments),
        opening,
        state,
        tuple(locals_),
        asked,
        loop_from if loop_from is not None and loop_from <= len(moments) else None,
    )


def violations(trace: Trace, judge: Judge, lost: tuple[int, ...] | None = None) -> list[Violation]:
    """Every rule that is broken at the end of a trace: by its last step, or by the state that it ends in.

    Or by going round for ever as it did between two equal states, of which it ends in the second.

    `lost` are the threads that can never move again while others go on for ever, where that is known already.
    """
    found = list(trace.moments[-1].step.violations) if trace.moments else [violation for _, violation in trace.opening]
    if trace.moments and trace.moments[-1].step.outcome is Outcome.HALTED:
        return found
    found.extend(violation for _, violation in trace.asking)
    found.extend(judge.shared(trace.state))
    nexts = [(n, trace.locals[n], step.accesses) for n, step in enumerate(trace.standing) if step is not None]
    found.extend(races(trace.stepper, nexts))
    if trace.blocked:
        found.extend(judge.waiting(trace.view))
    if trace.final:
        found.extend(judge.final(trace.view))
    elif trace.blocked:
        found.extend(judge.starved(trace.view, never_again(trace) if lost is None else lost))
    return [violation for violation in found + _whole(trace, judge) if violation.broken]


def _whole(trace: Trace, judge: Judge) -> list[Violation]:
    """What is broken by an execution as a whole, if a trace shows one: it ends there, or goes round for ever."""
    stepper = trace.stepper
    loop = turns(trace)[trace.loop_from - 1 :] if trace.loop_from is not None else []
    found: list[Violation] = []
    if loop and fair(stepper, loop):
        found = livelocks(stepper, loop)
    elif any(obliged(stepper, trace.state, local) for local in trace.locals):
        return []
    return found + judge.never([*(moment.before for moment in trace.moments), trace.state])


def turns(trace: Trace) -> list[Turn]:
    """The steps of a trace that goes on, each with where it was made from."""
    state, begun = trace.stepper.begin()
    locals_ = [step.after or LocalState(thread, ()) for thread, step in enumerate(begun)]
    made = []
    for moment in trace.moments:
        made.append(Turn(moment.thread, moment.choice, moment.step, state, tuple(locals_)))
        assert moment.step.after is not None
        state, locals_[moment.thread] = moment.after, moment.step.after
    return made


def never_again(trace: Trace) -> tuple[int, ...]:
    """The threads that wait at the end of a trace and can never move again while others go on for ever.

    None of them if an execution can end from here (who waits is judged there), or if that takes too long to say.
    """
    stepper, layout = trace.stepper, trace.stepper.layout
    waiting = {thread for thread, _ in trace.blocked}
    first = (trace.state, trace.locals)
    seen = {first}
    states = deque([first])
    while states and waiting:
        state, locals_ = states.popleft()
        moved = False
        for thread, local in enumerate(locals_):
            for choice in range(0 if local.ended else stepper.choices(local)):
                base, step = attempt(stepper, state, locals_, thread, choice)
                if step.outcome is Outcome.BLOCKED:
                    continue
                if step.after is None:
                    return ()
                moved = True
                waiting.discard(thread)
                following = (layout.written(base, step.writes), (*locals_[:thread], step.after, *locals_[thread + 1 :]))
                if following not in seen:
                    if len(seen) >= STARVED_STATES:
                        return ()
                    seen.add(following)
                    states.append(following)
        if not moved:
            return ()
    return tuple(sorted(waiting))
