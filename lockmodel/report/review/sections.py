"""What the other sections say: verdict, matrix, lock order, protection, what must balance, what was not seen.

Takes a record; gives rows of words for the templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lockmodel.findings.finding import CheckResult, Frame, Missed, Protection
from lockmodel.findings.pairing import Pairing, Use
from lockmodel.findings.record import Cell, Holding, Record
from lockmodel.report.lock_order import OrderTable, order_table
from lockmodel.report.places import place_of
from lockmodel.report.summary import ranges
from lockmodel.report.words import count, enumerated, gathered, listed, negligible, switched, told_protection


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word of the page and what it comes to: `facts` are (what, one value a design)."""

    word: str
    sentences: tuple[tuple[str, str], ...]
    designs: tuple[str, ...]
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    switches: tuple[str, ...]


def verdict_of(record: Record) -> Verdict:
    """What the page says first."""
    told = [
        (word_of(record, holding), _design_sentence(record, holding, at)) for at, holding in enumerate(record.holds)
    ]
    if record.cut:
        told.append(("incomplete", f"The run is not whole: {record.cut}. What comes after that is left out."))
    words = [word for word, _ in told]
    word = "violated" if record.defects else "incomplete" if "incomplete" in words or not words else "verified"
    facts = [
        ("threads of a scenario", [_threads(one) for one in record.holds]),
        ("scenarios", [f"{one.scenarios:,}" for one in record.holds]),
        ("settings of the switches", [_settings(one) for one in record.holds]),
        ("searches", [f"{one.runs:,}" for one in record.holds]),
        ("states stored", [f"{one.states:,}" for one in record.holds]),
        ("chance that a state was missed", [_chance(one.missed) for one in record.holds]),
        ("not searched to the end", [_unfinished(one) for one in record.holds]),
    ]
    if any(one.ignored for one in record.holds):
        facts.append(("findings ignored as the spec says", [_ignored(one) for one in record.holds]))
    return Verdict(
        word,
        tuple(told),
        tuple(one.design for one in record.holds),
        tuple((name, tuple(values)) for name, values in facts),
        tuple(switched(record.switches)),
    )


def word_of(record: Record, holding: Holding) -> str:
    """The verdict on one design."""
    return "violated" if holding.broken else "incomplete" if holding.unfinished or record.cut else "verified"


def _design_sentence(record: Record, holding: Holding, at: int) -> str:
    repairs = at > 0 and any(defect.repairs for defect in record.defects)
    name = f"Design {holding.design}" + (", which has all repairs" if repairs else "")
    match word_of(record, holding):
        case "violated":
            kinds = ("remains", "introduced") if at else ("repaired", "together", "remains", "unexplained")
            number = sum(defect.kind in kinds for defect in record.defects)
            return f"{name}: {count(number, 'defect')}, {'each ' if number > 1 else ''}shown by a schedule below."
        case "verified":
            return f"{name}: verified; nothing was found in any interleaving, within the bounds below."
        case _:
            return f"{name}: no finding so far, and not everything was searched."


def _ignored(holding: Holding) -> str:
    return "; ".join(f"{one.rule} at {one.comment}: {one.reason}" for one in holding.ignored) or "none"


def _threads(holding: Holding) -> str:
    return listed([str(number) for number in dict.fromkeys(holding.threads)], "to")


def _settings(holding: Holding) -> str:
    alone = [one for one in holding.settings if len(one.switches) == 1]
    more = [one for one in holding.settings if len(one.switches) > 1]
    told = ["as given"] if any(not one.switches for one in holding.settings) else []
    if alone:
        told.append("each of " + ", ".join(one.switches[0] for one in alone))
    if more:
        told.append(f"{count(len(more), 'setting')} of several of them")
    return f"{len(holding.settings)} ({'; '.join(told)})"


def _chance(missed: Missed | None) -> str:
    if missed is None:
        return "none: whole states were compared"
    most = max(missed.calculated, missed.observed)
    return "below one in a billion" if negligible(missed) else f"at most {most:.1g}"


def _unfinished(holding: Holding) -> str:
    return count(len(holding.unfinished), "search", "searches") if holding.unfinished else "none"


def enumerations(holding: Holding) -> list[tuple[str, str]]:
    """What the program enumerated, group by group."""
    return [(name, enumerated(told)) for name, told in holding.enumeration.items()]


# --- matrix -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of the matrix: a verdict in a word, and what is said of it."""

    word: str
    told: str


