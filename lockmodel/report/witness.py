"""The witness picture: a finding's schedule in lanes, drawn by us so that the same finding is the same picture.

Takes a `Finding`, gives a `Scene`: who moves when, which locks are held and handed over, what changes, where it breaks.
The rows are `lanes`', what stands in them `cells`'; this module says where everything is on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from lockmodel.findings.finding import Finding, Upcoming
from lockmodel.report.across import HEAD_SIZE, LANE_GAP, MARGIN, NUMBERS, Lane, lay_lanes
from lockmodel.report.cells import BADGE_GAP, BADGE_PAD, SIZES, Cell, Line, badge_width, cell_of, end_cell
from lockmodel.report.columns import Places, places_in
from lockmodel.report.font import width_of
from lockmodel.report.lanes import Lanes, arrange, state_told
from lockmodel.report.palette import (
    BAD,
    BAD_GROUND,
    BADGE,
    BADGE_EDGE,
    BADGE_INK,
    EDGE,
    FAINT,
    GREY,
    HEAD,
    INK,
    LEADER,
    LOCK_COLOURS,
    LOOP,
    ON_COLOUR,
    PAPER,
    RULE,
    RUN,
    words_on,
)
from lockmodel.report.places import spec_and_source
from lockmodel.report.raster import SCALE, to_png
from lockmodel.report.rows import FoldRow, StepRow
from lockmodel.report.scene import Circle, Item, Path, Rect, Scene, Text, to_svg
from lockmodel.report.words import loop_told, size_of, title
from lockmodel.report.wrapping import break_lines, printable

LOOP_ENDS = 5.0
"""From the middle of a row to where the arrow of a loop leaves it or comes to it: one step alone may be a loop."""

LOOP_WORDS = 17.0
"""From the last step of a loop down to the words below it."""

BAR = 5.0

ROW_GAP, SWITCH_GAP, LEVEL = 3.0, 20.0, 8.0
"""Between rows; between runs of different threads; and for each line that has to pass there."""


def draw_witness(
    finding: Finding, scenario: str, *, spec: str, model: str, design: str = "", fold: bool = True
) -> Scene:
    """The picture of `finding`. `fold` joins the reads of a long witness that nobody needs to see."""
    return _Drawing(finding, arrange(finding, fold=fold, picture=True), (scenario, spec, model, design)).run()


def witness_svg(
    finding: Finding, scenario: str, *, spec: str, model: str, design: str = "", fold: bool = True
) -> bytes:
    """The picture as SVG."""
    return to_svg(draw_witness(finding, scenario, spec=spec, model=model, design=design, fold=fold))


def witness_png(
    finding: Finding, scenario: str, *, spec: str, model: str, design: str = "", fold: bool = True, scale: int = SCALE
) -> bytes:
    """The picture as PNG."""
    return to_png(draw_witness(finding, scenario, spec=spec, model=model, design=design, fold=fold), scale)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row with its cell and its top."""

    row: StepRow | FoldRow
    cell: Cell
    top: float

    @property
    def middle(self) -> float:
        """The height of the step's own line."""
        return self.top + self.cell.anchor_middle

    @property
    def bottom(self) -> float:
        """Below its last line."""
        return self.top + self.cell.height

    @property
    def numbers(self) -> range:
        """The steps that the row stands for."""
        rows = self.row.rows if isinstance(self.row, FoldRow) else (self.row,)
        return range(rows[0].step.n, rows[-1].step.n + 1)


