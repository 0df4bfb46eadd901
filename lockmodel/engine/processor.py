"""CPUs on which more than one thread runs: who may move there now, interrupts that come and go, preemption.

An interrupt is a thread whose first step is that it comes; from then on nothing under it moves on its CPU until it is
done. Of several threads of process level one with preemption off keeps the others from moving. A CPU with one thread
and no interrupts is not modelled: nobody could tell. An RCU callback comes again and again, on one CPU or another.
"""

from __future__ import annotations

from lockmodel.engine.local import COMING, Situation
from lockmodel.engine.memory import Blocked, Memory
from lockmodel.engine.operations import rcu


def admitted(m: Memory, choice: int) -> bool:
    """May the thread move now? It is Blocked if not; False if it comes in this step, and does local code only.

    An RCU callback chooses where it comes.
    """
    if m.thread < 0:
        return True
    thread = m.layout.setup.threads[m.thread]
    callback = thread.callback if m.phase == COMING else None
    if callback is not None:
        m.given = rcu.come(m, callback, choice)
    cpu = m.cpu()
    if cpu and (occupied := _in_the_way(m, cpu, thread.level)) >= 0:
        raise Blocked(occupied if callback is None else -1)
    if m.phase != COMING:
        return True
    if cpu:
        _come_upon(m, cpu, thread.level)
    m.phase = -1
    m.situation = Situation(thread.level, irqs_off=thread.level == "hardirq")
    return False


def _in_the_way(m: Memory, cpu: int, level: str) -> int:
    """Where a CPU names who keeps a thread of this level from moving there, or -1."""
    hard, soft, pinned = (m.layout.address(cpu, field) for field in ("hardirq", "softirq", "pinned"))
    if level != "hardirq" and m.read(hard):
        return hard
    if level == "process" and m.read(soft):
        return soft
    return pinned if level == "process" and m.read(pinned) not in (0, 1 + m.thread) else -1


def _come_upon(m: Memory, cpu: int, level: str) -> None:
    """An interrupt comes on a CPU, where no other one of its level is, and it is on."""
    occupied = m.layout.address(cpu, level)
    off = ["irqs_off"] if level == "hardirq" else ["irqs_off", "bh_off"]
    if m.read(occupied) or any(m.read(m.layout.address(cpu, field)) for field in off):
        raise Blocked
    m.write(occupied, 1 + m.thread)
    if level == "hardirq":
        m.tell_cpu("irqs_off", 1)


def settle(m: Memory, *, ends: bool = False) -> None:
    """Say after a step whether the thread may be preempted; an interrupt that ends lets go of its CPU."""
    if m.thread < 0:
        return
    thread = m.layout.setup.threads[m.thread]
    if cpu := m.cpu():
        if thread.level == "process":
            _pin(m, m.layout.address(cpu, "pinned"), ends)
        elif ends:
            m.write(m.layout.address(cpu, thread.level), 0)
            if thread.level == "hardirq":
                m.tell_cpu("irqs_off", 0)
    if ends and thread.callback is not None:
        rcu.end(m, thread.callback)


def _pin(m: Memory, pinned: int, ends: bool) -> None:
    off = m.situation
    stays = m.held_last() >= 0 or off.irqs_off or off.bh_off or off.preempt_off
    wanted = 1 + m.thread if stays and not ends else 0
    if m.read(pinned) != wanted and m.read(pinned) in (0, 1 + m.thread):
        m.write(pinned, wanted)


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
