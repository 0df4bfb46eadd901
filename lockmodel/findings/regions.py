"""States joined into regions: what a picture of every schedule is made of, so that a person can read it.

`runs` joins a state in which there is no choice with the one that must follow. `by_fate` joins states with the same
possibilities: steps that decide nothing are passed over in silence. That is branching bisimulation, refined by
signatures (Blom and van de Pol, 2003): two states stay together if the moves that leave their region, be it after
others within it, are made by the same threads into the same regions. No way to a finding is lost by it and none is won.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lockmodel.engine.state_graph import StateGraph
from lockmodel.findings.fate import Fates


def runs(graph: StateGraph) -> list[int]:
    """For each state and end the number of its region: of the state in which a run without a choice ends."""
    region = list(range(len(graph.edges)))
    for number in range(1, graph.states):
        at, seen = number, {number}
        while at and forced(graph, at) and graph.edges[at][0].target not in seen:
            at = graph.edges[at][0].target
            seen.add(at)
        region[number] = at
    return _renumbered(region)


def forced(graph: StateGraph, number: int) -> bool:
    """Is there one move only, and nothing broken by it or in the state?"""
    edges = graph.edges[number]
    return len(edges) == 1 and not edges[0].broken and not graph.broken[number] and edges[0].target < graph.states


def by_fate(graph: StateGraph, fates: Fates, told: Sequence[Hashable] | None = None) -> list[int]:
    """For each state and end the number of its region. States that are `told` apart by something else stay so."""
    outcomes = _outcomes(graph, fates)
    region = _renumbered(
        [
            (
                fates.reachable[n],
                fates.doomed[n],
                fates.cut[n],
                fates.hopeless[n],
                graph.broken[n],
                graph.end(n),
                outcomes[n],
                told[n] if told is not None and n < graph.states else None,
            )
            for n in range(len(graph.edges))
        ]
    )
    while True:
        signatures = _signatures(graph, region)
        refined = _renumbered([(region[n], signatures[n]) for n in range(len(graph.edges))])
        if max(refined) == max(region):
            return region
        region = refined


def _outcomes(graph: StateGraph, fates: Fates) -> list[int]:
    """Where nothing can fail: the final states that can still be reached, one bit each; else they do not matter."""
    found = [0] * len(graph.edges)
    if fates.reachable[0] or fates.cut[0]:
        return found
    for bit, number in enumerate(n for n in range(graph.states) if graph.final(n)):
        found[number] = 1 << bit
    changed = True
    while changed:
        changed = False
        for number in reversed(range(graph.states)):
            whole = found[number]
            for edge in graph.edges[number]:
                whole |= found[edge.target]
            changed = changed or whole != found[number]
            found[number] = whole
    return found


def _signatures(graph: StateGraph, region: Sequence[int]) -> list[frozenset[tuple[object, ...]]]:
    """The moves that leave each state's region, also after others within it: whose, what they break, where to."""
    found: list[frozenset[tuple[object, ...]]] = [frozenset()] * len(graph.edges)
    changed = True
    while changed:
        changed = False
        for number in reversed(range(graph.states)):
            here: set[tuple[object, ...]] = set()
            for edge in graph.edges[number]:
                if region[edge.target] != region[number] or edge.broken:
                    here.add((edge.move[0], edge.broken, region[edge.target]))
                elif edge.target != number:
                    here |= found[edge.target]
            if len(here) != len(found[number]):
                found[number] = frozenset(here)
                changed = True
    return found


def _renumbered(keys: Sequence[Hashable]) -> list[int]:
    """Each key by a number, in the order in which they come first."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]
