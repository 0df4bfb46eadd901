"""A run for programs: JSON, JSON lines, and the way to the formats of others (SARIF, JUnit, GitHub).

The same result gives the same bytes, the fields named for the clock excepted.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from lockmodel.errors import UsageError
from lockmodel.findings.finding import CheckResult, ScenarioResult
from lockmodel.report.github import encode_github
from lockmodel.report.json_text import as_json, as_line
from lockmodel.report.junit import encode_junit
from lockmodel.report.sarif import Rules, encode_sarif
from lockmodel.report.terminal import Terminal
from lockmodel.report.text import NORMAL, render_check

Format = Literal["text", "json", "json-lines", "sarif", "junit", "github"]

FORMATS: tuple[str, ...] = get_args(Format)

SECONDS = 3
"""Digits after the point: a clock is not better than that, and more would look like a result."""


class ScenarioLine(msgspec.Struct, frozen=True):
    """One line of json-lines: a scenario, with what is needed to read it alone."""

    schema_version: int
    lockmodel: str
    spec: str
    model: str
    design: str
    switches: dict[str, bool | int | str]
    scenario: ScenarioResult


def encode(
    results: list[CheckResult],
    output_format: str,
    *,
    rules: Rules | None = None,
    terminal: Terminal | None = None,
    verbosity: int = NORMAL,
) -> bytes:
    """The results of a run, one a spec, in the format that was asked for. JSON of several is an array of them."""
    rules = rules or {}
    match output_format:
        case "text":
            texts = [render_check(result, terminal=terminal, verbosity=verbosity) for result in results]
            return "\n".join(texts).encode()
        case "json":
            return encode_json(results[0]) if len(results) == 1 else encode_json_array(results)
        case "json-lines":
            return b"".join(encode_json_lines(result) for result in results)
        case "sarif":
            return encode_sarif(results, rules)
        case "junit":
            return encode_junit(results)
        case "github":
            return b"".join(encode_github(result) for result in results)
        case other:
            raise UsageError(f"there is no output format {other!r}; there are {', '.join(FORMATS)}")


def encode_json(result: CheckResult) -> bytes:
    """The result as one JSON object, indented, in the order of the records' fields."""
    return as_json(_rounded(result))


def encode_json_array(results: list[CheckResult]) -> bytes:
    """The results of several specs as one JSON array."""
    return as_json([_rounded(result) for result in results])


def decode_json(data: bytes) -> CheckResult:
    """What `encode_json` wrote; UsageError if it did not."""
    try:
        return msgspec.json.decode(data, type=CheckResult)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"this is not the JSON of a check: {error}") from error


def encode_json_lines(result: CheckResult) -> bytes:
    """A line for each scenario."""
    lines = [
        ScenarioLine(
            schema_version=result.schema_version,
            lockmodel=result.lockmodel,
            spec=result.spec,
            model=result.model,
            design=result.design,
            switches=result.switches,
            scenario=scenario,
        )
        for scenario in _rounded(result).scenarios
    ]
    return b"".join(as_line(line) + b"\n" for line in lines)


def _rounded(result: CheckResult) -> CheckResult:
    scenarios = [
        msgspec.structs.replace(scenario, seconds=round(scenario.seconds, SECONDS)) for scenario in result.scenarios
    ]
    return msgspec.structs.replace(result, scenarios=scenarios)
