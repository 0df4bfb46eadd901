"""The defects of a model: findings that the same repair removes are one.

Takes findings with their causes, and what is left in the repaired design; gives defects in the order of the repairs,
each with its smallest witness first, and what the model remarks of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

from lockmodel.causes import Cause, Causes
from lockmodel.findings.comparison import Identity
from lockmodel.findings.record import Defect, Recorded
from lockmodel.language.library import RemarkRecord
from lockmodel.language.model import Model
from lockmodel.sightings import Sighting, Sightings

KINDS = ("repaired", "together", "remains", "introduced", "unexplained")
"""What a defect can be, in the order in which they are told."""

Group = tuple[str, ...]
"""What the findings of one defect have in common: its kind, and then its repairs or whatever tells it from others."""


class Defects:
    """Collects findings, defect by defect."""

    def __init__(self, model: Model, causes: Causes) -> None:
        self.remarks = Remarks(model.remarks)
        self._model = model
        self._causes = causes
        self._groups: dict[Group, list[Recorded]] = {}

    def add_gone(self, remains: bool | None) -> None:
        """What the design as written shows and the repaired one does not: `remains` is False where that is known."""
        causes = self._causes
        for key, cause in causes.of.items():
            told = _recorded(key, causes.findings[key], cause, remains, self.remarks)
            if cause.alone:
                self._enter(("repaired", causes.owner(key)), told)
            else:
                self._enter(("together", *cause.together) if cause.together else ("unexplained", *key), told)

    def add_left(self, repaired: Sightings, written: Sightings) -> None:
        """What the repaired design shows."""
        for key, sighting in repaired.in_order():
            before = written.found.get(key)
            # the witness in the design as written, unless other causes may be behind that one
            shown = sighting if before is None or key in self._causes.of else before
            told = _recorded(key, shown, Cause(), True, self.remarks)
            needed = [turned for needed in told.needs for turned in needed]
            self._enter(("introduced", *key) if before is None else ("remains", *told.remarks, *needed), told)

    def told(self) -> list[Defect]:
        """All of them: repairs in the order of the spec, then what no single one removes; equals as they were found."""
        ordered = sorted(self._groups.items(), key=lambda item: self._rank(item[0]))
        return [self._defect(number, group, found) for number, (group, found) in enumerate(ordered, start=1)]

    def _enter(self, group: Group, told: Recorded) -> None:
        self._groups.setdefault(group, []).append(told)

    def _rank(self, group: Group) -> tuple[int, int]:
        return KINDS.index(group[0]), self._causes.repairs.index(group[1]) if group[0] == "repaired" else 0

    def _defect(self, number: int, group: Group, found: list[Recorded]) -> Defect:
        kind = group[0]
        repairs = list(group[1:]) if kind in ("repaired", "together") else []
        found = sorted(found, key=lambda one: (len(one.finding.steps), one.finding.thread_switches))
        title = " + ".join(repairs) or f"{found[0].name} at {found[0].place}"
        reason = "\n\n".join(doc for doc in (_reason(self._model, repair) for repair in repairs) if doc)
        return Defect(number, kind, title, repairs, reason, found)


def _reason(model: Model, repair: str) -> str:
    """What a repair says of itself: what it is made of, or the procedures that it puts in."""
    combination = model.combinations.get(repair)
    own = [variant.function for (design, _), variant in model.variants.items() if design == repair]
    docs = [combination.doc if combination else "", *(inspect.getdoc(function) or "" for function in own)]
    return "\n\n".join(dict.fromkeys(doc.strip() for doc in docs if doc.strip()))


def _recorded(key: Identity, sighting: Sighting, cause: Cause, remains: bool | None, remarks: Remarks) -> Recorded:
    witness = sighting.witnesses[0]
    finding = witness.finding
    needs = [list(turned) for turned in sighting.needs]
    return Recorded(
        rule=finding.rule,
        name=finding.name,
        place=", ".join(key[1:]),
        finding=finding,
        scenario=witness.scenario,
        switches=list(witness.turned),
        scenarios=sighting.scenarios,
        needs=needs,
        repaired_by=cause.alone,
        together=cause.together,
        remains=remains,
        without=cause.without,
        witnesses=len(sighting.witnesses),
        sure=_sure(sighting, cause),
        remarks=remarks.of(finding.rule, [*key[1:], finding.place.procedure], needs),
        design=witness.design,
    )


def _sure(sighting: Sighting, cause: Cause) -> list[str]:
    """Why one can believe a finding, and how far."""
    witness = sighting.witnesses[0]
    finding = witness.finding
    turned = " and ".join(witness.turned)
    said = [
        "an execution of the model, replayed by its interpreter",
        f"assumes {turned}" if turned else "needs no assumption but those that the switches make by default",
        f"no schedule of the scenario has fewer {finding.minimised}"
        if finding.minimal == "proved"
        else f"a schedule with fewer {finding.minimised} may exist",
    ]
    if finding.rule == "LM301":
        at = [frame.source or frame.spec for frame in finding.places or [finding.place]]
        said.append(f"the accesses that meet are at {' and '.join(at)}")
    if cause.without is not None:
        said.append(
            "shows where every other repair is applied: it depends on no other defect"
            if cause.without
            else "does not show where every other repair is applied, though its own is not"
        )
    return said


class Remarks:
    """The remarks of a model, and which of them have fitted a finding."""

    def __init__(self, records: Sequence[RemarkRecord]) -> None:
        self._records = records
        self._used: set[int] = set()

    def of(self, rule: str, places: Iterable[str], needs: list[list[str]]) -> list[str]:
        """What is said of a finding of a rule, at these places, that needs these switches."""
        names = {turned.partition("=")[0] for needed in needs for turned in needed}
        at = set(places)
        said = []
        for number, remark in enumerate(self._records):
            place = f"{remark.source}:{remark.place}" if remark.place.isdecimal() else remark.place
            fits = (remark.rule in ("", rule), remark.place == "" or place in at, remark.switch in ("", *names))
            if all(fits):
                self._used.add(number)
                said.append(remark.text)
        return said

    def lost(self) -> list[str]:
        """Those that fit no finding, with their places."""
        return [
            f"{record.path}:{record.line}: {record.text}"
            for number, record in enumerate(self._records)
            if number not in self._used
        ]
