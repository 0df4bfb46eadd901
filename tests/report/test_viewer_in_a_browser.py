"""The viewer in a browser: stepping shows what the playback has, by every means, in light, in dark and on paper.

Needs Playwright (`pip install -e '.[browser]'`) and a Chromium on the PATH; skipped where one of them is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lockmodel.findings.playback import Beat, Playback
from lockmodel.report.viewer import viewer_html, viewer_script, viewer_style
from lockmodel.report.wrapping import printable
from tests.report.playbacks import DEADLOCK, FREED, NULL, evil, played

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>viewers</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>:root { color-scheme: light dark; } @media (prefers-color-scheme: dark) { body { background: #0f1318; } }
"""

SHOWN = """root => ({
  now: root.querySelector(".lv-now").innerText,
  current: [...root.querySelectorAll("tr[aria-current]")].map(row =>
    row.dataset.n || `${row.dataset.from}-${row.dataset.to}`),
  threads: [...root.querySelectorAll(".lv-threads tbody tr")].map(row =>
    [...row.children].map(cell => cell.textContent)),
  objects: Object.fromEntries([...root.querySelectorAll(".lv-objects dl > div:not([hidden])")].map(box =>
    [box.querySelector("dt").textContent, [...box.querySelectorAll("dd:not([hidden])")].map(one => one.textContent)])),
  changed: [...root.querySelectorAll(".lv-objects dd.lv-changed")].length,
  lines: [...root.querySelectorAll(".lv-line.lv-there")].map(line => line.querySelector("text").textContent).sort(),
})"""

CONTRAST = """root => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255)).reduce((sum, v, n) =>
    sum + v * [.2126, .7152, .0722][n], 0);
  const ground = element => { for (let at = element; at; at = at.parentElement) {
    const colour = rgb(getComputedStyle(at).backgroundColor); if (colour[3] === 255) return colour; }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [15, 19, 24] : [255, 255, 255]; };
  const poor = [];
  for (const element of root.querySelectorAll("*:not(svg *):not(script)")) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (!element.getClientRects().length || element.closest("[hidden], button:disabled")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const contrast = (a + .05) / (b + .05);
    if (contrast < 4.5) poor.push([element.className || element.tagName, contrast.toFixed(2)]);
  }
  return poor;
}"""

NAMELESS = """root => [...root.querySelectorAll("button, input, [tabindex], [role], svg, figure")].filter(element => {
  if (element.closest("[hidden]")) return false;
  const label = element.getAttribute("aria-label") || element.closest("label")?.textContent || element.textContent;
  return !label.trim();
}).map(element => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"{CHROMIUM} does not start: {error.message.splitlines()[0]}")
        yield started
        started.close()


Open = Callable[..., Any]


@pytest.fixture
def shown(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page with viewers of these playbacks; nothing may go wrong there, and nothing may be fetched."""
    contexts, wrong = [], []

    def show(*playbacks: Playback, **options: Any) -> Any:
        path = tmp_path / "page.html"
        parts = "".join(viewer_html(one, f"viewer-{n}") for n, one in enumerate(playbacks))
        text = f"{HEAD}{viewer_style()}</style></head><body><main>{parts}</main><a href='#after'>after</a>"
        path.write_text(f"{text}<script>{viewer_script()}</script></body></html>", encoding="utf-8")
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: wrong.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert wrong == []


def beats_of(told: Playback, track: int) -> Sequence[Beat]:
    if not track:
        return told.beats
    assert told.passing is not None
    return [*told.beats[: told.passing.shared], *told.passing.beats]


