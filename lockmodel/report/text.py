"""What `check` prints: the findings with their schedules, then what was looked at, then the verdict.

Takes records of findings, gives text; the lanes are `columns`' and `rails`', the sentences are `words`'.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from lockmodel.findings.finding import CheckResult, Finding, ScenarioResult, cycle
from lockmodel.report.columns import lane_widths, places_in, print_columns
from lockmodel.report.lanes import arrange, state_told
from lockmodel.report.matrix import matrix_text
from lockmodel.report.places import spec_and_source
from lockmodel.report.rails import print_rails
from lockmodel.report.summary import summarise, verdict_line
from lockmodel.report.terminal import BAD, FAINT, STRONG, Terminal, wrap
from lockmodel.report.words import count, identity, loop_told, size_of, title
from lockmodel.report.wrapping import printable

QUIET, NORMAL, VERBOSE = -1, 0, 1


BY_LOCKS = ("LM201", "LM202", "LM602")
"""Rules whose findings are named by lock classes ("a -> b")."""

Groups = dict[tuple[str, ...], list[tuple[ScenarioResult, Finding]]]
"""What is the same for a reader, each with its scenario."""

ALSO_SHOWN = 6
"""So many other scenarios are named; the table has them all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding that is printed, the scenario it is taken from, and the others that have it too."""

    finding: Finding
    scenario: str
    also: tuple[tuple[ScenarioResult, Finding], ...]


def render_finding(
    finding: Finding,
    scenario: str,
    *,
    spec: str,
    design: str = "",
    terminal: Terminal | None = None,
    verbose: bool = False,
) -> str:
    """One finding as text: what, why, the schedule, what is left at the end, how to see it again."""
    terminal = terminal or Terminal()
    return terminal.show(_finding(Shown(finding, scenario, ()), spec, design, terminal, verbose))


def render_check(result: CheckResult, *, terminal: Terminal | None = None, verbosity: int = NORMAL) -> str:
    """A whole run as text. Quiet: a line a finding and the verdict. Verbose: every witness, every step."""
    terminal = terminal or Terminal()
    text = Text()
    shown = distinct(result) if verbosity < VERBOSE else every(result)
    if verbosity <= QUIET:
        for one in shown:
            text.append_text(_headline(one.finding, terminal.width))
        text.append_text(verdict_line(result, terminal.width))
        text.append_text(matrix_text(result, terminal))
        return terminal.show(text)
    for one in shown:
        text.append_text(_finding(one, result.spec, result.design, terminal, verbosity >= VERBOSE))
        text.append("\n\n")
    for one in passed_by(result):
        text.append_text(_finding(one, result.spec, result.design, terminal, verbosity >= VERBOSE))
        text.append("\n\n")
    text.append_text(summarise(result, terminal, verbose=verbosity >= VERBOSE))
    if result.matrix:
        text.append("\n")
        text.append_text(matrix_text(result, terminal))
    return terminal.show(text)


def every(result: CheckResult) -> list[Shown]:
    """All findings, scenario by scenario."""
    return [Shown(finding, scenario.name, ()) for scenario in result.scenarios for finding in scenario.findings]


def distinct(result: CheckResult) -> list[Shown]:
    """Each (rule, place) once, with its shortest schedule, in the order of the rules' codes and then of the places."""
    groups: Groups = {}
    for scenario in result.scenarios:
        for finding in scenario.findings:
            groups.setdefault(identity(finding), []).append((scenario, finding))
    return _shortest(groups)


def passed_by(result: CheckResult) -> list[Shown]:
    """For each lock on which a thread may be passed by without bound, by name, the shortest execution that shows it."""
    groups: Groups = {}
    for scenario in result.scenarios:
        for wait in scenario.waiting or ():
            if wait.witness is not None:
                groups.setdefault((wait.lock,), []).append((scenario, wait.witness))
    return _shortest(groups)


def _shortest(groups: Groups) -> list[Shown]:
    """One of each group, which names the others."""
    shown: list[Shown] = []
    for _, group in sorted(groups.items(), key=lambda item: item[0]):
        # min keeps the first of equals, so that the scenario named is the first in the spec.
        best = min(group, key=lambda entry: (len(entry[1].steps), entry[1].thread_switches))
        shown.append(Shown(best[1], best[0].name, tuple(entry for entry in group if entry is not best)))
    return shown


def replay_command(spec: str, finding: Finding) -> str:
    """What to type to see the schedule again."""
    return f"lockmodel replay {shlex.quote(spec)} {shlex.quote(finding.schedule)}"


