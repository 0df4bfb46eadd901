"""Which lock class was asked for while which was held, over all scenarios; and the cycles that can block.

Takes what steps noted; gives edges by class and mode, and cycles as lockdep defines strong ones: at every lock of the
cycle, the thread that asks there has to wait for the one that holds it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lockmodel.engine.exploration import Hit
from lockmodel.engine.local import Nesting
from lockmodel.engine.reduction.cycles import has_cycle
from lockmodel.ir.hierarchy import whole_class

Node = TypeVar("Node", str, int)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a step noted: `scenario` is the number of its scenario in the run, `hit` has a schedule that shows it."""

    scenario: int
    hit: Hit
    nesting: Nesting


@dataclass(frozen=True, slots=True)
class Edge:
    """A lock of class `inner` was asked for while one of class `outer` was held, in these modes.

    `facts` show it, the first one in the first scenario that does and in the fewest steps. `tried`: it never waits.
    """

    outer: str
    inner: str
    mode_outer: str
    mode_inner: str
    tried: bool
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Lock classes that are asked for in turn, each under the one before, the first one under the last.

    `weak` says why it can never block: "trylock" or "read mode", or is "" where it may.
    """

    classes: tuple[str, ...]
    weak: str = ""

    @property
    def links(self) -> list[tuple[str, str]]:
        """Each (held, asked for)."""
        return list(zip(self.classes, (*self.classes[1:], self.classes[0]), strict=True))

    @property
    def text(self) -> str:
        """`a -> b -> a`."""
        return " -> ".join((*self.classes, self.classes[0]))


def facts_of(noted: Sequence[Sequence[Hit]]) -> list[Fact]:
    """The facts of the scenarios of a run, in order."""
    return [
        Fact(number, hit, hit.violation.nesting)
        for number, hits in enumerate(noted)
        for hit in hits
        if hit.violation.nesting is not None
    ]


def edges_of(facts: Iterable[Fact]) -> list[Edge]:
    """The edges by class and mode, in order.

    A lock under itself is no edge but a self-deadlock, and two of one class in their declared order are as they should.
    """
    found: dict[tuple[str, str, str, str, bool], list[Fact]] = {}
    for fact in facts:
        nesting = fact.nesting
        inner, name = nesting.inner
        for outer, held, mode in dict.fromkeys(nesting.held):
            if held != name and held not in nesting.ordered:
                found.setdefault((outer, inner, mode, nesting.mode, nesting.trying), []).append(fact)
    return [Edge(*key, tuple(sorted(shown, key=_first))) for key, shown in sorted(found.items())]


def _first(fact: Fact) -> tuple[object, ...]:
    return fact.scenario, len(fact.hit.schedule), fact.nesting, fact.hit.schedule


def written(facts: Iterable[Fact]) -> frozenset[str]:
    """The lock classes that someone waits for to write, with whatever subclass: a reader may have to wait behind it."""
    return frozenset(
        whole_class(fact.nesting.inner[0]) for fact in facts if fact.nesting.mode == "write" and not fact.nesting.trying
    )


def blocks(lock: str, asked: str, held: str, writers: frozenset[str]) -> bool:
    """Does who asks for a lock in one mode have to wait while it is held in another one?

    Readers wait for readers only behind a writer, and recursive ones not even then.
    """
    return "write" in (asked, held) or (asked == "read" and whole_class(lock) in writers)


def cycles_of(edges: Sequence[Edge], writers: frozenset[str]) -> list[Cycle]:
    """A shortest cycle through each edge that is on one: those that may block, then those that never do."""
    waited = [edge for edge in edges if not edge.tried]
    follow = {
        n: [
            m
            for m, after in enumerate(waited)
            if after.outer == edge.inner and blocks(edge.inner, edge.mode_inner, after.mode_outer, writers)
        ]
        for n, edge in enumerate(waited)
    }
    strong = _told({_rotated([waited[n].outer for n in way]) for way in _shortest_cycles(follow)})
    inner_of: dict[str, list[str]] = {}
    for edge in edges:
        inner_of.setdefault(edge.outer, []).append(edge.inner)
    weak = {_rotated(way) for way in _shortest_cycles(inner_of)} - strong
    return [Cycle(classes) for classes in sorted(strong)] + [
        Cycle(classes, _why_weak(classes, waited)) for classes in sorted(weak)
    ]


def _told(ways: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Without those that come by a class twice and show no link that a simple one does not show."""
    simple = {way for way in ways if len(set(way)) == len(way)}
    shown = {link for way in simple for link in Cycle(way).links}
    return {way for way in ways if way in simple or not shown.issuperset(Cycle(way).links)}


def _why_weak(classes: tuple[str, ...], waited: Sequence[Edge]) -> str:
    links = {(edge.outer, edge.inner) for edge in waited}
    return "read mode" if links.issuperset(Cycle(classes).links) else "trylock"


def _shortest_cycles(after: Mapping[Node, Sequence[Node]]) -> list[list[Node]]:
    """A shortest cycle through each step of a graph that is on one (all cycles would be too many in a large one)."""
    if not has_cycle(after):
        return []
    import networkx as nx  # takes half a second to load

    graph: nx.DiGraph[Node] = nx.DiGraph([(node, following) for node in after for following in after[node]])
    found = []
    for component in nx.strongly_connected_components(graph):
        for node, following in graph.edges:
            if node in component and following in component:
                found.append(nx.shortest_path(graph, following, node))
    return found


def _rotated(cycle: Sequence[str]) -> tuple[str, ...]:
    """The same cycle, from the least of all its beginnings."""
    return min((*cycle[n:], *cycle[:n]) for n in range(len(cycle)))
