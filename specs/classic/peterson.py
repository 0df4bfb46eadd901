"""Claim: Peterson's algorithm lets at most one of two threads into its critical section, without any lock.

G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing Letters 12 (1981). It holds because
a thread announces that it wants to enter *before* it gives the turn away; the design `turn-first` swaps the two
writes, and both threads get in. With reductions off the plain design has 32 states and 54 transitions.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import (
    Atomic,
    Model,
    Range,
    Scenario,
    Struct,
    asks_for,
    atomic,
    atomic_read,
    atomic_set,
    await_,
    enters,
    field,
    mark,
)

peterson = Model("peterson", as_written="announce-first")


class Room(Struct):
    # Both threads use `turn` and `wants` at once, by intention: as plain fields that would be a data race, so they are
    # atomic. An Atomic has a range too.
    turn: Atomic = atomic(0, 1)
    # A ghost field exists for claims only: reading and writing it is no step, so it cannot change what may happen.
    inside: Annotated[int, Range(0, 2)] = field(ghost=True)


class Side(Struct):
    wants: Atomic = atomic(0, 1)


# A global object: there is one, in every scenario, and procedures use it by its name.
room = peterson.object(Room, "room")


@peterson.path
def enter_and_leave(i: int, mine: Side, other: Side) -> None:
    while True:
        atomic_set(mine.wants, 1)
        atomic_set(room.turn, i)
        # From here on it waits for its turn: `lockmodel check --waiting` tells how often the other one may get in first
        # (once). What a model makes a lock of has no operation that says so.
        asks_for("room")
        # Waits until the condition holds and reads it as a whole, in one step. An `if` or `while` over the same fields
        # would read one of them a step.
        await_(atomic_read(other.wants) == 0 or atomic_read(room.turn) != i)
        enters("room")
        # A mark is a step that does nothing but carry a name. The ghost write after it belongs to the same step.
        mark("enter")
        room.inside += 1
        mark("leave")
        room.inside -= 1
        atomic_set(mine.wants, 0)


@peterson.design("turn-first", replaces=enter_and_leave)
def give_the_turn_away_first(i: int, mine: Side, other: Side) -> None:
    """Wrong: the other may pass between the two writes, and the turn then lets this one in as well."""
    while True:
        atomic_set(room.turn, i)
        atomic_set(mine.wants, 1)
        asks_for("room")
        await_(atomic_read(other.wants) == 0 or atomic_read(room.turn) != i)
        enters("room")
        mark("enter")
        room.inside += 1
        mark("leave")
        room.inside -= 1
        atomic_set(mine.wants, 0)


# An invariant is judged in every state (or, with `outside=[...]`, in those in which the named locks are free).
@peterson.invariant()
def at_most_one_is_inside(r: Room) -> bool:
    return r.inside <= 1


@peterson.scenario
def two_threads(m: Scenario) -> None:
    zero, one = m.new(Side), m.new(Side)
    m.thread("zero", enter_and_leave, 0, zero, one)
    m.thread("one", enter_and_leave, 1, one, zero)
