"""The reduced search keeps what the interpreter alone finds: findings, final states, local steps; on random models.

Each model is searched by the interpreter alone, by the search without reductions, and by the reduced one with each
reduction alone and with several together. Usually some hundred and twenty models are; in a night a hundred thousand:

    EXAMPLES_TIMES=900 pytest tests/engine/test_reduced.py -n 2
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from lockmodel.engine.behaviour import Behaviour, Node
from lockmodel.engine.exploration import Exploration, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import View
from lockmodel.engine.local import LocalState, Violation
from lockmodel.engine.reduction import reduced as reduction
from lockmodel.engine.reduction.reduced import ReducedSearch, Reductions
from lockmodel.engine.reduction.symmetry import Symmetry
from lockmodel.engine.step import Stepper
from lockmodel.findings.trace import run, violations
from lockmodel.ir.layout import Layout
from lockmodel.properties.catalogue import RULES
from lockmodel.properties.judge import RuleJudge
from tests.engine.brute_force import Truth, brute_force
from tests.engine.random_ledgers import ledger_specs
from tests.engine.random_models import random_specs, rich_specs
from tests.engine.random_primitives import primitive_specs
from tests.engine.test_exactness import MOST, TIMES, layout_of

JUDGED_AFTERWARDS = {
    "LM104": "engine/test_liveness.py",
    "LM202": "order/test_verdicts.py",
    "LM602": "order/test_interrupts.py",
    "LM702": "engine/test_liveness.py",
}
"""Rules that no search judges, but who has the graph of every state or the notes of all scenarios: where they are."""

ALL = [
    Reductions(*chosen)
    for chosen in itertools.product((False, True), repeat=5)
    if chosen[0] or not chosen[1]  # values refine persistent sets
]


@pytest.fixture(autouse=True, scope="module")
def no_run_is_long() -> Iterator[None]:
    """A run that goes round is cut sooner than it needs to be, so that models that run for ever do not take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduction, "LONGEST", 40)
        yield


Final = tuple[bytes, tuple[LocalState, ...]]
"""A final state: shared memory, and the local states of the threads."""


class Witness(RuleJudge):
    """A judge that remembers the final states that it was asked about."""

    def __init__(self, stepper: Stepper) -> None:
        super().__init__(stepper)
        self.finals: set[Final] = set()

    def final(self, view: View) -> list[Violation]:
        self.finals.add((view.state[: view.layout.size], view.locals))
        return super().final(view)


@dataclass
class Told:
    """What a search must keep, whatever it leaves out."""

    broken: set[tuple[object, ...]]
    finals: set[Final]
    steps: set[tuple[object, ...]]
    ended: list[bool]
    notes: set[tuple[object, ...]]
    covered: set[object]
    exhausted: bool


def steps_of(behaviour: Behaviour) -> set[tuple[object, ...]]:
    """Every step that was made from a local state: the values read, what was written, where it led."""
    found: set[tuple[object, ...]] = set()

    def walk(node: Node, choice: int, at: Any, path: tuple[tuple[int, int], ...]) -> None:
        if type(at) is list:
            for byte, child in at[1].items():
                walk(node, choice, child, (*path, (at[0], byte)))
        elif at is not None and not at.blocked:
            target = behaviour.nodes[at.target].local if at.target else None
            found.add((node.local, choice, path, at.writes, target, at.halts, at.pool))

    for node in behaviour.nodes.values():
        for choice, root in enumerate(node.roots):
            walk(node, choice, root, ())
    return found


def everywhere(finals: set[Final], symmetry: Symmetry) -> set[Final]:
    """Final states, and all that they stand for: alike threads in every order, objects in every place."""
    found = set(finals)
    waiting = list(finals)
    while waiting:
        memory, locals_ = waiting.pop()
        images = [
            (exchange.shared(memory), tuple(exchange.local(locals_[thread]) for thread in exchange.order))
            for exchange in symmetry.exchanges
        ]
        for group in symmetry.groups:
            for one, other in itertools.pairwise(group):
                swapped = list(locals_)
                swapped[one], swapped[other] = swapped[other], swapped[one]
                images.append((memory, tuple(swapped)))
        waiting.extend(image for image in images if image not in found)
        found.update(images)
    return found


