"""The report for people: a record, made or given, with its pictures and the page that tells of it.

record      search, or what an earlier run wrote            (record, earlier)
pictures    of each defect its schedule and what it ends in (check, report)
page        one HTML file                                   (report.review)
"""

from __future__ import annotations

import dataclasses
import linecache
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from lockmodel import check
from lockmodel.check import Progress
from lockmodel.earlier import read_record
from lockmodel.errors import LockmodelError
from lockmodel.explain import pages
from lockmodel.findings.record import Record
from lockmodel.record import RecordOptions, record
from lockmodel.report.diagram import Diagram
from lockmodel.report.focus import focused
from lockmodel.report.graphs import render
from lockmodel.report.heap import heap_diagram
from lockmodel.report.json_text import as_json
from lockmodel.report.lock_order import lock_order_diagram
from lockmodel.report.places import place_of
from lockmodel.report.review import Pictures, review_html
from lockmodel.report.review.defects import DefectView, worst_first
from lockmodel.report.review.sections import order_of
from lockmodel.report.vector import inline_svg
from lockmodel.report.wait_for import wait_for_diagram
from lockmodel.report.witness import witness_svg
from lockmodel.target import split_target

BEGIN, END = "<!-- laid out by Graphviz -->", "<!-- end of layout -->"
"""Around a picture: where its shapes stand is Graphviz's, and need not be the same for another version of it."""

BY_HEAP = ("LM303", "LM304", "LM305", "LM306", "LM307", "LM308", "LM401", "LM402", "LM403")
"""Rules whose findings are understood from who refers to what at the end."""


@dataclass(frozen=True)
class ReviewOptions:
    """What to record, or where an earlier record or check stands that takes its place."""

    record: RecordOptions
    earlier: Path | None = None


@dataclass(frozen=True)
class ReviewRun:
    """The files of a review by their names, none where nothing was searched; `undrawn` says why a graph is missing."""

    record: Record | None
    interrupted: bool
    files: dict[str, bytes]
    undrawn: str = ""


def review(options: ReviewOptions, progress: Callable[[Progress], None] | None = None) -> ReviewRun:
    """Make the record, or read it, and all the files that tell of it."""
    if options.earlier is None:
        run = record(options.record, progress)
        told, interrupted = run.record, run.interrupted
    else:
        told, interrupted = read_record(options.earlier, options.record), False
    if told is None:
        return ReviewRun(None, interrupted, {})
    drawn = _Drawn(told, split_target(options.record.check.target)[0])
    pictures = drawn.run()
    page = review_html(told, pictures, {page.code: page for page in pages()}, read_line)
    files = {**drawn.files, "findings.json": as_json(told), "index.html": page}
    return ReviewRun(told, interrupted, files, drawn.undrawn)


PICTURE = re.compile(r"(\d+-LM\d+-(witness|wait-for|heap)|lock-order-.+)\.(svg|dot)")
"""What our pictures are called."""


def left_over(folder: Path, files: Collection[str]) -> list[Path]:
    """Pictures of an earlier review in its folder: what they show may be gone by now."""
    there = sorted((folder / "pictures").glob("*"))
    return [path for path in there if PICTURE.fullmatch(path.name) and f"pictures/{path.name}" not in files]


def read_line(place: str) -> str:
    """The text of a line of the spec, or "" where it cannot be read."""
    at = place_of(place)
    return linecache.getline(at.path, at.line).strip() if at and at.line else ""


class _Drawn:
    """Draws the pictures of a record. `files` are their names and bytes."""

    def __init__(self, told: Record, spec: str) -> None:
        self._record = told
        self._spec = spec
        self.files: dict[str, bytes] = {}
        self.undrawn = ""
        self._pieces = 0

    def run(self) -> Pictures:
        order = {}
        for holding in self._record.holds:
            if (table := order_of(self._record, holding)) is not None:
                diagram = lock_order_diagram(table)
                self._file(f"lock-order-{_safe(holding.design)}", diagram)
                if svg := self._inline(diagram, f"The lock order of design {holding.design}"):
                    order[holding.design] = svg
        ends, names = {}, {}
        defects = worst_first(self._record, read_line)
        stepped = [defect for defect in defects if defect.shown.finding.steps]
        films = check.playbacks(self._spec, [defect.shown.finding for defect in stepped])
        played = {defect.number: film for defect, film in zip(stepped, films, strict=True)}
        for defect in defects:
            before = len(self.files)
            if told := self._defect(defect):
                ends[defect.number] = told
            names[defect.number] = tuple(list(self.files)[before:])
        return Pictures(order, ends, played, names)

    def _defect(self, defect: DefectView) -> tuple[str, str] | None:
        """The schedule of a defect as a file, and what it ends in as a file and for the page."""
        shown, finding = defect.shown, defect.shown.finding
        stem = f"{defect.number}-{finding.rule}"
        if finding.steps or finding.waiting:
            design = ", ".join([shown.design or self._record.design, *shown.switches])
            self.files[f"pictures/{stem}-witness.svg"] = witness_svg(
                finding, shown.scenario, spec=self._record.spec, model=self._record.model, design=design
            )
        if finding.waiting:
            head, diagram = "Who waits for whom at the end", wait_for_diagram(finding, shown.scenario)
            self._file(f"{stem}-wait-for", diagram)
        elif finding.rule in BY_HEAP:
            heap = check.heap(self._spec, finding.schedule)
            self._file(f"{stem}-heap", heap_diagram(heap, finding, shown.scenario))
            head = "The objects concerned at the end, and who refers to them"
            diagram = heap_diagram(focused(heap, defect.story.concerned), finding, shown.scenario)
        else:
            return None
        svg = self._inline(diagram, head)
        return (head, svg) if svg else None

    def _file(self, name: str, diagram: Diagram) -> None:
        """A graph as DOT, and as SVG where Graphviz draws."""
        self.files[f"pictures/{name}.dot"] = render(diagram, "dot")
        if svg := self._laid_out(diagram):
            self.files[f"pictures/{name}.svg"] = svg

    def _inline(self, diagram: Diagram, title: str) -> str:
        """A graph for the page, which says beside it what else would stand above; "" where Graphviz does not draw."""
        svg = self._laid_out(dataclasses.replace(diagram, title=title, notes=(), findings=()))
        self._pieces += 1
        return f"{BEGIN}\n{inline_svg(svg, f'graph-{self._pieces}')}\n{END}" if svg else ""

    def _laid_out(self, diagram: Diagram) -> bytes:
        if self.undrawn:
            return b""
        try:
            return render(diagram, "svg")
        except LockmodelError as error:
            self.undrawn = str(error)
            return b""


def _safe(name: str) -> str:
    """A name of a design as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "design"
