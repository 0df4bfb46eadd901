"""Exit codes: what a command tells the shell.

Takes results of checks; gives one number. Of several, the first in `PRECEDENCE` counts: what was cut short or went
wrong hides what stands behind it, a finding outranks a limit, and nothing but a proof of everything is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from lockmodel.findings.finding import CheckResult


class Exit(IntEnum):
    """The exit codes; their numbers are part of the command line and do not change."""

    VERIFIED = 0
    FINDING = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4
    NOTHING = 5
    INTERRUPTED = 130


PRECEDENCE = (
    Exit.INTERRUPTED,
    Exit.INTERNAL,
    Exit.USAGE,
    Exit.FINDING,
    Exit.INCOMPLETE,
    Exit.NOTHING,
    Exit.VERIFIED,
)


def judge(result: CheckResult) -> Exit:
    """The code for one result, under all settings of its matrix."""
    ends = [(one.verdict, one.complete) for one in (*result.scenarios, *(result.matrix or ()))]
    verdicts = {verdict for verdict, _ in ends} if result.scenarios else set()
    if "violated" in verdicts:
        return Exit.FINDING
    if verdicts and any(verdict != "verified" or not complete for verdict, complete in ends):
        return Exit.INCOMPLETE
    return Exit.VERIFIED if verdicts else Exit.NOTHING


def outrank(codes: Iterable[Exit]) -> Exit:
    """The code that counts among several."""
    return min(codes, key=PRECEDENCE.index, default=Exit.NOTHING)
