"""A schedule that was printed is found again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli import specs
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    (tmp_path / "deadlock.py").write_text(specs.DEADLOCK, encoding="utf-8")
    (tmp_path / "verified.py").write_text(specs.VERIFIED, encoding="utf-8")


def headline(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("LM"))


def test_the_printed_command_shows_the_same_finding(run: Run) -> None:
    checked = run("check", "deadlock.py")
    printed = re.search(r"lockmodel (replay deadlock\.py lm1-\S+)", checked.stdout)
    assert printed is not None
    replayed = run(*printed[1].split())
    assert replayed.exit_code == 1
    assert headline(replayed.stdout) == headline(checked.stdout)
    assert printed[0] in replayed.stdout
    assert "no schedule is shorter" in checked.stdout
    assert "shorter" not in replayed.stdout  # of the other schedules it knows nothing


def test_a_file_with_the_result_serves_as_well(run: Run, tmp_path: Path) -> None:
    for form in ("json", "json-lines", "text"):
        run("check", "deadlock.py", "--output-format", form, "--output-file", "found")
        replayed = run("replay", "deadlock.py", "found")
        assert (replayed.exit_code, headline(replayed.stdout)[:5]) == (1, "LM101")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("lm1-xyz", "error: the schedule token lm1-xyz... is damaged\n  Copy the whole of it from the finding.\n"),
        (
            "lm2-xyz",
            'error: "lm2-xyz" is neither a token nor a file\n'
            "  A token begins with lm1- and stands below each finding; a file is what --output-format json wrote.\n",
        ),
    ],
)
def test_what_is_no_schedule_is_refused(run: Run, token: str, message: str) -> None:
    replayed = run("replay", "deadlock.py", token)
    assert (replayed.exit_code, replayed.stdout, replayed.stderr) == (2, "", message)


def test_a_schedule_of_another_spec_is_refused(run: Run) -> None:
    run("check", "deadlock.py", "--output-format", "json", "--output-file", "found")
    replayed = run("replay", "verified.py", "found")
    assert replayed.exit_code == 2
    assert replayed.stderr.startswith("error: verified.py::two_threads: the model fine has no scenario two_threads\n")
