"""Which wake a thread that sleeps for ever has lost, and between which steps: read off the schedule that shows it."""

from __future__ import annotations

from collections.abc import Iterator

from lockmodel.engine.local import Step
from lockmodel.findings.trace import Moment, Trace
from lockmodel.ir.layout import Layout
from lockmodel.ir.machine import MACHINE
from lockmodel.ir.types import LockType, WaitQueueType

QUEUES = ("prepare_to_wait", "prepare_to_wait_exclusive", "cond_wait")
"""Operations by which a thread begins to stand in a queue."""

WAKES = (
    *("wake_up", "wake_up_all", "wake_up_interruptible", "wake_up_interruptible_all"),
    *("cond_signal", "cond_broadcast"),
)

Numbered = tuple[int, Moment]
"""A step with its number."""


def lost_wake(trace: Trace, sleeper: int) -> str:
    """What became of the wake that a thread waits for, as a clause that begins with a colon; "" if nothing is known."""
    layout = trace.stepper.layout
    moments = list(enumerate(trace.moments, start=1))
    mine = [(n, moment) for n, moment in moments if moment.thread == sleeper]
    others = [(n, moment) for n, moment in moments if moment.thread != sleeper]
    stood = next(((n, m) for n, m in reversed(mine) if _operation(m.step) in QUEUES and m.step.writes), None)
    if stood is None:
        return ""
    slept, standing = stood
    queue = _queue(standing.step, layout)
    wakes = [(n, m) for n, m in others if _operation(m.step) in WAKES and _queue(m.step, layout) == queue]
    look = _look(mine, others, slept, layout)
    if not wakes:
        return f": no thread wakes who waits on {layout.member_name(queue)}"
    name = layout.setup.threads[sleeper].name
    number, wake = wakes[-1]
    deed = f"{layout.setup.threads[wake.thread].name}'s {wake.step.operation} in step {number}"
    if look is None:
        return f": {deed} comes {'before' if number < slept else 'after'} step {slept}, in which it begins to wait"
    read, said, changed = look
    looks = f"step {read} ({name}: {said})"
    if read < number < slept:
        return f": {deed} is lost between {looks} and step {slept}, in which it begins to wait"
    if number < changed[0]:
        who = layout.setup.threads[changed[1].thread].name
        return f": {deed} comes before step {changed[0]}, in which {who} changes what {name} looked at in step {read}"
    if number > slept:
        return f": {deed} {wake.step.detail or 'comes'}, after {looks}"
    return f": {deed} comes before {looks}"


def _operation(step: Step) -> str:
    return step.operation.partition("(")[0]


def _queue(step: Step, layout: Layout) -> int:
    """The wait queue, or condition variable, that a step is about."""
    for location in (*dict(step.reads), *dict(step.writes)):
        at = layout.locations[location]
        if not at.hidden and isinstance(layout.field(location).type, WaitQueueType):
            return layout.address(at.owner, at.field)
    return -1


def _look(mine: list[Numbered], others: list[Numbered], slept: int, layout: Layout) -> tuple[int, str, Numbered] | None:
    """The last step in which the thread looked at what another one changed later: its number, what it read, the change.

    Looked before it stood in the queue, if it did; what comes after that does not lose a wake.
    """
    before = [(n, m) for n, m in reversed(mine) if n < slept]
    after = [(n, m) for n, m in reversed(mine) if n > slept]
    for n, moment in (*before, *after):
        for location in _looked_at(moment.step, layout):
            change = next(((k, other) for k, other in others if k > n and location in dict(other.step.writes)), None)
            if change is not None:
                return n, f"{moment.step.operation} {moment.step.detail}".rstrip(), change
    return None


def _looked_at(step: Step, layout: Layout) -> Iterator[int]:
    """What a step read of the model's own memory: no locks, no queues, nothing of the machine."""
    for location, _ in step.reads:
        if layout.locations[location].hidden:
            continue
        kind = layout.field(location).type
        if not isinstance(kind, (LockType, WaitQueueType)) and layout.owner(location).struct not in MACHINE:
            yield location
