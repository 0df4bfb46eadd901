"""The commands as they are typed: help, version, doctor, and what is refused before anything runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lockmodel import __version__
from lockmodel.check import native_unavailable
from tests.cli.conftest import Run

COMMANDS = ("check", "list", "replay", "graph", "explain", "schema", "doctor")


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").stdout == f"lockmodel {__version__}\n"


def test_python_m_lockmodel_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "lockmodel", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"lockmodel {__version__}\n", "")


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS)])
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    for option in ("-h", "--help"):
        helped = run(*command, option)
        assert helped.exit_code == 0
        assert f"Usage: {' '.join(['lockmodel', *command])}" in helped.stdout


def test_help_names_the_exit_codes_and_what_several_targets_do(run: Run) -> None:
    said = " ".join(run("check", "--help").stdout.split())
    assert "Exit codes: 0 all verified · 1 a finding · 2 usage or spec error · 3 incomplete" in said
    assert "the exit code is the first that occurs of 130, 4, 2, 1, 3, 5, 0" in said


def test_the_doctor_names_what_it_runs_on(run: Run) -> None:
    seen = run("doctor")
    assert seen.exit_code == 0
    lines = {line[:19].strip(): line[19:].strip() for line in seen.stdout.splitlines()}
    assert lines["lockmodel"].startswith(__version__)
    assert lines["Python"].startswith("CPython 3.")
    assert lines["search: python"] == "available"
    assert lines["search: native"] == (native_unavailable() or "available")
    assert lines["settings: file"] == "none (no pyproject.toml here or above)"
    assert lines["settings: variables"] == "no LOCKMODEL_* is set"
    assert lines["cache folder"].endswith("lockmodel")
    assert {"msgspec", "networkx", "pillow", "pygraphviz", "rich", "typer", "Graphviz: bundled", "terminal"} <= set(
        lines
    )


def test_the_doctor_survives_broken_settings(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lockmodel]\nsped = 1\n", encoding="utf-8")
    monkeypatch.setenv("LOCKMODEL_SPEED", "1")
    seen = run("doctor")
    assert seen.exit_code == 0
    assert "ERROR: " in seen.stdout
    assert 'pyproject.toml:2: [tool.lockmodel] has no key "sped"' in seen.stdout
    assert "ERROR: LOCKMODEL_SPEED: lockmodel has no such environment variable" in seen.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "a.py", "--max-states", "abc"], '--max-states: "abc" is of the wrong kind'),
        (["check", "a.py", "--max-states", "0"], "--max-states: 0 is too small"),
        (["check", "a.py", "--max-memory", "5X"], '--max-memory: "5X" is no size'),
        (["check", "a.py", "--timeout", "soon"], '--timeout: "soon" is no time'),
        (["check", "a.py", "--engine", "jet"], '--engine: "jet" is no engine'),
        (["check", "a.py", "--preemptions", "2"], "--preemptions: 2 bounds the preemptions of schedules, which"),
        (["check", "a.py", "--select", "LM9"], '--select: "LM9" is neither the code of a rule nor'),
        (["check", "a.py", "--set", "x"], '--set: "x" sets no switch'),
        (["check", "a.py", "-q", "-v"], "--quiet and --verbose contradict each other"),
        (["list", "a.py", "--output-format", "sarif"], '--output-format: "sarif" is no output format of list'),
        (["list", "a.py"], "a.py: there is no such file"),
        (["graph", "a.py", "--kind", "pile", "-o", "a.svg"], '--kind: "pile" is no kind of graph'),
        (["graph", "a.py", "--kind", "witness", "-o", "a.gif"], '-o: "a.gif" has no ending that says a format'),
    ],
)
def test_a_mistake_is_refused_with_2_and_no_traceback(run: Run, arguments: list[str], message: str) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"error: {message}")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("arguments", [["check"], ["chek"], ["check", "a.py", "--nope"], ["graph", "a.py"]])
def test_what_cannot_be_parsed_is_refused_with_2(run: Run, arguments: list[str]) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.stderr


def test_a_setting_from_the_environment_is_refused_by_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKMODEL_TIMEOUT", "never")
    assert run("check", "a.py").stderr.startswith('error: LOCKMODEL_TIMEOUT: "never" is no time\n')
