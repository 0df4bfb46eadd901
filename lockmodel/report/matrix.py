"""A matrix of switches as text: what came of each setting, and which findings need which switches."""

from __future__ import annotations

from rich.text import Text

from lockmodel.findings.finding import CheckResult, MatrixSetting, NeedingFinding
from lockmodel.report.places import spec_and_source
from lockmodel.report.terminal import BAD, FAINT, GOOD, STRONG, UNSURE, Terminal, table, wrap
from lockmodel.report.words import count, ended, gathered, listed, switched
from lockmodel.report.wrapping import printable

STYLES = {"verified": GOOD, "violated": BAD, "incomplete": UNSURE}

NAMED = 3
"""So many scenarios of a finding, or families of them, are named."""


def matrix_text(result: CheckResult, terminal: Terminal) -> Text:
    """The table, and what each finding needs; nothing where no matrix was asked for."""
    if not result.matrix:
        return Text()
    sections = [_table(result.matrix, terminal), _needing(result.needing, terminal.width), _word(result, terminal)]
    return Text("\n").join([section for section in sections if section])


def _table(settings: list[MatrixSetting], terminal: Terminal) -> Text:
    """A row for each setting that shows anything else than the run's own."""
    own = settings[0]
    shown = [own, *(one for one in settings[1:] if (one.new, one.gone, _said(one)) != (0, 0, _said(own)))]
    head = ["switches turned", "verdict", "findings", "new", "gone", "searched"]
    rows = [
        [
            Text(", ".join(switched(one.turned)) or "none"),
            Text(_said(one), STYLES.get(one.verdict, UNSURE)),
            *(Text(f"{number}") for number in (one.findings, one.new, one.gone, one.searched)),
        ]
        for one in shown
    ]
    text = table(head, rows, right=frozenset({2, 3, 4, 5}), rule=terminal.glyphs.rule)
    same = [one for one in settings if one not in shown]
    if same:
        said = f"as with none: {listed([_turned(one.turned) for one in same])}"
        for line in wrap(said, terminal.width - 2, 2):
            text.append(f"  {line}\n", FAINT)
    return text


def _needing(findings: list[NeedingFinding], width: int) -> Text:
    text = Text()
    for finding in findings:
        what = finding.claim or f"in {finding.place.procedure}, {spec_and_source(finding.place)}"
        head = f"{finding.rule} {finding.name}  "
        for index, line in enumerate(wrap(head + printable(what), width - 2, 4)):
            bold = head if index == 0 and line.startswith(head) else ""
            text.append(f"  {bold}", STRONG)
            text.append(line[len(bold) :] + "\n")
        needs = " or ".join(_turned(turned) for turned in finding.needs)
        doubt = "" if finding.certain else "; perhaps fewer: a search was incomplete"
        for line in wrap(f"needs {needs}{doubt}; in {gathered(finding.scenarios, NAMED)}", width - 6, 4):
            text.append(f"      {line}\n", FAINT)
    return text


def _word(result: CheckResult, terminal: Terminal) -> Text:
    settings = result.matrix or []
    unfinished = [_turned(one.turned) for one in settings if not one.complete]
    needing = len(result.needing) or "none"
    said = f"matrix: {count(len(settings), 'setting')}; findings that need a turned switch: {needing}."
    if ignored := max(one.ignored for one in settings):
        said += f" Ignored as the spec says: {ignored} at most under one setting."
    if unfinished:
        said += f" Not searched to the end: {listed(unfinished)}; there may be more."
    text = Text()
    for line in wrap(said, terminal.width):
        text.append(f"{line}\n", STRONG)
    return text


def _turned(turned: dict[str, bool | int | str]) -> str:
    """'reclaim=on with copy_faults=on'."""
    return " with ".join(switched(turned)) or "none turned"


def _said(setting: MatrixSetting) -> str:
    return ended(setting.verdict, complete=setting.complete)