@dataclass(frozen=True, slots=True)
class MatrixView:
    """The matrix of one design. `clean` are as many rows as are verified in every column, and left out."""

    design: str
    columns: tuple[str, ...]
    sums: tuple[CellView, ...]
    rows: tuple[tuple[str, int, tuple[CellView, ...]], ...]
    clean: int
    total: int


def matrix_of(holding: Holding, *, again: bool) -> MatrixView | None:
    """The rows in which something was found, or left; None where the record has no matrix. `again`: no first design."""
    if not holding.matrix:
        return None
    few = len(holding.matrix) <= FEW_ROWS and not again
    shown = [row for row in holding.matrix if few or any(_word(cell) != "verified" for cell in row.cells)]
    rows = tuple((row.name, max(cell.scenarios for cell in row.cells), _cells(row.cells)) for row in shown)
    columns = tuple(" and ".join(setting.switches) or "as given" for setting in holding.settings)
    clean = len(holding.matrix) - len(shown)
    sums = _cells([_sum([row.cells[at] for row in holding.matrix]) for at in range(len(columns))])
    return MatrixView(holding.design, columns, sums, rows, clean, len(holding.matrix))


FEW_ROWS = 12
"""So many rows of the first design are all shown, those without a finding too."""


def _sum(cells: Sequence[Cell]) -> Cell:
    """All rows of a column."""
    return Cell(
        sum(cell.scenarios for cell in cells),
        sum(cell.violated for cell in cells),
        sum(cell.unfinished for cell in cells),
        sorted({rule for cell in cells for rule in cell.rules}),
    )


def _word(cell: Cell) -> str:
    if cell.violated:
        return "violated"
    return "verified" if cell.scenarios and not cell.unfinished else "incomplete"


def _cells(cells: Sequence[Cell]) -> tuple[CellView, ...]:
    """The cells of a row: rules that the first setting does not break there have a plus before them."""
    return tuple(_cell(cell, cells[0].rules if at else cell.rules) for at, cell in enumerate(cells))


def _cell(cell: Cell, known: Sequence[str]) -> CellView:
    word = _word(cell)
    if not cell.scenarios:
        return CellView("", "none")
    if word == "violated":
        many = f"{cell.violated:,} of {cell.scenarios:,}: " if cell.scenarios > 1 else ""
        rules = [rule if rule in known else f"+{rule}" for rule in cell.rules]
        return CellView(word, f"{many}{' '.join(rules)}")
    if word == "incomplete":
        return CellView(word, f"{cell.unfinished} of {cell.scenarios} unfinished")
    return CellView(word, "")


# --- lock order -------------------------------------------------------------------------------------------------


def order_of(record: Record, holding: Holding) -> OrderTable | None:
    """The lock order of a design; None where no lock is asked for under another, and none is declared."""
    if holding.locks is None:
        return None
    result = CheckResult(
        schema_version=record.schema_version,
        lockmodel=record.lockmodel,
        spec=record.spec,
        model=record.model,
        design=holding.design,
        switches={},
        scenarios=[],
        order=holding.locks,
        unreached=[],
    )
    table = order_table(result)
    unfinished = list(dict.fromkeys(one.scenario for one in holding.unfinished))
    table = msgspec.structs.replace(table, scenarios=holding.scenarios, unfinished=unfinished)
    return table if table.classes else None


# --- protection -------------------------------------------------------------------------------------------------

BY_ITSELF = ("private", "read-only", "published", "atomic")


@dataclass(frozen=True, slots=True)
class ProtectionView:
    """What protects one field; `mark` is "ok", "open" (by nothing) or "differs" (not by what was declared)."""

    field: str
    declared: str
    observed: str
    mark: str
    where: str


def protection_of(holding: Holding) -> tuple[list[ProtectionView], list[tuple[str, str]]]:
    """The fields that a lock protects or should, and how many need none, by what makes that so."""
    shown = [
        _protected(one) for one in holding.protection if one.locks or one.declared or one.observed not in BY_ITSELF
    ]
    shown.sort(key=lambda one: ("open", "differs", "ok").index(one.mark))
    rest: dict[str, list[str]] = {}
    for one in holding.protection:
        if not (one.locks or one.declared) and one.observed in BY_ITSELF:
            rest.setdefault(told_protection(one), []).append(one.field)
    return shown, [(why, ", ".join(fields)) for why, fields in rest.items()]


def protection_differs(holding: Holding, first: Holding) -> list[ProtectionView]:
    """The fields that are protected in another way than in the first design."""
    before = {one.field: one for one in protection_of(first)[0]}
    return [one for one in protection_of(holding)[0] if _same(before.get(one.field)) != _same(one)]


