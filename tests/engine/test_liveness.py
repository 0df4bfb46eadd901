"""LM104: threads that move for ever and do not get on, judged on the graph of every state, under weak fairness."""

from __future__ import annotations

import itertools
import random
import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check, replay
from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.engine.collect import reader
from lockmodel.engine.liveness import Graph, may_get_on
from lockmodel.engine.local import LocalState, Outcome
from lockmodel.engine.step import Stepper
from lockmodel.exhaustive import unavailable
from lockmodel.findings.finding import ScenarioResult
from lockmodel.ir.layout import Layout

Standing = tuple[bytes, tuple[LocalState, ...]]

HEAD = """
from __future__ import annotations

from lockmodel import *

model = Model("live")
lock = model.spinlock("lock")
mutex = model.mutex("mutex")


class Box(Struct):
    a: Atomic = atomic(0, 2)
    b: Atomic = atomic(0, 2)
    queue: WaitQueue
    changed: Condition


box = model.object(Box, "box")
"""

SPIN = "while atomic_xchg(box.a, 1):\n    pass\n"

# name -> does somebody move for ever, the body of each thread
MACHINES: dict[str, tuple[bool, tuple[str, ...]]] = {
    "a lock that spins, and is released": (False, (SPIN + "atomic_set(box.a, 0)",) * 2),
    "a lock that spins, and is not released": (True, (SPIN,) * 2),
    "two locks that spin, in both orders": (
        True,
        (
            "while atomic_xchg(box.a, 1): pass\nwhile atomic_xchg(box.b, 1): pass\n"
            "atomic_set(box.b, 0)\natomic_set(box.a, 0)",
            "while atomic_xchg(box.b, 1): pass\nwhile atomic_xchg(box.a, 1): pass\n"
            "atomic_set(box.a, 0)\natomic_set(box.b, 0)",
        ),
    ),
    "spins until another one has done its work": (
        False,
        ("while not atomic_read(box.a): pass", "atomic_set(box.b, 1)\natomic_set(box.a, 1)"),
    ),
    "spins until another one does what it never does": (True, ("while not atomic_read(box.a): pass", "mark('x')")),
    "two that both step back": (
        True,
        tuple(
            f"while True:\n    atomic_set(box.{mine}, 1)\n    if not atomic_read(box.{other}): break\n"
            f"    atomic_set(box.{mine}, 0)"
            for mine, other in ("ab", "ba")
        ),
    ),
    "one that steps back, and is always met in the way": (
        True,
        (
            "atomic_set(box.a, 1)\nwhile atomic_read(box.b): pass\natomic_set(box.a, 0)",
            "while True:\n    atomic_set(box.b, 1)\n    if not atomic_read(box.a): break\n    atomic_set(box.b, 0)\n"
            "atomic_set(box.b, 0)",
        ),
    ),
    "two that try the second lock and let the first go": (
        True,
        (
            "while True:\n    spin_lock(lock)\n    if not atomic_xchg(box.a, 1): break\n    spin_unlock(lock)\n"
            "atomic_set(box.a, 0)\nspin_unlock(lock)",
            "while True:\n    while atomic_xchg(box.a, 1): pass\n    if spin_trylock(lock): break\n"
            "    atomic_set(box.a, 0)\nspin_unlock(lock)\natomic_set(box.a, 0)",
        ),
    ),
    "serves for ever": (False, ("while True:\n    atomic_set(box.a, 1)\n    atomic_set(box.a, 0)",) * 2),
    "gets on in every round": (False, ("while True:\n    atomic_xchg(box.a, 1)\n    progress()",)),
    "gets on in no round": (True, ("while True:\n    atomic_xchg(box.a, 0)\n    if atomic_read(box.a): progress()",)),
    "is served by one that goes on for ever": (
        False,
        ("while not atomic_read(box.a): pass", "while True:\n    atomic_set(box.a, 1)\n    atomic_set(box.a, 0)"),
    ),
    "chooses never to leave": (True, ("while choose(False, True): mark('again')",)),
    "sleeps": (False, ("wait_event(box.queue, atomic_read(box.a))", "atomic_set(box.a, 1)\nwake_up(box.queue)")),
}

ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(bool(unavailable()), reason=unavailable()))]


def write(folder: Path, bodies: tuple[str, ...], options: str = "", model: str = "") -> str:
    text = HEAD.replace('Model("live")', f'Model("live"{model})')
    for number, body in enumerate(bodies):
        text += f"\n\n@model.path\ndef p{number}() -> None:\n" + textwrap.indent(body, "    ") + "\n"
    text += "\n\n@model.scenario\ndef scenario(m: Scenario) -> None:\n"
    text += "".join(f"    m.thread('t{n}', p{n}{options})\n" for n in range(len(bodies)))
    path = folder / "live.py"
    path.write_text(text)
    return str(path)


