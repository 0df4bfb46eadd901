"""A graph ready to be written down: what stands in its boxes and on its arrows, how they look, and what they mean.

Every kind of graph is made into a `Diagram`; `dot`, `mermaid` and `graphml` write one, whatever it is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import networkx

from lockmodel.report.palette import GREY, INK, PAPER
from lockmodel.report.wrapping import break_lines, printable

Shape = Literal["box", "rounded", "ellipse", "octagon"]
Stroke = Literal["solid", "dashed", "dotted"]
Head = Literal["normal", "diamond", "vee", "none"]
Value = str | int | bool
Data = Mapping[str, Value]

WIDEST = 52
"""Letters on a line of a box or an arrow: longer ones are broken, so that one long name does not widen the page."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a box looks; `double`: with two lines around it."""

    shape: Shape = "box"
    area: str = PAPER
    line: str = GREY
    words: str = INK
    width: float = 1.0
    stroke: Stroke = "solid"
    double: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """How an arrow looks."""

    line: str = GREY
    words: str = INK
    width: float = 1.2
    stroke: Stroke = "solid"
    head: Head = "normal"


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its lines, and for programs what it is, under names of its own. `group` is the frame that it stands in."""

    name: str
    lines: tuple[str, ...]
    look: Look = Look()
    data: Data = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one box to another, by their names."""

    source: str
    target: str
    lines: tuple[str, ...] = ()
    arrow: Arrow = Arrow()
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sign:
    """A line of the legend: a box, an arrow, or where it is neither only words, and what it says."""

    text: str
    look: Look | Arrow | None = None


@dataclass(frozen=True, slots=True)
class Diagram:
    """A graph. `kind` is a plain word, `title` and `notes` stand above it, `down` says that it is read downwards.

    `findings` are notes on what is wrong.
    """

    kind: str
    title: str
    notes: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    findings: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    down: bool = False

    @property
    def description(self) -> str:
        """What is said of it, as one text: for those who cannot see it, and for programs."""
        return " \N{MIDDLE DOT} ".join([*self.notes, *self.findings, *(sign.text for sign in self.signs)])


def lines(*texts: str) -> tuple[str, ...]:
    """Texts as the lines of a box or an arrow: on lines of their own, broken where they are too long."""
    return tuple(piece for text in texts if text for piece in broken(text))


def broken(text: str) -> list[str]:
    """A text in lines that are not too wide, the later ones set in."""
    first, *rest = break_lines(text, WIDEST, WIDEST - 2, len)
    return [first, *(f"  {piece}" for piece in rest)]


def as_networkx(diagram: Diagram) -> networkx.MultiDiGraph[str]:
    """The graph for networkx: boxes and arrows with `label` and all that is told of them to programs."""
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(
        kind=diagram.kind, title=printable(diagram.title), description=printable(diagram.description)
    )
    for node in diagram.nodes:
        graph.add_node(node.name, label=_label(node.lines), **_plain(node.data))
    for edge in diagram.edges:
        graph.add_edge(edge.source, edge.target, label=_label(edge.lines), **_plain(edge.data))
    return graph


def _label(its: tuple[str, ...]) -> str:
    return "\n".join(map(printable, its))


def _plain(data: Data) -> dict[str, Value]:
    return {name: printable(value) if isinstance(value, str) else value for name, value in data.items()}
