"""The cells of the witness picture: what stands in a row of a lane, broken into lines that fit, and how high they are.

Takes the rows of `lanes`, gives lines with their sizes; where they stand on the page is `witness`'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from lockmodel.findings.finding import Upcoming, Waiting
from lockmodel.report.font import ARROW, width_of
from lockmodel.report.lanes import told_end
from lockmodel.report.rows import FoldRow, Row
from lockmodel.report.wrapping import break_lines

Kind = Literal["call", "step", "result", "badge", "fold", "blame", "wait", "space"]

SIZES: dict[str, float] = {
    "call": 10.5, "step": 12.5, "result": 12.5, "badge": 11, "fold": 11, "blame": 12, "wait": 12, "space": 1,
}  # fmt: skip
"""Font sizes. 12.5 is what a page of text has when the picture is printed at its natural size."""

HEIGHTS: dict[str, float] = {
    "call": 14, "step": 18, "result": 17, "badge": 19, "fold": 17, "blame": 17, "wait": 17, "space": 5,
}  # fmt: skip
"""Line heights; a badge has a box around it."""

STEP_INDENT = 8.0
"""For each procedure deeper in the stack."""

DEEPEST_INDENT = 5
"""A deep stack must not push the text out of its lane."""

BADGE_PAD = 5.0
"""Between a badge's text and its edge."""

BADGE_GAP = 8.0
"""Between an operation and the badge beside it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell; `badge` is a change of value that stands at its end, in a box."""

    kind: Kind
    text: str
    indent: float
    badge: str = ""

    @property
    def bold(self) -> bool:
        """Whether it is set bold."""
        return self.kind == "blame"

    @property
    def size(self) -> float:
        """Its font size."""
        return SIZES[self.kind]

    @property
    def height(self) -> float:
        """The room that it takes downwards."""
        return HEIGHTS[self.kind]

    @property
    def width(self) -> float:
        """The room that it takes to the right."""
        width = self.indent + width_of(self.text, self.size, bold=self.bold)
        if self.kind == "badge":
            width += 2 * BADGE_PAD
        if self.badge:
            width += BADGE_GAP + badge_width(self.badge)
        return width


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row puts into one lane. `anchor` is the line that the step's number stands beside."""

    lines: tuple[Line, ...]
    anchor: int

    @property
    def height(self) -> float:
        """Of all lines."""
        return sum(line.height for line in self.lines)

    @property
    def width(self) -> float:
        """Of the widest line."""
        return max([0.0, *(line.width for line in self.lines)])

    @property
    def anchor_middle(self) -> float:
        """How far below the cell's top the middle of the anchor line is."""
        return sum(line.height for line in self.lines[: self.anchor]) + self.lines[self.anchor].height / 2


def badge_width(text: str) -> float:
    """The width of a badge with its box."""
    return width_of(text, SIZES["badge"]) + 2 * BADGE_PAD


def cell_of(row: Row, room: float, blame: str) -> Cell:
    """The cell of `row` in a lane with `room` for text; `blame` names the rule under a step that breaks it."""
    if isinstance(row, FoldRow):
        return Cell((Line("fold", row.text, STEP_INDENT + 10),), 0)
    lines: list[Line] = []
    first_call = row.depth - len(row.calls) + 1
    for level, call in enumerate(row.calls):
        lines += _broken("call", call, _indent(first_call + level), room)
    if row.violation:
        lines.append(Line("space", "", 0))  # the box around what is wrong needs room above
    anchor = len(lines)
    indent = _indent(row.depth) + STEP_INDENT
    whole = f"{row.operation} {row.result}" if row.result.startswith("=") else f"{row.operation}  {row.result}".strip()
    if Line("step", whole, indent).width <= room:
        lines.append(Line("step", whole, indent))
    else:
        lines += _broken("step", row.operation, indent, room)
        lines += _broken("result", row.result, indent + 10, room) if row.result else []
    change = row.change.replace(" -> ", f" {ARROW} ")
    with_badge = replace(lines[-1], badge=change)
    if with_badge.width <= room:
        lines[-1] = with_badge
    else:
        lines += _broken("badge", change, indent + 10, room)
    for location, values in row.effects:
        effect = f"{location}  {values}".strip().replace(" -> ", f" {ARROW} ")
        lines += _broken("badge", effect, indent + 10, room)
    if row.violation:
        lines += _broken("blame", blame, indent, room)
        lines.append(Line("space", "", 0))
    return Cell(tuple(lines), anchor)


def end_cell(end: Waiting | Upcoming, room: float) -> Cell:
    """What stands in the lane of a thread that cannot move, or of one that would break the rule next."""
    first, *others = told_end(end)
    lines = _broken("blame", first, 0, room)
    for text in others:
        lines += _broken("wait", text, 0, room)
    at = end.frame.source or end.frame.spec
    lines += _broken("call", f"in {end.frame.procedure}, {at}", 0, room)
    return Cell(tuple(lines), 0)


def _indent(depth: int) -> float:
    return STEP_INDENT * max(0, min(depth, DEEPEST_INDENT))


def _broken(kind: Kind, text: str, indent: float, room: float) -> list[Line]:
    """`text` in lines that fit `room`, the later ones indented a little more."""
    room -= 2 * BADGE_PAD if kind == "badge" else 0
    more = 0.0 if kind in ("badge", "blame", "wait") else 10.0
    measure = partial(width_of, size=SIZES[kind], bold=kind == "blame")
    pieces = break_lines(text, max(40.0, room - indent), max(40.0, room - indent - more), measure)
    return [Line(kind, piece, indent + (more if index else 0)) for index, piece in enumerate(pieces)]
