"""Claim: N philosophers who share N forks can dine for ever. False when all of them reach for the left fork first.

A *family* of scenarios: one function, one scenario for each value of its parameter, named `left_first[n=3]`. The last
philosopher of `lower_first` is handed the forks the other way round, so that everyone takes the lower-numbered one
first, and nobody waits for ever. The numbers of states are known exactly, and a test holds them: with reductions off
`left_first` has 10, 35, 118, 392 and 1297 states for n = 2..6, one of them a deadlock, n steps from the start;
`lower_first` has 7, 24, 79, 261 and 862 and no deadlock.
"""

from __future__ import annotations

from lockmodel import Model, Scenario, Semaphore, Struct, down, up

philosophers = Model("philosophers")


class Fork(Struct):
    # A bare Semaphore starts at 1 and is used as a mutex: whoever takes it gives it back.
    sem: Semaphore


# A path that never returns: `up` and `down` of one round, for ever. The states repeat, so the search still ends.
@philosophers.path
def dine(first: Fork, second: Fork) -> None:
    while True:
        down(first.sem)
        down(second.sem)
        up(second.sem)
        up(first.sem)


@philosophers.scenario(n=range(2, 7))
def left_first(m: Scenario, n: int) -> None:
    """Everyone takes the left fork, then the right one."""
    forks = [m.new(Fork) for _ in range(n)]
    for i in range(n):
        m.thread(f"philosopher {i}", dine, forks[i], forks[(i + 1) % n])


@philosophers.scenario(n=range(2, 7))
def lower_first(m: Scenario, n: int) -> None:
    """Everyone takes the lower-numbered of the two forks first: only the last one has them the other way round."""
    forks = [m.new(Fork) for _ in range(n)]
    for i in range(n):
        lower, higher = sorted((i, (i + 1) % n))
        m.thread(f"philosopher {i}", dine, forks[lower], forks[higher])
