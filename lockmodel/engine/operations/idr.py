"""idr: small ids to references. An id that is not allocated cannot be given back."""

from __future__ import annotations

from lockmodel.engine.memory import Exhausted, Memory
from lockmodel.engine.operations.meaning import GFP_WAIT, Context, Meaning, Result
from lockmodel.ir.values import NULL, RESERVED


def _idr_size(m: Memory, idr: int) -> int:
    return int(getattr(m.layout.field(idr).type, "capacity"))  # noqa: B009 - the type is known to be an IdrType


def _idr(m: Memory, idr: int, context: Context) -> None:
    m.member(idr, f"{context.name} uses an idr")
    if not context.racy:
        m.guarded(idr, f"{context.name} touches", writes=context.name != "idr_find")


def _slot(m: Memory, slot: int, context: Context) -> int:
    """What one id leads to."""
    m.touch(slot)
    return m.initialised(slot, f"{context.name} uses")


def _idr_init(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses an idr")
    for n in range(_idr_size(m, operands[0])):
        m.touch(operands[0] + n, writes=True)
        m.write(operands[0] + n, NULL)
    return (), ""


def _idr_find(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    idr, number = operands
    _idr(m, idr, context)
    found = _slot(m, idr + number, context) if 0 <= number < _idr_size(m, idr) else NULL
    found = NULL if found == RESERVED else found
    return (found,), f"= {m.layout.describe(found)}"


def _idr_remove(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    idr, number = operands
    _idr(m, idr, context)
    known = 0 <= number < _idr_size(m, idr)
    if not known or _slot(m, idr + number, context) == NULL:
        m.halt("LM304", f"{context.name} gives back id {number} of {m.layout.member_name(idr)}, which is not allocated")
    m.touch(idr + number, writes=True)
    m.write(idr + number, NULL)
    return (), ""


def _idr_pre_get(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses an idr")
    if operands[1] & GFP_WAIT:
        m.sleeps(context.name)
    return (1,), "= 1"


def _idr_get_new(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    idr, target = operands[0], operands[1]
    start = operands[2] if len(operands) > 2 else 0
    _idr(m, idr, context)
    for number in range(max(start, 0), _idr_size(m, idr)):
        if _slot(m, idr + number, context) == NULL:
            m.touch(idr + number, writes=True)
            m.write(idr + number, target if target != NULL else RESERVED)
            m.publish(target, m.layout.locations[idr].owner)
            return (0, number), f"= id {number}"
    raise Exhausted((f"the idr {m.layout.member_name(idr)}", -1))


MEANING: dict[str, Meaning] = {
    "idr_init": _idr_init,
    "idr_find": _idr_find,
    "idr_remove": _idr_remove,
    "idr_pre_get": _idr_pre_get,
    "idr_get_new": _idr_get_new,
    "idr_get_new_above": _idr_get_new,
}
