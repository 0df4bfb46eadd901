"""The schedule token: a whole counterexample in one word, `lm1-...`.

A run of the checker is its short list of choices, so the token is that list with the scenario, the design and the
switches that it was made under, and a checksum against typing errors. The same schedule gives the same token.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

import msgspec

from lockmodel.errors import UsageError

PREFIX = "lm1-"
PATTERN = re.compile(r"lm1-[A-Za-z0-9_-]+")
"""Where a token stands in any text."""

Move = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which thread moves when, and with which alternative; `rule` is what it shows."""

    scenario: str
    design: str
    switches: tuple[tuple[str, bool | int | str], ...]
    rule: str
    moves: tuple[Move, ...]


def encode(schedule: Schedule) -> str:
    """The token of a schedule."""
    runs: list[list[int]] = []
    for thread, choice in schedule.moves:
        if runs and runs[-1][0] == thread and runs[-1][1] == choice:
            runs[-1][2] += 1
        else:
            runs.append([thread, choice, 1])
    packed = msgspec.msgpack.encode(
        [
            schedule.scenario,
            schedule.design,
            [list(item) for item in schedule.switches],
            schedule.rule,
            [number for run in runs for number in run],
        ]
    )
    whole = zlib.crc32(packed).to_bytes(4, "big") + packed
    return PREFIX + base64.urlsafe_b64encode(whole).decode().rstrip("=")


def decode(token: str) -> Schedule:
    """The schedule of a token; UsageError if it is none or was damaged."""
    if not PATTERN.fullmatch(token):
        raise UsageError(f"{token[:40]!r} is no schedule token\n  One looks like lm1-..., as a finding prints it.")
    body = token.removeprefix(PREFIX)
    try:
        whole = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if zlib.crc32(whole[4:]) != int.from_bytes(whole[:4], "big"):
            raise ValueError
        scenario, design, switches, rule, numbers = msgspec.msgpack.decode(
            whole[4:], type=tuple[str, str, list[tuple[str, bool | int | str]], str, list[int]]
        )
    except (binascii.Error, ValueError, msgspec.DecodeError, msgspec.ValidationError):
        raise UsageError(
            f"the schedule token {token[:24]}... is damaged\n  Copy the whole of it from the finding."
        ) from None
    moves = tuple((numbers[n], numbers[n + 1]) for n in range(0, len(numbers) - 2, 3) for _ in range(numbers[n + 2]))
    return Schedule(scenario, design, tuple(switches), rule, moves)
