"""Progress for programs: one JSON object a line on stderr, as the check goes on.

What ends is told in the order of the scenarios, whatever the number of workers, and is the same in every run but for
the clock. How far a search has come is told besides, as often as the clock says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from lockmodel.output import print_error
from lockmodel.progress_line import INTERVAL

if TYPE_CHECKING:
    from lockmodel.check import Progress


class ProgressEvent(msgspec.Struct, frozen=True):
    """A line of `--progress json`.

    `event` is "ended" when a scenario has a verdict, or "searching" about every two seconds in between, where `verdict`
    is null. `number` of `total` scenarios; `findings` are the rules that are broken, one for each finding. `phase` is
    "" in the first search of a scenario. `seconds` differs from run to run, and so does all of "searching", which
    alone has a `rate` (states a second) and a `memory` (bytes).
    """

    event: str
    scenario: str
    number: int
    total: int
    verdict: str | None
    findings: list[str]
    states: int
    transitions: int
    depth: int
    frontier: int
    phase: str
    seconds: float
    rate: int | None
    memory: int | None


class ProgressLines:
    """Prints events; a context, as `ProgressLine` is."""

    def __init__(self, put: Callable[[str], None] = print_error) -> None:
        self._put = put
        self._shown = 0.0

    def __enter__(self) -> ProgressLines:
        self._shown = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def __call__(self, progress: Progress) -> None:
        """Print what has ended, and other progress unless there was some less than two seconds ago."""
        now = time.monotonic()
        if not progress.verdict and now - self._shown < INTERVAL:
            return
        self._shown = now
        event = ProgressEvent(
            event="ended" if progress.verdict else "searching",
            scenario=progress.scenario,
            number=progress.number,
            total=progress.total,
            verdict=progress.verdict or None,
            findings=list(progress.findings),
            states=progress.states,
            transitions=progress.transitions,
            depth=progress.depth,
            frontier=progress.frontier,
            phase=progress.phase,
            seconds=round(progress.elapsed, 3),
            rate=None if progress.verdict else round(progress.rate),
            memory=None if progress.verdict else progress.memory,
        )
        self._put(msgspec.json.encode(event).decode())
