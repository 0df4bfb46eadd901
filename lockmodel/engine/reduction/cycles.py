"""Cycles: where a thread can come back to a local state in which it was, and whether an execution can.

An execution comes back to a state only by steps that lie on cycles of local states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from lockmodel.engine.behaviour import Behaviour, leaves

N = TypeVar("N", int, str)


def components(behaviour: Behaviour) -> dict[int, int]:
    """For each node that lies on a cycle of local states the number of its strongly connected component."""
    targets = {
        node.number: [int.from_bytes(answer.target, "little") for _, answer in leaves(node.roots) if answer.target]
        for node in behaviour.nodes.values()
    }
    return on_cycles(targets) if has_cycle(targets) else {}


def has_cycle(targets: Mapping[N, Iterable[N]]) -> bool:
    """Has a graph a cycle, given by the successors of its nodes?"""
    try:
        TopologicalSorter(targets).prepare()
    except CycleError:
        return True
    return False


def on_cycles(targets: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """The nodes of components with a cycle, each with that component's representative.

    (Kosaraju: what leads back to a node, of those left before it was.)
    """
    sources: dict[int, list[int]] = {node: [] for node in targets}
    for node, following in targets.items():
        for target in following:
            sources[target].append(node)
    left: dict[int, None] = {}
    seen: set[int] = set()
    for root in targets:
        way = [] if root in seen else [(root, iter(targets[root]))]
        seen.add(root)
        while way:
            node, later = way[-1]
            ahead = next((target for target in later if target not in seen), None)
            if ahead is None:
                left[node] = None
                way.pop()
            else:
                seen.add(ahead)
                way.append((ahead, iter(targets[ahead])))
    found: dict[int, int] = {}
    for root in reversed(left):
        members = [root] if root in seen else []
        seen.discard(root)
        for node in members:
            for source in sources[node]:
                if source in seen:
                    seen.discard(source)
                    members.append(source)
        if len(members) > 1 or root in targets[root]:
            found.update(dict.fromkeys(members, root))
    return found
