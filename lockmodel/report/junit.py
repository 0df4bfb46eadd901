"""A run as JUnit XML: a test case a scenario. Violated is a failure; incomplete is an error, because it is no pass."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from lockmodel.findings.finding import CheckResult, ScenarioResult
from lockmodel.report.terminal import Terminal
from lockmodel.report.text import render_finding
from lockmodel.report.words import design_of, title, unused_comments, verdict_on, why_ignored

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""

TERMINAL = Terminal(width=100)
"""Result viewers show the text in a box that is about so wide."""


def encode_junit(results: list[CheckResult]) -> bytes:
    """One `testsuites` with a suite for each spec."""
    root = ElementTree.Element("testsuites", name="lockmodel")
    for result in results:
        _suite(root, result)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _suite(root: ElementTree.Element, result: CheckResult) -> None:
    scenarios = result.scenarios
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_clean(result.spec),
        tests=str(len(scenarios)),
        failures=str(sum(scenario.verdict == "violated" for scenario in scenarios)),
        errors=str(sum(scenario.verdict not in ("violated", "verified") for scenario in scenarios)),
        skipped="0",
        time=f"{sum(scenario.seconds for scenario in scenarios):.3f}",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("lockmodel", result.lockmodel), ("model", result.model), ("design", design_of(result))):
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    for scenario in scenarios:
        _case(suite, result, scenario)
    if unused := [told for _, told in unused_comments(result)]:
        ElementTree.SubElement(suite, "system-err").text = _clean("\n".join(unused))


def _case(suite: ElementTree.Element, result: CheckResult, scenario: ScenarioResult) -> None:
    classname = ".".join(part for part in (result.model, result.design) if part)
    case = ElementTree.SubElement(
        suite, "testcase", classname=_clean(classname), name=_clean(scenario.name), time=f"{scenario.seconds:.3f}"
    )
    verdict = _clean(verdict_on(scenario))
    if scenario.verdict == "violated":
        # One element for all findings: readers of this format take the first and drop the rest.
        findings = scenario.findings
        message = "; ".join(f"{title(finding)}: {finding.message}" for finding in findings) or verdict
        kind = ", ".join(dict.fromkeys(finding.rule for finding in findings)) or "violated"
        failure = ElementTree.SubElement(case, "failure", type=kind, message=_clean(message))
        shown = [
            render_finding(finding, scenario.name, spec=result.spec, design=result.design, terminal=TERMINAL)
            for finding in findings
        ]
        failure.text = _clean("\n".join(shown))
    elif scenario.verdict != "verified":
        ElementTree.SubElement(case, "error", type="incomplete", message=verdict).text = verdict
    ignored = [f"ignored: {why_ignored(one)}" for one in scenario.ignored]
    ElementTree.SubElement(case, "system-out").text = _clean("\n".join([verdict, *scenario.warnings, *ignored]))


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", text)
