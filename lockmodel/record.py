"""The record of a model: every defect once with its cause, and what was checked and holds.

settings    the switches as given, each other one alone, each pair       (matrix)
sightings   every scenario under every setting, as written and repaired  (check, sightings)
causes      which repair removes which finding                           (causes)
defects     findings that the same repair removes are one                (here)
holding     claims, rules and lock orders that nothing was found against (holding)
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lockmodel import __version__
from lockmodel.causes import Cause, Causes, parts_of, repairs_of
from lockmodel.check import Checker, CheckOptions, Progress
from lockmodel.compile.source_lines import SourceLine, source_lines
from lockmodel.errors import UsageError
from lockmodel.findings.comparison import Identity
from lockmodel.findings.finding import CheckResult
from lockmodel.findings.pairings import Reached, pairings
from lockmodel.findings.record import Defect, Holding, Record, Recorded, SourceFile
from lockmodel.holding import Held
from lockmodel.language.library import RemarkRecord
from lockmodel.language.model import Model
from lockmodel.matrix import settings_of
from lockmodel.sightings import Sighting, Sightings

SCHEMA_VERSION = 1

REPAIRED = "repaired"
"""The design that has all repairs, where none is named and there is one of that name."""


@dataclass(frozen=True)
class RecordOptions:
    """What to record: a check's options, the design that has all repairs, and which settings of switches."""

    check: CheckOptions
    repaired: str | None = None
    matrix: str = "each"


@dataclass(frozen=True)
class RecordRun:
    """What a run gives: no record if it ended before anything was searched. `interrupted` if Ctrl-C ended it.

    `lines` are those of the modelled source, with what became of each.
    """

    record: Record | None
    interrupted: bool
    lines: list[SourceLine]


@dataclass
class _Found:
    """What one design shows, and what of it holds."""

    design: str
    held: Held
    sightings: Sightings = field(default_factory=Sightings)


def record(options: RecordOptions, progress: Callable[[Progress], None] | None = None) -> RecordRun:
    """Search all that the record tells of. What is found before Ctrl-C is recorded."""
    return _Recorder(options, progress).run()


def record_of(options: RecordOptions, result: CheckResult) -> Record:
    """The record that a check comes to by itself: its findings, each once, without what removes them."""
    given = {name: _given(value) for name, value in result.switches.items()}
    known = dataclasses.replace(options.check, design=result.design, switches=given)
    return _Recorder(dataclasses.replace(options, check=known, matrix="none"), None).of(result)


def _given(value: bool | int | str) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


