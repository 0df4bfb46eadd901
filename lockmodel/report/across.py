"""The witness picture from left to right: where each lane stands, its locks' bars, its text, and the places.

Takes the rows of `lanes`, gives positions; what stands further down is `witness`'.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.report.cells import SIZES, cell_of, end_cell
from lockmodel.report.columns import Places
from lockmodel.report.font import width_of
from lockmodel.report.lanes import Lanes

MARGIN = 24.0
"""Around the page."""

NUMBERS = 44.0
"""The mark of a violation and the step's number."""

TRACK = 13.0
"""From one lock's bar to the next: the disc with the lock's letter is 12 wide."""

LANE_PAD, LANE_GAP = 9.0, 14.0
"""Between a lane's edge and what stands in it, and from lane to lane."""

HEAD_SIZE = 13.5
"""Of a thread's name."""

WIDEST_LANE, NARROWEST_LANE = 330.0, 120.0
"""Room for text: more would be empty for most rows, less would break each operation in three."""

WIDEST_PAGE = 1240.0
"""A wide screen and a landscape page show so much without scrolling; lanes become narrower before the page wider."""

NARROWEST_PAGE = 560.0
"""So that a short witness has room for its sentence."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a lane is: its left edge, its locks' bars, its text, its right edge."""

    left: float
    bars: dict[str, float]
    text: float
    right: float

    @property
    def middle(self) -> float:
        """Where the thread's own line runs."""
        return (self.left + self.right) / 2

    @property
    def room(self) -> float:
        """For text."""
        return self.right - LANE_PAD - self.text


@dataclass(frozen=True, slots=True)
class Across:
    """The lanes; the right edges of the columns of places (None for one that says nothing); the page's right edge."""

    lanes: tuple[Lane, ...]
    places: tuple[float | None, float | None]
    right: float


def lay_lanes(lanes: Lanes, places: Places, blame: str) -> Across:
    """Put the lanes of a witness side by side; `blame` is what stands under a step that breaks a rule."""
    tracks = _tracks(lanes)
    bars = [len(track) * TRACK + (4.0 if track else 0.0) for track in tracks]
    place_widths = _place_widths(lanes, places)
    fixed = MARGIN + NUMBERS + sum(bars) + len(tracks) * (2 * LANE_PAD + LANE_GAP) + sum(place_widths)
    laid: list[Lane] = []
    x = MARGIN + NUMBERS
    for track, bar, width in zip(tracks, bars, _text_widths(lanes, blame, WIDEST_PAGE - fixed), strict=True):
        text = x + LANE_PAD + bar
        positions = {lock: x + LANE_PAD + TRACK * index + TRACK / 2 for index, lock in enumerate(track)}
        laid.append(Lane(x, positions, text, text + width + LANE_PAD))
        x = laid[-1].right + LANE_GAP
    source, spec = place_widths
    edges = (x + source if source else None, x + source + spec if spec else None)
    return Across(tuple(laid), edges, max(x + source + spec, NARROWEST_PAGE))


def _tracks(lanes: Lanes) -> list[list[str]]:
    """The locks that each thread ever holds, in the order in which they are first taken."""
    held: list[set[str]] = [set(locks) for locks in lanes.held_at_end]
    for row in lanes.rows:
        held[row.lane].update(row.held)
    return [[lock for lock in lanes.locks if lock in locks] for locks in held]


def _place_widths(lanes: Lanes, places: Places) -> tuple[float, float]:
    """The columns of places at the right, each with a gap before it; 0 for one that says nothing."""
    widths = [0.0, 0.0]
    for side in (0, 1):
        texts = [places.of(row)[side] for row in lanes.rows]
        if any(texts):
            widths[side] = 12 + max(width_of(text, SIZES["call"]) for text in [*texts, places.heads[side]])
    return widths[0], widths[1]


def _text_widths(lanes: Lanes, blame: str, room: float) -> list[float]:
    """As wide as what stands in them; where the page is too narrow, the widest give way first."""
    natural: list[float] = []
    for lane, thread in enumerate(lanes.threads):
        cells = [cell_of(row, WIDEST_LANE, blame) for row in lanes.rows if row.lane == lane]
        cells += [end_cell(end, 220.0) for at, end in lanes.ends if at == lane]
        head = width_of(thread, HEAD_SIZE, bold=True) + 8
        natural.append(max([NARROWEST_LANE, head, *(cell.width for cell in cells)]) + 4)
    ceiling = max([*natural, NARROWEST_LANE])
    while sum(min(width, ceiling) for width in natural) > room and ceiling > NARROWEST_LANE:
        ceiling -= 1
    return [min(width, ceiling) for width in natural]
