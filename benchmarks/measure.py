"""Runs one program with a limit of time, and says how long it took, how much memory it had and what it wrote.

Memory is the largest resident set that the system counted for that child. A child starts as a copy of the process that
runs it, so nothing smaller than that process can be seen: what runs children here imports little.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

GRACE = 15.0
"""Seconds to write a report in, after the interrupt that ends a child's time."""

KIB = 1024


@dataclass(frozen=True)
class Child:
    """What became of a child."""

    seconds: float
    peak: int
    """Bytes."""
    output: str
    errors: str
    code: int
    late: bool
    """Its time was up before it had ended."""


def run(
    command: Sequence[str], limit: float, *, folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Child:
    """Run a command to its end, or until `limit` seconds are up: then it is interrupted, and soon killed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=folder,
            env={**os.environ, **(settings or {})},
            start_new_session=True,
        )
        late = threading.Event()

        def interrupt() -> None:
            late.set()
            os.killpg(child.pid, signal.SIGINT)

        timers = [
            threading.Timer(limit, interrupt),
            threading.Timer(limit + GRACE, os.killpg, (child.pid, signal.SIGKILL)),
        ]
        for timer in timers:
            timer.start()
        try:
            # wait4 and not Popen.wait, which would keep the child's resources to itself.
            _, status, resources = os.wait4(child.pid, 0)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            for timer in timers:
                timer.cancel()
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        return Child(seconds, resources.ru_maxrss * KIB, text(output), text(errors), child.returncode, late.is_set())


def text(file: IO[bytes]) -> str:
    """All that was written to a file."""
    file.seek(0)
    return file.read().decode(errors="replace")
