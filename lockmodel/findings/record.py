"""The record of a model: every defect once, and what was checked and holds. The field names are the JSON contract."""

from __future__ import annotations

import msgspec

from lockmodel.findings.finding import Enumeration, Finding, Frame, Missed, Order, OrderVerdict, Protection, Unreached
from lockmodel.findings.needs import smallest
from lockmodel.findings.pairing import Pairing


class Setting(msgspec.Struct, frozen=True):
    """The switches that differ from those the record starts from ("reclaim=on"), none for the first one."""

    switches: list[str]


class Recorded(msgspec.Struct, frozen=True):
    """A finding, by rule and place, over all scenarios and settings in which the design as written shows it.

    `place` is the line of the source, or of the spec, or the claim; several where threads wait or race. `finding` is
    its smallest witness: in `scenario`, in `design`, under the `switches` that differ. `scenarios` are all that show
    it. `needs` are the smallest sets of switches under which it shows, the empty one alone where it needs none.
    `repaired_by` are the designs of which each alone removes it, in all `witnesses` that were searched again;
    `together` are those that it takes together, where no one does. `remains`: it shows in the repaired design; null
    where there is none or where that was not searched to the end. `without`: it shows where all but the repair of its
    defect are applied, null where that was not examined. `sure` are the reasons that make one believe it, a phrase
    each.
    """

    rule: str
    name: str
    place: str
    finding: Finding
    scenario: str
    switches: list[str]
    scenarios: list[str]
    needs: list[list[str]]
    repaired_by: list[str]
    together: list[str]
    remains: bool | None
    without: bool | None
    witnesses: int
    sure: list[str]
    remarks: list[str]
    design: str = ""


class Defect(msgspec.Struct, frozen=True):
    """Findings that have one cause: the same repair removes them. The first of them has the smallest witness.

    `kind` is "repaired" (by the one design in `repairs`), "together" (by those in `repairs`, and by none alone),
    "remains" (in the repaired design), "introduced" (shown by the repaired design alone) or "unexplained" (no design
    that was tried removes it, or none was). `reason` is what the repair says of itself.
    """

    number: int
    kind: str
    title: str
    repairs: list[str]
    reason: str
    findings: list[Recorded]

    @property
    def needs(self) -> list[tuple[str, ...]]:
        """The smallest sets of switches under which any of it shows."""
        return smallest(tuple(needed) for found in self.findings for needed in found.needs)


class ClaimHeld(msgspec.Struct, frozen=True):
    """A claim of the model; `verdict` is "holds", "violated", "ignored" (as the spec says) or "never judged"."""

    name: str
    kind: str
    doc: str
    verdict: str


class Unfinished(msgspec.Struct, frozen=True):
    """A scenario that was not searched to its end under a setting, and why."""

    scenario: str
    switches: list[str]
    reason: str


class Cell(msgspec.Struct, frozen=True):
    """What came of a row's scenarios under one setting: how many there are, broke a rule, were not searched to the end.

    `rules` are those that they broke.
    """

    scenarios: int
    violated: int
    unfinished: int
    rules: list[str]


class Row(msgspec.Struct, frozen=True):
    """Scenarios that are told together: a group of those that the program wrote, or one. A cell for each setting."""

    name: str
    cells: list[Cell]


class SourceFile(msgspec.Struct, frozen=True):
    """What became of the lines of a modelled file that carry code: how many, `modelled`, `left_out` by the reason.

    `missed` are those that are modelled and that no scenario of the design as written came to.
    """

    file: str
    lines: int
    modelled: int
    left_out: dict[str, list[int]]
    unaccounted: list[int]
    missed: list[int]


class IgnoredHere(msgspec.Struct, frozen=True):
    """A finding that a comment in the spec silences, at `comment` ("path:line"), and the scenarios that have it."""

    rule: str
    name: str
    place: Frame
    comment: str
    reason: str
    scenarios: list[str]


class Holding(msgspec.Struct, frozen=True):
    """What was checked of one design, and holds.

    `rules` are those of which nothing was found, `broken` the others. `order` has every order of locks that goes round,
    with its verdict; `hierarchy` the declared one, which is `obeyed` if nothing is asked for against it. `threads` are
    the fewest and the most of a scenario, `runs` scenarios times settings, `states` those of all runs. `unreached` are
    what no run reached, `unentered` the paths of the model that no scenario enters. `missed` is the chance that a state
    of any run was missed, null where whole states were compared. `matrix` has a row for each group of scenarios, and in
    it a cell for each of the `settings`. `locks` is the lock order of all runs, `protection` what protects which field
    in the first setting, or in another one that shows it unprotected. `ignored` are findings that comments in the spec
    silence; their rules are not among those of which nothing was found.
    """

    design: str
    scenarios: int
    settings: list[Setting]
    threads: list[int]
    runs: int
    states: int
    bounds: list[str]
    unfinished: list[Unfinished]
    claims: list[ClaimHeld]
    rules: list[str]
    broken: list[str]
    hierarchy: list[list[str]]
    obeyed: bool
    order: list[OrderVerdict]
    unreached: list[Unreached]
    unentered: list[str] = []
    missed: Missed | None = None
    enumeration: dict[str, Enumeration] = {}
    matrix: list[Row] = []
    locks: Order | None = None
    protection: list[Protection] = []
    pairings: list[Pairing] = []
    ignored: list[IgnoredHere] = []


class Record(msgspec.Struct, frozen=True):
    """All that `lockmodel record` found. `cut` says what an interrupted or limited run has left out, "" where nothing.

    `lost` are remarks of the model that fit no finding. `repaired` is the design that has all repairs, null for none.
    """

    schema_version: int
    lockmodel: str
    spec: str
    model: str
    source: str
    design: str
    repaired: str | None
    repairs: list[str]
    switches: dict[str, bool | int | str]
    varied: list[str]
    matrix: str
    cut: str
    defects: list[Defect]
    holds: list[Holding]
    switch_remarks: dict[str, str]
    lost: list[str]
    files: list[SourceFile] = []
