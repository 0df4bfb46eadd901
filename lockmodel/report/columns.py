"""A witness printed in lanes: a column a thread, a numbered row a step, the places at the right.

At the left of each column stand bars, one for each lock that the thread holds, from the row that takes it to the row
that lets it go. `rails` prints the same where the columns would be too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from lockmodel.findings.finding import Finding
from lockmodel.report.lanes import Lanes, told_end
from lockmodel.report.places import place_of
from lockmodel.report.rows import FoldRow, Row, StepRow
from lockmodel.report.terminal import BAD, CHANGE, FAINT, LOCK_STYLES, STRONG, Glyphs, Terminal, pad, wrap
from lockmodel.report.wrapping import printable

NARROWEST_LANE = 34
"""Room for "atomic_dec_and_test(watch#1.count)"; with less, most rows would wrap, and rails read better."""

LEFT = 7
"""The mark of a violation, the step's number (up to 9999), two blanks."""

GAP = 2
"""Between two lanes."""

WIDEST_PLACE = 20
"""Where steps stand in several files, "block_mutex.cc:1210" is enough; the lanes need the room."""


@dataclass(slots=True)
class Tracks:
    """The bars of one lane: which lock stands at which position now. A track stays its lock's until it is let go."""

    locks: list[str | None] = field(default_factory=list)

    def take(self, lock: str) -> int:
        """The first free position, which is the lock's from now on."""
        if None in self.locks:
            position = self.locks.index(None)
            self.locks[position] = lock
            return position
        self.locks.append(lock)
        return len(self.locks) - 1

    def drop(self, lock: str) -> int:
        """Free the position of `lock`, and say which it was."""
        position = self.locks.index(lock)
        self.locks[position] = None
        return position

    def bars(self, width: int, glyphs: Glyphs, style: dict[str, str], ends: dict[int, tuple[str, str]]) -> Text:
        """The bars of one line; `ends` gives (character, lock) for positions at which one begins or ends."""
        text = Text()
        for position in range(width):
            lock = self.locks[position] if position < len(self.locks) else None
            if position in ends:
                text.append(ends[position][0], style[ends[position][1]])
            else:
                text.append(glyphs.bar if lock else " ", style[lock] if lock else "")
        return text


def lock_styles(lanes: Lanes) -> dict[str, str]:
    """A colour for each lock, in the order in which they are taken."""
    return {lock: LOCK_STYLES[index % len(LOCK_STYLES)] for index, lock in enumerate(lanes.locks)}


def lane_widths(lanes: Lanes, width: int) -> list[int] | None:
    """The widths of the lanes, bars left out, in `width` cells; None where they would be too narrow to read."""
    natural = [max(_natural(lanes, lane), 12) for lane in range(len(lanes.threads))]
    room = width - sum(track_counts(lanes)) - len(natural) * (GAP + 1)
    if sum(natural) <= room:
        return natural
    if room // max(1, len(natural)) < NARROWEST_LANE:
        return None
    # The widest gives way first: lower one ceiling for all until they fit.
    ceiling = max(natural)
    while sum(min(one, ceiling) for one in natural) > room:
        ceiling -= 1
    return [min(one, ceiling) for one in natural]


def track_counts(lanes: Lanes) -> list[int]:
    """How many locks each thread holds at most at one time."""
    counts = [len(held) for held in lanes.held_at_end]
    for row in lanes.rows:
        most = len(row.held) if isinstance(row, FoldRow) else max(len(row.before), len(row.held))
        counts[row.lane] = max(counts[row.lane], most)
    return counts


def _natural(lanes: Lanes, lane: int) -> int:
    widths = [cell_len(lanes.threads[lane])]
    for row in lanes.rows:
        if row.lane != lane:
            continue
        if isinstance(row, FoldRow):
            widths.append(len(row.text) + 2)
            continue
        widths.append(row.depth + 1 + cell_len(beside(row.operation, row.outcome)))
        widths += [row.depth + 3 + cell_len(beside(*effect)) for effect in row.effects]
        widths += [row.depth + cell_len(call) for call in row.calls]
    for at, end in lanes.ends:
        if at == lane:
            widths += [cell_len(line) for line in told_end(end)]
    return max(widths)


def step_mark(row: StepRow, glyphs: Glyphs) -> str:
    """What stands at the left of a step: that it breaks the rule, or that it is in a loop that goes on for ever."""
    if row.violation:
        return glyphs.cross
    loop = {"first": glyphs.take, "inside": glyphs.bar, "last": glyphs.drop, "whole": glyphs.move}
    return loop.get(row.loop, "")


def beside(operation: str, outcome: str) -> str:
    """Both in one line: a result follows closely, a change at a distance."""
    return f"{operation}{' ' if outcome.startswith('=') else '  '}{outcome}" if outcome else operation


