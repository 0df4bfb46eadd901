"""Picking one finding: for `replay` from a token or a file that holds some, for `graph` from what a check found.

Takes the texts that the user gave; gives what they mean, or an error that lists what there is to pick from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from lockmodel.errors import UsageError
from lockmodel.findings.finding import CheckResult, Finding, ScenarioResult
from lockmodel.findings.token import PATTERN, PREFIX
from lockmodel.report.machine import ScenarioLine
from lockmodel.report.text import distinct
from lockmodel.settings import suggest

T = TypeVar("T")


@dataclass(frozen=True)
class Witness:
    """A schedule to replay; `rule` and `place` are "" where a bare token says nothing about them."""

    token: str
    rule: str = ""
    place: str = ""


def read_witness(text: str, pick: str | None) -> Witness:
    """What TOKEN-or-FILE names; `pick` is a rule or a number from 1 where the file has several."""
    if text.startswith(PREFIX):
        return Witness(text)
    path = Path(text)
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(
            f'"{text}" is neither a token nor a file\n'
            f"  A token begins with lm1- and stands below each finding; a file is what --output-format json wrote."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{text}: cannot be read: {error}\n  Give a JSON result or a text with a token.") from error
    witnesses = _from_json(content) or [Witness(token) for token in dict.fromkeys(PATTERN.findall(content))]
    if not witnesses:
        raise UsageError(f"{text}: there is no schedule in it\n  A schedule begins with lm1-; only findings have one.")
    return pick_one(witnesses, [(w.rule, w.place or w.token) for w in witnesses], pick, text)


def pick_finding(result: CheckResult, pick: str | None, *, waits: bool = False) -> tuple[str, Finding]:
    """The scenario and the finding that `pick` names; without it the first, or with `waits` the first that waits.

    They are numbered as the text report tells them: each once, by rule and place. "bypass" or "bypass LOCK" is none of
    them but the execution of `--waiting` in which a thread is passed by without bound.
    """
    if pick is not None and picks_bypass(pick):
        return _pick_bypass(result, pick.partition(" ")[2])
    found = [(shown.scenario, shown.finding) for shown in distinct(result)]
    if not found:
        raise UsageError(f"{result.spec}: there is no finding to draw\n  Only a violation has a schedule.")
    if pick is None:
        return next((one for one in found if one[1].waiting), found[0]) if waits else found[0]
    return pick_one(found, [(finding.rule, finding.place.spec) for _, finding in found], pick, result.spec)


def picks_bypass(pick: str | None) -> bool:
    """Does it name an execution that only `--waiting` tells of?"""
    return (pick or "").partition(" ")[0].lower() == "bypass"


def _pick_bypass(result: CheckResult, lock: str) -> tuple[str, Finding]:
    told = [
        (scenario.name, wait.lock, wait.witness)
        for scenario in result.scenarios
        for wait in scenario.waiting or ()
        if wait.witness is not None
    ]
    fitting = [(name, witness) for name, its, witness in told if lock in ("", its)]
    if not fitting:
        locks = ", ".join(dict.fromkeys(its for _, its, _ in told))
        hint = f"There are such for {locks}." if told else "Whoever waits is passed by a bounded number of times."
        what = f" that waits for {lock}" if lock else ""
        raise UsageError(f"{result.spec}: there is no bypass without bound of a thread{what}\n  {hint}")
    return fitting[0]


def pick_one(things: Sequence[T], names: Sequence[tuple[str, str]], pick: str | None, where: str) -> T:
    """The one of `things` that `pick` names: a rule that occurs once, or a number from 1. One alone needs no pick."""
    listing = "\n".join(f"    {n}  {rule}  {place}".rstrip() for n, (rule, place) in enumerate(names, 1))
    if pick is None:
        if len(things) == 1:
            return things[0]
        raise UsageError(
            f"{where} has {len(things)} findings\n  Pick one with --finding and its number or rule:\n{listing}"
        )
    if pick.isdigit():
        if 1 <= int(pick) <= len(things):
            return things[int(pick) - 1]
        raise UsageError(f"--finding: there is no number {pick}\n  {where} has:\n{listing}")
    fitting = [index for index, (rule, _) in enumerate(names) if rule == pick.upper()]
    if not fitting:
        hint = suggest(pick.upper(), dict.fromkeys(rule for rule, _ in names))
        raise UsageError(f"--finding: {where} has no finding {pick}\n  {hint}It has:\n{listing}")
    # The first of several with the same rule is the one that the report names first.
    return things[fitting[0]]


def _from_json(content: str) -> list[Witness]:
    """The findings of a result as `check` writes it in json or json-lines; nothing if it is neither."""
    return [
        Witness(finding.schedule, finding.rule, finding.place.spec)
        for scenario in _scenarios(content)
        for finding in scenario.findings
    ]


def _scenarios(content: str) -> list[ScenarioResult]:
    try:
        results = msgspec.json.decode(content, type=CheckResult | list[CheckResult])
    except msgspec.DecodeError:
        try:
            return [line.scenario for line in msgspec.json.Decoder(ScenarioLine).decode_lines(content)]
        except msgspec.DecodeError:
            return []
    return [
        scenario for result in (results if isinstance(results, list) else [results]) for scenario in result.scenarios
    ]
