"""How far a check has come: what it tells while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockmodel.engine.exploration import Tally
from lockmodel.findings.finding import ScenarioResult


@dataclass(frozen=True)
class Progress:
    """Where a check is; `memory` in bytes, `rate` in states a second, `elapsed` in seconds, `phase` as "pass 2".

    A scenario that has ended has a `verdict`, and in `findings` the rule of each.
    """

    scenario: str
    number: int
    total: int
    states: int
    transitions: int
    rate: float
    depth: int
    frontier: int
    memory: int
    edges: int
    elapsed: float
    phase: str = ""
    verdict: str = ""
    findings: tuple[str, ...] = ()


class Reports:
    """Tells `to`, if there is one, of the scenarios of a run; their names stand behind a `label`."""

    def __init__(self, to: Callable[[Progress], None] | None) -> None:
        self.to = to
        self.label = ""
        self.total = 0
        self._ended: dict[int, ScenarioResult] = {}
        self._told = 0

    def begin(self, total: int) -> None:
        """So many scenarios come now."""
        self.total = total
        self._ended.clear()
        self._told = 0

    def of(self, name: str, number: int) -> Callable[[Tally], None] | None:
        """What a search of one scenario reports to."""
        return reporter(self.to, self.label + name, number, self.total) if self.to else None

    def ended(self, number: int, result: ScenarioResult) -> None:
        """Report that a scenario has ended, once those before it have."""
        self._ended[number] = result
        while self.to and (ended := self._ended.get(self._told + 1)):
            self._told += 1
            self.to(
                Progress(
                    scenario=self.label + ended.name,
                    number=self._told,
                    total=self.total,
                    states=ended.states,
                    transitions=ended.transitions,
                    rate=ended.states / ended.seconds if ended.seconds else 0.0,
                    depth=ended.depth,
                    frontier=ended.frontier,
                    memory=0,
                    edges=ended.edges_learned,
                    elapsed=ended.seconds,
                    verdict=ended.verdict,
                    findings=tuple(finding.rule for finding in ended.findings),
                )
            )


def reporter(to: Callable[[Progress], None], name: str, number: int, total: int) -> Callable[[Tally], None]:
    """What the search of one scenario reports to."""

    def report(tally: Tally) -> None:
        rate = tally.states / tally.seconds if tally.seconds else 0.0
        to(
            Progress(
                scenario=name,
                number=number,
                total=total,
                states=tally.states,
                transitions=tally.transitions,
                rate=rate,
                depth=tally.depth,
                frontier=tally.frontier,
                memory=tally.memory,
                edges=tally.edges,
                elapsed=tally.seconds,
                phase=tally.phase,
            )
        )

    return report
