"""Where threads and objects stand in the picture of the heap, and how the lines between them run.

One plan serves all states of both schedules, so that nothing moves as a reader steps: threads stand on the left, each
object right of those that refer to it, and within a column so that lines cross little (Sugiyama's method, with a few
sweeps of medians). Only what changes somewhere is in it, and what the finding is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lockmodel.findings.playback import Beat, Playback

LETTER, PAD, HEIGHT = 7.3, 18.0, 30.0
COLUMN_GAP, ROW_GAP = 150.0, 34.0
MARGIN = 14.0
SWEEPS = 4

LABELS = (0.5, 0.34, 0.66, 0.42, 0.58)
"""So far along the lines that leave a node their labels stand, one line after another, so that they stand apart."""


@dataclass(slots=True)
class Node:
    """A thread or an object. `label` is what is written in it; from `x`, `y` on it is `width` wide."""

    name: str
    thread: bool
    width: float
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the picture, for the `links` of one kind from one node to another, all by number.

    Of the kind "wait" they are numbers of nexts: of a thread that waits for a lock of the object.
    """

    kind: str
    links: tuple[int, ...]
    ends: tuple[int, int]
    path: str
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """The picture; empty where there is nothing to draw."""

    width: float
    height: float
    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def plan_of(playback: Playback) -> Plan:
    """The plan of a playback."""
    kept = _matters(playback)
    names = [*playback.threads, *(name for name in playback.objects if name in kept)]
    turning = {number for beat in _beats(playback) for number in (*beat.on, *beat.off)}
    drawn: dict[tuple[str, str, str], list[int]] = {}
    for number, link in enumerate(playback.links):
        told = number in turning or link.kind != "field" or {link.source, link.target} & set(playback.concerned)
        if told and link.source in names and link.target in names:
            drawn.setdefault((link.source, link.target, link.kind), []).append(number)
    for number, one in enumerate(playback.nexts):
        target = one.wants if one.wants in names else one.wants.rpartition(".")[0]
        if one.stands == "waits" and target in names:
            drawn.setdefault((one.thread, target, "wait"), []).append(number)
    linked = {name for source, target, _ in drawn for name in (source, target)}
    names = [name for name in names if name in linked]
    if not names:
        return Plan(0, 0)
    column = _columns(names, playback.threads, list(drawn))
    nodes = _placed(_ordered(names, column, list(drawn)), set(playback.threads))
    lines = _lines(drawn, nodes)
    width = max([node.x + node.width for node in nodes] + [line.at[0] + 60 for line in lines]) + MARGIN
    height = max(node.y for node in nodes) + HEIGHT + MARGIN
    return Plan(round(width), round(height), nodes, lines)


def _beats(playback: Playback) -> list[Beat]:
    return [*playback.beats, *(playback.passing.beats if playback.passing else ())]


def _matters(playback: Playback) -> set[str]:
    """The objects that change in one of the schedules, or that other objects come to refer to, or that it is about."""
    found = set(playback.concerned)
    for beat in _beats(playback):
        found.update(playback.cells[cell].owner for cell, _ in beat.cells)
        found.update(name for name, _ in beat.status)
        turned = [playback.links[number] for number in (*beat.on, *beat.off)]
        found.update(link.target for link in turned if link.kind != "local")
    return found


