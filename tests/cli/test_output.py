"""Printing to whoever reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.specs import VERIFIED


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_no_error_of_ours() -> None:
    command = [sys.executable, "-m", "lockmodel", "doctor"]
    with open("/dev/full", "wb") as full:
        printed = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (printed.returncode, printed.stderr) == (
        2,
        "error: cannot write to the standard output: No space left on device\n"
        "  Send it somewhere else, or use --output-file.\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_notes_that_nobody_takes_change_no_exit_code(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text(VERIFIED, encoding="utf-8")
    for arguments, code in ((["check", "fine.py", "--progress", "json"], 0), (["check", "nowhere.py"], 2)):
        with open("/dev/full", "wb") as full:
            command = [sys.executable, "-m", "lockmodel", *arguments]
            done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=full, check=False)
        assert done.returncode == code
