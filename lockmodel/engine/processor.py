"""CPUs on which more than one thread runs: who may move there now, interrupts that come and go, preemption.

An interrupt is a thread whose first step is that it comes; from then on nothing under it moves on its CPU until it is
done. Of several threads of process level one with preemption off keeps the others from moving. A CPU with one thread
and no interrupts is not modelled: nobody could tell.
"""

from __future__ import annotations

from lockmodel.engine.local import COMING, Situation
from lockmodel.engine.memory import Blocked, Memory


def admitted(m: Memory) -> bool:
    """May the thread move now? It is Blocked if not; False if it comes in this step, and does local code only."""
    if m.thread < 0:
        return True
    thread = m.layout.setup.threads[m.thread]
    if not thread.cpu:
        return True
    me = 1 + m.thread
    hard, soft, pinned = (m.layout.address(thread.cpu, field) for field in ("hardirq", "softirq", "pinned"))
    if thread.level != "hardirq" and m.read(hard):
        raise Blocked(hard)
    if thread.level == "process":
        if m.read(soft):
            raise Blocked(soft)
        if m.read(pinned) not in (0, me):
            raise Blocked(pinned)
    if m.phase != COMING:
        return True
    occupied = hard if thread.level == "hardirq" else soft
    off = ["irqs_off"] if thread.level == "hardirq" else ["irqs_off", "bh_off"]
    if m.read(occupied) or any(m.read(m.layout.address(thread.cpu, field)) for field in off):
        raise Blocked
    m.write(occupied, me)
    m.phase = -1
    m.situation = Situation(thread.level, irqs_off=thread.level == "hardirq")
    if thread.level == "hardirq":
        m.tell_cpu("irqs_off", 1)
    return False


def settle(m: Memory, *, ends: bool = False) -> None:
    """Say after a step whether the thread may be preempted; an interrupt that ends lets go of its CPU."""
    if m.thread < 0:
        return
    thread = m.layout.setup.threads[m.thread]
    if not thread.cpu:
        return
    if thread.level == "process":
        pinned = m.layout.address(thread.cpu, "pinned")
        off = m.situation
        stays = m.held_last() >= 0 or off.irqs_off or off.bh_off or off.preempt_off
        wanted = 1 + m.thread if stays and not ends else 0
        if m.read(pinned) != wanted and m.read(pinned) in (0, 1 + m.thread):
            m.write(pinned, wanted)
    elif ends:
        m.write(m.layout.address(thread.cpu, thread.level), 0)
        if thread.level == "hardirq":
            m.tell_cpu("irqs_off", 0)


def left_off(m: Memory) -> str:
    """What a thread that ends has turned off and not on again, or ""."""
    level = m.situation.level
    if m.situation.bh_off:
        return "soft interrupts off"
    if m.situation.preempt_off:
        return "preemption off"
    if m.situation.rcu:
        return "an RCU read side open"
    if level != "hardirq" and m.situation.irqs_off:
        return "interrupts off"
    return "interrupts on" if level == "hardirq" and not m.situation.irqs_off else ""
