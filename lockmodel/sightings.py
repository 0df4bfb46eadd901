"""Where the findings of a design show: in which scenarios, under which settings of the switches.

Takes results, one for each setting; gives for each finding the smallest sets of switches that it needs, and of what
shows it under those the smallest witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lockmodel.findings.comparison import Identity, found_by, identity
from lockmodel.findings.finding import CheckResult, Finding
from lockmodel.findings.needs import smallest
from lockmodel.matrix import Setting, Turned


@dataclass(frozen=True)
class Witness:
    """A finding as one scenario shows it in a design, under one setting."""

    finding: Finding
    design: str
    scenario: str
    threads: int
    turned: Turned

    @property
    def size(self) -> tuple[int, int, int, int, str]:
        """Fewest steps first, then switches of threads, switches that are turned, threads, and the name."""
        finding = self.finding
        return len(finding.steps), finding.thread_switches, len(self.turned), self.threads, self.scenario


@dataclass(frozen=True)
class Sighting:
    """A finding of one design: all that show it, setting by setting."""

    shown: tuple[Witness, ...]

    @cached_property
    def needs(self) -> list[Turned]:
        """The sets of switches under which it shows and under no smaller one."""
        return smallest(one.turned for one in self.shown)

    @cached_property
    def witnesses(self) -> list[Witness]:
        """What shows it under the switches that it needs, the smallest first."""
        return sorted((one for one in self.shown if one.turned in self.needs), key=lambda one: one.size)

    @cached_property
    def scenarios(self) -> list[str]:
        """All that show it, under whatever switches."""
        return list(dict.fromkeys(one.scenario for one in self.shown))

    def beyond(self, other: Sighting | None) -> Sighting | None:
        """What of it shows in other settings and scenarios than another one; None for nothing."""
        if other is None:
            return self
        there = {(one.turned, one.scenario) for one in other.shown}
        shown = tuple(one for one in self.shown if (one.turned, one.scenario) not in there)
        return Sighting(shown) if shown else None


class Sightings:
    """The findings of one design, setting by setting."""

    def __init__(self) -> None:
        self.found: dict[Identity, Sighting] = {}

    def add(self, setting: Setting, result: CheckResult) -> None:
        """What a result shows."""
        threads = {scenario.name: len(scenario.threads) for scenario in result.scenarios}
        for key, shown in found_by(result).items():
            told = (Witness(finding, result.design, name, threads[name], setting.turned) for name, finding in shown)
            before = self.found[key].shown if key in self.found else ()
            self.found[key] = Sighting((*before, *told))

    def beyond(self, other: Sightings) -> dict[Identity, Sighting]:
        """What of them shows where those of another design do not, in order."""
        parts = ((key, sighting.beyond(other.found.get(key))) for key, sighting in self.in_order())
        return {key: part for key, part in parts if part is not None}

    def add_needing(self, finding: Finding, design: str, scenario: str, needs: Sequence[Turned]) -> None:
        """A finding that only these settings show; it is as the first of them shows it."""
        rest = [turned for turned in needs if len(turned) >= len(needs[0])]
        shown = tuple(Witness(finding, design, scenario, len(finding.threads), turned) for turned in rest)
        self.found.setdefault(identity(finding), Sighting(shown))

    def in_order(self) -> Iterator[tuple[Identity, Sighting]]:
        """By rule, then by where the smallest witness stands in the spec."""

        def order(item: tuple[Identity, Sighting]) -> tuple[str, str, int, Identity]:
            path, _, line = item[1].witnesses[0].finding.place.spec.rpartition(":")
            return item[0][0], path, int(line), item[0]

        yield from sorted(self.found.items(), key=order)