def told(found: Exploration, judge: Witness, symmetry: Symmetry | None = None) -> Told:
    return Told(
        {hit.violation.identity for hit in found.hits},
        judge.finals if symmetry is None else everywhere(judge.finals, symmetry),
        steps_of(found.behaviour),
        found.ended,
        {hit.violation.identity for hit in found.notes},
        set(found.behaviour.covered),
        bool(found.exhausted),
    )


def full(layout: Layout, most: int = MOST) -> tuple[Told, bool] | None:
    """What the search without persistent and sleep sets tells, and whether an execution may go on for ever."""
    stepper = Stepper(layout)
    judge = Witness(stepper)
    search = Search(stepper, judge, Limits(states=most))
    found = search.run()
    if found.reason and not found.exhausted:
        return None
    return told(found, judge), search.cyclic


def reduced(layout: Layout, reductions: Reductions) -> tuple[Told, ReducedSearch]:
    stepper = Stepper(layout)
    judge = Witness(stepper)
    search = ReducedSearch(stepper, judge, Limits(), reductions=reductions)
    found = search.run()
    for hit in found.hits:
        again = violations(run(stepper, hit.schedule), RuleJudge(stepper))
        assert hit.violation.identity in {violation.identity for violation in again}
    return told(found, judge, search._symmetry), search


def compare(text: str, chosen: list[Reductions], most: int = MOST) -> None:
    """Hold the reduced search of a random model against the search without reductions, and that against brute force."""
    layout = layout_of(text)
    assume(layout is not None)
    assert layout is not None
    bare = brute_force(Stepper(layout), most)
    expected = full(layout, most) if bare is not None else None
    assume(expected is not None)
    assert bare is not None
    assert expected is not None
    truth, _ = expected
    starved = agrees(truth, bare)
    for reductions in chosen:
        found, search = reduced(layout, reductions)
        assert not starved or search.recurs(), (reductions, text)
        assert found == truth, (reductions, text)


def agrees(truth: Told, bare: Truth) -> bool:
    """Hold the full search against brute force, and leave out of it what neither it nor the reduced search judges.

    That is who waits for ever while others go on; whether there was such a thread.
    """
    starved = truth.broken - set(bare.steps)
    assert {identity[0] for identity in starved} <= {"LM101"}
    truth.broken -= starved
    assert truth.broken == set(bare.steps)
    assert {memory for memory, _ in truth.finals} == bare.finals
    assert truth.exhausted == bare.exhausted
    assert truth.notes == bare.notes
    return bool(starved)


@settings(max_examples=20 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs())
def test_every_reduction_keeps_what_two_threads_do(text: str) -> None:
    compare(text, ALL)


@settings(max_examples=30 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=3, most=3))
def test_all_reductions_keep_what_three_threads_do(text: str) -> None:
    compare(text, [Reductions()])


@settings(max_examples=12 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_specs(threads=4, most=2))
def test_all_reductions_keep_what_four_threads_do(text: str) -> None:
    compare(text, [Reductions(), Reductions(values=False)])


@settings(max_examples=15 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs())
def test_every_reduction_keeps_what_the_whole_language_can_say(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=15 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(endless=True))
def test_every_reduction_keeps_what_threads_do_that_run_for_ever(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=15 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(threads=3, most=3, endless=True))
def test_all_reductions_keep_what_three_threads_do_that_run_for_ever(text: str) -> None:
    compare(text, [Reductions(), Reductions(sleep=False)], 1_500)


