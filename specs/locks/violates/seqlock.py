"""Claim: a reader sees both values of a pair from one and the same write. False without its part, or the writer's."""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    Model,
    Range,
    Scenario,
    Struct,
    read_seqbegin,
    read_seqretry,
    write_seqlock,
    write_sequnlock,
)

model = Model("seqlock")
seq = model.seqlock("seq")


class Pair(Struct):
    x: Annotated[int, Range(0, 2)]
    y: Annotated[int, Range(0, 2)]


pair = model.object(Pair, "pair")


@model.path
def change_both() -> None:
    write_seqlock(seq)
    pair.x = 1
    pair.y = 1
    write_sequnlock(seq)


@model.path
def read_once() -> None:
    read_seqbegin(seq)
    x = pair.x
    y = pair.y
    assert x == y


@model.path
def change_without_the_lock() -> None:
    pair.x = 1
    pair.y = 1


@model.path
def read_until_it_was_still() -> None:
    start = read_seqbegin(seq)
    x = pair.x
    y = pair.y
    while read_seqretry(seq, start):
        start = read_seqbegin(seq)
        x = pair.x
        y = pair.y
    assert x == y


@model.scenario
def no_retry(m: Scenario) -> None:
    """Nobody looks whether a writer came. LM701 in read_once."""
    m.thread("reader", read_once)
    m.thread("writer", change_both)


@model.scenario
def no_lock(m: Scenario) -> None:
    """The writer does not say that it is at work. LM701 in read_until_it_was_still."""
    m.thread("reader", read_until_it_was_still)
    m.thread("writer", change_without_the_lock)


@model.path
def read_while_it_writes() -> None:
    write_seqlock(seq)
    read_seqbegin(seq)
    write_sequnlock(seq)


@model.scenario
def reading_under_its_own_write(m: Scenario) -> None:
    """A writer spins until it has ended. LM102 in read_while_it_writes."""
    m.thread("t", read_while_it_writes)
