"""lockmodel beside SPIN, minicheck and frontrun, in one run on the machine at hand.

    python benchmarks/compare.py [--quick] [--write] [--only TEXT]

Takes each subject through each tool, one after the other, with progress on stderr; prints the report, or writes it to
reports/benchmarks.md. Ends with 1 where the tools do not agree about a verdict or a number of states.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# The project's folder is on the path from here on only.
from benchmarks import lockmodel_runs, others, spin, table  # noqa: E402
from benchmarks.figures import Figure, Limits, absent  # noqa: E402
from benchmarks.subjects import Subject, subjects  # noqa: E402

REPORT = ROOT / "reports" / "benchmarks.md"

MEMORY = min(12 << 30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
"""Half of the machine's, so that nothing is measured that swaps."""

# With these the whole takes a quarter of an hour or less on a machine that does nothing else.
LIMITS = Limits(seconds=45, slow_seconds=10, memory=MEMORY)
QUICK = Limits(seconds=10, slow_seconds=10, memory=MEMORY)

Measure = Callable[[Subject, Limits], Figure]

MEASURES: dict[str, Measure] = {
    table.REFERENCE: lambda subject, limits: spin.verify(subject, limits, reduce=True),
    table.LOCKMODEL: lambda subject, limits: lockmodel_runs.check(subject, "cold", limits),
    table.WARM: lambda subject, limits: lockmodel_runs.check(subject, "warm", limits),
    table.PYTHON: lambda subject, limits: lockmodel_runs.check(subject, "python", limits),
    table.SPIN_UNREDUCED: lambda subject, limits: spin.verify(subject, limits, reduce=False),
    table.UNREDUCED: lambda subject, limits: lockmodel_runs.check(subject, "unreduced", limits),
    table.MINICHECK: lambda subject, limits: others.check(subject, "minicheck", limits),
    table.FRONTRUN: lambda subject, limits: others.check(subject, "frontrun", limits),
}

HARDER = {
    table.WARM: table.LOCKMODEL,
    table.PYTHON: table.LOCKMODEL,
    table.UNREDUCED: table.LOCKMODEL,
    table.SPIN_UNREDUCED: table.REFERENCE,
}
"""What has at least as much to do as another that comes before it: where that one did not end, it is not tried."""


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


def measure(chosen: Sequence[Subject], limits: Limits, measures: dict[str, Measure] = MEASURES) -> list[table.Row]:
    """Every tool on every subject. What is at least as hard as something that did not end is not tried.

    But SPIN with its reduction always is: every other figure stands beside its figure.
    """
    rows: list[table.Row] = []
    gave_up: set[tuple[str, str]] = set()
    for number, subject in enumerate(chosen, 1):
        figures = {}
        for tool, run in measures.items():
            harder = {(subject.family, tool), (subject.family, HARDER.get(tool, tool))}
            if tool != table.REFERENCE and not harder.isdisjoint(gave_up):
                figures[tool] = absent("not tried")
                continue
            figure = run(subject, limits)
            if figure.verdict == "unfinished":
                gave_up.add((subject.family, tool))
            figures[tool] = figure
            said = f"{figure.verdict} in {figure.seconds:.2f} s" if figure.verdict != "absent" else figure.note
            say(f"{number}/{len(chosen)} {subject.title}: {tool}: {said}")
        rows.append(table.Row(subject, figures))
    return rows


def matrices(rows: Sequence[table.Row], scenarios: int, limits: Limits) -> list[table.Matrix]:
    """The whole flagship, in both designs, beside what SPIN needed for the flagship's models."""
    models = [row.figures[table.REFERENCE] for row in rows if row.subject.family == "inotify"]
    models = [figure for figure in models if figure.verdict != "absent"]
    found = []
    for design in ("2005", "repaired"):
        figure = lockmodel_runs.matrix(design, limits)
        say(f"the whole flagship, {design}: {figure.verdict} in {figure.seconds:.2f} s")
        build = min(model.build for model in models) if models else None
        runs = sum(model.seconds - model.build for model in models)
        found.append(table.Matrix(design, figure, scenarios, build, runs))
    return found


def versions() -> dict[str, str]:
    """Of all that was measured."""
    return {
        "lockmodel": lockmodel_runs.version(),
        "CPython": platform.python_version(),
        "SPIN": spin.version(),
        "gcc": spin.compiler(),
        "minicheck": others.version("minicheck"),
        "frontrun": others.version("frontrun"),
    }


def main() -> int:
    """Measure, and give the report."""
    parser = argparse.ArgumentParser(description="lockmodel beside SPIN, minicheck and frontrun, in one run")
    parser.add_argument("--quick", action="store_true", help="the small subjects, ten seconds each")
    parser.add_argument("--write", action="store_true", help="write reports/benchmarks.md instead of printing it")
    parser.add_argument("--only", default="", metavar="TEXT", help="the subjects whose titles contain TEXT")
    options = parser.parse_args()
    limits = QUICK if options.quick else LIMITS
    scenarios = lockmodel_runs.flagship()
    chosen = [s for s in subjects(scenarios, quick=options.quick) if options.only in s.title]
    rows = measure(chosen, limits)
    whole = matrices(rows, len(scenarios), limits) if not options.only and not options.quick else []
    setting = table.Setting(
        os.cpu_count() or 1, versions(), limits.seconds, limits.slow_seconds, limits.memory, options.quick
    )
    text = table.report(rows, whole, setting)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")
        say(f"written: {REPORT.relative_to(ROOT)}")
    else:
        print(text)
    return 1 if table.disagreements(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
