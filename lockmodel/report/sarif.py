"""A run as SARIF 2.1.0, the format in which code hosts and editors take findings.

Takes results and what there is to say of the rules (it lives in `properties`, which a report does not import).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from lockmodel.findings.finding import CheckResult, Finding, Frame, ScenarioResult, Silenced, Step
from lockmodel.report.columns import beside
from lockmodel.report.json_text import as_json
from lockmodel.report.lanes import arrange
from lockmodel.report.places import Place, place_of, spec_and_source
from lockmodel.report.rows import StepRow
from lockmodel.report.words import covered, unused_comments, why_incomplete


@dataclass(frozen=True, slots=True)
class RuleText:
    """What there is to say of a rule. `cwes` are the weaknesses that it finds, by number and name."""

    name: str
    when: str
    cwes: tuple[tuple[int, str], ...] = ()
    text: str = ""
    markdown: str = ""


Rules = Mapping[str, RuleText]
"""By code."""

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

SOURCE_ROOT = "MODELLED"
"""Stands for the folder of the modelled source, which need not be where the spec is."""

INCOMPLETE, NOTE = "incomplete", "note"
"""What notifications are about."""

Json = dict[str, object]


def encode_sarif(results: list[CheckResult], rules: Rules) -> bytes:
    """One SARIF log with one run for each spec. `rules` also lists rules that found nothing."""
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(result, rules) for result in results]}
    return as_json(log)


def _run(result: CheckResult, rules: Rules) -> Json:
    known = dict(rules)
    for scenario in result.scenarios:
        for finding in (*scenario.findings, *(one.finding for one in scenario.ignored)):
            known.setdefault(finding.rule, RuleText(finding.name, finding.name))
    codes = sorted(known)
    cwes = sorted({cwe for rule in known.values() for cwe in rule.cwes})
    driver: Json = {
        "name": "lockmodel",
        "version": result.lockmodel,
        "semanticVersion": result.lockmodel,
        "rules": [_rule(code, known[code], cwes) for code in codes],
        "notifications": [
            {
                "id": INCOMPLETE,
                "shortDescription": _text("A search was cut: what was not looked at may hold anything."),
            },
            {"id": NOTE, "shortDescription": _text("What a reader should know of a verdict.")},
        ],
        "supportedTaxonomies": [{"name": "CWE", "index": 0}],
    }
    return {
        "tool": {"driver": driver},
        # A host that takes several runs of one tool tells them apart by this.
        "automationDetails": {"id": f"lockmodel/{result.spec}/{result.design}/"},
        # A search that was cut did not fail as a program; the notification says that it proves nothing.
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": list(_notifications(result))}],
        "originalUriBaseIds": {SOURCE_ROOT: {"description": _text("the folder of the source that the spec models")}},
        "taxonomies": [_taxonomy(cwes)],
        "columnKind": "unicodeCodePoints",
        "results": [
            {**_result(result, scenario, finding, codes.index(finding.rule)), "suppressions": suppressions}
            for scenario in result.scenarios
            for finding, suppressions in (
                *((finding, []) for finding in scenario.findings),
                *((one.finding, [_suppression(one)]) for one in scenario.ignored),
            )
        ],
        "properties": {
            "spec": result.spec,
            "model": result.model,
            "design": result.design,
            "switches": result.switches,
            "verdicts": {scenario.name: scenario.verdict for scenario in result.scenarios},
        },
    }


def _rule(code: str, rule: RuleText, cwes: list[tuple[int, str]]) -> Json:
    told: Json = {
        "id": code,
        # SARIF wants an identifier in capitals: "null-dereference" -> "NullDereference".
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": _text(rule.name),
        "fullDescription": _text(rule.when),
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["concurrency", *(f"external/cwe/cwe-{number}" for number, _ in rule.cwes)]},
    }
    if rule.text:
        told["help"] = {**_text(rule.text), **({"markdown": _escaped(rule.markdown)} if rule.markdown else {})}
    if rule.cwes:
        told["relationships"] = [
            {
                "target": {
                    "id": str(cwe[0]),
                    "index": cwes.index(cwe),
                    "toolComponent": {"name": "CWE", "index": 0},
                },
                "kinds": ["relevant"],
            }
            for cwe in rule.cwes
        ]
    return told


def _taxonomy(cwes: list[tuple[int, str]]) -> Json:
    return {
        "name": "CWE",
        "organization": "MITRE",
        "shortDescription": _text("The MITRE Common Weakness Enumeration"),
        "informationUri": "https://cwe.mitre.org/",
        "isComprehensive": False,
        "taxa": [
            {
                "id": str(number),
                "name": name,
                "shortDescription": _text(name),
                "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number, name in cwes
        ],
    }


def _notifications(result: CheckResult) -> Iterable[Json]:
    for scenario in result.scenarios:
        if not scenario.complete:
            told = f"scenario {scenario.name} is incomplete: {why_incomplete(scenario)}; {covered(scenario)}"
            yield _notification(result.spec, "warning", INCOMPLETE, told)
        for warning in scenario.warnings:
            yield _notification(result.spec, "note", NOTE, f"scenario {scenario.name}: {warning}")
    for place, told in unused_comments(result):
        yield _notification(place, "note", NOTE, told)


def _notification(where: str, level: str, kind: str, told: str) -> Json:
    return {
        "descriptor": {"id": kind},
        "level": level,
        "message": _text(told),
        "locations": [{"physicalLocation": _physical(place)} for place in [place_of(where)] if place],
    }


def _result(result: CheckResult, scenario: ScenarioResult, finding: Finding, rule: int) -> Json:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": "error",
        "message": _text(finding.message),
        "locations": [_location(finding.place)],
        "relatedLocations": [
            *_modelled(finding.place),
            *(_location(waiting.frame, f"{waiting.thread} waits") for waiting in finding.waiting),
            *(_location(place, "races") for place in finding.places if place != finding.place),
        ],
        "stacks": [
            {
                "message": _text("where it happens"),
                "frames": [_frame(frame) for frame in finding.stack or [finding.place]],
            }
        ],
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


def _suppression(one: Silenced) -> Json:
    suppression: Json = {"kind": "inSource", "status": "accepted", "justification": one.reason}
    place = place_of(one.comment)
    return {**suppression, "location": {"physicalLocation": _physical(place)}} if place else suppression


def _flows(finding: Finding) -> list[Json]:
    """The schedule twice: as it ran, for viewers show the first flow; and a flow a thread, as the standard has it."""
    if not finding.steps:
        return []
    lanes = arrange(finding, fold=False)
    by_thread: dict[str, list[Step]] = {thread: [] for thread in finding.threads}
    for step in finding.steps:
        by_thread.setdefault(step.thread, []).append(step)
    told = {row.step.n: beside(row.operation, row.outcome) for row in lanes.rows if isinstance(row, StepRow)}

    def flow(name: str, steps: list[Step]) -> Json:
        return {"id": name, "locations": [_flow_location(step, finding, told[step.n]) for step in steps]}

    return [
        {"message": _text("the schedule"), "threadFlows": [flow("schedule", finding.steps)]},
        {
            "message": _text("the schedule, a flow for each thread"),
            "threadFlows": [flow(thread, steps) for thread, steps in by_thread.items() if steps],
        },
    ]


def _flow_location(step: Step, finding: Finding, operation: str) -> Json:
    told = f"{step.n} {step.thread}: {operation}" + (f" ({step.source})" if step.source else "")
    return {
        "location": _location(Frame(step.procedure, step.spec, step.source), told),
        "executionOrder": step.n,
        "nestingLevel": max(0, len(step.stack) - 1),
        "importance": "essential" if step is finding.steps[-1] else "important",
        "state": {change.partition(": ")[0]: _text(change) for change in step.changes},
        **({"properties": {"source": step.source}} if step.source else {}),
    }


def _location(frame: Frame, message: str = "") -> Json:
    """The line of the spec, and the procedure."""
    location: Json = {"logicalLocations": [{"name": frame.procedure, "kind": "function"}]}
    if place := place_of(frame.spec):
        location = {"physicalLocation": _physical(place), **location}
    return {**location, "message": _text(message)} if message else location


def _modelled(frame: Frame) -> Iterable[Json]:
    """The line of the source that a line of the spec stands for, if there is one."""
    if place := place_of(frame.source):
        message = _text(f"the modelled source, {frame.source}")
        yield {"physicalLocation": _physical(place, {"uriBaseId": SOURCE_ROOT}), "message": message}


def _physical(place: Place, base: Mapping[str, str] | None = None) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(place.path), **(base or {})}}
    return {**physical, "region": {"startLine": place.line}} if place.line is not None else physical


def _frame(frame: Frame) -> Json:
    return {"location": _location(frame, f"{frame.procedure} {spec_and_source(frame)}")}


def _text(text: str) -> Json:
    """A message, which is never empty, and holds no placeholder and no link."""
    return {"text": _escaped(text or "-").replace("](", "\\](")}


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _uri(path: str) -> str:
    """A relative path as a URI reference; an absolute one as a file URI."""
    path = path.replace("\\", "/")
    quoted = quote(path, safe="/", errors="surrogateescape")
    return f"file://{quoted}" if path.startswith("/") else quoted


def _fingerprint(result: CheckResult, finding: Finding) -> str:
    """The same for the same fault after lines were added above it: no line numbers, but the text of the line.

    Threads that wait for each other are known by where they wait, whatever the witness has as its last step.
    """
    if finding.waiting:
        parts = [result.model, finding.rule, finding.claim or ""]
        parts += sorted(
            f"{waiting.frame.procedure} {re.sub(r'#[^.]*', '', waiting.wants)}" for waiting in finding.waiting
        )
    else:
        code = finding.steps[-1].code.strip() if finding.steps else ""
        others = [place.procedure for place in finding.places if place != finding.place]
        parts = [result.model, finding.rule, finding.place.procedure, finding.claim or "", code, *others]
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
