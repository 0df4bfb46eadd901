"""How wide text is in a picture.

The measures are those of Aileron, the font that Pillow carries, so that no system font is needed; they stand here as
numbers, so that a layout is the same with any version of Pillow and FreeType. A test compares them with the font.
"""

from __future__ import annotations

import unicodedata

FIRST = 32
"""The table begins with the blank."""

ADVANCES = (
    260, 242, 339, 580, 580, 740, 654, 176, 315, 315, 560, 580, 220, 274, 220, 303, 580, 580, 580, 580,
    580, 580, 580, 580, 580, 580, 220, 220, 580, 580, 580, 499, 852, 639, 627, 699, 709, 587, 567, 710,
    730, 264, 544, 609, 575, 866, 718, 737, 598, 733, 619, 585, 612, 682, 622, 952, 625, 581, 591, 307,
    303, 295, 580, 500, 300, 531, 611, 529, 615, 549, 290, 615, 593, 238, 233, 522, 247, 855, 593, 586,
    611, 615, 330, 459, 313, 592, 514, 785, 482, 513, 462, 303, 250, 303, 580,
)  # fmt: skip
"""Widths of the characters from blank to tilde, in thousandths of the size. The blank is wider than the font's (216):
operations are full of thin letters, among which a narrow blank is lost."""

ARROW = "\u2192"
"""Stands for "->" in pictures. The font has none, so `raster` draws it."""

ARROW_ADVANCE = 900

UNKNOWN = 600
"""The width of any other character: the viewer's font decides, and the SVG squeezes it into this."""

BOLD = 1.06
"""A bold line is so much wider, in the fonts that stand in for ours and in our thickened one."""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of `text` on one line."""
    return sum(advances(text)) * size / 1000 * (BOLD if bold else 1)


def advances(text: str) -> list[int]:
    """How far each character moves on, in thousandths of the size."""
    return [_advance(character) for character in text]


def _advance(character: str) -> int:
    index = ord(character) - FIRST
    if 0 <= index < len(ADVANCES):
        return ADVANCES[index]
    if character == ARROW:
        return ARROW_ADVANCE
    return 1000 if unicodedata.east_asian_width(character) in "WF" else UNKNOWN


def drawable(text: str) -> str:
    """`text` in the characters that the font has: accents are dropped, what is left over becomes a question mark."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return "".join(character if _has(character) else "?" for character in kept)


def _has(character: str) -> bool:
    return FIRST <= ord(character) < FIRST + len(ADVANCES) or character == ARROW
