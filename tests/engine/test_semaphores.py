"""Semaphores whose `up` is two moves: what it uses may be gone by the second, and that is all that it changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given

from lockmodel.check import CheckOptions, check
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.exploration import Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.native.search import NativeSearch
from lockmodel.engine.reduction.reduced import Reductions
from lockmodel.engine.step import Stepper
from lockmodel.findings.finding import ScenarioResult
from lockmodel.findings.trace import Trace, run
from lockmodel.ir.layout import Layout
from tests.engine import test_native, test_native_reduced, test_reduced
from tests.engine.brute_force import brute_force
from tests.engine.machines import HEAD, write_machine
from tests.engine.random_semaphores import semaphore_specs
from tests.engine.test_exactness import MOST, examples, laid_out

SHAPES = Path(__file__).resolve().parent.parent.parent / "specs" / "locks"

HOW: list[dict[str, object]] = [
    {"engine": engine, "reduction": reduction} for engine in ("python", "auto") for reduction in (True, False)
]


def machine(folder: Path, bodies: tuple[str, ...], *, two_moves: bool = True, signals: bool = False) -> Path:
    """Threads t0, t1, ... that run these bodies, each with `box` and `item`."""
    procedures = "".join(
        f"\n@model.path\ndef p{n}(box: Box, item: Item) -> None:\n    " + body.replace("; ", "\n    ") + "\n"
        for n, body in enumerate(bodies)
    )
    file = write_machine(
        folder, procedures, "\n".join(f"m.thread('t{n}', p{n}, box, item)" for n in range(len(bodies)))
    )
    assert 'Model("machine")' in HEAD
    assumed = f'Model("machine", two_move_up={two_moves}, signals={signals})'
    file.write_text(file.read_text().replace('Model("machine")', assumed).replace("lock: Mutex", "lock: Semaphore", 1))
    return file


def result(file: Path, **options: object) -> ScenarioResult:
    (scenario,) = check(CheckOptions(str(file), ignore=("LM301", "LM403"), **options)).result.scenarios  # type: ignore[arg-type]
    return scenario


def found(scenario: ScenarioResult) -> list[tuple[str, str]]:
    return [(finding.rule, finding.place.procedure) for finding in scenario.findings]


def traced(file: Path, *schedule: tuple[int, int]) -> Trace:
    model = load(str(file))
    program = compile_model(model, None, {})
    return run(Stepper(Layout(program, lower_scenario(model, model.scenarios["scenario"], program))), schedule)


@pytest.mark.parametrize("how", HOW)
def test_who_takes_it_as_soon_as_it_is_raised_may_free_it_before_it_is_used_again(
    tmp_path: Path, how: dict[str, object]
) -> None:
    last = "down(item.lock); last = box.flag; up(item.lock); if last: kfree(item)"
    bodies = ("down(item.lock); box.flag = True; up(item.lock)", last)
    assert found(result(machine(tmp_path, bodies), **how)) == [("LM303", "p0")]
    assert found(result(machine(tmp_path, bodies, two_moves=False), **how)) == []


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    "bodies",
    [
        ("up(item.lock)",),
        ("down(item.lock); up(item.lock); kfree(item)",),
        ("down(item.lock); up(item.lock)", "while down_trylock(item.lock): pass; up(item.lock)"),
        ("up(box.empty)", "down(box.empty); up(box.empty)", "down(box.empty)"),
        ("down(box.sem); up(box.sem)", "down(box.sem); up(box.sem)", "if not down_interruptible(box.sem): up(box.sem)"),
        ("down(box.sem); down(box.sem)", "down(box.sem); up(box.sem)"),
        ("down(item.lock); down(box.sem)", "down(box.sem); down(item.lock)"),
        ("down(box.sem)", "up(box.sem)", "down(box.sem)"),
    ],
)
def test_where_nothing_is_freed_it_is_as_if_up_were_one_move(
    tmp_path: Path, bodies: tuple[str, ...], how: dict[str, object]
) -> None:
    one, two = (result(machine(tmp_path, bodies, two_moves=two_moves), **how) for two_moves in (False, True))
    assert (two.verdict, found(two)) == (one.verdict, found(one))
    assert [finding.message for finding in two.findings] == [finding.message for finding in one.findings]


@pytest.mark.parametrize("body", ["down(box.sem); up(box.sem)", "up(box.empty)", "while down_trylock(box.sem): pass"])
def test_where_nobody_stands_in_line_it_is_one_move(tmp_path: Path, body: str) -> None:
    one, two = (result(machine(tmp_path, (body,), two_moves=two_moves), reduction=False) for two_moves in (False, True))
    assert (two.states, two.transitions) == (one.states, one.transitions)


def test_who_stands_in_line_is_told_so_and_so_is_who_wakes_them(tmp_path: Path) -> None:
    file = machine(tmp_path, ("down(box.sem); up(box.sem)", "down(box.sem); up(box.sem)"))
    trace = traced(file, (0, 0), (1, 0), (0, 0), (0, 0), (1, 0), (1, 0))
    assert [(moment.step.operation, moment.step.detail) for moment in trace.moments] == [
        ("down(box#1.sem)", ""),
        ("down(box#1.sem)", "waits in line"),
        ("up(box#1.sem)", "somebody stands in line"),
        ("up(box#1.sem)", "wakes who stood in line"),
        ("down(box#1.sem)", ""),
        ("up(box#1.sem)", ""),
    ]
    assert all(local.ended for local in trace.locals)


def test_who_was_sent_a_signal_stands_in_line_no_more(tmp_path: Path) -> None:
    bodies = ("down(box.sem); up(box.sem)", "if not down_interruptible(box.sem): up(box.sem)")
    file = machine(tmp_path, bodies, signals=True)
    trace = traced(file, (0, 0), (1, 0), (1, 1), (0, 0))
    assert [moment.step.detail for moment in trace.moments] == ["", "waits in line", "is interrupted by a signal", ""]
    assert all(local.ended for local in trace.locals)
    assert result(file).verdict == "verified"


@pytest.mark.parametrize("init", ["init_MUTEX(item.lock)", "sema_init(box.empty, 0)"])
def test_what_somebody_stands_in_line_for_must_not_be_initialised(tmp_path: Path, init: str) -> None:
    sem = init.partition("(")[2].strip("), 0")
    bodies = (f"down({sem}); up({sem})", init, f"down({sem}); up({sem})")
    schedule = [(0, 0), (2, 0), (0, 0), (1, 0)] if "MUTEX" in init else [(0, 0), (1, 0)]
    (violation,) = traced(machine(tmp_path, bodies), *schedule).moments[-1].step.violations
    told = f"{init.partition('(')[0]} initialises {sem.replace('.', '#1.')} while somebody stands in line for it"
    assert (violation.rule, violation.detail, violation.fatal) == ("LM603", told, True)
    assert ("LM603", "p1") in found(result(machine(tmp_path, bodies)))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    ("expected", "bodies"),
    [
        ([("box#1.sem", 1, 2)], ("down(box.sem); up(box.sem)",) * 3),
        ([("box#1.sem", None, 2)], ("down(box.sem); up(box.sem)", "while True:;     down(box.sem);     up(box.sem)")),
        (
            [("box#1.mutex", 0, 3), ("box#1.sem", 1, 2)],
            ("mutex_lock(box.mutex); down(box.sem); up(box.sem); mutex_unlock(box.mutex)",) * 2
            + ("down(box.sem); up(box.sem)",),
        ),
    ],
)
def test_how_long_threads_wait_for_it(
    tmp_path: Path, expected: object, bodies: tuple[str, ...], how: dict[str, object]
) -> None:
    for two_moves in (False, True):
        waiting = result(machine(tmp_path, bodies, two_moves=two_moves), waiting=True, **how).waiting
        assert waiting is not None
        assert [(one.lock, one.bypass, one.chain) for one in waiting] == expected, two_moves


def test_the_shapes_hold_where_up_is_one_move() -> None:
    file = str(SHAPES / "violates" / "two_move_up.py")
    scenarios = check(CheckOptions(file, switches={"two_moves": "off"})).result.scenarios
    assert [scenario.verdict for scenario in scenarios] == ["verified", "verified"]


def broken(text: str) -> dict[str, int]:
    """The violations of a model, by the interpreter alone, with the fewest steps to each."""
    truth = brute_force(Stepper(laid_out(text)), MOST)
    assume(truth is not None)
    assert truth is not None
    assume(not truth.exhausted)
    return {re.sub(r"[^ ']*/random_model", "random_model", repr(found)): n for found, n in truth.steps.items()}


@examples(120)
@given(semaphore_specs())
def test_all_that_two_moves_add_is_what_they_find_gone(text: str) -> None:
    """And who is initialised while somebody stands in line for it, which one move knows nothing of."""
    one, two = (broken(re.sub(r"two_move_up=\w+", f"two_move_up={moves}", text)) for moves in (False, True))
    if not any(init in text for init in ("sema_init(item.done, 1)", "init_MUTEX(item.sem)")):
        assert one.keys() <= two.keys(), text
    added = two.keys() - one.keys()
    lines = text.splitlines()
    for identity in added:
        line = lines[int(re.findall(r"line=(\d+)", identity)[0]) - 1]
        assert ("LM303" in identity and "up(" in line) or ("LM603" in identity and "init" in line), (identity, text)


@examples(25)
@given(semaphore_specs())
def test_every_reduction_keeps_what_semaphores_do(text: str) -> None:
    test_reduced.compare(text, test_reduced.ALL, 1_000)


@examples(20)
@given(semaphore_specs(threads=3, most=2))
def test_all_reductions_keep_what_three_threads_do_with_them(text: str) -> None:
    test_reduced.compare(text, [Reductions()], 3_000)


@test_native_reduced.native
@examples(30)
@given(semaphore_specs())
def test_the_searches_in_c_say_what_those_in_python_say(text: str) -> None:
    layout = laid_out(text)
    for clear in (True, False):
        python = test_native.told(Search, layout, Limits(MOST), reduction=clear)
        assert test_native.told(NativeSearch, layout, Limits(MOST), reduction=clear) == python, text
    test_native_reduced.compare(text, [Reductions()], [{}, {"jobs": 2}])