def _same(one: ProtectionView | None) -> tuple[str, ...]:
    """What it is protected by, wherever else it is touched."""
    return (one.declared, one.observed, one.mark) if one else ()


def _protected(one: Protection) -> ProtectionView:
    differs = one.declared not in (None, "constant", *one.locks) and one.observed not in BY_ITSELF
    mark = "open" if one.observed == "unprotected" else "differs" if differs else "ok"
    places = [frame.source or frame.spec for frame in (*one.without, *(one.racy if mark == "ok" else ()))]
    return ProtectionView(one.field, one.declared or "", told_protection(one), mark, in_short(places))


# --- what must balance ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UseView:
    """A place that does something, and the places that call it; `missed`: no state came to it."""

    deed: str
    procedure: str
    at: str
    callers: tuple[tuple[str, str], ...]
    missed: bool


@dataclass(frozen=True, slots=True)
class PairingView:
    """What is done to a member, side by side; `notes` say what has no counterpart."""

    name: str
    holders: tuple[str, ...]
    sides: tuple[tuple[str, tuple[UseView, ...]], ...]
    notes: tuple[str, ...]

    @property
    def called(self) -> bool:
        """Does any of it stand in a helper or a ghost, so that its callers are told?"""
        return any(use.callers for _, uses in self.sides for use in uses)


LONE = {
    ("count", "raised", "dropped"): "raised, and dropped by nothing within reach",
    ("count", "dropped", "raised"): "dropped only: its references are there when the threads start",
    ("object", "made", "freed"): "allocated, and freed by nothing within reach",
    ("object", "freed", "made"): "freed only: it is there when the threads start",
    ("wait", "waits", "wakes"): "waited for, and woken by nothing within reach",
    ("wait", "wakes", "waits"): "woken, and nobody waits for it",
    ("condition", "waits", "changes"): "waited for, and changed by no plain write within reach",
    ("ledger", "owed", "paid"): "owed, and never read by anybody",
}
"""What is said where there is a side and not its counterpart."""


def pairings_of(holding: Holding, *kinds: str) -> list[PairingView]:
    """Those of some kinds."""
    return [_pairing(one) for one in holding.pairings if one.kind in kinds]


def _pairing(one: Pairing) -> PairingView:
    there = [side.name for side in one.sides]
    notes = [
        said for (kind, has, lacks), said in LONE.items() if kind == one.kind and has in there and lacks not in there
    ]
    sides = tuple((side.name, tuple(map(_use, side.uses))) for side in one.sides)
    return PairingView(one.name, tuple(one.holders), sides, tuple(notes))


def _use(use: Use) -> UseView:
    callers: dict[str, list[str]] = {}
    for frame in use.callers:
        callers.setdefault(frame.procedure, []).append(frame.source or frame.spec)
    told = tuple((procedure, in_short(places, CALLS)) for procedure, places in callers.items())
    return UseView(use.deed, use.place.procedure, _at(use.place), told, not use.reached)


CALLS = 4
"""So many lines of one caller are named."""


def _at(frame: Frame) -> str:
    return frame.source or frame.spec


# --- what holds, and what was not seen --------------------------------------------------------------------------


def unreached_of(holding: Holding) -> list[tuple[str, str]]:
    """Statements that no run came to: a procedure, and its lines."""
    lines: dict[tuple[str, str], list[int]] = {}
    for missed in holding.unreached:
        at = place_of(missed.source) or place_of(missed.spec)
        if at is not None and missed.kind == "statement":
            lines.setdefault((missed.name, at.path), []).append(at.line or 0)
    return [(procedure, f"{path}:{ranges(numbers)}") for (procedure, path), numbers in lines.items()]


def unfinished_of(holding: Holding) -> list[tuple[str, str]]:
    """Why searches did not end, and which."""
    reasons: dict[str, list[str]] = {}
    for one in holding.unfinished:
        reasons.setdefault(one.reason, []).append(" ".join([one.scenario, *one.switches]))
    return [(reason, gathered(names, 4)) for reason, names in reasons.items()]


def in_short(places: Sequence[str], most: int = 6) -> str:
    """'fs/inotify.c:803, 810 and 2 more': the lines of one file together."""
    files: dict[str, list[int]] = {}
    for text in dict.fromkeys(places):
        at = place_of(text)
        if at is not None:
            files.setdefault(at.path, []).append(at.line or 0)
    told = []
    for path, lines in files.items():
        lines = sorted(lines)
        more = f" and {len(lines) - most} more" if len(lines) > most else ""
        told.append(f"{path}:{', '.join(str(line) for line in lines[:most])}{more}")
    return "; ".join(told)
