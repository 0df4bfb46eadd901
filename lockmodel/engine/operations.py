"""What each kernel operation does to memory: one function an operation, found by its name in `MEANING`.

Each takes the memory, the operands (numbers, references, addresses) and the instruction's context, and gives its
results and what a reader is told of them. `lockmodel.ir.operations` has the signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockmodel.engine.memory import Blocked, Exhausted, Memory
from lockmodel.ir.types import AtomicType, BoolType, EnumType, IntType, ListEntryType, ListHeadType, LockType, RefType
from lockmodel.ir.values import (
    DEAD,
    DROPPED,
    FREE,
    HEADS,
    LIVE,
    NULL,
    POISON,
    UNINITIALISED,
    is_head,
    is_object,
)

GFP_WAIT = 1
"""The bit of the allocation flags that lets an allocation sleep (GFP_KERNEL has it)."""
ENOSPC = 28


@dataclass(frozen=True, slots=True)
class Context:
    """What an operation knows beside its operands."""

    name: str
    cache: str
    thread: int
    choice: int
    racy: bool
    clear_dead: bool


Result = tuple[tuple[int, ...], str]
Meaning = Callable[[Memory, tuple[int, ...], Context], Result]


# --- locks ------------------------------------------------------------------------------------------------------


def acquire(m: Memory, lock: int, context: Context) -> None:
    """Take a lock or wait for it."""
    kind = m.layout.field(lock).type
    assert isinstance(kind, LockType)
    m.asked = lock
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


# --- atomics and reference counts -------------------------------------------------------------------------------


def _count(m: Memory, at: int, context: Context) -> int:
    m.member(at, f"{context.name} touches a counter")
    if not context.racy:
        m.guarded(at, f"{context.name} touches")
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
    m.write(at, DROPPED if last_put and new == 0 and kind.counts and not kind.zero_is_cached else new)
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


# --- intrusive lists --------------------------------------------------------------------------------------------
# A node of a list is named by a reference: an entry's object, or HEADS + the location of the head.


def _link_at(m: Memory, node: int, link: str, use: str) -> int:
    """The location of a node's links, the node checked to be there."""
    if is_head(node):
        m.member(node - HEADS, use)
        return node - HEADS
    return m.layout.address(m.pointer(node, use), link)


def _entry(m: Memory, entry: int, context: Context) -> tuple[int, str]:
    m.member(entry, f"{context.name} uses a link")
    at = m.layout.locations[entry]
    return at.owner, at.field


def _guard_of_list(m: Memory, head: int, owner: int, context: Context) -> None:
    if not context.racy and owner not in m.private:
        m.guarded(head, f"{context.name} touches")


def _insert(m: Memory, entry: int, head: int, context: Context, *, tail: bool) -> None:
    owner, link = _entry(m, entry, context)
    m.member(head, f"{context.name} uses a list")
    _guard_of_list(m, head, m.layout.locations[head].owner, context)
    if m.read(entry + 2) not in (NULL, UNINITIALISED):
        name = m.layout.member_name(entry)
        m.halt(
            "LM306",
            f"{context.name} adds {name}, which is on {m.layout.member_name(m.read(entry + 2) - HEADS)} already",
            objects=(m.layout.objects[owner].name,),
        )
    anchor = HEADS + head
    m.initialised(head, f"{context.name} uses")
    neighbour = m.read(head + 1 if tail else head)
    beside = _link_at(m, neighbour, link, f"{context.name} touches the neighbour")
    before, after = (neighbour, anchor) if tail else (anchor, neighbour)
    m.write(entry, after)
    m.write(entry + 1, before)
    m.write(entry + 2, anchor)
    m.write(beside if tail else beside + 1, owner)
    m.write(head + 1 if tail else head, owner)
    m.publish(owner, m.layout.locations[head].owner)


def _remove(m: Memory, entry: int, context: Context) -> None:
    owner, link = _entry(m, entry, context)
    name = m.layout.member_name(entry)
    on = m.read(entry + 2)
    if is_head(on):
        _guard_of_list(m, on - HEADS, owner, context)
    following, before = m.read(entry), m.read(entry + 1)
    if following == POISON:
        m.halt(
            "LM306",
            f"{context.name} removes {name}, which has been removed already",
            objects=(m.layout.objects[owner].name,),
        )
    m.initialised(entry, f"{context.name} uses")
    if following != owner:
        ahead = _link_at(m, following, link, f"{context.name} touches the following entry")
        behind = _link_at(m, before, link, f"{context.name} touches the previous entry")
        m.write(ahead + 1, before)
        m.write(behind, following)


def _list_add(*, tail: bool) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        _insert(m, operands[0], operands[1], context, tail=tail)
        return (), ""

    return meaning


