"""Claim: what is freed by call_rcu is freed once, after all readers that can have seen it, and without a deadlock."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_ATOMIC,
    NULL,
    READ_ONCE,
    WRITE_ONCE,
    Model,
    Range,
    Scenario,
    Struct,
    call_rcu,
    kfree,
    kmem_cache_zalloc,
    rcu_barrier,
    rcu_read_lock,
    rcu_read_unlock,
    spin_lock,
    spin_lock_bh,
    spin_unlock,
    spin_unlock_bh,
)

model = Model("callbacks")
lock = model.spinlock("lock")
box_lock = model.spinlock("box_lock")


class Item(Struct):
    number: Annotated[int, Range(0, 3)]


class Box(Struct):
    item: Item
    items: Annotated[int, Range(0, 3)]


item_cache = model.cache(Item, capacity=1)
counter = model.object(Box, "counter", items=1)


@model.procedure
def free_item(item: Item) -> None:
    kfree(item)


@model.procedure
def free_and_count(item: Item) -> None:
    spin_lock(lock)
    counter.items -= 1
    spin_unlock(lock)
    kfree(item)


@model.procedure
def wait_once_more(item: Item) -> None:
    call_rcu(item, free_item)


@model.path
def read_item(box: Box) -> None:
    rcu_read_lock()
    item = READ_ONCE(box.item)
    if item:
        READ_ONCE(item.number)
    rcu_read_unlock()


@model.path
def unlink_then_call(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_item)


@model.path
def unlink_under_a_lock(box: Box) -> None:
    """Two of them cannot both find it."""
    spin_lock(box_lock)
    item = box.item
    if item:
        WRITE_ONCE(box.item, NULL)
        call_rcu(item, free_item)
    spin_unlock(box_lock)


@model.path
def replace_it(box: Box) -> None:
    item = kmem_cache_zalloc(item_cache, GFP_ATOMIC)
    spin_lock_bh(lock)
    old = box.item
    WRITE_ONCE(box.item, item)
    counter.items += 1
    spin_unlock_bh(lock)
    call_rcu(old, free_and_count)


@model.path
def count_items(box: Box) -> None:
    spin_lock_bh(lock)
    assert counter.items > 0
    spin_unlock_bh(lock)


@model.path
def call_twice_in_a_row(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, wait_once_more)


@model.path
def unload(box: Box) -> None:
    """Nothing of it is called any more once it is gone."""
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_and_count)
    rcu_barrier()
    assert counter.items == 0


@model.scenario
def unlinked_before(m: Scenario) -> None:
    """Who comes later cannot see it."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader 1", read_item, box)
    m.thread("reader 2", read_item, box)
    m.thread("updater", unlink_then_call, box)


@model.scenario
def queued_by_one_of_two(m: Scenario) -> None:
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater 1", unlink_under_a_lock, box)
    m.thread("updater 2", unlink_under_a_lock, box)


@model.scenario
def soft_interrupts_off(m: Scenario) -> None:
    """The callback takes a lock that others take with soft interrupts off."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater", replace_it, box)
    m.thread("counter", count_items, box)


@model.scenario
def called_from_an_interrupt(m: Scenario) -> None:
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box, cpu=0)
    m.hardirq("irq", unlink_then_call, box, cpu=0)


@model.scenario
def a_callback_calls(m: Scenario) -> None:
    """Two grace periods, one after the other."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater", call_twice_in_a_row, box)


@model.scenario
def waited_for(m: Scenario) -> None:
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater", unload, box)