def run(target: str, **options: object) -> ScenarioResult:
    (result,) = check(CheckOptions(target, **options)).result.scenarios  # type: ignore[arg-type]
    return result


def livelocks(result: ScenarioResult) -> list[tuple[str, ...]]:
    return sorted((finding.place.spec, *finding.threads) for finding in result.findings if finding.rule == "LM104")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", MACHINES)
def test_a_livelock_is_found_where_there_is_one(tmp_path: Path, name: str, engine: str) -> None:
    expected, bodies = MACHINES[name]
    target = write(tmp_path, bodies)
    reduced, plain = (run(target, engine=engine, reduction=reduction) for reduction in (True, False))
    assert bool(livelocks(reduced)) == expected
    assert livelocks(plain) == livelocks(reduced)
    assert reduced.verdict == ("violated" if reduced.findings else "verified")


def test_the_schedule_leads_into_the_loop_and_once_round_it(tmp_path: Path) -> None:
    target = write(tmp_path, MACHINES["two that both step back"][1])
    told = {finding.message: finding for finding in run(target).findings}
    assert sorted(told) == [
        "t0 and t1 move for ever and neither gets on.",
        "t0 moves for ever and does not get on.",
        "t1 moves for ever and does not get on.",
    ]
    finding = told["t0 and t1 move for ever and neither gets on."]
    assert finding.loop_from is not None
    loop = finding.steps[finding.loop_from - 1 :]
    assert {step.thread for step in loop} == {"t0", "t1"}
    assert (finding.minimal, finding.waiting) == ("not-proved", [])
    _, again, _ = replay(target, finding.schedule)
    assert again is not None
    assert (again.rule, again.loop_from, again.message) == ("LM104", finding.loop_from, finding.message)


def test_one_that_may_wait_for_ever_may_poll_for_ever(tmp_path: Path) -> None:
    bodies = MACHINES["spins until another one does what it never does"][1]
    assert not livelocks(run(write(tmp_path, bodies, ", may_wait=True")))


def test_nothing_obliges_a_sleeper_to_wake_for_no_reason(tmp_path: Path) -> None:
    sleeper = "while not atomic_read(box.a):\n    prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)\n    schedule()"
    target = write(tmp_path, (sleeper, "while not atomic_read(box.b): pass"), model=", spurious_wakeups=True")
    assert livelocks(run(target))


COND = "spin_lock(lock)\nspin_unlock(lock)\nmutex_lock(mutex)\n{}\nmutex_unlock(mutex)"

# name -> the rules broken, the body of each thread
SLEEPERS: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "a condition, told under the mutex": (
        set(),
        (
            COND.format("while not atomic_read(box.a):\n    cond_wait(box.changed, mutex)"),
            COND.format("atomic_set(box.a, 1)\ncond_signal(box.changed)"),
        ),
    ),
    "a condition that nobody tells of": (
        {"LM103"},
        (
            COND.format("while not atomic_read(box.a):\n    cond_wait(box.changed, mutex)"),
            "atomic_set(box.a, 1)",
        ),
    ),
    "a condition that never comes": (
        {"LM101"},
        (COND.format("while not atomic_read(box.a):\n    cond_wait(box.changed, mutex)"), "mark('x')"),
    ),
    "a wake between the look and the sleep": (
        {"LM103"},
        (
            "while not atomic_read(box.a):\n    prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)\n    schedule()\n"
            "finish_wait(box.queue)",
            "atomic_set(box.a, 1)\nwake_up(box.queue)",
        ),
    ),
    "a wake while another one goes on for ever": (
        {"LM103"},
        (
            "while not atomic_read(box.a):\n    prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)\n    schedule()\n"
            "finish_wait(box.queue)",
            "atomic_set(box.a, 1)\nwhile True:\n    mark('x')",
        ),
    ),
    "a sleep without a loop": (
        {"LM103"},
        ("prepare_to_wait(box.queue, TASK_UNINTERRUPTIBLE)\nschedule()\nfinish_wait(box.queue)", "mark('x')"),
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", SLEEPERS)
def test_a_sleeper_that_may_wake_for_no_reason_need_not(tmp_path: Path, name: str, engine: str) -> None:
    """It is found to sleep for ever where it may, and that it wakes for ever for no reason is no livelock."""
    expected, bodies = SLEEPERS[name]
    for option in ("", ", spurious_wakeups=True"):
        target = write(tmp_path, bodies, model=option)
        for reduction in (True, False):
            result = run(target, engine=engine, reduction=reduction)
            assert {finding.rule for finding in result.findings} == expected
            assert result.verdict == ("violated" if expected else "verified")


def test_what_must_come_true_does_not_wait_for_who_wakes_for_no_reason(tmp_path: Path) -> None:
    """Who asks for the mutex would starve only while the other one wakes for ever for no reason."""
    path = Path(write(tmp_path, SLEEPERS["a condition, told under the mutex"][1], model=", spurious_wakeups=True"))
    path.write_text(path.read_text() + "\n\n" + CLAIM.format("atomic_read(box.a) == 1"))
    assert run(str(path)).verdict == "verified"


def test_a_graph_that_is_cut_is_incomplete(tmp_path: Path) -> None:
    target = write(tmp_path, MACHINES["a lock that spins, and is released"][1])
    assert run(target, max_states=4).verdict == "incomplete"


def test_what_was_found_until_an_interrupt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(graph: Graph) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Graph, "livelocks", interrupted)
    found = check(CheckOptions(write(tmp_path, MACHINES["two that both step back"][1])))
    (result,) = found.result.scenarios
    assert (found.interrupted, result.verdict, result.reason) == (True, "incomplete", "interrupted")


