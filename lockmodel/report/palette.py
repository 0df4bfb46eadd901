"""The colours of all pictures, and what stands for each of them on a dark ground.

No colour says anything alone: a word, a shape or the way of a line says it too. Words are never in the colours of locks
and threads, which are for lines and areas; a test holds the contrast of words and of lines on both grounds.
"""

from __future__ import annotations

PAPER, INK, GREY, FAINT, RULE, LEADER, RUN = (
    "#ffffff", "#1f2328", "#57606a", "#6e7781", "#d0d7de", "#eef1f4", "#f6f8fa",
)  # fmt: skip
EDGE, HEAD = "#c9d1d9", "#e9edf1"
BAD, BAD_GROUND, DOOMED = "#b3121d", "#ffecea", "#ffdcd7"
BADGE, BADGE_EDGE, BADGE_INK = "#fff3c9", "#dfc36a", "#4d3800"
GOOD, SAFE, DOUBT, UNKNOWN = "#1a7f37", "#eceff2", "#8a5d00", "#fff8e1"
LOOP = "#0969da"

LOCK_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#7f7f7f", "#8c5a2b")
"""Okabe and Ito's palette (2008), told apart by the colour-blind, less its vermilion and yellow: one is near the red of
a violation, the other invisible on white. They are the same on both grounds. Letters name the locks a second time."""

THREAD_COLOURS = LOCK_COLOURS

ON_COLOUR = "#fefefe"
"""Light words on an area of a strong colour: the same on both grounds, so that it is not the white of the paper."""

ON_BRIGHT = "#101418"
"""Dark words on an area of a bright colour."""

DARK_WORDS = {
    INK: "#e6edf3", GREY: "#a9b3bd", FAINT: "#8f99a3", BAD: "#ff8a80", BADGE_INK: "#f2cc60", GOOD: "#56d364",
    DOUBT: "#e3b341", LOOP: "#79b8ff",
}  # fmt: skip
DARK_AREAS = {
    PAPER: "#0d1117", RUN: "#161b22", HEAD: "#21262d", BAD_GROUND: "#3c1618", DOOMED: "#4a1a1c", SAFE: "#21262d",
    UNKNOWN: "#2e2a1a", BADGE: "#3a3013", BAD: "#d1343c", INK: "#e6edf3", GREY: "#a9b3bd", FAINT: "#8f99a3",
    GOOD: "#3fb950", DOUBT: "#e3b341", LOOP: "#58a6ff", RULE: "#444c56",
}  # fmt: skip
DARK_LINES = {
    INK: "#e6edf3", GREY: "#a9b3bd", FAINT: "#8f99a3", RULE: "#444c56", LEADER: "#21262d", EDGE: "#444c56",
    BAD: "#f85149", BADGE_EDGE: "#8a6d1c", GOOD: "#3fb950", DOUBT: "#e3b341", LOOP: "#58a6ff", PAPER: "#0d1117",
}  # fmt: skip
"""By what is painted: words, areas (heads of arrows among them), lines. What is not named stays as it is."""


def words_on(colour: str) -> str:
    """The colour of words that stand on an area of `colour`: whichever is easier to read."""
    return max(ON_COLOUR, ON_BRIGHT, key=lambda words: contrast(words, colour))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 reckons it: 1 to 21, of which words need 4.5 and lines 3."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
