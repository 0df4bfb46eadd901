"""Runs `lockmodel check` as anyone would, by its command line, and reads the JSON that it writes."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

from benchmarks.figures import Figure, Limits, Verdict, absent
from benchmarks.measure import Child, run
from benchmarks.subjects import HERE, INOTIFY, ROOT, Subject

Way = Literal["cold", "warm", "python", "unreduced"]

VERDICTS: dict[str, Verdict] = {"verified": "verified", "violated": "violated"}


def arguments(target: str, design: str | None, way: Way, seconds: float, memory: int) -> list[str]:
    """The command line after `lockmodel`. The limit of states is out of the way: time and memory end a search."""
    words = ["check", target, "--output-format", "json", "--quiet", "--max-states", str(10**12)]
    words += ["--timeout", f"{seconds:g}s", "--max-memory", str(memory)]
    words += ["--design", design] if design else []
    unreduced = ["--no-reduction", "--ignore", "LM301"]
    words += {"cold": [], "warm": [], "python": ["--engine", "python"], "unreduced": unreduced}[way]
    return words


def check(subject: Subject, way: Way, limits: Limits) -> Figure:
    """One figure of one subject."""
    seconds = limits.slow_seconds if way == "python" else limits.seconds
    words = arguments(subject.target, subject.design, way, seconds, limits.memory)
    if way != "warm":
        child = run([sys.executable, "-m", "lockmodel", *words], seconds + 5, folder=ROOT)
        return figure(child, document(child), child.seconds)
    child = run([sys.executable, str(HERE / "warm.py"), *words], 2 * seconds + 5, folder=ROOT)
    again = document(child)
    return figure(child, again and again["result"], again["seconds"] if again else 0.0)


def document(child: Child) -> Any:
    """The JSON that a child wrote; None where it wrote none."""
    try:
        return json.loads(child.output)
    except ValueError:
        return None


def figure(child: Child, result: Any, seconds: float) -> Figure:
    """What a run says about its one scenario."""
    if not result:
        words = child.errors.strip().splitlines()
        return absent("killed" if child.late else words[-1] if words else f"exit code {child.code}")
    scenario = result["scenarios"][0]
    return Figure(
        # A finding in a search that did not end is a verdict, but not what is timed here.
        VERDICTS.get(scenario["verdict"], "unfinished") if scenario["complete"] else "unfinished",
        seconds,
        searched=scenario["seconds"],
        states=scenario["states"],
        transitions=scenario["transitions"],
        peak=child.peak,
        note="" if scenario["complete"] else str(scenario["reason"]),
    )


def flagship() -> list[str]:
    """The names of the flagship's scenarios."""
    child = run([sys.executable, "-m", "lockmodel", "list", INOTIFY, "--output-format", "json"], 60, folder=ROOT)
    listed = document(child)
    return [scenario["name"] for scenario in listed["scenarios"]] if listed else []


def matrix(design: str, limits: Limits) -> Figure:
    """All scenarios of the flagship in one cold run."""
    words = arguments(INOTIFY, design, "cold", limits.seconds, limits.memory)
    child = run([sys.executable, "-m", "lockmodel", *words], limits.seconds, folder=ROOT)
    result = document(child)
    if not result or child.late:
        return Figure("unfinished", child.seconds, peak=child.peak)
    scenarios = result["scenarios"]
    complete = all(scenario["complete"] for scenario in scenarios)
    broken = any(scenario["verdict"] == "violated" for scenario in scenarios)
    return Figure(
        ("violated" if broken else "verified") if complete else "unfinished",
        child.seconds,
        states=sum(scenario["states"] for scenario in scenarios),
        transitions=sum(scenario["transitions"] for scenario in scenarios),
        peak=child.peak,
    )


def version() -> str:
    """What `lockmodel --version` says, without the name."""
    return run([sys.executable, "-m", "lockmodel", "--version"], 60, folder=ROOT).output.split()[-1]