def test_a_livelock_that_is_not_asked_for_is_not_looked_for(tmp_path: Path) -> None:
    target = write(tmp_path, MACHINES["two that both step back"][1])
    assert run(target, ignore=("LM104",)).verdict == "verified"


# --- against an account of its own ---------------------------------------------------------------------------------

STATEMENTS = (
    "atomic_set(box.a, {n})",
    "atomic_set(box.b, {n})",
    "while atomic_read(box.a) == {n}: pass",
    "while atomic_xchg(box.b, {n}): pass",
    "spin_lock(lock)\nspin_unlock(lock)",
    "if atomic_read(box.b) == {n}: progress()",
)


def drawn(seed: int) -> tuple[str, ...]:
    """Two or three threads of a few statements, some of them for ever."""
    source = random.Random(seed)
    bodies = []
    for _ in range(source.choice((2, 2, 3))):
        lines = [source.choice(STATEMENTS).format(n=source.randrange(3)) for _ in range(source.randrange(1, 4))]
        body = "\n".join(lines)
        if source.random() < 0.4:
            body = "while True:\n" + textwrap.indent(f"{body}\natomic_inc_not_zero(box.a)", "    ").replace(
                "atomic_inc_not_zero(box.a)", "atomic_xchg(box.a, 1)"
            )
        bodies.append(body)
    return tuple(bodies)


def goes_on_for_ever(target: str) -> bool:
    """By the definition, on a graph made by the interpreter: is there a fair part that nobody gets on in?"""
    model = load(target)
    program = compile_model(model, None, {})
    layout = Layout(program, lower_scenario(model, model.scenarios["scenario"], program))
    stepper = Stepper(layout, clear_dead=False)
    able = may_get_on(layout)
    state, begun = stepper.begin()
    first: Standing = (state, tuple(step.after or LocalState(n, ()) for n, step in enumerate(begun)))
    moves: dict[Standing, list[tuple[int, bool, Standing]]] = {}
    waiting = [first]
    while waiting:
        here = waiting.pop()
        if here in moves:
            continue
        moves[here] = []
        state, locals_ = here
        for thread, local in enumerate(locals_):
            if local.ended:
                continue
            step = stepper.step(local, reader(layout, state))
            if step.outcome is Outcome.BLOCKED:
                continue
            assert step.after is not None
            there = (layout.written(state, step.writes), (*locals_[:thread], step.after, *locals_[thread + 1 :]))
            moves[here].append((thread, step.gets_on or thread not in able, there))
            waiting.append(there)
    after = {here: {there for _, gets_on, there in found if not gets_on} for here, found in moves.items()}
    reached = {}
    for here in after:
        seen: set[Standing] = set()
        ways = list(after[here])
        while ways:
            there = ways.pop()
            if there not in seen:
                seen.add(there)
                ways.extend(after[there])
        reached[here] = seen
    for here in after:
        part = [there for there in reached[here] if here in reached[there]]
        if part:
            movers = {thread for one in part for thread, gets_on, there in moves[one] if not gets_on and there in part}
            obliged = set.intersection(*({thread for thread, _, _ in moves[one]} for one in part))
            if obliged <= movers:
                return True
    return False


