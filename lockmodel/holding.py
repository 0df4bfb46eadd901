"""What was checked of one design and holds, over all settings: claims, rules, lock orders; and within which bounds."""

from __future__ import annotations

import inspect

import msgspec

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
from lockmodel.findings.record import Cell, ClaimHeld, Holding, Row, Setting, Unfinished
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
        self._chains: list[list[str]] = []
        self._order: dict[tuple[str, str], OrderVerdict] = {}
        self._unreached: dict[Unreached, int] = {}
        self._reached: dict[str, None] = {}
        self._missed: Missed | None = None
        self._enumeration: dict[str, Enumeration] = {}
        self._rows: dict[str, list[Cell]] = {}
        self._edges: dict[tuple[str, str, str, str], OrderEdge] = {}
        self._locks: Order | None = None
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
        self._chains = result.order.declared
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
        for judged in result.order.judged:
            known = self._order.get((judged.rule, judged.claim), judged)
            worst = min(known, judged, key=lambda its: VERDICTS.index(its.verdict))
            self._order[judged.rule, judged.claim] = worst
        for missed in result.unreached:
            self._unreached[missed] = self._unreached.get(missed, 0) + 1
        self._reached |= dict.fromkeys(result.reached)
        self._enumeration |= result.enumeration
        self._add_row_cells(result)
        self._add_order(result.order)
        for one in result.protection:
            before = self._protection.setdefault(one.field, one)
            if one.observed == "unprotected" and before.observed != "unprotected":
                self._protection[one.field] = one

    def _add_row_cells(self, result: CheckResult) -> None:
        """A column of the matrix."""
        rows: dict[str, list[ScenarioResult]] = {}
        for scenario in result.scenarios:
            rows.setdefault(scenario.group or scenario.name.partition("[")[0], []).append(scenario)
            if (missed := scenario.missed) is not None:
                known = self._missed or Missed(0.0, 0.0)
                # Errors of several searches: no more than the sum of their chances.
                self._missed = Missed(known.calculated + missed.calculated, known.observed + missed.observed)
        before = len(self._settings) - 1
        for name in dict.fromkeys([*self._rows, *rows]):
            cells = self._rows.setdefault(name, [Cell(0, 0, 0, []) for _ in range(before)])
            cells.append(_cell(rows.get(name, [])))

    def _add_order(self, order: Order) -> None:
        for edge in order.edges:
            known = self._edges.setdefault((edge.outer, edge.inner, edge.mode_outer, edge.mode_inner), edge)
            if edge is not known:
                contexts = [*known.contexts, *(one for one in edge.contexts if one not in known.contexts)]
                places = max(known.places, edge.places)
                self._edges[edge.outer, edge.inner, edge.mode_outer, edge.mode_inner] = msgspec.structs.replace(
                    known, contexts=contexts, places=places
                )
        cycles = self._locks.cycles if self._locks else []
        self._locks = msgspec.structs.replace(
            order, edges=[], judged=[], cycles=[*cycles, *(cycle for cycle in order.cycles if cycle not in cycles)]
        )

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
            rules=[code for code in rules if code not in self._broken],
            broken=[code for code in rules if code in self._broken],
            hierarchy=self._chains,
            obeyed="LM201" not in self._broken,
            order=[msgspec.structs.replace(judged, schedule=None) for judged in self._order.values()],
            unreached=self.unreached,
            unentered=[
                name for name, record in self._model.procedures.items() if record.is_path and name not in self._reached
            ],
            missed=self._missed,
            enumeration=self._enumeration,
            matrix=[Row(name, cells) for name, cells in self._rows.items()],
            locks=self._told_order(),
            protection=list(self._protection.values()),
            pairings=pairings,
        )

    def _told_order(self) -> Order | None:
        """The order of all runs; the schedules that show it are left to `check`, which gives them for each edge."""
        if self._locks is None:
            return None
        edges = [msgspec.structs.replace(edge, schedule="", scenario="") for edge in self._edges.values()]
        judged = [msgspec.structs.replace(judged, schedule=None) for judged in self._order.values()]
        return msgspec.structs.replace(self._locks, edges=edges, judged=judged)

    def _claim(self, record: ClaimRecord) -> ClaimHeld:
        kind = "at quiescence" if record.quiescent else "eventually" if record.eventual else "invariant"
        doc = " ".join((inspect.getdoc(record.function) or "").split())
        broken = record.name in self._violated
        verdict = "violated" if broken else "holds" if record.name in self._judged else "never judged"
        return ClaimHeld(record.name, kind, doc, verdict)


def _cell(scenarios: list[ScenarioResult]) -> Cell:
    rules = sorted({finding.rule for scenario in scenarios for finding in scenario.findings})
    violated = sum(bool(scenario.findings) for scenario in scenarios)
    return Cell(len(scenarios), violated, sum(not scenario.complete for scenario in scenarios), rules)
