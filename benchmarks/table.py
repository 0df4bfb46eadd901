"""Makes the report, a text in Markdown, of the figures of one run. It measures nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figure
from benchmarks.subjects import Subject

REFERENCE = "SPIN"
"""What every figure stands beside."""

SPIN_UNREDUCED = "SPIN -DNOREDUCE"
LOCKMODEL = "lockmodel"
WARM = "lockmodel, warm"
PYTHON = "lockmodel, Python only"
UNREDUCED = "lockmodel --no-reduction"
MINICHECK = "minicheck"
FRONTRUN = "frontrun"

TOOLS = (REFERENCE, LOCKMODEL, WARM, PYTHON, SPIN_UNREDUCED, UNREDUCED, MINICHECK, FRONTRUN)
"""The columns, in their order."""

STORES = (REFERENCE, LOCKMODEL, SPIN_UNREDUCED, UNREDUCED, MINICHECK)
"""Those that store states, each once."""

SEARCHES = (REFERENCE, LOCKMODEL, PYTHON, SPIN_UNREDUCED, UNREDUCED)
"""Those that count transitions, each once."""

ENOUGH_STATES = 100_000
"""With fewer states a program's own memory is most of what there is to divide."""

MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One subject, and a figure for each tool."""

    subject: Subject
    figures: dict[str, Figure]


@dataclass(frozen=True)
class Matrix:
    """All scenarios of the flagship in one design, and what SPIN needs for as many."""

    design: str
    lockmodel: Figure
    scenarios: int
    build: float | None
    """Seconds that SPIN needs to build one verifier of the flagship; None where it was not measured."""
    runs: float
    """Seconds in which it ran those scenarios that there are models of."""


@dataclass(frozen=True)
class Setting:
    """What the figures hold for."""

    processors: int
    versions: dict[str, str]
    seconds: float
    slow_seconds: float
    memory: int
    quick: bool


# --- cells ------------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table: the first column to the left, the others to the right."""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def ratio(mine: float | None, theirs: float | None, *, mine_ended: bool = True, theirs_ended: bool = True) -> str:
    """How many times SPIN's value this is, as it stands in a cell after the value; nothing where nobody can say."""
    if not mine or not theirs or not (mine_ended or theirs_ended):
        return ""
    sign = "" if mine_ended and theirs_ended else "> " if theirs_ended else "< "
    times = mine / theirs
    digits = 0 if times >= 100 else 1 if times >= 10 else 2 if times >= 0.1 else 3 if times >= 0.01 else 4
    return f" ({sign}{times:,.{digits}f}x)"


def of_time(figure: Figure, reference: Figure) -> str:
    """Seconds to the verdict. For SPIN: of which so many to build."""
    if figure.verdict == "absent":
        return figure.note
    if figure is reference:
        text = f"{figure.seconds:,.2f} s, {figure.build:.2f} of it to build"
        return text if figure.ended else f"> {text}{gave_up(figure)}"
    beside = ratio(figure.seconds, reference.seconds, mine_ended=figure.ended, theirs_ended=reference.ended)
    text = f"{figure.seconds:,.2f} s{beside}"
    return text if figure.ended else f"> {text}{gave_up(figure)}"


def gave_up(figure: Figure) -> str:
    """How far a run came that did not end, and why it did not."""
    came = f"at {figure.states:,} states" if figure.states else f"after {figure.runs:,} runs" if figure.runs else ""
    return f"; {' '.join(filter(None, ['memory full' if 'memory' in figure.note else '', came]))}".rstrip("; ")


def of_states(figure: Figure, reference: Figure) -> str:
    """States stored, or runs."""
    if figure.states is None:
        return f"{figure.runs:,} runs" if figure.runs else "-"
    beside = ratio(figure.states, reference.states, mine_ended=figure.ended, theirs_ended=reference.ended)
    return f"{'' if figure.ended else '> '}{figure.states:,}{beside}"


