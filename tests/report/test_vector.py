"""SVG that can be read aloud, on a dark ground, and several times in one page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from lockmodel.report import palette
from lockmodel.report.palette import contrast, words_on
from lockmodel.report.vector import SVG, finished, inline_svg
from lockmodel.report.witness import witness_svg
from tests.report import samples

PLAIN = f'<svg xmlns="{SVG}"><title>old</title><text fill="{palette.INK}">x</text></svg>'.encode()


def picture() -> bytes:
    return witness_svg(samples.philosophers(), "table", spec="specs/philosophers.py", model="philosophers")


def test_a_picture_has_a_title_and_a_description() -> None:
    root = ElementTree.fromstring(finished(PLAIN, "a <b> & \x01", 'says "more"'))
    assert [(element.tag, element.text) for element in root][:2] == [
        (f"{{{SVG}}}title", "a <b> & ?"),
        (f"{{{SVG}}}desc", 'says "more"'),
    ]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "picture-title picture-desc"
    assert [root[0].get("id"), root[1].get("id")] == ["picture-title", "picture-desc"]


def test_a_file_has_the_colours_of_a_dark_ground_for_what_it_shows_and_no_others() -> None:
    style = ElementTree.fromstring(finished(PLAIN, "t", "d")).findtext(f"{{{SVG}}}style")
    assert style == (
        '@media (prefers-color-scheme:dark){#picture text[fill="#1f2328"]{fill:#e6edf3}'
        '#picture :not(text)[fill="#1f2328"]{fill:#e6edf3}}'
    )


def test_several_pictures_stand_in_one_page() -> None:
    page = f"<div>{inline_svg(picture(), 'one')}{inline_svg(picture(), 'two')}</div>"
    root = ElementTree.fromstring(page)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {"one", "one-title", "two", "two-desc"} <= set(ids)
    labels = [svg.get("aria-labelledby") for svg in root]
    assert labels == ["one-title one-desc", "two-title two-desc"]


def test_no_rule_of_a_picture_reaches_out_of_it() -> None:
    root = ElementTree.fromstring(inline_svg(picture(), "one"))
    style = root.findtext(f"{{{SVG}}}style") or ""
    selectors = re.findall(r"([^{}]+)\{(?:fill|stroke):", style)
    assert selectors
    assert all(re.fullmatch(r':root[^ ]+ #one (text|\*|:not\(text\))\[[a-z]+="[^"]+"\]', one) for one in selectors)


def test_a_page_may_say_which_ground_it_has() -> None:
    style = ElementTree.fromstring(inline_svg(picture(), "one")).findtext(f"{{{SVG}}}style") or ""
    assert style.startswith('@media (prefers-color-scheme:dark){:root:not([data-theme="light"]) #one ')
    assert '}:root[data-theme="dark"] #one text' in style


@pytest.mark.parametrize("name", ["", "1a", "a b", "a<"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name for an element"):
        inline_svg(picture(), name)


WORDS = [
    *((word, palette.PAPER) for word in palette.DARK_WORDS),
    *((palette.INK, area) for area in (palette.RUN, palette.HEAD, palette.SAFE, palette.DOOMED, palette.UNKNOWN)),
    *((palette.GREY, area) for area in (palette.RUN, palette.SAFE, palette.BAD_GROUND)),
    *((palette.BAD, area) for area in (palette.BAD_GROUND, palette.DOOMED)),
    (palette.INK, palette.BAD_GROUND),
    (palette.BADGE_INK, palette.BADGE),
    (palette.ON_COLOUR, palette.BAD),
    *((words_on(colour), colour) for colour in palette.LOCK_COLOURS),
]


@pytest.mark.parametrize(("word", "area"), WORDS)
def test_words_can_be_read_on_both_grounds(word: str, area: str) -> None:
    assert contrast(word, area) >= 4.5
    assert contrast(palette.DARK_WORDS.get(word, word), palette.DARK_AREAS.get(area, area)) >= 4.5


@pytest.mark.parametrize("line", [palette.INK, palette.GREY, palette.FAINT, palette.BAD, palette.GOOD, palette.LOOP])
def test_lines_can_be_seen_on_both_grounds(line: str) -> None:
    assert contrast(line, palette.PAPER) >= 3
    assert contrast(palette.DARK_LINES[line], palette.DARK_AREAS[palette.PAPER]) >= 3


def test_the_contrast_of_black_and_white_is_the_greatest() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
