"""A part of a graph of regions: what lies around one schedule, and the rest in a few words.

Nothing is left out in silence: regions that are not shown are counted in summaries, one for each fate. A schedule that
is too long itself is shown in stretches, of states with one fate each, with summaries of its own for each stretch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from lockmodel.findings.interleavings import Passage, Region

FATES = ("doomed", "risky", "open", "unknown", "safe")


def around(
    regions: Sequence[Region], passages: Sequence[Passage], way: Sequence[int], limit: int
) -> tuple[int, list[Region], list[Passage]]:
    """The regions on a way and those at most so many passages off it: how many, as far as `limit` lets them be.

    The way itself is always whole. Ways back from what is only summarised are not told.
    """
    after: dict[int, list[int]] = {}
    for passage in passages:
        after.setdefault(passage.source, []).append(passage.target)
    shown, distance = list(way), 0
    while True:
        wider = list(dict.fromkeys([*shown, *(target for number in shown for target in after.get(number, ()))]))
        if len(wider) == len(shown) or len(wider) > limit:
            break
        shown, distance = wider, distance + 1
    kept = set(shown)
    summaries = _summaries([region for region in regions if region.number not in kept], len(regions))
    stands_for = {region.number: region.number for region in regions if region.number in kept}
    stands_for |= {region.number: summaries[region.fate].number for region in regions if region.number not in kept}
    told: dict[tuple[object, ...], Passage] = {}
    for passage in passages:
        if passage.source not in kept:
            continue
        if passage.target in kept:
            told[len(told),] = passage
            continue
        key = (passage.source, stands_for[passage.target])
        known = told.get(key) or replace(passage, target=key[1], thread="", deeds=[], moves=0, breaks=[], pivot=False)
        told[key] = replace(known, moves=known.moves + passage.moves, pivot=known.pivot or passage.pivot)
    left = [region for region in regions if region.number in kept]
    return distance, [*left, *summaries.values()], list(told.values())


def _summaries(hidden: Sequence[Region], first: int) -> dict[str, Region]:
    """One region for all hidden ones of a fate."""
    found: dict[str, Region] = {}
    for fate in FATES:
        those = [region for region in hidden if region.fate == fate]
        if those:
            found[fate] = Region(
                number=first + len(found),
                states=sum(region.states for region in those),
                finals=sum(region.finals for region in those),
                fate=fate,
                reaches=sorted({rule for region in those for rule in region.reaches}),
                breaks=[],
                holds=[],
                summary=True,
            )
    return found


def stretched(
    regions: Sequence[Region], passages: Sequence[Passage], way: Sequence[int]
) -> tuple[list[Region], list[Passage]]:
    """The regions on a way, joined into stretches in which nothing is decided, and what leads off each of them."""
    by_number = {region.number: region for region in regions}
    steps = {(passage.source, passage.target): passage for passage in passages if passage.witness}
    stretches = _stretches([by_number[number] for number in way], steps)
    stretch_of = {region.number: stretch[0].number for stretch in stretches for region in stretch}
    owner = _owners(passages, stretch_of)
    stubs: dict[tuple[int, str], Region] = {}
    for stretch in stretches:
        its = stretch[0].number
        hidden = [region for region in regions if owner.get(region.number) == its]
        stubs |= {(its, fate): told for fate, told in _summaries(hidden, len(regions) + len(stubs)).items()}
    between: dict[tuple[object, ...], Passage] = {}
    leading: dict[tuple[int, str], Passage] = {}
    for passage in passages:
        source, target = stretch_of.get(passage.source), stretch_of.get(passage.target)
        if source is None or (source == target and not passage.breaks):
            continue
        if target is not None:
            its_own = tuple(passage.deeds) if passage.run else ()
            key = source, target, passage.thread, tuple(passage.breaks), passage.pivot, passage.witness, its_own
            met = between.get(key) or replace(passage, source=source, target=target, moves=0)
            deeds = passage.deeds if passage.run else list(dict.fromkeys([*met.deeds, *passage.deeds]))
            between[key] = replace(met, deeds=deeds, moves=met.moves + passage.moves)
            continue
        off = source, by_number[passage.target].fate
        if off not in stubs:  # counted at an earlier stretch, which leads to them as well
            stubs[off] = Region(len(regions) + len(stubs), 0, 0, off[1], [], [], [], summary=True)
        known = leading.get(off) or Passage(source, stubs[off].number, "", [], False, 0, [])
        leading[off] = replace(known, moves=known.moves + passage.moves, pivot=known.pivot or passage.pivot)
    further = [Passage(off[0], stub.number, "", [], False, 0, []) for off, stub in stubs.items() if off not in leading]
    shown = [_joined(stretch, steps) for stretch in stretches]
    return [*shown, *stubs.values()], [*between.values(), *leading.values(), *further]


def _stretches(way: Sequence[Region], steps: Mapping[tuple[int, int], Passage]) -> list[list[Region]]:
    """The way in runs of regions with one fate, in which nothing is broken and no move is without return."""
    found = [[way[0]]]
    for before, region in pairwise(way):
        step = steps.get((before.number, region.number))
        quiet = step is not None and not (step.pivot or step.breaks or before.breaks or region.breaks)
        if quiet and before.fate == region.fate:
            found[-1].append(region)
        else:
            found.append([region])
    return found


def _owners(passages: Sequence[Passage], stretch_of: Mapping[int, int]) -> dict[int, int]:
    """For each region off the way the first stretch that leads to it, be it by way of others."""
    after: dict[int, list[int]] = {}
    for passage in passages:
        after.setdefault(passage.source, []).append(passage.target)
    owner: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for number, stretch in stretch_of.items():
        members.setdefault(stretch, []).append(number)
    for stretch, numbers in members.items():
        waiting = list(numbers)
        for number in waiting:
            for target in after.get(number, ()):
                if target not in stretch_of and target not in owner:
                    owner[target] = stretch
                    waiting.append(target)
    return owner


def _joined(stretch: Sequence[Region], steps: Mapping[tuple[int, int], Passage]) -> Region:
    """A stretch as one region; `along` are its moves of the schedule."""
    made = [steps[one.number, other.number] for one, other in pairwise(stretch)]
    return replace(
        stretch[0],
        states=sum(region.states for region in stretch),
        finals=sum(region.finals for region in stretch),
        reaches=sorted({rule for region in stretch for rule in region.reaches}),
        also=sorted({rule for region in stretch for rule in region.also}),
        holds=[held for held in stretch[0].holds if all(held in region.holds for region in stretch)],
        goes_round=any(region.goes_round for region in stretch),
        along=[deed for passage in made for deed in (passage.deeds if passage.run else passage.deeds[:1])],
    )
