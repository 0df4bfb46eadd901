"""Targets: what `path.py::scenario` names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lockmodel.compile.scenario import Written
from lockmodel.compile.worlds import Worlds, like
from lockmodel.errors import SpecError, UsageError
from lockmodel.ir.nodes import Program
from lockmodel.language.model import Model, ScenarioRecord


def split_target(target: str) -> tuple[str, str]:
    """`path.py::scenario` in its two parts; the second is "" where all scenarios are meant."""
    spec, named, scenario = target.partition("::")
    if named and not scenario:
        raise UsageError(f'"{target}" names no scenario\n  Write {spec} for all of them.')
    if not spec:
        raise UsageError(f'"{target}" names no spec\n  A target is path.py, path.py::scenario or package.module.')
    return spec, scenario


def choose_scenarios(
    model: Model, worlds: Worlds | None, wanted: str, target: str
) -> Sequence[ScenarioRecord | Written]:
    """The scenarios that a target names: all, the one of that name, the family `name[...]`, or those like `*/one-*`.

    `worlds` writes those of the model's groups; None where it has none.
    """
    by_hand = [
        record
        for name, record in model.scenarios.items()
        if not wanted or name == wanted or name.startswith(f"{wanted}[") or ("*" in wanted and like(name, wanted))
    ]
    written: list[Written] = []
    if worlds is not None:
        written = worlds.like(wanted) if wanted else worlds.all()
        worlds.check_bounds()
    chosen: list[ScenarioRecord | Written] = [*by_hand, *written]
    for one in written:
        if one.name in model.scenarios:
            raise SpecError(
                f"there are two scenarios named {one.name}", path=one.path, line=one.line, remedy="Rename the group."
            )
    if chosen or not wanted:
        return chosen
    known = [*model.scenarios, *model.groups]
    near = difflib.get_close_matches(wanted, known, 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known) or 'none'}."
    raise UsageError(f"{target}: the model {model.name} has no scenario {wanted}\n  {hint}")


def scenario_named(name: str, model: Model, program: Program, spec: str) -> ScenarioRecord | Written:
    """The one scenario of a name that a search has told, without writing the others."""
    by_hand = model.scenarios.get(name)
    return by_hand or choose_scenarios(model, Worlds(model, program, {}), name, f"{spec}::{name}")[0]
