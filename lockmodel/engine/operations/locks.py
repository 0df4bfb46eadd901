"""Locks: taken, tried, released, shared, initialised. Every kind alike; what differs is in its `LockType`."""

from __future__ import annotations

import functools
from dataclasses import replace

from lockmodel.engine.local import WAKING
from lockmodel.engine.memory import Blocked, Exhausted, Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.layout import COUNTING_LIMIT
from lockmodel.ir.operations import LOCKING, Locking
from lockmodel.ir.types import LockType
from lockmodel.ir.values import UNINITIALISED

EINTR = 4
"""Linux's: what a request gives that a signal has interrupted."""


def acquire(
    m: Memory, lock: int, context: Context, mode: str = "write", *, trying: bool = False, subclass: int = 0
) -> bool:
    """Take a lock; False if it is only tried and not to be had. A thread that must wait is Blocked."""
    kind = _kind(m, lock)
    word = m.initialised(lock, f"{context.name} uses")
    recursive = mode == "read" and not _queues(m, kind)
    m.ask(lock, context.entry, "recursive" if recursive else mode, trying=trying, subclass=subclass)
    if not trying:
        m.may_wait(lock, f"{context.name}({m.layout.member_name(lock)})")
    new = _taken(m, lock, kind, word, mode)
    if new is None:
        if trying:
            return False
        if kind.queued and mode == "write" and m.phase != lock:
            m.write(lock + 1, m.read(lock + 1) + 1)
            m.phase, m.again = lock, True
            return False
        raise Blocked(lock)
    if m.layout.locations[lock].domain.encode(new) is None:
        raise Exhausted((f"the readers of {m.layout.member_name(lock)}", -1))
    _leave_line(m, lock)
    m.write(lock, new)
    m.took = lock
    if kind.owned:
        m.held.append(lock)
        m.subclasses.append(subclass)
        if mode == "read":
            m.shared.append(lock)
    return True


def _leave_line(m: Memory, lock: int) -> None:
    """Stand in line no more, if the thread does."""
    if m.phase == lock:
        m.write(lock + 1, m.read(lock + 1) - 1)
        m.phase = -1


def _kind(m: Memory, lock: int) -> LockType:
    kind = m.layout.field(lock).type
    assert isinstance(kind, LockType)
    return kind


def _queues(m: Memory, kind: LockType) -> bool:
    """Does a reader wait behind a writer that waits? Not in an interrupt, which a reader may have come upon."""
    return kind.queued and not (kind.kind == "rwlock" and m.situation.level != "process")


def _taken(m: Memory, lock: int, kind: LockType, word: int, mode: str) -> int | None:
    """The word once the lock is taken; None where it cannot be."""
    if mode == "read":
        if word == 0 or (_queues(m, kind) and m.read(lock + 1)):
            return None
        return -1 if word == 1 else word - 1
    if kind.kind == "completion" and word == COUNTING_LIMIT:  # complete_all: it stays done
        return word
    return word - 1 if word > 0 else None


def _take(locking: Locking, m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} takes a lock")
    trying = locking.deed == "try"
    subclass = operands[1] if locking.nested else 0
    if "interruptible" in context.name and context.choice and m.read(lock) <= 0:
        m.ask(lock, context.entry, subclass=subclass)
        m.may_wait(lock, f"{context.name}({m.layout.member_name(lock)})")
        _leave_line(m, lock)
        return (-EINTR,), "is interrupted by a signal"
    done = acquire(m, lock, context, locking.mode, trying=trying, subclass=subclass)
    if m.again:
        return (), "waits in line"
    gives = (locking.gives if done else 1 - locking.gives,)
    if trying:
        return gives, "" if done else "is not to be had"
    return gives, "" if _kind(m, lock).owned else f"{m.reads[lock]} -> {m.read(lock)}"


