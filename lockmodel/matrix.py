"""The settings of a model's switches that are looked at: those given, each switch turned alone, and each two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lockmodel.compile import switch_values
from lockmodel.compile.lower import other_settings
from lockmodel.language.model import Model
from lockmodel.report.words import switched

Turned = tuple[str, ...]
"""The switches that differ from where one starts ("reclaim=on")."""


@dataclass(frozen=True)
class Setting:
    """Values of all switches, and which of them are turned."""

    values: dict[str, bool | int | str]
    turned: Turned = ()


def settings_of(model: Model, given: Mapping[str, str | bool | int], matrix: str) -> list[Setting]:
    """Where one starts, and unless `matrix` is "none" each switch turned, and with "pairs" every two of them."""
    start = switch_values(model, given)
    others = [] if matrix == "none" else other_settings(model, given, pairs=matrix == "pairs")
    return [Setting({**start, **turned}, turned_of(turned)) for turned in [{}, *others]]


def turned_of(values: Mapping[str, bool | int | str]) -> Turned:
    """Switches and their values as they are told."""
    return tuple(switched(values))
