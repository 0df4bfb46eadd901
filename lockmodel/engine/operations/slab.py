"""Allocation and free. Slots are named by the allocating thread; reuse is `engine.collect`."""

from __future__ import annotations

from lockmodel.engine.memory import Exhausted, Memory
from lockmodel.engine.operations import ledgers, rcu
from lockmodel.engine.operations.meaning import GFP_WAIT, Context, Meaning, Result
from lockmodel.ir.types import AtomicType, BoolType, EnumType, IntType, LockType, RefType
from lockmodel.ir.values import (
    DEAD,
    FREE,
    LIVE,
    NULL,
    UNINITIALISED,
    is_object,
)


def _alloc(*, zeroed: bool) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        if operands[0] & GFP_WAIT:
            m.sleeps(context.name)
        if context.choice == 1:
            return (NULL,), "= NULL (no memory)"
        for number in m.layout.pools[context.cache, context.thread]:
            item = m.layout.objects[number]
            if m.read(item.status) == FREE:
                m.set_status(number, LIVE)
                if item.born >= 0:
                    m.write(item.born, 1 + item.sites.index(context.site))
                m.private.append(number)
                for ledger in m.layout.ledgers_of(number):
                    ledgers.make_empty(m, ledger)
                if zeroed:
                    _zero(m, number)
                return (number,), f"= {m.layout.objects[number].name}"
        raise Exhausted((context.cache, context.thread))

    return meaning


def _zero(m: Memory, number: int) -> None:
    """Zero the plain fields and counters; locks and links still ask for their initialisation."""
    for location in m.layout.locations_of(number):
        if isinstance(m.layout.field(location).type, IntType | BoolType | EnumType | RefType | AtomicType):
            m.write(location, 0)


def _free(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    reference = operands[-1]
    if reference == NULL and context.name == "kfree":
        return (), "nothing to do"
    if is_object(reference):
        item = m.layout.objects[reference]
        if m.read(item.status) != LIVE:
            m.halt("LM304", f"{context.name} frees {item.name}, which has been freed already", objects=(item.name,))
    number = m.pointer(reference, f"{context.name} frees")
    item = m.layout.objects[number]
    for location in m.layout.locations_of(number):
        kind, part = m.layout.field(location).type, m.layout.locations[location].part
        name = m.layout.member_name(location)
        if isinstance(kind, LockType) and kind.owned and not part and m.read(location) <= 0:
            m.halt(
                "LM603",
                f"{context.name} frees {item.name} while its lock {name} is held",
                objects=(item.name,),
                locks=(name,),
            )
        if part == "on" and m.read(location) not in (NULL, UNINITIALISED):
            m.halt(
                "LM306",
                f"{context.name} frees {item.name} while its {m.layout.locations[location].field} is still on a list",
                objects=(item.name,),
            )
    if rcu.queued(m, number):
        m.halt("LM306", f"{context.name} frees {item.name} while it is queued by call_rcu", objects=(item.name,))
    for ledger in m.layout.ledgers_of(number):
        ledgers.end(m, ledger, context.name)
    m.set_status(number, DEAD)
    if item.born >= 0:
        m.write(item.born, 0)
    if number in m.private:
        m.private.remove(number)
    if context.clear_dead:
        m.release_contents(number)
    return (), ""


MEANING: dict[str, Meaning] = {
    "kmem_cache_alloc": _alloc(zeroed=False),
    "kmem_cache_zalloc": _alloc(zeroed=True),
    "kmem_cache_free": _free,
    "kfree": _free,
}
