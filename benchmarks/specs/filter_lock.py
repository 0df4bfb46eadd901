# ruff: noqa: D101, D103
"""Claim: the filter lock, Peterson's algorithm for n threads, lets at most one of them into its critical section.

A thread goes through n - 1 levels. At each it announces the level, lets itself be the last to have come, and waits
until nobody else is as far or somebody has come after it (G. L. Peterson, "Myths about the mutual exclusion problem",
Information Processing Letters 12, 1981). The path for n threads is written out for each n, as a path's parameters are.
"""

from __future__ import annotations

from typing import Annotated

from lockmodel import Atomic, Model, Range, Scenario, Struct, atomic, atomic_read, atomic_set, await_, field, mark

filter_lock = Model("filter_lock")


class Room(Struct):
    inside: Annotated[int, Range(0, 4)] = field(ghost=True)


class Level(Struct):
    last: Atomic = atomic(0, 3)


class Side(Struct):
    level: Atomic = atomic(0, 3)


room = filter_lock.object(Room, "room")
first = filter_lock.object(Level, "first")
second = filter_lock.object(Level, "second")
third = filter_lock.object(Level, "third")


@filter_lock.procedure
def enter_and_leave() -> None:
    mark("enter")
    room.inside += 1
    mark("leave")
    room.inside -= 1


@filter_lock.procedure
def pass_of_three(i: int, n: int, at: Level, mine: Side, b: Side, c: Side) -> None:
    atomic_set(mine.level, n)
    atomic_set(at.last, i)
    await_((atomic_read(b.level) < n and atomic_read(c.level) < n) or atomic_read(at.last) != i)


@filter_lock.procedure
def pass_of_four(i: int, n: int, at: Level, mine: Side, b: Side, c: Side, d: Side) -> None:
    atomic_set(mine.level, n)
    atomic_set(at.last, i)
    await_(
        (atomic_read(b.level) < n and atomic_read(c.level) < n and atomic_read(d.level) < n)
        or atomic_read(at.last) != i
    )


@filter_lock.path
def one_of_three(i: int, mine: Side, b: Side, c: Side) -> None:
    while True:
        pass_of_three(i, 1, first, mine, b, c)
        pass_of_three(i, 2, second, mine, b, c)
        enter_and_leave()
        atomic_set(mine.level, 0)


@filter_lock.path
def one_of_four(i: int, mine: Side, b: Side, c: Side, d: Side) -> None:
    while True:
        pass_of_four(i, 1, first, mine, b, c, d)
        pass_of_four(i, 2, second, mine, b, c, d)
        pass_of_four(i, 3, third, mine, b, c, d)
        enter_and_leave()
        atomic_set(mine.level, 0)


@filter_lock.invariant()
def at_most_one_is_inside(r: Room) -> bool:
    return r.inside <= 1


@filter_lock.scenario
def three_threads(m: Scenario) -> None:
    sides = [m.new(Side) for _ in range(3)]
    for i in range(3):
        m.thread(f"thread {i}", one_of_three, i, sides[i], sides[(i + 1) % 3], sides[(i + 2) % 3])


@filter_lock.scenario
def four_threads(m: Scenario) -> None:
    sides = [m.new(Side) for _ in range(4)]
    for i in range(4):
        m.thread(f"thread {i}", one_of_four, i, sides[i], sides[(i + 1) % 4], sides[(i + 2) % 4], sides[(i + 3) % 4])
