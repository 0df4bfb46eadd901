"""One row of a witness: a step with what there is to say of it, or steps that are shown as one.

The records between `lanes`, which makes them, `folding`, which joins them, and the layouts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lockmodel.findings.finding import Step
from lockmodel.report.wrapping import printable

Loop = Literal["", "first", "inside", "last", "whole"]
"""Not in the loop; its first, an inner, its last step; its one step."""

Effects = tuple[tuple[str, str], ...]
"""(location, "before -> after") or (what happened, "")."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `result` is what it gave ("= watch#1"), `change` how what it names changed ("1 -> 2").

    `effects` are the other values that it changed.
    `calls` are the procedures entered since the thread's step before, outermost first, the first of them at depth
    `depth - len(calls) + 1`. `before` and `held` are the locks held before and after it. `violation` marks the step
    (for a race both steps) at which the rule is broken. `loop`: where it stands in what is gone round for ever.
    """

    step: Step
    lane: int
    result: str
    change: str
    effects: Effects
    calls: tuple[str, ...]
    depth: int
    before: tuple[str, ...]
    held: tuple[str, ...]
    switched: bool
    violation: bool
    loop: Loop = ""

    @property
    def operation(self) -> str:
        """What was done."""
        return printable(self.step.operation)

    @property
    def outcome(self) -> str:
        """What came of it, in one line."""
        return f"{self.result}  {self.change}".strip()

    @property
    def taken(self) -> tuple[str, ...]:
        """The locks that this step took."""
        return _without(self.held, self.before)

    @property
    def released(self) -> tuple[str, ...]:
        """The locks that this step let go."""
        return _without(self.before, self.held)


@dataclass(frozen=True, slots=True)
class FoldRow:
    """Steps of one thread that changed nothing another thread could see, shown as one row; `text` stands for them.

    One that stands `apart` has steps of any threads and of any kind, for which there is no room.
    """

    lane: int
    rows: tuple[StepRow, ...]
    text: str
    apart: bool = False

    @property
    def switched(self) -> bool:
        """Whether another thread moved just before."""
        return self.apart or self.rows[0].switched

    @property
    def held(self) -> tuple[str, ...]:
        """The locks held meanwhile."""
        return self.rows[0].held


Row = StepRow | FoldRow


def names(operation: str, location: str) -> bool:
    """Whether the words of `operation` name exactly `location`, and not a longer name that contains it."""
    return re.search(rf"(?<![\w#.]){re.escape(location)}(?![\w#.])", operation) is not None


def _without(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    """`these` less `those`, each taken away once: a semaphore may be held twice."""
    rest = list(these)
    for lock in those:
        if lock in rest:
            rest.remove(lock)
    return tuple(rest)
