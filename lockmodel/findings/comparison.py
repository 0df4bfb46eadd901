"""Two results side by side: what one design shows and the other does not. The field names are the JSON contract."""

from __future__ import annotations

import msgspec

from lockmodel.findings.finding import CheckResult, Finding, Frame, OrderEdge, ScenarioResult, Silenced, cycle

Identity = tuple[str, ...]


class Side(msgspec.Struct, frozen=True):
    """What came of a scenario under one of the designs."""

    verdict: str
    complete: bool
    states: int


class ScenarioPair(msgspec.Struct, frozen=True):
    """A scenario under both designs; null where only the other one has it (one that was joined for the lock order)."""

    name: str
    before: Side | None
    after: Side | None


class ComparedFinding(msgspec.Struct, frozen=True):
    """A finding of one of the designs, or of both.

    `status` is "new", "gone" or "unchanged". `before` and `after` are the scenarios that have it. `certain` is false
    where a search that does not show it was incomplete. `place`, `message` and `schedule` are those of the second
    design where that has it, else of the first.
    """

    status: str
    rule: str
    name: str
    message: str
    claim: str | None
    place: Frame
    before: list[str]
    after: list[str]
    certain: bool
    schedule: str


class ComparedIgnored(msgspec.Struct, frozen=True):
    """A finding that a comment in the spec silences, at `comment` ("path:line"): in these scenarios of the designs."""

    rule: str
    name: str
    place: Frame
    comment: str
    reason: str
    before: list[str]
    after: list[str]


class ComparedOrder(msgspec.Struct, frozen=True):
    """The edges of the lock order that only the second design shows, and those that only the first shows."""

    added: list[OrderEdge]
    removed: list[OrderEdge]


class Comparison(msgspec.Struct, frozen=True):
    """What `lockmodel compare` gives: `designs` are the first and the second."""

    schema_version: int
    lockmodel: str
    spec: str
    model: str
    designs: list[str]
    switches: dict[str, bool | int | str]
    scenarios: list[ScenarioPair]
    findings: list[ComparedFinding]
    order: ComparedOrder
    ignored: list[ComparedIgnored] = msgspec.field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Was every scenario searched to its end, under both designs?"""
        return all(side.complete for pair in self.scenarios for side in (pair.before, pair.after) if side is not None)


def identity(finding: Finding) -> Identity:
    """What makes a finding the same under another design or setting: its rule and its place, or what it claims.

    A place is the line of the modelled source where there is one: another procedure may stand for that line.
    """
    if finding.claim is not None:
        return (finding.rule, finding.claim)
    if finding.rule == "LM101" and finding.waiting:
        around = cycle(finding.waiting)  # none where they wait for what nobody gives
        frames = (waiting.frame for waiting in finding.waiting if not around or waiting.thread in around)
        return (finding.rule, *sorted({_line(frame) for frame in frames}))
    if finding.places:
        return (finding.rule, *sorted(_line(place) for place in finding.places))
    return (finding.rule, _line(finding.place))


def compare(before: CheckResult, after: CheckResult) -> Comparison:
    """What changes from one result to the other."""
    first, second = found_by(before), found_by(after)
    findings: list[ComparedFinding] = []
    for key in [*second, *(key for key in first if key not in second)]:
        status = "unchanged" if key in first and key in second else "new" if key in second else "gone"
        shown = second.get(key) or first[key]
        other = before if status == "new" else after
        findings.append(
            ComparedFinding(
                status=status,
                rule=shown[0][1].rule,
                name=shown[0][1].name,
                message=shown[0][1].message,
                claim=shown[0][1].claim,
                place=shown[0][1].place,
                before=[name for name, _ in first.get(key, [])],
                after=[name for name, _ in second.get(key, [])],
                certain=status == "unchanged" or other.complete,
                schedule=min(shown, key=lambda item: len(item[1].steps))[1].schedule,
            )
        )
    findings.sort(key=lambda one: (("new", "gone", "unchanged").index(one.status), one.rule))
    edges = [{(edge.outer, edge.inner): edge for edge in result.order.edges} for result in (before, after)]
    return Comparison(
        schema_version=after.schema_version,
        lockmodel=after.lockmodel,
        spec=after.spec,
        model=after.model,
        designs=[before.design, after.design],
        switches=after.switches,
        scenarios=_pairs(before.scenarios, after.scenarios),
        findings=findings,
        order=ComparedOrder(
            added=[edge for pair, edge in edges[1].items() if pair not in edges[0]],
            removed=[edge for pair, edge in edges[0].items() if pair not in edges[1]],
        ),
        ignored=_ignored(before, after),
    )


def found_by(result: CheckResult) -> dict[Identity, list[tuple[str, Finding]]]:
    """Every finding of a result, with the scenarios that have it."""
    found: dict[Identity, list[tuple[str, Finding]]] = {}
    for scenario in result.scenarios:
        for finding in scenario.findings:
            found.setdefault(identity(finding), []).append((scenario.name, finding))
    return found


def ignored_by(result: CheckResult) -> dict[Identity, list[tuple[str, Silenced]]]:
    """Every finding that a comment silences, with the scenarios that have it."""
    found: dict[Identity, list[tuple[str, Silenced]]] = {}
    for scenario in result.scenarios:
        for one in scenario.ignored:
            found.setdefault((*identity(one.finding), one.comment), []).append((scenario.name, one))
    return found


def _ignored(before: CheckResult, after: CheckResult) -> list[ComparedIgnored]:
    first, second = ignored_by(before), ignored_by(after)
    told = []
    for key in sorted(first | second):
        one = (second.get(key) or first[key])[0][1]
        sides = [[name for name, _ in side.get(key, [])] for side in (first, second)]
        finding = one.finding
        told.append(ComparedIgnored(finding.rule, finding.name, finding.place, one.comment, one.reason, *sides))
    return told


def _pairs(before: list[ScenarioResult], after: list[ScenarioResult]) -> list[ScenarioPair]:
    first = {scenario.name: Side(scenario.verdict, scenario.complete, scenario.states) for scenario in before}
    second = {scenario.name: Side(scenario.verdict, scenario.complete, scenario.states) for scenario in after}
    return [ScenarioPair(name, first.get(name), second.get(name)) for name in first | second]


def _line(frame: Frame) -> str:
    return frame.source or frame.spec
