"""Playbacks as the stage before would hand them over: of findings of the specs, and one of hostile names."""

from __future__ import annotations

from functools import cache

from lockmodel.check import CheckOptions, check, playbacks
from lockmodel.findings.playback import Beat, Cell, Link, Next, Opening, Outlook, Passing, Playback

NULL = ("specs/spine.py::ignore-ignore/one-inode", "LM305")
DEADLOCK = ("specs/classic/abba.py", "LM101")
FREED = ("specs/spine.py::ignore-unmount/two-inodes", "LM303")

EVIL = "\"><img src=x onerror=alert(1)></script><!--\u2028&amp;'\x07é"
"""What a name would have to be to break out of an attribute, an element, a script or a line of it."""


@cache
def played(target: str, rule: str) -> Playback:
    """The playback of the first finding of a rule."""
    result = check(CheckOptions(target)).result
    found = [finding for scenario in result.scenarios for finding in scenario.findings if finding.rule == rule]
    return next(iter(playbacks(target, found[:1])))


def evil() -> Playback:
    """Every text is hostile."""
    beat = Beat(
        1, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, cells=[(0, EVIL), (1, "NULL")], on=[1], off=[0],
        held=[EVIL], nexts=[(0, 1)], breaks=[EVIL],
    )  # fmt: skip
    opening = Opening([(0, "old")], [0], [(EVIL + "o", "live")], [[]], [0])
    return Playback(
        "LM305", EVIL, EVIL, EVIL, EVIL, EVIL, "lm1-AAAA", [EVIL], [EVIL], [EVIL + "o"], [EVIL + "o"],
        [Cell(EVIL + "o", EVIL), Cell(EVIL, EVIL, EVIL)],
        [Link(EVIL, EVIL + "o", EVIL, "local"), Link(EVIL, EVIL + "o", EVIL, "lock")],
        [Next(EVIL, "can", EVIL, EVIL, EVIL, EVIL), Next(EVIL, "waits", EVIL, EVIL, EVIL, EVIL, EVIL, EVIL)],
        opening, [beat], Outlook(0, 1, 3, 100, [EVIL]), Passing(0, [beat], "lm1-AAAA", True, [EVIL]), 1,
    )  # fmt: skip