class _Drawing:
    """Places everything from the top down; shapes and texts are kept apart, so that no text is covered."""

    def __init__(self, finding: Finding, lanes: Lanes, about: tuple[str, str, str, str]) -> None:
        self.finding = finding
        self.lanes = lanes
        self.about = about
        self.places: Places = places_in(finding)
        self.colours = {lock: LOCK_COLOURS[index % len(LOCK_COLOURS)] for index, lock in enumerate(lanes.locks)}
        self.shapes: list[Item] = []
        self.texts: list[Item] = []
        self.across = lay_lanes(lanes, self.places, title(finding))
        self.columns, self.right = self.across.lanes, self.across.right
        self.placed: list[Placed] = []
        self.levels: dict[int, float] = {}

    def run(self) -> Scene:
        top = self.heading(MARGIN)
        top = self.legend(top)
        top = self.lane_heads(top)
        bottom = self.place_rows(top)
        bottom = self.ends(bottom)
        # Lifelines lie under all else, so they come first although their length is known last.
        lifelines: list[Item] = [Path(((lane.middle, top), (lane.middle, bottom)), RULE, 1.0) for lane in self.columns]
        runs = self.runs()
        bars = self.bars(bottom)
        loop = self.loop()
        bottom = self.footing(bottom)
        for placed in self.placed:
            self.write(placed)
        shapes = [*self.leaders(), *lifelines, *runs, *bars, *loop, *self.shapes]
        scenario, spec, model, design = self.about
        return Scene(
            width=round(self.right + MARGIN),
            height=round(bottom + MARGIN),
            items=(*shapes, *self.texts),
            title=f"{title(self.finding)}: {self.finding.message}",
            description=f"Witness of scenario {scenario} of {spec} (model {model}, design {design or 'as written'}); "
            f"replay it with: lockmodel replay {spec} {self.finding.schedule}",
        )

    # Down

    def heading(self, top: float) -> float:
        """Rule, sentence, where it comes from."""
        scenario, spec, model, design = self.about
        top = self.lines(title(self.finding), top, 19, BAD, bold=True, gap=5)
        top = self.lines(self.finding.message, top + 2, 13.5, INK, gap=5)
        place = f"in {self.finding.place.procedure}, {spec_and_source(self.finding.place)}"
        parts = [place, f"model {model} of {spec}", f"scenario {scenario}"] + ([f"design {design}"] if design else [])
        top = self.lines("; ".join(parts), top + 4, 11.5, GREY, gap=4)
        size = "; ".join(filter(None, (size_of(self.finding), loop_told(self.finding))))
        return self.lines(size, top, 11.5, GREY, gap=4) + 8

    def lines(self, text: str, top: float, size: float, fill: str, *, bold: bool = False, gap: float) -> float:
        """A paragraph across the page; gives the y below it."""
        width = self.right - MARGIN
        for line in break_lines(text, width, width, partial(width_of, size=size, bold=bold)):
            self.texts.append(Text(MARGIN, top + size, line, size, fill, bold))
            top += size + gap
        return top

    def legend(self, top: float) -> float:
        """The locks by letter and colour."""
        x = MARGIN
        entries = [(self.letter(lock), lock, self.colours[lock]) for lock in self.lanes.locks]
        for letter, lock, colour in entries:
            width = 18 + width_of(lock, 11.5) + 18
            if x + width > self.right and x > MARGIN:
                x, top = MARGIN, top + 18
            self.disc(x + 6, top + 8, letter, colour)
            self.texts.append(Text(x + 16, top + 12, lock, 11.5, INK))
            x += width
        if self.lanes.handovers:
            if x + 100 > self.right:
                x, top = MARGIN, top + 18
            self.shapes.append(Path(((x, top + 8), (x + 24, top + 8)), GREY, 1.6, True, True))
            self.texts.append(Text(x + 30, top + 12, "handed over", 11.5, GREY))
        return top + 26 if entries else top + 4

    def letter(self, lock: str) -> str:
        """'A' for the first lock taken."""
        index = self.lanes.locks.index(lock)
        return chr(ord("A") + index) if index < 26 else str(index)

    def disc(self, x: float, y: float, letter: str, colour: str) -> None:
        """A lock's mark, in its colour and with its letter."""
        self.shapes.append(Circle(x, y, 6.2, PAPER))
        self.shapes.append(Circle(x, y, 5.8, colour))
        self.texts.append(Text(x - width_of(letter, 8.5, bold=True) / 2, y + 3, letter, 8.5, words_on(colour), True))

    def lane_heads(self, top: float) -> float:
        """The threads' names, and what the columns at the right are."""
        for lane, thread in zip(self.columns, self.lanes.threads, strict=True):
            self.shapes.append(Rect(lane.left, top, lane.right - lane.left, 26, HEAD, radius=4))
            width = max(1.0, width_of(thread, HEAD_SIZE, bold=True))
            size = min(HEAD_SIZE, HEAD_SIZE * (lane.right - lane.left - 8) / width)
            left = (lane.left + lane.right - width_of(thread, size, bold=True)) / 2
            self.texts.append(Text(left, top + 18, thread, size, INK, True))
        self.write_places(self.places.heads, top + 18)
        return top + 26

    def place_rows(self, top: float) -> float:
        """Find each row's height, and keep room between runs for the lines that pass there."""
        y = top + 10
        for index, row in enumerate(self.lanes.rows):
            if row.switched:
                crossing = sum(self.gap_of(handover.released) == index for handover in self.lanes.handovers)
                self.levels[index] = y + 4
                y += SWITCH_GAP + LEVEL * crossing
            elif index:
                y += ROW_GAP
            lane = self.columns[row.lane]
            cell = cell_of(row, lane.room, title(self.finding))
            self.placed.append(Placed(row, cell, y))
            y += cell.height
        return y + (6 if self.finding.loop_from is None else LOOP_WORDS + 8)

    def gap_of(self, released: int) -> int:
        """The row before which a lock that was released in step `released` leaves its lane: where the run ends."""
        found = False
        for index, row in enumerate(self.lanes.rows):
            if found and row.switched:
                return index
            last = row.rows[-1].step.n if isinstance(row, FoldRow) else row.step.n
            found = found or last >= released
        return -1

    # Shapes

    def leaders(self) -> list[Item]:
        """A thread of a line from each row to its number and its places, which can be far away."""
        end = max([0.0, *(lane.right for lane in self.columns)]) + LANE_GAP
        items: list[Item] = []
        for placed in self.placed:
            lane = self.columns[placed.row.lane]
            for left, right in ((MARGIN + NUMBERS - 6, lane.left), (lane.right, end)):
                items.append(Path(((left, placed.middle), (right, placed.middle)), LEADER))
        return items

    def runs(self) -> list[Item]:
        """A box around the rows that a thread makes in one go, and an arrow from each box to the next."""
        items: list[Item] = []
        start = 0
        boxes: list[tuple[Lane, float, float]] = []
        for index in range(1, len(self.placed) + 1):
            if index < len(self.placed) and not self.placed[index].row.switched:
                continue
            lane = self.columns[self.placed[start].row.lane]
            boxes.append((lane, self.placed[start].top - 4, self.placed[index - 1].bottom + 4))
            start = index
        for before, after in pairwise(boxes):
            level = before[2] + 5
            points = ((before[0].middle, before[2]), (before[0].middle, level), (after[0].middle, level),
                      (after[0].middle, after[1]))  # fmt: skip
            items.append(Path(points, FAINT, 1.2, arrow=True))
        for lane, top, bottom in boxes:
            items.append(Rect(lane.left, top, lane.right - lane.left, bottom - top, RUN, EDGE, 1, 5))
        for placed in self.placed:
            if isinstance(placed.row, StepRow) and placed.row.violation:
                lane = self.columns[placed.row.lane]
                left = lane.text - 2
                items.append(
                    Rect(left, placed.middle - 12, lane.right - left - 3, placed.bottom - placed.middle + 11,
                         BAD_GROUND, BAD, 1.4, 4)
                )  # fmt: skip
        return items

    def loop(self) -> list[Item]:
        """An arrow at the left from the last step of what is gone round for ever back to its first one."""
        around = [placed for placed in self.placed if isinstance(placed.row, StepRow) and placed.row.loop]
        if not around:
            return []
        first, last = around[0].middle - LOOP_ENDS, around[-1].middle + LOOP_ENDS
        inner = MARGIN + 10
        points = ((inner, last), (MARGIN, last), (MARGIN, first), (inner, first))
        words = f"back to step {self.finding.loop_from}, again and again"
        self.texts.append(Text(MARGIN, around[-1].bottom + LOOP_WORDS, words, 11.5, LOOP, True))
        return [Path(points, LOOP, 1.8, arrow=True)]

    def bars(self, bottom: float) -> list[Item]:
        """From where a lock is taken to where it is let go, and on to who takes it next."""
        items: list[Item] = []
        since: dict[tuple[int, str], float] = {}
        ends: dict[tuple[str, int], tuple[float, float]] = {}
        starts: dict[tuple[str, int], tuple[float, float]] = {}
        for placed in self.placed:
            if isinstance(placed.row, FoldRow):
                self.pass_over(items, since, placed)
                continue
            lane, row = self.columns[placed.row.lane], placed.row
            for lock in row.taken:
                since.setdefault((row.lane, lock), placed.middle)
                starts[lock, row.step.n] = lane.bars[lock], placed.middle
            for lock in row.released:
                if lock in row.held or (row.lane, lock) not in since:
                    continue
                self.bar(items, lane.bars[lock], since.pop((row.lane, lock)), placed.middle + 5, lock)
                ends[lock, row.step.n] = lane.bars[lock], placed.middle + 5
        for (at, lock), top in since.items():
            self.bar(items, self.columns[at].bars[lock], top, bottom, lock)
        levels = dict.fromkeys(self.levels, 0)
        for handover in self.lanes.handovers:
            index = self.gap_of(handover.released)
            if index not in levels:
                continue
            levels[index] += 1
            (x1, y1), (x2, y2) = ends[handover.lock, handover.released], starts[handover.lock, handover.taken]
            level = self.levels[index] + 4 + LEVEL * levels[index]
            items.append(
                Path(
                    ((x1, y1), (x1, level), (x2, level), (x2, y2 - 6)), self.colours[handover.lock], 1.6, True, True, 7
                )
            )
        return items

    def pass_over(self, items: list[Item], since: dict[tuple[int, str], float], placed: Placed) -> None:
        """End the bars of the locks that are let go in steps that are not shown, and begin those of what is taken."""
        assert isinstance(placed.row, FoldRow)
        held = dict.fromkeys(since)
        for row in placed.row.rows:
            for lock in row.released:
                held.pop((row.lane, lock), None) if lock not in row.held else None
            held |= dict.fromkeys((row.lane, lock) for lock in row.taken)
        for at, lock in [one for one in since if one not in held]:
            self.bar(items, self.columns[at].bars[lock], since.pop((at, lock)), placed.middle, lock)
        for one in held:
            since.setdefault(one, placed.middle)

    def bar(self, items: list[Item], x: float, top: float, bottom: float, lock: str) -> None:
        colour = self.colours[lock]
        items.append(Rect(x - BAR / 2, top, BAR, bottom - top, colour, radius=2))
        self.disc(x, top, self.letter(lock), colour)

    def ends(self, top: float) -> float:
        """Who cannot move, or what would break the rule next, side by side; arrows lead to what is waited for."""
        if not self.lanes.ends:
            return top
        top += 12
        cells = [(lane, end, end_cell(end, self.columns[lane].room)) for lane, end in self.lanes.ends]
        height = max(cell.height for _, _, cell in cells) + 10
        self.cross(MARGIN + 8, top + 13)
        for at, _, cell in cells:
            lane = self.columns[at]
            left = lane.text - 4
            self.shapes.append(Rect(left, top, lane.right - left, height, BAD_GROUND, BAD, 1.4, 4))
            y = top + 5
            for line in cell.lines:
                self.write_line(line, lane.text + 2, y)
                y += line.height
        bottom = top + height
        level = bottom + 6
        for at, end, _ in cells:
            if isinstance(end, Upcoming):
                continue
            held_by = printable(end.held_by or "")
            holder = self.lanes.threads.index(held_by) if held_by in self.lanes.threads else None
            target = None if holder is None else self.columns[holder].bars.get(end.wants)
            if target is None:
                continue
            level += LEVEL
            start = self.columns[at].middle
            points = ((start, bottom), (start, level), (target, level), (target, bottom + 5))
            self.shapes.append(Path(points, BAD, 1.4, arrow=True))
        self.wait_bottom = level + 6
        return bottom + 4

    def cross(self, x: float, y: float) -> None:
        """The mark of what is wrong."""
        self.shapes.append(Circle(x, y, 8, BAD))
        for sign in (1, -1):
            self.shapes.append(Path(((x - 3.2, y - 3.2 * sign), (x + 3.2, y + 3.2 * sign)), ON_COLOUR, 1.8))

    def footing(self, bottom: float) -> float:
        """The state that matters at the end."""
        bottom = max(bottom, getattr(self, "wait_bottom", bottom)) + 10
        state = state_told(self.finding)
        if not state:
            return bottom - 8
        self.shapes.append(Path(((MARGIN, bottom), (self.right, bottom)), RULE))
        self.texts.append(Text(MARGIN, bottom + 18, "At the end", 11.5, GREY, True))
        left = MARGIN + 76
        for line in state:
            width = self.right - left
            for piece in break_lines(line, width, width, partial(width_of, size=11.5)):
                self.texts.append(Text(left, bottom + 18, piece, 11.5, INK))
                bottom += 16
        return bottom + 8

    # Texts

    def write(self, placed: Placed) -> None:
        """The number, the cell, the places of one row."""
        row, lane = placed.row, self.columns[placed.row.lane]
        baseline = placed.middle + 4
        bad = isinstance(row, StepRow) and row.violation
        first, last = placed.numbers[0], placed.numbers[-1]
        number = str(first) if first == last else f"{first}-{last}"
        x = MARGIN + NUMBERS - 10 - width_of(number, 11, bold=bad)
        self.texts.append(Text(x, baseline, number, 11, BAD if bad else FAINT, bad))
        if isinstance(row, FoldRow):
            for offset in (-4.0, 0.0, 4.0):
                self.shapes.append(Circle(lane.text + 8 + 2, placed.middle + offset, 1.2, FAINT))
        if bad:
            self.cross(MARGIN + 8, placed.middle)
        y = placed.top
        for line in placed.cell.lines:
            self.write_line(line, lane.text, y)
            y += line.height
        self.write_places(self.places.of(row), baseline)

    def write_line(self, line: Line, x: float, top: float) -> None:
        """One line of a cell, with its badge."""
        inks = {"call": GREY, "fold": GREY, "blame": BAD, "badge": BADGE_INK}
        baseline = top + line.height / 2 + line.size * 0.36
        x += line.indent
        if line.kind == "badge":
            self.badge(line.text, x, top + line.height / 2)
            return
        self.texts.append(Text(x, baseline, line.text, line.size, inks.get(line.kind, INK), line.bold))
        if line.badge:
            self.badge(
                line.badge, x + width_of(line.text, line.size, bold=line.bold) + BADGE_GAP, top + line.height / 2
            )

    def badge(self, text: str, x: float, middle: float) -> None:
        """A changed value in a box."""
        self.shapes.append(Rect(x, middle - 8, badge_width(text), 16, BADGE, BADGE_EDGE, 0.8, 4))
        self.texts.append(Text(x + BADGE_PAD, middle + 4, text, SIZES["badge"], BADGE_INK))

    def write_places(self, places: tuple[str, str], baseline: float) -> None:
        """The two columns at the right, set flush right."""
        for text, edge in zip(places, self.across.places, strict=True):
            if edge is not None:
                size = SIZES["call"]
                self.texts.append(Text(edge - width_of(text, size), baseline, text, size, GREY))
