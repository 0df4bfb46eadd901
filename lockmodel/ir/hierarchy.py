"""The declared lock order: which lock class may be asked for while which other one is held."""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.source import Site

SUBCLASSES = 8
"""So many subclasses has a class of locks, as in lockdep; the first one, 0, is the class itself."""


def subclass_name(lock: str, subclass: int) -> str:
    """A subclass of a lock class, as it is told: `Dir.lock/1`."""
    return f"{lock}/{subclass}" if subclass else lock


def whole_class(lock: str) -> str:
    """The class that a subclass is of; a class is of itself."""
    return lock.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """Lock classes, outermost first, as one line of the spec declares them."""

    locks: tuple[str, ...]
    site: Site


@dataclass(frozen=True, slots=True)
class Rank:
    """The order among the instances of a lock class: by field `by` of the objects that they are in.

    `reference`: the field refers to an object whose lock is outside; otherwise it is a number, the lowest outermost.
    """

    lock: str
    by: str
    reference: bool
    site: Site


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A partial order of lock classes. `above` holds each (outer, inner), also those that follow from others.

    `notes` are what a reader of the declaration should know, a sentence each.
    """

    chains: tuple[Chain, ...] = ()
    above: frozenset[tuple[str, str]] = frozenset()
    ranks: tuple[Rank, ...] = ()
    notes: tuple[str, ...] = ()

    def forbids(self, outer: str, inner: str) -> bool:
        """Must the inner one come first? What is said of a class is said of its subclasses that nothing is said of."""
        if (outer, inner) in self.above:
            return False
        return (inner, outer) in self.above or (whole_class(inner), whole_class(outer)) in self.above

    def rank(self, lock: str) -> Rank | None:
        """The order among the instances of a class, where one is declared."""
        return next((rank for rank in self.ranks if rank.lock == lock), None)


NO_HIERARCHY = Hierarchy()
"""Nothing is declared."""
