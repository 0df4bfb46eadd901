"""Claim: what is read under RCU is not freed. It holds where its freer waits for all who can have seen it."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    NULL,
    READ_ONCE,
    WRITE_ONCE,
    Model,
    Range,
    Scenario,
    Struct,
    kfree,
    rcu_read_lock,
    rcu_read_unlock,
    synchronize_rcu,
)

model = Model("rcu")


class Item(Struct):
    number: Annotated[int, Range(0, 3)]


class Box(Struct):
    item: Item


@model.path
def read_item(box: Box) -> None:
    rcu_read_lock()
    item = READ_ONCE(box.item)
    if item:
        READ_ONCE(item.number)
    rcu_read_unlock()


@model.path
def read_in_a_read_side(box: Box) -> None:
    rcu_read_lock()
    read_item(box)
    item = READ_ONCE(box.item)
    if item:
        READ_ONCE(item.number)
    rcu_read_unlock()


@model.path
def free_after_a_grace_period(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    synchronize_rcu()
    kfree(item)


@model.scenario
def grace_period(m: Scenario) -> None:
    """Readers that come later cannot see it."""
    item = m.new(Item, "item")
    box = m.new(Box, "box", item=item)
    m.thread("reader 1", read_item, box)
    m.thread("reader 2", read_item, box)
    m.thread("updater", free_after_a_grace_period, box)


@model.scenario
def nested(m: Scenario) -> None:
    """The outermost read side counts."""
    item = m.new(Item, "item")
    box = m.new(Box, "box", item=item)
    m.thread("reader 1", read_in_a_read_side, box)
    m.thread("reader 2", read_in_a_read_side, box)
    m.thread("updater", free_after_a_grace_period, box)
