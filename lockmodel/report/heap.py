"""The heap at one step of a witness as a graph: objects and their fields, who refers to them, who holds their locks."""

from __future__ import annotations

from lockmodel.findings.finding import Finding, Heap, HeapObject
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, lines
from lockmodel.report.palette import BAD, DOUBT, GREY, INK
from lockmodel.report.words import title

KINDS = {
    "field": ("a field refers to it", Arrow(INK, INK)),
    "list": ("it is on a list, at this place", Arrow("#0072b2", INK, head="vee")),
    "local": ("a local that is still read refers to it", Arrow(GREY, GREY, stroke="dashed")),
    "lock": ("the thread holds its lock", Arrow(DOUBT, INK, 2.5)),
}
"""What each kind of link says, and its arrow."""

PLAIN, CONCERNED = Look(), Look(line=BAD, width=2, double=True)
FREED, THREAD = Look(line=BAD, words=BAD, stroke="dashed"), Look("ellipse")


def heap_diagram(heap: Heap, finding: Finding, scenario: str) -> Diagram:
    """Objects are boxes, the freed ones dashed and red, threads are ellipses."""
    names = {("thread", name): f"t{number}" for number, name in enumerate(heap.threads)}
    names |= {("object", item.name): f"o{number}" for number, item in enumerate(heap.objects)}
    nodes = [
        Node(f"t{number}", lines(name, where or "has ended"), THREAD, {"kind": "thread", "name": name, "place": where})
        for number, (name, where) in enumerate(zip(heap.threads, heap.where, strict=True))
    ]
    nodes += [_object(f"o{number}", item, finding) for number, item in enumerate(heap.objects)]
    edges = [
        Edge(
            names["thread" if link.kind in ("local", "lock") else "object", link.source],
            names["object", link.target],
            lines(link.label),
            KINDS[link.kind][1],
            {"kind": link.kind, "name": link.label},
        )
        for link in heap.links
    ]
    when = "at its end" if heap.step == heap.steps else f"after step {heap.step} of {heap.steps}"
    there = dict.fromkeys(link.kind for link in heap.links)
    signs = [Sign(words, arrow) for kind, (words, arrow) in KINDS.items() if kind in there]
    looks = [node.look for node in nodes]
    signs += [Sign("in the finding", CONCERNED)] if CONCERNED in looks else []
    signs += [Sign("freed", FREED)] if FREED in looks else []
    head = f"The heap of {title(finding)}, {when}, scenario {scenario}"
    return Diagram("heap", head, (finding.message,), tuple(nodes), tuple(edges), signs=tuple(signs))


def _object(name: str, item: HeapObject, finding: Finding) -> Node:
    freed = item.status == "freed"
    look = FREED if freed else CONCERNED if item.name in finding.objects else PLAIN
    data = {"kind": "object", "name": item.name, "status": item.status, "fields": "; ".join(item.fields)}
    return Node(name, lines(item.name + (" (freed)" if freed else ""), *item.fields), look, data)
