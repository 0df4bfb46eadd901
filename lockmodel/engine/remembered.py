"""The steps of one scenario that were made, for another search, or for a program that differs elsewhere.

A step depends on the local state, the alternative, the values that it reads, and the procedures that it comes to.
"""

from __future__ import annotations

from collections.abc import Iterable

from lockmodel.engine.local import LocalState, Step
from lockmodel.engine.move import Source
from lockmodel.ir.form import Parts

MOST = 20_000
"""Steps that are kept: some 50 megabytes. Larger scenarios make few of theirs twice."""


class Remembered:
    """Keeps steps. `asked` are the names of the parts of the program at hand that were asked for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._steps: dict[tuple[LocalState, int], list[tuple[frozenset[int], Step]]] = {}
        self._left = MOST
        self.asked: set[str] = set()

    def turn(self, parts: Parts) -> None:
        """Go on with a program of these parts, in which the scenario has the same form."""
        self._parts = parts
        self.asked = set()

    def ask(self, names: Iterable[str]) -> None:
        """Parts of the program are asked for."""
        self.asked.update(names)

    def find(self, local: LocalState, choice: int, source: Source) -> Step | None:
        """The step as it was made before."""
        for asked, step in self._steps.get((local, choice), ()):
            if asked <= self._parts.all and all(source(location) == value for location, value in step.reads):
                self.asked |= step.ran
                return step
        return None

    def keep(self, local: LocalState, choice: int, step: Step) -> None:
        """A step that was made now."""
        self.asked |= step.ran
        if self._left:
            self._left -= 1
            self._steps.setdefault((local, choice), []).append((self._parts.of(step.ran), step))
