"""Wakeup trees: what is still to be explored from a state, so that nothing is explored twice.

Abdulla, Aronis, Jonsson and Sagonas, Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction, JACM 2017
(first POPL 2014). A tree is an ordered list of branches, each an event and the tree after it. Sequences of events are
compared up to the order of independent ones: an event is a weak initial of a sequence if it can come first in it, or if
it is independent of all of it and could be put first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lockmodel.engine.strategies.access import Access, dependent
from lockmodel.engine.transitions import Move


class Event(NamedTuple):
    """A step of a thread, by one of its alternatives, and what it touches."""

    thread: int
    choice: int
    access: Access

    @property
    def move(self) -> Move:
        """The move as a schedule has it."""
        return self.thread, self.choice


@dataclass(slots=True)
class Branch:
    """An event to be explored, and what is to be explored after it. No branches after it: whatever comes."""

    event: Event
    after: list[Branch] = field(default_factory=list)


def conflict(one: Event, other: Event) -> bool:
    """Does it make a difference in which order these two events happen?"""
    return one.thread == other.thread or dependent(one.access, other.access)


def remaining(event: Event, sequence: Sequence[Event]) -> list[Event] | None:
    """What is left of a sequence once `event` came before it; None if the event is no weak initial of it."""
    for n, other in enumerate(sequence):
        if other.thread == event.thread:
            return [*sequence[:n], *sequence[n + 1 :]] if other.choice == event.choice else None
        if dependent(event.access, other.access):
            return None
    return list(sequence)


def insert(tree: list[Branch], sequence: Sequence[Event]) -> bool:
    """Have a sequence explored; False if the tree has something that covers it already.

    It goes along the first branches that are weak initials of what is left of it, and begins a branch of its own, the
    last one, where there is none. A branch with nothing after it covers all that begins like it.
    """
    left = list(sequence)
    while left:
        for branch in tree:
            rest = remaining(branch.event, left)
            if rest is not None:
                break
        else:
            tree.append(_chain(left))
            return True
        if not branch.after:
            return False
        left, tree = rest, branch.after
    return False


def _chain(events: Sequence[Event]) -> Branch:
    branch = Branch(events[-1])
    for event in reversed(events[:-1]):
        branch = Branch(event, [branch])
    return branch
