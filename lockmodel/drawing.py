"""The command `graph`: a finding's schedule, who waits for whom at its end, the heap at one of its
steps, what protects what, the lock order, every schedule of a scenario.

Takes a target and options, calls `check`, hands what it gives to `report`, and gives the exit code. What draws takes a
quarter of a second to load, and 20 MB, which a check goes without: so it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lockmodel import check
from lockmodel.batch import check_target, show_progress, to_check
from lockmodel.errors import UsageError
from lockmodel.findings.finding import CheckResult, Finding
from lockmodel.options import Options
from lockmodel.outcome import Exit
from lockmodel.output import print_bytes, print_text
from lockmodel.report.files import write_file
from lockmodel.report.json_text import as_json
from lockmodel.selection import pick_finding, pick_one, picks_bypass

if TYPE_CHECKING:
    from lockmodel.report.diagram import Diagram
    from lockmodel.report.graphs import GraphFormat, Renderer


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw: the kind, the file (None: text to stdout), the picked finding, how many boxes, which step."""

    kind: str
    path: Path | None
    pick: str | None
    renderer: Renderer
    boxes: int
    step: int | None

    @property
    def form(self) -> str:
        """The format: what the file's name ends in."""
        return "txt" if self.path is None else self.path.suffix.removeprefix(".").lower()


def draw(target: str, drawing: Drawing, options: Options) -> Exit:
    """Check the target and draw it."""
    if drawing.kind == "interleavings":
        return _draw_interleavings(target, drawing, options)
    if drawing.kind == "protection":
        return _draw_protection(target, drawing, options)
    if drawing.kind == "lock-order":
        return _draw_lock_order(target, drawing, options)
    return _draw_finding(target, drawing, options)


def _draw_finding(target: str, drawing: Drawing, options: Options) -> Exit:
    run = check_target(target, replace(options, waiting=options.waiting or picks_bypass(drawing.pick)))
    result = run.result
    scenario, finding = pick_finding(result, drawing.pick, waits=drawing.kind == "wait-for")
    if drawing.kind == "heap":
        from lockmodel.report.heap import heap_diagram

        heap = check.heap(target, finding.schedule, drawing.step)
        data = _rendered(heap_diagram(heap, finding, scenario), drawing)
    elif drawing.kind == "wait-for":
        from lockmodel.report.wait_for import wait_for_diagram

        data = _rendered(wait_for_diagram(finding, scenario), drawing)
    else:
        data = _witness(finding, scenario, result, drawing, fold=not options.verbose)
    _put(data, drawing, options, f"the {drawing.kind} graph of {finding.rule} {finding.name}, scenario {scenario}")
    return Exit.INTERRUPTED if run.interrupted else Exit.VERIFIED


def _witness(finding: Finding, scenario: str, result: CheckResult, drawing: Drawing, *, fold: bool) -> bytes:
    """A witness in lanes; for other programs as the graph of its steps."""
    if drawing.form in ("svg", "png"):
        from lockmodel.report.witness import witness_png, witness_svg

        paint = witness_svg if drawing.form == "svg" else witness_png
        return paint(finding, scenario, spec=result.spec, model=result.model, design=result.design, fold=fold)
    if drawing.form == "mmd":
        from lockmodel.report.sequence import to_sequence

        return to_sequence(finding, scenario, fold=fold).encode()
    from lockmodel.report.steps import steps_diagram

    return _rendered(steps_diagram(finding, scenario), drawing)


def _draw_protection(target: str, drawing: Drawing, options: Options) -> Exit:
    from lockmodel.report.protection import protection_diagram

    run = check_target(target, options)
    diagram = protection_diagram(run.result.protection, run.result.spec)
    _put(_rendered(diagram, drawing), drawing, options, f"the protection graph of {run.result.spec}")
    return Exit.INTERRUPTED if run.interrupted else Exit.VERIFIED


def _draw_lock_order(target: str, drawing: Drawing, options: Options) -> Exit:
    from lockmodel.report.lock_order import lock_order_diagram, lock_order_text, order_table

    run = check_target(target, options)
    table = order_table(run.result)
    if not table.classes:
        raise UsageError(
            f"{target}: there is no lock order\n  No lock is asked for under another, and none is declared."
        )
    if drawing.form == "json":
        data = as_json(table)
    else:
        data = (
            lock_order_text(table).encode() if drawing.form == "txt" else _rendered(lock_order_diagram(table), drawing)
        )
    _put(data, drawing, options, f"the lock order of {run.result.spec}")
    return Exit.INTERRUPTED if run.interrupted else Exit.VERIFIED


def _draw_interleavings(target: str, drawing: Drawing, options: Options) -> Exit:
    def picked(findings: Sequence[Finding]) -> int | None:
        if drawing.pick is None:
            return None
        names = [(finding.rule, finding.place.spec) for finding in findings]
        return pick_one(range(len(findings)), names, drawing.pick, target)

    with show_progress(options) as progress:
        told = check.interleavings(to_check(target, options), drawing.boxes, picked, progress)
    if drawing.form == "json":
        data = as_json(told)
    else:
        from lockmodel.report.interleavings import interleavings_diagram, interleavings_text

        text = drawing.form == "txt"
        data = interleavings_text(told).encode() if text else _rendered(interleavings_diagram(told), drawing)
    shown = "all of it" if told.around is None else f"what lies around one schedule of {told.states:,} states"
    if told.cut:
        shown = f"what lies around the schedule of a finding, as far as it is known; {told.cut}"
    _put(data, drawing, options, f"the interleavings of scenario {told.scenario}: {shown}")
    return Exit.INCOMPLETE if told.cut else Exit.VERIFIED


def _rendered(diagram: Diagram, drawing: Drawing) -> bytes:
    from lockmodel.report.graphs import render

    return render(diagram, cast("GraphFormat", drawing.form), renderer=drawing.renderer)


def _put(data: bytes, drawing: Drawing, options: Options, what: str) -> None:
    """Write the file and say so, or print what is text."""
    if drawing.path is None:
        print_bytes(data)
        return
    write_file(drawing.path, data)
    if not options.quiet:
        print_text(f"{drawing.path}: {what}")