@settings(max_examples=12 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(rich_specs(threads=4, most=2, endless=True))
def test_all_reductions_keep_what_four_threads_do_in_the_whole_language(text: str) -> None:
    compare(text, [Reductions()], 1_500)


@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(primitive_specs())
def test_every_reduction_keeps_what_every_kind_of_lock_does(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=25 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(primitive_specs(interrupts=True))
def test_every_reduction_keeps_what_interrupts_do(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(primitive_specs(callbacks=True), primitive_specs(threads=3, most=2, callbacks=True)))
def test_every_reduction_keeps_what_rcu_callbacks_do(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(primitive_specs(threads=3), primitive_specs(threads=4, most=2)))
def test_all_reductions_keep_what_more_threads_do_with_every_kind_of_lock(text: str) -> None:
    compare(text, [Reductions()], 1_500)


@settings(max_examples=25 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledger_specs())
def test_every_reduction_keeps_what_ledgers_say(text: str) -> None:
    compare(text, ALL, 1_000)


@settings(max_examples=30 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledger_specs(threads=3, most=2))
def test_all_reductions_keep_what_ledgers_say_of_three_threads(text: str) -> None:
    compare(text, [Reductions(), Reductions(values=False)], 1_500)


def test_a_trylock_that_fails_while_the_holder_stands_still_is_followed() -> None:
    """The holder of a shared lock stands still; what another does that may not have it must not be lost."""
    layout = layout_of(TRIED)
    assert layout is not None
    expected = full(layout)
    assert expected is not None
    for reductions in ALL:
        assert reduced(layout, reductions)[0] == expected[0], reductions


def test_what_is_broken_before_the_first_step_is_kept() -> None:
    """The last of four threads leaves a ghost's range before any of them has made a step: no state comes to be."""
    ghosts = HEAD_GHOSTS + "".join(f"    m.thread('t{n}', enter, box)\n" for n in range(4))
    layout = layout_of(ghosts)
    assert layout is not None
    for reductions in ALL:
        found, search = reduced(layout, reductions)
        assert {identity[0] for identity in found.broken} == {"LM701"}
        assert search.keys == []


@pytest.mark.skipif(TIMES == 1, reason="takes some seconds: with EXAMPLES_TIMES=2 and more")
def test_every_rule_that_is_judged_occurs_in_the_bed() -> None:
    """A rule that no random model breaks would not be missed by any of the tests above."""
    met: set[str] = set()
    judged = {code for code, rule in RULES.items() if rule.judged} - set(JUDGED_AFTERWARDS)
    for code, file in JUDGED_AFTERWARDS.items():
        assert code in (Path(__file__).parents[1] / file).read_text()

    def look(text: str) -> None:
        if met < judged and (layout := layout_of(text)) is not None:
            stepper = Stepper(layout)
            found = Search(stepper, RuleJudge(stepper), Limits(states=500), races=True).run()
            met.update(hit.violation.rule for hit in found.hits)

    for specs in (rich_specs(), primitive_specs(), ledger_specs()):
        drawn = settings(
            max_examples=400,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seed(1)(drawn(given(specs)(look)))()
    assert met == judged


@pytest.mark.parametrize("threads", [2, 3, 4, 5, 6])
def test_nested_locks_take_at_most_two_to_the_n_states(threads: int) -> None:
    text = HEAD_NESTED + "".join(f"    m.thread('t{n}', nest, box)\n" for n in range(threads))
    layout = layout_of(text)
    assert layout is not None
    _, search = reduced(layout, Reductions())
    assert len(search.keys) <= 2**threads


HEAD_NESTED = """\
from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, Struct, mutex_lock, mutex_unlock

model = Model("nested")


class Box(Struct):
    outer: Mutex
    inner: Mutex


@model.path
def nest(box: Box) -> None:
    mutex_lock(box.outer)
    mutex_lock(box.inner)
    mutex_unlock(box.inner)
    mutex_unlock(box.outer)


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
"""


HEAD_GHOSTS = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import Model, Range, Scenario, Struct, field, mark

model = Model("ghosts")


class Box(Struct):
    inside: Annotated[int, Range(0, 3)] = field(ghost=True)


@model.path
def enter(box: Box) -> None:
    box.inside += 1
    mark("entered")


@model.scenario
def scenario(m: Scenario) -> None:
    box = m.new(Box)
"""

TRIED = """\
from __future__ import annotations

from lockmodel import Model, Scenario, Struct, kfree, spin_trylock, spin_unlock, write_trylock, write_unlock

model = Model("tried")
rw = model.rwlock("rw")
spin = model.spinlock("spin")


class Item(Struct):
    flag: bool


@model.path
def try_both(item: Item) -> None:
    if write_trylock(rw):
        kfree(item)
        write_unlock(rw)
    if spin_trylock(spin):
        kfree(item)
        spin_unlock(spin)


@model.scenario
def scenario(m: Scenario) -> None:
    item = m.new(Item)
    for n in range(3):
        m.thread(f"t{n}", try_both, item)
"""
