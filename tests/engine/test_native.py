"""The search in C: the same states, transitions, schedules and verdicts as the one in Python, in the same order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Explorer, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.local import Violation
from lockmodel.engine.native.search import NativeSearch, unavailable
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import write_machine
from tests.engine.random_ledgers import ledger_specs
from tests.engine.random_models import random_specs
from tests.engine.sanitized import ROOT, needs_gcc, printed
from tests.engine.test_exactness import MOST, examples, laid_out

native = pytest.mark.skipif(bool(unavailable()), reason=f"the search in C is not there: {unavailable()}")


def told(
    kind: type[Explorer],
    layout: Layout,
    limits: Limits,
    *,
    reduction: bool = True,
    stop_at: Callable[[Violation], bool] | None = None,
) -> dict[str, object]:
    """Everything that a search says, but for clock and memory."""
    stepper = Stepper(layout, clear_dead=reduction)
    search = kind(stepper, RuleJudge(stepper), limits, stop_at=stop_at)
    found = search.run()
    return {
        "tally": (found.tally.states, found.tally.transitions, found.tally.depth, found.tally.frontier),
        "edges learned": found.tally.edges,
        "hits": [(hit.violation.identity, hit.violation.detail, hit.schedule) for hit in found.hits],
        "reason": found.reason,
        "ended": found.ended,
        "exhausted": found.exhausted,
        "transitions": (search.edges.first.tolist(), search.edges.targets.tolist(), search.edges.moves.tolist()),
        "depths": search.depths.tolist(),
        "covered": list(found.behaviour.covered),
        "notes": {hit.violation.identity for hit in found.notes},
    }


@native
@examples(150)
@given(random_specs())
def test_both_searches_say_the_same_of_random_models(text: str) -> None:
    layout = laid_out(text)
    for limits, reduction in ((Limits(MOST), True), (Limits(MOST), False), (Limits(25), True)):
        python = told(Search, layout, limits, reduction=reduction)
        assert told(NativeSearch, layout, limits, reduction=reduction) == python, text


@native
@examples(40)
@given(ledger_specs())
def test_both_searches_say_the_same_of_ledgers(text: str) -> None:
    layout = laid_out(text)
    assert told(NativeSearch, layout, Limits(MOST)) == told(Search, layout, Limits(MOST)), text


@native
@examples(40)
@given(random_specs(threads=3, most=3))
def test_both_searches_say_the_same_of_three_threads(text: str) -> None:
    layout = laid_out(text)
    assert told(NativeSearch, layout, Limits(MOST)) == told(Search, layout, Limits(MOST)), text


@native
@examples(40)
@given(random_specs(threads=3, most=3))
def test_both_searches_stop_for_the_same_reason(text: str) -> None:
    """Also where a finding and the limit of states come in one and the same state: the first of the two is told."""
    layout = laid_out(text)
    for most in (1, 2, 3, 5, 8):
        python = told(Search, layout, Limits(most), stop_at=lambda rule: True)
        assert told(NativeSearch, layout, Limits(most), stop_at=lambda rule: True) == python, (most, text)


@native
@pytest.mark.parametrize(
    "scenario", ["release-unmount/two-inodes", "ignore-unmount/two-inodes", "event-event/in-between"]
)
@pytest.mark.parametrize("design", ["2005", "repaired"])
def test_both_searches_say_the_same_of_the_flagship(scenario: str, design: str) -> None:
    model = load(str(ROOT / "specs" / "spine.py"))
    program = compile_model(model, design, {})
    layout = Layout(program, lower_scenario(model, model.scenarios[scenario], program))
    assert told(NativeSearch, layout, Limits()) == told(Search, layout, Limits())


def endless(folder: Path) -> Layout:
    """Two threads whose states never end within a test, one of them with a finding at once."""
    procedures = (
        "@model.path\ndef p(box: Box) -> None:\n    box.y = 1\n"
        "    while True:\n        atomic_inc(box.hits)\n        atomic_dec(box.hits)\n"
    )
    scenario = "box2 = m.new(Box)\nfor n in range(5):\n    m.thread(f't{n}', p, box)"
    model = load(str(write_machine(folder, procedures, scenario)))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))


@native
@pytest.mark.parametrize("kind", [Search, NativeSearch])
def test_ctrl_c_gives_no_finding_a_schedule_that_does_not_lead_to_it(tmp_path: Path, kind: type[Explorer]) -> None:
    """A claim fails in a state, and before the transition to it is noted the search is interrupted."""

    def interrupt(violation: Violation) -> bool:
        raise KeyboardInterrupt

    procedures = (
        "@model.path\ndef p(box: Box) -> None:\n    box.x = 2\n    box.x = 1\n\n\n"
        "@model.invariant()\ndef never(box: Box) -> bool:\n    return box.x != 1\n"
    )
    model = load(str(write_machine(tmp_path, procedures, "m.thread('t', p, box)")))
    program = compile_model(model, None, {})
    stepper = Stepper(Layout(program, lower_scenario(model, model.scenarios["scenario"], program)))
    search = kind(stepper, RuleJudge(stepper), Limits(), stop_at=interrupt)
    found = search.run()
    assert (found.interrupted, found.hits) == (True, [])
    assert len(search.found) == 1


@native
def test_ctrl_c_after_the_search_proper_keeps_it_whole(tmp_path: Path) -> None:
    class Interrupted(NativeSearch):
        def _always_ends(self) -> bool:
            raise KeyboardInterrupt

    procedures = "@model.path\ndef p(box: Box) -> None:\n    down(box.sem)\n    box.x = 1\n    up(box.sem)\n"
    model = load(str(write_machine(tmp_path, procedures, "m.thread('t', p, box)\nm.thread('u', p, box)")))
    program = compile_model(model, None, {})
    stepper = Stepper(Layout(program, lower_scenario(model, model.scenarios["scenario"], program)))
    search = Interrupted(stepper, RuleJudge(stepper), Limits())
    found = search.run()
    assert (found.interrupted, len(search.depths)) == (True, found.tally.states)


@native
def test_a_limit_of_memory_or_time_stops_it(tmp_path: Path) -> None:
    layout = endless(tmp_path)
    for limits, reason in (
        (Limits(memory=1), "reached the limit of 1 bytes"),
        (Limits(seconds=0.0), "reached the limit of 0 seconds"),
    ):
        stepper = Stepper(layout)
        assert NativeSearch(stepper, RuleJudge(stepper), limits).run().reason == reason


@native
def test_a_limit_beyond_all_state_numbers_is_none() -> None:
    model = load(str(ROOT / "specs" / "classic" / "peterson.py"))
    program = compile_model(model, None, {})
    layout = Layout(program, lower_scenario(model, next(iter(model.scenarios.values())), program))
    for most in (2**32 - 1, 2**32, 2**64 + 1):
        assert told(NativeSearch, layout, Limits(most)) == told(Search, layout, Limits())


@native
def test_an_error_of_the_host_passes_through_it(tmp_path: Path) -> None:
    class Broken(RuleJudge):
        def final(self, view: object) -> list[object]:  # type: ignore[override]
            raise RuntimeError("the judge fell over")

    procedures = "@model.path\ndef p(box: Box) -> None:\n    box.x = 1\n"
    model = load(str(write_machine(tmp_path, procedures, "m.thread('t', p, box)")))
    program = compile_model(model, None, {})
    stepper = Stepper(Layout(program, lower_scenario(model, model.scenarios["scenario"], program)))
    with pytest.raises(RuntimeError, match="the judge fell over"):
        NativeSearch(stepper, Broken(stepper), Limits()).run()


@native
def test_the_core_refuses_what_would_lead_outside_of_its_arrays() -> None:
    from lockmodel.engine.native._search import Search as Core

    class Host:
        def __init__(self, core: Core, collected: tuple[bytes, int]) -> None:
            self.core, self.collected = core, collected

        def learn(self, number: int, thread: int, choice: int) -> None:
            self.core.add_step(0, choice, [], self.core.add_answer((), 0, 4))

        def collect(self, number: int, thread: int, choice: int) -> tuple[bytes, int]:
            with pytest.raises(ValueError, match="runs once"):
                self.core.run(self)
            return self.collected

        def tick(self, number: int) -> None:
            pass

    for collected in ((bytes(3), 0), (bytes(5), 0), (bytes(4), 1)):
        core = Core(1, 1, 100)
        host = Host(core, collected)
        with pytest.raises(ValueError, match="runs once"):
            core.run(host)
        with pytest.raises(IndexError, match="begins in no node"):
            core.start(host, bytes(4))
        with pytest.raises(IndexError, match="no node 0"):
            core.add_answer((), 0, 0)
        with pytest.raises(ValueError, match="alternatives"):
            core.add_node(65_537)
        core.add_node(1)
        core.start(host, bytes(4))
        with pytest.raises(SystemError, match="collected into no state"):
            core.run(host)
        with pytest.raises(ValueError, match="does not fit"):
            core.add_step(0, 0, [], 0)


SANITIZED = """
from lockmodel.check import CheckOptions, check
for target, most in (
    ("specs/classic/philosophers.py", None), ("specs/classic/peterson.py", None),
    ("specs/spine.py::release-unmount/*", None), ("specs/spine.py::four-threads-unmount", 30_000),
):
    texts = []
    for engine in ("native", "python"):
        run = check(CheckOptions(target, engine=engine, max_states=most))
        texts.append([
            (s.name, s.verdict, s.states, s.transitions, [f.schedule for f in s.findings]) for s in run.result.scenarios
        ])
    assert texts[0] == texts[1], target
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
for file, name in (("specs/classic/philosophers.py", "left_first[n=6]"), ("specs/spine.py", "four-threads-unmount")):
    model = load(file)
    program = compile_model(model, None, {})
    layout = Layout(program, lower_scenario(model, model.scenarios[name], program))
    counts = set()
    for keep, exact in ((True, True), (False, True), (False, False)):
        for jobs in (1, 2):
            stepper = Stepper(layout)
            search = NativeSearch(
                stepper, RuleJudge(stepper), Limits(20_000), keep=keep, exact=exact, jobs=jobs, block=128
            )
            found = search.run()
            counts.add((found.tally.states, found.tally.transitions, len(found.hits)))
    assert len(counts) == 1, counts
from tests.engine.test_turning import CODE, Host, coded
for jobs in (1, 2):
    assert Host(coded(CODE, others=1, rounds=5), jobs=jobs).settled()
    assert not Host(coded(CODE, opens=False), jobs=jobs).settled()
print("the same under sanitizers")
"""


@needs_gcc
def test_it_builds_without_a_warning_and_runs_clean_under_sanitizers(tmp_path: Path) -> None:
    assert printed("search", SANITIZED, tmp_path) == "the same under sanitizers\n"


WITHOUT = """
import sys
sys.modules["lockmodel.engine.native._search"] = None
from lockmodel.cli import main
sys.argv = ["lockmodel", *sys.argv[1:]]
main()
"""


def without(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where the search in C cannot be loaded."""
    command = [sys.executable, "-c", WITHOUT, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_without_it_the_search_in_python_serves_and_says_so_once() -> None:
    ran = without("check", "specs/classic/abba.py", "specs/classic/peterson.py")
    assert ran.returncode == 1
    assert ran.stderr.count("the search in Python serves") == 1
    asked = without("check", "specs/classic/abba.py", "--engine", "native")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith("error: the search in C cannot be used: ")
