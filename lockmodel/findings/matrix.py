"""One target under many settings of its switches: which findings need which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lockmodel.findings.comparison import Identity, found_by, ignored_by
from lockmodel.findings.finding import CheckResult, Finding, IgnoreComment, MatrixSetting, NeedingFinding
from lockmodel.findings.needs import smallest

Turned = dict[str, bool | int | str]


@dataclass(frozen=True)
class Shown:
    """The scenarios that show a finding under one setting, and the smallest of its witnesses there."""

    scenarios: list[str]
    finding: Finding


@dataclass(frozen=True)
class Run:
    """What one setting comes to: which switches are turned, how many scenarios had to be searched for it.

    So many of its findings are `ignored` by comments of the spec, which are the `ignores`.
    """

    turned: Turned
    verdict: str
    complete: bool
    found: dict[Identity, Shown]
    searched: int
    ignored: int
    ignores: list[IgnoreComment]


def run_of(turned: Turned, result: CheckResult, searched: int) -> Run:
    """What the result under one setting comes to."""
    found = {
        key: Shown([name for name, _ in shown], min((finding for _, finding in shown), key=lambda f: len(f.steps)))
        for key, shown in found_by(result).items()
    }
    return Run(turned, _verdict(result), result.complete, found, searched, len(ignored_by(result)), result.ignores)


def with_matrix(own: CheckResult, runs: Sequence[Run]) -> CheckResult:
    """The result of the first run, in which nothing is turned, with what all of them come to."""
    first = runs[0].found if runs else {}
    settings = [
        MatrixSetting(
            turned=run.turned,
            verdict=run.verdict,
            complete=run.complete,
            findings=len(run.found),
            new=sum(key not in first for key in run.found),
            gone=sum(key not in run.found for key in first),
            searched=run.searched,
            ignored=run.ignored,
        )
        for run in runs
    ]
    keys = dict.fromkeys(key for run in runs for key in run.found if key not in first)
    needing = [_needing(key, runs) for key in sorted(keys)]
    return msgspec.structs.replace(own, matrix=settings, needing=needing, ignores=_ignores(runs))


def _ignores(runs: Sequence[Run]) -> list[IgnoreComment]:
    """The comments of the first run; one that has its use under another setting is not unused."""
    return [
        msgspec.structs.replace(
            its[0], unused=[rule for rule in its[0].unused if all(rule in one.unused for one in its)]
        )
        for its in zip(*(run.ignores for run in runs), strict=True)
    ]


def _needing(key: Identity, runs: Sequence[Run]) -> NeedingFinding:
    showing = {tuple(run.turned.items()): run.found[key] for run in runs if key in run.found}
    needs = smallest(showing)
    shown = showing[needs[0]]
    finding = shown.finding
    return NeedingFinding(
        rule=finding.rule,
        name=finding.name,
        message=finding.message,
        claim=finding.claim,
        place=finding.place,
        needs=[dict(turned) for turned in needs],
        scenarios=shown.scenarios,
        schedule=finding.schedule,
        certain=all(run.complete for run in runs if any(run.turned.items() < set(turned) for turned in needs)),
    )


def _verdict(result: CheckResult) -> str:
    """The worst verdict of its scenarios."""
    verdicts = {scenario.verdict for scenario in result.scenarios}
    return next((verdict for verdict in ("violated", "incomplete") if verdict in verdicts), "verified")
