"""What can still become of each state: which findings can be reached from it, and whether one cannot be avoided.

Takes a `StateGraph`. A set of findings is an integer, one bit each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.state_graph import StateGraph
from lockmodel.engine.transitions import leading_to


@dataclass(frozen=True, slots=True)
class Fates:
    """By state: `reachable` are the findings that some schedule comes to from there, its own among them.

    `doomed`: every schedule comes to one of them; one that can go on for ever without one avoids them. `cut`: some
    schedule is cut off, and what lies behind that nobody knows. `hopeless`: none is known that avoids them, though one
    may do so behind a cut.
    """

    reachable: tuple[int, ...]
    doomed: tuple[bool, ...]
    cut: tuple[bool, ...]
    hopeless: tuple[bool, ...]

    def safe(self, number: int) -> bool:
        """Does no schedule come to a finding from here, as far as can be known?"""
        return not self.reachable[number] and not self.cut[number]


def fates(graph: StateGraph) -> Fates:
    """The fates of all states and ends."""
    before: list[list[int]] = [[] for _ in graph.edges]
    harmless: list[list[int]] = [[] for _ in graph.edges]  # by moves that break no rule themselves
    for number, edges in enumerate(graph.edges):
        for edge in edges:
            before[edge.target].append(number)
            if not edge.broken:
                harmless[edge.target].append(number)
    cuts = [*sorted(graph.ahead), *(graph.states + n for n, end in enumerate(graph.ends) if end.cut)]
    doomed = tuple(_doomed(graph, harmless))
    return Fates(
        tuple(_reachable(graph, before)),
        doomed,
        tuple(map(bool, leading_to(cuts, before))),
        tuple(_doomed(graph, harmless, cuts)) if cuts else doomed,
    )


def _reachable(graph: StateGraph, before: Sequence[Sequence[int]]) -> list[int]:
    """Each state's own findings and its moves', carried backward until nothing is added."""
    found = [0] * len(graph.edges)
    for number, edges in enumerate(graph.edges):
        for rule in (*graph.broken[number], *(rule for edge in edges for rule in edge.broken)):
            found[number] |= 1 << rule
    waiting = [number for number, rules in enumerate(found) if rules]
    while waiting:
        number = waiting.pop()
        for earlier in before[number]:
            if found[earlier] | found[number] != found[earlier]:
                found[earlier] |= found[number]
                waiting.append(earlier)
    return found


def _doomed(graph: StateGraph, harmless: Sequence[Sequence[int]], cuts: Sequence[int] = ()) -> list[bool]:
    """Backward from where rules are broken, and from `cuts`: a state is doomed once no move is left that is not."""
    doomed = [bool(broken) for broken in graph.broken]
    for number in cuts:
        doomed[number] = True
    left = [sum(not edge.broken for edge in edges) for edges in graph.edges]
    for number, edges in enumerate(graph.edges):
        if edges and not left[number]:
            doomed[number] = True
    waiting = [number for number, is_doomed in enumerate(doomed) if is_doomed]
    while waiting:
        for earlier in harmless[waiting.pop()]:
            left[earlier] -= 1
            if not left[earlier] and not doomed[earlier]:
                doomed[earlier] = True
                waiting.append(earlier)
    return doomed