def _list_del(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _remove(m, operands[0], context)
    m.write(operands[0], POISON)
    m.write(operands[0] + 1, POISON)
    m.write(operands[0] + 2, NULL)
    return (), ""


def _self_link(m: Memory, entry: int) -> None:
    owner = m.layout.locations[entry].owner
    m.write(entry, owner)
    m.write(entry + 1, owner)
    m.write(entry + 2, NULL)


def _list_del_init(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _remove(m, operands[0], context)
    _self_link(m, operands[0])
    return (), ""


def _list_move(*, tail: bool) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        _remove(m, operands[0], context)
        _self_link(m, operands[0])
        _insert(m, operands[0], operands[1], context, tail=tail)
        return (), ""

    return meaning


def _init_list(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    at = operands[0]
    m.member(at, f"{context.name} initialises a link")
    name = m.layout.member_name(at)
    if isinstance(m.layout.field(at).type, ListEntryType):
        if m.read(at + 2) not in (NULL, UNINITIALISED):
            m.halt("LM306", f"{context.name} initialises {name} while it is on a list")
        _self_link(m, at)
        return (), ""
    if m.read(at) not in (UNINITIALISED, HEADS + at):
        m.halt("LM306", f"{context.name} initialises the list {name} while it has entries")
    m.write(at, HEADS + at)
    m.write(at + 1, HEADS + at)
    return (), ""


def _first(m: Memory, head: int, context: Context) -> int:
    m.member(head, f"{context.name} uses a list")
    _guard_of_list(m, head, m.layout.locations[head].owner, context)
    return m.initialised(head, f"{context.name} uses")


def _list_empty(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    empty = _first(m, operands[0], context) == HEADS + operands[0]
    return (int(empty),), "yes" if empty else "no"


def _list_first(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    first = _first(m, operands[0], context)
    return (first,), f"= {m.layout.describe(first)}"


def _list_next(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    node, head = operands
    kind = m.layout.field(head).type
    assert isinstance(kind, ListHeadType)
    link = _link_at(m, node, kind.link, f"{context.name} follows a link")
    if not is_head(node):
        _guard_of_list(m, head, node, context)
    following = m.initialised(link, f"{context.name} uses")
    return (following,), f"= {m.layout.describe(following)}"


def walk(m: Memory, head: int) -> list[int]:
    """The entries of a list, for claims; halts if the list is broken."""
    kind = m.layout.field(head).type
    assert isinstance(kind, ListHeadType)
    found: list[int] = []
    node = m.initialised(head, "the claim walks")
    while node != HEADS + head:
        found.append(node)
        if len(found) > len(m.layout.objects):
            m.halt("LM306", f"the list {m.layout.member_name(head)} has become a cycle that does not come back")
        node = m.read(_link_at(m, node, kind.link, "the claim follows a link"))
    return found


# --- idr --------------------------------------------------------------------------------------------------------


def _idr_size(m: Memory, idr: int) -> int:
    return int(getattr(m.layout.field(idr).type, "capacity"))  # noqa: B009 - the type is known to be an IdrType


def _idr(m: Memory, idr: int, context: Context) -> None:
    m.member(idr, f"{context.name} uses an idr")
    if not context.racy:
        m.guarded(idr, f"{context.name} touches")


def _idr_init(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    m.member(operands[0], f"{context.name} uses an idr")
    for n in range(_idr_size(m, operands[0])):
        m.write(operands[0] + n, NULL)
    return (), ""


def _idr_find(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    idr, number = operands
    _idr(m, idr, context)
    found = m.initialised(idr + number, f"{context.name} uses") if 0 <= number < _idr_size(m, idr) else NULL
    return (found,), f"= {m.layout.describe(found)}"


def _idr_remove(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    idr, number = operands
    _idr(m, idr, context)
    known = 0 <= number < _idr_size(m, idr)
    if not known or m.initialised(idr + number, f"{context.name} uses") == NULL:
        m.halt("LM304", f"{context.name} gives back id {number} of {m.layout.member_name(idr)}, which is not allocated")
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
        if m.initialised(idr + number, f"{context.name} uses") == NULL:
            m.write(idr + number, target)
            m.publish(target, m.layout.locations[idr].owner)
            return (0, number), f"= id {number}"
    raise Exhausted((f"the idr {m.layout.member_name(idr)}", -1))


# --- slab -------------------------------------------------------------------------------------------------------


def _alloc(*, zeroed: bool) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        if operands[0] & GFP_WAIT:
            m.sleeps(context.name)
        if context.choice == 1:
            return (NULL,), "= NULL (no memory)"
        for number in m.layout.pools[context.cache, context.thread]:
            if m.read(m.layout.objects[number].status) == FREE:
                m.set_status(number, LIVE)
                m.private.append(number)
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
        if isinstance(kind, LockType) and kind.owned and m.read(location) == 0:
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
    m.set_status(number, DEAD)
    if number in m.private:
        m.private.remove(number)
    if context.clear_dead:
        m.release_contents(number)
    return (), ""


# --- waiting and ghosts -----------------------------------------------------------------------------------------


def _wait_queue(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    """A wake of a queue on which nobody can wait, and its initialisation: the queue must be there."""
    m.member(operands[0], f"{context.name} uses a wait queue")
    if context.name == "init_waitqueue_head":
        m.write(operands[0], 0)
    else:
        m.initialised(operands[0], f"{context.name} uses")
    return (), ""


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
    return (int(m.read(operands[0]) == 0),), ""


def _nothing(new: int) -> tuple[int, ...]:
    return ()


def _value(new: int) -> tuple[int, ...]:
    return (new,)


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
    "INIT_LIST_HEAD": _init_list,
    "list_add": _list_add(tail=False),
    "list_add_tail": _list_add(tail=True),
    "list_del": _list_del,
    "list_del_init": _list_del_init,
    "list_move": _list_move(tail=False),
    "list_move_tail": _list_move(tail=True),
    "list_empty": _list_empty,
    "list_first_entry": _list_first,
    "list_next_entry": _list_next,
    "idr_init": _idr_init,
    "idr_find": _idr_find,
    "idr_remove": _idr_remove,
    "idr_pre_get": _idr_pre_get,
    "idr_get_new": _idr_get_new,
    "idr_get_new_above": _idr_get_new,
    "kmem_cache_alloc": _alloc(zeroed=False),
    "kmem_cache_zalloc": _alloc(zeroed=True),
    "kmem_cache_free": _free,
    "kfree": _free,
    "init_waitqueue_head": _wait_queue,
    "wake_up": _wait_queue,
    "wake_up_interruptible": _wait_queue,
    "live": _live,
    "list_length": _list_length,
    "list_contains": _list_contains,
    "is_locked": _is_locked,
}
