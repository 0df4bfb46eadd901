"""The lock order of a run as a graph and as a table: what was seen beside what is declared.

Takes a `CheckResult`; gives DOT, text or the records of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import graphviz
import msgspec

from lockmodel.findings.finding import CheckResult, LockClass, Order, OrderEdge, OrderVerdict
from lockmodel.report.graphs import BAD, EDGE, GRAPH, NODE
from lockmodel.report.heading import escaped, heading, wrapped
from lockmodel.report.hierarchy import whole_class
from lockmodel.report.words import count, design_of, listed
from lockmodel.report.wrapping import printable

SEEN, AS_DECLARED, DECLARED, DOUBTED = "#24292f", "#1a7f37", "#8c959f", "#9a6700"

AGAINST = "against the declared order"

COLOURS = {
    AGAINST: BAD,
    "on a cycle": BAD,
    "on a cycle that cannot block": DOUBTED,
    "as declared": AS_DECLARED,
    "not declared": SEEN,
    "seen": SEEN,
}
"""By what an order is; "seen" where nothing is declared."""


class OrderRow(msgspec.Struct, frozen=True):
    """One line of the table: an order of two classes, in all its modes and contexts; `relation` is one of `COLOURS`.

    `place` is the first line that asks, `places` how many do.
    """

    outer: str
    inner: str
    relation: str
    modes: list[str]
    contexts: list[str]
    place: str
    places: int


class OrderTable(msgspec.Struct, frozen=True):
    """The lock order of a run. `unfinished` are the scenarios that were not searched to their ends.

    `unseen` are the declared orders, from each class to the next, that no scenario showed.
    """

    schema_version: int
    spec: str
    model: str
    design: str
    scenarios: int
    unfinished: list[str]
    classes: list[LockClass]
    orders: list[OrderRow]
    declared: list[list[str]]
    unseen: list[list[str]]
    cycles: list[OrderVerdict]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Declared:
    """The declared order: its `pairs`, and `below`, with what follows from them."""

    pairs: list[tuple[str, str]]
    below: dict[str, dict[str, None]]

    def above(self, outer: str, inner: str) -> bool:
        """Must `outer` be taken before `inner`, by what is said of them or else of the classes that they are of?"""
        if outer in self.below.get(inner, {}):
            return False
        return inner in self.below.get(outer, {}) or whole_class(inner) in self.below.get(whole_class(outer), {})


def order_table(result: CheckResult) -> OrderTable:
    """The table of a run."""
    order = result.order
    declared = _declared(order)
    rows = _rows(order, declared)
    there = {(row.outer, row.inner) for row in rows}
    named = [name for chain in order.declared for name in chain] + [name for pair in sorted(there) for name in pair]
    known = {its.name: its for its in order.classes}
    return OrderTable(
        result.schema_version,
        result.spec,
        result.model,
        design_of(result),
        len(result.scenarios),
        [scenario.name for scenario in result.scenarios if not scenario.complete],
        [_of(known, name) for name in sorted(dict.fromkeys(named))],
        rows,
        order.declared,
        [list(pair) for pair in declared.pairs if pair not in there],
        order.judged,
        order.notes,
    )


def _of(known: dict[str, LockClass], name: str) -> LockClass:
    its = known.get(whole_class(name), LockClass(name, "lock", False))
    return msgspec.structs.replace(its, name=name)


def _declared(order: Order) -> _Declared:
    pairs = sorted({(outer, inner) for chain in order.declared for outer, inner in pairwise(chain)})
    below: dict[str, dict[str, None]] = {}
    for outer, inner in pairs:
        below.setdefault(outer, {})[inner] = None
    for reached in below.values():
        waiting = list(reached)
        for name in waiting:
            waiting += [further for further in below.get(name, {}) if further not in waiting]
        reached.update(dict.fromkeys(waiting))
    return _Declared(pairs, below)


def _rows(order: Order, declared: _Declared) -> list[OrderRow]:
    joined: dict[tuple[str, str], list[OrderEdge]] = {}
    for edge in order.edges:
        joined.setdefault((edge.outer, edge.inner), []).append(edge)
    return [
        OrderRow(
            outer,
            inner,
            _relation(outer, inner, order, declared),
            sorted({_mode(edge) for edge in edges}),
            sorted({context for edge in edges for context in edge.contexts}),
            edges[0].source or edges[0].spec,
            max(edge.places for edge in edges),
        )
        for (outer, inner), edges in sorted(joined.items())
    ]


def _mode(edge: OrderEdge) -> str:
    """'write under read', or only what is no writing: most locks know no other mode."""
    return "" if edge.mode_outer == edge.mode_inner == "write" else f"{edge.mode_inner} under {edge.mode_outer}"


def _relation(outer: str, inner: str, order: Order, declared: _Declared) -> str:
    if declared.above(inner, outer):
        return AGAINST
    around = [cycle for cycle in order.cycles if (outer, inner) in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    harmless = [judged.cycle for judged in order.judged if judged.verdict == "unreachable"]
    if any(cycle not in harmless for cycle in around):
        return "on a cycle"
    if around:
        return "on a cycle that cannot block"
    if not order.declared:
        return "seen"
    return "as declared" if declared.above(outer, inner) else "not declared"


def lock_order_dot(table: OrderTable) -> str:
    """The graph as DOT: an arrow leads from the lock that is held to the one that is asked for."""
    graph = {**GRAPH, "rankdir": "TB", "labelloc": "t", "labeljust": "l", "label": _head(table)}
    dot = graphviz.Digraph("lock_order", graph_attr=graph, node_attr=NODE, edge_attr={**EDGE, "fontsize": "9"})
    names = {its.name: f"n{index}" for index, its in enumerate(table.classes)}
    bad = {name for row in table.orders if COLOURS[row.relation] == BAD for name in (row.outer, row.inner)}
    for its in table.classes:
        shape = "box" if its.sleeps else "ellipse"
        style = {"color": BAD, "penwidth": "2"} if its.name in bad else {"color": "#57606a"}
        dot.node(names[its.name], graphviz.escape(f"{its.name}\n{its.kind}"), shape=shape, **style)
    for row in table.orders:
        colour = COLOURS[row.relation]
        against = [row.relation] if row.relation == AGAINST else []
        label = graphviz.escape("\n".join([*against, *_label(row)]))
        width = "2.5" if colour == BAD else "1.2"
        dot.edge(names[row.outer], names[row.inner], label=label, color=colour, fontcolor=colour, penwidth=width)
    for outer, inner in table.unseen:
        dot.edge(names[outer], names[inner], color=DECLARED, style="dashed")
    source: str = dot.source
    return source


def lock_order_text(table: OrderTable) -> str:
    """The table for a terminal."""
    lines = [*_title(table), ""]
    if table.classes:
        lines += ["Locks:", *_columns([[its.name, its.kind, _waits(its)] for its in table.classes]), ""]
    if table.orders:
        rows = [[f"{row.outer} -> {row.inner}", row.relation, *(["; ".join(_label(row))])] for row in table.orders]
        lines += ["Seen (held -> asked for):", *_columns(rows), ""]
    if table.unseen:
        lines += ["Declared and not seen:", *(f"  {outer} -> {inner}" for outer, inner in table.unseen), ""]
    return "\n".join(printable(line) for line in lines[:-1]) + "\n"


def _columns(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _waits(its: LockClass) -> str:
    return "a thread that waits sleeps" if its.sleeps else "a thread that waits spins"


def _label(row: OrderRow) -> list[str]:
    """What stands on an arrow: how it is asked for where that is unusual, and where."""
    modes = listed([mode for mode in row.modes if mode]) if any(row.modes) else ""
    contexts = listed(row.contexts) if row.contexts != ["process"] else ""
    more = f" and {row.places - 1} more" if row.places > 1 else ""
    return [*(text for text in (modes, contexts) if text), f"{row.place}{more}"]


def _title(table: OrderTable) -> list[str]:
    """What the graph is of, what was declared, what became of each cycle."""
    of = f"{table.spec} (model {table.model}{', ' if table.design else ''}{table.design})"
    seen = (
        f"{count(len(table.orders), 'order')} of {count(len(table.classes), 'lock class', 'lock classes')}, seen in "
        f"{count(table.scenarios, 'scenario')}"
    )
    declared = "; ".join(" -> ".join(chain) for chain in table.declared)
    lines = [f"Lock order of {of}", f"{seen}; declared: {declared or 'nothing'}"]
    if table.unfinished:
        lines.append(f"not searched to the end: {listed(table.unfinished)}; there may be more orders")
    lines += [_verdict(cycle) for cycle in table.cycles]
    return lines + [f"note: {note}" for note in table.notes]


def _verdict(judged: OrderVerdict) -> str:
    what = "goes round" if judged.rule == "LM202" else "interrupts"
    if judged.verdict == "reachable":
        return f"{judged.rule} {what}: {judged.claim}: a deadlock is reachable, in {judged.scenario}"
    return f"{judged.rule} {what}: {judged.claim}: {judged.verdict.replace('-', ' ')}: {judged.reason}"


def _head(table: OrderTable) -> str:
    rows = [wrapped(line, large=not n) for n, line in enumerate(_title(table))]
    there = dict.fromkeys(row.relation for row in table.orders)
    arrows = [f'<FONT COLOR="{COLOURS[name]}"><B>→</B> {escaped(name)}</FONT>' for name in COLOURS if name in there]
    if table.unseen:
        arrows.append(f'<FONT COLOR="{DECLARED}"><B>⇢</B> declared, not seen</FONT>')
    shapes = "from what is held to what is asked for; box: who waits sleeps, ellipse: spins"
    return heading([*rows, "     ".join([*arrows, shapes])])
