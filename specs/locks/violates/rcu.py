"""Claim: what is read under RCU is not freed. False where not all are waited for who can have seen it."""

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
def free_at_once(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    kfree(item)


@model.path
def free_before_it_is_out_of_reach(box: Box) -> None:
    item = READ_ONCE(box.item)
    synchronize_rcu()
    WRITE_ONCE(box.item, NULL)
    kfree(item)


@model.path
def free_after_a_grace_period(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    synchronize_rcu()
    kfree(item)


@model.path
def leave_too_early(box: Box) -> None:
    rcu_read_lock()
    item = READ_ONCE(box.item)
    rcu_read_unlock()
    if item:
        READ_ONCE(item.number)


@model.path
def wait_for_itself(box: Box) -> None:
    rcu_read_lock()
    free_after_a_grace_period(box)
    rcu_read_unlock()


@model.scenario
def no_grace_period(m: Scenario) -> None:
    """LM303 in read_item."""
    item = m.new(Item, "item")
    box = m.new(Box, "box", item=item)
    m.thread("reader 1", read_item, box)
    m.thread("reader 2", read_item, box)
    m.thread("updater", free_at_once, box)


@model.scenario
def grace_period_too_early(m: Scenario) -> None:
    """LM303 in read_item."""
    item = m.new(Item, "item")
    box = m.new(Box, "box", item=item)
    m.thread("reader 1", read_item, box)
    m.thread("reader 2", read_item, box)
    m.thread("updater", free_before_it_is_out_of_reach, box)


@model.scenario
def read_too_late(m: Scenario) -> None:
    """LM303 in leave_too_early."""
    item = m.new(Item, "item")
    box = m.new(Box, "box", item=item)
    m.thread("reader 1", leave_too_early, box)
    m.thread("reader 2", leave_too_early, box)
    m.thread("updater", free_after_a_grace_period, box)