def _headline(finding: Finding, width: int) -> Text:
    """'LM305 null-dereference  in inotify_ignore  specs/inotify.py:212 (fs/inotify.c:825)', over two lines at need."""
    what = f"in {finding.place.procedure}"
    if finding.claim:
        named = finding.rule in BY_LOCKS or finding.claim.startswith("claim ")
        what = finding.claim if named else f"claim {finding.claim}"
    text = Text.assemble((title(finding), BAD), "  ", (printable(what), STRONG))
    where = spec_and_source(finding.place)
    if text.cell_len + 2 + len(where) <= width:
        text.append(f"  {where}\n")
    else:
        text.append("".join(f"\n  {line}" for line in wrap(where, width - 2, 2)) + "\n")
    return text


def _finding(shown: Shown, spec: str, design: str, terminal: Terminal, verbose: bool) -> Text:
    finding = shown.finding
    text = _headline(finding, terminal.width)
    for line in wrap(finding.message, terminal.width - 2):
        text.append(f"  {line}\n", STRONG)
    text.append("\n")
    about = f"scenario {shown.scenario}" + (f", design {design}" if design else "") + f": {size_of(finding)}"
    for line in wrap(about, terminal.width - 2, 2):
        text.append(f"  {line}\n", FAINT)
    text.append("\n")
    if finding.steps or finding.waiting:
        text.append_text(_schedule(finding, terminal, verbose))
        text.append("\n")
    for name, lines in _notes(finding, shown, terminal.width):
        for index, line in enumerate(lines):
            text.append(f"  {name if index == 0 else '':<8}", FAINT)
            text.append(line + "\n")
    text.append("  replay  ", FAINT)
    text.append(replay_command(spec, finding) + "\n")  # never broken: it is there to be copied
    return text


def _schedule(finding: Finding, terminal: Terminal, verbose: bool) -> Text:
    lanes = arrange(finding, fold=not verbose)
    places = places_in(finding)
    right = sum(
        2 + max([len(places.heads[side]), *(cell_len(places.of(row)[side]) for row in lanes.rows)])
        for side in (0, 1)
        if side or places.sources
    )
    widths = lane_widths(lanes, terminal.width - 7 - right)
    return print_rails(finding, lanes, terminal) if widths is None else print_columns(finding, lanes, widths, terminal)


def _notes(finding: Finding, shown: Shown, width: int) -> list[tuple[str, list[str]]]:
    """What stands under the schedule: a name and its lines."""
    room = width - 10

    def wrapped(lines: list[str]) -> list[str]:
        return [piece for line in lines for piece in wrap(line, room, 2)]

    notes: list[tuple[str, list[str]]] = []
    around = cycle(finding.waiting)
    if around:
        wants = {waiting.thread: waiting.wants for waiting in finding.waiting}
        chain = "".join(f"{thread} -> {wants[thread]} -> " for thread in around)
        notes.append(("cycle", wrapped([chain + around[0]])))
    for waiting in finding.waiting:
        holds = f", holding {', '.join(waiting.holds)}" if waiting.holds else ", holding no lock"
        at = f"{waiting.thread} in {waiting.frame.procedure}, {spec_and_source(waiting.frame)}{holds}"
        notes.append(("waits", wrapped([at])))
    if loop := loop_told(finding):
        notes.append(("loop", [loop]))
    state = state_told(finding)
    if state:
        notes.append(("at end", wrapped(state)))
    if finding.stack and not finding.waiting:
        notes.append(("stack", wrapped(_stack(finding))))
    if shown.also:
        notes.append(("also in", wrapped([", ".join(_also(shown))])))
    return notes


def _also(shown: Shown) -> list[str]:
    """The other scenarios, with how long it takes there; those that were written with the same entries as one."""
    groups: Groups = {}
    for scenario, other in shown.also:
        groups.setdefault((scenario.group or scenario.name,), []).append((scenario, other))
    told = [
        f"{group} ({count(len(members), 'scenario')})"
        if len(members) > 1
        else f"{members[0][0].name} ({count(len(members[0][1].steps), 'step')})"
        for (group,), members in list(groups.items())[:ALSO_SHOWN]
    ]
    more = sum(len(members) for members in list(groups.values())[ALSO_SHOWN:])
    return [*told, f"{count(more, 'more scenario')}"] if more else told


def _stack(finding: Finding) -> list[str]:
    """Innermost first, with the text of the line at which it stopped."""
    widest = max(len(frame.procedure) for frame in finding.stack)
    lines = [f"{frame.procedure:<{widest}}  {spec_and_source(frame)}" for frame in finding.stack]
    last = finding.steps[-1] if finding.steps else None
    if last is not None and last.code and last.spec == finding.stack[0].spec:
        lines.insert(1, f"  | {last.code.strip()}")
    return lines