def of_transitions(figure: Figure, reference: Figure) -> str:
    """Transitions, and how many a second while it searched."""
    if figure.transitions is None:
        return "-"
    text = f"{'' if figure.ended else '> '}{figure.transitions:,}"
    if figure.rate is None:
        return text
    beside = "" if figure is reference else ratio(figure.rate, reference.rate)
    return f"{text}, {figure.rate / 1e6:,.2f} M/s{beside}"


def of_memory(figure: Figure, reference: Figure) -> str:
    """The peak, and bytes a state."""
    if figure.peak is None:
        return "-"
    beside = ratio(figure.peak, reference.peak, mine_ended=figure.ended, theirs_ended=reference.ended)
    text = f"{'' if figure.ended else '> '}{figure.peak / MIB:,.0f} MiB{beside}"
    if figure.states and figure.states >= ENOUGH_STATES:
        text += f", {figure.peak / figure.states:,.0f} B a state"
    return text


def section(
    rows: Sequence[Row], tools: Sequence[str], heads: Sequence[str], cell: Callable[[Figure, Figure], str]
) -> str:
    """The table of one measure: a line a subject, a column a tool."""
    lines = [[row.subject.title, *(cell(row.figures[tool], row.figures[REFERENCE]) for tool in tools)] for row in rows]
    return table(["subject", *heads], lines)


# --- cross-checks -----------------------------------------------------------------------------------------------------


def disagreements(rows: Sequence[Row]) -> list[str]:
    """Where a verdict is not the expected one, or two searches at one grain do not have the same states."""
    found = []
    for row in rows:
        for tool, figure in row.figures.items():
            if figure.ended and figure.verdict != row.subject.expected:
                found.append(f"{row.subject.title}: {tool} says {figure.verdict}, expected is {row.subject.expected}")
        for first, second, measure in comparisons(row):
            mine, theirs = getattr(row.figures[first], measure), getattr(row.figures[second], measure)
            if mine != theirs:
                found.append(f"{row.subject.title}: {mine:,} {measure} in {first}, {theirs:,} in {second}")
    return found


def comparisons(row: Row) -> list[tuple[str, str, str]]:
    """The pairs of tools that must have the same number of something, where both have one."""
    if not row.subject.same_grain:
        return []
    pairs = [(UNREDUCED, SPIN_UNREDUCED, "states"), (UNREDUCED, SPIN_UNREDUCED, "transitions")]
    pairs.append((UNREDUCED, MINICHECK, "states"))
    return [
        (first, second, measure)
        for first, second, measure in pairs
        if all(row.figures[tool].ended and getattr(row.figures[tool], measure) is not None for tool in (first, second))
    ]


def checked(rows: Sequence[Row]) -> str:
    """What the cross-checks came to."""
    wrong = disagreements(rows)
    verdicts = sum(figure.ended for row in rows for figure in row.figures.values())
    counts = sum(len(comparisons(row)) for row in rows)
    if not wrong:
        return (
            f"All {verdicts} verdicts are the expected ones. Where the grain is the same, the numbers of states "
            f"without reductions are the same in lockmodel, SPIN and minicheck, and the numbers of transitions in "
            f"lockmodel and SPIN: {counts} comparisons."
        )
    return "**Not all agree:**\n\n" + "\n".join(f"- {line}" for line in wrong)


# --- the matrix -------------------------------------------------------------------------------------------------------


def of_matrix(matrix: Matrix) -> list[str]:
    """One line: a design."""
    spin = "-"
    beside = ""
    if matrix.build is not None:
        total = matrix.scenarios * matrix.build + matrix.runs
        spin = f"{matrix.scenarios} * {matrix.build:.2f} s + {matrix.runs:.2f} s = {total:,.1f} s"
        beside = ratio(matrix.lockmodel.seconds, total, mine_ended=matrix.lockmodel.ended)
    time = f"{'' if matrix.lockmodel.ended else '> '}{matrix.lockmodel.seconds:,.2f} s{beside}"
    states = f"{matrix.lockmodel.states:,}" if matrix.lockmodel.states is not None else "-"
    return [matrix.design, str(matrix.scenarios), time, states, spin]


