"""Scenarios that the program writes: what a world function and an entry function are given, and what they declare.

A world builds what stands before the threads start, an entry lets one thread in; both ask a `Pick` for whatever may be
one way or another. Each combination of answers is a scenario: the compiler goes through all of them, as Korat does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeVar, cast

from lockmodel.language.scenario import Scenario

T = TypeVar("T")


class Chooser(Protocol):
    """Who answers the questions of a `Pick`."""

    def one(self, label: str, options: Iterable[object]) -> object:
        """One of the options."""

    def number(self, label: str, least: int, most: int) -> int:
        """A number."""

    def several(self, label: str, items: Iterable[object], least: int, most: int | None) -> Sequence[object]:
        """Some of the items, in their order."""

    def order(self, label: str, items: Iterable[object]) -> Sequence[object]:
        """All of the items, in some order."""

    def refuse(self, reason: str) -> NoReturn:
        """There is no such scenario."""


class Pick:
    """Asks for what may be one way or another. Each question has a label, under which names of scenarios have it."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser

    def __call__(self, label: str, options: Iterable[T], /) -> T:
        """One of the options, in their order."""
        return cast(T, self._chooser.one(label, options))

    def number(self, label: str, least: int, most: int, /) -> int:
        """A number from `least` to `most`; `--bound label=N` puts another one in the place of `most`."""
        return self._chooser.number(label, least, most)

    def subset(
        self, label: str, items: Iterable[T], /, *, at_least: int = 0, at_most: int | None = None
    ) -> Sequence[T]:
        """Some of the items, in their order; fewer come first. `--bound label=N` takes the place of `at_most`."""
        return cast("Sequence[T]", self._chooser.several(label, items, at_least, at_most))

    def order(self, label: str, items: Iterable[T], /) -> Sequence[T]:
        """All of the items, in some order."""
        return cast("Sequence[T]", self._chooser.order(label, items))

    def require(self, condition: bool, reason: str = "", /) -> None:
        """There is no such scenario unless the condition holds; `reason` is what it is counted under."""
        if not condition:
            self._chooser.refuse(reason)


@dataclass(frozen=True)
class WorldRecord:
    """The function that builds what stands before the threads start; what it gives is handed to the entries."""

    build: Callable[[Scenario, Pick], object]
    path: str
    line: int


@dataclass(frozen=True)
class EntryRecord:
    """A way for a thread to get in."""

    name: str
    build: Callable[[Scenario, Any, Pick, str], None]
    doc: str
    path: str
    line: int


@dataclass(frozen=True)
class EveryRecord:
    """A group of scenarios: `of` threads each, of the `entries` (all if None), or just of these combinations of them.

    One that is no `default` is checked only where a target names it.
    """

    name: str
    of: int
    entries: tuple[str | tuple[str, ...], ...] | None
    default: bool
    path: str
    line: int


class _References:
    """What `REFERENCES` is."""

    def __repr__(self) -> str:
        return "REFERENCES"


REFERENCES: Final = _References()
"""The start of a count: as many as there are references to the object that are declared with `counted=`."""
