"""RCU: read sides, who waits for them, and callbacks that run after them.

A callback is run by a thread of its own, which is a soft interrupt that comes for each object that is queued for it: in
any order with others, beside them, and on any CPU, as the kernel may. It has two states: its slot holds the object that
is queued, and says whether it runs. Who waits for readers, a callback too, leaves a bit in the tasks of those that read
now, and they take it away as they leave their read sides; who waits for callbacks does the same to those of now.
"""

from __future__ import annotations

from dataclasses import replace

from lockmodel.engine.local import SYNCHRONIZING
from lockmodel.engine.memory import Blocked, Exhausted, Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.engine.operations.situations import deeper
from lockmodel.ir.setup import Callback
from lockmodel.ir.values import NULL

# --- readers ------------------------------------------------------------------------------------------------------


def _rcu_read_lock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    depth = deeper(m.situation.rcu, context)
    if not m.situation.rcu and (reading := m.of_task("rcu")) >= 0:
        m.write(reading, 1)
    m.situation = replace(m.situation, rcu=depth)
    return (), ""


def _rcu_read_unlock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """The last one lets those go on that wait for this reader."""
    if not m.situation.rcu:
        m.halt("LM603", f"{context.name} without rcu_read_lock")
    m.situation = replace(m.situation, rcu=m.situation.rcu - 1)
    if not m.situation.rcu and (reading := m.of_task("rcu")) >= 0:
        m.write(reading, 0)
        m.write(m.of_task("awaited"), 0)
    return (), ""


def _tasks(m: Memory) -> list[int]:
    return [task for task in m.layout.setup.tasks if task]


def _wait_for_readers(m: Memory, waiter: int) -> None:
    """From now on a thread waits for every thread that is reading, and for none that begins later."""
    for task in _tasks(m):
        if m.read(m.layout.address(task, "rcu")):
            _add(m, m.layout.address(task, "awaited"), waiter)


def _add(m: Memory, awaited: int, waiter: int) -> None:
    m.write(awaited, m.read(awaited) | 1 << waiter)


def _reader(m: Memory, waiter: int) -> int:
    """A reader that a thread still waits for: where its task says so, or -1."""
    places = (m.layout.address(task, "awaited") for task in _tasks(m))
    return next((awaited for awaited in places if m.read(awaited) >> waiter & 1), -1)


def _synchronize_rcu(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.sleeps(context.name)
    if m.phase != SYNCHRONIZING:
        _wait_for_readers(m, context.thread)
        m.phase, m.again = SYNCHRONIZING, True
        return (), "waits for the readers of now"
    if (reader := _reader(m, context.thread)) >= 0:
        raise Blocked(reader)
    m.phase = -1
    return (), ""


# --- callbacks ----------------------------------------------------------------------------------------------------


def _of(m: Memory, callback: Callback, field: str) -> int:
    return m.layout.address(callback.slot, field)


def queued(m: Memory, number: int) -> bool:
    """Is an object queued for a callback?"""
    return any(m.read(_of(m, callback, "object")) == number for _, callback in m.layout.setup.callbacks)


def _call_rcu(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Queued for the first of the thread's callbacks of that procedure that is free; one that runs may queue itself."""
    number = m.pointer(operands[0], f"{context.name} queues a callback")
    name = m.layout.objects[number].name
    if queued(m, number):
        m.halt("LM306", f"{context.name} queues {name}, which is queued already", objects=(name,))
    mine = dict(m.layout.setup.threads[context.thread].calls)[context.callback]
    for thread, callback in m.layout.setup.callbacks:
        if thread not in mine or m.read(_of(m, callback, "object")) != NULL:
            continue
        if thread == context.thread or not m.read(_of(m, callback, "runs")):
            m.write(_of(m, callback, "object"), number)
            m.publish(number, callback.slot)
            _wait_for_readers(m, thread)
            return (), f"{m.layout.setup.threads[thread].name} waits for the readers of now"
    caller = m.layout.setup.threads[context.thread].name
    pool = f"the callbacks {context.callback} of thread {caller}, {len(mine)} at a time (Model(rcu_callbacks=...))"
    raise Exhausted((pool, -1))


def come(m: Memory, callback: Callback, choice: int) -> int:
    """Begin to run what is queued, on a CPU of its own or upon one of those that there are; the object.

    Blocked until then.
    """
    number = m.read(_of(m, callback, "object"))
    if number == NULL:
        raise Blocked
    if (reader := _reader(m, m.thread)) >= 0:
        raise Blocked(reader)
    m.write(_of(m, callback, "object"), NULL)
    m.write(_of(m, callback, "runs"), 1)
    m.upon = callback.cpus[choice - 1] if choice else 0
    m.write(_of(m, callback, "awaited_running"), m.read(_of(m, callback, "awaited")))
    m.write(_of(m, callback, "awaited"), 0)
    return number


def end(m: Memory, callback: Callback) -> None:
    """The callback has run; who waits for it goes on."""
    for field in ("runs", "awaited_running"):
        m.write(_of(m, callback, field), 0)


def _rcu_barrier(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Waits for every callback that is queued or runs now to end; for none that is queued later."""
    m.sleeps(context.name)
    parts = [
        (_of(m, callback, there), _of(m, callback, awaited))
        for _, callback in m.layout.setup.callbacks
        for there, awaited in (("object", "awaited"), ("runs", "awaited_running"))
    ]
    if m.phase != SYNCHRONIZING:
        for there, awaited in parts:
            if m.read(there):
                _add(m, awaited, context.thread)
        m.phase, m.again = SYNCHRONIZING, True
        return (), "waits for the callbacks of now"
    for _, awaited in parts:
        if m.read(awaited) >> context.thread & 1:
            raise Blocked(awaited)
    m.phase = -1
    return (), ""


MEANING: dict[str, Meaning] = {
    "rcu_read_lock": _rcu_read_lock,
    "rcu_read_unlock": _rcu_read_unlock,
    "synchronize_rcu": _synchronize_rcu,
    "call_rcu": _call_rcu,
    "rcu_barrier": _rcu_barrier,
}
