"""The viewer as HTML: what it says without its script, what it gives to the script, and that nothing breaks out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec

from lockmodel.findings.playback import Outlook
from lockmodel.report.viewer import viewer_html, viewer_script, viewer_style
from lockmodel.report.viewer.told import passing_told, pivot_told, turns
from lockmodel.report.wrapping import printable
from tests.report.playbacks import DEADLOCK, EVIL, FREED, NULL, evil, played

VOID = {"input", "br", "meta"}


class Page(HTMLParser):
    """Elements with their attributes, text without scripts; complains of what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.data = self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.data += data
        else:
            self.text += data


def payload(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(page.data)
    return told


def steps_of(row: dict[str, str | None]) -> range:
    """The steps that a row stands for."""
    first, last = row.get("data-n", row.get("data-from")), row.get("data-n", row.get("data-to"))
    return range(int(first), int(last) + 1) if first and last else range(0)


def test_reads_that_nobody_needs_to_see_are_one_row_and_what_is_long_is_cut() -> None:
    told = played(*NULL)
    beats = [msgspec.structs.replace(told.beats[4], n=n) for n in range(1, 5001)]
    quiet = [msgspec.structs.replace(beat, operation="read box#1.x", detail="= 0") for beat in beats[10:4990]]
    page = Page(viewer_html(msgspec.structs.replace(told, beats=[*beats[:10], *quiet, *beats[4990:]]), "one"))
    assert "4,980 reads" in page.text
    long = viewer_html(msgspec.structs.replace(told, beats=beats, passing=None), "one")
    page = Page(long)
    assert "4,700 steps left out here" in page.text
    assert [n for tag, row in page.elements if tag == "tr" for n in steps_of(row)] == list(range(1, 5001))
    assert len(long) < 400_000


def test_the_null_pointer_of_inotify_ignore_is_told() -> None:
    told = played(*NULL)
    assert pivot_told(told) == (
        "The pivot is step 6 (ignore 1: down(device#1.sem), inotify.c:805). Before it LM305 null-dereference can still "
        "be avoided; after it every schedule comes to LM305 null-dereference "
        f"({told.outlook.states} states looked at)."
    )
    assert passing_told(told) == (
        "The nearest schedule that passes shares steps 1 to 5; there ignore 2 goes on instead of ignore 1. After 45 "
        "more steps all is done, without LM305. On its way it meets what ends nothing: "
        "LM308 wrong-object in inotify_dev_queue_event (fs/inotify.c:282)."
    )
    assert [(turn.n, turn.mark, turn.words) for turn in turns(told)] == [
        (
            6,
            "switch, chosen",
            "ignore 1 moves instead of ignore 2, which, holding no lock, could have gone on with "
            "down(inode#1.inotify_sem) (inotify.c:815).",
        ),
        (6, "pivot", "ignore 1: down(device#1.sem), inotify.c:805: from here on it cannot be avoided."),
        (
            44,
            "switch, chosen",
            "ignore 2 moves instead of ignore 1, which, holding no lock, could have gone on with "
            "atomic_dec_and_test(watch#1.count) (inotify.c:193).",
        ),
        (
            46,
            "sees a change",
            "ignore 2 finds device#1.idr[0] = NULL, where in step 2 it found watch#1: ignore 1 changed it in step 40 "
            "(idr_remove(device#1.idr, 0), inotify.c:457).",
        ),
        (
            46,
            "gets NULL",
            "From here on ignore 2 has a null pointer (ignore 2: idr_find(device#1.idr, 0) = NULL, inotify.c:819).",
        ),
        (49, "LM305", "Thread ignore 2, in inotify_ignore: put_inotify_watch uses Watch.count through a null pointer."),
    ]


def test_what_is_not_known_is_not_guessed() -> None:
    told = played(*NULL)
    unknown = msgspec.structs.replace(told, passing=None, outlook=Outlook(3, 47, 5_000, 5_000))
    assert pivot_told(unknown) == (
        "The pivot is not known within 5,000 states; after step 3 it can still be avoided and after step 47 it cannot."
    )
    assert passing_told(unknown) == "No schedule that passes was found within 5,000 states."
    assert pivot_told(msgspec.structs.replace(told, outlook=Outlook(-1, 49, 5_000, 5_000))) == (
        "The pivot is not known within 5,000 states."
    )
    assert pivot_told(msgspec.structs.replace(told, outlook=Outlook(-1, 49, 50, 5_000, cut=True))) == (
        "The pivot is not known: some schedules leave the bounds of the model, and what comes then is not."
    )
    assert pivot_told(msgspec.structs.replace(told, outlook=Outlook(-1, 0, 50, 5_000))) == (
        "There is no pivot: no schedule of this scenario avoids LM305 null-dereference (50 states looked at)."
    )


def test_the_page_says_all_of_it_without_its_script() -> None:
    told = played(*NULL)
    page = Page(viewer_html(told, "one"))
    for text in ("put_inotify_watch", "device#1.idr", "◆ pivot", "⇄ switch, chosen", "✗ LM305", pivot_told(told)):
        assert text in page.text
    steps = [n for tag, row in page.elements if tag == "tr" for n in steps_of(row)]
    assert steps == [*range(1, 50), *range(6, 51)]
    hidden = [attributes for _, attributes in page.elements if "lv-live" in (attributes.get("class") or "")]
    assert hidden
    assert all("hidden" in attributes for attributes in hidden)


def test_the_script_is_given_what_the_playback_has() -> None:
    for target in (NULL, DEADLOCK, FREED):
        told = played(*target)
        given = payload(Page(viewer_html(told, "one")))
        assert given["threads"] == told.threads
        assert len(given["beats"]) == len(told.beats)
        assert [told.threads[beat[0]] for beat in given["beats"]] == [beat.thread for beat in told.beats]
        assert [beat[1] if len(beat) > 1 else [] for beat in given["beats"]] == [
            [list(cell) for cell in beat.cells] for beat in told.beats
        ]


def test_a_witness_of_some_fifty_steps_costs_some_fifty_kilobytes() -> None:
    told = played(*NULL)
    html = viewer_html(told, "one")
    assert len(html.encode()) < 52_000
    assert len(Page(html).data) < 17_000


def test_no_name_breaks_out() -> None:
    html = viewer_html(evil(), "one")
    page = Page(html)
    assert not [tag for tag, _ in page.elements if tag == "img"]
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert html.count("</script") == 1
    assert "\u2028" not in page.data
    assert "\x07" not in html
    assert payload(page)["threads"] == [printable(EVIL)]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_several_on_a_page_have_ids_of_their_own_and_the_same_bytes() -> None:
    told = played(*DEADLOCK)
    page = Page(viewer_html(told, "one") + viewer_html(told, "two"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert viewer_html(told, "one") == viewer_html(told, "one")
    named = {attributes.get("aria-labelledby") for _, attributes in page.elements} - {None}
    assert named <= set(ids)


def test_nothing_is_fetched() -> None:
    whole = viewer_style() + viewer_script() + viewer_html(played(*NULL), "one")
    assert not re.findall(r"https?:|@import|url\((?!#)|\bsrc=|\bfetch\(|XMLHttp|import\(", whole)
