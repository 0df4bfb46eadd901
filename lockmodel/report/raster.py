"""A scene as PNG, drawn with Pillow and the font that it carries: no system font, no renderer from outside."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import assert_never

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from lockmodel.report.font import ARROW, BOLD, advances, drawable
from lockmodel.report.palette import PAPER
from lockmodel.report.scene import DASH, Circle, Path, Point, Rect, Scene, Text, arrow_head
from lockmodel.report.wrapping import printable

SCALE = 2
"""Pixels for one of the scene: sharp on the screens of today and in print; the file says 192 dots an inch."""

FINE = 4
"""What is not upright is drawn so much larger and made smaller again, which smooths its edges."""


def to_png(scene: Scene, scale: int = SCALE) -> bytes:
    """The scene as PNG, `scale` times its size in pixels."""
    image = Image.new("RGB", (scene.width * scale, scene.height * scale), PAPER)
    raster = _Raster(image, scale)
    for item in scene.items:
        match item:
            case Rect():
                raster.rect(item)
            case Path():
                raster.path(item)
            case Circle():
                raster.circle(item)
            case Text():
                raster.text(item)
            case _:
                assert_never(item)
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Title", printable(scene.title))
    told.add_itxt("Description", printable(scene.description))
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=told, dpi=(96 * scale, 96 * scale), compress_level=6)
    return out.getvalue()


class _Raster:
    """Puts primitives on an image."""

    def __init__(self, image: Image.Image, scale: int) -> None:
        self.image = image
        self.draw = ImageDraw.Draw(image)
        self.scale = scale
        self.fonts: dict[float, ImageFont.FreeTypeFont | ImageFont.ImageFont] = {}

    def rect(self, item: Rect) -> None:
        if item.radius:
            self.rounded(item)
            return
        s = self.scale
        left, top = round(item.x * s), round(item.y * s)
        right, bottom = round((item.x + item.width) * s) - 1, round((item.y + item.height) * s) - 1
        if item.fill and right >= left and bottom >= top:
            self.draw.rectangle((left, top, right, bottom), fill=item.fill)
        if item.stroke:
            self.outline(item)

    def outline(self, item: Rect) -> None:
        x, y, right, bottom = item.x, item.y, item.x + item.width, item.y + item.height
        corners = ((x, y), (right, y), (right, bottom), (x, bottom), (x, y))
        self.path(Path(corners, item.stroke, item.thickness, item.dash))

    def arrow(self, item: Text, x: float, advance: float) -> None:
        """The arrow that the font lacks, at the height of a minus sign."""
        y = round((item.y - item.size * 0.3) * self.scale) / self.scale
        margin = advance * 0.08
        points = ((x + margin, y), (x + advance - margin, y))
        self.path(Path(points, item.fill, item.size / 13, arrow=True, head=item.size * 0.36))

    def rounded(self, item: Rect) -> None:
        """Two masks, one inside the other: the stroke, then the fill over all but its edge."""
        edge = item.thickness / 2 if item.stroke else 0.0
        if item.stroke and not item.dash:
            outer = Rect(item.x - edge, item.y - edge, item.width + 2 * edge, item.height + 2 * edge,
                         radius=item.radius + edge)  # fmt: skip
            self.stamp_rounded(outer, item.stroke)
            self.stamp_rounded(
                Rect(item.x + edge, item.y + edge, item.width - 2 * edge, item.height - 2 * edge,
                     radius=max(0.0, item.radius - edge)),
                item.fill or PAPER,
            )  # fmt: skip
            return
        if item.fill:
            self.stamp_rounded(item, item.fill)
        if item.stroke:
            self.outline(item)

    def stamp_rounded(self, item: Rect, fill: str) -> None:
        def shape(draw: ImageDraw.ImageDraw, place: _Place) -> None:
            (left, top), (right, bottom) = place((item.x, item.y)), place((item.x + item.width, item.y + item.height))
            draw.rounded_rectangle((left, top, right - 1, bottom - 1), radius=item.radius * self.scale * FINE, fill=255)

        self.stamp(((item.x, item.y), (item.x + item.width, item.y + item.height)), fill, shape)

    def circle(self, item: Circle) -> None:
        def shape(draw: ImageDraw.ImageDraw, place: _Place) -> None:
            left, top = place((item.x - item.radius, item.y - item.radius))
            right, bottom = place((item.x + item.radius, item.y + item.radius))
            draw.ellipse((left, top, right - 1, bottom - 1), fill=255)

        around = ((item.x - item.radius, item.y - item.radius), (item.x + item.radius, item.y + item.radius))
        self.stamp(around, item.fill, shape)

    def path(self, item: Path) -> None:
        points = list(item.points)
        if item.arrow:
            # The line ends inside the head, or it would blunt the tip.
            tip, one, two = arrow_head(item)
            points[-1] = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
            self.polygon((tip, one, two), item.stroke)
        for start, end in pairwise(points):
            for first, last in _dashes(start, end) if item.dash else [(start, end)]:
                self.segment(first, last, item.stroke, item.thickness)

    def segment(self, start: Point, end: Point, fill: str, thickness: float) -> None:
        s, half = self.scale, thickness / 2
        if start[0] == end[0] or start[1] == end[1]:
            left, right = sorted((start[0], end[0]))
            top, bottom = sorted((start[1], end[1]))
            wide, high = (half, 0.0) if start[0] == end[0] else (0.0, half)
            # A line is never thinner than a pixel, wherever it falls.
            x, y = round((left - wide) * s), round((top - high) * s)
            width = max(1, round((right - left + 2 * wide) * s))
            height = max(1, round((bottom - top + 2 * high) * s))
            self.draw.rectangle((x, y, x + width - 1, y + height - 1), fill=fill)
            return

        def shape(draw: ImageDraw.ImageDraw, place: _Place) -> None:
            draw.line((place(start), place(end)), fill=255, width=round(thickness * s * FINE))

        self.stamp((start, end), fill, shape, margin=thickness)

    def polygon(self, points: tuple[Point, ...], fill: str) -> None:
        def shape(draw: ImageDraw.ImageDraw, place: _Place) -> None:
            draw.polygon([place(point) for point in points], fill=255)

        self.stamp(points, fill, shape)

    def stamp(self, around: tuple[Point, ...], fill: str, shape: _Shape, margin: float = 0.0) -> None:
        """Draw `shape` on a finer mask as large as `around` needs, and put `fill` through it."""
        s = self.scale
        left = int((min(x for x, _ in around) - margin) * s) - 1
        top = int((min(y for _, y in around) - margin) * s) - 1
        right = int((max(x for x, _ in around) + margin) * s) + 2
        bottom = int((max(y for _, y in around) + margin) * s) + 2
        mask = Image.new("L", ((right - left) * FINE, (bottom - top) * FINE), 0)
        shape(ImageDraw.Draw(mask), _Place(left, top, s))
        self.image.paste(fill, (left, top), mask.reduce(FINE))

    def text(self, item: Text) -> None:
        """Character by character where the measures put them: a line drawn at once is rounded to other widths."""
        size = item.size * self.scale
        if size not in self.fonts:
            self.fonts[size] = ImageFont.load_default(size)
        font = self.fonts[size]
        text = drawable(item.text)
        stretch = size / 1000 * (BOLD if item.bold else 1)
        x, y = item.x * self.scale, item.y * self.scale
        for character, advance in zip(text, advances(text), strict=True):
            if character == ARROW:
                self.arrow(item, x / self.scale, advance * stretch / self.scale)
            elif character != " ":
                self.draw.text((x, round(y)), character, font=font, fill=item.fill, anchor="ls")
                if item.bold:
                    # The font has no bold face: a second stroke beside the first makes one.
                    self.draw.text((x + size / 28, round(y)), character, font=font, fill=item.fill, anchor="ls")
            x += advance * stretch


class _Place:
    """From a point of the scene to one of a mask."""

    def __init__(self, left: int, top: int, scale: int) -> None:
        self.left, self.top, self.scale = left, top, scale

    def __call__(self, point: Point) -> tuple[int, int]:
        return (
            round((point[0] * self.scale - self.left) * FINE),
            round((point[1] * self.scale - self.top) * FINE),
        )


_Shape = Callable[[ImageDraw.ImageDraw, _Place], None]


def _dashes(start: Point, end: Point) -> list[tuple[Point, Point]]:
    (x1, y1), (x2, y2) = start, end
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    dashes: list[tuple[Point, Point]] = []
    at = 0.0
    while at < length:
        stop = min(at + DASH[0], length)
        dashes.append(
            ((x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length),
             (x1 + (x2 - x1) * stop / length, y1 + (y2 - y1) * stop / length))
        )  # fmt: skip
        at += DASH[0] + DASH[1]
    return dashes
