"""SVG made fit to be read: a title and a description for who cannot see it, colours for a dark ground.

Takes SVG with plain colours, as `scene` and Graphviz write it; gives a file, or a piece of an HTML page. A picture in a
page is `inline_svg(svg, name)`: any number of them can stand in one page, for each has its own `name`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

from lockmodel.report.palette import DARK_AREAS, DARK_LINES, DARK_WORDS
from lockmodel.report.wrapping import printable

SVG = "http://www.w3.org/2000/svg"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def inline_svg(svg: bytes, name: str) -> str:
    """An `<svg>` element for an HTML page, of SVG that `finished` made.

    `name` is the element's id and begins all others in it, so nothing else in the page may have it: letters, digits,
    "-" and "_". The class is "lockmodel". Colours are plain attributes for a light page, so that the picture needs no
    style sheet there. For a dark one a `<style>` inside it, which touches nothing outside, sets others: where the
    reader prefers dark and the page's root has no data-theme="light", and where it has data-theme="dark". The paper is
    painted, so that it can be read on a page of any colour. It is as wide as it was drawn, or as the page lets it.
    """
    if not NAME.match(name):
        raise ValueError(f"{name!r} is no name for an element")
    root = ElementTree.fromstring(svg)
    old = root.get("id", "")
    root.set("class", "lockmodel")
    for element in root.iter():
        its = element.get("id", "")
        if old and its.startswith(old):
            element.set("id", name + its[len(old) :])
        labelled = element.get("aria-labelledby")
        if labelled is not None:
            element.set("aria-labelledby", " ".join(name + one[len(old) :] for one in labelled.split()))
    style = root.find(f"{{{SVG}}}style")
    if style is not None:
        style.text = _dark_style(root, name, themed=True)
    root.set("style", "max-width:100%;height:auto")
    return _written(root)


def finished(svg: bytes, title: str, description: str, name: str = "picture") -> bytes:
    """The picture as a file of its own: with `title` and `description`, and colours for a dark ground."""
    root = ElementTree.fromstring(svg)
    for element in list(root):
        if element.tag in (f"{{{SVG}}}title", f"{{{SVG}}}desc"):
            root.remove(element)
    for n, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = printable(text)
        root.insert(n, element)
    style = ElementTree.Element(f"{{{SVG}}}style")
    style.text = _dark_style(root, name)
    root.insert(2, style)
    root.set("id", name)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_written(root)}\n'.encode()


def _dark_style(root: ElementTree.Element, name: str, *, themed: bool = False) -> str:
    """The rules for a dark ground, for what is inside of the element `name`; `themed`: a page may say which it has."""
    free = ':root:not([data-theme="light"]) ' if themed else ""
    rules = "".join(_rules(root, f"{free}#{name}"))
    chosen = "".join(_rules(root, f':root[data-theme="dark"] #{name}')) if themed else ""
    return f"@media (prefers-color-scheme:dark){{{rules}}}{chosen}"


def _rules(root: ElementTree.Element, scope: str) -> Iterator[str]:
    """A rule for each colour that the picture has."""
    painted = (("text", "fill", DARK_WORDS), (":not(text)", "fill", DARK_AREAS), ("*", "stroke", DARK_LINES))
    there = {(attribute, element.get(attribute)) for element in root.iter() for attribute in ("fill", "stroke")}
    for element, attribute, colours in painted:
        for light, dark in colours.items():
            if (attribute, light) in there:
                yield f'{scope} {element}[{attribute}="{light}"]{{{attribute}:{dark}}}'


def _written(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode")
