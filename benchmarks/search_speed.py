"""How fast the search is: transitions a second with learned behaviour, beside the interpreter alone in the same run.

    python benchmarks/search_speed.py [seconds for each]

Every scenario is searched again and again, learning anew each time, until the seconds are up; the interpreter alone
takes every step of the same states by interpreting it. The ratio is what learning is worth, on any machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.engine.brute_force import brute_force  # noqa: E402 - the tests are beside this folder

SUBJECTS = [
    ("specs/classic/philosophers.py", None, "left_first[n=6]"),
    ("specs/classic/philosophers.py", None, "lower_first[n=6]"),
    ("specs/inotify.py", None, "release-unmount/two-inodes"),
    ("specs/inotify.py", "repaired", "release-unmount/two-inodes"),
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
    print(f"{'scenario':44} {'states':>8} {'transitions':>11} {'learned /s':>11} {'interpreted /s':>14} {'ratio':>6}")
    for spec, design, name in SUBJECTS:
        layout = layout_of(spec, design, name)

        def search(layout: Layout = layout) -> int:
            stepper = Stepper(layout)
            return Search(stepper, RuleJudge(stepper), Limits()).run().tally.transitions

        def interpret(layout: Layout = layout) -> int:
            truth = brute_force(Stepper(layout), most=1_000_000)
            return truth.transitions if truth else 0

        stepper = Stepper(layout)
        tally = Search(stepper, RuleJudge(stepper), Limits()).run().tally
        learned, interpreted = rate(search, seconds), rate(interpret, seconds)
        label = f"{name} ({design or 'as written'})"
        print(
            f"{label:44} {tally.states:>8,} {tally.transitions:>11,} {learned:>11,.0f} {interpreted:>14,.0f} "
            f"{learned / interpreted:>6.1f}"
        )


if __name__ == "__main__":
    main()
