"""The record of a model: every defect once with its cause, and what was checked and holds.

settings    the switches as given, each other one alone, each pair       (matrix)
sightings   every scenario under every setting, as written and repaired  (check, sightings)
causes      which repair removes which finding                           (causes)
defects     findings that the same repair removes are one                (defects)
holding     claims, rules and lock orders that nothing was found against (holding)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lockmodel import __version__
from lockmodel.causes import Causes, parts_of, repairs_of
from lockmodel.check import Checker, CheckOptions, Progress, replay
from lockmodel.compile.source_lines import SourceLine, source_lines
from lockmodel.defects import Defects
from lockmodel.errors import IncompleteError, LockmodelError, UsageError
from lockmodel.findings.finding import CheckResult
from lockmodel.findings.pairings import Reached, pairings
from lockmodel.findings.record import Holding, Record, SourceFile
from lockmodel.holding import Held
from lockmodel.language.model import Model
from lockmodel.matrix import settings_of, turned_of
from lockmodel.sightings import Sightings

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
    """What a run gives: `interrupted` if Ctrl-C ended it, with no record if nothing was searched before.

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
    """Search all that the record tells of. What is found before Ctrl-C is recorded.

    IncompleteError if nothing was searched within the time limit, UsageError if there is nothing to search.
    """
    return _Recorder(options, progress).run()


def record_of(options: RecordOptions, result: CheckResult) -> Record:
    """The record that a check comes to by itself: its findings, each once, without what removes them."""
    known = dataclasses.replace(options.check, design=result.design, switches=result.switches)
    return _Recorder(dataclasses.replace(options, check=known, matrix="none"), None).of(result)


class _Recorder:
    """One run."""

    def __init__(self, options: RecordOptions, progress: Callable[[Progress], None] | None) -> None:
        self._options = options
        self._progress = progress
        self._stage = ""
        self._checker = Checker(options.check, self._report if progress else None)
        self._model = self._checker.model
        self._design = options.check.design or self._model.default_design
        self._settings = settings_of(self._model, options.check.switches, options.matrix)
        self._lines = source_lines(self._model)
        self._cut = ""
        self._interrupted = False

    def run(self) -> RecordRun:
        """The stages, one after the other; the first that is cut short is the last."""
        named = _repaired(self._model, self._options.repaired, self._design)
        repairs = [name for name in repairs_of(self._model, named) if name != self._design]
        written = self._found(self._design)
        repaired = self._found(named) if named else None
        try:
            for found in (written, *([repaired] if repaired else [])):
                self._sight(found)
        except KeyboardInterrupt:
            self._stop()
        gone = written.sightings.beyond(repaired.sightings if repaired else Sightings())
        causes = Causes(self._checker, self._settings, gone, repairs, self._tell)
        try:
            if not self._cut:
                causes.find(named)
        except KeyboardInterrupt:
            self._stop()
        if not (written.held.begun or self._interrupted):
            raise self._nothing()
        record = self._record(written, repaired, causes) if written.held.begun else None
        return RecordRun(record, self._interrupted, self._lines)

    def of(self, result: CheckResult) -> Record:
        """What one result comes to: no design that repairs it was looked at."""
        written = self._found(self._design)
        written.sightings.add(self._settings[0], result)
        written.held.add(self._settings[0], result)
        for needing in result.needing:
            _, finding, _ = replay(self._checker.spec, needing.schedule)
            if finding is not None:
                needs = [turned_of(one) for one in needing.needs]
                written.sightings.add_needing(finding, result.design, needing.scenarios[0], needs)
        gone = written.sightings.beyond(Sightings())
        return self._record(written, None, Causes(self._checker, self._settings, gone, [], self._tell))

    def _found(self, design: str) -> _Found:
        return _Found(design, Held(self._model, design))

    def _nothing(self) -> LockmodelError:
        """Why there is no record."""
        if self._cut:
            return IncompleteError(f"{self._cut}, and nothing was searched before")
        return UsageError(
            f"the model {self._model.name} has no scenario, so there is nothing to record\n"
            "  Add one with @model.scenario."
        )

    def _stop(self) -> None:
        self._interrupted = True
        self._cut = f"interrupted at {self._stage}"

    # --- the stages ---------------------------------------------------------------------------------------------

    def _sight(self, found: _Found) -> None:
        """Every scenario of a design, under every setting."""
        self._stage = f"{found.design}: all settings"
        if len(self._settings) > 1:
            self._checker.search_ahead([self._checker.compiled(found.design, one.values) for one in self._settings])
        for number, setting in enumerate(self._settings, start=1):
            if self._cut:
                return
            named = ", ".join(setting.turned) or "switches as given"
            self._stage = f"{found.design}: {named} ({number}/{len(self._settings)})"
            run = self._checker.check(found.design, setting.values)
            found.sightings.add(setting, run.result)
            found.held.add(setting, run.result)
            if run.interrupted:
                self._stop()
            elif self._checker.late:
                self._cut = f"the time limit was reached at {self._stage}"

    # --- what is told -------------------------------------------------------------------------------------------

    def _record(self, written: _Found, repaired: _Found | None, causes: Causes) -> Record:
        defects = Defects(self._model, causes)
        defects.add_gone(False if repaired is not None and repaired.held.complete else None)
        if repaired is not None:
            defects.add_left(repaired.sightings, written.sightings)
        return Record(
            schema_version=SCHEMA_VERSION,
            lockmodel=__version__,
            spec=self._checker.spec,
            model=self._model.name,
            source=self._model.source,
            design=self._design,
            repaired=repaired.design if repaired is not None else None,
            repairs=causes.repairs,
            switches=self._settings[0].values,
            varied=[setting.turned[0] for setting in self._settings if len(setting.turned) == 1],
            matrix=self._options.matrix,
            cut=self._cut,
            defects=defects.told(),
            holds=[self._holding(found) for found in (written, repaired) if found is not None and found.held.begun],
            switch_remarks={r.switch: r.text for r in self._model.remarks if r.switch and not (r.rule or r.place)},
            lost=defects.remarks.lost(),
            files=_files(self._lines, written.held),
        )

    def _holding(self, found: _Found) -> Holding:
        program = self._checker.compiled(found.design, self._settings[0].values)
        missed = {one.spec for one in found.held.unreached if one.kind == "statement"}
        return found.held.told(pairings(program, Reached(found.held.reached, missed)))

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
