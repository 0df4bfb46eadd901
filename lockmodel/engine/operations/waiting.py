"""Wait queues and condition variables: the threads that sleep on them stand there in order.

A place in the queue holds 0 or 1 + 2 * thread, 1 more where the thread waits exclusively; those that do not come first,
in the order of their numbers (they are all woken at once). `task.state` is as in the kernel: TASK_RUNNING is 0.

Whether a thread will wake for no reason is chosen as it falls asleep: when it goes on is open in any case, and one that
sleeps until it is woken can then be seen to sleep for ever.
"""

from __future__ import annotations

from lockmodel.engine.local import ASLEEP, RELOCKING
from lockmodel.engine.memory import Blocked, Memory
from lockmodel.engine.operations.locks import MEANING as LOCKS
from lockmodel.engine.operations.locks import acquire
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.machine import INTERRUPTIBLE, RUNNING, UNINTERRUPTIBLE
from lockmodel.ir.values import LIVE


def _queue(m: Memory, wq: int, context: Context) -> list[int]:
    """Who stands in the queue, which must have been initialised."""
    m.member(wq, f"{context.name} uses a wait queue")
    first = m.initialised(wq, f"{context.name} uses")
    rest = [m.read(wq + n) for n in range(1, m.layout.places)]
    return [entry for entry in (first, *rest) if entry]


def _put(m: Memory, wq: int, entries: list[int]) -> None:
    """Write a queue: those who do not wait exclusively first, in the order of their threads."""
    shared = sorted(entry for entry in entries if entry % 2)
    exclusive = [entry for entry in entries if not entry % 2]
    ordered = [*shared, *exclusive]
    for n in range(m.layout.places):
        m.write(wq + n, ordered[n] if n < len(ordered) else 0)


def _entry(thread: int, exclusive: bool) -> int:
    return 1 + 2 * thread + exclusive


def _thread(entry: int) -> int:
    return (entry - 1) // 2


def _init(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses a wait queue")
    for n in range(m.layout.places):
        m.write(operands[0] + n, 0)
    return (), ""


def _prepare_to_wait(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Stand in the queue, unless one does already, and be about to sleep."""
    wq, state = operands
    queue = _queue(m, wq, context)
    entry = _entry(context.thread, context.name == "prepare_to_wait_exclusive")
    if context.thread not in map(_thread, queue):
        _put(m, wq, [*queue, entry])
    if wq not in m.queues:
        m.queues.append(wq)
    m.write(m.of_task("state"), state)
    return (), ""


def _finish_wait(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    queue = _queue(m, operands[0], context)
    m.queues = [wq for wq in m.queues if wq != operands[0]]
    m.write(m.of_task("state"), RUNNING)
    _put(m, operands[0], [entry for entry in queue if _thread(entry) != context.thread])
    return (), ""


def left_in(m: Memory) -> str:
    """The wait queue in which a thread that ends still stands, or ""."""
    for wq in sorted(m.queues):
        status = m.layout.owner(wq).status
        if status >= 0 and m.read(status) != LIVE:
            continue
        if any(m.read(wq + n) in (_entry(m.thread, False), _entry(m.thread, True)) for n in range(m.layout.places)):
            return m.layout.member_name(wq)
    return ""


def _schedule(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Sleep until one is woken; not at all if one was woken already. The last alternative is to wake for no reason."""
    state = m.of_task("state")
    if m.read(state) == RUNNING:
        detail = "is awake" if m.phase == ASLEEP else "is running already"
        m.phase = -1
        return (), detail
    m.sleeps(context.name)
    if context.choice:
        m.write(state, RUNNING)
        m.phase = -1
        return (), "wakes for no reason"
    if m.phase == ASLEEP or not m.layout.program.spurious_wakeups:
        raise Blocked
    m.phase, m.again = ASLEEP, True
    return (), "sleeps until it is woken"


def _wake(m: Memory, wq: int, context: Context, exclusive: int, states: tuple[int, ...]) -> str:
    """Wake all that do not wait exclusively, and so many of those that do; who is woken leaves the queue."""
    left: list[int] = []
    woken: list[str] = []
    for entry in _queue(m, wq, context):
        state = m.layout.address(m.layout.setup.tasks[_thread(entry)], "state")
        if m.read(state) not in states or (not entry % 2 and not exclusive):
            left.append(entry)
            continue
        m.write(state, RUNNING)
        woken.append(m.layout.setup.threads[_thread(entry)].name)
        exclusive -= not entry % 2
    if woken:
        _put(m, wq, left)
    return f"wakes {', '.join(woken)}" if woken else "nobody waits"


def _wake_up(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    states = (INTERRUPTIBLE,) if "interruptible" in context.name else (INTERRUPTIBLE, UNINTERRUPTIBLE)
    exclusive = m.layout.places if context.name.endswith("_all") else 1
    return (), _wake(m, operands[0], context, exclusive, states)


# --- condition variables ------------------------------------------------------------------------------------------


def _cond_wait(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Give back the mutex and sleep, in one step; awake again, take it. The last alternative: wake for no reason."""
    condition, mutex = operands
    if m.phase == ASLEEP:
        state = m.of_task("state")
        if m.read(state) != RUNNING:
            if not context.choice:  # no search asks for the other: `properties.sleeping` wakes a thread by it
                raise Blocked
            m.write(state, RUNNING)
            _put(m, condition, [e for e in _queue(m, condition, context) if _thread(e) != context.thread])
        m.phase, m.again = RELOCKING, True
        return (), "is awake"
    if m.phase == RELOCKING:
        m.member(mutex, f"{context.name} takes a lock")
        acquire(m, mutex, context)
        m.phase = -1
        return (), f"takes {m.layout.member_name(mutex)} again"
    m.sleeps(context.name)
    LOCKS["mutex_unlock"](m, (mutex,), context)
    m.again = True
    if context.choice:
        m.phase = RELOCKING
        return (), f"gives back {m.layout.member_name(mutex)} and wakes for no reason"
    _put(m, condition, [*_queue(m, condition, context), _entry(context.thread, True)])
    m.write(m.of_task("state"), UNINTERRUPTIBLE)
    m.phase = ASLEEP
    return (), f"gives back {m.layout.member_name(mutex)} and sleeps"


def _cond_signal(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Wake one of those that wait, whichever: POSIX does not say."""
    queue = _queue(m, operands[0], context)
    if not queue:
        return (), "nobody waits"
    entry = queue[context.choice % len(queue)]
    m.write(m.layout.address(m.layout.setup.tasks[_thread(entry)], "state"), RUNNING)
    _put(m, operands[0], [other for other in queue if other != entry])
    return (), f"wakes {m.layout.setup.threads[_thread(entry)].name}"


def _cond_broadcast(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    return (), _wake(m, operands[0], context, m.layout.places, (INTERRUPTIBLE, UNINTERRUPTIBLE))


MEANING: dict[str, Meaning] = {
    "init_waitqueue_head": _init,
    "wake_up": _wake_up,
    "wake_up_all": _wake_up,
    "wake_up_interruptible": _wake_up,
    "wake_up_interruptible_all": _wake_up,
    "prepare_to_wait": _prepare_to_wait,
    "prepare_to_wait_exclusive": _prepare_to_wait,
    "finish_wait": _finish_wait,
    "schedule": _schedule,
    "cond_init": _init,
    "cond_wait": _cond_wait,
    "cond_signal": _cond_signal,
    "cond_broadcast": _cond_broadcast,
}
