"""What one setting of the switches has in common with another is searched once, and comes out as if it were not.

Random models get switches around some of their statements; each setting must have the very result that it has alone.
Then the conditions of the sharing are left out one at a time, each of which changes some result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockmodel.check import Checker, CheckOptions, check_matrix
from lockmodel.compile.lower import other_settings
from lockmodel.engine.move import Move
from lockmodel.engine.remembered import Remembered
from lockmodel.engine.step import Stepper
from lockmodel.errors import LockmodelError
from lockmodel.findings.finding import CheckResult
from lockmodel.ir.form import Parts
from tests.engine.random_models import rich_specs
from tests.engine.test_exactness import examples

SWITCHES = """\
one = model.switch("one", False, "")
two = model.switch("two", True, "")
fails = model.switch("fails", False, "")
"""


@st.composite
def switched_specs(draw: st.DrawFn) -> str:
    """A random model in which some statements stand under a switch."""
    lines = draw(rich_specs(threads=2, most=3)).splitlines()
    first = next(number for number, line in enumerate(lines) if line == "@model.path")
    last = next(number for number, line in enumerate(lines) if line == "@model.scenario")
    simple = [
        number
        for number in range(first, last)
        if lines[number].startswith("    ") and not lines[number].endswith(":") and "seen, id" not in lines[number]
    ]
    for number in draw(st.lists(st.sampled_from(simple), unique=True, min_size=1, max_size=3)):
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        lines[number] = f"{indent}if {draw(st.sampled_from(('one', 'not one', 'two', 'not two')))}:\n    {line}"
    text = "\n".join(lines).replace("may_fail=True", "may_fail=fails")
    return text.replace('model = Model("rich")\n', f'model = Model("rich")\n{SWITCHES}', 1)


def timeless(result: CheckResult) -> CheckResult:
    return replace(result, scenarios=[replace(scenario, seconds=0.0) for scenario in result.scenarios])


def compare(path: Path) -> None:
    """Each setting has the result that it has alone, whether it was searched ahead, by itself or not at all."""
    options = CheckOptions(str(path), max_states=20_000)
    together = Checker(options)
    settings: list[Mapping[str, str | bool | int]] = [{}, *other_settings(together.model, {}, pairs=True)]
    programs = [together.compiled(None, setting) for setting in settings]
    together.search_ahead(programs)
    searched = sum(together.check_program(program).searched for program in programs)
    assert searched <= len(programs)
    for setting, program in zip(settings, programs, strict=True):
        alone = Checker(options).check(None, setting).result
        assert timeless(together.check_program(program).result) == timeless(alone)


@examples(40)
@given(switched_specs())
def test_every_setting_has_the_result_that_it_has_alone(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("spec") / "spec.py"
    path.write_text(text, encoding="utf-8")
    try:
        Checker(CheckOptions(str(path), max_states=20_000)).check(None, {})
    except LockmodelError:
        assume(False)
    compare(path)


# --- the conditions on trial -----------------------------------------------------------------------------------------

TRIAL = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import (
    GFP_KERNEL, Library, Model, Range, Scenario, Semaphore, Struct,
    down, down_interruptible, kfree, kmem_cache_zalloc, up,
)


class Box(Struct):
    sem: Semaphore
    x: Annotated[int, Range(0, 3)]


around = Library("around")
interrupted = around.switch("interrupted", False, "")
fails = around.switch("fails", False, "")
size = around.switch("size", 1, "", values=[1, 2, 3])
m = Model("m", uses=[around], signals=interrupted)
boxes = m.cache(Box, capacity=1, may_fail=fails)


@m.procedure
def chosen() -> int:
    if size.value == 3:
        return 1
    return size.value


@m.path
def changes(box: Box) -> None:
    seen = box.x
    box.x = seen + chosen()
    assert box.x == 1


@m.path
def makes(box: Box) -> None:
    made = kmem_cache_zalloc(boxes, GFP_KERNEL)
    made.x = 1
    kfree(made)


@m.path
def waits(box: Box) -> None:
    down(box.sem)
    if down_interruptible(box.sem):
        assert box.x == 3
        return
    up(box.sem)


@m.path
def idles(box: Box) -> None:
    if box.x == 2:
        box.x = chosen()
    box.x = 0


@m.scenario
def changing(s: Scenario) -> None:
    s.thread("t", changes, s.new(Box, x=0))


@m.scenario
def making(s: Scenario) -> None:
    s.thread("t", makes, s.new(Box, x=0))


@m.scenario
def waiting(s: Scenario) -> None:
    s.thread("t", waits, s.new(Box, x=0))


@m.scenario
def idling(s: Scenario) -> None:
    s.thread("t", idles, s.new(Box, x=0))
"""

