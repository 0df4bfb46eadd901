"""The lock order of a run as a graph and as a table: what was seen beside what is declared.

Takes a `CheckResult`; gives a diagram, text or the records of the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import msgspec

from lockmodel.findings.finding import CheckResult, LockClass, Order, OrderEdge, OrderVerdict
from lockmodel.report.diagram import Arrow, Diagram, Edge, Look, Node, Sign, lines
from lockmodel.report.hierarchy import whole_class
from lockmodel.report.palette import BAD, DOUBT, GOOD, GREY, INK
from lockmodel.report.words import MOST_NAMED, count, design_of, gathered, listed
from lockmodel.report.wrapping import printable

AGAINST = "against the declared order"

WRONG = Arrow(BAD, BAD, 2.5)

ARROWS = {
    AGAINST: WRONG,
    "on a cycle": WRONG,
    "on a cycle that cannot block": Arrow(DOUBT, INK, stroke="dotted"),
    "as declared": Arrow(GOOD, INK),
    "not declared": Arrow(INK, INK, head="vee"),
    "seen": Arrow(INK, INK),
}
"""By what an order is; "seen" where nothing is declared."""

LOOKS = {
    (True, False): Look(),
    (True, True): Look(line=BAD, width=2),
    (False, False): Look("ellipse"),
    (False, True): Look("ellipse", line=BAD, width=2),
}
"""By whether who waits sleeps, and whether it is in something wrong."""

UNSEEN = Arrow(GREY, GREY, stroke="dashed")


class OrderRow(msgspec.Struct, frozen=True):
    """One line of the table: an order of two classes, in all its modes and contexts; `relation` is one of `ARROWS`.

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


def lock_order_diagram(table: OrderTable) -> Diagram:
    """The graph to be drawn: an arrow leads from the lock that is held to the one that is asked for."""
    names = {its.name: f"n{index}" for index, its in enumerate(table.classes)}
    bad = {name for row in table.orders if ARROWS[row.relation] is WRONG for name in (row.outer, row.inner)}
    nodes = [
        Node(
            names[its.name],
            lines(its.name, its.kind),
            LOOKS[its.sleeps, its.name in bad],
            {"kind": its.kind, "name": its.name, "sleeps": its.sleeps},
        )
        for its in table.classes
    ]
    edges = [
        Edge(names[row.outer], names[row.inner], lines(*_told(row), *_label(row)), ARROWS[row.relation], _data(row))
        for row in table.orders
    ]
    edges += [
        Edge(names[outer], names[inner], (), UNSEEN, {"relation": "declared, not seen"})
        for outer, inner in table.unseen
    ]
    there = dict.fromkeys(row.relation for row in table.orders)
    signs = [Sign(name, ARROWS[name]) for name in ARROWS if name in there]
    signs += [Sign("declared, not seen", UNSEEN)] if table.unseen else []
    signs.append(Sign("from what is held to what is asked for; box: who waits sleeps, ellipse: spins"))
    head, *notes = _title(table)
    wrong = [_verdict(judged) for judged in table.cycles if judged.verdict != "unreachable"]
    return Diagram(
        "lock-order",
        head,
        tuple(note for note in notes if note not in wrong),
        tuple(nodes),
        tuple(edges),
        tuple(wrong),
        tuple(signs),
        down=True,
    )


def _told(row: OrderRow) -> list[str]:
    """What is wrong with it, in words; what is not wrong shows in the line and the head of its arrow."""
    return [row.relation] if row.relation not in ("as declared", "not declared", "seen") else []


def _data(row: OrderRow) -> dict[str, str | int]:
    return {
        "relation": row.relation, "modes": "; ".join(row.modes), "contexts": "; ".join(row.contexts),
        "place": row.place, "places": row.places,
    }  # fmt: skip


def lock_order_text(table: OrderTable) -> str:
    """The table for a terminal."""
    text = [*_title(table), ""]
    if table.classes:
        text += ["Locks:", *_columns([[its.name, its.kind, _waits(its)] for its in table.classes]), ""]
    if table.orders:
        rows = [[f"{row.outer} -> {row.inner}", row.relation, *(["; ".join(_label(row))])] for row in table.orders]
        text += ["Seen (held -> asked for):", *_columns(rows), ""]
    if table.unseen:
        text += ["Declared and not seen:", *(f"  {outer} -> {inner}" for outer, inner in table.unseen), ""]
    return "\n".join(printable(line) for line in text[:-1]) + "\n"


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
    of = f"model {table.model}{', ' if table.design else ''}{table.design}"
    seen = (
        f"{count(len(table.orders), 'order')} of {count(len(table.classes), 'lock class', 'lock classes')}, seen in "
        f"{count(table.scenarios, 'scenario')}"
    )
    declared = "; ".join(" -> ".join(chain) for chain in table.declared)
    told = [f"Lock order of {table.spec}", of, f"{seen}; declared: {declared or 'nothing'}"]
    if table.unfinished:
        told.append(f"not searched to the end: {gathered(table.unfinished, MOST_NAMED)}; there may be more orders")
    told += [_verdict(cycle) for cycle in table.cycles]
    return told + [f"note: {note}" for note in table.notes]


def _verdict(judged: OrderVerdict) -> str:
    what = "goes round" if judged.rule == "LM202" else "interrupts"
    if judged.verdict == "reachable":
        return f"{judged.rule} {what}: {judged.claim}: a deadlock is reachable, in {judged.scenario}"
    return f"{judged.rule} {what}: {judged.claim}: {judged.verdict.replace('-', ' ')}: {judged.reason}"
