"""How often a thread that waits for a lock is passed by, and how many threads stand in a row for it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.step import Stepper
from lockmodel.exhaustive import unavailable
from lockmodel.findings.bypass import told_bypass
from lockmodel.findings.finding import LockWaits, ScenarioResult
from lockmodel.findings.trace import run as run_schedule
from lockmodel.ir.layout import Layout
from lockmodel.report.text import render_check

HEAD = """
from __future__ import annotations

from lockmodel import *

model = Model("queues")
lock = model.spinlock("lock")
outer = model.mutex("outer")
sem = model.rwsem("sem")
places = model.semaphore("places", count=2)


class Box(Struct):
    bit: Atomic = atomic(0, 1)
    turn: Atomic = atomic(0, 1)
    wants0: Atomic = atomic(0, 1)
    wants1: Atomic = atomic(0, 1)
    next: Atomic = atomic(0, 3)
    serving: Atomic = atomic(0, 3)


box = model.object(Box, "box")
"""

ONCE = "spin_lock(lock)\nspin_unlock(lock)"
FOR_EVER = "while True:\n    spin_lock(lock)\n    spin_unlock(lock)"
NESTED = "mutex_lock(outer)\nspin_lock(lock)\nspin_unlock(lock)\nmutex_unlock(outer)"
TEST_AND_SET = (
    "while True:\n    asks_for('bit')\n    while atomic_xchg(box.bit, 1): pass\n    enters('bit')\n"
    "    atomic_set(box.bit, 0)"
)
TICKET = (
    "ticket = atomic_inc_return(box.next)\nasks_for('ticket')\nawait_(atomic_read(box.serving) == ticket - 1)\n"
    "enters('ticket')\natomic_inc(box.serving)"
)


def peterson(i: int) -> str:
    return (
        f"while True:\n    atomic_set(box.wants{i}, 1)\n    atomic_set(box.turn, {i})\n    asks_for('room')\n"
        f"    await_(atomic_read(box.wants{1 - i}) == 0 or atomic_read(box.turn) != {i})\n    enters('room')\n"
        f"    atomic_set(box.wants{i}, 0)"
    )


# name -> what is told of each lock, the body of each thread
MACHINES: dict[str, tuple[list[tuple[str, int | None, int]], tuple[str, ...]]] = {
    "nobody waits": ([], (ONCE,)),
    "two, once each": ([("lock", 0, 2)], (ONCE,) * 2),
    "three, once each": ([("lock", 1, 2)], (ONCE,) * 3),
    "one of them for ever": ([("lock", None, 2)], (ONCE, FOR_EVER)),
    "a row of three": ([("lock", 1, 2), ("outer", 0, 3)], (NESTED, NESTED, ONCE)),
    "a test-and-set lock": ([("bit", None, 1)], (TEST_AND_SET,) * 2),
    "Peterson's algorithm": ([("room", 1, 1)], (peterson(0), peterson(1))),
    "a ticket lock, once each": ([("ticket", 2, 1)], (TICKET,) * 3),
    "readers pass by no writer in line": (
        [("sem", 1, 3)],
        ("down_write(sem)\nup_write(sem)", "down_read(sem)\nup_read(sem)", "down_read(sem)\nup_read(sem)"),
    ),
    "two places": ([("places", 1, 1)], ("down(places)\nup(places)",) * 4),
    "a try that fails does not wait": ([], ("if spin_trylock(lock): spin_unlock(lock)",) * 2),
    "a try that passes by": (
        [("lock", None, 2)],
        (ONCE, "while True:\n    if spin_trylock(lock): spin_unlock(lock)"),
    ),
}

ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(bool(unavailable()), reason=unavailable()))]


def run(folder: Path, bodies: tuple[str, ...], **options: object) -> ScenarioResult:
    text = HEAD
    for number, body in enumerate(bodies):
        text += f"\n\n@model.path\ndef p{number}() -> None:\n" + textwrap.indent(body, "    ") + "\n"
    text += "\n\n@model.scenario\ndef scenario(m: Scenario) -> None:\n"
    text += "".join(f"    m.thread('t{n}', p{n})\n" for n in range(len(bodies)))
    path = folder / "queues.py"
    path.write_text(text)
    (result,) = check(CheckOptions(str(path), **options)).result.scenarios  # type: ignore[arg-type]
    return result


def shows(wait: LockWaits, spec: Path) -> None:
    """Where there is no bound a schedule shows it, and is replayed from its token."""
    assert (wait.witness is None) == (wait.bypass is not None)
    if wait.witness is not None:
        _, again, _ = replay(str(spec), wait.witness.schedule)
        assert again == wait.witness


def stepper_of(spec: Path) -> Stepper:
    model = load(str(spec))
    program = compile_model(model)
    return Stepper(Layout(program, lower_scenario(model, model.scenarios["scenario"], program)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", MACHINES)
def test_how_long_threads_wait_for_each_lock(tmp_path: Path, name: str, engine: str) -> None:
    expected, bodies = MACHINES[name]
    for reduction in (True, False):
        result = run(tmp_path, bodies, waiting=True, engine=engine, reduction=reduction)
        assert result.waiting is not None
        for one in result.waiting:
            shows(one, tmp_path / "queues.py")
        assert [(one.lock, one.bypass, one.chain) for one in result.waiting] == expected


def test_that_nothing_bounds_it_is_shown_by_a_loop_in_which_a_thread_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(tmp_path, (ONCE, FOR_EVER), waiting=True)
    assert result.findings == []
    assert result.waiting is not None
    witness = result.waiting[0].witness
    assert witness is not None
    assert witness.message == "t0 waits for lock, and t1 takes it again and again."
    assert [(step.thread, step.operation) for step in witness.steps] == [
        ("t1", "spin_lock(lock)"),
        ("t1", "spin_unlock(lock)"),
        ("t1", "spin_lock(lock)"),
    ]
    assert (witness.loop_from, [waiting.thread for waiting in witness.waiting]) == (2, ["t0"])
    monkeypatch.chdir(tmp_path)  # so that the lines of the text are as long wherever it is
    text = render_check(check(CheckOptions("queues.py", waiting=True)).result)
    assert text.startswith("bypass without bound  in p0  ")
    assert "  loop    steps 2 to 3, again and again\n" in text
    assert "verified: " in text


def test_a_schedule_shows_no_more_than_it_does(tmp_path: Path) -> None:
    """The token of another lock, of a loop in which the thread that waited goes on, of no loop at all."""
    run(tmp_path, (ONCE, FOR_EVER))
    stepper = stepper_of(tmp_path / "queues.py")

    def told(moves: list[int], lock: str = "lock") -> str | None:
        finding = told_bypass(run_schedule(stepper, [(thread, 0) for thread in moves]), f"bypass {lock}")
        return finding.message if finding else None

    assert told([1, 1, 1]) == "t0 waits for lock, and t1 takes it again and again."
    assert told([1, 1, 1], "outer") is None
    assert told([1, 1]) is None  # round, but t0 has not come to wait
    assert told([1, 1, 0, 0, 1, 1]) is None
    assert told([1]) is None


def test_it_is_not_examined_where_it_was_not_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, (ONCE,) * 2).waiting is None


def test_a_graph_that_is_cut_says_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, (FOR_EVER,) * 3, waiting=True, max_states=3)
    assert (result.waiting, result.verdict) == (None, "incomplete")
