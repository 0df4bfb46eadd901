"""The heap at one step of a witness as DOT: objects with their fields, who refers to them, who holds their locks."""

from __future__ import annotations

import graphviz

from lockmodel.findings.finding import Finding, Heap, HeapObject
from lockmodel.report.graphs import BAD, EDGE, GRAPH, NODE
from lockmodel.report.heading import escaped, heading, wrapped
from lockmodel.report.words import title

KINDS = {
    "field": ("a field refers to it", "#24292f", "solid"),
    "list": ("it is on a list, at this place", "#0072b2", "solid"),
    "local": ("a local that is still read refers to it", "#8c959f", "dashed"),
    "lock": ("the thread holds its lock", "#9a6700", "bold"),
}
"""What each kind of link says, its colour and its line."""


def heap_dot(heap: Heap, finding: Finding, scenario: str) -> str:
    """The graph: objects are boxes, the freed ones red, threads are ellipses."""
    graph = {**GRAPH, "labelloc": "t", "labeljust": "l", "label": _head(heap, finding, scenario), "nodesep": "0.3"}
    dot = graphviz.Digraph("heap", graph_attr=graph, node_attr=NODE, edge_attr=EDGE)
    names = {("thread", name): f"t{number}" for number, name in enumerate(heap.threads)}
    names |= {("object", item.name): f"o{number}" for number, item in enumerate(heap.objects)}
    for number, (name, where) in enumerate(zip(heap.threads, heap.where, strict=True)):
        dot.node(f"t{number}", graphviz.escape(f"{name}\n{where or 'has ended'}"), shape="ellipse", color="#57606a")
    for number, item in enumerate(heap.objects):
        dot.node(f"o{number}", graphviz.escape("\n".join(_lines(item))), shape="box", **_look(item, finding))
    for link in heap.links:
        _, colour, style = KINDS[link.kind]
        source = names["thread" if link.kind in ("local", "lock") else "object", link.source]
        target = names["object", link.target]
        dot.edge(source, target, label=graphviz.escape(link.label), color=colour, fontcolor=colour, style=style)
    source_text: str = dot.source
    return source_text


def _lines(item: HeapObject) -> list[str]:
    return [item.name + (" (freed)" if item.status == "freed" else ""), *item.fields]


def _look(item: HeapObject, finding: Finding) -> dict[str, str]:
    if item.status == "freed":
        return {"color": BAD, "fontcolor": BAD, "style": "dashed"}
    return {"color": BAD, "penwidth": "2"} if item.name in finding.objects else {"color": "#57606a"}


def _head(heap: Heap, finding: Finding, scenario: str) -> str:
    when = "at its end" if heap.step == heap.steps else f"after step {heap.step} of {heap.steps}"
    rows = [wrapped(f"The heap of {title(finding)}, {when}, scenario {scenario}", large=True), wrapped(finding.message)]
    there = dict.fromkeys(link.kind for link in heap.links)
    arrows = [
        f'<FONT COLOR="{colour}"><B>→</B> {escaped(words)}</FONT>'
        for kind, (words, colour, _) in KINDS.items()
        if kind in there
    ]
    return heading([*rows, "     ".join([*arrows, f'<FONT COLOR="{BAD}">red: in the finding, or freed</FONT>'])])
