"""The witness picture: nothing overlaps, nothing is cut off, and it is the same file each time."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import msgspec
import pytest
from PIL import Image, ImageFont

from lockmodel.findings.finding import Finding
from lockmodel.report.font import ADVANCES, FIRST, advances, drawable, width_of
from lockmodel.report.palette import LOOP
from lockmodel.report.scene import Path, Rect, Scene, Text
from lockmodel.report.witness import draw_witness, witness_png, witness_svg
from tests.report import samples

SHAPES: dict[str, Callable[[], Finding]] = {
    "null_dereference": samples.null_dereference,
    "philosophers": samples.philosophers,
    "philosophers_5": lambda: samples.philosophers(5),
    "list_corruption": samples.list_corruption,
    "race": samples.race,
    "crowd": lambda: samples.crowd(3),
    "goes_round": lambda: going_round(2),
    "goes_round_one_step": lambda: going_round(len(samples.race().steps)),
}


def going_round(first: int) -> Finding:
    """A witness that ends in a loop from this step on."""
    return msgspec.structs.replace(samples.race(), loop_from=first, places=[])


EVERY_SHAPE = pytest.mark.parametrize("name", sorted(SHAPES))


def drawn(name: str, *, fold: bool = True) -> Scene:
    finding = SHAPES[name]()
    return draw_witness(finding, "two_threads", spec="specs/inotify.py", model="inotify", design="2005", fold=fold)


def box(text: Text) -> tuple[float, float, float, float]:
    """What its letters cover: capitals are about 0.7 of the size high, tails hang 0.2 below."""
    return text.x, text.y - 0.7 * text.size, text.x + text.width, text.y + 0.2 * text.size


@pytest.mark.parametrize("name", ["null_dereference", "philosophers", "list_corruption", "race"])
def test_the_svg_is_its_golden_file(name: str, golden: Callable[[str, str | bytes], None]) -> None:
    svg = witness_svg(SHAPES[name](), "two_threads", spec="specs/inotify.py", model="inotify", design="2005")
    golden(f"report/{name}.svg", svg)


@EVERY_SHAPE
def test_the_svg_is_well_formed_and_tells_what_it_shows(name: str) -> None:
    finding = SHAPES[name]()
    svg = witness_svg(finding, "two_threads", spec="specs/inotify.py", model="inotify")
    root = ElementTree.fromstring(svg)
    assert root[0].text == f"{finding.rule} {finding.name}: {finding.message}"
    assert f"lockmodel replay specs/inotify.py {finding.schedule}" in (root[1].text or "")


@EVERY_SHAPE
@pytest.mark.parametrize("fold", [True, False])
def test_no_text_lies_over_another(name: str, fold: bool) -> None:
    boxes = [(box(item), item.text) for item in drawn(name, fold=fold).items if isinstance(item, Text)]
    boxes.sort(key=lambda entry: entry[0][1])
    for index, (one, said) in enumerate(boxes):
        for other, also in boxes[index + 1 :]:
            if other[1] >= one[3]:
                break
            assert other[0] >= one[2] or other[2] <= one[0], f"{said!r} and {also!r}"


@EVERY_SHAPE
@pytest.mark.parametrize("fold", [True, False])
def test_no_text_is_cut_off_by_the_page(name: str, fold: bool) -> None:
    scene = drawn(name, fold=fold)
    for item in scene.items:
        if isinstance(item, Text):
            left, top, right, bottom = box(item)
            assert 0 <= left <= right <= scene.width, item.text
            assert 0 <= top <= bottom <= scene.height, item.text


@EVERY_SHAPE
def test_no_text_sticks_out_of_the_box_it_begins_in(name: str) -> None:
    scene = drawn(name)
    for text in (item for item in scene.items if isinstance(item, Text)):
        left, top, right, bottom = box(text)
        middle = (top + bottom) / 2
        for rect in (item for item in scene.items if isinstance(item, Rect)):
            inside = rect.x <= left <= rect.x + rect.width and rect.y <= middle <= rect.y + rect.height
            assert not inside or right <= rect.x + rect.width + 0.5, text.text


def test_every_step_is_there_and_folds_say_which_they_hide() -> None:
    numbers = [item.text for item in drawn("list_corruption").items if isinstance(item, Text) and item.size == 11]
    shown = [text for text in numbers if text.replace("-", "").isdigit()]
    assert shown[:4] == ["1", "2-11", "12", "13"]
    steps: list[int] = []
    for text in shown:
        first, _, last = text.partition("-")
        steps += range(int(first), int(last or first) + 1)
    assert steps == list(range(1, 59))


@pytest.mark.parametrize("first", [1, 2, 3])
def test_an_arrow_leads_from_the_end_of_a_loop_back_to_its_first_step(first: int) -> None:
    finding = going_round(first)
    last = len(finding.steps)
    scene = draw_witness(finding, "two_threads", spec="specs/inotify.py", model="inotify")
    [arrow] = [item for item in scene.items if isinstance(item, Path) and item.stroke == LOOP]
    numbers = {item.text: item.y for item in scene.items if isinstance(item, Text) and item.text.isdigit()}
    assert arrow.arrow
    assert abs(arrow.points[-1][1] - numbers[str(first)]) < 10
    assert abs(arrow.points[0][1] - numbers[str(last)]) < 10
    assert arrow.points[-1][1] < arrow.points[0][1]
    said = f"steps {first} to {last}" if first < last else f"step {last}"
    assert any(isinstance(item, Text) and f"{said}, again and again" in item.text for item in scene.items)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_the_png_has_the_size_of_the_scene(scale: int) -> None:
    scene = drawn("race")
    png = witness_png(
        SHAPES["race"](), "two_threads", spec="specs/inotify.py", model="inotify", design="2005", scale=scale
    )
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert image.format == "PNG"
        assert image.size == (scene.width * scale, scene.height * scale)
        assert [round(dots) for dots in image.info["dpi"]] == [96 * scale, 96 * scale]
        assert image.info["Title"].startswith("LM301 data-race: ")
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_the_png_is_the_same_bytes_each_time() -> None:
    pictures = {witness_png(samples.race(), "s", spec="specs/counter.py", model="counter", scale=1) for _ in range(2)}
    assert len(pictures) == 1


def test_a_long_picture_stays_narrow_enough_for_a_page() -> None:
    assert all(drawn(name, fold=False).width <= 1300 for name in SHAPES)


def test_findings_without_steps_locks_or_state_can_be_drawn() -> None:
    empty = msgspec.structs.replace(samples.race(), steps=[], stack=[], state=[])
    assert draw_witness(empty, "s", spec="a.py", model="m").height > 0
    stuck = msgspec.structs.replace(samples.philosophers(), steps=[])
    assert draw_witness(stuck, "s", spec="a.py", model="m").height > 0


def test_names_that_the_font_lacks_are_drawn_all_the_same() -> None:
    finding = samples.race()
    steps = [msgspec.structs.replace(step, operation="read größe#1.日本") for step in finding.steps]
    odd = msgspec.structs.replace(finding, steps=steps, message="größer → 日本")
    assert witness_png(odd, "s", spec="a.py", model="m", scale=1).startswith(b"\x89PNG")
    assert "größe#1.日本" in witness_svg(odd, "s", spec="a.py", model="m").decode()
    assert drawable("größé 日本 →") == "gro?e ?? →"


def test_the_table_of_widths_is_that_of_the_font() -> None:
    font = ImageFont.load_default(1000)
    for index, advance in enumerate(ADVANCES):
        character = chr(FIRST + index)
        # The blank is wider on purpose; a point in a thousand is what hinting may move.
        assert character == " " or abs(font.getlength(character) - advance) <= 1.5, character


def test_text_is_as_wide_as_its_characters() -> None:
    assert advances("ab") == [531, 611]
    assert width_of("ab", 10) == pytest.approx(11.42)
    assert width_of("ab", 10, bold=True) > width_of("ab", 10)
