"""One figure: what one tool came to on one subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["verified", "violated", "unfinished", "absent"]


@dataclass(frozen=True)
class Figure:
    """What a run came to. Where `verdict` is `absent` there was no run."""

    verdict: Verdict
    seconds: float = 0.0
    """From nothing to the verdict: building and starting are part of it."""
    build: float = 0.0
    """The part of `seconds` in which the verifier was made."""
    searched: float | None = None
    """The part of `seconds` that the tool itself says it searched for."""
    states: int | None = None
    transitions: int | None = None
    peak: int | None = None
    """Bytes of resident memory."""
    runs: int | None = None
    """Executions, for a tool that stores no states."""
    note: str = ""
    """Why there is no figure, or why the run did not end."""

    @property
    def ended(self) -> bool:
        """Whether there is a verdict."""
        return self.verdict in ("verified", "violated")

    @property
    def rate(self) -> float | None:
        """Transitions a second of the search alone; None where the clock of the tool is too coarse to tell."""
        if self.transitions is None or self.searched is None or self.searched < 0.01:
            return None
        return self.transitions / self.searched


def absent(why: str) -> Figure:
    """A figure that there is not."""
    return Figure("absent", note=why)


@dataclass(frozen=True)
class Limits:
    """What a measurement may take."""

    seconds: float
    slow_seconds: float
    """For what is written in Python: the search in Python, minicheck and frontrun."""
    memory: int
    """Bytes, for the tools that can be told."""
