"""Intrusive lists: next and prev of entry, neighbours and head, each a location of its own.

A node of a list is named by a reference: an entry's object, or HEADS + the location of the head.
"""

from __future__ import annotations

from lockmodel.engine.memory import Memory
from lockmodel.engine.operations.meaning import Context, Meaning, Result
from lockmodel.ir.types import ListEntryType, ListHeadType
from lockmodel.ir.values import (
    HEADS,
    NULL,
    POISON,
    UNINITIALISED,
    is_head,
)


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


def _guard_of_list(m: Memory, head: int, owner: int, context: Context, *, writes: bool) -> None:
    if not context.racy and owner not in m.private:
        m.guarded(head, f"{context.name} touches", writes=writes)


def _set(m: Memory, link: int, value: int) -> None:
    m.touch(link, writes=True)
    m.write(link, value)


def _get(m: Memory, link: int) -> int:
    m.touch(link)
    return m.read(link)


def _insert(m: Memory, entry: int, head: int, context: Context, *, tail: bool) -> None:
    owner, link = _entry(m, entry, context)
    m.member(head, f"{context.name} uses a list")
    _guard_of_list(m, head, m.layout.locations[head].owner, context, writes=True)
    if m.read(entry + 2) not in (NULL, UNINITIALISED):
        name = m.layout.member_name(entry)
        m.halt(
            "LM306",
            f"{context.name} adds {name}, which is on {m.layout.member_name(m.read(entry + 2) - HEADS)} already",
            objects=(m.layout.objects[owner].name,),
        )
    anchor = HEADS + head
    m.initialised(head, f"{context.name} uses")
    neighbour = _get(m, head + 1 if tail else head)
    beside = _link_at(m, neighbour, link, f"{context.name} touches the neighbour")
    before, after = (neighbour, anchor) if tail else (anchor, neighbour)
    _set(m, entry, after)
    _set(m, entry + 1, before)
    m.write(entry + 2, anchor)
    _set(m, beside if tail else beside + 1, owner)
    _set(m, head + 1 if tail else head, owner)
    m.publish(owner, m.layout.locations[head].owner)


def _remove(m: Memory, entry: int, context: Context) -> None:
    owner, link = _entry(m, entry, context)
    name = m.layout.member_name(entry)
    on = m.read(entry + 2)
    if is_head(on):
        _guard_of_list(m, on - HEADS, owner, context, writes=True)
    following, before = _get(m, entry), _get(m, entry + 1)
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
        _set(m, ahead + 1, before)
        _set(m, behind, following)


def _list_add(*, tail: bool) -> Meaning:
    def meaning(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
        _insert(m, operands[0], operands[1], context, tail=tail)
        return (), ""

    return meaning


def _list_del(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    _remove(m, operands[0], context)
    _set(m, operands[0], POISON)
    _set(m, operands[0] + 1, POISON)
    m.write(operands[0] + 2, NULL)
    return (), ""


def _self_link(m: Memory, entry: int) -> None:
    owner = m.layout.locations[entry].owner
    _set(m, entry, owner)
    _set(m, entry + 1, owner)
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
    _set(m, at, HEADS + at)
    _set(m, at + 1, HEADS + at)
    return (), ""


def _neighbour(m: Memory, head: int, link: int, context: Context) -> int:
    """What a link of the head (next or prev) leads to."""
    m.member(head, f"{context.name} uses a list")
    _guard_of_list(m, head, m.layout.locations[head].owner, context, writes=False)
    m.touch(link)
    return m.initialised(link, f"{context.name} uses")


def _list_empty(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    empty = _neighbour(m, operands[0], operands[0], context) == HEADS + operands[0]
    return (int(empty),), "yes" if empty else "no"


def _list_first(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    first = _neighbour(m, operands[0], operands[0], context)
    return (first,), f"= {m.layout.describe(first)}"


def _list_last(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    last = _neighbour(m, operands[0], operands[0] + 1, context)
    return (last,), f"= {m.layout.describe(last)}"


def _list_next(m: Memory, operands: tuple[int, ...], context: Context) -> Result:
    node, head = operands
    kind = m.layout.field(head).type
    assert isinstance(kind, ListHeadType)
    link = _link_at(m, node, kind.link, f"{context.name} follows a link")
    if not is_head(node):
        _guard_of_list(m, head, node, context, writes=False)
    m.touch(link)
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


MEANING: dict[str, Meaning] = {
    "INIT_LIST_HEAD": _init_list,
    "list_add": _list_add(tail=False),
    "list_add_tail": _list_add(tail=True),
    "list_del": _list_del,
    "list_del_init": _list_del_init,
    "list_move": _list_move(tail=False),
    "list_move_tail": _list_move(tail=True),
    "list_empty": _list_empty,
    "list_first_entry": _list_first,
    "list_last_entry": _list_last,
    "list_next_entry": _list_next,
}
