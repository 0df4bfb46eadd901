"""What a terminal can show: its characters, its colours, its width. Gives text as plain characters or with colours."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from lockmodel.report.wrapping import UNPRINTABLE, break_lines

PLAIN_WIDTH = 110
"""The width of what does not go to a terminal: two lanes with their places fit, and so does a review's margin."""

NARROWEST, WIDEST = 60, 160
"""Below, the lanes are unreadable whatever one does; beyond, the eye loses the line."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that are not letters. Each is one cell wide."""

    bar: str
    take: str
    drop: str
    rule: str
    across: str
    leave_right: str
    leave_left: str
    enter_right: str
    enter_left: str
    cross: str
    dot: str
    move: str


UNICODE = Glyphs("│", "┌", "└", "─", "╌", "╰", "╯", "╮", "╭", "✗", "·", "●")
ASCII = Glyphs("|", "+", "+", "-", "-", "`", "'", ".", ".", "x", ".", "*")

LOCK_STYLES = ("blue", "yellow", "green", "magenta", "cyan")
"""Told apart on dark and on light ground; red is kept for what is wrong."""

BAD, GOOD, UNSURE, FAINT, STRONG, CHANGE = "bold red", "bold green", "bold yellow", "bright_black", "bold", "yellow"


@dataclass(frozen=True, slots=True)
class Terminal:
    """How to print: columns, whether colours are wanted, which characters there are."""

    width: int = PLAIN_WIDTH
    colour: bool = False
    glyphs: Glyphs = UNICODE

    def show(self, text: Text) -> str:
        """`text` as a string that ends in one newline; without colours it has no blanks at the ends of lines."""
        lines = text.split("\n", allow_blank=True)
        for line in lines:
            # One character for one, so that the colours stay where they are.
            line.plain = UNPRINTABLE.sub("?", line.plain)
            line.rstrip()
        if not self.colour:
            return "\n".join(line.plain for line in lines).rstrip("\n") + "\n"
        out = io.StringIO()
        console = Console(
            file=out, force_terminal=True, color_system="standard", no_color=False, legacy_windows=False,
            highlight=False, markup=False, emoji=False, width=10_000, _environ={},
        )  # fmt: skip
        console.print(Text("\n").join(lines), soft_wrap=True, end="")
        return out.getvalue().rstrip("\n") + "\n"


def terminal_for(stream: TextIO, environment: Mapping[str, str], columns: int) -> Terminal:
    """How to print to `stream`: colours only on a terminal, and never against NO_COLOR or TERM=dumb."""
    interactive = stream.isatty()
    colour = interactive and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    width = max(NARROWEST, min(WIDEST, columns)) if interactive else PLAIN_WIDTH
    return Terminal(width, colour, UNICODE if can_show_unicode(stream) else ASCII)


def can_show_unicode(stream: TextIO) -> bool:
    """Whether the stream's encoding has our characters."""
    try:
        "".join(getattr(UNICODE, name) for name in UNICODE.__slots__).encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True


def wrap(text: str, width: int, hanging: int = 0) -> list[str]:
    """`text` in lines of at most `width` cells, the second and later ones indented by `hanging`."""
    hanging = min(hanging, width // 2)
    first, *rest = break_lines(text, width, width - hanging, cell_len)
    return [first, *(" " * hanging + line for line in rest)]


def pad(text: Text, width: int) -> Text:
    """`text` with blanks after it, `width` cells in all."""
    text.append(" " * max(0, width - text.cell_len))
    return text


def table(
    head: list[str], rows: list[list[Text]], *, right: frozenset[int], rule: str, indent: int = 2, gap: int = 2
) -> Text:
    """Columns as wide as their widest cell, under a head and a rule; `right` are the columns of numbers."""
    widths = [max([cell_len(name), *(row[index].cell_len for row in rows)]) for index, name in enumerate(head)]
    text = Text()

    def line(cells: list[Text]) -> None:
        text.append(" " * indent)
        for index, cell in enumerate(cells):
            blank = " " * (widths[index] - cell.cell_len)
            text.append_text(Text.assemble(blank, cell) if index in right else Text.assemble(cell, blank))
            text.append(" " * gap if index < len(cells) - 1 else "\n")

    line([Text(name, FAINT) for name in head])
    line([Text(rule * width, FAINT) for width in widths])
    for row in rows:
        line(row)
    return text
