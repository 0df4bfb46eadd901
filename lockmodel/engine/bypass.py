"""How often a thread is passed by while it waits for a lock: the longest way on which others take it meanwhile.

A thread waits for a lock from where it cannot have it until it takes it, or does something else. For what a model makes
a lock of, it waits from `asks_for` until `enters`. Every way counts, fair or not: who is overtaken more often the less
it is scheduled has no bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter

from lockmodel.engine.liveness import Edge, Graph, Lasso, way
from lockmodel.engine.reduction.cycles import on_cycles
from lockmodel.engine.transitions import NOWHERE

Taken = int | str
"""A lock, by its location, or the name of what a model makes a lock of."""


Ways = dict[int, list[tuple[Edge, int]]]
"""The transitions on which a thread still waits, by the states that they leave: 1 where it is passed by."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """How often others take a lock at most while a thread waits for it; None without bound, as a lasso shows.

    The thread waits all the way round the loop, and another one takes the lock there.
    """

    most: int | None
    lasso: Lasso | None = None


@dataclass(frozen=True, slots=True)
class LockWait:
    """How long threads wait for a lock, by its name.

    `chain`: of how many threads the longest row is of which the first waits for it, and each for what the next one has.
    """

    lock: str
    bypass: Bypass
    chain: int


def bypasses(graph: Graph) -> dict[Taken, Bypass]:
    """For each lock that some thread waits for, how often it is passed by."""
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

    def all(self) -> dict[Taken, Bypass]:
        """The most of all threads, for each lock; of several lassos the first of the shortest."""
        found: dict[Taken, list[Bypass]] = {}
        for (lock, thread), first in self._first.items():
            found.setdefault(lock, []).append(self._bypass(lock, thread, sorted(first)))
        return {lock: max(of_each, key=_more) for lock, of_each in found.items()}

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

    def _bypass(self, lock: Taken, thread: int, first: list[int]) -> Bypass:
        """The most that others take a lock on one way on which a thread waits for it from one of these states on."""
        after = self._ways(lock, thread, first)
        inside = on_cycles({number: [edge[0] for edge, _ in found] for number, found in after.items()})
        part = {number: inside.get(number, number) for number in after}
        again: dict[int, Edge] = {}
        for number, found in after.items():
            for edge, weight in found:
                if weight and part[number] == part[edge[0]]:
                    again.setdefault(number, edge)
        return Bypass(None, self._lasso(first, after, part, again)) if again else Bypass(_most(after, part))

    def _ways(self, lock: Taken, thread: int, first: list[int]) -> Ways:
        """All ways on which a thread waits for a lock from one of these states on."""
        after: Ways = {}
        waiting = list(first)
        while waiting:
            number = waiting.pop()
            if number in after:
                continue
            after[number] = [
                (edge, int(edge[1] != thread and lock in self._takes.get((number, edge[1], edge[2]), ())))
                for edge in self._graph.edges.of(number)
                if self._waits_on(lock, thread, number, edge)
            ]
            waiting.extend(edge[0] for edge, _ in after[number])
        return after

    def _lasso(self, first: list[int], after: Ways, part: dict[int, int], again: dict[int, Edge]) -> Lasso:
        """A way to where a thread waits, on to a cycle with one of the transitions `again`, and round that."""
        edges = {number: [edge for edge, _ in found] for number, found in after.items()}
        to_first = [(number, -1, 0) for number in first]
        on = way(-1, {-1: to_first, **edges}, lambda edge: edge[0] in again)
        begin, at = on[0][0], on[-1][0]
        loop = [again[at]]
        if loop[0][0] != at:
            inside = {n: [edge for edge in edges[n] if part[edge[0]] == part[at]] for n in edges if part[n] == part[at]}
            loop += way(loop[0][0], inside, lambda edge: edge[0] == at)
        there = [at, *(edge[0] for edge in loop[:-1])]  # the states of the cycle
        while len(on) > 1 and on[-2][0] in there:
            on.pop()
        enters = there.index(on[-1][0])
        loop = loop[enters:] + loop[:enters]
        stem = [*self._graph.schedule(begin, (*on[1:], *loop)[0][1]), *((edge[1], edge[2]) for edge in on[1:])]
        return Lasso(tuple(stem), tuple((thread, choice) for _, thread, choice in loop), ())


def _more(bypass: Bypass) -> tuple[bool, int]:
    """Orders bypasses: without a bound is most, and the shorter it is shown the better."""
    if bypass.lasso is not None:
        return True, -len(bypass.lasso.stem) - len(bypass.lasso.loop)
    return False, bypass.most or 0


def _most(after: Ways, part: dict[int, int]) -> int:
    """The heaviest way in a graph in which no cycle has weight; `part` is the same for states on one cycle."""
    before: dict[int, dict[int, int]] = {part[number]: {} for number in after}
    for number, found in after.items():
        for edge, weight in found:
            one, other = part[number], part[edge[0]]
            if one != other:
                before[other][one] = max(weight, before[other].get(one, 0))
    most: dict[int, int] = {}
    for one in TopologicalSorter({one: list(found) for one, found in before.items()}).static_order():
        most[one] = max((most[other] + weight for other, weight in before[one].items()), default=0)
    return max(most.values(), default=0)
