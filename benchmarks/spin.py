"""Builds SPIN's verifier of a model as an expert would, runs it, and reads what it prints.

The options: -O2 and -DSAFETY, -DNOCLAIM for what no model here has (cycles, claims), -DNOREDUCE where partial order
reduction is to be off; a stack as deep as the subject can need, because all of it is in memory from the start; a hash
table that starts small and grows by itself; -c0, to search everything whatever is found, as `lockmodel check` does.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, Limits, absent
from benchmarks.measure import run
from benchmarks.subjects import HERE, Subject

STORED = re.compile(r"^\s*(\S+) states, stored", re.MULTILINE)
TRANSITIONS = re.compile(r"^\s*(\S+) transitions ", re.MULTILINE)
ERRORS = re.compile(r"errors: (\d+)")
ELAPSED = re.compile(r"elapsed time (\S+) seconds")


def missing() -> str:
    """What SPIN lacks here, or nothing."""
    lacking = [program for program in ("spin", "gcc") if not shutil.which(program)]
    return f"no {' and no '.join(lacking)}" if lacking else ""


def version() -> str:
    """What `spin -V` says."""
    return "absent" if missing() else " ".join(run(["spin", "-V"], 10).output.split()[2:3])


def compiler() -> str:
    """What gcc says of itself."""
    return "absent" if missing() else run(["gcc", "-dumpfullversion"], 10).output.strip()


def verify(subject: Subject, limits: Limits, *, reduce: bool) -> Figure:
    """One figure of one subject: the verifier is generated, compiled and run."""
    if missing():
        return absent(missing())
    if not subject.promela:
        return absent("no model")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = HERE / "promela" / subject.promela
        generated = run(["spin", "-a", *(f"-D{d}" for d in subject.defines), str(model)], 60, folder=folder)
        options = [
            "-O2",
            "-w",
            "-DSAFETY",
            "-DNOCLAIM",
            f"-DMEMLIM={limits.memory >> 20}",
            *(["-DNOREDUCE"] * (not reduce)),
        ]
        compiled = run(["gcc", *options, "-o", "pan", "pan.c"], 120, folder=folder)
        if generated.code or compiled.code:
            return absent("does not build")
        child = run(["./pan", "-c0", "-n", "-w20", f"-m{subject.depth}"], limits.seconds, folder=folder)
    build = generated.seconds + compiled.seconds
    stored, made, errors = STORED.search(child.output), TRANSITIONS.search(child.output), ERRORS.search(child.output)
    if not (stored and made and errors):
        return Figure("unfinished", build + child.seconds, build, peak=child.peak)
    # Not finished: the time was up, the memory was full, or a branch was cut where the stack ended.
    whole = not child.late and "Search not completed" not in child.output and "depth too small" not in child.output
    elapsed = ELAPSED.search(child.output)
    return Figure(
        ("violated" if int(errors[1]) else "verified") if whole else "unfinished",
        build + child.seconds,
        build,
        searched=float(elapsed[1]) if elapsed else None,
        states=int(float(stored[1])),
        # The verifier counts the way into the first state as one.
        transitions=int(float(made[1])) - 1,
        peak=child.peak,
        note="" if whole else "time" if child.late else "memory",
    )