NEEDS = {
    ("LM305", "making"): [{"fails": True}],
    ("LM701", "changing"): [{"size": 2}],
    ("LM701", "waiting"): [{"interrupted": True}],
}


@pytest.fixture
def trial(tmp_path: Path) -> str:
    file = tmp_path / "trial.py"
    file.write_text(TRIAL, encoding="utf-8")
    return str(file)


def needs(trial: str, jobs: int = 1) -> dict[tuple[str, str], list[dict[str, bool | int | str]]]:
    """What each finding needs."""
    result = check_matrix(CheckOptions(trial, jobs=jobs), "pairs").result
    return {(one.rule, scenario): one.needs for one in result.needing for scenario in one.scenarios}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_finding_needs_is_found(trial: str, jobs: int) -> None:
    assert needs(trial, jobs) == NEEDS


@pytest.mark.parametrize("name", ["signals", "fail"])
def test_a_procedure_may_have_any_name(name: str, trial: str) -> None:
    file = Path(trial)
    file.write_text(TRIAL.replace("chosen", name), encoding="utf-8")
    assert needs(trial) == NEEDS


def test_what_asks_for_nothing_that_differs_is_searched_once(trial: str) -> None:
    told = check_matrix(CheckOptions(f"{trial}::idling"), "each").result
    assert [one.searched for one in told.matrix or ()] == [1, 0, 0, 0, 0]
    told = check_matrix(CheckOptions(trial), "pairs").result
    assert [one.searched for one in told.matrix or ()] == [4, 1, 1, 1, 1, *[0] * 5]


@pytest.mark.parametrize(
    ("scenario", "options"),
    [("", {"strategy": "dpor"}), ("", {"strategy": "walk", "runs": 3}), ("::changing", {"stop_first": True})],
)
def test_a_matrix_does_not_depend_on_the_number_of_workers(scenario: str, options: dict[str, Any], trial: str) -> None:
    Path(trial).write_text(TRIAL.replace("size.value == 3", "size.value == 0"), encoding="utf-8")
    target = f"{trial}{scenario}"
    one, two = (check_matrix(CheckOptions(target, jobs=jobs, **options), "pairs").result for jobs in (1, 2))
    assert (one.matrix, one.needing) == (two.matrix, two.needing)


def test_what_was_not_reached_is_told_of_the_program_at_hand(trial: str) -> None:
    checker = Checker(CheckOptions(f"{trial}::idling"))
    three = checker.check(None, {"size": 3}).result
    other = checker.check(None, {"size": 2})
    assert other.searched == 0
    assert missed(three) == ["return 1", "box.x = chosen()"]
    assert missed(other.result) == ["return size.value", "box.x = chosen()"]


def missed(result: CheckResult) -> list[str]:
    """The statements that were not reached."""
    lines = TRIAL.splitlines()
    return [lines[int(item.spec.rpartition(":")[2]) - 1].strip() for item in result.unreached]


def without_what_is_entered(patch: pytest.MonkeyPatch) -> None:
    enter = Move.enter

    def forgets(self: Move, *arguments: object) -> object:
        ran = set(self.ran)
        frame = enter(self, *arguments)  # type: ignore[arg-type]
        self.ran = ran
        return frame

    patch.setattr(Move, "enter", forgets)


def without_what_is_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stepper, "_ask", lambda self, *names: None)


def without_a_look_at_the_program(patch: pytest.MonkeyPatch) -> None:
    class Blind(Parts):
        def of(self, names: object) -> frozenset[int]:
            return frozenset()

    keep = Remembered.keep

    def forgets(self: Remembered, *arguments: object) -> None:
        parts, self._parts = self._parts, Blind({})
        keep(self, *arguments)  # type: ignore[arg-type]
        self._parts = parts

    patch.setattr(Remembered, "keep", forgets)


@pytest.mark.parametrize("leave_out", [without_what_is_entered, without_what_is_asked, without_a_look_at_the_program])
def test_without_a_condition_something_is_lost(
    leave_out: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, trial: str
) -> None:
    leave_out(monkeypatch)
    assert needs(trial) != NEEDS
