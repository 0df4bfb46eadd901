"""Claim: two threads that both want in, and step back when they see the other, may step back for ever.

E. W. Dijkstra, "Cooperating sequential processes" (1965), has it as his fourth attempt at mutual exclusion: it keeps
them apart, and nobody ever stands still, but they may dance round each other without end. In the design `turns` only
the one whose turn it is not steps back, and waits until it is (T. J. Dekker's solution); then nobody dances for ever.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Atomic, Model, Range, Scenario, Struct, atomic, atomic_read, atomic_set, field, mark, progress

polite = Model("polite", as_written="after-you")


class Room(Struct):
    turn: Atomic = atomic(0, 1)
    inside: Annotated[int, Range(0, 2)] = field(ghost=True)


class Side(Struct):
    wants: Atomic = atomic(0, 1)


room = polite.object(Room, "room")


@polite.path
def enter_and_leave(i: int, mine: Side, other: Side) -> None:
    while True:
        atomic_set(mine.wants, 1)
        while atomic_read(other.wants):
            atomic_set(mine.wants, 0)
            atomic_set(mine.wants, 1)
        mark("enter")
        room.inside += 1
        mark("leave")
        room.inside -= 1
        atomic_set(mine.wants, 0)
        # The thread has got on: it did what it is there for. It is no step of its own. (So does a thread that ends.)
        progress()


@polite.design("turns", replaces=enter_and_leave)
def enter_in_turn(i: int, mine: Side, other: Side) -> None:
    while True:
        atomic_set(mine.wants, 1)
        while atomic_read(other.wants):
            if atomic_read(room.turn) != i:
                atomic_set(mine.wants, 0)
                while atomic_read(room.turn) != i:
                    pass
                atomic_set(mine.wants, 1)
        mark("enter")
        room.inside += 1
        mark("leave")
        room.inside -= 1
        atomic_set(room.turn, 1 - i)
        atomic_set(mine.wants, 0)
        progress()


@polite.invariant()
def at_most_one_is_inside(r: Room) -> bool:
    return r.inside <= 1


# A claim that must come true at some time, on every fair execution (LM702); it need not stay true.
@polite.eventually
def somebody_gets_in(r: Room) -> bool:
    return r.inside > 0


@polite.scenario
def two_threads(m: Scenario) -> None:
    zero, one = m.new(Side), m.new(Side)
    m.thread("zero", enter_and_leave, 0, zero, one)
    m.thread("one", enter_and_leave, 1, one, zero)
