"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lockmodel.errors import UsageError
from lockmodel.output import write_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_file(path, "old")
    write_file(path, "new é")
    assert path.read_bytes() == "new é".encode()
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_a_file_has_the_permissions_of_an_ordinary_one(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_text("")
    write_file(tmp_path / "report", b"")
    assert stat.S_IMODE(os.stat(tmp_path / "report").st_mode) == stat.S_IMODE(os.stat(tmp_path / "ordinary").st_mode)


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="folder: cannot be written: Is a directory\n  Name another file"):
        write_file(tmp_path / "folder", "text")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


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
