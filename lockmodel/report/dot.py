"""A diagram as DOT: with its title, its notes and its legend as an HTML-like label above it."""

from __future__ import annotations

from collections.abc import Sequence

import graphviz

from lockmodel.report.diagram import Arrow, Diagram, Look, Node, Sign
from lockmodel.report.heading import escaped, heading, wrapped
from lockmodel.report.palette import BAD, INK, PAPER, RULE
from lockmodel.report.wrapping import printable

FONT = "Helvetica,Arial,sans-serif"

GRAPH = {
    "fontname": FONT, "fontsize": "12", "fontcolor": INK, "bgcolor": PAPER, "labelloc": "t", "labeljust": "l",
    "nodesep": "0.3", "compound": "true",
}  # fmt: skip
NODE = {"fontname": FONT, "fontsize": "12", "margin": "0.12,0.06"}
EDGE = {"fontname": FONT, "fontsize": "10"}

BOLD = 2
"""An arrow that is wider than this stands out."""

STYLES = ("rounded", "dashed", "dotted")
"""What Graphviz calls a style of a box."""

STROKES, HEADS = {"dashed": "--→", "dotted": "··→"}, {"diamond": "—◊", "vee": "—>"}
"""Arrows in words, of characters that the fonts of every system have (WGL4)."""

LEGEND_ROW = 100
"""Letters of the legend on a line."""


def to_dot(diagram: Diagram) -> str:
    """The diagram as DOT; the same diagram is the same text."""
    graph = {**GRAPH, "rankdir": "TB" if diagram.down else "LR", "label": _head(diagram)}
    dot = graphviz.Digraph(diagram.kind.replace("-", "_"), graph_attr=graph, node_attr=NODE, edge_attr=EDGE)
    for number, group in enumerate(dict.fromkeys(node.group for node in diagram.nodes)):
        members = [node for node in diagram.nodes if node.group == group]
        if not group:
            for node in members:
                _node(dot, node)
            continue
        frame = {"label": graphviz.escape(printable(group)), "color": RULE, "labeljust": "l"}
        with dot.subgraph(name=f"cluster_{number}", graph_attr=frame) as part:
            for node in members:
                _node(part, node)
    for edge in diagram.edges:
        # Blanks keep the words off the line: Graphviz puts them right beside it.
        label = _words([f" {line} " for line in edge.lines])
        dot.edge(edge.source, edge.target, label=label, **_arrow(edge.arrow))
    source: str = dot.source
    return source


def _node(dot: graphviz.Digraph, node: Node) -> None:
    dot.node(node.name, _words(node.lines), **_box(node.look))


def _words(lines: Sequence[str]) -> str:
    escaped_lines: str = graphviz.escape("\n".join(map(printable, lines)))
    return escaped_lines


def _box(look: Look) -> dict[str, str]:
    shape = "box" if look.shape == "rounded" else look.shape
    styles = [name for name in (look.shape, look.stroke) if name in STYLES]
    return {
        "shape": shape, "style": ",".join([*styles, "filled"]), "fillcolor": look.area, "color": look.line,
        "fontcolor": look.words, "penwidth": f"{look.width:g}", **({"peripheries": "2"} if look.double else {}),
    }  # fmt: skip


def _arrow(arrow: Arrow) -> dict[str, str]:
    told = {"color": arrow.line, "fontcolor": arrow.words, "penwidth": f"{arrow.width:g}"}
    told |= {"style": arrow.stroke} if arrow.stroke != "solid" else {}
    told |= {"weight": "8"} if arrow.width > BOLD else {}  # what matters most is drawn as straight as can be
    return told | ({"arrowhead": arrow.head} if arrow.head != "normal" else {})


def _head(diagram: Diagram) -> str:
    rows = [wrapped(diagram.title, large=True), *(wrapped(note) for note in diagram.notes)]
    rows += [f'<FONT COLOR="{BAD}">{wrapped(note)}</FONT>' for note in diagram.findings]
    boxes = [sign for sign in diagram.signs if isinstance(sign.look, Look)]
    others = [sign for sign in diagram.signs if not isinstance(sign.look, Look)]
    return heading([*rows, *_signs(others), *([_boxes(boxes)] if boxes else [])])


def _signs(signs: list[Sign]) -> list[str]:
    """The arrows and the mere words of the legend, as many on a line as fit."""
    rows: list[list[str]] = []
    room = 0
    for sign in signs:
        if len(sign.text) + 6 > room:
            rows.append([])
            room = LEGEND_ROW
        room -= len(sign.text) + 6
        rows[-1].append(_sign(sign))
    return ["     ".join(row) for row in rows]


def _sign(sign: Sign) -> str:
    if not isinstance(sign.look, Arrow):
        return wrapped(sign.text)
    arrow = sign.look
    mark = STROKES.get(arrow.stroke, "▬►" if arrow.width > BOLD else "→")
    mark = HEADS.get(arrow.head, mark)
    return f'<FONT COLOR="{arrow.line}"><B>{escaped(mark)}</B></FONT> {escaped(sign.text)}'


def _boxes(signs: list[Sign]) -> str:
    """The boxes of the legend, side by side, each looking like those that it stands for."""
    cells = []
    for sign in signs:
        look = sign.look
        assert isinstance(look, Look)
        styles = [name.upper() for name in (look.shape, look.stroke) if name in STYLES]
        style = f' STYLE="{",".join(styles)}"' if styles else ""
        border = 2 if look.double or look.width > 1 else 1
        cells.append(
            f'<TD BGCOLOR="{look.area}" BORDER="{border}" COLOR="{look.line}"{style}>'
            f'<FONT COLOR="{look.words}">{escaped(sign.text)}</FONT></TD>'
        )
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="3"><TR>{"".join(cells)}</TR></TABLE>'
