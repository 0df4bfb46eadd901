"""Cycles: where a thread can come back to a local state in which it was, and whether an execution can.

An execution comes back to a state only by steps that lie on cycles of local states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from lockmodel.engine.behaviour import Behaviour, Node

N = TypeVar("N", int, str)


def components(behaviour: Behaviour) -> dict[int, int]:
    """For each node that lies on a cycle of local states the number of its strongly connected component."""
    targets = {node.number: _targets(node) for node in behaviour.nodes.values()}
    return _components(targets) if has_cycle(targets) else {}


def has_cycle(targets: Mapping[N, Iterable[N]]) -> bool:
    """Has a graph a cycle, given by the successors of its nodes?"""
    try:
        TopologicalSorter(targets).prepare()
    except CycleError:
        return True
    return False


def _components(targets: dict[int, list[int]]) -> dict[int, int]:
    import networkx  # half a second that is not spent where nothing goes round

    graph: networkx.DiGraph[int] = networkx.DiGraph(targets)
    found: dict[int, int] = {}
    for number, members in enumerate(networkx.strongly_connected_components(graph)):
        first = next(iter(members))
        if len(members) > 1 or graph.has_edge(first, first):
            found.update(dict.fromkeys(members, number))
    return found


def _targets(node: Node) -> list[int]:
    """The nodes that a step from here may lead to."""
    found: list[int] = []
    waiting = list(node.roots)
    while waiting:
        at = waiting.pop()
        if isinstance(at, list):
            waiting.extend(at[1].values())
        elif at is not None and at.target:
            found.append(int.from_bytes(at.target, "little"))
    return found
