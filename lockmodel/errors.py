"""What can go wrong that is not a finding, each with the exit code that the command line gives it."""

from __future__ import annotations

from typing import ClassVar


class LockmodelError(Exception):
    """Base of every error that lockmodel raises on purpose; its text is for the user."""

    exit_code: ClassVar[int] = 4


class UsageError(LockmodelError):
    """The command or its options ask for something that is not there."""

    exit_code = 2


class IncompleteError(LockmodelError):
    """A limit was hit, and what was asked for cannot be said without what lies behind it."""

    exit_code = 3


class SpecError(LockmodelError):
    """The spec says something that lockmodel cannot take.

    `path` and `line` are the place in the spec ("" and 0 where there is none), `remedy` is what to write instead.
    """

    exit_code = 2

    def __init__(self, message: str, *, path: str = "", line: int = 0, remedy: str = "") -> None:
        self.message = message
        self.path = path
        self.line = line
        self.remedy = remedy
        super().__init__(self.text())

    def text(self) -> str:
        """`path:line: message` and, on a line of its own, what to do."""
        where = f"{self.path}:{self.line}: " if self.path and self.line else f"{self.path}: " if self.path else ""
        return f"{where}{self.message}" + (f"\n  {self.remedy}" if self.remedy else "")


class InternalError(LockmodelError):
    """Two parts of lockmodel disagree. Never the user's fault."""
