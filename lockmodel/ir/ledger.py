"""A ledger: what claimants are owed, and what is on its way to them. A ghost; operations on it only judge.

An entry takes the locations kind, claimant, carrier and place, and one for each value of its event. What is on its way
comes first, in the order in which it was put there; what is owed follows in an order of its own, since debts have none.
After the last entry the rest is blank. So a ledger that says the same is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lockmodel.ir.types import LedgerType, RefType, nearest_to_zero

BLANK, OWED, DROPPED, ALLOWED, CARRIED, NOTICE, EXCUSE, AGAIN = range(8)
"""What an entry is: none; an event that must be delivered, one that was given up since, one that may be delivered; one
that is on its way; an overflow notice that is, which has excused nothing yet, something, or so much that another notice
may tell of it as well."""

ON_THE_WAY = (CARRIED, NOTICE, EXCUSE, AGAIN)

HEAD = ("kind", "claimant", "carrier", "place")
"""The locations of an entry before its event."""

Read = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `place` is the number of the place where it was owed, or where the overflow was told."""

    kind: int
    claimant: int
    carrier: int
    place: int
    event: tuple[int, ...]

    @property
    def values(self) -> tuple[int, ...]:
        """What stands in its locations."""
        return (self.kind, self.claimant, self.carrier, self.place, *self.event)


def size(kind: LedgerType) -> int:
    """How many locations an entry takes."""
    return len(HEAD) + len(kind.event)


def parts(kind: LedgerType) -> tuple[str, ...]:
    """The parts of a ledger, each a location."""
    names = (*HEAD, *(f"event.{n}" for n in range(len(kind.event))))
    return tuple(f"{entry}.{name}" for entry in range(kind.capacity) for name in names)


def entries(kind: LedgerType, first: int, read: Read) -> Iterator[Entry]:
    """The entries of the ledger that begins at a location; what stands after the last one is not read."""
    width = size(kind)
    for at in range(first, first + kind.capacity * width, width):
        if (what := read(at)) == BLANK:
            return
        claimant, carrier, place, *event = (read(at + n) for n in range(1, width))
        yield Entry(what, claimant, carrier, place, tuple(event))


def in_order(kind: LedgerType, known: list[Entry]) -> list[Entry]:
    """The entries as they stand in memory. The order of debts goes by no object, since which is which says nothing."""
    plain = [n for n, type_ in enumerate(kind.event) if not isinstance(type_, RefType)]

    def key(entry: Entry) -> tuple[int, ...]:
        return (entry.kind, *(entry.event[n] for n in plain), entry.place)

    moving = [entry for entry in known if entry.kind in ON_THE_WAY]
    return moving + sorted((entry for entry in known if entry.kind not in ON_THE_WAY), key=key)


def blank(kind: LedgerType) -> Entry:
    """What stands where there is no entry."""
    return Entry(BLANK, 0, 0, 0, tuple(map(nearest_to_zero, kind.event)))
