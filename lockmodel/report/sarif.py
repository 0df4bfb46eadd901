"""A run as SARIF 2.1.0, the format in which code hosts and editors take findings.

Takes results and the rules' names and descriptions (they live in `properties`, which a report does not import).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from lockmodel.findings.finding import CheckResult, Finding, Frame, ScenarioResult, Step
from lockmodel.report.columns import beside
from lockmodel.report.lanes import arrange
from lockmodel.report.places import place_of, spec_and_source
from lockmodel.report.rows import StepRow
from lockmodel.report.words import covered, why_incomplete

Rules = Mapping[str, tuple[str, str]]
"""Rule code -> (name, description)."""

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Json = dict[str, object]


def encode_sarif(results: list[CheckResult], rules: Rules) -> bytes:
    """One SARIF log with one run for each spec. `rules` also lists rules that found nothing."""
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(result, rules) for result in results]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2) + b"\n"


def _run(result: CheckResult, rules: Rules) -> Json:
    known = dict(rules)
    for scenario in result.scenarios:
        for finding in scenario.findings:
            known.setdefault(finding.rule, (finding.name, finding.name))
    codes = sorted(known)
    driver: Json = {
        "name": "lockmodel",
        "version": result.lockmodel,
        "semanticVersion": result.lockmodel,
        "rules": [_rule(code, *known[code]) for code in codes],
    }
    incomplete = [scenario for scenario in result.scenarios if not scenario.complete]
    return {
        "tool": {"driver": driver},
        # A search that was cut did not fail as a program; the notification says that it proves nothing.
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(result, scenario) for scenario in incomplete],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(result, scenario, finding, codes.index(finding.rule))
            for scenario in result.scenarios
            for finding in scenario.findings
        ],
        "properties": {
            "spec": result.spec,
            "model": result.model,
            "design": result.design,
            "switches": result.switches,
            "verdicts": {scenario.name: scenario.verdict for scenario in result.scenarios},
        },
    }


def _rule(code: str, name: str, description: str) -> Json:
    return {
        "id": code,
        # SARIF wants an identifier in capitals: "null-dereference" -> "NullDereference".
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": name},
        "fullDescription": {"text": description},
        "defaultConfiguration": {"level": "error"},
    }


def _notification(result: CheckResult, scenario: ScenarioResult) -> Json:
    text = f"scenario {scenario.name} is incomplete: {why_incomplete(scenario)}; {covered(scenario)}"
    return {
        "level": "warning",
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(result.spec)}}}],
    }


def _result(result: CheckResult, scenario: ScenarioResult, finding: Finding, rule: int) -> Json:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": finding.message},
        "locations": [_location(finding.place)],
        "relatedLocations": [
            *(_location(waiting.frame, f"{waiting.thread} waits") for waiting in finding.waiting),
            *(_location(place, "races") for place in finding.places if place != finding.place),
        ],
        "stacks": [{"message": {"text": "where it happens"}, "frames": [_frame(frame) for frame in finding.stack]}],
        "codeFlows": _flows(finding),
        "partialFingerprints": {"lockmodelPlace/v1": _fingerprint(result, finding)},
        "properties": {
            "scenario": scenario.name,
            "design": result.design,
            "threads": finding.threads,
            "locks": finding.locks,
            "objects": finding.objects,
            "minimal": finding.minimal,
            "schedule": finding.schedule,
        },
    }


def _flows(finding: Finding) -> list[Json]:
    """The schedule twice: as it ran, for viewers show the first flow; and a flow a thread, as the standard has it."""
    if not finding.steps:
        return []
    lanes = arrange(finding, fold=False)
    by_thread = [[step for step in finding.steps if step.thread == thread] for thread in lanes.threads]
    told = {row.step.n: beside(row.operation, row.outcome) for row in lanes.rows if isinstance(row, StepRow)}

    def flow(name: str, steps: list[Step]) -> Json:
        return {
            "id": name,
            "locations": [
                {
                    "location": _location(Frame(step.procedure, step.spec, step.source), _told(step, told)),
                    "executionOrder": step.n,
                    "importance": "essential" if step is finding.steps[-1] else "important",
                    "state": {change.partition(": ")[0]: {"text": change} for change in step.changes},
                }
                for step in steps
            ],
        }

    return [
        {"message": {"text": "the schedule"}, "threadFlows": [flow("schedule", finding.steps)]},
        {
            "message": {"text": "the schedule, a flow for each thread"},
            "threadFlows": [
                flow(thread, steps) for thread, steps in zip(lanes.threads, by_thread, strict=True) if steps
            ],
        },
    ]


def _told(step: Step, told: dict[int, str]) -> str:
    return f"{step.n} {step.thread}: {told[step.n]}" + (f" ({step.source})" if step.source else "")


def _location(frame: Frame, message: str = "") -> Json:
    location: Json = {"logicalLocations": [{"name": frame.procedure, "kind": "function"}]}
    place = place_of(frame.spec)
    if place is not None:
        physical: Json = {"artifactLocation": {"uri": _uri(place.path)}}
        if place.line is not None:
            physical["region"] = {"startLine": place.line}
        location = {"physicalLocation": physical, **location}
    if message:
        location["message"] = {"text": message}
    return location


def _frame(frame: Frame) -> Json:
    return {"location": _location(frame, f"{frame.procedure} {spec_and_source(frame)}")}


def _uri(path: str) -> str:
    """A relative path as a URI reference; an absolute one as a file URI."""
    path = path.replace("\\", "/")
    return f"file://{quote(path)}" if path.startswith("/") else quote(path, safe="/")


def _fingerprint(result: CheckResult, finding: Finding) -> str:
    """The same for the same fault after lines were added above it: no line numbers, but the text of the line."""
    code = finding.steps[-1].code.strip() if finding.steps else ""
    others = [place.procedure for place in finding.places if place != finding.place]
    parts = (result.model, finding.rule, finding.place.procedure, finding.claim or "", code, *others)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
