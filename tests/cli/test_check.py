"""`lockmodel check` from end to end: exit codes, formats, and several targets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lockmodel import check
from lockmodel.check import CheckRun
from lockmodel.errors import InternalError
from tests.cli import specs
from tests.cli.conftest import Run
from tests.cli.records import finding, result, scenario


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    for name in ("deadlock", "verified", "big", "empty", "broken"):
        (tmp_path / f"{name}.py").write_text(getattr(specs, name.upper()), encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verified.py"], 0),
        (["verified"], 0),
        (["deadlock.py", "--design", "ordered"], 0),
        (["deadlock.py::one_thread"], 0),
        (["deadlock.py"], 1),
        (["deadlock.py::two_threads", "-x"], 1),
        (["deadlock.py", "--no-reduction"], 1),
        (["broken.py"], 2),
        (["nowhere.py"], 2),
        (["verified.py::one_thred"], 2),
        (["verified.py", "--design", "orderd"], 2),
        (["verified.py", "--set", "x=on"], 2),
        (["big.py", "--max-states", "100"], 3),
        (["empty.py"], 5),
    ],
)
def test_the_exit_code_says_how_it_ended(run: Run, arguments: list[str], code: int) -> None:
    checked = run("check", *arguments)
    assert checked.exit_code == code, checked.output
    assert "Traceback" not in checked.output


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        (["verified.py", "deadlock.py"], 1),
        (["deadlock.py", "verified.py", "broken.py"], 2),
        (["big.py", "deadlock.py", "verified.py"], 1),
        (["verified.py", "big.py", "empty.py"], 3),
        (["verified.py", "empty.py"], 5),
    ],
)
def test_of_several_targets_the_gravest_end_counts(run: Run, targets: list[str], code: int) -> None:
    assert run("check", *targets, "--max-states", "100").exit_code == code


def test_an_error_in_one_target_hides_no_other(run: Run) -> None:
    checked = run("check", "broken.py", "deadlock.py", "nowhere.py", "verified.py")
    assert checked.stdout.count("LM101") > 0
    assert "verified.py  model fine" in checked.stdout
    assert [line.partition(":")[0] for line in checked.stderr.splitlines() if line.startswith("error")] == ["error"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verified.py::one_thred"], "Did you mean one_thread?"),
        (["verified.py", "--design", "orderd"], "ordered"),
        (["broken.py"], "broken.py:34: "),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(run: Run, arguments: list[str], message: str) -> None:
    checked = run("check", *arguments)
    assert checked.stdout == ""
    assert checked.stderr.startswith("error: ")
    assert message in checked.stderr


@pytest.mark.parametrize("arguments", [["--max-states", "100"], ["--timeout", "1ms"], ["--max-memory", "20K"]])
def test_a_limit_is_never_a_pass(run: Run, arguments: list[str]) -> None:
    checked = run("check", "big.py", *arguments, "--output-format", "json")
    assert checked.exit_code == 3
    [only] = json.loads(checked.stdout)["scenarios"]
    assert (only["verdict"], only["complete"]) == ("incomplete", False)
    assert only["reason"]


def test_a_model_without_scenarios_is_said_to_have_none(run: Run) -> None:
    checked = run("check", "empty.py")
    assert checked.exit_code == 5
    assert "error: empty.py: the model empty has no scenario" in checked.stderr


def test_one_target_gives_one_document_and_several_a_list(run: Run) -> None:
    one = json.loads(run("check", "verified.py", "--output-format", "json").stdout)
    assert one["schema_version"] == 1
    several = json.loads(run("check", "verified.py", "broken.py", "--output-format", "json").stdout)
    assert [document["model"] for document in several] == ["fine"]
    lines = run("check", "verified.py", "deadlock.py", "--output-format", "json-lines").stdout.splitlines()
    assert [json.loads(line)["scenario"]["name"] for line in lines] == ["one_thread", "two_threads", "one_thread"]


def test_a_file_holds_the_report_and_people_still_see_the_text(run: Run, tmp_path: Path) -> None:
    checked = run("check", "deadlock.py", "--output-format", "sarif", "--output-file", "report.sarif")
    assert json.loads((tmp_path / "report.sarif").read_text())["version"] == "2.1.0"
    assert "LM101" in checked.stdout
    quiet = run("check", "deadlock.py", "--output-format", "json", "--output-file", "report.json", "-q")
    assert (quiet.exit_code, quiet.stdout) == (1, "")
    assert json.loads((tmp_path / "report.json").read_text())["model"] == "abba"


def test_settings_of_the_file_and_the_environment_count(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "pyproject.toml"
    settings.write_text("[tool.lockmodel]\ndesign = 'ordered'\n")
    assert run("check", "deadlock.py").exit_code == 0
    monkeypatch.setenv("LOCKMODEL_DESIGN", "as-written")
    assert run("check", "deadlock.py").exit_code == 1
    assert run("check", "deadlock.py", "--design", "ordered").exit_code == 0
    monkeypatch.delenv("LOCKMODEL_DESIGN")
    settings.write_text("[tool.lockmodel]\nmax-states = 100\n")
    assert run("check", "big.py").exit_code == 3
    assert run("check", "big.py", "--max-states", "20000").exit_code == 0


def test_a_finding_that_is_ignored_is_no_finding_and_no_pass(run: Run) -> None:
    assert run("check", "deadlock.py", "--select", "LM3").exit_code != 1
    assert run("check", "deadlock.py", "--ignore", "LM101").exit_code != 1
    assert run("check", "deadlock.py", "--select", "LM1").exit_code == 1


def test_a_cycle_that_cannot_deadlock_counts_where_the_order_is_strict(run: Run) -> None:
    Path("gated.py").write_text(specs.GATED)
    plain, strict = run("check", "gated.py"), run("check", "gated.py", "--strict-order")
    assert (plain.exit_code, strict.exit_code) == (0, 1)
    assert "lock order goes round: a -> b -> a (unreachable: gate lock g: it is held" in plain.stdout
    assert "LM202 lock-cycle  a -> b -> a" in strict.stdout


def test_an_interrupted_check_prints_what_it_has_and_checks_no_more(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = CheckRun(result(scenario("violated", finding(), complete=False)), True)
    monkeypatch.setattr(check, "check", lambda options, progress: cut)
    checked = run("check", "a.py", "b.py", "c.py")
    assert checked.exit_code == 130
    assert "LM101" in checked.stdout
    assert checked.stderr == "interrupted: what was found until then is reported\nnot checked: b.py, c.py\n"


def test_stop_first_says_what_it_did_not_check(run: Run) -> None:
    checked = run("check", "deadlock.py", "verified.py", "-x")
    assert (checked.exit_code, checked.stderr) == (1, "not checked: verified.py\n")


def test_json_is_the_same_for_every_hash_seed(tmp_path: Path) -> None:
    documents = [checked_with_seed(tmp_path, seed) for seed in ("0", "1", "2")]
    assert documents[0] == documents[1] == documents[2]
    assert documents[0]["scenarios"][0]["findings"]


def checked_with_seed(folder: Path, seed: str) -> Any:
    """The document that a fresh interpreter prints, without its clocks."""
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "lockmodel", "check", "deadlock.py", "--output-format", "json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    for one in document["scenarios"]:
        del one["seconds"]
    # the keys' order counts too
    return {"text": json.dumps(document), **document}


HEEDING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run in the background, and ignore it
from lockmodel.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_a_search_with_what_it_found(tmp_path: Path) -> None:
    # 5 ** 12 states: far more than a test has time for
    text = specs.BIG.replace("range(6)", "range(12)").replace("atomic(0, 24)", "atomic(0, 48)")
    (tmp_path / "endless.py").write_text(text, encoding="utf-8")
    slow = ["--engine", "python", "--no-reduction"]
    command = [sys.executable, "-c", HEEDING, "check", "endless.py", *slow, "--output-format", "json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        progress = running.stderr.readline()
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    assert progress.startswith("six_threads (1/1) · ")
    assert running.returncode == 130
    assert stderr.endswith("interrupted: what was found until then is reported\n")
    [only] = json.loads(stdout)["scenarios"]
    assert (only["verdict"], only["reason"]) == ("incomplete", "interrupted")


def test_an_internal_error_in_one_target_hides_no_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = check.check

    def disagree(options: check.CheckOptions, progress: object) -> CheckRun:
        if options.target == "big.py":
            raise InternalError("the replay disagrees with the search")
        return real(options)

    monkeypatch.setattr(check, "check", disagree)
    checked = run("check", "deadlock.py", "big.py", "verified.py", "--output-format", "json")
    assert checked.exit_code == 4
    assert checked.stderr.startswith("internal error: the replay disagrees with the search; please report it with ")
    assert [document["model"] for document in json.loads(checked.stdout)] == ["abba", "fine"]
