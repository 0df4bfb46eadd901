"""How often a thread is passed by while it waits for a lock: the longest way on which others take it meanwhile.

A thread waits for a lock from where it cannot have it until it takes it, or does something else. For what a model makes
a lock of, it waits from `asks_for` until `enters`. Every way counts, fair or not: who is overtaken more often the less
it is scheduled has no bound.
"""

from __future__ import annotations

from graphlib import TopologicalSorter

from lockmodel.engine.liveness import Edge, Graph
from lockmodel.engine.reduction.cycles import on_cycles
from lockmodel.engine.transitions import NOWHERE

Taken = int | str
"""A lock, by its location, or the name of what a model makes a lock of."""


def bypasses(graph: Graph) -> dict[Taken, int | None]:
    """For each lock that some thread waits for, how often others take it meanwhile at most; None without bound."""
    return Bypasses(graph).all()


class Bypasses:
    """The states in which each thread waits for each lock, and the transitions by which a lock is taken."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._first: dict[tuple[Taken, int], dict[int, None]] = {}
        self._takes: dict[tuple[int, int, int], tuple[Taken, ...]] = {}
        for thread, step in enumerate(graph.behaviour.stepper.begin()[1]):
            for name, enters in step.passed:
                if not enters:
                    self._first.setdefault((name, thread), {}).setdefault(0)
        for number in range(graph.states):
            self._look_at(number)

    def all(self) -> dict[Taken, int | None]:
        """The most of all threads, for each lock."""
        found: dict[Taken, int | None] = {}
        for (lock, thread), first in self._first.items():
            most = self._most(lock, thread, list(first))
            known = found.get(lock, 0)
            found[lock] = None if most is None or known is None else max(most, known)
        return found

    def _look_at(self, number: int) -> None:
        nodes = self._graph.nodes(number)
        for thread, answer in self._graph.waiting(number, nodes):
            if answer.wants >= 0:
                self._first.setdefault((answer.wants, thread), {}).setdefault(number)
        for target, thread, choice in self._graph.edges.of(number):
            answer = self._graph.made(number, nodes, thread, choice)
            taken = [name for name, enters in answer.passed if enters]
            if target != NOWHERE:
                for name, enters in answer.passed:
                    if not enters and name not in taken:
                        self._first.setdefault((name, thread), {}).setdefault(target)
            if answer.took >= 0 or taken:
                self._takes[number, thread, choice] = (*taken, *([answer.took] if answer.took >= 0 else []))

    def _waits_on(self, lock: Taken, thread: int, number: int, edge: Edge) -> bool:
        """Does a thread still wait for a lock after a transition from a state in which it does?"""
        target, mover, choice = edge
        if target == NOWHERE:
            return False
        if mover != thread:
            return True
        if lock in self._takes.get((number, mover, choice), ()):
            return False
        return isinstance(lock, str) or self._graph.nodes(target)[thread].local.phase == lock

    def _most(self, lock: Taken, thread: int, first: list[int]) -> int | None:
        """The most that others take a lock on one way on which a thread waits for it; None without bound."""
        after: dict[int, list[tuple[int, int]]] = {}
        waiting = list(first)
        while waiting:
            number = waiting.pop()
            if number in after:
                continue
            after[number] = [
                (edge[0], int(edge[1] != thread and lock in self._takes.get((number, edge[1], edge[2]), ())))
                for edge in self._graph.edges.of(number)
                if self._waits_on(lock, thread, number, edge)
            ]
            waiting.extend(target for target, _ in after[number])
        return _longest(after)


def _longest(after: dict[int, list[tuple[int, int]]]) -> int | None:
    """The heaviest way in a graph; None where a cycle has weight."""
    inside = on_cycles({number: [target for target, _ in found] for number, found in after.items()})
    part = {number: inside.get(number, number) for number in after}
    before: dict[int, dict[int, int]] = {part[number]: {} for number in after}
    for number, found in after.items():
        for target, weight in found:
            one, other = part[number], part[target]
            if one != other:
                before[other][one] = max(weight, before[other].get(one, 0))
            elif weight:
                return None
    most: dict[int, int] = {}
    for one in TopologicalSorter({one: list(found) for one, found in before.items()}).static_order():
        most[one] = max((most[other] + weight for other, weight in before[one].items()), default=0)
    return max(most.values(), default=0)
