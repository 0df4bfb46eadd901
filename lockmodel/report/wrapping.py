"""Breaking text into lines, whatever it is measured in: cells of a terminal or points of a picture.

Most of what is long here is a name or an operation, so a line may break after a comma, a bracket or a dot as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Measure = Callable[[str], float]

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What would break a line, move a cursor, turn the order of letters round or not be written at all."""


def printable(text: str) -> str:
    """`text` on one line, with a question mark for what cannot be shown."""
    return UNPRINTABLE.sub("?", text.replace("\n", " ").replace("\t", " "))


def break_lines(text: str, first: float, rest: float, measure: Measure) -> list[str]:
    """`text` in lines: the first at most `first` wide, the others `rest`. A line has at least one character."""
    lines: list[str] = []
    left = printable(text).rstrip()
    width = first
    while len(left) > 1 and measure(left) > width:
        cut = _break(left, _fitting(left, width, measure))
        lines.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
        width = rest
    return [*lines, left]


def _fitting(text: str, width: float, measure: Measure) -> int:
    """How many characters of `text` fit, found by halving: measuring is the dear part."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _break(text: str, most: int) -> int:
    """Where to break `text`, at most `most` characters in, and not in its first third however nice the place."""
    if text[most : most + 1] == " ":
        return max(1, most)
    blank = text.rfind(" ", 0, most)
    if blank > most // 3:
        return blank + 1
    for after in (",(./", "_"):
        for index in range(most, most // 3, -1):
            if text[index - 1] in after:
                return index
    return max(1, most)
