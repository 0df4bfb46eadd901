"""Runs minicheck and frontrun, where they are installed, on what they can express."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from typing import Literal

from benchmarks.figures import Figure, Limits, absent
from benchmarks.measure import run
from benchmarks.subjects import HERE, Subject

Other = Literal["minicheck", "frontrun"]


def version(other: Other) -> str:
    """What is installed."""
    try:
        return importlib.metadata.version(other)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def check(subject: Subject, other: Other, limits: Limits) -> Figure:
    """One figure of one subject."""
    if version(other) == "absent":
        return absent("not installed")
    if not subject.form:
        return absent("not expressed")
    script = [str(HERE / f"{other}_models.py"), subject.form, str(subject.size)]
    if other == "minicheck":
        command = [sys.executable, *script]
    else:
        # It only explores beneath its own command, which puts its locks in the place of Python's.
        command = [sys.executable, "-m", "frontrun.cli", sys.executable, *script, str(limits.slow_seconds)]
    child = run(command, limits.slow_seconds + (5 if other == "frontrun" else 0))
    try:
        found = json.loads(child.output.splitlines()[-1])
    except (IndexError, ValueError):
        return Figure("unfinished", child.seconds, peak=child.peak)
    return Figure(
        found["verdict"],
        child.seconds,
        searched=found.get("searched"),
        states=found.get("states"),
        peak=child.peak,
        runs=found.get("runs"),
    )
