"""Claim: what is freed by call_rcu is freed once, after all readers that can have seen it, and without a deadlock.

False where it is queued before it is out of reach, or twice, and where the callback is not fit for a soft interrupt.

LM602 lock in softirq reachable.
"""

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
    call_rcu,
    kfree,
    mutex_lock,
    mutex_unlock,
    rcu_barrier,
    rcu_read_lock,
    rcu_read_unlock,
    spin_lock,
    spin_unlock,
    synchronize_rcu,
)

model = Model("callbacks")
lock = model.spinlock("lock")
mutex = model.mutex("mutex")


class Item(Struct):
    number: Annotated[int, Range(0, 3)]


class Box(Struct):
    item: Item
    items: Annotated[int, Range(0, 3)]


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
def free_and_count_asleep(item: Item) -> None:
    mutex_lock(mutex)
    mutex_unlock(mutex)
    kfree(item)


@model.path
def read_item(box: Box) -> None:
    rcu_read_lock()
    item = READ_ONCE(box.item)
    if item:
        READ_ONCE(item.number)
    rcu_read_unlock()


@model.path
def count_items(box: Box) -> None:
    spin_lock(lock)
    assert counter.items >= 0
    spin_unlock(lock)


@model.path
def call_before_it_is_out_of_reach(box: Box) -> None:
    item = READ_ONCE(box.item)
    call_rcu(item, free_item)
    WRITE_ONCE(box.item, NULL)


@model.path
def call_without_a_lock(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    if item:
        call_rcu(item, free_item)


@model.path
def call_and_free(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_item)
    synchronize_rcu()
    kfree(item)


@model.path
def call_and_count(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_and_count)


@model.path
def call_and_sleep(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_and_count_asleep)


@model.path
def unload_too_early(box: Box) -> None:
    item = READ_ONCE(box.item)
    WRITE_ONCE(box.item, NULL)
    call_rcu(item, free_and_count)
    synchronize_rcu()
    assert counter.items == 0


@model.path
def wait_in_a_read_side(box: Box) -> None:
    rcu_read_lock()
    call_and_count(box)
    rcu_barrier()
    rcu_read_unlock()


@model.scenario
def queued_too_early(m: Scenario) -> None:
    """A reader that begins after the call finds it. LM303 in read_item."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader 1", read_item, box)
    m.thread("reader 2", read_item, box)
    m.thread("updater", call_before_it_is_out_of_reach, box)


@model.scenario
def queued_by_both(m: Scenario) -> None:
    """The other's callback is queued still, or runs, or has run.

    LM306 in call_without_a_lock. LM306 in free_item. LM304 in free_item. LM303 in call_without_a_lock.
    """
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("updater 1", call_without_a_lock, box)
    m.thread("updater 2", call_without_a_lock, box)


@model.scenario
def freed_as_well(m: Scenario) -> None:
    """Readers are gone, but the callback need not have run. LM306 in call_and_free.

    LM304 in call_and_free. LM304 in free_item.
    """
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater", call_and_free, box)


@model.scenario
def a_lock_that_the_callback_takes(m: Scenario) -> None:
    """It comes upon the one who has it. LM101 in count_items, free_and_count."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("updater", call_and_count, box)
    m.thread("counter", count_items, box)


@model.scenario
def the_callback_sleeps(m: Scenario) -> None:
    """LM601 in free_and_count_asleep."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("reader", read_item, box)
    m.thread("updater", call_and_sleep, box)


@model.scenario
def readers_are_waited_for_and_not_callbacks(m: Scenario) -> None:
    """What rcu_barrier is for. LM701 in unload_too_early. LM301 in free_and_count."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("updater", unload_too_early, box)


@model.scenario
def waits_for_a_callback_that_waits_for_it(m: Scenario) -> None:
    """LM601 in wait_in_a_read_side. LM101 in wait_in_a_read_side, free_and_count."""
    box = m.new(Box, "box", item=m.new(Item, "item"))
    m.thread("updater", wait_in_a_read_side, box)
