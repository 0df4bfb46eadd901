"""The learned graph: what was seen is found again by the values read, and a step that lies is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.behaviour import Answer, Behaviour, graft
from lockmodel.engine.local import LocalState, Outcome, Step
from lockmodel.engine.move import Source
from lockmodel.engine.step import Stepper
from lockmodel.errors import InternalError
from lockmodel.ir.layout import Layout
from tests.engine.machines import write_machine


def leaf() -> Answer:
    return Answer((), b"", (), Outcome.MOVED, -1, None, 0, 0)


def machine(folder: Path, body: str) -> Layout:
    procedures = f"@model.path\ndef p(box: Box) -> None:\n    {body}\n"
    model = load(str(write_machine(folder, procedures, "m.thread('a', p, box)\nm.thread('b', p, box)")))
    program = compile_model(model, None, {})
    return Layout(program, lower_scenario(model, model.scenarios["scenario"], program))


def test_a_tree_grows_by_the_bytes_that_differ() -> None:
    first, second = leaf(), leaf()
    root = graft(None, [(3, 7), (5, 1)], first)
    root = graft(root, [(3, 8)], second)
    assert root == [3, {7: [5, {1: first}], 8: second}]


@pytest.mark.parametrize(
    "tests",
    [[(3, 7), (6, 1)], [(4, 7)], [], [(3, 7), (5, 1)], [(3, 7)]],
    ids=["another second read", "another first read", "no read", "the same reads", "fewer reads"],
)
def test_a_step_that_is_not_determined_by_its_reads_is_caught(tests: list[tuple[int, int]]) -> None:
    root = graft(None, [(3, 7), (5, 1)], leaf())
    with pytest.raises(InternalError):
        graft(root, tests, leaf())


def test_the_same_reads_are_interpreted_once(tmp_path: Path) -> None:
    layout = machine(tmp_path, "box.x = 1")
    behaviour = Behaviour(Stepper(layout))
    begun = Stepper(layout).start(0, lambda location: layout.read(layout.initial, location))
    assert begun.after is not None
    node = behaviour.nodes[behaviour.name(begun.after)]
    answer = behaviour.learn(node, 0, layout.initial)
    assert node.roots[0] is answer
    assert behaviour.answers == [answer]


class Forgetful(Stepper):
    """A broken interpreter that does not log what it reads first."""

    def step(self, local: LocalState, source: Source, choice: int = 0) -> Step:
        step = super().step(local, source, choice)
        return Step(**{**{name: getattr(step, name) for name in Step.__slots__}, "reads": step.reads[1:]})


def test_an_interpreter_that_hides_a_read_is_caught(tmp_path: Path) -> None:
    layout = machine(tmp_path, "mutex_lock(box.mutex)\n    mutex_unlock(box.mutex)")
    behaviour = Behaviour(Forgetful(layout))
    begun = Stepper(layout).start(0, lambda location: layout.read(layout.initial, location))
    assert begun.after is not None
    node = behaviour.nodes[behaviour.name(begun.after)]
    behaviour.learn(node, 0, layout.initial)
    with pytest.raises(InternalError, match="read nothing had two different outcomes"):
        behaviour.learn(node, 0, layout.initial)
