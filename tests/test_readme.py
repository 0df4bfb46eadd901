"""What the README says is so: its spec prints what it shows, its lists are complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import lockmodel
from lockmodel.properties.catalogue import RULES

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_spec_prints_what_is_shown(tmp_path: Path) -> None:
    spec, shown = re.findall(r"```(?:python|text)\n(.*?)```", section("A spec, and what it prints"), re.DOTALL)
    (tmp_path / "bank.py").write_text(spec)
    printed = subprocess.run(
        [sys.executable, "-m", "lockmodel", "check", "bank.py"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 1
    assert printed.stdout.rstrip("\n") == shown.rstrip("\n")


def test_the_public_names_are_listed() -> None:
    assert re.findall(r"`(\w+)`", section("What a spec can import")) == lockmodel.__all__


def test_the_rules_are_listed() -> None:
    rows = re.findall(r"^\| (LM\d+) \| (\S+) \| (.*) \|$", section("Rules"), re.MULTILINE)
    assert rows == [(rule.code, rule.name, rule.when) for rule in RULES.values() if rule.judged]


def test_the_stages_are_there() -> None:
    folders = re.findall(r"lockmodel/(\w+)/ ", section("The way of the data"))
    root = Path(lockmodel.__file__).parent
    assert folders == ["language", "compile", "ir", "engine", "properties", "findings", "report"]
    assert all((root / folder).is_dir() for folder in folders)
