"""What only claims and conditions ask."""

from __future__ import annotations

from lockmodel.engine.memory import Memory
from lockmodel.engine.operations.lists import walk
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.values import (
    LIVE,
    is_object,
)


def _live(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    reference = operands[0]
    status = m.layout.objects[reference].status if is_object(reference) else -1
    return (int(is_object(reference) and (status < 0 or m.read(status) == LIVE)),), ""


def _list_length(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    return (len(walk(m, operands[0])),), ""


def _list_contains(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    return (int(operands[1] in walk(m, operands[0])),), ""


def _is_locked(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], "the claim reads a lock")
    return (int(m.read(operands[0]) <= 0),), ""


MEANING: dict[str, Meaning] = {
    "live": _live,
    "list_length": _list_length,
    "list_contains": _list_contains,
    "is_locked": _is_locked,
}
