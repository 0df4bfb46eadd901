"""Which steps of a long witness nobody needs to see: they are joined, and stand as one row.

Takes the rows of all steps, gives the rows to show. What stays: locks, changes, and what tells of another thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from lockmodel.report.rows import FoldRow, Row, StepRow, names
from lockmodel.report.words import count

READS = frozenset(
    {"read", "atomic_read", "list_empty", "list_first_entry", "list_last_entry", "list_next_entry", "idr_find"}
)
"""What an operation that only looks begins with. An operation that is missing here is merely never folded."""

WRITES = frozenset({"write", "atomic_set", "INIT_LIST_HEAD"})
"""What an operation that fills a new object begins with."""

FIRST_WORD = re.compile(r"\w+")

SHORT = 20
"""Up to so many steps a witness is shown whole: it fits a screen, and a fold would cost more than it saves."""

SHORTEST_FOLD = 3
"""A fold takes a row itself, so that folding two steps saves one row and hides two."""

LAST_SHOWN = 3
"""The last steps are never folded: there the reader looks first."""


def fold_rows(rows: list[StepRow], message: str) -> list[Row]:
    """Join runs of reads: the same thread, the same locks, nothing changed, nothing learned from another thread.

    What a thread writes into an object that only it can reach yet is as dull as a read.
    """
    if len(rows) <= SHORT:
        return list(rows)
    named = _named(message)
    news = _news(rows)
    initial = _initial_writes(rows)
    folded: list[Row] = []
    run: list[StepRow] = []

    def flush() -> None:
        folded.extend([FoldRow(run[0].lane, tuple(run), _words(run))] if len(run) >= SHORTEST_FOLD else run)
        run.clear()

    for index, row in enumerate(rows):
        dull = (_only_looks(row) and index not in news) or index in initial
        dull = dull and row.step.n not in named and index < len(rows) - LAST_SHOWN
        if run and (not dull or row.switched):
            flush()
        if dull:
            run.append(row)
        else:
            folded.append(row)
    flush()
    return folded


def shorten_rows(rows: Sequence[Row], first: int, last: int) -> list[Row]:
    """The first and the last rows of a witness that is far too long for a picture; all between stand as one row."""
    if len(rows) <= first + last + 1:
        return list(rows)
    left_out = [its for row in rows[first:-last] for its in (row.rows if isinstance(row, FoldRow) else (row,))]
    threads = len({row.lane for row in left_out})
    words = f"{len(left_out):,} steps of {count(threads, 'thread')} are not shown"
    gap = FoldRow(left_out[-1].lane, tuple(left_out), words, apart=True)
    after, *others = rows[-last:]
    after = replace(after, apart=True) if isinstance(after, FoldRow) else replace(after, switched=True)
    return [*rows[:first], gap, after, *others]


def _words(run: list[StepRow]) -> str:
    """'5 reads', '3 initial writes', '8 reads and initial writes'."""
    looking = sum(_only_looks(row) for row in run)
    kinds = (["reads"] if looking else []) + (["initial writes"] if looking < len(run) else [])
    return f"{len(run)} {' and '.join(kinds)}"


def _only_looks(row: StepRow) -> bool:
    word = FIRST_WORD.match(row.step.operation)
    looks = word is not None and word.group() in READS
    return looks and not row.step.changes and row.before == row.held and not row.violation


def _initial_writes(rows: list[StepRow]) -> frozenset[int]:
    """The writes into an object between its allocation and the first operation that does more with it."""
    found: list[int] = []
    fresh: dict[str, int] = {}
    for index, row in enumerate(rows):
        word, rest = FIRST_WORD.match(row.operation), row.operation
        inner = [name for name, lane in fresh.items() if lane == row.lane and f"{name}." in rest]
        if word is not None and word.group() in WRITES and inner and not row.violation:
            found.append(index)
            continue
        if word is None or word.group() not in READS:
            fresh = {name: lane for name, lane in fresh.items() if name not in rest}
        for change in row.step.changes:
            name, _, what = change.partition(": ")
            if what == "allocated":
                fresh[name] = row.lane
    return frozenset(found)


def _news(rows: list[StepRow]) -> frozenset[int]:
    """The reads that see what another thread changed since this thread last looked: never folded."""
    changed: dict[str, int] = {}
    seen: dict[tuple[int, str], int] = {}
    news: list[int] = []
    for index, row in enumerate(rows):
        for location, writer in changed.items():
            if not names(row.step.operation, location):
                continue
            at = row.lane, location
            if rows[writer].lane != row.lane and seen.get(at, -1) < writer:
                news.append(index)
            seen[at] = index
        for change in row.step.changes:
            changed[change.partition(": ")[0]] = index
    return frozenset(news)


def _named(message: str) -> frozenset[int]:
    """The steps that the message names by number: the reader will look for them."""
    return frozenset(int(number) for number in re.findall(r"\bstep (\d{1,9})\b", message, re.ASCII))
