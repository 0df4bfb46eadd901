"""How fast the searches are: transitions a second in C and in Python, beside the interpreter alone, in one run.

    python benchmarks/search_speed.py [seconds for each]

Every scenario is searched again and again, learning anew each time, until the seconds are up; the interpreter alone
takes every step of the same states by interpreting it. The ratios are what learning, and C, are worth on any machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Explorer, Limits, Tally
from lockmodel.engine.explore import Search
from lockmodel.engine.native.search import NativeSearch, unavailable
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.brute_force import brute_force  # noqa: E402 - the tests are beside this folder

SUBJECTS = [
    ("specs/classic/philosophers.py", None, "left_first[n=6]"),
    ("specs/classic/philosophers.py", None, "lower_first[n=6]"),
    ("specs/spine.py", None, "release-unmount/two-inodes"),
    ("specs/spine.py", "repaired", "release-unmount/two-inodes"),
]


def layout_of(spec: str, design: str | None, scenario: str) -> Layout:
    """The layout of one scenario."""
    model = load(str(ROOT / spec))
    program = compile_model(model, design, {})
    return Layout(program, lower_scenario(model, model.scenarios[scenario], program))


def rate(work: Callable[[], int], seconds: float) -> float:
    """Transitions a second of `work`, which gives how many it made, repeated for some seconds."""
    made, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds or not made:
        made += work()
    return made / elapsed


def main() -> None:
    """Print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    print(
        f"{'scenario':42} {'states':>8} {'transitions':>11} {'interpreted/s':>13} {'python/s':>10} {'ratio':>6} "
        f"{'native/s':>10} {'ratio':>6}"
    )
    for spec, design, name in SUBJECTS:
        layout = layout_of(spec, design, name)

        def search(kind: type[Explorer], layout: Layout = layout) -> Tally:
            stepper = Stepper(layout)
            return kind(stepper, RuleJudge(stepper), Limits()).run().tally

        def interpret(layout: Layout = layout) -> int:
            truth = brute_force(Stepper(layout), most=1_000_000)
            return truth.transitions if truth else 0

        tally = search(Search)
        interpreted = rate(interpret, seconds)
        python = rate(lambda: search(Search).transitions, seconds)
        label = f"{name} ({design or 'as written'})"
        line = f"{label:42} {tally.states:>8,} {tally.transitions:>11,} "
        line += f"{interpreted:>13,.0f} {python:>10,.0f} {python / interpreted:>6.1f} "
        if not unavailable():
            native = rate(lambda: search(NativeSearch).transitions, seconds)
            line += f"{native:>10,.0f} {native / interpreted:>6.1f}"
        print(line)


if __name__ == "__main__":
    main()
