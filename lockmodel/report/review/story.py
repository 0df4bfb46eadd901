"""What happens in a witness, in a few sentences: who runs between which switches, and what one thread does to another.

Takes a finding; gives the runs, where a thread sees what another one changed, and what became of the objects concerned.
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

MEETINGS = 6
"""So many places where threads meet are told: the last of them say why it went wrong."""

DEEDS = 16
"""So many changes of the objects concerned."""


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
class Meeting:
    """A step that sees what another thread changed in step `changed`, after this one `looked` (0: it had not)."""

    n: int
    thread: str
    operation: str
    detail: str
    at: str
    changed: int
    by: str
    change: str
    changed_at: str
    looked: int
    saw: str


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
    meetings: tuple[Meeting, ...]
    concerned: tuple[str, ...]
    deeds: tuple[Deed, ...]
    left_out: int


def story_of(finding: Finding) -> Story:
    """What happens in a witness."""
    rows = [row for row in arrange(finding, fold=False).rows if isinstance(row, StepRow)]
    runs = tuple(_runs(rows))
    meetings = tuple(_meetings(rows, runs[-1].first if runs else 0, finding.objects))
    told = [finding.message, *finding.objects]
    if not finding.objects:
        told += [text for one in meetings for text in (_subject(one.change), one.detail, one.saw)]
    concerned = dict.fromkeys(name for text in told for name in OBJECT.findall(text))
    deeds = list(_deeds(finding.steps, concerned))
    return Story(runs, meetings, tuple(concerned), tuple(deeds[-DEEDS:]), max(0, len(deeds) - DEEDS))


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


def _meetings(rows: list[StepRow], last_run: int, objects: list[str]) -> list[Meeting]:
    """Where a thread sees what another one changed: of the objects to blame, else in the last run, else any."""
    found = list(_every_meeting(rows, objects))
    blamed = [one for one in found if _subject(one.change).startswith(tuple(objects))] if objects else []
    late = [one for one in found if one.n >= last_run]
    return (blamed or late or found)[-MEETINGS:]


def _every_meeting(rows: list[StepRow], objects: list[str]) -> Iterator[Meeting]:
    """All of them; what breaks the rule uses the `objects` that are to blame, by whatever name."""
    changes: dict[str, tuple[StepRow, str]] = {}
    looks: dict[tuple[str, str], StepRow] = {}
    for row in rows:
        step = row.step
        used = " ".join([step.operation, *(objects if row.violation else [])])
        for location, (writer, change) in list(changes.items()):
            if not _sees(used, location, change):
                continue
            looked = looks.get((step.thread, location))
            if writer.step.thread != step.thread and (looked is None or looked.step.n < writer.step.n):
                before = looked.step if looked else None
                yield Meeting(
                    step.n, step.thread, row.operation, row.outcome or step.detail, at_of(step),
                    writer.step.n, writer.step.thread, change, at_of(writer.step),
                    before.n if before else 0, before.detail if before else "",
                )  # fmt: skip
            looks[step.thread, location] = row
        for location in _named(f"{step.operation} {step.detail}"):
            looks[step.thread, location] = row
        for change in step.changes:
            for location in _touched(change):
                changes[location] = row, change


def _named(operation: str) -> list[str]:
    """The objects and members that an operation names, or gives."""
    return re.findall(r"\w+#[\w.]*\w", operation)


def _touched(change: str) -> Iterator[str]:
    """The members that a change touches: an entry of a map is the map, an entry that leaves a list changes the list."""
    location, _, values = change.partition(": ")
    yield location.partition("[")[0]
    word, _, head = values.partition(" ")
    if word in ("on", "off") and head:
        yield head


def _sees(operation: str, location: str, change: str) -> bool:
    if change.endswith((": freed", ": allocated")):
        return re.search(rf"(?<![\w#.]){re.escape(location)}(?![\w#])", operation) is not None
    return names(operation, location)


def _deeds(steps: list[Step], concerned: dict[str, None]) -> Iterator[Deed]:
    for step in steps:
        for change in step.changes:
            if any(name in concerned for name in OBJECT.findall(change)):
                yield Deed(step.n, step.thread, change, at_of(step))
