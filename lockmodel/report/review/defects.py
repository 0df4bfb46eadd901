"""A defect as its section tells it: headline, story, lanes, both source lines, what would have to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockmodel.findings.finding import Frame
from lockmodel.findings.record import Defect, Record, Recorded
from lockmodel.report.lanes import state_told, told_end
from lockmodel.report.review.story import Story, story_of
from lockmodel.report.text import replay_command
from lockmodel.report.words import count, gathered, listed, loop_told, size_of

WORST = (
    "LM303", "LM304", "LM306", "LM305", "LM307", "LM308", "LM402", "LM401", "LM101", "LM102", "LM103", "LM104", "LM603",
    "LM601", "LM602", "LM202", "LM501", "LM502", "LM403", "LM301", "LM302", "LM701", "LM702", "LM201",
)  # fmt: skip
"""From what corrupts memory, over what hangs and what loses, to what may be harmless."""

GROUPS = (
    (("LM303", "LM304", "LM305", "LM306", "LM307", "LM308", "LM401", "LM402"), "memory"),
    (("LM101", "LM102", "LM103", "LM104", "LM202", "LM601", "LM602", "LM603"), "locks and waiting"),
    (("LM501", "LM502"), "events"),
    (("LM403",), "leak"),
    (("LM301", "LM302"), "race"),
)
"""What a rule is about, in a word; all else is a claim of the model."""


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of code: its place in the spec, the text there ("" where it cannot be read), its place in the source."""

    procedure: str
    spec: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class WaitView:
    """A thread that cannot move at the end: what it waits for, who has that, what it holds, and where it stands."""

    thread: str
    told: list[str]
    holds: list[str]
    at: LineView


@dataclass(frozen=True, slots=True)
class DefectView:
    """A defect as its section tells it. `shown` is the finding that is played."""

    number: int
    anchor: str
    title: str
    about: str
    shown: Recorded
    others: tuple[Recorded, ...]
    place: LineView
    stack: tuple[LineView, ...]
    partners: tuple[LineView, ...]
    waiting: tuple[WaitView, ...]
    story: Story
    state: tuple[str, ...]
    size: str
    replay: str
    scenarios: str
    needs: str
    rules: list[str]
    also: list[str]
    removers: str
    removed: str
    reason: tuple[str, ...]
    remarks: tuple[str, ...]
    switches: tuple[tuple[str, str], ...]


Reader = Callable[[str], str]
"""Gives the text of a line of the spec ("path:line"), or ""."""


def worst_first(record: Record, read: Reader) -> list[DefectView]:
    """The defects of a record, the worst first; of equals those with the shorter witness."""

    def badness(defect: Defect) -> tuple[int, int]:
        return min(_badness(found) for found in defect.findings)

    ordered = sorted(record.defects, key=lambda defect: (*badness(defect), defect.number))
    return [_view(record, defect, number, read) for number, defect in enumerate(ordered, start=1)]


def about(rule: str) -> str:
    """What a rule is about, in a word."""
    return next((word for rules, word in GROUPS if rule in rules), "claim")


def _badness(found: Recorded) -> tuple[int, int]:
    rank = WORST.index(found.rule) if found.rule in WORST else len(WORST)
    return rank, len(found.finding.steps)


def _view(record: Record, defect: Defect, number: int, read: Reader) -> DefectView:
    ordered = sorted(defect.findings, key=_badness)
    shown = ordered[0]
    finding = shown.finding
    needed = defect.needs
    names = dict.fromkeys(turned.partition("=")[0] for needs in needed for turned in needs)
    return DefectView(
        number=number,
        anchor=f"defect-{number}",
        title=f"{finding.rule} {finding.name}",
        about=about(finding.rule),
        shown=shown,
        others=tuple(ordered[1:]),
        place=_line(finding.place, read),
        stack=tuple(_line(frame, read) for frame in finding.stack),
        partners=tuple(_line(frame, read) for frame in finding.places),
        waiting=tuple(
            WaitView(one.thread, told_end(one), one.holds, _line(one.frame, read)) for one in finding.waiting
        ),
        story=story_of(finding),
        state=tuple(state_told(finding)),
        size="; ".join(filter(None, (size_of(finding), loop_told(finding)))),
        replay=replay_command(record.spec, finding),
        scenarios=_scenarios(defect),
        needs=_needs(needed),
        rules=list(dict.fromkeys(found.rule for found in ordered)),
        also=list(dict.fromkeys(found.rule for found in ordered[1:] if found.rule != finding.rule)),
        removers=_removers(record, defect),
        removed=_removed(record, defect),
        reason=tuple(part for part in defect.reason.split("\n\n") if part),
        remarks=tuple(dict.fromkeys(remark for found in defect.findings for remark in found.remarks)),
        switches=tuple((name, record.switch_remarks[name]) for name in names if name in record.switch_remarks),
    )


def _line(frame: Frame, read: Reader) -> LineView:
    return LineView(frame.procedure, frame.spec, read(frame.spec), frame.source or "")


def _needs(needed: Sequence[Sequence[str]]) -> str:
    if any(not one for one in needed):
        return "no switch"
    return " or ".join(" and ".join(one) for one in needed)


def _scenarios(defect: Defect) -> str:
    names = list(dict.fromkeys(name for found in defect.findings for name in found.scenarios))
    return f"{count(len(names), 'scenario')}: {gathered(names, 4)}"


def _removers(record: Record, defect: Defect) -> str:
    """The same in a word or two."""
    if defect.kind == "introduced":
        return f"only in {record.repaired}"
    return " + ".join(defect.repairs) or ("remains" if defect.kind == "remains" else "")


def _removed(record: Record, defect: Defect) -> str:
    """What removes it, in a sentence."""
    match defect.kind:
        case "repaired":
            return f"The design {defect.repairs[0]} alone removes it."
        case "together":
            return f"The designs {listed(defect.repairs)} remove it together, and none of them alone."
        case "remains":
            return f"It remains in the design {record.repaired}."
        case "introduced":
            return f"The design {record.design} does not show it; {record.repaired} does."
        case _:
            tried = f"None of the designs {listed(record.repairs)} was seen to remove it." if record.repairs else ""
            return tried if not record.cut else "What removes it was not examined."
