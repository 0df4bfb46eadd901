"""What scenarios come to together: the result of a run, and that of a scenario of which nothing is known."""

from __future__ import annotations

import dataclasses

import msgspec

from lockmodel import __version__
from lockmodel.findings.finding import (
    CheckResult,
    Enumeration,
    Finding,
    Order,
    Protection,
    ScenarioResult,
    Unreached,
)
from lockmodel.findings.token import decode, encode
from lockmodel.ir.nodes import Program
from lockmodel.language.model import Model

SCHEMA_VERSION = 1

NOT_FOLLOWED = "executions that end in a finding left out as asked ({}) were not followed further"

REDUCTIONS = (("dead-variables", "persistent-sets", "sleep-sets"), ("dead-variables",))
"""What is left out: by the exhaustive strategy, by the others."""


def whole(
    spec: str,
    model: Model,
    program: Program,
    scenarios: list[ScenarioResult],
    order: Order,
    unreached: list[Unreached],
    protected: list[Protection],
    enumeration: dict[str, Enumeration] | None = None,
    reached: list[str] | None = None,
) -> CheckResult:
    """The result of a run."""
    return CheckResult(
        schema_version=SCHEMA_VERSION,
        lockmodel=__version__,
        spec=spec,
        model=model.name,
        design=program.design,
        switches=dict(program.switches),
        scenarios=scenarios,
        order=order,
        unreached=unreached,
        protection=protected,
        enumeration=enumeration or {},
        reached=reached or [],
    )


def unsearched(
    name: str, threads: list[str], reason: str, engine: str, strategy: str, reductions: list[str], group: str = ""
) -> ScenarioResult:
    """The result of a scenario that was not searched, and why."""
    return ScenarioResult(
        name=name,
        verdict="incomplete",
        complete=False,
        reason=reason,
        states=0,
        transitions=0,
        depth=0,
        seconds=0.0,
        engine=engine,
        strategy=strategy,
        reductions=reductions,
        threads=threads,
        unreached=[],
        warnings=[],
        findings=[],
        group=group,
    )


def finding_order(finding: Finding) -> tuple[str, str, int, str]:
    """Findings are told by rule, then by place."""
    path, _, line = finding.place.spec.rpartition(":")
    return finding.rule, path, int(line), finding.claim or ""


def under(result: CheckResult, program: Program) -> CheckResult:
    """The result with every schedule as of this program: what another one shared with it was found under that."""

    def token(text: str) -> str:
        schedule = decode(text)
        if (schedule.design, schedule.switches) == (program.design, program.switches):
            return text
        return encode(dataclasses.replace(schedule, design=program.design, switches=program.switches))

    scenarios = [
        msgspec.structs.replace(
            scenario,
            findings=[msgspec.structs.replace(f, schedule=token(f.schedule)) for f in scenario.findings],
            ignored=[
                msgspec.structs.replace(
                    one, finding=msgspec.structs.replace(one.finding, schedule=token(one.finding.schedule))
                )
                for one in scenario.ignored
            ],
        )
        for scenario in result.scenarios
    ]
    edges = [msgspec.structs.replace(e, schedule=token(e.schedule)) for e in result.order.edges]
    judged = [msgspec.structs.replace(j, schedule=token(j.schedule)) if j.schedule else j for j in result.order.judged]
    order = msgspec.structs.replace(result.order, edges=edges, judged=judged)
    return msgspec.structs.replace(result, scenarios=scenarios, order=order)
