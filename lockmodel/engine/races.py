"""Data races (LM301): two threads whose next steps touch one plain location, one of them writing.

Plain are the fields that are no locks and no atomics, the links of lists and the slots of an idr. An access that is
marked as deliberately racy is in no race, nor is one to an object that no other thread can reach yet. What an awaited
condition or a claim reads is read as a whole, as an atomic is, and is no access.

`races` is the definition, asked of one state. `suspects` says where a race is conceivable at all, from what is known of
each access by itself: where nothing is, there is none.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from lockmodel.engine.behaviour import Behaviour, Reads
from lockmodel.engine.local import Access, LocalState, Violation
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.source import Site

Next = tuple[int, LocalState, Sequence[Access]]
"""What a thread would do next: the thread, its local state, what its step touches."""


def races(stepper: Stepper, nexts: Sequence[Next]) -> list[Violation]:
    """The races of the next steps of different threads in one state."""
    bare = [(thread, local, plain(accesses)) for thread, local, accesses in nexts]
    return [
        race
        for one, other in itertools.combinations(bare, 2)
        if one[0] != other[0] and (race := _race(stepper, one, other)) is not None
    ]


def plain(accesses: Sequence[Access]) -> list[Access]:
    """Those that can be in a race."""
    return [access for access in accesses if not (access.atomic or access.racy or access.private)]


def _race(stepper: Stepper, one: Next, other: Next) -> Violation | None:
    clashes = [(a.location, a.writes, b.writes) for a in one[2] for b in other[2] if a.location == b.location]
    clash = min((c for c in clashes if c[1] or c[2]), default=None)
    if clash is None:
        return None
    location, one_writes, other_writes = clash
    layout = stepper.layout
    sides = sorted(
        [(not one_writes, stepper.place(one[1]), *one[:2]), (not other_writes, stepper.place(other[1]), *other[:2])],
        key=lambda side: side[:3],
    )
    names = [layout.setup.threads[thread].name for _, _, thread, _ in sides]
    deeds = [
        f"{name} {'reads' if reads else 'writes'} it in {_where(place)}, {_holding(layout, local)}"
        for name, (reads, place, _, local) in zip(names, sides, strict=True)
    ]
    return Violation(
        "LM301",
        f"{' and '.join(names)} can touch {layout.name(location)} at the same time: {'; '.join(deeds)}",
        sides[0][1],
        stepper.sites(sides[0][3]),
        locks=tuple(dict.fromkeys(layout.member_name(lock) for *_, local in sides for lock in local.held)),
        objects=(layout.owner(location).name,),
        places=tuple(sorted({place for _, place, _, _ in sides})),
        threads=tuple(sorted(thread for _, _, thread, _ in sides)),
    )


def _where(place: Site) -> str:
    return f"{place.procedure} ({place.spec}{f', {place.source}' if place.source else ''})"


def _holding(layout: Layout, local: LocalState) -> str:
    locks = [
        layout.member_name(lock) + (" for reading" if lock in local.shared else "")
        for lock in dict.fromkeys(local.held)
    ]
    return f"holding {', '.join(locks)}" if locks else "holding no lock"


# --- where a race is conceivable ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suspects:
    """Local states whose next steps may race; `pairs` are the races that there may be, by their identity."""

    locals: tuple[LocalState, ...]
    pairs: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True, order=True)
class _Touch:
    """One access as far as it matters for races: by threads that hold these locks, those for reading among them."""

    writes: bool
    threads: tuple[int, ...]
    held: frozenset[int]
    shared: frozenset[int]
    place: Site


def suspects(behaviour: Behaviour) -> Suspects:
    """Where a race is conceivable.

    Two accesses to one location are passed over if both are made under one lock that at least one of them holds for
    itself alone, if only one thread can make them, or if they read different values of one location, so that there is
    no state in which both are next. The behaviour must be complete.
    """
    stepper, layout = behaviour.stepper, behaviour.layout
    touches: dict[int, dict[_Touch, tuple[list[LocalState], list[Reads]]]] = {}
    for (local, access), ways in behaviour.accesses.items():
        if plain([access]):
            touch = _Touch(
                access.writes,
                _threads(layout, local),
                frozenset(local.held),
                frozenset(local.shared),
                stepper.place(local),
            )
            locals_, reads = touches.setdefault(access.location, {}).setdefault(touch, ([], []))
            locals_.append(local)
            reads.extend(ways)
    found: dict[LocalState, None] = {}
    pairs: dict[tuple[object, ...], None] = {}
    for known in touches.values():
        for one, other in itertools.combinations_with_replacement(known, 2):
            if (one.writes or other.writes) and _together(one, other) and _in_one_state(known[one][1], known[other][1]):
                found.update(dict.fromkeys([*known[one][0], *known[other][0]]))
                pairs.setdefault(("LM301", *sorted({one.place, other.place})))
    return Suspects(tuple(found), tuple(pairs))


def _threads(layout: Layout, local: LocalState) -> tuple[int, ...]:
    """The threads that can be in this local state, as far as where they were entered says."""
    return tuple(
        number
        for number, thread in enumerate(layout.setup.threads)
        if local.pool in (-1, number) and thread.procedure == local.frames[0].procedure
    )


def _together(one: _Touch, other: _Touch) -> bool:
    """Could two threads make these accesses at the same time, for all that their locks say?"""
    if len({*one.threads, *other.threads}) < 2:
        return False
    return all(lock in one.shared and lock in other.shared for lock in one.held & other.held)


def _in_one_state(ones: Sequence[Reads], others: Sequence[Reads]) -> bool:
    """May two of these steps be next in one state, as far as the values that they read say?"""
    known = [dict(reads) for reads in dict.fromkeys(others)]
    return any(
        all(other.get(location, value) == value for location, value in reads)
        for reads in dict.fromkeys(ones)
        for other in known
    )
