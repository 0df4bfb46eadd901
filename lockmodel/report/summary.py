"""The end of what `check` prints: a table of the scenarios, what no one reached, the warnings, the verdict."""

from __future__ import annotations

from rich.text import Text

from lockmodel.findings.finding import CheckResult, Protection, ScenarioResult, Unreached
from lockmodel.report.places import place_of
from lockmodel.report.terminal import BAD, FAINT, GOOD, STRONG, UNSURE, Terminal, table, wrap
from lockmodel.report.words import (
    chance,
    count,
    covered,
    design_of,
    further,
    last_word,
    negligible,
    overall,
    told_protection,
    why_incomplete,
)

HARMLESS = ("trylock", "read mode")
"""Why a cycle of locks can never block, whatever the threads do: told only where it is asked for."""

STYLES = {"verified": GOOD, "violated": BAD, "incomplete": UNSURE}


def summarise(result: CheckResult, terminal: Terminal, *, verbose: bool) -> Text:
    """What was looked at and what came of it. Clock figures only where they are asked for: they differ each time."""
    about = ", ".join(part for part in (f"model {result.model}", design_of(result)) if part)
    sections = [
        Text.assemble((result.spec, STRONG), f"  {about}\n"),
        _scenarios(result.scenarios, terminal, verbose),
        _waiting(result.scenarios, terminal),
        _remarks(result.scenarios, terminal.width),
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
    if not scenarios:
        return Text()
    head = ["scenario", "verdict", "threads", "states", "transitions", "depth", "findings"]
    if verbose:
        head += ["engine", "seconds"]
    rows: list[list[Text]] = []
    for scenario in scenarios:
        verdict = scenario.verdict if scenario.complete or scenario.verdict != "violated" else "violated, incomplete"
        numbers = [len(scenario.threads), scenario.states, scenario.transitions, scenario.depth]
        row = [Text(scenario.name), Text(verdict, STYLES.get(scenario.verdict, UNSURE))]
        row += [Text(f"{number:,}") for number in numbers]
        row.append(Text(_findings_in(scenario)))
        if verbose:
            row += [Text(scenario.engine), Text(f"{scenario.seconds:.2f}")]
        rows.append(row)
    return table(head, rows, right=frozenset({2, 3, 4, 5, 8}), rule=terminal.glyphs.rule)


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


def _findings_in(scenario: ScenarioResult) -> str:
    """'LM305, LM306 x2', in the order of the codes; '-' for none, which is not the same as a pass."""
    codes = sorted(finding.rule for finding in scenario.findings)
    counts = {code: codes.count(code) for code in codes}
    return ", ".join(code if number == 1 else f"{code} x{number}" for code, number in counts.items()) or "-"


def _remarks(scenarios: list[ScenarioResult], width: int) -> Text:
    """What a reader must know: why one stopped, what its strategy ran, what makes a pass a weak one, the bounds."""
    text = Text()
    for scenario in scenarios:
        if not scenario.complete or scenario.verdict == "incomplete":
            cut = f"{scenario.name}: {why_incomplete(scenario)}; {covered(scenario)}."
            told = f"{cut} What was not looked at may hold anything. {further(scenario)}"
            _bullet(text, "incomplete: ", told.rstrip(), width)
        if scenario.numbers:
            _bullet(text, f"{scenario.strategy}: ", f"{scenario.name}: {'; '.join(scenario.numbers)}.", width)
        if scenario.missed is not None and not negligible(scenario.missed):
            _bullet(text, "fingerprints: ", f"{scenario.name}: {chance(scenario.missed)}.", width)
        for warning in scenario.warnings:
            _bullet(text, "warning: ", f"{scenario.name}: {warning}", width)
    groups: dict[tuple[str, ...], list[str]] = {}
    for scenario in scenarios:
        groups.setdefault(tuple(scenario.bounds), []).append(scenario.name)
    for bounds, names in groups.items():
        if bounds:
            where = "" if len(groups) == 1 else f"{', '.join(names)}: "
            _bullet(text, "bounds: ", where + ", ".join(bounds), width)
    return text


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
        _item(text, f"{procedure}  {path}:{_ranges(lines)}  ({count(len(lines), 'statement')})", width)
    for entry in unreached:
        if entry.kind != "statement":
            _item(text, f"{entry.kind} {entry.name}  {entry.source or entry.spec}", width)
    return text


def _item(text: Text, item: str, width: int) -> None:
    for line in wrap(item, width - 4, 4):
        text.append(f"    {line}\n", FAINT)


def _ranges(lines: list[int]) -> str:
    """'286-288,301'."""
    runs: list[list[int]] = []
    for line in sorted(set(lines)):
        if runs and line == runs[-1][-1] + 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
