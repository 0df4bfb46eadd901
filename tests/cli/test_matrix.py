"""`lockmodel check --matrix`: the same with each switch turned, and with each two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from lockmodel import check
from lockmodel.compile import load
from lockmodel.compile.lower import other_settings
from lockmodel.findings.finding import CheckResult
from lockmodel.findings.matrix import run_of, with_matrix
from tests.cli.conftest import Run
from tests.cli.records import finding, result, scenario

SPEC = """from __future__ import annotations

from lockmodel import *

m = Model("m")
one = m.switch("one", False, "")
two = m.switch("two", True, "")
size = m.switch("size", 1, "", values=[1, 2, 3])
idle = m.switch("idle", False, "of nothing")
a, b = m.mutex("a"), m.mutex("b")


@m.path
def f() -> None:
    if size.value == 3:
        assert False
    if one:
        assert two
    mutex_lock(a)
    if not two and size.value == 2:
        mutex_lock(a)
    mutex_unlock(a)


@m.path
def g() -> None:
    mutex_lock(b)
    mutex_unlock(b)


@m.scenario
def of_f(s: Scenario) -> None:
    s.thread("f", f)


@m.scenario
def of_g(s: Scenario) -> None:
    s.thread("g", g)
"""

TEXT = """\
verified: 2 scenarios, every interleaving of 1 thread, 4 states; within the bounds named above.
  switches turned  verdict   findings  new  gone  searched
  ───────────────  ────────  ────────  ───  ────  ────────
  none             verified         0    0     0         2
  size=3           violated         1    1     0         1
  one=on, two=off  violated         1    1     0         1
  one=on, size=3   violated         1    1     0         1
  two=off, size=2  violated         1    1     0         1
  two=off, size=3  violated         1    1     0         0
  size=3, idle=on  violated         1    1     0         0
  as with none: one=on, two=off, size=2, idle=on, one=on with size=2, one=on with idle=on, two=off with
    idle=on and size=2 with idle=on

  LM102 self-deadlock  in f, spec.py:21
      needs two=off with size=2; in of_f
  LM701 invariant  in f, spec.py:16
      needs size=3; in of_f
  LM701 invariant  in f, spec.py:18
      needs one=on with two=off; in of_f

matrix: 15 settings; findings that need a turned switch: 3.
"""


@pytest.fixture(autouse=True)
def _spec(tmp_path: Path) -> None:
    (tmp_path / "spec.py").write_text(SPEC, encoding="utf-8")


def test_which_findings_need_which_switches_is_told(run: Run) -> None:
    told = run("check", "spec.py", "--matrix", "pairs", "-q")
    assert (told.exit_code, told.stderr) == (1, "")
    assert told.stdout == TEXT


def test_a_switch_alone_is_turned_to_each_of_its_other_values(run: Run) -> None:
    told = json.loads(run("check", "spec.py", "--matrix", "each", "--output-format", "json").stdout)
    turned = [one["turned"] for one in told["matrix"]]
    assert turned == [{}, {"one": True}, {"two": False}, {"size": 2}, {"size": 3}, {"idle": True}]
    (needing,) = told["needing"]
    assert (needing["rule"], needing["needs"], needing["certain"]) == ("LM701", [{"size": 3}], True)
    assert [one["verdict"] for one in told["scenarios"]] == ["verified", "verified"]
    assert run("replay", "spec.py", needing["schedule"]).exit_code == 1


def test_what_is_set_is_what_is_turned_from(run: Run) -> None:
    arguments = ["--matrix", "each", "--set", "size=3", "--set", "idle=on", "--output-format", "json"]
    told = json.loads(run("check", "spec.py", *arguments).stdout)
    assert [one["turned"] for one in told["matrix"]][3:] == [{"size": 1}, {"size": 2}, {"idle": False}]
    assert [(one["new"], one["gone"]) for one in told["matrix"]][3:] == [(0, 1), (0, 1), (0, 0)]
    assert told["needing"] == []


def test_every_setting_has_the_result_that_it_has_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    checker = check.Checker(check.CheckOptions("spec.py"))
    for turned in [{}, *other_settings(load("spec.py"), {}, pairs=True)]:
        alone = check.Checker(check.CheckOptions("spec.py")).check(None, turned)
        assert timeless(checker.check(None, turned).result) == timeless(alone.result)


def timeless(of: CheckResult) -> CheckResult:
    return replace(of, scenarios=[replace(scenario, seconds=0.0) for scenario in of.scenarios])


def test_without_a_matrix_there_is_none(run: Run) -> None:
    told = json.loads(run("check", "spec.py", "--output-format", "json").stdout)
    assert (told["matrix"], told["needing"]) == (None, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--matrix", "all"], 'error: --matrix: "all" is no matrix\n  Use each or pairs.\n'),
        (
            ["--matrix", "each", "--output-format", "sarif"],
            'error: --matrix: "each" has no place in sarif\n  Use --output-format text or json.\n',
        ),
        (["--set", "size=4"], "error: the switch `size` is never `4`\n  Its values are 1, 2, 3.\n"),
    ],
)
def test_what_cannot_be_turned_is_refused(run: Run, arguments: list[str], message: str) -> None:
    refused = run("check", "spec.py", *arguments)
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", message)


def test_a_switch_that_does_not_say_its_values_is_not_passed_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "spec.py").write_text(SPEC.replace(", values=[1, 2, 3]", ""), encoding="utf-8")
    refused = run("check", "spec.py", "--matrix", "each")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "error: the switch `size` does not say which values it has, so it cannot be turned\n"
        '  Declare them: `switch("size", 1, ..., values=[...])`.\n'
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ('values=[1, "2"]', "the values of the switch `size` are not all of the type of its default"),
        ("values=[2, 3]", "the switch `size` is 1, which is none of its values\n  Its values are 2, 3."),
    ],
)
def test_values_that_do_not_fit_are_refused(run: Run, tmp_path: Path, values: str, message: str) -> None:
    (tmp_path / "spec.py").write_text(SPEC.replace("values=[1, 2, 3]", values), encoding="utf-8")
    refused = run("check", "spec.py")
    assert (refused.exit_code, refused.stderr) == (2, f"error: spec.py:8: {message}\n")


# --- what the records say -----------------------------------------------------------------------------------------


def test_only_smallest_sets_are_told_and_an_incomplete_one_leaves_doubt() -> None:
    none, found = result(scenario("verified")), result(scenario("violated", finding("LM701")))
    cut = result(scenario("incomplete", complete=False))
    runs = [
        run_of({}, none, 1),
        run_of({"a": True}, cut, 1),
        run_of({"b": True}, found, 1),
        run_of({"c": True}, none, 1),
        run_of({"a": True, "b": True}, found, 1),
        run_of({"a": True, "c": True}, found, 1),
    ]
    whole = with_matrix(none, runs)
    (needing,) = whole.needing
    assert needing.needs == [{"b": True}, {"a": True, "c": True}]
    assert not needing.certain
    assert [one.verdict for one in whole.matrix or ()][:3] == ["verified", "incomplete", "violated"]


def test_a_setting_that_was_not_searched_to_the_end_is_no_pass() -> None:
    from lockmodel.outcome import Exit, judge

    none, cut = result(scenario("verified")), result(scenario("incomplete", complete=False))
    assert judge(with_matrix(none, [run_of({}, none, 1), run_of({"a": True}, none, 0)])) is Exit.VERIFIED
    assert judge(with_matrix(none, [run_of({}, none, 1), run_of({"a": True}, cut, 0)])) is Exit.INCOMPLETE
