"""Places in the spec and in the source that the spec models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One place: the procedure, the line of the spec, and the line of the modelled source ("" where none is given).

    `path` is the spec file as the user named it; `source` reads "fs/inotify.c:825". `end` is the end of the procedure,
    behind its last line, and no statement.
    """

    procedure: str
    path: str
    line: int
    source: str = ""
    end: bool = False

    @property
    def spec(self) -> str:
        """`path:line`, as it is printed."""
        return f"{self.path}:{self.line}"


NOWHERE = Site("", "", 0)
