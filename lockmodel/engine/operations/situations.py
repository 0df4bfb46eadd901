"""What a thread turns off: hard and soft interrupts, preemption; and the read side of RCU."""

from __future__ import annotations

from dataclasses import replace

from lockmodel.engine.local import SYNCHRONIZING
from lockmodel.engine.memory import Blocked, Exhausted, Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.machine import DEEPEST


def _irqs(m: Memory, off: bool) -> None:
    m.situation = replace(m.situation, irqs_off=off)
    m.tell_cpu("irqs_off", int(off))


def _local_irq_disable(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _irqs(m, True)
    return (), ""


def _local_irq_enable(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _irqs(m, False)
    return (), ""


def _local_irq_save(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    before = int(m.situation.irqs_off)
    _irqs(m, True)
    return (before,), "they were off" if before else "they were on"


def _local_irq_restore(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _irqs(m, bool(operands[0]))
    return (), "they stay off" if operands[0] else ""


def _deeper(depth: int, context: Context) -> int:
    """One level more of what nests; how deep it may is a bound of the search."""
    if depth == DEEPEST:
        raise Exhausted((f"the nesting of {context.name}", -1))
    return depth + 1


def _off_once_more(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    if context.name == "local_bh_disable":
        m.situation = replace(m.situation, bh_off=_deeper(m.situation.bh_off, context))
        m.tell_cpu("bh_off", m.situation.bh_off)
        return (), ""
    m.situation = replace(m.situation, preempt_off=_deeper(m.situation.preempt_off, context))
    return (), ""


def _off_once_less(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    soft = context.name == "local_bh_enable"
    if not (m.situation.bh_off if soft else m.situation.preempt_off):
        m.halt("LM603", f"{context.name} turns on what is not off")
    if soft:
        if m.situation.irqs_off:
            m.report("LM603", f"{context.name} with hard interrupts off, where soft ones cannot come")
        m.situation = replace(m.situation, bh_off=m.situation.bh_off - 1)
        m.tell_cpu("bh_off", m.situation.bh_off)
    else:
        m.situation = replace(m.situation, preempt_off=m.situation.preempt_off - 1)
    return (), ""


# --- RCU ----------------------------------------------------------------------------------------------------------


def _rcu_read_lock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    depth = _deeper(m.situation.rcu, context)
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


def _synchronize_rcu(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Waits for every thread that is reading now to leave that read side; for none that begins later."""
    m.sleeps(context.name)
    tasks = [task for task in m.layout.setup.tasks if task]
    mine = 1 << context.thread
    if m.phase != SYNCHRONIZING:
        for task in tasks:
            if m.read(m.layout.address(task, "rcu")):
                awaited = m.layout.address(task, "awaited")
                m.write(awaited, m.read(awaited) | mine)
        m.phase, m.again = SYNCHRONIZING, True
        return (), "waits for the readers of now"
    for task in tasks:
        awaited = m.layout.address(task, "awaited")
        if m.read(awaited) & mine:
            raise Blocked(awaited)
    m.phase = -1
    return (), ""


MEANING: dict[str, Meaning] = {
    "local_irq_disable": _local_irq_disable,
    "local_irq_enable": _local_irq_enable,
    "local_irq_save": _local_irq_save,
    "local_irq_restore": _local_irq_restore,
    "local_bh_disable": _off_once_more,
    "local_bh_enable": _off_once_less,
    "preempt_disable": _off_once_more,
    "preempt_enable": _off_once_less,
    "rcu_read_lock": _rcu_read_lock,
    "rcu_read_unlock": _rcu_read_unlock,
    "synchronize_rcu": _synchronize_rcu,
}