def in_lines(operation: str, outcome: str, width: int, hanging: int) -> list[str]:
    """Both in one line if it fits, else what came of it in lines of its own: it is not to be torn apart."""
    if cell_len(beside(operation, outcome)) <= width:
        return [beside(operation, outcome)]
    if not outcome:
        return wrap(operation, width, hanging)
    indent = " " * min(hanging, width // 3)
    below = [indent + piece for piece in wrap(outcome, width - len(indent), 2)]
    return [*wrap(operation, width, hanging), *below]


@dataclass(frozen=True, slots=True)
class Places:
    """The two columns at the right: the lines of the modelled source and of the spec."""

    sources: tuple[str, ...]
    specs: tuple[str, ...]

    @property
    def heads(self) -> tuple[str, str]:
        """Short, for the lanes need the room; the files' names stand above the schedule."""
        return "C" if all(path.endswith((".c", ".h")) for path in self.sources) else "source", "spec"

    def short(self, place: str | None, files: tuple[str, ...]) -> str:
        """The line, and the file's name only where there are several."""
        at = place_of(place)
        if at is None:
            return ""
        line = "" if at.line is None else str(at.line)
        if len(files) == 1 and line:
            return line
        place = printable(f"{at.file}:{line}".rstrip(":"))
        # The line is at the end, so that is what is kept.
        while cell_len(place) > WIDEST_PLACE:
            place = ".." + place[3:]
        return place

    def of(self, row: Row) -> tuple[str, str]:
        """The two cells of `row`; a fold names its first and last line."""
        if isinstance(row, StepRow):
            return self.short(row.step.source, self.sources), self.short(row.step.spec, self.specs)
        first, last = row.rows[0].step, row.rows[-1].step
        return (
            self._range(self.short(first.source, self.sources), self.short(last.source, self.sources)),
            self._range(self.short(first.spec, self.specs), self.short(last.spec, self.specs)),
        )

    @staticmethod
    def _range(first: str, last: str) -> str:
        """'570-589'; '819..' where the fold goes on elsewhere."""
        if first == last:
            return first
        return f"{first}-{last}" if first.isdigit() and last.isdigit() and int(first) < int(last) else f"{first}.."


def places_in(finding: Finding) -> Places:
    """The files that the steps of `finding` stand in."""
    sources = dict.fromkeys(at.path for step in finding.steps if (at := place_of(step.source)))
    specs = dict.fromkeys(at.path for step in finding.steps if (at := place_of(step.spec)))
    return Places(tuple(sources), tuple(specs))


def print_columns(finding: Finding, lanes: Lanes, widths: list[int], terminal: Terminal) -> Text:
    """The schedule of `finding` in lanes of `widths`."""
    return _Printer(finding, lanes, widths, terminal).run()


class _Printer:
    """Writes line after line; remembers which locks are held."""

    def __init__(self, finding: Finding, lanes: Lanes, widths: list[int], terminal: Terminal) -> None:
        self.finding = finding
        self.lanes = lanes
        self.widths = widths
        self.glyphs = terminal.glyphs
        self.styles = lock_styles(lanes)
        self.counts = track_counts(lanes)
        self.tracks = [Tracks() for _ in lanes.threads]
        self.places = places_in(finding)
        self.right = [
            max([cell_len(self.places.heads[side]), *(cell_len(self.places.of(row)[side]) for row in lanes.rows)])
            for side in (0, 1)
        ]
        if not self.places.sources:
            self.right[0] = 0
        self.text = Text()

    def run(self) -> Text:
        self.head()
        previous: Row | None = None
        for row in self.lanes.rows:
            if previous is not None and row.switched:
                self.switch(previous.lane, row.lane)
            if isinstance(row, FoldRow):
                self.fold(row)
            else:
                self.step(row)
            previous = row
        if self.lanes.ends:
            self.stand_still()
        return self.text

    def head(self) -> None:
        heads = self.places.heads
        self.line(
            "", Text("#", FAINT), [Text(thread, STRONG) for thread in self.lanes.threads],
            (heads[0] if self.right[0] else "", heads[1]), bars=False,
        )  # fmt: skip
        rule = self.glyphs.rule
        self.line(
            "", Text(rule * 3, FAINT),
            [Text(rule * (self.widths[lane] + self.counts[lane] + 1), FAINT) for lane in range(len(self.widths))],
            (rule * self.right[0], rule * self.right[1]), bars=False,
        )  # fmt: skip

    def step(self, row: StepRow) -> None:
        lane, width = row.lane, self.widths[row.lane]
        blank: list[Text] = [Text()] * len(self.widths)
        first_call = row.depth - len(row.calls) + 1
        for level, call in enumerate(row.calls):
            for piece in self._indented(call, "", first_call + level, width):
                self.line("", Text(), [*blank[:lane], Text(piece, FAINT), *blank[lane + 1 :]], ("", ""))
        style = STRONG if row.violation else ""
        lines = [Text(piece, style) for piece in self._indented(row.operation, row.outcome, row.depth + 1, width)]
        for effect in row.effects:
            lines += [Text(piece, CHANGE) for piece in self._indented(*effect, row.depth + 3, width)]
        if row.violation:
            lines += self.blame(row, width)
        dropped = {self.tracks[lane].drop(lock): (self.glyphs.drop, lock) for lock in row.released}
        taken = {self.tracks[lane].take(lock): (self.glyphs.take, lock) for lock in row.taken}
        number = Text(str(row.step.n), BAD if row.violation else FAINT)
        for index, text in enumerate(lines):
            self.line(
                step_mark(row, self.glyphs) if index == 0 else "",
                number if index == 0 else Text(),
                [*blank[:lane], text, *blank[lane + 1 :]],
                self.places.of(row) if index == 0 else ("", ""),
                ends={lane: (taken | dropped) if index == 0 else {}},
            )

    @staticmethod
    def _indented(operation: str, outcome: str, indent: int, width: int) -> list[str]:
        indent = min(indent, width // 3)
        return [" " * indent + piece for piece in in_lines(operation, outcome, width - indent, 2)]

    def blame(self, row: StepRow, width: int) -> list[Text]:
        """Under the operation: the carets, and the rule beside them or below."""
        indent = min(row.depth + 1, width // 3)
        label = f"{self.finding.rule} {self.finding.name}"
        carets = "^" * min(cell_len(beside(row.operation, row.outcome)), width - indent)
        if indent + len(carets) + 1 + len(label) <= width:
            return [Text(" " * indent + f"{carets} {label}", BAD)]
        pieces = [carets, *wrap(label, width - indent)]
        return [Text(" " * indent + piece, BAD) for piece in pieces]

    def fold(self, row: FoldRow) -> None:
        cells = [Text() for _ in self.widths]
        cells[row.lane] = Text(f" {self.glyphs.dot} {row.text}", FAINT)
        self.line("", Text(self.glyphs.dot, FAINT), cells, self.places.of(row))

    def switch(self, before: int, after: int) -> None:
        """A line from the lane that moved to the one that moves now; the bars stay over it."""
        starts = [sum(self.widths[:lane]) + sum(self.counts[: lane + 1]) + lane * (GAP + 1) + 1 for lane in
                  range(len(self.widths))]  # fmt: skip
        left, right = min(starts[before], starts[after]), max(starts[before], starts[after])
        corner = {
            starts[before]: self.glyphs.leave_right if after > before else self.glyphs.leave_left,
            starts[after]: self.glyphs.enter_right if after > before else self.glyphs.enter_left,
        }
        text = Text(" " * LEFT)
        for lane in range(len(self.widths)):
            text.append_text(self.tracks[lane].bars(self.counts[lane], self.glyphs, self.styles, {}))
            at = starts[lane] - 1
            for position in range(at, at + 1 + self.widths[lane] + GAP):
                between = left <= position <= right
                text.append(corner.get(position, self.glyphs.across) if between else " ", FAINT)
        # Where the connector passes a lane's free tracks, it goes on through them.
        plain = text.plain
        for position in range(LEFT + left, LEFT + right):
            if plain[position] == " ":
                plain = plain[:position] + self.glyphs.across + plain[position + 1 :]
        joined = Text(plain, spans=text.spans)
        joined.rstrip()
        self.text.append_text(joined)
        self.text.append("\n")

    def stand_still(self) -> None:
        """Who waits, side by side: the fault is that no one of them can move."""
        cells: list[list[Text]] = [[] for _ in self.widths]
        for lane, end in self.lanes.ends:
            width = self.widths[lane]
            said = [Text(piece, BAD) for piece in wrap(told_end(end)[0], width, 2)]
            said += [Text(piece, "red") for line in told_end(end)[1:] for piece in wrap(line, width, 2)]
            cells[lane] = said
        self.line("", Text(), [Text()] * len(cells), ("", ""))
        for index in range(max(len(cell) for cell in cells)):
            self.line(
                self.glyphs.cross if index == 0 else "", Text(),
                [cell[index] if index < len(cell) else Text() for cell in cells], ("", ""),
            )  # fmt: skip

    def line(
        self,
        mark: str,
        number: Text,
        cells: list[Text],
        right: tuple[str, str],
        *,
        bars: bool = True,
        ends: dict[int, dict[int, tuple[str, str]]] | None = None,
    ) -> None:
        """One line of the page."""
        self.text.append(mark or " ", BAD)
        self.text.append_text(Text.assemble(" " * (4 - number.cell_len), number, "  "))
        for lane, cell in enumerate(cells):
            room = self.widths[lane]
            if bars:
                self.text.append_text(
                    self.tracks[lane].bars(self.counts[lane], self.glyphs, self.styles, (ends or {}).get(lane, {}))
                )
                self.text.append(" ")
            else:
                room += self.counts[lane] + 1
            shown = cell.copy()
            shown.truncate(room)  # only a thread's name can be too long: all else was broken into lines
            self.text.append_text(pad(shown, room))
            self.text.append(" " * GAP)
        for width, place in zip(self.right, right, strict=True):
            if width:
                self.text.append(" " * (width - cell_len(place)) + f"{place}  ", FAINT)
        self.text.append("\n")
