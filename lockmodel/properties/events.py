"""LM501 when all threads are done: events that ledgers still owe, or whose carrier was freed before anyone read it."""

from __future__ import annotations

from lockmodel.engine.judging import View
from lockmodel.engine.local import Violation
from lockmodel.engine.operations.ledgers import Page, lost
from lockmodel.ir.values import LIVE


def lost_events(view: View) -> list[Violation]:
    """What is lost in a state in which every thread has ended, placed where it was owed."""
    layout = view.layout
    found: list[Violation] = []
    for item in layout.objects[1:]:
        if item.status >= 0 and view.read(item.status) != LIVE:
            continue
        for at in layout.ledgers_of(item.number):
            page = Page.of(layout, at, view.read)
            for entry, detail in lost(page):
                place = layout.booked[entry.place]
                names = [page.name(number) for number in (entry.claimant, item.number) if number]
                found.append(Violation("LM501", detail, place, (place,), objects=tuple(names)))
    return found