# --- the report -------------------------------------------------------------------------------------------------------

INTRODUCTION = """# Benchmarks

How lockmodel stands beside SPIN, minicheck and frontrun, measured in one run on one machine:

    python benchmarks/compare.py --write

SPIN and gcc are looked for on the path, `minicheck` and `frontrun` beside the Python that runs the command (`pip
install minicheck frontrun`); what is absent is left out, with a word. `--quick` takes the small subjects only, ten
seconds each. The figures of another machine are others; the ratios should be much the same. lockmodel looks for data
races as well, which SPIN does not and which take a search of their own; `--no-reduction` stands here for
`--no-reduction --ignore LM301`.
"""

NOTES = """
- **A ratio** is how many times SPIN's figure, with partial order reduction, in the same run: 0.10x is a tenth of it.
- **SPIN** is `spin -a`, `gcc -O2 -DSAFETY -DNOCLAIM` and `pan -c0`, which searches everything, as `check` does. All
  three count: who changes a model builds it again.
- **lockmodel** is `lockmodel check` in a fresh process, the start of Python included. *Warm* is the second of two runs
  in one process. *Python only* is `--engine python`.
- **The Promela models** are written for this comparison, one visible operation a step as in lockmodel; each says in its
  head what else it does. SPIN merges steps that touch only locals by itself, with reduction and without.
- **The flagship** has more rules in lockmodel (fields without their lock, sleeping under a spinlock, what was never
  set) than the assertions of its Promela model, and an event is in shared memory before it is on a queue: that is why
  the states without reductions are about the same, and not the same.
- **Memory** is the largest resident set of the process that searches; the compiler's is not counted. Nothing smaller
  than the process that measures can be seen, which is 20 MiB.
- **minicheck** has no locks, no threads and no deadlock: a lock is a number and deadlock an invariant that no state is
  stuck. It counts no transitions. Peterson's algorithm is not given to it.
- **frontrun** runs Python's threads again and again and stores no states. So what goes on for ever cannot be expressed
  in it: its philosophers dine once, and Peterson's algorithm, which waits by looking again and again, is left out.
- **inotify** is given to neither: its lists, idr and counts would have to be written anew in each.
"""


def report(rows: Sequence[Row], matrices: Sequence[Matrix], setting: Setting) -> str:
    """The whole text."""
    versions = ", ".join(f"{name} {version}" for name, version in setting.versions.items())
    limits = (
        f"Limits: {setting.seconds:g} s a run ({setting.slow_seconds:g} s for what is written in Python), "
        f"{setting.memory / MIB:,.0f} MiB. A run that did not end stands with `>` and with how far it came; larger "
        f"subjects of its family were then not tried."
    )
    parts = [
        INTRODUCTION,
        f"Here: {setting.processors} processors; {versions}.",
        limits + (" Only the small subjects (`--quick`)." if setting.quick else ""),
        "## Time to the verdict",
        section(rows, TOOLS, TOOLS, of_time),
        "## States",
        section(rows, (*STORES, FRONTRUN), (*STORES, FRONTRUN), of_states),
        "## Transitions",
        "And how many a second of the search alone, by the tool's own clock; none where that clock is too coarse.",
        section(rows, SEARCHES, SEARCHES, of_transitions),
        "## Memory",
        section(rows, STORES, STORES, of_memory),
    ]
    if matrices:
        head = ["design", "scenarios", "lockmodel, cold", "states", "SPIN: builds, and the runs of what is modelled"]
        parts += [
            "## The whole flagship",
            "`lockmodel check specs/spine.py` beside as many builds of SPIN's verifier as there are scenarios. The "
            "runs of those scenarios that have no Promela model count as nothing.",
            table(head, [of_matrix(matrix) for matrix in matrices]),
        ]
    parts += ["## Cross-checks", checked(rows), "## What is compared", NOTES.strip()]
    return "\n\n".join(part.strip() for part in parts) + "\n"
