"""What was checked of one design and holds, over all settings: claims, rules, lock orders; and within which bounds."""

from __future__ import annotations

import inspect

import msgspec

from lockmodel.findings.comparison import Identity, ignored_by
from lockmodel.findings.finding import (
    CheckResult,
    Enumeration,
    Missed,
    Order,
    OrderEdge,
    OrderVerdict,
    Protection,
    ScenarioResult,
    Unreached,
)
from lockmodel.findings.pairing import Pairing
from lockmodel.findings.record import Cell, ClaimHeld, Holding, IgnoredHere, Row, Setting, Unfinished
from lockmodel.language.library import ClaimRecord
from lockmodel.language.model import Model
from lockmodel.matrix import Setting as Matrixed
from lockmodel.properties.catalogue import RULES

VERDICTS = ("reachable", "not-examined", "unreachable")
"""What is said of an order of locks that goes round, the first that any setting gives."""


class Held:
    """Collects results, one for each setting."""

    def __init__(self, model: Model, design: str) -> None:
        self._model = model
        self._design = design
        self._settings: list[Setting] = []
        self._names: dict[str, int] = {}
        self._runs = 0
        self._states = 0
        self._bounds: dict[str, None] = {}
        self._unfinished: list[Unfinished] = []
        self._violated: set[str] = set()
        self._broken: set[str] = set()
        self._judged: set[str] = set()
        self._ignored: dict[Identity, IgnoredHere] = {}
        self._hushed: set[str] = set()
        self._unreached: dict[Unreached, int] = {}
        self._reached: dict[str, None] = {}
        self._missed: Missed | None = None
        self._enumeration: dict[str, Enumeration] = {}
        self._matrix = _Matrix()
        self._order = _Order()
        self._protection: dict[str, Protection] = {}

    @property
    def begun(self) -> bool:
        """Was any scenario searched? One may be over before there is a state to store."""
        return self._states > 0 or self._runs > len(self._unfinished)

    @property
    def complete(self) -> bool:
        """Was every scenario searched to its end, under every setting that was begun?"""
        return self.begun and not self._unfinished

    def add(self, setting: Matrixed, result: CheckResult) -> None:
        """What a result says."""
        self._settings.append(Setting(list(setting.turned)))
        for scenario in result.scenarios:
            self._runs += 1
            self._states += scenario.states
            self._names[scenario.name] = len(scenario.threads)
            self._bounds |= dict.fromkeys(scenario.bounds)
            if not scenario.complete:
                self._unfinished.append(Unfinished(scenario.name, list(setting.turned), scenario.reason or ""))
            elif scenario.states:
                unjudged = {words[1] for text in scenario.unreached if (words := text.split())[0] == "claim"}
                self._judged |= self._model.claims.keys() - unjudged
            for finding in scenario.findings:
                self._broken.add(finding.rule)
                self._violated.add(finding.claim or "")
            if (chance := scenario.missed) is not None:
                known = self._missed or Missed(0.0, 0.0)
                # Errors of several searches: no more than the sum of their chances.
                self._missed = Missed(known.calculated + chance.calculated, known.observed + chance.observed)
        self._add_ignored(result)
        for missed in result.unreached:
            self._unreached[missed] = self._unreached.get(missed, 0) + 1
        self._reached |= dict.fromkeys(result.reached)
        self._enumeration |= result.enumeration
        self._matrix.add(result.scenarios)
        self._order.add(result.order)
        for one in result.protection:
            before = self._protection.setdefault(one.field, one)
            if one.observed == "unprotected" and before.observed != "unprotected":
                self._protection[one.field] = one

    def _add_ignored(self, result: CheckResult) -> None:
        """Findings that comments silence."""
        for key, shown in ignored_by(result).items():
            one, finding = shown[0][1], shown[0][1].finding
            before = self._ignored[key].scenarios if key in self._ignored else []
            names = list(dict.fromkeys([*before, *(name for name, _ in shown)]))
            self._ignored[key] = IgnoredHere(finding.rule, finding.name, finding.place, one.comment, one.reason, names)
            self._hushed.add(finding.claim or "")

    @property
    def reached(self) -> list[str]:
        """The procedures that some run came to."""
        return sorted(self._reached)

    @property
    def unreached(self) -> list[Unreached]:
        """What no run came to."""
        return [missed for missed, times in self._unreached.items() if times == len(self._settings)]

    def told(self, pairings: list[Pairing]) -> Holding:
        """All of it, with what was read off the code."""
        threads = list(self._names.values())
        rules = [rule.code for rule in RULES.values() if rule.judged]
        order = self._order.told()
        ignored = {one.rule for one in self._ignored.values()}
        return Holding(
            design=self._design,
            scenarios=len(self._names),
            settings=self._settings,
            threads=[min(threads), max(threads)],
            runs=self._runs,
            states=self._states,
            bounds=list(self._bounds),
            unfinished=self._unfinished,
            claims=[self._claim(record) for record in self._model.claims.values()],
            rules=[code for code in rules if code not in self._broken | ignored],
            broken=[code for code in rules if code in self._broken],
            hierarchy=order.declared,
            obeyed="LM201" not in self._broken | ignored,
            order=order.judged,
            unreached=self.unreached,
            unentered=[
                name for name, record in self._model.procedures.items() if record.is_path and name not in self._reached
            ],
            missed=self._missed,
            enumeration=self._enumeration,
            matrix=self._matrix.told(),
            locks=order,
            protection=list(self._protection.values()),
            pairings=pairings,
            ignored=[self._ignored[key] for key in sorted(self._ignored)],
        )

    def _claim(self, record: ClaimRecord) -> ClaimHeld:
        kind = "at quiescence" if record.quiescent else "eventually" if record.eventual else "invariant"
        doc = " ".join((inspect.getdoc(record.function) or "").split())
        broken = record.name in self._violated
        if record.name in self._hushed and not broken:
            return ClaimHeld(record.name, kind, doc, "ignored")
        verdict = "violated" if broken else "holds" if record.name in self._judged else "never judged"
        return ClaimHeld(record.name, kind, doc, verdict)


