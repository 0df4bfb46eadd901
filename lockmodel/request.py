"""What is asked of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_STATES = 5_000_000
"""Stored states a scenario, where no limit is given: two gigabytes, and a minute or two of the search in Python."""


@dataclass(frozen=True)
class CheckOptions:
    """What to check and how far; `max_memory` in bytes, `timeout` in seconds for the whole run.

    `preemptions`, `seed`, `runs`, `depth` and `max_steps` are for strategies (see `engine.strategies`). `against`
    is a file whose lock order takes the place of the model's own.
    """

    target: str
    design: str | None = None
    switches: Mapping[str, str | bool | int] = field(default_factory=dict)
    bounds: dict[str, int] = field(default_factory=dict)
    engine: str = "auto"
    strategy: str = "exhaustive"
    reduction: bool = True
    preemptions: int | None = None
    seed: int | None = None
    runs: int | None = None
    depth: int | None = None
    max_steps: int | None = None
    max_states: int | None = None
    max_memory: int | None = None
    timeout: float | None = None
    jobs: int = 1
    exact: bool = False
    waiting: bool = False
    minimise: str = "steps"
    stop_first: bool = False
    strict_order: bool = False
    against: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def selects(self, rule: str) -> bool:
        """Are findings of a rule wanted?"""
        chosen = not self.select or any(rule.startswith(code) for code in self.select)
        return chosen and not any(rule.startswith(code) for code in self.ignore)
