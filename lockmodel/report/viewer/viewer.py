"""The viewer of one playback as HTML: controls, the schedules in lanes, the state, and the data that its script shows.

Whatever comes from a spec is escaped by the template. Without the script the lanes and what is told of them are there;
all that needs the script is hidden until it runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from lockmodel.findings.playback import Beat, Playback
from lockmodel.report.viewer.payload import payload_of
from lockmodel.report.viewer.plot import plan_of
from lockmodel.report.viewer.told import passing_told, pivot_told, short, turns
from lockmodel.report.words import count
from lockmodel.report.wrapping import printable

COLOURS = 7
"""Colours that locks have; their letters tell them apart where there are more."""

EFFECTS = 3
"""Changes that a row tells; the state beside it has all."""

READS = 3
"""From so many on reads are one row: of the steps that a page would have otherwise a third."""

ROWS, PASSING_ROWS = 300, 90
"""Rows that a page has of a schedule that fails, and of one that passes: of what is longer the middle is left out, and
can be stepped through all the same."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the lanes: a step, or where `more` that step and so many after it, which only read or are left out.

    `quiet`: nobody needs to see that it reads what it reads.
    """

    n: int
    lane: int
    thread: str
    who: str
    operation: str
    detail: str
    effects: tuple[str, ...]
    at: str
    held: tuple[str, ...]
    switch: str
    pivot: bool
    broken: bool
    quiet: bool = False
    more: int = 0
    left_out: bool = False

    @property
    def last(self) -> int:
        """The last of its steps."""
        return self.n + self.more

    @property
    def kind(self) -> str:
        """Its classes."""
        told = (("lv-switch", self.switch), ("lv-pivot", self.pivot), ("lv-broken", self.broken))
        return " ".join(name for name, is_so in told if is_so)


def viewer_html(playback: Playback, ident: str, *, heading: str = "h4") -> Markup:
    """The part of a page that shows a playback. `ident` must be its own on the page; `heading` is its headings' level.

    The page must have `viewer_style()` and `viewer_script()` as well, once.
    """
    passing = playback.passing
    lanes = _lanes(playback)
    locks = _locks(playback)
    shared = passing.shared if passing else 0
    witness = list(_rows(playback, playback.beats, 0, lanes))
    common, fails = _short_enough(witness[:shared]), _short_enough(witness[shared:])
    passes = _short_enough(list(_rows(playback, passing.beats, shared, lanes)), PASSING_ROWS) if passing else []
    return Markup(
        _environment()
        .get_template("viewer.html")
        .render(
            playback=playback,
            ident=ident,
            heading=heading,
            lanes=lanes,
            locks={lock: (_letter(n), n % COLOURS) for n, lock in enumerate(locks)},
            common=common,
            fails=fails,
            passes=passes,
            shared=shared,
            pivot=pivot_told(playback),
            passing=passing_told(playback),
            turns=turns(playback),
            ended=list(_ended(playback)),
            plan=plan_of(playback),
            payload=Markup(payload_of(playback, [_hidden([*common, *fails]), _hidden(passes)])),
        )
    )


def viewer_style() -> Markup:
    """The CSS of all viewers of a page."""
    return Markup(_read("viewer.css"))


def viewer_script() -> Markup:
    """The script of all viewers of a page; it begins by itself."""
    return Markup(_read("viewer.js"))


# --- rows ---------------------------------------------------------------------------------------------------------


def _lanes(playback: Playback) -> list[str]:
    """The threads that move in one of the schedules, or wait at the end of the witness."""
    beats = [*playback.beats, *(playback.passing.beats if playback.passing else ())]
    movers = {beat.thread for beat in beats} | {one.split(":")[0] for one in _ended(playback) if " waits for " in one}
    return [name for name in playback.threads if name in movers] or list(playback.threads)


def _locks(playback: Playback) -> list[str]:
    """The locks that a thread holds at some time, in the order in which they are first taken."""
    beats = [*playback.beats, *(playback.passing.beats if playback.passing else ())]
    held = [*playback.opening.held, *(beat.held for beat in beats if beat.held)]
    return list(dict.fromkeys(lock.removesuffix(" for reading") for locks in held for lock in locks))


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number)


def _rows(playback: Playback, beats: Sequence[Beat], shared: int, lanes: Sequence[str]) -> Iterator[Row]:
    """A row a step of a schedule that begins with so many steps of the witness."""
    held = dict(zip(playback.threads, playback.opening.held, strict=True))
    values = dict(playback.opening.cells)
    procedures: dict[str, str] = {}
    last = ""
    own = beats is playback.beats
    for beat in [*playback.beats[: 0 if own else shared], *beats]:
        told = own or beat.n > shared
        effects = list(_effects(playback, beat, values)) if told else []
        values.update(beat.cells)
        if beat.held is not None:
            held[beat.thread] = beat.held
        if told:
            anew = procedures.get(beat.thread) != beat.procedure or beat.thread != last
            yield Row(
                beat.n,
                lanes.index(beat.thread),
                beat.thread,
                beat.procedure if anew else "",
                beat.operation,
                beat.detail,
                tuple(effects[:EFFECTS]),
                short(beat.source, beat.spec),
                tuple(held[beat.thread]),
                beat.switch,
                own and beat.n == playback.outlook.pivot,
                own and beat.n == len(playback.beats),
                beat.operation.startswith("read ") and beat.detail != "= NULL" and not beat.origins,
            )
        procedures[beat.thread] = beat.procedure
        last = beat.thread


def _effects(playback: Playback, beat: Beat, before: dict[int, str | None]) -> Iterator[str]:
    """What a step changes of objects that its own words do not tell: no locks, no locals."""
    for number, value in beat.cells:
        cell = playback.cells[number]
        was = before.get(number)
        if cell.owner in playback.threads or not cell.name or "held by" in f"{was} {value}" or was == value:
            continue
        if f"{cell.owner}.{cell.name}" in beat.operation and beat.detail and "[" not in f"{was}{value}":
            continue  # "atomic_inc(watch#1.count) 1 -> 2"
        if was is not None and value is not None:
            yield f"{cell.owner}.{cell.name}: {was} → {value}"


def _short_enough(rows: list[Row], most: int = ROWS) -> list[Row]:
    """With reads that nobody needs to see joined, and the middle left out of what is still too long for a page."""
    rows = list(_folded(rows))
    if len(rows) <= most:
        return rows
    first, last = rows[: most * 2 // 3], rows[len(rows) - most // 3 :]
    begin, end = first[-1].last + 1, last[0].n - 1
    return [*first, Row(begin, 0, "", "", "", "", (), "", (), "", False, False, more=end - begin, left_out=True), *last]


def _folded(rows: Sequence[Row]) -> Iterator[Row]:
    """Reads of a thread one after another, from so many on, are one row."""

    def foldable(row: Row) -> tuple[bool, int]:
        return row.quiet and not row.kind and not row.who, row.lane

    for (quiet, _), group in itertools.groupby(rows, foldable):
        run = list(group)
        if quiet and len(run) >= READS:
            yield replace(run[0], operation=count(len(run), "read"), detail="", more=len(run) - 1)
        else:
            yield from run


def _hidden(rows: Sequence[Row]) -> set[int]:
    """The steps that have no row of their own."""
    return {n for row in rows if row.more for n in range(row.n, row.last + 1)}


def _ended(playback: Playback) -> Iterator[str]:
    """How each thread stands at the end of the witness."""
    nexts = list(playback.opening.nexts)
    held = list(playback.opening.held)
    for beat in playback.beats:
        for thread, number in beat.nexts:
            nexts[thread] = number
        if beat.held is not None:
            held[playback.threads.index(beat.thread)] = beat.held
    for name, number, locks in zip(playback.threads, nexts, held, strict=True):
        one = playback.nexts[number]
        has = f", holding {', '.join(locks)}" if locks else ""
        at = short(one.source, one.spec)
        match one.stands:
            case "ended":
                yield f"{name}: has ended{has}"
            case "waits":
                by = f", held by {one.held_by}" if one.held_by else f", behind {one.behind}" if one.behind else ""
                yield f"{name}: waits for {one.wants or one.operation}{by} ({at}){has}"
            case "stopped":
                yield f"{name}: its execution ends here{has}"
            case _:
                yield f"{name}: would go on with {one.operation} ({at}){has}"


# --- templates ----------------------------------------------------------------------------------------------------


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.globals |= {"count": count}
    return environment


def _read(name: str) -> str:
    return resources.files("lockmodel.report.viewer").joinpath("templates", name).read_text(encoding="utf-8")
