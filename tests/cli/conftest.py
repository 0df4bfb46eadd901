"""Fixtures for the command line's tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockmodel.cli import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `lockmodel` with these arguments, in an empty folder and without settings from outside."""
    monkeypatch.chdir(tmp_path)
    for variable in list(os.environ):
        if variable.startswith("LOCKMODEL_"):
            monkeypatch.delenv(variable)
    # no home: nothing that a test causes is written outside its folder
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), prog_name="lockmodel")

    return invoke
