"""The order in which locks were asked for, by lock class, over all scenarios of a run."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from lockmodel.engine.exploration import Exploration
from lockmodel.engine.reduction.cycles import has_cycle
from lockmodel.findings.finding import Order, OrderEdge
from lockmodel.ir.layout import Layout
from lockmodel.source import Site


def lock_order(searched: Sequence[tuple[Layout, Exploration]]) -> Order:
    """The order in which locks were asked for, by class, over all scenarios."""
    edges: dict[tuple[str, str], Site] = {}
    for layout, found in searched:
        for (outer, inner), site in found.behaviour.order.items():
            classes = (layout.lock_class(outer), layout.lock_class(inner))
            edges[classes] = min(edges.get(classes, site), site)
    told = [OrderEdge(*classes, site.spec, site.source or None) for classes, site in sorted(edges.items())]
    return Order(told, _cycles(sorted(edges)))


def _cycles(edges: Sequence[tuple[str, str]]) -> list[list[str]]:
    """A shortest cycle through each edge that is on one (all cycles would be too many in a large graph)."""
    inner_of: dict[str, list[str]] = {}
    for outer, inner in edges:
        inner_of.setdefault(outer, []).append(inner)
    if not has_cycle(inner_of):
        return []
    import networkx as nx  # takes half a second to load

    graph: nx.DiGraph[str] = nx.DiGraph(edges)
    found: dict[tuple[str, ...], None] = {}
    for component in nx.strongly_connected_components(graph):
        for outer, inner in edges:
            if outer in component and inner in component:
                found.setdefault(tuple(_rotated(nx.shortest_path(graph, inner, outer))))
    return sorted(list(cycle) for cycle in found)


def _rotated(cycle: Sequence[str]) -> list[str]:
    first = cycle.index(min(cycle))
    return list(itertools.chain(cycle[first:], cycle[:first]))