class _Recorder:
    """One run."""

    def __init__(self, options: RecordOptions, progress: Callable[[Progress], None] | None) -> None:
        self._options = options
        self._progress = progress
        self._stage = ""
        self._checker = Checker(options.check, self._report if progress else None)
        self._model = self._checker.model
        self._design = options.check.design or self._model.default_design
        self._repaired = _repaired(self._model, options.repaired, self._design)
        self._repairs = [name for name in repairs_of(self._model, self._repaired) if name != self._design]
        self._settings = settings_of(self._model, options.check.switches, options.matrix)
        self._lines = source_lines(self._model)
        self._cut = ""
        self._interrupted = False

    def run(self) -> RecordRun:
        """The stages, one after the other; the first that is cut short is the last."""
        written = _Found(self._design, Held(self._model, self._design))
        repaired = _Found(self._repaired, Held(self._model, self._repaired)) if self._repaired else None
        try:
            for found in (written, *([repaired] if repaired else [])):
                self._sight(found)
        except KeyboardInterrupt:
            self._stop()
        gone = written.sightings.beyond(repaired.sightings if repaired else Sightings())
        causes = Causes(self._checker, self._settings, gone, self._tell)
        try:
            if not self._cut:
                causes.find(self._repairs, self._repaired)
        except KeyboardInterrupt:
            self._stop()
        record = self._record(written, repaired, gone, causes) if written.held.begun else None
        return RecordRun(record, self._interrupted, self._lines)

    def of(self, result: CheckResult) -> Record:
        """What one result comes to: no design that repairs it was looked at."""
        self._repaired, self._repairs = None, []
        written = _Found(self._design, Held(self._model, self._design))
        written.sightings.add(self._settings[0], result)
        written.held.add(self._settings[0], result)
        gone = written.sightings.beyond(Sightings())
        return self._record(written, None, gone, Causes(self._checker, self._settings, gone, self._tell))

    def _stop(self) -> None:
        self._interrupted = True
        self._cut = f"interrupted at {self._stage}"

    # --- the stages ---------------------------------------------------------------------------------------------

    def _sight(self, found: _Found) -> None:
        """Every scenario of a design, under every setting."""
        for number, setting in enumerate(self._settings, start=1):
            if self._cut:
                return
            named = ", ".join(setting.turned) or "switches as given"
            self._stage = f"{found.design}: {named} ({number}/{len(self._settings)})"
            run = self._checker.check(found.design, setting.values)
            found.sightings.add(setting, run.result)
            found.held.add(setting, run.result)
            if run.interrupted:
                self._interrupted, self._cut = True, f"interrupted at {self._stage}"
            elif self._checker.late:
                self._cut = f"the time limit was reached at {self._stage}"

    # --- defects ------------------------------------------------------------------------------------------------

    def _record(
        self, written: _Found, repaired: _Found | None, gone: Mapping[Identity, Sighting], causes: Causes
    ) -> Record:
        remarks = _Remarks(self._model.remarks)
        groups: dict[tuple[str, ...], list[Recorded]] = {}

        def enter(group: tuple[str, ...], told: Recorded) -> None:
            groups.setdefault(group, []).append(told)

        known = repaired is not None and repaired.held.complete
        for key, sighting in gone.items():
            cause = causes.of[key]
            told = _recorded(key, sighting, cause, False if known else None, remarks)
            if cause.alone:
                enter(("repaired", causes.owner(key)), told)
            else:
                enter(("together", *cause.together) if cause.together else ("unexplained", *key), told)
        for key, sighting in repaired.sightings.in_order() if repaired else ():
            before = written.sightings.found.get(key)
            # the witness in the design as written, unless other causes may be behind that one
            shown = sighting if before is None or key in gone else before
            told = _recorded(key, shown, Cause(), True, remarks)
            needed = [turned for needed in told.needs for turned in needed]
            enter(("introduced", *key) if before is None else ("remains", *told.remarks, *needed), told)
        ordered = sorted(groups.items(), key=lambda item: self._rank(item[0]))
        return Record(
            schema_version=SCHEMA_VERSION,
            lockmodel=__version__,
            spec=self._checker.spec,
            model=self._model.name,
            source=self._model.source,
            design=self._design,
            repaired=self._repaired,
            repairs=self._repairs,
            switches=self._settings[0].values,
            varied=[setting.turned[0] for setting in self._settings if len(setting.turned) == 1],
            matrix=self._options.matrix,
            cut=self._cut,
            defects=[self._defect(number, key, found) for number, (key, found) in enumerate(ordered, start=1)],
            holds=[self._holding(found) for found in (written, repaired) if found is not None and found.held.begun],
            switch_remarks={r.switch: r.text for r in self._model.remarks if r.switch and not (r.rule or r.place)},
            lost=remarks.lost(),
            files=_files(self._lines, written.held),
        )

    def _holding(self, found: _Found) -> Holding:
        program = self._checker.compiled(found.design, self._settings[0].values)
        missed = {one.spec for one in found.held.unreached if one.kind == "statement"}
        return found.held.told(pairings(program, Reached(found.held.reached, missed)))

    def _rank(self, group: tuple[str, ...]) -> tuple[int, int]:
        """Repairs in the order of the spec, then what no single one removes; equals stay as they were found."""
        kinds = ("repaired", "together", "remains", "introduced", "unexplained")
        return kinds.index(group[0]), self._repairs.index(group[1]) if group[0] == "repaired" else 0

    def _defect(self, number: int, group: tuple[str, ...], found: list[Recorded]) -> Defect:
        kind = group[0]
        repairs = list(group[1:]) if kind in ("repaired", "together") else []
        found = sorted(found, key=lambda one: (len(one.finding.steps), one.finding.thread_switches))
        title = " + ".join(repairs) or f"{found[0].name} at {found[0].place}"
        reason = "\n\n".join(doc for doc in (_reason(self._model, repair) for repair in repairs) if doc)
        return Defect(number, kind, title, repairs, reason, found)

    # --- progress -----------------------------------------------------------------------------------------------

    def _tell(self, design: str) -> None:
        self._stage = f"causes: {design}"

    def _report(self, progress: Progress) -> None:
        if self._progress is not None:
            phase = ", ".join(part for part in (self._stage, progress.phase) if part)
            self._progress(dataclasses.replace(progress, phase=phase))


def _repaired(model: Model, named: str | None, design: str) -> str | None:
    """The design that has all repairs: the one named, or of that name, or the only one that is made of others."""
    if named is not None:
        if named not in model.designs or named == design:
            there = ", ".join(name for name in model.designs if name != design) or "none"
            raise UsageError(f"--repaired: the model {model.name} has no other design {named}\n  There are: {there}.")
        return named
    others = [name for name in model.designs if name != design]
    made = [name for name in others if parts_of(model, name)]
    if REPAIRED in others:
        return REPAIRED
    return made[0] if len(made) == 1 else others[0] if len(others) == 1 else None


def _files(lines: Sequence[SourceLine], held: Held) -> list[SourceFile]:
    """What became of the lines of each modelled file."""
    missed = {one.source for one in held.unreached}
    told = []
    for file in dict.fromkeys(line.file for line in lines):
        of_file = [line for line in lines if line.file == file]
        left_out: dict[str, list[int]] = {}
        for line in of_file:
            if line.reason:
                left_out.setdefault(line.reason, []).append(line.line)
        modelled = [line.line for line in of_file if line.modelled]
        told.append(
            SourceFile(
                file,
                len(of_file),
                len(modelled),
                left_out,
                [line.line for line in of_file if not (line.modelled or line.reason)],
                [number for number in modelled if f"{file}:{number}" in missed],
            )
        )
    return told


def _reason(model: Model, repair: str) -> str:
    """What a repair says of itself: what it is made of, or the procedures that it puts in."""
    combination = model.combinations.get(repair)
    own = [variant.function for (design, _), variant in model.variants.items() if design == repair]
    docs = [combination.doc if combination else "", *(inspect.getdoc(function) or "" for function in own)]
    return "\n\n".join(dict.fromkeys(doc.strip() for doc in docs if doc.strip()))


def _recorded(key: Identity, sighting: Sighting, cause: Cause, remains: bool | None, remarks: _Remarks) -> Recorded:
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


class _Remarks:
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