def expected(told: Playback, track: int, at: int) -> dict[str, Any]:
    """What stands in the page after so many steps, put together from the playback."""
    cells = dict(told.opening.cells)
    links = set(told.opening.links)
    status = dict(told.opening.status)
    held = list(told.opening.held)
    nexts = list(told.opening.nexts)
    for beat in beats_of(told, track)[:at]:
        cells.update(beat.cells)
        links = (links - set(beat.off)) | set(beat.on)
        status.update(beat.status)
        if beat.held is not None:
            held[told.threads.index(beat.thread)] = beat.held
        for thread, number in beat.nexts:
            nexts[thread] = number
    threads = []
    for number, name in enumerate(told.threads):
        locals_ = [f"{c.name} = {cells[n]}" for n, c in enumerate(told.cells) if c.owner == name and cells.get(n)]
        one = told.nexts[nexts[number]]
        threads.append((name, ", ".join(held[number]) or "no lock", one.operation, one.stands, ", ".join(locals_)))
    objects = {}
    for name in filter(status.get, told.objects):
        own = [(n, cell) for n, cell in enumerate(told.cells) if cell.owner == name and cells.get(n)]
        fields = [f"{cell.name or 'lock'}: {cells[n]}" for n, cell in own]
        objects[name + (" (freed)" if status[name] == "freed" else "")] = fields
    waiting = [one for one in map(told.nexts.__getitem__, nexts) if one.stands == "waits"]
    waits = [f"waits for {one.wants.rpartition('.')[2]}" for one in waiting]
    return {"threads": threads, "objects": objects, "links": links, "waits": waits}


STANDS = {"can": "can move", "waits": "waits", "ended": "has ended", "stopped": "its execution ended here"}


def agrees(told: Playback, track: int, at: int, page: dict[str, Any]) -> None:
    wanted = expected(told, track, at)
    for (name, holds, operation, stands, locals_), row in zip(wanted["threads"], page["threads"], strict=True):
        assert row[0] == name
        assert row[1] == holds
        assert row[2].startswith(operation)
        assert row[3].startswith(STANDS[stands])
        assert row[4] == locals_
    gone = {head: [one for one in fields if "no more" not in one] for head, fields in page["objects"].items()}
    fields = {head: [one.split(" (was ")[0] for one in told_] for head, told_ in gone.items()}
    assert {head: one for head, one in fields.items() if one} == {h: o for h, o in wanted["objects"].items() if o}
    labels = {told.links[number].label for number in wanted["links"]} | set(wanted["waits"])
    assert {label for line in page["lines"] for label in line.split(", ")} <= labels
    assert len(page["current"]) == (at > 0)
    if at:
        first, _, last = page["current"][0].partition("-")
        assert int(first) <= at <= int(last or first)
        beat = beats_of(told, track)[at - 1]
        assert f"Step {at} of" in page["now"]
        assert f"{beat.thread}: {beat.operation}{f' {beat.detail}' if beat.detail else ''}" in page["now"]


@pytest.mark.parametrize("target", [NULL, DEADLOCK, FREED], ids=["null", "deadlock", "freed"])
def test_each_step_shows_the_state_of_the_playback_forward_and_backward(shown: Open, target: tuple[str, str]) -> None:
    told = played(*target)
    page = shown(told)
    page.check("[data-all]")
    root = page.locator(".lv").first
    for track in range(2 if told.passing else 1):
        if told.passing:
            page.click(f'button[data-track="{track}"]')
        page.click("[data-do=first]")
        whole = len(beats_of(told, track))
        forward = []
        for at in range(whole + 1):
            forward.append(root.evaluate(SHOWN))
            agrees(told, track, at, forward[-1])
            page.click("[data-do=on]")
        for at in range(whole - 1, -1, -1):
            page.click("[data-do=back]")
            assert root.evaluate(SHOWN) == forward[at]


