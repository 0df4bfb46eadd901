"""A run as GitHub workflow commands: annotations beside the lines of the spec."""

from __future__ import annotations

import re

from lockmodel.findings.finding import CheckResult, Finding
from lockmodel.report.places import place_of, spec_and_source
from lockmodel.report.text import distinct, replay_command
from lockmodel.report.words import (
    covered,
    ignored_in,
    last_word,
    named,
    overall,
    size_of,
    title,
    unused_comments,
    why_ignored,
    why_incomplete,
)

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
    for one, where in ignored_in(result.scenarios):
        text = f"{why_ignored(one)}\nscenario: {', '.join(named(where))}"
        lines.append(_command("notice", text, **_at(one.comment), title=f"ignored: {title(one.finding)}"))
    for place, told in unused_comments(result):
        lines.append(_command("warning", told, **_at(place), title="lockmodel"))
    if overall(result) == "verified":
        lines.append(_command("notice", last_word(result), file=result.spec, title="lockmodel"))
    return "".join(line + "\n" for line in lines).encode(errors="replace")


def _finding(result: CheckResult, finding: Finding, scenarios: str) -> str:
    text = (
        f"{finding.message}\n"
        f"in {finding.place.procedure}, {spec_and_source(finding.place)}; {size_of(finding)}\n"
        f"scenario: {scenarios}\n"
        f"{replay_command(result.spec, finding)}"
    )
    return _command(
        "error",
        text,
        **{"file": result.spec, **_at(finding.place.spec)},
        title=title(finding),
    )


def _at(spec: str) -> dict[str, str]:
    place = place_of(spec)
    return {} if place is None else {"file": place.path, "line": str(place.line or "")}


def _command(command: str, message: str, **properties: str) -> str:
    """`::error file=...,line=...::message`, escaped as the runner unescapes it."""
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    return CONTROL.sub("?", text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
