"""What the search in C says does not depend on how it works: on workers, blocks, what it keeps, how it tells states."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Explorer, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.step import Stepper
from lockmodel.findings.trace import run, violations
from lockmodel.ir.layout import NODE_BYTES, Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import write_machine
from tests.engine.random_models import random_specs
from tests.engine.sanitized import ROOT
from tests.engine.test_exactness import MOST, examples, laid_out
from tests.engine.test_native import native, told

JOBS = st.sampled_from([1, 2, 3])
BLOCKS = st.sampled_from([1, 2, 3, 64, 2048])
"""Down to one state: a level of a random model is small, and shared by several workers only if a block is smaller."""


def outline(search: Explorer, layout: Layout) -> dict[str, object]:
    """What a search says, where it keeps no transitions: of several shortest schedules it may then tell another one."""
    found = search.run()
    for hit in found.hits:
        stepper = Stepper(layout)
        again = violations(run(stepper, hit.schedule), RuleJudge(stepper))
        assert found.interrupted or hit.violation.identity in {violation.identity for violation in again}
    return {
        "tally": (found.tally.states, found.tally.transitions, found.tally.depth, found.tally.frontier),
        "edges learned": found.tally.edges,
        "hits": [(hit.violation.identity, hit.violation.detail, len(hit.schedule)) for hit in found.hits],
        "reason": found.reason,
        "ended": found.ended,
        "exhausted": found.exhausted,
        "covered": list(found.behaviour.covered),
        "notes": {hit.violation.identity for hit in found.notes},
    }


def python(layout: Layout, limits: Limits) -> Search:
    stepper = Stepper(layout)
    return Search(stepper, RuleJudge(stepper), limits)


def in_c(layout: Layout, limits: Limits, **options: Any) -> NativeSearch:
    stepper = Stepper(layout)
    return NativeSearch(stepper, RuleJudge(stepper), limits, **options)


@native
@examples(60)
@given(random_specs(threads=3, most=3), JOBS, BLOCKS)
def test_it_says_the_same_for_any_number_of_workers(text: str, jobs: int, block: int) -> None:
    layout = laid_out(text)

    class Working(NativeSearch):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, jobs=jobs, block=block, **options)  # type: ignore[arg-type]

    for most in (MOST, 25, 3):
        assert told(Working, layout, Limits(most)) == told(Search, layout, Limits(most)), text


@native
@examples(100)
@given(random_specs(threads=3, most=3), JOBS, BLOCKS, st.booleans())
def test_it_finds_the_same_where_it_keeps_no_transitions(text: str, jobs: int, block: int, exact: bool) -> None:
    layout = laid_out(text)
    for most in (MOST, 25, 3):
        expected = outline(python(layout, Limits(most)), layout)
        search = in_c(layout, Limits(most), keep=False, exact=exact, jobs=jobs, block=block)
        assert outline(search, layout) == expected, text


@native
@examples(25)
@given(random_specs(threads=3, most=3), JOBS, st.integers(1, 8))
def test_equal_fingerprints_lose_no_state_where_states_are_compared(text: str, jobs: int, bits: int) -> None:
    layout = laid_out(text)
    limits = Limits(MOST // 4)
    expected = outline(python(layout, limits), layout)
    assert outline(in_c(layout, limits, keep=True, jobs=jobs, bits=bits), layout) == expected, text
    assert outline(in_c(layout, limits, keep=False, exact=True, jobs=jobs, bits=bits), layout) == expected, text


def philosophers(folder: Path, n: int) -> Layout:
    spec = folder / "philosophers.py"
    spec.write_text((ROOT / "specs" / "classic" / "philosophers.py").read_text().replace("range(2, 7)", f"[{n}]"))
    model = load(str(spec))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios[f"left_first[n={n}]"], program))


@native
def test_equal_fingerprints_lose_states_where_nothing_else_is_compared(tmp_path: Path) -> None:
    """So the test above would fail if the search that is exact looked at fingerprints only."""
    search = in_c(philosophers(tmp_path, 6), Limits(), keep=False, bits=4)
    search._always_ends = lambda: True  # type: ignore[method-assign]
    assert search.run().tally.states <= 16


@native
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("keep", [True, False])
def test_the_flagship_is_the_same_with_several_workers(jobs: int, keep: bool) -> None:
    model = load(str(ROOT / "specs" / "spine.py"))
    program = compile_model(model, "2005", {})
    layout = Layout(program, lower_scenario(model, model.scenarios["release-unmount/two-inodes"], program))
    expected = outline(python(layout, Limits()), layout)
    assert outline(in_c(layout, Limits(), keep=keep, jobs=jobs, block=256), layout) == expected


@native
def test_threads_that_are_lost_are_found_where_transitions_were_not_kept(tmp_path: Path) -> None:
    """One thread waits for ever while the other goes round for ever: it takes a second search to say so."""
    procedures = (
        "@model.path\ndef p(box: Box) -> None:\n    down(box.empty)\n\n\n"
        "@model.path\ndef q(box: Box) -> None:\n"
        "    while True:\n        atomic_inc(box.hits)\n        atomic_dec(box.hits)\n"
    )
    scenario = "m.thread('t', p, box)\nm.thread('u', q, box)"
    model = load(str(write_machine(tmp_path, procedures, scenario)))
    program = compile_model(model, None, {})
    layout = Layout(program, lower_scenario(model, model.scenarios["scenario"], program))
    expected = outline(python(layout, Limits()), layout)
    assert expected["hits"]
    for exact in (False, True):
        assert outline(in_c(layout, Limits(), keep=False, exact=exact), layout) == expected


# --- fingerprints, worked out a second time ---------------------------------------------------------------------------

WORD = 2**64
GOLDEN = 0x9E3779B97F4A7C15
LAST = 2**32 - 1


def mixed(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def term(place: int, value: int) -> int:
    return mixed(((place << 32 | value) * GOLDEN + GOLDEN) % WORD)


def fingerprint(layout: Layout, threads: int, state: bytes) -> int:
    """As search.c has it, but from the whole state and not from the one before."""
    total = sum(term(offset, state[offset]) for offset in range(layout.size))
    for thread in range(threads):
        at = layout.size + NODE_BYTES * thread
        node = int.from_bytes(state[at : at + NODE_BYTES], "little")
        total += term(LAST, node) * (term(LAST - 1, thread) | 1)
    return mixed(total % WORD)


@native
def test_the_chance_of_a_missed_state_is_that_of_its_fingerprints(tmp_path: Path) -> None:
    layout = philosophers(tmp_path, 6)
    whole = in_c(layout, Limits())
    assert whole.run().chance is None
    states = [whole._state(number) for number in range(whole.tally().states)]
    prints = sorted(fingerprint(layout, whole.threads, state) for state in states)
    assert len(set(prints)) == len(states) == 1297
    for jobs in (1, 2):
        search = in_c(layout, Limits(), keep=False, jobs=jobs, block=16)
        search._always_ends = lambda: True  # type: ignore[method-assign]
        found = search.run()
        assert found.chance is not None
        assert found.chance.calculated == 1297 * (found.tally.transitions + 1 - 1297) / 2**64
        assert found.chance.observed == 1 / min(b - a for a, b in itertools.pairwise(prints))


@native
def test_a_state_costs_few_bytes(tmp_path: Path) -> None:
    """At most 24 bytes, and the records of two levels, which count for less the larger the search is."""
    search = in_c(philosophers(tmp_path, 11), Limits(), keep=False)
    search._always_ends = lambda: True  # type: ignore[method-assign]
    found = search.run()
    record = search.layout.size + NODE_BYTES * search.threads
    widest = found.tally.states // 8
    assert found.tally.memory < 24 * found.tally.states + 2 * widest * (record + 8)


@native
def test_records_of_the_past_are_given_back(tmp_path: Path) -> None:
    search = in_c(philosophers(tmp_path, 9), Limits(), keep=False)
    search._always_ends = lambda: True  # type: ignore[method-assign]
    search.run()
    with pytest.raises(IndexError, match="the record of state 0 was not kept"):
        search._state(0)
    with pytest.raises(IndexError, match="no state"):
        search._state(search.tally().states)


@native
def test_the_core_refuses_what_it_cannot_be() -> None:
    from lockmodel.engine.native._search import Search as Core

    wrong: list[dict[str, Any]] = [
        {"jobs": 0},
        {"jobs": 1025},
        {"bits": 0},
        {"bits": 65},
        {"block": 0},
        {"block": 2**21},
    ]
    for options in wrong:
        with pytest.raises(ValueError, match="a search has"):
            Core(1, 1, 100, **options)
    core = Core(1, 1, 100, exact=False, keep=False)
    assert not core.nobody_is_lost()
    with pytest.raises(ValueError, match="not kept"):
        core.fewest_switches(1)
    with pytest.raises(IndexError, match="no parent"):
        Core(1, 1, 100).schedule(0)
