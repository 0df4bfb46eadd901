"""A run as GitHub workflow commands: annotations beside the lines of the spec."""

from __future__ import annotations

import re

from lockmodel.findings.finding import CheckResult, Finding
from lockmodel.report.places import place_of, spec_and_source
from lockmodel.report.text import distinct, replay_command
from lockmodel.report.words import covered, last_word, named, overall, size_of, title, why_incomplete

CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a log should not be told to do: all but the ends of lines, which are escaped."""


def encode_github(result: CheckResult) -> bytes:
    """An error for each place that breaks a rule and for each incomplete scenario; a notice where all is well."""
    lines: list[str] = []
    for shown in distinct(result):
        also = "".join(f", {name}" for name in named([scenario for scenario, _ in shown.also]))
        lines.append(_finding(result, shown.finding, shown.scenario + also))
    for scenario in result.scenarios:
        if not scenario.complete or scenario.verdict == "incomplete":
            text = f"scenario {scenario.name}: {why_incomplete(scenario)}; {covered(scenario)}. This is not a pass."
            lines.append(_command("error", text, file=result.spec, title="incomplete"))
        lines += [
            _command("warning", f"scenario {scenario.name}: {warning}", file=result.spec, title="lockmodel")
            for warning in scenario.warnings
        ]
    if overall(result) == "verified":
        lines.append(_command("notice", last_word(result), file=result.spec, title="lockmodel"))
    return "".join(line + "\n" for line in lines).encode(errors="replace")


def _finding(result: CheckResult, finding: Finding, scenarios: str) -> str:
    place = place_of(finding.place.spec)
    text = (
        f"{finding.message}\n"
        f"in {finding.place.procedure}, {spec_and_source(finding.place)}; {size_of(finding)}\n"
        f"scenario: {scenarios}\n"
        f"{replay_command(result.spec, finding)}"
    )
    return _command(
        "error",
        text,
        file=result.spec if place is None else place.path,
        line="" if place is None or place.line is None else str(place.line),
        title=title(finding),
    )


def _command(command: str, message: str, **properties: str) -> str:
    """`::error file=...,line=...::message`, escaped as the runner unescapes it."""
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    return CONTROL.sub("?", text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
