"""Whether an execution can come back to a state, as far as its steps tell: never denied where one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine import returning
from lockmodel.engine.behaviour import Behaviour
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import NoJudge
from lockmodel.engine.reduction.cycles import components, has_cycle
from lockmodel.engine.returning import goes_round
from lockmodel.engine.step import Stepper
from lockmodel.engine.transitions import NOWHERE
from lockmodel.ir.layout import Layout
from tests.engine.random_models import random_specs
from tests.engine.random_primitives import primitive_specs
from tests.engine.test_exactness import examples, laid_out
from tests.engine.test_liveness import drawn, write

MOST = 3_000


def searched(layout: Layout) -> tuple[bool, Behaviour] | None:
    """Does some execution come back to a state without getting on? And the behaviour; None if there are too many."""
    search = Search(Stepper(layout), NoJudge(), Limits(states=MOST))
    found = search.run()
    if found.reason:
        return None
    graph = search.graph()
    kept = {
        number: [
            target
            for target, thread, choice in graph.edges.of(number)
            if target != NOWHERE and not graph.made(number, graph.nodes(number), thread, choice).gets_on
        ]
        for number in range(graph.states)
    }
    return has_cycle(kept), found.behaviour


def layout_of(target: str) -> Layout:
    model = load(target)
    program = compile_model(model)
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))


TOGGLES = "while True:\n    atomic_set(box.a, {})\n    if atomic_read(box.b) == 7: progress()"

# name -> may an execution come back to a state, the body of each thread
MACHINES: dict[str, tuple[bool, tuple[str, ...]]] = {
    "waits for what is set once, spinning": (True, ("while atomic_read(box.a) == 0: pass", "atomic_set(box.a, 1)")),
    "spins while it is one value and then another one": (
        False,
        ("while atomic_read(box.a) == 0 and atomic_read(box.a) == 1: pass", "atomic_set(box.a, 1)"),
    ),
    "spins while it is one value and then another one, to and fro": (
        True,
        (
            "while atomic_read(box.a) == 0 and atomic_read(box.a) == 1: pass",
            "while True:\n    atomic_set(box.a, 1)\n    atomic_set(box.a, 0)",
        ),
    ),
    "sleeps until it is woken": (
        False,
        ("wait_event(box.queue, atomic_read(box.a) == 1)", "atomic_set(box.a, 1)\nwake_up(box.queue)"),
    ),
    "sets what nobody sets back": (False, ("while atomic_xchg(box.a, 1) == 0: pass",)),
    "sets what is set already": (True, ("while atomic_xchg(box.a, 1) >= 0: pass",)),
    "each sets back what the other one sets": (True, (TOGGLES.format(0), TOGGLES.format(1))),
}


@pytest.mark.parametrize("name", MACHINES)
def test_what_steps_tell(tmp_path: Path, name: str) -> None:
    expected, bodies = MACHINES[name]
    found = searched(layout_of(write(tmp_path, bodies)))
    assert found is not None
    comes_back, behaviour = found
    assert components(behaviour)  # some thread comes back to where it stood
    assert (comes_back, goes_round(behaviour)) == (expected, expected)


def test_it_is_not_denied_where_there_are_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, bodies = MACHINES["sleeps until it is woken"]
    found = searched(layout_of(write(tmp_path, bodies)))
    assert found is not None
    assert goes_round(found[1]) is expected
    monkeypatch.setattr(returning, "MOST_PARTS", 0)
    assert goes_round(found[1])


def test_slots_that_are_reclaimed_come_back_to_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "again.py"
    path.write_text(
        "from __future__ import annotations\n\nfrom lockmodel import *\n\nmodel = Model('again')\n\n\n"
        "class Item(Struct):\n    ready: bool\n\n\nitems = model.cache(Item, capacity=1)\n\n\n"
        "@model.path\ndef f() -> None:\n    while True:\n        kfree(kmem_cache_alloc(items, GFP_KERNEL))\n\n\n"
        "@model.scenario\ndef scenario(m: Scenario) -> None:\n    m.thread('t', f)\n"
    )
    found = searched(layout_of(str(path)))
    assert found is not None
    assert found[0]
    assert goes_round(found[1])


def never_denied(layout: Layout) -> bool:
    """Hold it against the graph of every state; does it tell more than the threads' own graphs do?"""
    found = searched(layout)
    if found is None:
        return False
    comes_back, behaviour = found
    said = goes_round(behaviour)
    assert said or not comes_back
    return bool(components(behaviour)) and not said


@examples(60)
@given(random_specs())
def test_it_is_not_denied_of_random_models(text: str) -> None:
    never_denied(laid_out(text))


@examples(60)
@given(primitive_specs())
def test_it_is_not_denied_of_random_primitives(text: str) -> None:
    never_denied(laid_out(text))


def test_it_is_not_denied_of_random_machines(tmp_path: Path) -> None:
    told = [never_denied(layout_of(write(tmp_path, drawn(seed)))) for seed in range(80)]
    assert any(told)
