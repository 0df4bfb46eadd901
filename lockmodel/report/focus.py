"""A heap narrowed to what a reader of one finding asks about: the objects concerned, and who refers to them.

Takes a `Heap` and the names of the objects concerned; gives a smaller `Heap`. The whole one stands in its own picture.
"""

from __future__ import annotations

from collections.abc import Collection

from lockmodel.findings.finding import Heap, HeapObject

LONGEST = 44
"""Letters of a field that are shown: a ledger or a long list would make its object as wide as the page."""


def focused(heap: Heap, concerned: Collection[str]) -> Heap:
    """The objects concerned with their fields; those that refer to them, or that they refer to, by name alone.

    What threads hold of all these is kept as well. Where no object is concerned, all that threads refer to are.
    """
    named = [item.name for item in heap.objects if item.name in concerned]
    held = [link.target for link in heap.links if link.kind in ("local", "lock")]
    wanted = set(named or held)
    near = {link.target for link in heap.links if link.kind not in ("local", "lock") and link.source in wanted}
    near |= {link.source for link in heap.links if link.kind not in ("local", "lock") and link.target in wanted}
    kept = wanted | near
    threads = set(heap.threads)
    return Heap(
        step=heap.step,
        steps=heap.steps,
        objects=[_shown(item, whole=item.name in wanted) for item in heap.objects if item.name in kept],
        links=[
            link
            for link in heap.links
            if link.target in kept
            and (link.source in threads or (link.source in kept and {link.source, link.target} & wanted))
        ],
        threads=heap.threads,
        where=heap.where,
    )


def _shown(item: HeapObject, *, whole: bool) -> HeapObject:
    fields = [line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in item.fields]
    return HeapObject(item.name, item.status, fields if whole else [])
