"""A drawing as a list of primitives, and its SVG. `raster` makes a PNG of the same list.

Items are drawn in order; texts must not be covered by later shapes. The same scene gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

from lockmodel.report.font import width_of
from lockmodel.report.palette import PAPER
from lockmodel.report.vector import SVG, finished
from lockmodel.report.wrapping import printable

FAMILY = "Aileron, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
"""Ours where it is installed, else the common ones that are closest; each text is set to the measured length."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, its corners rounded by `radius`; "" for no fill or no stroke."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""
    thickness: float = 1.0
    radius: float = 0.0
    dash: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """Straight lines from point to point; `arrow` puts a head of the length `head` at the end."""

    points: tuple[Point, ...]
    stroke: str
    thickness: float = 1.0
    dash: bool = False
    arrow: bool = False
    head: float = 6.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A filled disc."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline, `x` its left end."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    bold: bool = False

    @property
    def width(self) -> float:
        """How much room it takes."""
        return width_of(self.text, self.size, bold=self.bold)


Item = Rect | Path | Circle | Text


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing of a size in pixels; `title` and `description` are for those who cannot see it."""

    width: int
    height: int
    items: tuple[Item, ...]
    title: str
    description: str


DASH = (4.0, 3.0)
"""Drawn and left out, in pixels."""


def arrow_head(path: Path) -> tuple[Point, Point, Point]:
    """The head at the end of `path`: its tip and the two corners behind."""
    (x1, y1), (x2, y2) = path.points[-2], path.points[-1]
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 0.001)
    along, across = ((x2 - x1) / length, (y2 - y1) / length), ((y1 - y2) / length, (x2 - x1) / length)
    back, half = path.head, path.head * 0.52
    base = (x2 - along[0] * back, y2 - along[1] * back)
    return (
        (x2, y2),
        (base[0] + across[0] * half, base[1] + across[1] * half),
        (base[0] - across[0] * half, base[1] - across[1] * half),
    )


def to_svg(scene: Scene) -> bytes:
    """The scene as SVG."""
    lines = [
        f'<svg xmlns="{SVG}" width="{scene.width}" height="{scene.height}" '
        f'viewBox="0 0 {scene.width} {scene.height}" font-family="{FAMILY}">',
        f'<rect width="{scene.width}" height="{scene.height}" fill="{PAPER}"/>',
        *(_element(item) for item in scene.items),
        "</svg>",
    ]
    return finished("\n".join(lines).encode(), scene.title, scene.description)


def _element(item: Item) -> str:
    match item:
        case Rect():
            radius = f' rx="{_number(item.radius)}"' if item.radius else ""
            where = f'x="{_number(item.x)}" y="{_number(item.y)}"'
            size = f'width="{_number(item.width)}" height="{_number(item.height)}"'
            return f'<rect {where} {size}{radius} fill="{item.fill or "none"}"{_stroke(item)}/>'
        case Path():
            points = " ".join(f"{_number(x)},{_number(y)}" for x, y in item.points)
            line = f'<polyline points="{points}" fill="none"{_stroke(item)}/>'
            if not item.arrow:
                return line
            head = " ".join(f"{_number(x)},{_number(y)}" for x, y in arrow_head(item))
            return f'{line}\n<polygon points="{head}" fill="{item.stroke}"/>'
        case Circle():
            return (
                f'<circle cx="{_number(item.x)}" cy="{_number(item.y)}" r="{_number(item.radius)}" fill="{item.fill}"/>'
            )
        case Text():
            weight = ' font-weight="bold"' if item.bold else ""
            # The length keeps the layout in a viewer that has none of the fonts.
            return (
                f'<text x="{_number(item.x)}" y="{_number(item.y)}" font-size="{_number(item.size)}"{weight} '
                f'fill="{item.fill}" textLength="{_number(item.width)}" lengthAdjust="spacingAndGlyphs">'
                f"{_escaped(item.text)}</text>"
            )
        case _:
            assert_never(item)


def _escaped(text: str) -> str:
    """For XML, which cannot hold control characters even escaped."""
    return escape(printable(text))


def _stroke(item: Rect | Path) -> str:
    if not item.stroke:
        return ""
    dash = f' stroke-dasharray="{_number(DASH[0])} {_number(DASH[1])}"' if item.dash else ""
    return f" stroke={quoteattr(item.stroke)} stroke-width={quoteattr(_number(item.thickness))}{dash}"


def _number(value: float) -> str:
    """At most two digits after the point, and none that say nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
