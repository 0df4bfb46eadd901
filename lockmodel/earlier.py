"""What an earlier run wrote, taken for a record: `findings.json` of `record` or `review`, or the JSON of `check`.

Nothing is searched again, but every witness is replayed: a file of another version, of another model, or whose witness
the spec does not show any more is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from lockmodel.check import replay
from lockmodel.compile import load
from lockmodel.errors import LockmodelError, UsageError
from lockmodel.findings.finding import CheckResult, Finding, Step
from lockmodel.findings.record import Record
from lockmodel.record import SCHEMA_VERSION, RecordOptions, record_of
from lockmodel.target import split_target


def read_record(path: Path, options: RecordOptions) -> Record:
    """The record that a file holds, or that the check in it comes to. UsageError where it cannot be relied on."""
    spec, _ = split_target(options.check.target)
    model = load(spec)
    read = _read(path)
    if read.model != model.name:
        raise UsageError(
            f"--from: {path} is of the model {read.model}, and {spec} is of the model {model.name}\n"
            f"  Name the spec that it was made from: {read.spec}."
        )
    if read.design not in model.designs:
        raise UsageError(f"--from: {path} is of the design {read.design}, which {spec} does not have\n{AGAIN}")
    told = read if isinstance(read, Record) else record_of(options, read)
    for defect in told.defects:
        for found in defect.findings:
            _replayed(spec, found.finding, path)
    return told


AGAIN = "  Search again: leave out --from."


def _read(path: Path) -> Record | CheckResult:
    """What stands in a file, by its fields."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--from: cannot read {path}: {error.strerror or error}") from error
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--from: {path} is no JSON: {error}") from error
    if isinstance(found, list):
        raise UsageError(f"--from: {path} holds the results of several targets\n  Check one target for a review.")
    if not isinstance(found, dict) or not ("defects" in found or "scenarios" in found):
        raise UsageError(
            f"--from: {path} holds neither a record nor a check\n"
            "  Take findings.json of `lockmodel record`, or what `lockmodel check --output-format json` gives."
        )
    if found.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"--from: {path} has the schema version {found.get('schema_version')}, and this lockmodel reads "
            f"{SCHEMA_VERSION}\n{AGAIN}"
        )
    try:
        if "defects" in found:
            return msgspec.convert(found, type=Record)
        return msgspec.convert(found, type=CheckResult)
    except msgspec.ValidationError as error:
        raise UsageError(f"--from: {path} is not whole: {error}\n{AGAIN}") from error


def _replayed(spec: str, finding: Finding, path: Path) -> None:
    """Does the spec still show a finding, step by step as it was told?"""
    told = _deeds(finding.steps)
    try:
        _, shown, steps = replay(spec, finding.schedule)
    except LockmodelError as error:
        raise _lost(path, finding, str(error)) from error
    if shown is None:
        raise _lost(path, finding, "its schedule shows nothing wrong any more")
    if _deeds(steps) != told:
        raise _lost(path, finding, "its schedule makes other steps now")


def _deeds(steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    """What is done by whom on which line; the folder that the spec is named by may be another one than it was."""
    return [(step.thread, step.spec.rpartition("/")[2], step.operation) for step in steps]


def _lost(path: Path, finding: Finding, why: str) -> UsageError:
    at = finding.place.source or finding.place.spec
    return UsageError(f"--from: the witness of {finding.rule} at {at} in {path} does not replay: {why}\n{AGAIN}")