def _release(locking: Locking, m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} releases a lock")
    if m.phase == WAKING:
        m.phase = -1
        return (), "wakes who stood in line"
    kind = _kind(m, lock)
    word = m.initialised(lock, f"{context.name} uses")
    wakes = ""
    if kind.kind == "semaphore" and kind.queued and m.read(lock + 1):
        m.phase, m.again, wakes = WAKING, True, "somebody stands in line"
    if not kind.owned:
        m.write(lock, min(word + 1, COUNTING_LIMIT) if kind.kind == "completion" else word + 1)
        return (), f"{word} -> {m.read(lock)}{wakes and f', {wakes}'}"
    _must_hold(m, lock, word, locking.mode, f"{context.name} releases")
    if locking.mode == "read":
        m.write(lock, 1 if word == -1 else word + 1)
        del m.shared[_last(m.shared, lock)]
    else:
        m.write(lock, 1)
    if kind.kind == "seqlock":
        m.count_up(lock + 1)
    at = _last(m.held, lock)
    del m.held[at], m.subclasses[at]
    return (), wakes


def _must_hold(m: Memory, lock: int, word: int, mode: str, doing: str) -> None:
    """LM603 if the thread does not hold the lock, or not in this mode."""
    name = m.layout.member_name(lock)
    if lock not in m.held:
        by = "which is free" if word == 1 else "which another thread holds"
    elif m.mode(lock) != mode:
        by = f"which it holds for {'reading' if mode == 'write' else 'writing'}"
    else:
        return
    m.halt("LM603", f"{doing} {name}, {by}", locks=(name,))


def _last(locks: list[int], lock: int) -> int:
    return len(locks) - 1 - locks[::-1].index(lock)


def _downgrade(_: Locking, m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} uses a lock")
    _must_hold(m, lock, m.initialised(lock, f"{context.name} uses"), "write", f"{context.name} downgrades")
    m.write(lock, -1)
    m.shared.append(lock)
    return (), ""


def _init(_: Locking, m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    lock = operands[0]
    m.member(lock, f"{context.name} initialises a lock")
    kind = _kind(m, lock)
    if kind.owned and m.read(lock) <= 0:
        name = m.layout.member_name(lock)
        m.halt("LM603", f"{context.name} initialises {name} while it is held", locks=(name,))
    if kind.queued and 0 < m.read(lock + 1) != UNINITIALISED:
        name = m.layout.member_name(lock)
        m.halt("LM603", f"{context.name} initialises {name} while somebody stands in line for it", locks=(name,))
    m.write(lock, operands[1] if len(operands) > 1 else 0 if kind.kind == "completion" else 1)
    if kind.queued or kind.kind == "seqlock":
        m.write(lock + 1, 0)
    return (), ""


# --- completions and sequences ------------------------------------------------------------------------------------


def _complete_all(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses a completion")
    m.initialised(operands[0], f"{context.name} uses")
    m.write(operands[0], COUNTING_LIMIT)
    return (), "for ever"


def _reinit_completion(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses a completion")
    m.write(operands[0], 0)
    return (), "= 0"


def _write_seqlock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    result = _take(LOCKING["write_seqlock"], m, operands, context)
    m.count_up(operands[0] + 1)
    return result


def _read_seqbegin(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """Spins while a writer is at work: while the sequence is odd.

    From here to read_seqretry plain reads are deliberately racy (as for KCSAN: linux/seqlock.h).
    """
    lock = operands[0]
    m.member(lock, f"{context.name} uses a seqlock")
    m.ask(lock, context.entry, "recursive")
    sequence = m.initialised(lock + 1, f"{context.name} uses")
    if sequence % 2:
        raise Blocked(lock)
    m.situation = replace(m.situation, sequence=True)
    return (sequence,), f"= {sequence}"


def _read_seqretry(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses a seqlock")
    sequence = m.initialised(operands[0] + 1, f"{context.name} uses")
    m.situation = replace(m.situation, sequence=False)
    return (int(sequence != operands[1]),), "yes" if sequence != operands[1] else "no"


_DEEDS = {"take": _take, "try": _take, "release": _release, "downgrade": _downgrade, "init": _init}

MEANING: dict[str, Meaning] = {
    **{name: functools.partial(_DEEDS[locking.deed], locking) for name, locking in LOCKING.items()},
    "complete_all": _complete_all,
    "reinit_completion": _reinit_completion,
    "write_seqlock": _write_seqlock,
    "read_seqbegin": _read_seqbegin,
    "read_seqretry": _read_seqretry,
}
