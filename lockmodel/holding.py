"""What was checked of one design and holds, over all settings: claims, rules, lock orders; and within which bounds."""

from __future__ import annotations

import inspect

import msgspec

from lockmodel.findings.finding import CheckResult, OrderVerdict, Unreached
from lockmodel.findings.record import ClaimHeld, Holding, Setting, Unfinished
from lockmodel.language.library import ClaimRecord
from lockmodel.language.model import Model
from lockmodel.matrix import Setting as Matrixed
from lockmodel.properties.catalogue import RULES

VERDICTS = ("reachable", "not-examined", "unreachable")
"""What is said of an order of locks that goes round, the first that any setting gives."""


class Ledger:
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

    @property
    def begun(self) -> bool:
        """Was any scenario searched?"""
        return self._states > 0

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

    def told(self) -> Holding:
        """All of it."""
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
            unreached=[missed for missed, times in self._unreached.items() if times == len(self._settings)],
        )

    def _claim(self, record: ClaimRecord) -> ClaimHeld:
        kind = "at quiescence" if record.quiescent else "eventually" if record.eventual else "invariant"
        doc = " ".join((inspect.getdoc(record.function) or "").split())
        broken = record.name in self._violated
        verdict = "violated" if broken else "holds" if record.name in self._judged else "never judged"
        return ClaimHeld(record.name, kind, doc, verdict)
