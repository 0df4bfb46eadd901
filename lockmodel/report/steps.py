"""A witness as a graph of its steps, for programs that read graphs: what follows what, who hands a lock to whom."""

from __future__ import annotations

from itertools import pairwise

from lockmodel.findings.finding import Finding, Step, Upcoming, Waiting
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, lines
from lockmodel.report.lanes import arrange, told_end
from lockmodel.report.palette import BAD, BAD_GROUND, GREY, INK, LOOP
from lockmodel.report.rows import StepRow
from lockmodel.report.words import loop_told, size_of, title

SAME, OTHER = Arrow(INK), Arrow(GREY, stroke="dashed")
HANDED, ROUND = Arrow(GREY, stroke="dotted"), Arrow(LOOP, width=2.5)
BROKEN, WAITS = Look("octagon", BAD_GROUND, BAD, width=2), Look("box", BAD_GROUND, BAD, stroke="dashed")


def steps_diagram(finding: Finding, scenario: str) -> Diagram:
    """Every step is a box in the frame of its thread; none is folded. Who waits at the end is a box too."""
    lanes = arrange(finding, fold=False)
    rows = [row for row in lanes.rows if isinstance(row, StepRow)]
    nodes = [
        Node(
            f"s{row.step.n}",
            lines(f"{row.step.n}  {row.operation}", *filter(None, [row.outcome])),
            BROKEN if row.violation else Look(),
            _data(row.step, row.violation),
            row.step.thread,
        )
        for row in rows
    ]
    edges = [
        Edge(
            f"s{one.step.n}",
            f"s{other.step.n}",
            () if one.lane == other.lane else ("another thread goes on",),
            SAME if one.lane == other.lane else OTHER,
            {"kind": "then" if one.lane == other.lane else "switch"},
        )
        for one, other in pairwise(rows)
    ]
    edges += [
        Edge(f"s{its.released}", f"s{its.taken}", lines(its.lock), HANDED, {"kind": "handed over", "lock": its.lock})
        for its in lanes.handovers
    ]
    if finding.loop_from is not None:
        words = lines(loop_told(finding))
        edges.append(Edge(f"s{len(rows)}", f"s{finding.loop_from}", words, ROUND, {"kind": "again"}))
    for lane, end in lanes.ends:
        nodes.append(Node(f"w{lane}", lines(*told_end(end)), WAITS, _end_data(end), end.thread))
        last = next((row.step.n for row in reversed(rows) if row.lane == lane), None)
        edges += [Edge(f"s{last}", f"w{lane}", (), SAME, {"kind": "then"})] if last is not None else []
    there = {edge.arrow: None for edge in edges}
    signs = {
        "the same thread goes on": SAME, "another one does": OTHER, "the lock is handed over": HANDED,
        "gone round for ever": ROUND,
    }  # fmt: skip
    return Diagram(
        "witness",
        f"{title(finding)}, scenario {scenario}",
        (finding.message, size_of(finding)),
        tuple(nodes),
        tuple(edges),
        signs=tuple(Sign(text, arrow) for text, arrow in signs.items() if arrow in there),
        down=True,
    )


def _end_data(end: Waiting | Upcoming) -> dict[str, str | int | bool]:
    place = {"thread": end.thread, "spec": end.frame.spec, "source": end.frame.source or ""}
    if isinstance(end, Upcoming):
        return {"kind": "next", **place, "operation": end.operation}
    return {"kind": "waiting", **place, "wants": end.wants, "held_by": end.held_by or ""}


def _data(step: Step, broken: bool) -> dict[str, str | int | bool]:
    return {
        "kind": "step", "n": step.n, "thread": step.thread, "procedure": step.procedure, "spec": step.spec,
        "source": step.source or "", "operation": step.operation, "detail": step.detail,
        "changes": "; ".join(step.changes), "locks": "; ".join(step.locks), "breaks": broken,
    }  # fmt: skip
