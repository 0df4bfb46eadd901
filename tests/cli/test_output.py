"""Printing to whoever reads."""

from __future__ import annotations

import subprocess
import sys


def test_a_reader_that_goes_away_causes_no_noise() -> None:
    program = "from lockmodel.output import print_text\nfor _ in range(5000): print_text('x' * 100)"
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    with writer.stderr:
        assert writer.stderr.read() == b""
    assert writer.wait() == 0
