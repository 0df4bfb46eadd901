# ruff: noqa: D101, D103
"""The dining philosophers of specs/classic, in the sizes that a machine is measured with."""

from __future__ import annotations

from lockmodel import Model, Scenario, Semaphore, Struct, down, up

philosophers = Model("philosophers")


class Fork(Struct):
    sem: Semaphore


@philosophers.path
def dine(first: Fork, second: Fork) -> None:
    while True:
        down(first.sem)
        down(second.sem)
        up(second.sem)
        up(first.sem)


@philosophers.scenario(n=range(3, 14))
def left_first(m: Scenario, n: int) -> None:
    """Everyone takes the left fork, then the right one."""
    forks = [m.new(Fork) for _ in range(n)]
    for i in range(n):
        m.thread(f"philosopher {i}", dine, forks[i], forks[(i + 1) % n])


@philosophers.scenario(n=range(3, 14))
def lower_first(m: Scenario, n: int) -> None:
    """Everyone takes the lower-numbered of the two forks first: only the last one has them the other way round."""
    forks = [m.new(Fork) for _ in range(n)]
    for i in range(n):
        lower, higher = sorted((i, (i + 1) % n))
        m.thread(f"philosopher {i}", dine, forks[lower], forks[higher])
