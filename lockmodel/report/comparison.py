"""Two designs side by side as text: findings new, gone and unchanged, verdicts, orders of locks."""

from __future__ import annotations

from rich.text import Text

from lockmodel.findings.comparison import ComparedFinding, Comparison, Side
from lockmodel.findings.finding import OrderEdge
from lockmodel.report.places import spec_and_source
from lockmodel.report.terminal import BAD, FAINT, GOOD, STRONG, UNSURE, Terminal, wrap
from lockmodel.report.words import count, ended, gathered, listed, switched
from lockmodel.report.wrapping import printable

HEADS = {"new": BAD, "gone": GOOD, "unchanged": UNSURE}

NAMED = 4
"""So many scenarios, or families of them, are named."""


def render_comparison(comparison: Comparison, *, terminal: Terminal | None = None) -> str:
    """The comparison as text."""
    terminal = terminal or Terminal()
    about = ", ".join([f"model {comparison.model}", *switched(comparison.switches)])
    first, second = comparison.designs
    sections = [
        Text.assemble((comparison.spec, STRONG), f"  {about}\n", f"  design {first} -> {second}\n"),
        *(_findings(comparison, status, terminal.width) for status in HEADS),
        _ignored(comparison, terminal.width),
        _verdicts(comparison, terminal.width),
        _order(comparison, terminal.width),
        _last_word(comparison, terminal.width),
    ]
    return terminal.show(Text("\n").join([section for section in sections if section]))


def _findings(comparison: Comparison, status: str, width: int) -> Text:
    found = [finding for finding in comparison.findings if finding.status == status]
    text = Text()
    if not found:
        return text
    text.append(f"  {status} ({len(found)})\n", HEADS[status])
    for finding in found:
        what = finding.claim or f"in {finding.place.procedure}, {spec_and_source(finding.place)}"
        doubt = "" if finding.certain else "; perhaps: the other search is incomplete"
        head = f"{finding.rule} {finding.name}  "
        for index, line in enumerate(wrap(head + printable(what) + doubt, width - 4, 4)):
            bold = head if index == 0 and line.startswith(head) else ""
            text.append("    ")
            text.append(bold, STRONG)
            text.append(line[len(bold) :] + "\n")
        for line in wrap(_scenarios(finding), width - 8, 4):
            text.append(f"        {line}\n", FAINT)
    return text


def _ignored(comparison: Comparison, width: int) -> Text:
    """What comments in the spec silence, under either design."""
    text = Text()
    for one in comparison.ignored:
        where = listed(
            [design for design, side in zip(comparison.designs, (one.before, one.after), strict=True) if side]
        )
        told = f"ignored: {one.rule} {one.name} in {one.place.procedure}, {one.comment}: {one.reason} ({where})"
        for line in wrap(printable(told), width - 2, 2):
            text.append(f"  {line}\n", UNSURE)
    return text


def _scenarios(finding: ComparedFinding) -> str:
    """Which scenarios have it; where both designs do, those that only one of them has it in, too."""
    names = finding.after or finding.before
    said = f"in {_some(names)}"
    if finding.status == "unchanged":
        added = [name for name in finding.after if name not in finding.before]
        dropped = [name for name in finding.before if name not in finding.after]
        said += f"; not before in {_some(added)}" if added else ""
        said += f"; no longer in {_some(dropped)}" if dropped else ""
    return said


def _some(names: list[str]) -> str:
    return gathered(names, NAMED)


def _verdicts(comparison: Comparison, width: int) -> Text:
    """From which verdict to which, with the scenarios where it is another one."""
    groups: dict[tuple[str, str], list[str]] = {}
    for pair in comparison.scenarios:
        groups.setdefault((_verdict(pair.before), _verdict(pair.after)), []).append(pair.name)
    text = Text()
    for (before, after), names in sorted(groups.items(), key=lambda item: item[0][0] == item[0][1]):
        number = count(len(names), "scenario")
        said = f"{number} {before} under both" if before == after else f"{before} -> {after}: {number}, {_some(names)}"
        for line in wrap(said, width - 2, 2):
            text.append(f"  {line}\n")
    return text


def _verdict(side: Side | None) -> str:
    if side is None:
        return "not there"
    return ended(side.verdict, complete=side.complete)


def _order(comparison: Comparison, width: int) -> Text:
    text = Text()
    for sign, edges in (("+", comparison.order.added), ("-", comparison.order.removed)):
        for edge in edges:
            for line in wrap(f"lock order {sign} {_edge(edge)}", width - 2, 2):
                text.append(f"  {line}\n")
    return text


def _edge(edge: OrderEdge) -> str:
    where = f"{edge.spec} ({edge.source})" if edge.source else edge.spec
    return f"{edge.outer} -> {edge.inner}  {where}"


def _last_word(comparison: Comparison, width: int) -> Text:
    first, second = comparison.designs
    numbers = {status: sum(f.status == status for f in comparison.findings) for status in HEADS}
    told = ", ".join(f"{number or 'none'} {status}" for status, number in numbers.items())
    added, removed = len(comparison.order.added), len(comparison.order.removed)
    said = (
        f"{first} -> {second}: findings: {told}; "
        f"orders of two locks: {added or 'none'} added, {removed or 'none'} removed."
    )
    unfinished = [
        f"{pair.name} in {design}"
        for pair in comparison.scenarios
        for design, side in zip(comparison.designs, (pair.before, pair.after), strict=True)
        if side is not None and not side.complete
    ]
    if unfinished:
        said += f" Not searched to the end: {listed(unfinished)}; there may be more."
    text = Text()
    for line in wrap(said, width):
        text.append(line + "\n", STRONG)
    return text
