"""The reduced search in C: in a pass that learns nothing, what the one in Python stores and does; findings always."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.collect import reader
from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.native.reduced import NativeReducedSearch, unavailable
from lockmodel.engine.reduction.reduced import ReducedSearch, Reductions
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import Move
from lockmodel.findings.trace import Trace, run, violations
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from lockmodel.properties.waiting import closed_orders
from tests.engine.machines import write_machine
from tests.engine.random_ledgers import ledger_specs
from tests.engine.random_models import random_specs
from tests.engine.random_primitives import primitive_specs
from tests.engine.sanitized import ROOT, needs_gcc, printed
from tests.engine.test_exactness import examples, laid_out
from tests.engine.test_reduced import ALL, Told, Witness, full, told

native = pytest.mark.skipif(bool(unavailable()), reason=f"the reduced search in C is not there: {unavailable()}")


def searched(kind: type[ReducedSearch], layout: Layout, **options: Any) -> tuple[Exploration, Told, ReducedSearch]:
    stepper = Stepper(layout)
    judge = Witness(stepper)
    search = kind(stepper, judge, options.pop("limits", Limits()), **options)
    found = search.run()
    return found, told(found, judge, search._symmetry), search


def counts(found: Exploration) -> tuple[int, int, int, int]:
    return found.tally.states, found.tally.transitions, found.tally.depth, found.tally.frontier


def replays(found: Exploration, layout: Layout) -> bool:
    stepper = Stepper(layout)
    return all(
        hit.violation.identity in {v.identity for v in violations(run(stepper, hit.schedule), RuleJudge(stepper))}
        for hit in found.hits
    ) and all(hit.violation.identity in noted(run(stepper, hit.schedule)) for hit in found.notes)


def noted(trace: Trace) -> set[tuple[object, ...]]:
    """What is shown at the end of a trace, by its last step or by those who wait there."""
    steps = [moment.step for moment in trace.moments[-1:]] + [
        trace.stepper.step(local, reader(trace.stepper.layout, trace.state), choice)
        for local in trace.locals
        if not local.ended
        for choice in range(trace.stepper.choices(local))
    ]
    shown = [note for step in steps for note in step.notes] + closed_orders(trace.stepper, trace.view)
    return {note.identity for note in shown}


def ways(search: ReducedSearch) -> list[tuple[Move, ...]]:
    """The schedule to each state of the last pass."""
    return [search._way(number, ())[0] for number in range(search.tally().states)]


def compare(text: str, chosen: list[Reductions], variants: list[dict[str, Any]]) -> None:
    """Where the full search ends, so that the model is small: the reduced ones in Python and in C."""
    layout = laid_out(text)
    assume(full(layout) is not None)
    for reductions in chosen:
        python, expected, slow = searched(ReducedSearch, layout, reductions=reductions)
        for variant in variants:
            found, told_, fast = searched(NativeReducedSearch, layout, reductions=reductions, **variant)
            assert told_ == expected, (reductions, variant, text)
            assert counts(found) == counts(python), (reductions, variant, text)
            assert (fast.cyclic, fast.recurs()) == (slow.cyclic, slow.recurs())
            assert ways(fast) == ways(slow), (reductions, variant, text)
            assert replays(found, layout)


EVERY_WAY: list[dict[str, Any]] = [{}, {"exact": True}, {"jobs": 2}, {"jobs": 3, "exact": True}]


@native
@examples(40)
@given(random_specs())
def test_it_says_what_the_one_in_python_says_of_two_threads(text: str) -> None:
    compare(text, ALL, [{}])


@native
@examples(60)
@given(random_specs(threads=3, most=3))
def test_it_says_what_the_one_in_python_says_of_three_threads(text: str) -> None:
    compare(text, [Reductions()], EVERY_WAY)


@native
@examples(25)
@given(random_specs(threads=4, most=2))
def test_it_says_what_the_one_in_python_says_of_four_threads(text: str) -> None:
    compare(text, [Reductions(), Reductions(values=False)], [{}, {"jobs": 2}])


@native
@examples(30)
@given(ledger_specs(threads=3, most=2))
def test_it_says_what_the_one_in_python_says_of_ledgers(text: str) -> None:
    compare(text, [Reductions(), Reductions(sleep=False)], [{}, {"jobs": 2}])


@native
@examples(30)
@given(primitive_specs(threads=3))
def test_it_says_what_the_one_in_python_says_of_every_kind_of_lock(text: str) -> None:
    compare(text, [Reductions()], [{}, {"jobs": 2}])


@native
@examples(20)
@given(primitive_specs(interrupts=True))
def test_it_says_what_the_one_in_python_says_of_interrupts(text: str) -> None:
    compare(text, [Reductions(), Reductions(values=False)], [{}])


@native
@examples(20)
@given(primitive_specs(callbacks=True))
def test_it_says_what_the_one_in_python_says_of_rcu_callbacks(text: str) -> None:
    compare(text, [Reductions(), Reductions(values=False)], [{}, {"jobs": 2}])


def layout_in(file: str, scenario: str, design: str | None = None) -> Layout:
    model = load(str(ROOT / "specs" / file))
    program = compile_model(model, design, {})
    return Layout(program, lower_scenario(model, model.scenarios[scenario], program))


@native
@pytest.mark.parametrize(
    "scenario", ["release-unmount/two-inodes", "ignore-unmount/two-inodes", "event-event/in-between"]
)
@pytest.mark.parametrize("design", ["2005", "repaired"])
def test_it_says_what_the_one_in_python_says_of_the_flagship(scenario: str, design: str) -> None:
    layout = layout_in("spine.py", scenario, design)
    python, expected, slow = searched(ReducedSearch, layout)
    for variant in EVERY_WAY:
        found, told_, fast = searched(NativeReducedSearch, layout, **variant)
        assert (told_, counts(found), ways(fast)) == (expected, counts(python), ways(slow))
        assert replays(found, layout)


@native
def test_workers_share_blocks_and_change_nothing() -> None:
    layout = layout_in("spine.py", "four-threads-unmount", "repaired")
    results = set()
    for options in ({}, {"jobs": 2}, {"jobs": 3, "exact": True}):
        found, _, search = searched(NativeReducedSearch, layout, **options)
        results.add((counts(found), search.passes, tuple(ways(search))))
    assert len(results) == 1


class Passes(NativeReducedSearch):
    """Remembers how far each pass has come."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tallies: list[tuple[int, ...]] = []

    def _pass(self) -> None:
        super()._pass()
        tally = self.tally()
        self.tallies.append((tally.states, tally.transitions, tally.depth, tally.frontier, tally.edges))


