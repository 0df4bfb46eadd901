"""What a reader of a playback should look at: its pivot, the schedule that passes, and its turning points, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lockmodel.findings.playback import Beat, Next, Origin, Outlook, Playback
from lockmodel.report.places import place_of
from lockmodel.report.words import count, listed

MOST = 12
"""Turning points that are told, the last ones: a list that is longer than a screen is no help."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A step to look at. `kind` is "switch", "pivot", "sees", "null" or "breaks", `mark` a word for it."""

    n: int
    kind: str
    mark: str
    words: str


def short(source: str, spec: str = "") -> str:
    """'inotify.c:825', of the source if there is a line of it, else of the spec."""
    at = place_of(source or spec)
    return f"{at.file}:{at.line}" if at and at.line else source or spec


def pivot_told(playback: Playback) -> str:
    """After which step the finding can no longer be avoided, or how far that is known."""
    outlook = playback.outlook
    rule = f"{playback.rule} {playback.name}".strip()
    if outlook.unasked:
        return f"From which step on {rule} cannot be avoided was not asked: {outlook.unasked}."
    looked = f"({count(outlook.states, 'state')} looked at)"
    pivot = outlook.pivot
    if pivot == 0:
        return f"There is no pivot: no schedule of this scenario avoids {rule}{_ends(outlook)} {looked}."
    if pivot is not None:
        beat = playback.beats[pivot - 1]
        done = f"{beat.thread}: {beat.operation}, {short(beat.source, beat.spec)}"
        if pivot == len(playback.beats):
            return f"The pivot is step {pivot}, the last one ({done}): until then {rule} can still be avoided {looked}."
        return (
            f"The pivot is step {pivot} ({done}). Before it {rule} can still be avoided; "
            f"after it every schedule comes to {rule}{_ends(outlook)} {looked}."
        )
    known = []
    if outlook.open_until >= 0:
        known.append(f"{_after(outlook.open_until)} it can still be avoided")
    if 0 <= outlook.doomed_from < len(playback.beats):
        known.append(f"after step {outlook.doomed_from} it cannot")
    so_far = f"; {' and '.join(known)}" if known else ""
    if outlook.cut:
        return (
            f"The pivot is not known: some schedules leave the bounds of the model, and what comes then is not{so_far}."
        )
    return f"The pivot is not known within {count(outlook.limit, 'state')}{so_far}."


def _after(step: int) -> str:
    return f"after step {step}" if step else "before the first step"


def _ends(outlook: Outlook) -> str:
    if not outlook.others:
        return ""
    return f", or ends in another finding ({listed(outlook.others)})"


def passing_told(playback: Playback) -> str:
    """How the schedule that passes differs, or why none is shown."""
    passing, outlook = playback.passing, playback.outlook
    if passing is None:
        if outlook.unasked or outlook.pivot == 0:
            return ""
        return f"No schedule that passes was found within {count(outlook.limit, 'state')}."
    which = "The nearest schedule that passes" if passing.nearest else "The nearest schedule that was found to pass"
    shares = f"shares {_first(passing.shared)}" if passing.shared else "differs from the first step on"
    told = f"{which} {shares}"
    if passing.shared < len(playback.beats) and passing.beats:
        ours, theirs = playback.beats[passing.shared], passing.beats[0]
        if ours.thread == theirs.thread:
            told += f"; there {theirs.thread} takes another of the ways that its step has"
        else:
            goes = (
                "goes on" if passing.shared and playback.beats[passing.shared - 1].thread == theirs.thread else "moves"
            )
            told += f"; there {theirs.thread} {goes} instead of {ours.thread}"
    if passing.loop_from is None:
        told += f". After {count(len(passing.beats), 'more step')} all is done, without {playback.rule}."
    else:
        last = passing.shared + len(passing.beats)
        told += (
            f". It goes on for ever without {playback.rule}: after step {last} again from step {passing.loop_from} on."
        )
    if passing.also:
        told += f" On its way it meets what ends nothing: {listed(passing.also)}."
    return told


def _first(steps: int) -> str:
    return "the first step" if steps == 1 else f"steps 1 to {steps}"


def turns(playback: Playback) -> list[Turn]:
    """The turning points of a witness, in the order of its steps."""
    found = sorted(_turns(playback), key=lambda turn: turn.n)
    return found[-MOST:]


def _turns(playback: Playback) -> Iterator[Turn]:
    beats = playback.beats
    nexts = list(playback.opening.nexts)
    names = playback.threads
    held = dict(zip(names, playback.opening.held, strict=True))
    for before, beat in zip([None, *beats], beats, strict=False):
        if beat.switch and before is not None:
            could = playback.nexts[nexts[names.index(before.thread)]]
            yield Turn(beat.n, "switch", SWITCHES[beat.switch], _switched(before, beat, could, held[before.thread]))
        for origin in beat.origins:
            if origin.before:
                yield Turn(beat.n, "sees", "sees a change", _sees(beat, origin, beats))
        if beat.n == playback.null_since:
            yield Turn(beat.n, "null", "gets NULL", f"From here on {beat.thread} has a null pointer ({_done(beat)}).")
        for thread, number in beat.nexts:
            nexts[thread] = number
        held[beat.thread] = held[beat.thread] if beat.held is None else beat.held
    pivot = playback.outlook.pivot
    if pivot:
        beat = beats[pivot - 1]
        yield Turn(pivot, "pivot", "pivot", f"{_done(beat)}: from here on it cannot be avoided.")
    if beats:
        yield Turn(beats[-1].n, "breaks", playback.rule, playback.message)


SWITCHES = {"free": "switch, chosen", "forced": "switch, forced"}


def _switched(before: Beat, beat: Beat, could: Next, held: list[str]) -> str:
    to = f"{beat.thread} moves instead of {before.thread}"
    holding = f"holding {listed(held)}" if held else "holding no lock"
    match could.stands:
        case "can" | "full":
            at = short(could.source, could.spec)
            return f"{to}, which, {holding}, could have gone on with {could.operation} ({at})."
        case "waits":
            has = f", which {could.held_by} {'hold' if ',' in could.held_by else 'holds'}" if could.held_by else ""
            return f"{to}, which, {holding}, waits for {could.wants or 'a condition'}{has}."
        case _:
            return f"{to}, which has ended{f', {holding}' if held else ''}."


def _sees(beat: Beat, origin: Origin, beats: Sequence[Beat]) -> str:
    by = beats[origin.by - 1]
    return (
        f"{beat.thread} finds {origin.what} = {origin.value}, where in step {origin.seen} it found {origin.before}: "
        f"{by.thread} changed it in step {origin.by} ({by.operation}, {short(by.source, by.spec)})."
    )


def _done(beat: Beat) -> str:
    detail = f" {beat.detail}" if beat.detail else ""
    return f"{beat.thread}: {beat.operation}{detail}, {short(beat.source, beat.spec)}"
