"""`lockmodel check --strategy` from end to end: verdicts, what is told, and the same bytes whatever the hash seed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli import specs
from tests.cli.conftest import Run

STRATEGIES = ("preemption", "pct", "walk", "pos", "dpor")


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    for name in ("deadlock", "verified", "big"):
        (tmp_path / f"{name}.py").write_text(getattr(specs, name.upper()), encoding="utf-8")


def scenarios(run: Run, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("check", *arguments, "--output-format", "json").stdout)["scenarios"]
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_finds_the_deadlock_and_its_schedule_replays(run: Run, strategy: str) -> None:
    checked = run("check", "deadlock.py", "--strategy", strategy)
    assert checked.exit_code == 1, checked.output
    token = re.search(r"lm1-\S+", checked.stdout)
    assert token is not None
    again = run("replay", "deadlock.py", token[0])
    assert (again.exit_code, "LM101" in again.stdout) == (1, True)


@pytest.mark.parametrize(("strategy", "code"), [("preemption", 0), ("dpor", 0), ("pct", 3), ("walk", 3), ("pos", 3)])
def test_only_what_has_seen_everything_passes(run: Run, strategy: str, code: int) -> None:
    assert run("check", "verified.py", "--strategy", strategy).exit_code == code
    [only] = scenarios(run, "verified.py", "--strategy", strategy)
    assert (only["strategy"], only["engine"], only["complete"]) == (strategy, "python", code == 0)
    assert only["numbers"]


def test_without_a_strategy_there_are_no_numbers(run: Run) -> None:
    [only] = scenarios(run, "verified.py")
    assert (only["strategy"], only["numbers"], only["figures"]) == ("exhaustive", [], {})


def test_a_bound_without_a_finding_is_said_to_be_one(run: Run) -> None:
    checked = run("check", "deadlock.py::two_threads", "--strategy", "preemption", "--preemptions", "0")
    assert checked.exit_code == 3
    said = " ".join(checked.stdout.split())
    assert "no schedule with at most 0 preemptions breaks a rule, but those with more were not looked at" in said
    assert "A higher --preemptions looks further." in said
    assert "preemption: two_threads: all schedules with at most 0 preemptions were run; states" in said


def test_a_finding_that_is_left_out_does_not_end_the_raising(run: Run) -> None:
    [only] = scenarios(run, "deadlock.py::two_threads", "--strategy", "preemption", "--ignore", "LM101")
    assert (only["figures"], only["findings"]) == ({"preemptions": 1}, [])


def test_the_numbers_of_random_runs_are_told(run: Run) -> None:
    checked = run("check", "verified.py", "--strategy", "pct", "--runs", "50", "--seed", "7", "--depth", "2")
    said = " ".join(checked.stdout.split())
    assert (
        "pct: one_thread: 50 runs (seed 7) took 1 different schedule; a bug of depth 2 in 1 thread and 4 steps" in said
    )
    assert "More --runs or another --seed looks further." in said
    [only] = scenarios(run, "verified.py", "--strategy", "pct", "--runs", "50", "--seed", "7", "--depth", "2")
    assert only["figures"] == {
        "runs": 50,
        "schedules": 1,
        "cut": 0,
        "seed": 7,
        "depth": 2,
        "threads": 1,
        "steps": 4,
        "guarantee": 0.25,
        "runs_counted": 49,
        "guarantee_of_all": pytest.approx(1 - 0.75**49, abs=1e-5),
        "spinning": 0,
    }


def test_classes_are_counted_and_a_limit_makes_them_the_least(run: Run) -> None:
    [both, _] = scenarios(run, "deadlock.py", "--strategy", "dpor")
    assert both["figures"] == {"classes": 3, "redundant": 0, "cut": 0, "passes": 1}
    assert both["numbers"][0].startswith("3 classes of interleavings, each run once")
    [big] = scenarios(run, "big.py", "--strategy", "dpor", "--timeout", "300ms")
    assert (big["verdict"], big["reason"][:21]) == ("incomplete", "reached the limit of ")
    assert big["numbers"][0].startswith("at least ")
    [cut] = scenarios(run, "verified.py", "--strategy", "dpor", "--max-steps", "2")
    assert (cut["verdict"], cut["reason"]) == ("incomplete", "1 run cut after 2 steps")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_limits_and_the_first_finding_end_every_strategy(run: Run, strategy: str) -> None:
    [big] = scenarios(run, "big.py", "--strategy", strategy, "--max-states", "100")
    assert (big["verdict"], big["reason"]) == ("incomplete", "reached the limit of 100 states")
    [first] = scenarios(run, "deadlock.py::two_threads", "--strategy", strategy, "-x")
    assert (first["verdict"], first["reason"]) == ("violated", "stopped at the first finding")


def test_several_workers_are_said_to_be_one(run: Run) -> None:
    checked = run("check", "verified.py", "--strategy", "dpor", "-j", "4")
    assert checked.exit_code == 0
    assert checked.stderr == "note: the strategy dpor runs in one worker, whatever -j says\n"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, strategy: str) -> None:
    printed = {check_with(tmp_path, strategy, seed) for seed in ("0", "1", "4711")}
    assert len(printed) == 1


def check_with(folder: Path, strategy: str, hash_seed: str) -> str:
    """What a check prints as JSON, without the clock."""
    checked = subprocess.run(
        [sys.executable, "-m", "lockmodel", "check", "deadlock.py", "--strategy", strategy, "--output-format", "json"],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stderr
    return re.sub(r'"seconds": [\d.]+', "", checked.stdout)