@native
@pytest.mark.parametrize("scenario", ["five-threads", "five-threads-unmount"])
def test_a_pass_that_learns_does_not_depend_on_the_workers(scenario: str) -> None:
    """Not on which of them remembers what of the time when less was known."""
    layout = layout_in("spine.py", scenario, "repaired")
    results = set()
    for jobs in (1, 2, 3):
        stepper = Stepper(layout)
        search = Passes(stepper, RuleJudge(stepper), Limits(states=2_000), jobs=jobs)
        found = search.run()
        results.add((tuple(search.tallies), tuple((hit.violation.identity, hit.schedule) for hit in found.notes)))
        assert len(search.tallies) > 1
    assert len(results) == 1


@native
def test_fingerprints_that_collide_are_taken_for_one_state_unless_it_is_exact() -> None:
    layout = layout_in("spine.py", "release-unmount/two-inodes", "repaired")
    python, expected, _ = searched(ReducedSearch, layout)
    found, _, _ = searched(NativeReducedSearch, layout, bits=3)
    assert 0 < found.tally.states <= 8
    exact, told_, _ = searched(NativeReducedSearch, layout, bits=3, exact=True)
    assert (counts(exact), told_) == (counts(python), expected)
    assert exact.chance is None
    whole, _, _ = searched(NativeReducedSearch, layout)
    assert whole.chance is not None
    assert 0 < whole.chance.calculated < 1e-9
    assert 0 < whole.chance.observed < 1e-3
    assert found.chance is not None
    assert found.chance.observed > 1e-19


@native
@examples(30)
@given(random_specs(threads=3, most=3))
def test_a_limit_of_states_ends_it_in_the_middle_of_a_pass(text: str) -> None:
    layout = laid_out(text)
    for most in (1, 2, 5):
        stepper = Stepper(layout)
        search = NativeReducedSearch(stepper, RuleJudge(stepper), Limits(states=most))
        found = search.run()
        assert found.tally.states <= most
        if found.tally.states < most:
            assert not found.reason.startswith("reached")
        assert replays(found, layout)
        again, _, _ = searched(NativeReducedSearch, layout, limits=Limits(states=most), jobs=2)
        assert (counts(again), again.reason) == (counts(found), found.reason)


def endless(folder: Path) -> Layout:
    """Threads whose states never end within a test."""
    procedures = (
        "@model.path\ndef p(box: Box) -> None:\n    box.y = 1\n"
        "    while True:\n        atomic_inc(box.hits)\n        atomic_dec(box.hits)\n"
    )
    scenario = "box2 = m.new(Box)\nfor n in range(5):\n    m.thread(f't{n}', p, box)"
    return machine(folder, procedures, scenario)


