"""Something that the model says must come true at some time (`@model.eventually`) never does: on an execution that
ends without it, or on one that goes on for ever although each thread that could move does so again and again.

Witness: It ends, or it leads to a loop, and `loop` says which steps go round; in none of its states is the claim
true.

Repair: See to it that somebody does it on each way through the code; wait for what must have come before.
"""

from __future__ import annotations

from lockmodel import READ_ONCE, WRITE_ONCE, Model, Scenario, Struct, await_

model = Model("mail")


class Box(Struct):
    written: bool
    read: bool


@model.path
def write(box: Box) -> None:
    WRITE_ONCE(box.written, True)


@model.path
def read(box: Box) -> None:
    if READ_ONCE(box.written):
        WRITE_ONCE(box.read, True)


@model.design("repaired", replaces=read)
def wait_and_read(box: Box) -> None:
    await_(box.written)
    WRITE_ONCE(box.read, True)


@model.eventually
def it_is_read(box: Box) -> bool:
    return box.read


@model.scenario
def write_and_read(m: Scenario) -> None:
    box = m.new(Box)
    m.thread("writer", write, box)
    m.thread("reader", read, box)
