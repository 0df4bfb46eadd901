"""The settings of a model's switches that are looked at: those given, each switch turned alone, and each two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lockmodel.compile import switch_values
from lockmodel.compile.lower import other_settings
from lockmodel.language.model import Model
from lockmodel.report.words import switched

Turned = tuple[str, ...]
"""The switches that differ from where one starts ("reclaim=on")."""


@dataclass(frozen=True)
class Setting:
    """Values of all switches, and of those that differ from where one starts."""

    values: dict[str, bool | int | str]
    changed: dict[str, bool | int | str]

    @cached_property
    def turned(self) -> Turned:
        """The switches that differ, as they are told."""
        return turned_of(self.changed)


def settings_of(model: Model, given: Mapping[str, str | bool | int], matrix: str) -> list[Setting]:
    """Where one starts, and unless `matrix` is "none" each switch turned, and with "pairs" every two of them."""
    start = switch_values(model, given)
    others = [] if matrix == "none" else other_settings(model, given, pairs=matrix == "pairs")
    return [Setting({**start, **changed}, changed) for changed in [{}, *others]]


def turned_of(values: Mapping[str, bool | int | str]) -> Turned:
    """Switches and their values as they are told."""
    return tuple(switched(values))
