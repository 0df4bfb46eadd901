"""What a thread turns off: hard and soft interrupts, preemption."""

from __future__ import annotations

from dataclasses import replace

from lockmodel.engine.memory import Exhausted, Memory
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


def deeper(depth: int, context: Context) -> int:
    """One level more of what nests; how deep it may is a bound of the search."""
    if depth == DEEPEST:
        raise Exhausted((f"the nesting of {context.name}", -1))
    return depth + 1


def _off_once_more(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    if context.name == "local_bh_disable":
        m.situation = replace(m.situation, bh_off=deeper(m.situation.bh_off, context))
        m.tell_cpu("bh_off", m.situation.bh_off)
        return (), ""
    m.situation = replace(m.situation, preempt_off=deeper(m.situation.preempt_off, context))
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


MEANING: dict[str, Meaning] = {
    "local_irq_disable": _local_irq_disable,
    "local_irq_enable": _local_irq_enable,
    "local_irq_save": _local_irq_save,
    "local_irq_restore": _local_irq_restore,
    "local_bh_disable": _off_once_more,
    "local_bh_enable": _off_once_less,
    "preempt_disable": _off_once_more,
    "preempt_enable": _off_once_less,
}
