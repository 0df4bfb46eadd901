"""What stands above a graph: a title, sentences and a legend, as one HTML-like label of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lockmodel.report.wrapping import break_lines, printable

WIDTH, LARGE = 100, 76
"""Letters on a line, and on one of the title: Graphviz breaks none, and a graph is as wide as its title."""


def heading(rows: Sequence[str]) -> str:
    """A label of these rows, one below the other; they are HTML already."""
    lines = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="0">{lines}</TABLE>>'


def wrapped(text: str, *, large: bool = False) -> str:
    """A sentence as HTML, broken into lines; in `large` letters where it is the title."""
    width = LARGE if large else WIDTH
    lines = [escaped(line) for line in break_lines(text, width, width, len)]
    if large:
        lines = [f'<FONT POINT-SIZE="16"><B>{line}</B></FONT>' for line in lines]
    return "".join(f'{line}<BR ALIGN="LEFT"/>' for line in lines) if len(lines) > 1 else lines[0]


def escaped(text: str) -> str:
    """For HTML, which cannot hold control characters even escaped."""
    return escape(printable(text))
