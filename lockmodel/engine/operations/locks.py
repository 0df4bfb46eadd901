"""Locks: taken, released, initialised. Every kind alike; what differs is in its `LockType`."""

from __future__ import annotations

from lockmodel.engine.memory import Blocked, Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.types import LockType


def acquire(m: Memory, lock: int, context: Context) -> None:
    """Take a lock or wait for it."""
    kind = m.layout.field(lock).type
    assert isinstance(kind, LockType)
    m.ask(lock, context.entry)
    word = m.initialised(lock, f"{context.name} uses")
    if kind.sleeps:
        m.sleeps(f"{context.name}({m.layout.member_name(lock)})")
    if word == 0:
        raise Blocked(lock)
    m.write(lock, word - 1)
    if kind.owned:
        m.held.append(lock)


def _take(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} takes a lock")
    acquire(m, operands[0], context)
    kind = m.layout.field(operands[0]).type
    assert isinstance(kind, LockType)
    return (), "" if kind.owned else f"{m.reads[operands[0]]} -> {m.read(operands[0])}"


def _release(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} releases a lock")
    kind = m.layout.field(lock).type
    assert isinstance(kind, LockType)
    word = m.initialised(lock, f"{context.name} uses")
    if not kind.owned:
        m.write(lock, word + 1)
        return (), f"{word} -> {word + 1}"
    if lock not in m.held:
        name = m.layout.member_name(lock)
        by = "which is free" if word else "which another thread holds"
        m.halt("LM603", f"{context.name} releases {name}, {by}", locks=(name,))
    m.write(lock, word + 1)
    del m.held[len(m.held) - 1 - m.held[::-1].index(lock)]
    return (), ""


def _init_lock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} initialises a lock")
    kind = m.layout.field(lock).type
    assert isinstance(kind, LockType)
    if kind.owned and m.read(lock) == 0:
        name = m.layout.member_name(lock)
        m.halt("LM603", f"{context.name} initialises {name} while it is held", locks=(name,))
    m.write(lock, operands[1] if len(operands) > 1 else 1)
    return (), ""


MEANING: dict[str, Meaning] = {
    "spin_lock": _take,
    "spin_unlock": _release,
    "down": _take,
    "up": _release,
    "mutex_lock": _take,
    "mutex_unlock": _release,
    "spin_lock_init": _init_lock,
    "sema_init": _init_lock,
    "init_MUTEX": _init_lock,
    "mutex_init": _init_lock,
}
