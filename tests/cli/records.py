"""Records of findings for tests, without a search."""

from __future__ import annotations

from lockmodel.findings.finding import CheckResult, Finding, Frame, Order, ScenarioResult

PLACE = Frame("f", "a.py:3", None)


def finding(rule: str = "LM101", line: int = 3, schedule: str = "lm1-abc") -> Finding:
    return Finding(
        rule=rule,
        name="deadlock",
        message="message",
        threads=[],
        locks=[],
        objects=[],
        thread_switches=1,
        minimal="proved",
        place=Frame("f", f"a.py:{line}", None),
        stack=[],
        steps=[],
        waiting=[],
        state=[],
        schedule=schedule,
    )


def scenario(verdict: str, *findings: Finding, name: str = "s", complete: bool = True) -> ScenarioResult:
    return ScenarioResult(
        name=name,
        verdict=verdict,
        complete=complete,
        reason=None if complete else "interrupted",
        states=1,
        transitions=1,
        depth=1,
        seconds=0.0,
        engine="python",
        strategy="exhaustive",
        reductions=[],
        threads=[],
        unreached=[],
        warnings=[],
        findings=list(findings),
    )


def result(*scenarios: ScenarioResult, design: str = "plain") -> CheckResult:
    return CheckResult(1, "0.1.0", "a.py", "m", design, {"reclaim": True}, list(scenarios), Order([], []), [])
