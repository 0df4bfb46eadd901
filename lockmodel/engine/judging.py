"""What a search shows to a judge, and what it asks of one. What a violation means is not known to a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lockmodel.engine.behaviour import Memo
from lockmodel.engine.local import LocalState, Violation
from lockmodel.ir.layout import Layout

Blocked = tuple[int, int]
"""A thread that cannot move, and the lock that it waits for, or -1 for a condition."""


class View:
    """A state as a judge sees it."""

    __slots__ = ("blocked", "layout", "locals", "state")

    def __init__(
        self, layout: Layout, state: bytes, locals_: tuple[LocalState, ...], blocked: tuple[Blocked, ...]
    ) -> None:
        self.layout = layout
        self.state = state
        self.locals = locals_
        self.blocked = blocked

    def read(self, location: int) -> int:
        """The value at a location."""
        return self.layout.read(self.state, location)


class Judge(Protocol):
    """Gives states their meaning. The search asks it; it never changes what is searched."""

    def shared(self, state: bytes) -> list[Violation]:
        """Rules broken in a state, as far as shared memory shows."""

    def memos(self) -> Sequence[Memo]:
        """What `shared` asks, one by one, for a search that remembers the answers itself."""

    def waiting(self, view: View) -> list[Violation]:
        """Rules broken by who waits for what, in a state in which some thread cannot move; and what it shows, as notes.

        It may look at who is blocked and at their local states only: it is asked once for each such combination.
        """

    def final(self, view: View) -> list[Violation]:
        """Rules broken in a state in which no thread can move; and what it shows, as notes."""

    def starved(self, view: View, threads: tuple[int, ...]) -> list[Violation]:
        """Rules broken by threads that can never move again while others go on; those that `may_wait` break none."""

    def never(self, states: Sequence[bytes]) -> list[Violation]:
        """Rules broken by a whole execution through these states, since something does not come true in any."""

    def prevailing(self, starved: Sequence[Violation]) -> set[tuple[object, ...]]:
        """The identities of those that stand, of all that `starved` gave in the states of a scenario."""


class NoJudge:
    """Finds nothing: for a search that is about its steps only."""

    def shared(self, state: bytes) -> list[Violation]:
        """Nothing."""
        return []

    def memos(self) -> Sequence[Memo]:
        """Nothing."""
        return ()

    def waiting(self, view: View) -> list[Violation]:
        """Nothing."""
        return []

    def final(self, view: View) -> list[Violation]:
        """Nothing."""
        return []

    def starved(self, view: View, threads: tuple[int, ...]) -> list[Violation]:
        """Nothing."""
        return []

    def prevailing(self, starved: Sequence[Violation]) -> set[tuple[object, ...]]:
        """Nothing."""
        return set()

    def never(self, states: Sequence[bytes]) -> list[Violation]:
        """Nothing."""
        return []
