"""Claim: a reader sees both values of a pair from one and the same write. It holds where it reads again."""

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
def a_pair(m: Scenario) -> None:
    m.thread("reader", read_until_it_was_still)
    m.thread("writer", change_both)
