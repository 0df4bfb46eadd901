"""What protects what, over all states of a run, as a graph: fields that are protected in the same way are one box."""

from __future__ import annotations

from collections.abc import Sequence

from lockmodel.errors import UsageError
from lockmodel.findings.finding import Protection
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, lines
from lockmodel.report.palette import BAD
from lockmodel.report.words import count, told_protection

ALWAYS, WRITING, SOME = Arrow(), Arrow(stroke="dashed"), Arrow(stroke="dotted")

ARROWS = {"locked-writes": WRITING, "some-lock": SOME}
"""How the line to a lock is drawn that does not always protect the field."""

MEANINGS = {
    "always under it": ALWAYS,
    "under it for writing only": WRITING,
    "under some lock of that class, not always the same one": SOME,
}


def protection_diagram(fields: Sequence[Protection], spec: str) -> Diagram:
    """Fields are boxes, in a frame for each struct, locks are ellipses; what nothing protects is red and thick."""
    if not fields:
        raise UsageError("no step of any scenario touches a field\n  Name a scenario whose threads do something.")
    alike: dict[tuple[str, str, tuple[str, ...], str], list[Protection]] = {}
    for one in fields:
        alike.setdefault((_struct(one), one.observed, tuple(one.locks), told_protection(one)), []).append(one)
    names: dict[tuple[str, str], str] = {}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for struct in dict.fromkeys(map(_struct, fields)):
        for (its, observed, locks, told), members in alike.items():
            if its != struct:
                continue
            name = f"n{len(nodes)}"
            said = () if told == f"under {' and '.join(locks)}" else (f"({told})",)
            look = Look(line=BAD, words=BAD, width=2) if observed == "unprotected" else Look()
            words = [one.field.partition(".")[2] or one.field for one in members]
            data = {
                "kind": "field",
                "fields": ", ".join(one.field for one in members),
                "observed": observed,
                "declared": ", ".join(one.declared or "" for one in members),
                "told": told,
            }
            nodes.append(Node(name, lines(*words, *said), look, data, struct))
            for lock in locks:
                if (struct, lock) not in names:
                    names[struct, lock] = f"n{len(nodes)}"
                    data = {"kind": "lock", "lock": lock}
                    nodes.append(Node(f"n{len(nodes)}", lines(lock), Look("ellipse"), data, struct))
                words = ["writing"] if observed == "locked-writes" else []
                arrow = ARROWS.get(observed, ALWAYS)
                edges.append(Edge(name, names[struct, lock], tuple(words), arrow, {"kind": observed}))
    bare = sum(one.observed == "unprotected" for one in fields)
    there = [edge.arrow for edge in edges]
    return Diagram(
        "protection",
        f"What protects what in {spec}",
        (f"{count(len(fields), 'field')}, as every state of every scenario shows it",),
        tuple(nodes),
        tuple(edges),
        (f"by nothing: {count(bare, 'field')} (red, a thick frame)",) if bare else (),
        tuple(Sign(text, arrow) for text, arrow in MEANINGS.items() if arrow in there),
    )


def _struct(one: Protection) -> str:
    """The struct of a field; "" of a global."""
    return one.field.rpartition(".")[0] and one.field.partition(".")[0]
