"""A witness as a sequence diagram of Mermaid: a participant for each thread, a note for each step in its order."""

from __future__ import annotations

from collections.abc import Iterator

from lockmodel.findings.finding import Finding
from lockmodel.report.columns import beside
from lockmodel.report.diagram import broken
from lockmodel.report.lanes import Lanes, arrange, told_end
from lockmodel.report.mermaid import escape, head, label
from lockmodel.report.places import place_of
from lockmodel.report.rows import Row, StepRow
from lockmodel.report.words import loop_told, size_of, title

BLAME = "rect rgba(179, 18, 29, 0.18)"
"""The ground of what breaks the rule: it can be seen through, so that words stay readable on any ground."""


def to_sequence(finding: Finding, scenario: str, *, fold: bool = True) -> str:
    """The witness in Mermaid; `fold` joins the reads of a long one that nobody needs to see."""
    lanes = arrange(finding, fold=fold, picture=True)
    return "\n".join([*head(f"{title(finding)}, scenario {scenario}"), *_lines(finding, lanes)]) + "\n"


def _lines(finding: Finding, lanes: Lanes) -> Iterator[str]:
    yield "sequenceDiagram"
    yield f"    accTitle: {escape(title(finding))}"
    yield f"    accDescr: {escape(f'{finding.message} {size_of(finding)}')}"
    for lane, thread in enumerate(lanes.threads):
        yield f"    participant t{lane} as {escape(thread)}"
    handed = {handover.taken: handover for handover in lanes.handovers}
    lane_of = {row.step.n: row.lane for row in lanes.rows if isinstance(row, StepRow)}
    for row in lanes.rows:
        if isinstance(row, StepRow) and row.loop in ("first", "whole"):
            yield f"    loop {escape(loop_told(finding))}"
        handover = handed.get(row.step.n) if isinstance(row, StepRow) else None
        if handover is not None and handover.released in lane_of:
            yield f"    t{lane_of[handover.released]}-->>t{row.lane}: {escape(f'{handover.lock} handed over')}"
        yield from _step(row, finding)
        if isinstance(row, StepRow) and row.loop in ("last", "whole"):
            yield "    end"
    if lanes.ends:
        yield f"    {BLAME}"
        for lane, end in lanes.ends:
            yield f"    Note over t{lane}: {label(told_end(end))}"
        yield "    end"


def _step(row: Row, finding: Finding) -> Iterator[str]:
    """A note; on red ground, with the rule, where it is broken."""
    if not isinstance(row, StepRow):
        yield f"    Note over t{row.lane}: {label([f'{row.rows[0].step.n} to {row.rows[-1].step.n}: {row.text}'])}"
        return
    at = place_of(row.step.source or row.step.spec)
    place = f"  :{at.line}" if at is not None and at.line else ""
    said = [f"{row.step.n}: {beside(row.operation, row.outcome)}{place}", *(beside(*effect) for effect in row.effects)]
    said += [title(finding)] if row.violation else []
    note = f"    Note over t{row.lane}: {label([piece for line in said for piece in broken(line)])}"
    yield from (f"    {BLAME}", note, "    end") if row.violation else (note,)
