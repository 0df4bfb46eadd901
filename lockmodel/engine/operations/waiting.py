"""Wait queues."""

from __future__ import annotations

from lockmodel.engine.memory import Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result


def _wait_queue(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """A wake of a queue on which nobody can wait, and its initialisation: the queue must be there."""
    m.member(operands[0], f"{context.name} uses a wait queue")
    if context.name == "init_waitqueue_head":
        m.write(operands[0], 0)
    else:
        m.initialised(operands[0], f"{context.name} uses")
    return (), ""


MEANING: dict[str, Meaning] = {
    "init_waitqueue_head": _wait_queue,
    "wake_up": _wait_queue,
    "wake_up_interruptible": _wait_queue,
}