@pytest.mark.parametrize("block", range(4))
def test_random_machines_are_judged_as_the_definition_says(tmp_path: Path, block: int) -> None:
    seen = set()
    for seed in range(block * 15, block * 15 + 15):
        target = write(tmp_path, drawn(seed))
        expected = goes_on_for_ever(target)
        seen.add(expected)
        engines = ("python",) if unavailable() else ("python", "native")
        for engine, reduction in itertools.product(engines, (True, False)):
            result = run(target, engine=engine, reduction=reduction)
            assert bool(livelocks(result)) == expected, (seed, engine, reduction)
    assert seen == {True, False}


# --- what must come true ------------------------------------------------------------------------------------------

CLAIM = "@model.eventually\ndef happens(box: Box) -> bool:\n    return {}\n"

# name -> the claim, how it fails ("", "ends", "goes round"), the body of each thread
EVENTUALLY: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "is done": ("atomic_read(box.a) == 1", "", ("atomic_set(box.a, 1)",)),
    "is done and undone": ("atomic_read(box.a) == 1", "", ("atomic_set(box.a, 1)\natomic_set(box.a, 0)",)),
    "is never done": ("atomic_read(box.a) == 2", "ends", ("atomic_set(box.a, 1)",)),
    "holds at first": ("atomic_read(box.a) == 0", "", ("atomic_set(box.a, 1)",)),
    "depends on who comes first": (
        "atomic_read(box.a) == 1",
        "ends",
        ("if not atomic_read(box.b): atomic_set(box.a, 1)", "atomic_set(box.b, 1)"),
    ),
    "is done at last, by fairness": (
        "atomic_read(box.a) == 1",
        "",
        ("atomic_set(box.a, 1)", "while True:\n    atomic_set(box.b, 1)\n    atomic_set(box.b, 0)"),
    ),
    "waits for a lock that is taken again and again": (
        "atomic_read(box.a) == 1",
        "goes round",
        (
            "spin_lock(lock)\natomic_set(box.a, 1)\nspin_unlock(lock)",
            "while True:\n    spin_lock(lock)\n    spin_unlock(lock)",
        ),
    ),
    "is left to a choice": (
        "atomic_read(box.a) == 1",
        "goes round",
        ("while True:\n    if choose(False, True): atomic_set(box.a, 1)",),
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", EVENTUALLY)
def test_what_must_come_true_fails_where_an_execution_does_without(tmp_path: Path, name: str, engine: str) -> None:
    claim, fails, bodies = EVENTUALLY[name]
    target = write(tmp_path, bodies)
    path = Path(target)
    path.write_text(path.read_text() + "\n\n" + CLAIM.format(claim))
    for reduction in (True, False):
        result = run(target, engine=engine, reduction=reduction)
        assert [finding.rule for finding in result.findings] == (["LM702"] if fails else [])
        for finding in result.findings:
            assert (finding.claim, finding.message) == ("happens", "happens of box never comes true.")
            assert (finding.loop_from is not None) == (fails == "goes round")
            _, again, _ = replay(target, finding.schedule)
            assert again is not None
            assert (again.rule, again.claim, again.loop_from) == ("LM702", "happens", finding.loop_from)


def test_an_interrupt_need_not_come_and_nothing_may_depend_on_it(tmp_path: Path) -> None:
    path = Path(write(tmp_path, ("mark('x')", "atomic_set(box.a, 1)")))
    text = path.read_text().replace("m.thread('t0', p0)", "m.thread('t0', p0, cpu=0)")
    text = text.replace("m.thread('t1', p1)", "m.hardirq('t1', p1, cpu=0)")
    path.write_text(text + "\n\n" + CLAIM.format("atomic_read(box.a) == 1"))
    (finding,) = run(str(path)).findings
    assert (finding.rule, [step.thread for step in finding.steps]) == ("LM702", ["t0"])


def test_what_must_come_true_of_one_object_may_not_of_another(tmp_path: Path) -> None:
    path = Path(write(tmp_path, ("atomic_set(box.a, 1)",)))
    text = path.read_text().replace("(m: Scenario) -> None:\n", "(m: Scenario) -> None:\n    m.new(Box, 'other')\n")
    path.write_text(text + "\n\n" + CLAIM.format("atomic_read(box.a) == 1"))
    (finding,) = run(str(path)).findings
    assert (finding.rule, finding.objects) == ("LM702", ["other"])


def test_the_graph_for_what_must_come_true_may_be_too_large(tmp_path: Path) -> None:
    path = Path(write(tmp_path, ("atomic_set(box.a, 1)\natomic_set(box.b, 1)",) * 2))
    path.write_text(path.read_text() + "\n\n" + CLAIM.format("atomic_read(box.a) == 1"))
    assert run(str(path)).verdict == "verified"
    assert run(str(path), max_states=4).verdict == "incomplete"
