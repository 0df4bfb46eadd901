"""Which switches a finding needs: the smallest sets of those that are turned where it shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

Switch = TypeVar("Switch")


def smallest(sets: Iterable[tuple[Switch, ...]]) -> list[tuple[Switch, ...]]:
    """The sets that contain no other one of them, each once."""
    every = list(dict.fromkeys(sets))
    return [one for one in every if not any(set(other) < set(one) for other in every)]
