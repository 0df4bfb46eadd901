"""A diagram in a format, and the way from DOT to a picture without a Graphviz on the system.

pygraphviz' wheels carry Graphviz; a system `dot` is used only where it is asked for. Graphviz' layout is its own: the
DOT is the same bytes for the same finding, the picture need not be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from lockmodel.errors import LockmodelError, UsageError
from lockmodel.report.diagram import Diagram
from lockmodel.report.dot import to_dot
from lockmodel.report.graphml import to_graphml
from lockmodel.report.mermaid import to_mermaid
from lockmodel.report.vector import SVG, finished
from lockmodel.report.wrapping import printable

GraphFormat = Literal["svg", "png", "dot", "graphml", "mmd"]
Renderer = Literal["bundled", "system"]

FINE: dict[str, list[str]] = {"svg": [], "png": ["-Gdpi=144"]}
"""Half as fine again as screens were when Graphviz chose 96 dots an inch: small words stay sharp, also in print."""

SECONDS = 60
"""What a system `dot` may take: our graphs are small, so longer means that it hangs."""


class RenderError(LockmodelError):
    """Graphviz is there and failed, or the bundled one does not load."""


@dataclass(frozen=True, slots=True)
class GraphvizState:
    """What `doctor` says about Graphviz. `problem` is "" where it works."""

    renderer: Renderer
    version: str
    works: bool
    problem: str


def render(diagram: Diagram, output_format: GraphFormat, *, renderer: Renderer = "bundled") -> bytes:
    """A diagram in a format: as a picture, or as text for other programs."""
    match output_format:
        case "dot":
            return to_dot(diagram).encode()
        case "graphml":
            return to_graphml(diagram)
        case "mmd":
            return to_mermaid(diagram).encode()
        case "png":
            return paint(to_dot(diagram), "png", renderer=renderer)
        case "svg":
            return _finished(paint(to_dot(diagram), "svg", renderer=renderer), diagram)
        case other:
            raise UsageError(f"there is no graph format {other!r}; there are {', '.join(get_args(GraphFormat))}")


def paint(dot: str, output_format: Literal["svg", "png"], *, renderer: Renderer = "bundled") -> bytes:
    """DOT as Graphviz draws it."""
    return _system(dot, output_format) if renderer == "system" else _bundled(dot, output_format)


def _finished(svg: bytes, diagram: Diagram) -> bytes:
    """Graphviz' picture with a title and a description, and with words where Graphviz puts its own names.

    What stands in a box's or an arrow's <title> is shown when a pointer rests on it, and read aloud.
    """
    names = {node.name: printable(", ".join(node.lines)) for node in diagram.nodes}
    root = ElementTree.fromstring(svg)
    for number, group in enumerate(root.iter(f"{{{SVG}}}g")):
        title = group.find(f"{{{SVG}}}title")
        if group.get("class") == "graph":
            group.remove(title) if title is not None else None
        elif title is not None and group.get("class") == "node":
            title.text = names.get(title.text or "", title.text)
        elif title is not None and group.get("class") == "edge":
            source, _, target = (title.text or "").partition("->")
            title.text = f"{names.get(source, source)} \N{RIGHTWARDS ARROW} {names.get(target, target)}"
        elif title is not None:
            group.remove(title)
        group.set("id", f"picture-{number}")
    return finished(ElementTree.tostring(root), diagram.title, diagram.description)


def describe_graphviz(renderer: Renderer = "bundled") -> GraphvizState:
    """Whether graphs can be drawn, tried and not guessed."""
    version = ""
    try:
        version = _version(renderer)
        drawn = paint("digraph { a -> b }", "svg", renderer=renderer)
    except LockmodelError as error:
        return GraphvizState(renderer, version, False, str(error).partition("\n")[0])
    if b"<svg" not in drawn:
        return GraphvizState(renderer, version, False, "Graphviz ran and drew nothing")
    return GraphvizState(renderer, version, True, "")


def _bundled(dot: str, output_format: Literal["svg", "png"]) -> bytes:
    try:
        import pygraphviz
    except ImportError as error:
        raise RenderError(
            f"cannot draw graphs: pygraphviz does not load ({error}); ask for the system's Graphviz, or for .dot"
        ) from error
    with _quiet():
        try:
            drawn = pygraphviz.AGraph(string=dot).draw(
                format=output_format, prog="dot", args=" ".join(FINE[output_format])
            )
        except Exception as error:  # what it raises is not documented
            raise RenderError(f"Graphviz could not draw the graph: {error}") from error
    return bytes(drawn)


def _system(dot: str, output_format: Literal["svg", "png"]) -> bytes:
    return _run(["-T", output_format, *FINE[output_format]], dot.encode())


def _run(arguments: list[str], data: bytes) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            "cannot draw graphs with the system's Graphviz: there is no program dot on the path\n"
            "  Leave --graphviz out (the bundled one draws), or ask for a .dot file."
        )
    try:
        done = subprocess.run([program, *arguments], input=data, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"the system's dot failed: {error}") from error
    if done.returncode:
        raise RenderError(f"the system's dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout or done.stderr


def _version(renderer: Renderer) -> str:
    if renderer == "system":
        said = _run(["-V"], b"").decode(errors="replace")
        found = re.search(r"version (\S+)", said)
        return f"Graphviz {found.group(1)}" if found else said.strip()
    try:
        import pygraphviz
    except ImportError as error:
        raise RenderError(f"pygraphviz does not load: {error}") from error
    drawn = _bundled("graph { }", "svg").decode(errors="replace")
    found = re.search(r"graphviz version (\S+)", drawn)
    return f"pygraphviz {pygraphviz.__version__}" + (f" with Graphviz {found.group(1)}" if found else "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what C libraries write to standard error from the user: fontconfig warns of files that are none of ours."""
    try:
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
        saved = os.dup(descriptor)
    except (OSError, ValueError):
        yield
        return
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), descriptor)
            yield
    finally:
        os.dup2(saved, descriptor)
        os.close(saved)
