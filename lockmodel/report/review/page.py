"""The page: a record and its pictures through the templates, as one file that needs nothing else.

Whatever comes from a spec is escaped by the templates; the pictures are SVG that we made, their texts escaped where
they were drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Protocol

import jinja2
from markupsafe import Markup

from lockmodel.findings.playback import Playback
from lockmodel.findings.record import Record
from lockmodel.report.review import sections
from lockmodel.report.review.defects import Reader, worst_first
from lockmodel.report.summary import ranges
from lockmodel.report.viewer import viewer_html, viewer_script, viewer_style
from lockmodel.report.words import count, listed
from lockmodel.report.wrapping import printable

ROOM = 1_400_000
"""Letters of all schedules that a page has: it is read as a whole, and sent by mail. With all else they are below 2 MB
of any model that we know."""


class Rule(Protocol):
    """What there is to say of a rule (see `explain`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def repair(self) -> str:
        """What usually repairs it."""


Rules = Mapping[str, Rule]
"""By their codes."""


@dataclass(frozen=True)
class Pictures:
    """What is put into the page: SVG of the lock order of each design, and of each defect (by number) what it ends in.

    `played` are the playbacks of defects, `files` the names of the picture files beside the page.
    """

    order: dict[str, str] = field(default_factory=dict)
    ends: dict[int, tuple[str, str]] = field(default_factory=dict)
    played: dict[int, Playback] = field(default_factory=dict)
    files: dict[int, tuple[str, ...]] = field(default_factory=dict)


def review_html(record: Record, pictures: Pictures, rules: Rules, read: Reader) -> bytes:
    """The page of a record; `read` gives the text of a line of the spec."""
    templates = _environment()
    page = templates.get_template("page.html").render(
        record=record,
        verdict=sections.verdict_of(record),
        defects=worst_first(record, read),
        pictures=pictures,
        rules=rules,
        sections=sections,
        style=_raw("style.css") + viewer_style(),
        script=_raw("page.js") + viewer_script(),
        viewers=dict(_fitting(pictures.played)),
    )
    return page.encode()


def _fitting(played: Mapping[int, Playback]) -> Iterator[tuple[int, Markup]]:
    """The viewers of the worst defects, and of those after them what there is still room for."""
    left = ROOM
    for number, playback in played.items():
        viewer = viewer_html(playback, f"witness-{number}")
        if len(viewer) <= left:
            left -= len(viewer)
            yield number, viewer


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["svg"] = lambda text: Markup(text)
    environment.globals |= {"count": count, "listed": listed, "ranges": ranges}
    return environment


def _prose(text: str) -> Markup:
    """What a person wrote, with `names` between backticks as code."""
    pieces = printable(text).split("`")
    whole = len(pieces) % 2 == 1
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if n % 2 and whole else piece for n, piece in enumerate(pieces)
    )


def _shown(value: object) -> object:
    """Nothing that a page cannot hold: control characters are told as question marks."""
    return printable(value) if type(value) is str else value


def _read(name: str) -> str:
    return resources.files("lockmodel.report.review").joinpath("templates", name).read_text(encoding="utf-8")


def _raw(name: str) -> Markup:
    return Markup(_read(name))