def machine(folder: Path, procedures: str, scenario: str) -> Layout:
    model = load(str(write_machine(folder, procedures, scenario)))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))


@native
def test_a_limit_of_memory_or_time_ends_it(tmp_path: Path) -> None:
    layout = endless(tmp_path)
    for limits, reason in (
        (Limits(memory=1), "reached the limit of 1 bytes"),
        (Limits(seconds=0.0), "reached the limit of 0 seconds"),
    ):
        stepper = Stepper(layout)
        assert NativeReducedSearch(stepper, RuleJudge(stepper), limits).run().reason == reason


@native
def test_an_error_of_the_host_passes_through_it(tmp_path: Path) -> None:
    class Broken(RuleJudge):
        def final(self, view: object) -> list[object]:  # type: ignore[override]
            raise RuntimeError("the judge fell over")

    layout = machine(tmp_path, "@model.path\ndef p(box: Box) -> None:\n    box.x = 1\n", "m.thread('t', p, box)")
    stepper = Stepper(layout)
    with pytest.raises(RuntimeError, match="the judge fell over"):
        NativeReducedSearch(stepper, Broken(stepper), Limits()).run()


@native
def test_the_core_refuses_what_would_lead_outside_of_its_arrays() -> None:
    from lockmodel.engine.native._reduced import Search as Core

    class Host:
        def __init__(self, core: Core, collected: tuple[bytes, int]) -> None:
            self.core, self.collected = core, collected

        def learn(self, state: bytes, thread: int, choice: int) -> None:
            self.core.add_step(0, choice, [], self.core.add_answer((), 0xFFFFFFFF, 4, b"", b""))

        def collect(self, state: bytes, thread: int, choice: int) -> tuple[bytes, int]:
            with pytest.raises(ValueError, match="begins after"):
                self.core.begin(self, bytes(4), [], True, False)
            return self.collected

        def tick(self) -> None:
            pass

    with pytest.raises(ValueError, match="1 to 64 threads"):
        Core(1, 65, 100, [])
    with pytest.raises(ValueError, match="followed"):
        Core(1, 1, 100, [1])
    for collected in ((bytes(3), 0), (bytes(5), 0), (bytes(4), 1), (b"\0\7\0\0", 0)):
        core = Core(1, 1, 100, [0])
        host = Host(core, collected)
        with pytest.raises(ValueError, match="once it has begun"):
            core.run(host)
        with pytest.raises(IndexError, match="begins in no node"):
            core.begin(host, bytes(4), [], True, False)
        with pytest.raises(IndexError, match="no node 0"):
            core.add_answer((), 0, 0, b"", b"")
        with pytest.raises(ValueError, match="alternatives"):
            core.add_node(65_537, b"")
        with pytest.raises(ValueError, match="no record has"):
            core.add_node(1, bytes(8) + b"\1")
        core = Core(1, 1, 100, [0])
        host = Host(core, collected)
        core.add_node(1, b"")
        with pytest.raises(IndexError, match="no node 3"):
            core.begin(host, bytes(4), [(3, 0, 0)], True, False)
        core.begin(host, bytes(4), [], True, False)
        with pytest.raises(SystemError, match="collected into no state"):
            core.run(host)
        with pytest.raises(ValueError, match="does not fit"):
            core.add_step(0, 0, [], 0)


SANITIZED = """
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.native.reduced import NativeReducedSearch
from lockmodel.engine.step import Stepper
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
for file, name, design, most in (
    ("specs/classic/philosophers.py", "left_first[n=6]", None, None),
    ("specs/classic/peterson.py", None, None, None),
    ("specs/spine.py", "release-unmount/two-inodes", "2005", None),
    ("specs/spine.py", "four-threads-unmount", "repaired", 3000),
):
    model = load(file)
    program = compile_model(model, design, {})
    scenario = model.scenarios[name or next(iter(model.scenarios))]
    layout = Layout(program, lower_scenario(model, scenario, program))
    counts = set()
    for exact in (True, False):
        for jobs in (1, 2):
            stepper = Stepper(layout)
            search = NativeReducedSearch(stepper, RuleJudge(stepper), Limits(most), exact=exact, jobs=jobs)
            found = search.run()
            counts.add((found.tally.states, found.tally.transitions, len(found.hits)))
    assert len(counts) == 1, counts
print("the same under sanitizers")
"""


@needs_gcc
def test_it_builds_without_a_warning_and_runs_clean_under_sanitizers(tmp_path: Path) -> None:
    assert printed("reduced", SANITIZED, tmp_path) == "the same under sanitizers\n"
