"""The scenarios of a target, for one program after another.

They are written anew only where that can make a difference: for another design, where a switch that the functions of
the spec ask for has another value, or where the program differs in what scenarios are checked and placed by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from lockmodel.compile import Worlds, Written, lower_scenario
from lockmodel.findings.finding import Enumeration
from lockmodel.ir.nodes import Program
from lockmodel.ir.placement import doing
from lockmodel.ir.setup import Setup
from lockmodel.language.model import Model, ScenarioRecord
from lockmodel.target import choose_scenarios

APART = ("switches", "procedures", "caches", "signals", "spurious_wakeups", "hierarchy", "claims")
"""Of a program, what is no matter to a scenario as such; of the procedures some things are."""


@dataclass(frozen=True)
class Chosen:
    """What scenarios start from, each with its name without what was picked (""); and what was enumerated for them."""

    setups: tuple[Setup, ...]
    groups: tuple[str, ...]
    enumeration: dict[str, Enumeration]


class Chooser:
    """Gives the scenarios that a target names."""

    def __init__(self, model: Model, wanted: str, target: str, bounds: Mapping[str, int]) -> None:
        self._model = model
        self._wanted = wanted
        self._target = target
        self._bounds = bounds
        self._known: list[tuple[Mapping[str, object], tuple[object, ...], Chosen]] = []

    def of(self, program: Program) -> Chosen:
        """Those of one program."""
        values, shape = dict(program.switches), _shape(program)
        for asked, known, chosen in self._known:
            if known == shape and all(values[name] == value for name, value in asked.items()):
                return chosen
        for switch in self._model.switches.values():
            switch.asked = False
        chosen = self._write(program)
        asked = {name: values[name] for name, switch in self._model.switches.items() if switch.asked}
        self._known.append((asked, shape, chosen))
        return chosen

    def _write(self, program: Program) -> Chosen:
        worlds = Worlds(self._model, program, self._bounds)
        records = choose_scenarios(self._model, worlds, self._wanted, self._target)
        return Chosen(
            tuple(lower_scenario(self._model, record, program) for record in records),
            tuple(group_of(record) for record in records),
            {name: Enumeration(t.scenarios, t.symmetric, t.excluded) for name, t in worlds.tallies.items()},
        )


def group_of(record: ScenarioRecord | Written) -> str:
    """The name of a scenario without what was picked; "" where one wrote it by hand."""
    return record.group if isinstance(record, Written) else ""


def _shape(program: Program) -> tuple[object, ...]:
    """What scenarios are checked against and placed by."""
    parts = [getattr(program, field.name) for field in fields(program) if field.compare and field.name not in APART]
    procedures = tuple(
        (name, procedure.parameters, procedure.site, doing(program, name))
        for name, procedure in program.procedures.items()
    )
    return (*parts, procedures)
