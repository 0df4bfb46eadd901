"""Threads move for ever and none of them gets on, although each that could move does so again and again (weak
fairness). A thread gets on when it ends, or passes `progress()`.

Witness: The steps lead to a loop, and `loop` says which of them go round: the state after them is the one before.
Look for the two that undo each other.

Repair: Break the symmetry: a turn, a rank, a ticket, a lock that one of them gets. To wait for another time does not
help, since there is a schedule in which both do.
"""

from __future__ import annotations

from lockmodel import Atomic, Model, Scenario, Struct, atomic_read, atomic_set

corridor = Model("corridor")


class Side(Struct):
    wants: Atomic


@corridor.path
def pass_by(rank: int, mine: Side, other: Side) -> None:
    atomic_set(mine.wants, 1)
    while atomic_read(other.wants):
        atomic_set(mine.wants, 0)
        atomic_set(mine.wants, 1)
    atomic_set(mine.wants, 0)


@corridor.design("repaired", replaces=pass_by)
def pass_by_rank(rank: int, mine: Side, other: Side) -> None:
    atomic_set(mine.wants, 1)
    while atomic_read(other.wants):
        if rank > 0:
            atomic_set(mine.wants, 0)
            while atomic_read(other.wants):
                pass
            atomic_set(mine.wants, 1)
    atomic_set(mine.wants, 0)


@corridor.scenario
def two_are_polite(m: Scenario) -> None:
    left, right = m.new(Side), m.new(Side)
    m.thread("left", pass_by, 0, left, right)
    m.thread("right", pass_by, 1, right, left)
