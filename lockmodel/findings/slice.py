"""A part of a graph of regions: what lies around one schedule, and the rest in a few words.

Nothing is left out in silence: regions that are not shown are counted in summaries, one for each fate.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from lockmodel.findings.interleavings import Passage, Region

FATES = ("doomed", "open", "unknown", "safe")


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
