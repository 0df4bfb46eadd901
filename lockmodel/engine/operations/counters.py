"""Atomics and reference counts."""

from __future__ import annotations

from collections.abc import Callable

from lockmodel.engine.memory import Memory
from lockmodel.engine.operations.locks import acquire
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.types import AtomicType
from lockmodel.ir.values import (
    DROPPED,
)

LOOKS = ("atomic_read", "test_bit")
"""The operations that change nothing."""


def _nothing(new: int) -> tuple[int, ...]:
    return ()


def _value(new: int) -> tuple[int, ...]:
    return (new,)


def _count(m: Memory, at: int, context: Context) -> int:
    m.member(at, f"{context.name} touches a counter")
    writes = context.name not in LOOKS
    m.touch(at, writes=writes, atomic=True)
    if not context.racy:
        m.guarded(at, f"{context.name} touches", writes=writes)
    return m.initialised(at, f"{context.name} uses")


def _shown(value: int) -> int:
    return 0 if value == DROPPED else value


def _add(m: Memory, at: int, amount: int, context: Context, *, last_put: bool = False) -> tuple[int, int]:
    """Change a counter; its value before and after."""
    kind = m.layout.field(at).type
    assert isinstance(kind, AtomicType)
    old = _count(m, at, context)
    new = _shown(old) + amount
    name, owner = m.layout.member_name(at), m.layout.owner(at).name
    if kind.counts and amount > 0 and old == DROPPED:
        m.halt("LM402", f"{context.name} raises {name} after its last put took it to 0", objects=(owner,))
    if kind.counts and new < 0:
        m.halt("LM401", f"{context.name} takes {name} below 0", objects=(owner,))
    dropped = old == DROPPED or (last_put and kind.counts and not kind.zero_is_cached)
    m.write(at, DROPPED if dropped and new == 0 else new)
    return _shown(old), new


def _change(amount: Callable[[tuple[int, ...]], int], at: int, returns: Callable[[int], tuple[int, ...]]) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        old, new = _add(m, operands[at], amount(operands), context)
        return returns(new), f"{old} -> {new}"

    return meaning


def _atomic_read(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    value = _shown(_count(m, operands[0], context))
    return (value,), f"= {value}"


def _atomic_set(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} touches a counter")
    m.touch(operands[0], writes=True, atomic=True)
    m.write(operands[0], operands[1])
    return (), f"= {operands[1]}"


def _inc_not_zero(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    if _shown(_count(m, operands[0], context)) == 0:
        return (0,), "is 0"
    old, new = _add(m, operands[0], 1, context)
    return (1,), f"{old} -> {new}"


def _dec_and_test(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    old, new = _add(m, operands[0], -1, context, last_put=True)
    return (int(new == 0),), f"{old} -> {new}"


def _dec_and_lock(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    at, lock = operands
    if _shown(_count(m, at, context)) == 1:
        m.member(lock, f"{context.name} takes a lock")
        acquire(m, lock, context)
    return _dec_and_test(m, (at,), context)


def _exchange(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """atomic_xchg and atomic_cmpxchg: the value before, and a new one where the old one is as expected."""
    at, new = operands[0], operands[-1]
    old = _shown(_count(m, at, context))
    if len(operands) == 3 and old != operands[1]:
        return (old,), f"= {old}, not {operands[1]}"
    m.write(at, new)
    return (old,), f"{old} -> {new}"


def _bit(deed: str) -> Meaning:
    """One bit of a word: "test", "set" or "clear"; each tells how it was before."""

    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        number, at = operands
        if not 0 <= number < 64:
            m.halt("LM701", f"{context.name} asks for bit {number} of a word of 64")
        old = _shown(_count(m, at, context))
        mask = 1 << number
        if deed != "test":
            m.write(at, old | mask if deed == "set" else old & ~mask)
        given = (int(old & mask != 0),)
        return given if context.name.startswith("test") else (), f"was {given[0]}"

    return meaning


MEANING: dict[str, Meaning] = {
    "atomic_read": _atomic_read,
    "atomic_set": _atomic_set,
    "atomic_inc": _change(lambda o: 1, 0, _nothing),
    "atomic_dec": _change(lambda o: -1, 0, _nothing),
    "atomic_add": _change(lambda o: o[0], 1, _nothing),
    "atomic_sub": _change(lambda o: -o[0], 1, _nothing),
    "atomic_inc_return": _change(lambda o: 1, 0, _value),
    "atomic_dec_return": _change(lambda o: -1, 0, _value),
    "atomic_inc_not_zero": _inc_not_zero,
    "atomic_dec_and_test": _dec_and_test,
    "atomic_dec_and_lock": _dec_and_lock,
    "atomic_xchg": _exchange,
    "atomic_cmpxchg": _exchange,
    "set_bit": _bit("set"),
    "clear_bit": _bit("clear"),
    "test_bit": _bit("test"),
    "test_and_set_bit": _bit("set"),
    "test_and_clear_bit": _bit("clear"),
}
