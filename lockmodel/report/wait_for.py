"""Who waits for what at the end of a finding, and who has it, as a graph."""

from __future__ import annotations

import networkx

from lockmodel.errors import UsageError
from lockmodel.findings.finding import Finding
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, lines
from lockmodel.report.palette import BAD
from lockmodel.report.places import spec_and_source
from lockmodel.report.words import title

ACROSS = 4
"""Up to so many boxes stand side by side; a longer ring is read downwards, or it would be wider than a page."""


LOOKS = {
    ("thread", False): Look(),
    ("thread", True): Look(line=BAD, width=2),
    ("lock", False): Look("ellipse"),
    ("lock", True): Look("ellipse", line=BAD, width=2),
}
"""By what it is, and whether it goes round."""


def wait_for_graph(finding: Finding) -> networkx.DiGraph[str]:
    """Who waits for what, and who has it, at the end of `finding`.

    Nodes are "thread NAME" and "lock NAME" with `kind`, `label` and, for threads, `place`. An edge's `kind` is
    "waits for", "held by" or "in line" (of a thread that stands there before another one). All have `cycle`, true for
    those that go round.
    """
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for waiting in finding.waiting:
        where = f"{waiting.frame.procedure}\n{spec_and_source(waiting.frame)}"
        graph.add_node(f"thread {waiting.thread}", kind="thread", label=waiting.thread, place=where, cycle=False)
    for waiting in finding.waiting:
        for lock in (*waiting.holds, waiting.wants):
            graph.add_node(f"lock {lock}", kind="lock", label=lock, place="", cycle=False)
        for lock in waiting.holds:
            graph.add_edge(f"lock {lock}", f"thread {waiting.thread}", kind="held by", cycle=False)
        graph.add_edge(f"thread {waiting.thread}", f"lock {waiting.wants}", kind="waits for", cycle=False)
    for waiting in finding.waiting:
        # The holder may be a thread that waits for something else, or one that has ended and is not listed.
        for kind, name in (("held by", waiting.held_by), ("in line", waiting.behind)):
            if name is None:
                continue
            other = f"thread {name}"
            if other not in graph:
                graph.add_node(other, kind="thread", label=name, place="", cycle=False)
            graph.add_edge(f"lock {waiting.wants}", other, kind=kind, cycle=False)
    for component in networkx.strongly_connected_components(graph):
        if len(component) > 1:
            for node in component:
                graph.nodes[node]["cycle"] = True
            for one, other in graph.subgraph(component).edges:
                graph.edges[one, other]["cycle"] = True
    return graph


def wait_for_diagram(finding: Finding, scenario: str) -> Diagram:
    """The graph to be drawn: threads are boxes, locks are ellipses, what goes round is red and thick."""
    if not finding.waiting:
        raise UsageError(
            f"{finding.rule} {finding.name} has no wait-for graph: no thread waits at its end\n"
            "  Draw its schedule: --kind witness."
        )
    graph = wait_for_graph(finding)
    names = {node: f"n{index}" for index, node in enumerate(graph.nodes)}
    nodes = [
        Node(
            names[node],
            lines(told["label"], *told["place"].splitlines()),
            LOOKS[told["kind"], told["cycle"]],
            {"kind": told["kind"], "name": told["label"], "place": told["place"], "cycle": told["cycle"]},
        )
        for node, told in graph.nodes(data=True)
    ]
    edges = [
        Edge(
            names[one],
            names[other],
            (told["kind"],),
            Arrow(BAD, BAD, 2) if told["cycle"] else Arrow(),
            {"kind": told["kind"], "cycle": told["cycle"]},
        )
        for one, other, told in graph.edges(data=True)
    ]
    signs = [Sign("box: thread, with where it stands; ellipse: lock, or what else it waits for")]
    if any(node.data["cycle"] for node in nodes):
        signs.append(Sign("red and thick: they wait for each other in a ring", Arrow(BAD, BAD, 2.5)))
    return Diagram(
        "wait-for",
        f"Who waits for whom: {title(finding)}, scenario {scenario}",
        (finding.message,),
        tuple(nodes),
        tuple(edges),
        signs=tuple(signs),
        down=len(nodes) > ACROSS,
    )
