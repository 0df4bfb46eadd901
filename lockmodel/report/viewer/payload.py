"""What the script of a viewer is given: a playback without what stands in the page already, as short as it may be.

As JSON in an element of the page, so that nothing in it can be taken for markup.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import msgspec

from lockmodel.findings.playback import Beat, Playback
from lockmodel.report.viewer.told import short
from lockmodel.report.wrapping import printable

ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What would end the element, or a line of it, is written as JSON allows it."""


def payload_of(playback: Playback, hidden: Sequence[Set[int]]) -> str:
    """The JSON of a playback; see `start` in viewer.js for what stands where.

    `hidden` are the steps that have no row, of the witness and of the schedule that passes: what came of them is told.
    """
    owners = {name: number for number, name in enumerate(playback.objects)}
    owners |= {name: -1 - number for number, name in enumerate(playback.threads)}
    opening = playback.opening
    passing = playback.passing.beats if playback.passing else []
    told = {
        "threads": playback.threads,
        "objects": playback.objects,
        "cells": [[owners[cell.owner], cell.name, cell.within] for cell in playback.cells],
        "labels": [link.label for link in playback.links],
        "nexts": [
            [one.stands, one.operation, short(one.source, one.spec), one.wants, one.held_by, one.behind]
            for one in playback.nexts
        ],
        "opening": [
            opening.cells,
            opening.links,
            [[owners[name], status] for name, status in opening.status if name in owners],
            opening.held,
            opening.nexts,
        ],
        "beats": _beats(playback, playback.beats, owners),
        "details": [_details(playback.beats, hidden[0]), _details(passing, hidden[1])],
        "shared": playback.passing.shared if playback.passing else 0,
        "passing": _beats(playback, passing, owners),
    }
    return _escaped(msgspec.json.encode(_shown(told)).decode())


def _beats(playback: Playback, beats: Sequence[Beat], owners: dict[str, int]) -> list[list[object]]:
    threads = {name: number for number, name in enumerate(playback.threads)}
    found: list[list[object]] = []
    for beat in beats:
        row: list[object] = [
            threads[beat.thread],
            beat.cells,
            beat.on,
            beat.off,
            [[owners[name], status] for name, status in beat.status if name in owners],
            beat.held,
            beat.nexts,
            [[one.what, one.value, one.by, one.before, one.seen] for one in beat.origins],
            beat.breaks,
        ]
        while not row[-1]:  # what has nothing to tell is left out
            row.pop()
            if len(row) == 1:
                break
        found.append([[] if item == () else item for item in row])
    return found


def _details(beats: Sequence[Beat], hidden: Set[int]) -> dict[str, str]:
    return {str(beat.n): beat.detail for beat in beats if beat.n in hidden and beat.detail}


def _shown(value: object) -> object:
    """With control characters told as question marks."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {name: _shown(item) for name, item in value.items()}
        case list() | tuple():
            return [_shown(item) for item in value]
        case _:
            return value


def _escaped(text: str) -> str:
    for letter, code in ESCAPES.items():
        text = text.replace(letter, code)
    return text
