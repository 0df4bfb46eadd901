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
class Run:
    """The result under one setting: which switches are turned, and how many scenarios had to be searched for it."""

    turned: Turned
    result: CheckResult
    searched: int


def with_matrix(runs: Sequence[Run]) -> CheckResult:
    """The result of the first run, in which nothing is turned, with what the others add."""
    own = runs[0].result
    found = [found_by(run.result) for run in runs]
    settings = [
        MatrixSetting(
            turned=run.turned,
            verdict=_verdict(run.result),
            complete=run.result.complete,
            findings=len(these),
            new=sum(key not in found[0] for key in these),
            gone=sum(key not in these for key in found[0]),
            searched=run.searched,
            ignored=len(ignored_by(run.result)),
        )
        for run, these in zip(runs, found, strict=True)
    ]
    keys = dict.fromkeys(key for these in found for key in these if key not in found[0])
    needing = [_needing(key, runs, found) for key in sorted(keys)]
    return msgspec.structs.replace(own, matrix=settings, needing=needing, ignores=_ignores(runs))


def _ignores(runs: Sequence[Run]) -> list[IgnoreComment]:
    """The comments of the first run; one that has its use under another setting is not unused."""
    return [
        msgspec.structs.replace(
            its[0], unused=[rule for rule in its[0].unused if all(rule in one.unused for one in its)]
        )
        for its in zip(*(run.result.ignores for run in runs), strict=True)
    ]


def _needing(
    key: Identity, runs: Sequence[Run], found: Sequence[dict[Identity, list[tuple[str, Finding]]]]
) -> NeedingFinding:
    showing = {tuple(run.turned.items()): these[key] for run, these in zip(runs, found, strict=True) if key in these}
    needs = smallest(showing)
    shown = showing[needs[0]]
    finding = min(shown, key=lambda item: len(item[1].steps))[1]
    return NeedingFinding(
        rule=finding.rule,
        name=finding.name,
        message=finding.message,
        claim=finding.claim,
        place=finding.place,
        needs=[dict(turned) for turned in needs],
        scenarios=[name for name, _ in shown],
        schedule=finding.schedule,
        certain=all(run.result.complete for run in runs if any(run.turned.items() < set(turned) for turned in needs)),
    )


def _verdict(result: CheckResult) -> str:
    """The worst verdict of its scenarios."""
    verdicts = {scenario.verdict for scenario in result.scenarios}
    return next((verdict for verdict in ("violated", "incomplete") if verdict in verdicts), "verified")
