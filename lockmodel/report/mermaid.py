"""A diagram as Mermaid, which GitHub, GitLab and others draw where it stands in text.

Mermaid has no title bar and no legend: the title stands in the front matter, what else is said of the graph in its
description for who cannot see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from lockmodel.report.diagram import Arrow, Diagram, Look, Node
from lockmodel.report.wrapping import printable

SHAPES = {"box": ('["', '"]'), "rounded": ('("', '")'), "ellipse": ('(["', '"])'), "octagon": ('{{"', '"}}')}
TWICE = ('[["', '"]]')

SPECIAL = re.compile(r"""["'`<>&#;%{}\[\]|\\*~$^@!?]|(?<=_)_|^[-+](?=\s)|(?<=^\d)[.)](?=\s)|\bend\b""")
"""What Mermaid or the Markdown in it would take for its own: quotes and tags, entities, ends of statements, comments,
emphasis, lists, and a word that closes a block."""


def to_mermaid(diagram: Diagram) -> str:
    """The diagram as a flowchart; the same diagram is the same text."""
    return "\n".join([*head(diagram.title), *_flowchart(diagram)]) + "\n"


def head(title: str) -> list[str]:
    """The front matter: YAML, of which a JSON string is a part."""
    return ["---", f"title: {json.dumps(printable(title), ensure_ascii=False)}", "---"]


def escape(text: str) -> str:
    """Text for a label: what means something to Mermaid as an entity, which it writes "#NUMBER;"."""
    return SPECIAL.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", printable(text))


def label(lines: Sequence[str]) -> str:
    """Lines of a box, an arrow or a note, one below the other."""
    return "<br/>".join(map(escape, lines))


def _flowchart(diagram: Diagram) -> Iterator[str]:
    yield "flowchart " + ("TB" if diagram.down else "LR")
    yield f"    accTitle: {escape(diagram.title)}"
    yield f"    accDescr: {escape(diagram.description)}"
    looks = list(dict.fromkeys(node.look for node in diagram.nodes))
    for number, group in enumerate(dict.fromkeys(node.group for node in diagram.nodes)):
        members = [_node(node, looks) for node in diagram.nodes if node.group == group]
        if group:
            yield f'    subgraph g{number}["{escape(group)}"]'
            yield from (f"    {member}" for member in members)
            yield "    end"
        else:
            yield from members
    for edge in diagram.edges:
        line = "==>" if edge.arrow.width > 2 else "-->" if edge.arrow.stroke == "solid" else "-.->"
        words = f'|"{label(edge.lines)}"|' if edge.lines else ""
        yield f"    {edge.source} {line}{words} {edge.target}"
    for number, look in enumerate(looks):
        yield f"    classDef look{number} {_style(look)}"
    for arrow in dict.fromkeys(edge.arrow for edge in diagram.edges):
        numbers = ",".join(str(n) for n, edge in enumerate(diagram.edges) if edge.arrow == arrow)
        yield f"    linkStyle {numbers} {_line(arrow)}"


def _node(node: Node, looks: list[Look]) -> str:
    opening, closing = TWICE if node.look.double else SHAPES[node.look.shape]
    return f"    {node.name}{opening}{label(node.lines)}{closing}:::look{looks.index(node.look)}"


def _style(look: Look) -> str:
    dash = {"dashed": ",stroke-dasharray:6 4", "dotted": ",stroke-dasharray:2 3"}.get(look.stroke, "")
    return f"fill:{look.area},stroke:{look.line},color:{look.words},stroke-width:{look.width:g}px{dash}"


def _line(arrow: Arrow) -> str:
    return f"stroke:{arrow.line},stroke-width:{arrow.width:g}px"
