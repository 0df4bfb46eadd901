"""What happens in a witness, in a few sentences: who runs between which switches, and what becomes of which objects.

Takes a finding; gives the runs, the objects concerned, and what is done to them. Where there are none to blame, those
are concerned that a thread finds changed by another one in the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from lockmodel.findings.finding import Finding, Step
from lockmodel.report.lanes import arrange
from lockmodel.report.rows import StepRow, names

OBJECT = re.compile(r"[A-Za-z_]\w*#(?:\w+\.)?\d+")

MEMBER = re.compile(r"\w+#[\w.]*\w")

DEEDS = 16
"""So many changes of the objects concerned: the last of them."""


@dataclass(frozen=True, slots=True)
class Run:
    """The steps that a thread makes in one go, from `first` to `last`, with the locks held at its end.

    `begins` and `ends` are the places of the first and the last step, `taken` the locks that it took meanwhile.
    """

    thread: str
    first: int
    last: int
    procedures: tuple[str, ...]
    begins: str
    ends: str
    operation: str
    taken: tuple[str, ...]
    held: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of an object concerned."""

    n: int
    thread: str
    what: str
    at: str


@dataclass(frozen=True, slots=True)
class Story:
    """A witness in short."""

    runs: tuple[Run, ...]
    concerned: tuple[str, ...]
    deeds: tuple[Deed, ...]
    left_out: int


def story_of(finding: Finding) -> Story:
    """What happens in a witness."""
    rows = [row for row in arrange(finding, fold=False).rows if isinstance(row, StepRow)]
    runs = tuple(_runs(rows))
    told = [finding.message, *(finding.objects or _seen_late(rows, runs[-1].first if runs else 0))]
    concerned = dict.fromkeys(name for text in told for name in OBJECT.findall(text))
    deeds = list(_deeds(finding.steps, concerned))
    return Story(runs, tuple(concerned), tuple(deeds[-DEEDS:]), max(0, len(deeds) - DEEDS))


def _subject(change: str) -> str:
    """What a change is about: the objects that a place held and holds, or else the one that was changed."""
    location, _, values = change.partition(": ")
    return location if values.startswith(("on ", "off ")) or not OBJECT.search(values) else values


def at_of(step: Step) -> str:
    """The line of the source, or of the spec."""
    return step.source or step.spec


def _runs(rows: list[StepRow]) -> Iterator[Run]:
    starts = [n for n, row in enumerate(rows) if n == 0 or row.switched]
    seen: set[str] = set()
    for start, end in pairwise([*starts, len(rows)]):
        part = rows[start:end]
        first, last = part[0].step, part[-1].step
        procedures = dict.fromkeys(_outermost(row) for row in part)
        yield Run(
            thread=first.thread,
            first=first.n,
            last=last.n,
            procedures=tuple(procedures),
            begins=at_of(first),
            ends=at_of(last),
            operation=last.operation,
            taken=tuple(dict.fromkeys(lock for row in part for lock in row.taken)),
            held=part[-1].held,
            again=first.thread in seen,
        )
        seen.add(first.thread)


def _outermost(row: StepRow) -> str:
    return row.step.stack[-1].procedure if row.step.stack else row.step.procedure


def _seen_late(rows: list[StepRow], last_run: int) -> Iterator[str]:
    """What the last run sees that another thread changed since it last looked: what was there, and what is now."""
    changes: dict[str, tuple[StepRow, str]] = {}
    looks: dict[tuple[str, str], StepRow] = {}
    for row in rows:
        step = row.step
        for location, (writer, change) in list(changes.items()):
            if location not in step.operation or not names(step.operation, location):
                continue
            looked = looks.get((step.thread, location))
            new = writer.step.thread != step.thread and (looked is None or looked.step.n < writer.step.n)
            if new and step.n >= last_run:
                yield f"{_subject(change)} {step.detail} {looked.step.detail if looked else ''}"
            looks[step.thread, location] = row
        for location in MEMBER.findall(step.operation):
            looks[step.thread, location] = row
        for change in step.changes:
            for location in _touched(change):
                changes[location] = row, change


def _touched(change: str) -> Iterator[str]:
    """The members that a change touches: an entry of a map is the map, an entry that leaves a list changes the list."""
    location, _, values = change.partition(": ")
    yield location.partition("[")[0]
    word, _, head = values.partition(" ")
    if word in ("on", "off") and head:
        yield head


def _deeds(steps: list[Step], concerned: dict[str, None]) -> Iterator[Deed]:
    for step in steps:
        for change in step.changes:
            if any(name in concerned for name in OBJECT.findall(change)):
                yield Deed(step.n, step.thread, change, at_of(step))