def _columns(names: Sequence[str], threads: Sequence[str], edges: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """For each node its column: threads in the first, an object right of all objects that refer to it.

    Of what goes round, that which the layout has first stands first.
    """
    column = {name: 0 if name in threads else 1 for name in names}
    for _ in names:
        for source, target, _ in edges:
            back = names.index(source) >= names.index(target)
            if column[source] and not back:
                column[target] = max(column[target], column[source] + 1)
    return column


def _ordered(names: Sequence[str], column: dict[str, int], edges: Sequence[tuple[str, str, str]]) -> list[list[str]]:
    """The nodes of each column from the top down, so that neighbours stand near each other."""
    columns = [[name for name in names if column[name] == n] for n in range(1 + max(column.values()))]
    for sweep in range(SWEEPS):
        order = range(len(columns)) if sweep % 2 == 0 else range(len(columns) - 1, -1, -1)
        for n in order:
            height = {name: at / max(1, len(each)) for each in columns for at, name in enumerate(each)}

            def middle(name: str, height: dict[str, float] = height, here: int = n) -> float:
                beside = [b if a == name else a for a, b, _ in edges if name in (a, b) and a != b]
                near = sorted(height[other] for other in beside if column[other] != here)
                return near[len(near) // 2] if near else height[name]

            if n:  # threads stand in the order of the scenario
                columns[n].sort(key=middle)
    return columns


def _placed(columns: Sequence[Sequence[str]], threads: set[str]) -> list[Node]:
    tallest = max(len(each) for each in columns)
    whole = tallest * (HEIGHT + ROW_GAP)
    nodes, x = [], MARGIN
    for each in columns:
        widest = max((PAD + LETTER * len(name) for name in each), default=0.0)
        gap = whole / max(1, len(each))
        for at, name in enumerate(each):
            nodes.append(
                Node(name, name in threads, PAD + LETTER * len(name), x, MARGIN + gap * (at + 0.5) - HEIGHT / 2)
            )
        x += widest + COLUMN_GAP
    return nodes


def _lines(drawn: dict[tuple[str, str, str], list[int]], nodes: Sequence[Node]) -> list[Line]:
    """One line for each pair of nodes and kind; several between the same two run beside each other."""
    numbers = {node.name: number for number, node in enumerate(nodes)}
    pairs: dict[frozenset[str], int] = {}
    leaving: dict[str, int] = {}
    found = []
    for (source, target, kind), links in drawn.items():
        pair = frozenset((source, target))
        n = pairs[pair] = pairs.get(pair, -1) + 1
        shift = (n + 1) // 2 * (12.0 if n % 2 else -12.0)
        which = leaving[source] = leaving.get(source, -1) + 1
        ends = numbers[source], numbers[target]
        path, at = _run(nodes[ends[0]], nodes[ends[1]], shift, LABELS[which % len(LABELS)])
        found.append(Line(kind, tuple(links), ends, path, at))
    return found


def _run(source: Node, target: Node, shift: float, along: float) -> tuple[str, tuple[float, float]]:
    """The curve from one node to another, and where its label stands, so far along it."""
    if source.x < target.x:
        x1, y1, x2, y2 = source.x + source.width, source.middle + shift / 2, target.x, target.middle + shift / 2
        bend = (x2 - x1) / 2
        points = ((x1, y1), (x1 + bend, y1 + shift), (x2 - bend, y2 + shift), (x2, y2))
    elif source.x > target.x:
        x1, y1 = source.x, source.middle + 6 + shift / 2
        x2, y2 = target.x + target.width, target.middle + 6 + shift / 2
        bend = (x1 - x2) / 2
        points = ((x1, y1), (x1 - bend, y1 + 14 + shift), (x2 + bend, y2 + 14 + shift), (x2, y2))
    else:  # in one column, or to itself: round the right side
        x1, y1 = source.x + source.width, source.middle
        x2, y2 = target.x + target.width, target.middle + (8 if source is target else 0)
        out = max(x1, x2) + 46 + abs(shift) + abs(y2 - y1) / 6
        points = ((x1, y1), (out, y1 - 6), (out, y2 + 6), (x2, y2))
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = points
    path = f"M{x1:.0f} {y1:.0f}C{x2:.0f} {y2:.0f} {x3:.0f} {y3:.0f} {x4:.0f} {y4:.0f}"
    return path, (_at([x for x, _ in points], along), _at([y for _, y in points], along) + 4)


def _at(points: Sequence[float], along: float) -> float:
    """A coordinate of a Bezier curve."""
    a, b, c, d = points
    rest = 1 - along
    return float(round(rest**3 * a + 3 * rest**2 * along * b + 3 * rest * along**2 * c + along**3 * d))