class _Matrix:
    """A row for each group of scenarios, in it a cell for each setting."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Cell]] = {}
        self._columns = 0

    def add(self, scenarios: list[ScenarioResult]) -> None:
        """A column."""
        groups: dict[str, list[ScenarioResult]] = {}
        for scenario in scenarios:
            groups.setdefault(scenario.group or scenario.name.partition("[")[0], []).append(scenario)
        for name in dict.fromkeys([*self._rows, *groups]):
            cells = self._rows.setdefault(name, [_cell([])] * self._columns)
            cells.append(_cell(groups.get(name, [])))
        self._columns += 1

    def told(self) -> list[Row]:
        return [Row(name, cells) for name, cells in self._rows.items()]


def _cell(scenarios: list[ScenarioResult]) -> Cell:
    rules = sorted({finding.rule for scenario in scenarios for finding in scenario.findings})
    violated = sum(bool(scenario.findings) for scenario in scenarios)
    return Cell(len(scenarios), violated, sum(not scenario.complete for scenario in scenarios), rules)


class _Order:
    """The order of locks of all runs, without schedules that show it: `check` gives those."""

    def __init__(self) -> None:
        self._last = Order([], [])
        self._cycles: list[list[str]] = []
        self._edges: dict[tuple[str, str, str, str], OrderEdge] = {}
        self._judged: dict[tuple[str, str], OrderVerdict] = {}

    def add(self, order: Order) -> None:
        """The order of one run."""
        self._last = order
        self._cycles += [cycle for cycle in order.cycles if cycle not in self._cycles]
        for edge in order.edges:
            key = edge.outer, edge.inner, edge.mode_outer, edge.mode_inner
            known = self._edges.get(key, edge)
            self._edges[key] = msgspec.structs.replace(
                known,
                contexts=list(dict.fromkeys([*known.contexts, *edge.contexts])),
                places=max(known.places, edge.places),
                scenario="",
                schedule="",
            )
        for judged in order.judged:
            before = self._judged.get((judged.rule, judged.claim), judged)
            worst = min(before, judged, key=lambda its: VERDICTS.index(its.verdict))
            self._judged[judged.rule, judged.claim] = msgspec.structs.replace(worst, schedule=None)

    def told(self) -> Order:
        return msgspec.structs.replace(
            self._last, edges=list(self._edges.values()), cycles=self._cycles, judged=list(self._judged.values())
        )
