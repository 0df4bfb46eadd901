"""The end of what `check` prints: a table of the scenarios, what no one reached, the warnings, the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from lockmodel.findings.finding import CheckResult, Protection, ScenarioResult, Unreached
from lockmodel.report.places import place_of
from lockmodel.report.terminal import BAD, FAINT, GOOD, STRONG, UNSURE, Terminal, table, wrap
from lockmodel.report.words import (
    chance,
    count,
    covered,
    design_of,
    ended,
    enumerated,
    further,
    ignored_in,
    last_word,
    listed,
    named,
    negligible,
    overall,
    told_protection,
    unused_comments,
    why_ignored,
    why_incomplete,
)
from lockmodel.report.wrapping import printable

HARMLESS = ("trylock", "read mode")
"""Why a cycle of locks can never block, whatever the threads do: told only where it is asked for."""

ORDER = ("violated", "violated, incomplete", "incomplete", "verified")
"""Of verdicts, the worst first."""

INCOMPLETE = "incomplete: "

FIGURES = ("worlds", "threads", "states", "transitions", "depth", "seconds")
"""Columns of numbers."""

STYLES = {"verified": GOOD, "violated": BAD, "incomplete": UNSURE}


def summarise(result: CheckResult, terminal: Terminal, *, verbose: bool) -> Text:
    """What was looked at and what came of it. Clock figures only where they are asked for: they differ each time."""
    about = ", ".join(part for part in (f"model {result.model}", design_of(result)) if part)
    sections = [
        Text.assemble((result.spec, STRONG), f"  {about}\n"),
        _scenarios(result.scenarios, terminal, verbose),
        _groups(result, terminal.width),
        _waiting(result.scenarios, terminal),
        _remarks(result.scenarios, terminal.width),
        _ignored(result, terminal.width),
        _order(result, terminal.width, verbose),
        _protection(result.protection, terminal) if verbose else Text(),
        _unreached(result.unreached, terminal.width),
        verdict_line(result, terminal.width),
    ]
    return Text("\n").join([section for section in sections if section])


def verdict_line(result: CheckResult, width: int) -> Text:
    """The last word, its verdict in colour."""
    text = Text()
    verdict = overall(result)
    for index, line in enumerate(wrap(last_word(result), width)):
        head = verdict if index == 0 and line.startswith(verdict) else ""
        text.append(head, STYLES.get(verdict, UNSURE))
        text.append(line[len(head) :] + "\n")
    return text


def _scenarios(scenarios: list[ScenarioResult], terminal: Terminal, verbose: bool) -> Text:
    """A row a scenario; unless verbose, one for all that the program wrote with the same entries."""
    if not scenarios:
        return Text()
    together = not verbose and any(scenario.group for scenario in scenarios)
    head = ["scenario", *(["worlds"] if together else []), "verdict", "threads", "states", "transitions", "depth"]
    head += ["findings", *(["engine", "seconds"] if verbose else [])]
    rows: list[list[Text]] = []
    for name, members in _grouped(scenarios, together):
        worst = next((v for v in ("violated", "incomplete") if any(m.verdict == v for m in members)), "verified")
        row = [Text(name), *([Text(f"{len(members):,}")] if together else [])]
        row.append(Text(_verdicts(members), STYLES.get(worst, UNSURE)))
        figures = (
            max(len(member.threads) for member in members),
            sum(member.states for member in members),
            sum(member.transitions for member in members),
            max(member.depth for member in members),
        )
        row += [Text(f"{number:,}") for number in figures]
        row.append(Text(_findings_in(members)))
        if verbose:
            row += [Text(members[0].engine), Text(f"{members[0].seconds:.2f}")]
        rows.append(row)
    right = frozenset(at for at, name in enumerate(head) if name in FIGURES)
    return table(head, rows, right=right, rule=terminal.glyphs.rule)


def _groups(result: CheckResult, width: int) -> Text:
    """What became of each group of scenarios that the program wrote."""
    text = Text()
    for group, told in result.enumeration.items():
        _bullet(text, f"{group}: ", enumerated(told), width)
    return text


def _grouped(scenarios: list[ScenarioResult], together: bool) -> list[tuple[str, list[ScenarioResult]]]:
    """Scenarios by the name of their row."""
    groups: dict[str, list[ScenarioResult]] = {}
    for scenario in scenarios:
        groups.setdefault((scenario.group if together else "") or scenario.name, []).append(scenario)
    return list(groups.items())


def _verdicts(members: list[ScenarioResult]) -> str:
    """'violated', or of several that differ '3 violated, 21 verified'."""
    verdicts = [ended(member.verdict, complete=member.complete) for member in members]
    different = {verdict: verdicts.count(verdict) for verdict in sorted(verdicts, key=ORDER.index)}
    if len(different) == 1:
        return verdicts[0]
    return ", ".join(f"{number:,} {verdict.replace(',', ' and')}" for verdict, number in different.items())


def _waiting(scenarios: list[ScenarioResult], terminal: Terminal) -> Text:
    """How long threads wait for each lock, where that was asked for."""
    rows = [
        [
            Text(scenario.name),
            Text(one.lock),
            Text("no bound" if one.bypass is None else f"{one.bypass}"),
            Text(f"{one.chain}"),
        ]
        for scenario in scenarios
        for one in scenario.waiting or ()
    ]
    if not rows:
        return Text()
    return table(["scenario", "lock", "bypassed", "in a row"], rows, right=frozenset({2, 3}), rule=terminal.glyphs.rule)


def _protection(fields: list[Protection], terminal: Terminal) -> Text:
    """Field by field: what the model declares, and what was seen."""
    if not fields:
        return Text()
    rows = []
    for one in fields:
        style = BAD if one.observed == "unprotected" else ""
        rows.append([Text(one.field), Text(one.declared or "-"), Text(told_protection(one), style)])
    return table(["field", "declared", "observed"], rows, right=frozenset(), rule=terminal.glyphs.rule)


def _findings_in(members: list[ScenarioResult]) -> str:
    """'LM305, LM306 x2', in the order of the codes; '-' for none, which is not the same as a pass.

    Of several scenarios 'LM305 in 3, LM308 in 24'.
    """
    codes = sorted(finding.rule for member in members for finding in member.findings)
    counts = {code: codes.count(code) for code in codes}
    if len(members) == 1:
        told = [code if number == 1 else f"{code} x{number}" for code, number in counts.items()]
    else:
        told = [f"{code} in {_having(members, code)}" for code in counts]
    return ", ".join(told) or "-"


def _having(members: list[ScenarioResult], code: str) -> int:
    return sum(any(finding.rule == code for finding in member.findings) for member in members)


def _remarks(scenarios: list[ScenarioResult], width: int) -> Text:
    """What a reader must know: why one stopped, what its strategy ran, what makes a pass a weak one, the bounds.

    What is the same for several scenarios is told once.
    """
    text = Text()
    remarks: dict[tuple[str, str], list[ScenarioResult]] = {}
    for scenario in scenarios:
        for remark in _remarks_on(scenario):
            remarks.setdefault(remark, []).append(scenario)
    for (head, told), where in remarks.items():
        if head == INCOMPLETE:
            told = f"{told}; {covered(*where)}. What was not looked at may hold anything. {further(where[0])}".rstrip()
        _bullet(text, head, f"{listed(named(where))}: {told}", width)
    groups: dict[tuple[str, ...], list[ScenarioResult]] = {}
    for scenario in scenarios:
        groups.setdefault(tuple(scenario.bounds), []).append(scenario)
    for bounds, where in groups.items():
        if bounds:
            names = "" if len(groups) == 1 else f"{listed(named(where))}: "
            _bullet(text, "bounds: ", names + ", ".join(bounds), width)
    return text


def _ignored(result: CheckResult, width: int) -> Text:
    """What comments in the spec silence, with their reasons; and those that silence nothing."""
    text = Text()
    for one, where in ignored_in(result.scenarios):
        _bullet(text, "ignored: ", printable(f"{why_ignored(one)} ({listed(named(where))})"), width)
    for _, told in unused_comments(result):
        _bullet(text, "warning: ", told, width)
    return text


def _remarks_on(scenario: ScenarioResult) -> Iterator[tuple[str, str]]:
    """The remarks on one scenario, each with its head."""
    if not scenario.complete or scenario.verdict == "incomplete":
        yield INCOMPLETE, why_incomplete(scenario)
    if scenario.numbers:
        yield f"{scenario.strategy}: ", f"{'; '.join(scenario.numbers)}."
    if scenario.missed is not None and not negligible(scenario.missed):
        yield "fingerprints: ", f"{chance(scenario.missed)}."
    for warning in scenario.warnings:
        yield "warning: ", warning


def _order(result: CheckResult, width: int, verbose: bool) -> Text:
    """The lock order: the verdict on its cycles always, what was declared and seen where it is asked for."""
    text = Text()
    if verbose and result.order.declared:
        text.append("  Lock order declared:\n")
        for chain in result.order.declared:
            text.append(f"    {' -> '.join(chain)}\n")
    for note in result.order.notes:
        _bullet(text, "note: ", note, width)
    if verbose and result.order.edges:
        text.append("  Lock order seen (outer -> inner):\n")
        for edge in result.order.edges:
            text.append(f"    {edge.outer} -> {edge.inner}  {edge.source or edge.spec}\n")
    for judged in result.order.judged:
        if judged.reason in HARMLESS and not verbose:
            continue
        if judged.verdict == "reachable":
            told = f"reachable, in {judged.scenario}"
        else:
            told = f"{judged.verdict.replace('-', ' ')}: {judged.reason}"
        head = "lock order goes round: " if judged.rule == "LM202" else "interrupts: "
        _bullet(text, head, f"{judged.claim} ({told})", width)
    return text


def _bullet(text: Text, head: str, body: str, width: int) -> None:
    for index, line in enumerate(wrap(head + body, width - 2, 2)):
        if index == 0:
            text.append("  " + head, UNSURE)
            text.append(line[len(head) :] + "\n")
        else:
            text.append(f"  {line}\n")


def _unreached(unreached: list[Unreached], width: int) -> Text:
    """By kind; statements by procedure with their lines, so that a dead branch is one line."""
    if not unreached:
        return Text()
    text = Text("  Reached by no scenario:\n")
    statements: dict[tuple[str, str], list[int]] = {}
    for entry in unreached:
        if entry.kind != "statement":
            continue
        at = place_of(entry.source) or place_of(entry.spec)
        if at is not None:
            statements.setdefault((entry.name, at.path), []).append(at.line or 0)
    for (procedure, path), lines in statements.items():
        _item(text, f"{procedure}  {path}:{ranges(lines)}  ({count(len(lines), 'statement')})", width)
    for entry in unreached:
        if entry.kind != "statement":
            _item(text, f"{entry.kind} {entry.name}  {entry.source or entry.spec}", width)
    return text


def _item(text: Text, item: str, width: int) -> None:
    for line in wrap(item, width - 4, 4):
        text.append(f"    {line}\n", FAINT)


def ranges(lines: list[int]) -> str:
    """Lines in short: '286-288,301'."""
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