def test_all_ways_to_step_lead_to_the_same(shown: Open) -> None:
    told = played(*NULL)
    page = shown(told)

    def at() -> str:
        return str(page.locator(".lv").get_attribute("data-at"))

    page.focus("[data-do=on]")
    for key, wanted in [
        ("ArrowRight", "0:1"), ("ArrowRight", "0:2"), ("ArrowLeft", "0:1"), ("End", "0:49"), ("ArrowRight", "0:49"),
        ("Home", "0:0"), ("ArrowLeft", "0:0"), ("Enter", "0:1"), ("Space", "0:2"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert at() == wanted
    page.focus("input[type=range]")
    page.keyboard.press("ArrowRight")
    assert at() == "0:3"
    page.keyboard.press("End")
    assert at() == "0:49"
    page.click('table[data-track="1"] tr[data-n="8"]')
    assert at() == "1:8"
    page.click('button[data-track="0"]')
    assert at() == "0:8"
    page.click('[data-go="46"] button')
    assert at() == "0:46"
    page.click("[data-do=turn-back]")
    assert at() == "0:44"
    page.click("[data-do=turn-on]")
    page.click("[data-do=turn-on]")
    assert at() == "0:49"
    page.click('.lv-common tr[data-n="3"]')
    assert at() == "0:3"


def test_viewers_do_not_disturb_each_other(shown: Open) -> None:
    page = shown(played(*NULL), played(*DEADLOCK))
    page.locator("#viewer-1 [data-do=last]").click()
    assert page.locator("#viewer-0").get_attribute("data-at") == "0:0"
    assert page.locator("#viewer-1").get_attribute("data-at") == "0:2"
    assert "waits for b, held by back" in page.locator("#viewer-1 .lv-threads").inner_text().replace("right", "back")


def test_the_page_stays_where_it_is(shown: Open) -> None:
    page = shown(played(*NULL))
    page.locator(".lv-now").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    page.focus("[data-do=on]")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("scrollY") == before
    row = page.locator("tr[aria-current]")
    inside = row.evaluate("""row => {
        const [a, b] = [row, row.closest(".lv-scroll")].map(one => one.getBoundingClientRect());
        return a.top >= b.top - 1 && a.bottom <= b.bottom + 1; }""")
    assert inside


def test_without_its_script_the_lanes_are_there(shown: Open) -> None:
    told = played(*NULL)
    page = shown(told, java_script_enabled=False)
    rows = len(told.beats) + len(told.passing.beats if told.passing else [])
    assert 0.7 * rows < page.locator(".lv-lanes tbody tr:visible").count() <= rows
    assert page.locator("button:visible, input:visible, .lv-live:visible").count() == 0
    assert "◆ pivot" in page.locator(".lv-side").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in(shown: Open, scheme: str) -> None:
    page = shown(played(*NULL), color_scheme=scheme)
    for at in ("6", "46", "49"):
        page.click(f'[data-go="{at}"] button >> nth=0')
        assert page.locator(".lv").evaluate(CONTRAST) == []


def test_light_and_dark_differ(shown: Open) -> None:
    colours = [
        shown(played(*DEADLOCK), color_scheme=scheme).locator(".lv-now").evaluate("one => getComputedStyle(one).color")
        for scheme in ("light", "dark")
    ]
    assert colours[0] != colours[1]


def test_on_paper_all_rows_are_there_and_no_controls(shown: Open) -> None:
    page = shown(played(*NULL))
    page.emulate_media(media="print")
    assert page.locator(".lv-live:visible, button[data-do]:visible").count() == 0
    cut = "boxes => boxes.filter(box => box.scrollHeight > box.clientHeight + 1).length"
    assert page.locator(".lv-scroll").evaluate_all(cut) == 0
    assert len(page.pdf()) > 10_000


def test_a_telephone_needs_no_scrolling_to_the_side(shown: Open) -> None:
    page = shown(played(*NULL), played(*FREED), viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_control_has_a_name_and_every_table_its_heads(shown: Open) -> None:
    page = shown(played(*NULL), played(*DEADLOCK))
    assert page.locator("main").evaluate(NAMELESS) == []
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator(".lv-now[aria-live=polite]").count() == 2
    page.click("#viewer-0 [data-do=on]")
    assert "step 1 of 49" in str(page.locator("#viewer-0 input[type=range]").get_attribute("aria-valuetext"))


def test_the_keyboard_comes_in_and_out_again_and_shows_where_it_is(shown: Open) -> None:
    page = shown(played(*DEADLOCK))
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        where, outline = page.evaluate(
            "[document.activeElement.outerHTML.slice(0, 40), getComputedStyle(document.activeElement).outlineStyle]"
        )
        seen.append(where)
        if "after" in where:
            break
        assert outline != "none"
    assert "after" in seen[-1]
    assert len(seen) > 8


def test_nothing_moves_for_who_wants_it_so(shown: Open) -> None:
    page = shown(played(*DEADLOCK), reduced_motion="reduce", forced_colors="active")
    moving = "all => all.filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    assert page.locator(".lv *").evaluate_all(moving) == 0
    page.click("[data-do=last]")
    assert page.locator("tr[aria-current]").evaluate("row => getComputedStyle(row).outlineStyle") == "solid"


def test_hostile_names_are_text(shown: Open) -> None:
    told = evil()
    page = shown(told)
    page.click("[data-do=last]")
    assert page.locator("img").count() == 0
    assert printable(told.threads[0]) in page.locator(".lv-threads").inner_text()
    assert printable(told.threads[0]) in page.locator(".lv-now").inner_text()
