"""Targets: what `path.py::scenario` names."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase

from lockmodel.errors import UsageError
from lockmodel.language.model import Model, ScenarioRecord


def split_target(target: str) -> tuple[str, str]:
    """`path.py::scenario` in its two parts; the second is "" where all scenarios are meant."""
    spec, named, scenario = target.partition("::")
    if named and not scenario:
        raise UsageError(f'"{target}" names no scenario\n  Write {spec} for all of them.')
    if not spec:
        raise UsageError(f'"{target}" names no spec\n  A target is path.py, path.py::scenario or package.module.')
    return spec, scenario


def choose_scenarios(model: Model, wanted: str, target: str) -> list[ScenarioRecord]:
    """The scenarios that a target names: all, the one of that name, the family `name[...]`, or those like `*/one-*`."""
    if not wanted:
        return list(model.scenarios.values())
    chosen = [
        record
        for name, record in model.scenarios.items()
        if name == wanted or name.startswith(f"{wanted}[") or ("*" in wanted and fnmatchcase(name, wanted))
    ]
    if chosen:
        return chosen
    near = difflib.get_close_matches(wanted, model.scenarios, 3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(model.scenarios) or 'none'}."
    raise UsageError(f"{target}: the model {model.name} has no scenario {wanted}\n  {hint}")
