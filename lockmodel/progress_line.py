"""Progress of a check on stderr: every two seconds, once something takes longer than that.

Takes the records that the check reports; gives a live line on a terminal and plain lines elsewhere.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from lockmodel.check import Progress

# Short enough to see that it lives, long enough for a log of an hour to stay readable.
INTERVAL = 2.0


def describe(progress: Progress) -> str:
    """One line: scenario, pass, states, rate, depth, frontier, steps learned, memory, elapsed."""
    parts = [
        f"{progress.scenario} ({progress.number}/{progress.total})",
        *([progress.phase] if progress.phase else []),
        f"{progress.states:,} states",
        f"{progress.rate:,.0f}/s",
        f"depth {progress.depth:,}",
        f"frontier {progress.frontier:,}",
        f"{progress.edges:,} steps known",
        f"{progress.memory / 2**20:,.0f} MiB",
        duration(progress.elapsed),
    ]
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """`7s`, `3m07s`, `1h02m03s`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m{rest:02}s" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


class ProgressLine:
    """Shows the latest record. A context, so that the live line is gone before anything else is printed."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._quiet = quiet
        self._console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._shown = 0.0

    def __enter__(self) -> ProgressLine:
        self._shown = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, unless something was shown less than two seconds ago."""
        now = time.monotonic()
        if self._quiet or now - self._shown < INTERVAL:
            return
        self._shown = now
        text = Text(describe(progress))
        if not self._console.is_terminal:
            self._console.print(text)
            return
        if self._live is None:
            # transient: nothing of it stays among the results
            self._live = Live(text, console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        text.no_wrap, text.overflow = True, "ellipsis"
        self._live.update(text, refresh=True)
