"""A witness printed for a narrow page or for many threads: a rail a thread, and one column for what is done.

A rail is as wide as the thread holds locks, and one more: a mark where the thread moves, a bar for each lock while it
is held. Eight threads fit 80 columns. Takes and gives what `columns` does.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from lockmodel.findings.finding import Finding, Upcoming, Waiting
from lockmodel.report.columns import (
    LEFT,
    Tracks,
    beside,
    in_lines,
    lock_styles,
    places_in,
    step_mark,
    track_counts,
)
from lockmodel.report.lanes import Lanes, told_end
from lockmodel.report.rows import FoldRow, Row, StepRow
from lockmodel.report.terminal import BAD, CHANGE, FAINT, STRONG, Terminal, wrap
from lockmodel.report.wrapping import printable

NARROWEST = 24
"""Room for what is done; where there is less, the places give way."""


def print_rails(finding: Finding, lanes: Lanes, terminal: Terminal) -> Text:
    """The schedule of `finding` with one rail a thread."""
    return _Printer(finding, lanes, terminal).run()


class _Printer:
    """Writes line after line; remembers which locks each thread holds."""

    def __init__(self, finding: Finding, lanes: Lanes, terminal: Terminal) -> None:
        self.finding = finding
        self.lanes = lanes
        self.glyphs = terminal.glyphs
        self.places = places_in(finding)
        self.styles = lock_styles(lanes)
        self.counts = track_counts(lanes)
        self.tracks = [Tracks() for _ in lanes.threads]
        self.place_width = max([0, *(cell_len(self.where(row)) for row in lanes.rows)])
        left = LEFT + sum(count + 2 for count in self.counts) + 1
        if terminal.width - left - self.place_width - 2 < NARROWEST:
            self.place_width = 0
        most = max(NARROWEST, terminal.width - left - (self.place_width + 2 if self.place_width else 0))
        # Not wider than what is said, or the places would stand far off on a wide page.
        said = [cell_len(self._ends(end)) for _, end in lanes.ends]
        self.width = min(most, max([20, *said, *(self._natural(row) for row in lanes.rows)]))
        self.procedure = ""
        self.text = Text()

    def run(self) -> Text:
        for lane, thread in enumerate(self.lanes.threads):
            rails = "".join(f"{self.glyphs.dot:<{count + 2}}" for count in self.counts[:lane])
            self.text.append(" " * LEFT + rails, FAINT)
            self.text.append(thread + "\n", STRONG)
        previous: Row | None = None
        for row in self.lanes.rows:
            if previous is None or row.switched:
                self.line(row.lane, self.who(row))
            if isinstance(row, FoldRow):
                self.line(
                    row.lane, Text(f"  {row.text}", FAINT), number=self.glyphs.dot, place=self.where(row), moves=True
                )
            else:
                self.step(row)
            previous = row
        for lane, end in self.lanes.ends:
            for index, piece in enumerate(wrap(self._ends(end), self.width, 2)):
                self.line(lane, Text(piece, BAD), mark=self.glyphs.cross if index == 0 else "")
        return self.text

    def who(self, row: Row) -> Text:
        """The thread that moves from here on, and where it stands."""
        step = row.rows[0].step if isinstance(row, FoldRow) else row.step
        self.procedure = step.procedure
        return Text.assemble((f"{self.lanes.threads[row.lane]}:", STRONG), (f" {printable(step.procedure)}", FAINT))

    @staticmethod
    def _natural(row: Row) -> int:
        if isinstance(row, FoldRow):
            return 2 + len(row.text)
        said = [2 + cell_len(beside(row.operation, row.outcome)), cell_len(row.step.thread + row.step.procedure) + 2]
        return max(said + [4 + cell_len(beside(*effect)) for effect in row.effects])

    @staticmethod
    def _ends(end: Waiting | Upcoming) -> str:
        return printable(f"{end.thread} {', '.join(told_end(end))}")

    def step(self, row: StepRow) -> None:
        if row.calls and row.step.procedure != self.procedure:
            self.line(row.lane, Text(f" {row.calls[-1]}", FAINT))
        self.procedure = row.step.procedure
        style = STRONG if row.violation else ""
        pieces = [Text("  " + piece, style) for piece in in_lines(row.operation, row.outcome, self.width - 2, 2)]
        for effect in row.effects:
            pieces += [Text("    " + piece, CHANGE) for piece in in_lines(*effect, self.width - 4, 2)]
        if row.violation:
            pieces.append(Text(f"  ^^^ {self.finding.rule} {self.finding.name}", BAD))
        dropped = {self.tracks[row.lane].drop(lock): (self.glyphs.drop, lock) for lock in row.released}
        taken = {self.tracks[row.lane].take(lock): (self.glyphs.take, lock) for lock in row.taken}
        for index, piece in enumerate(pieces):
            if index:
                self.line(row.lane, piece)
                continue
            self.line(
                row.lane, piece, number=str(row.step.n), place=self.where(row), moves=True, ends=taken | dropped,
                mark=step_mark(row, self.glyphs),
            )  # fmt: skip

    def where(self, row: Row) -> str:
        """One place a row: the source's where there is one, else the spec's."""
        source, spec = self.places.of(row)
        return source or spec

    def line(
        self,
        lane: int,
        cell: Text,
        *,
        mark: str = "",
        number: str = "",
        place: str = "",
        moves: bool = False,
        ends: dict[int, tuple[str, str]] | None = None,
    ) -> None:
        """One line of the page; `moves` puts the mark of a step into the lane's rail."""
        self.text.append(mark or " ", BAD)
        self.text.append(f"{number:>4}  ", FAINT)
        for index, tracks in enumerate(self.tracks):
            moving = moves and index == lane
            self.text.append(
                self.glyphs.move if moving else self.glyphs.dot, (BAD if mark else STRONG) if moving else FAINT
            )
            bars = tracks.bars(self.counts[index], self.glyphs, self.styles, (ends or {}) if index == lane else {})
            self.text.append_text(bars).append(" ")
        self.text.append(" ")
        shown = place if self.place_width else ""
        room = self.width if shown else self.width + (self.place_width + 2 if self.place_width else 0)
        cell.truncate(room)  # only names of threads and procedures can be too long: all else was broken into lines
        self.text.append_text(cell)
        gap = self.width + 2 - cell.cell_len + self.place_width - cell_len(shown)
        self.text.append(" " * gap + shown + "\n" if shown else "\n", FAINT)
