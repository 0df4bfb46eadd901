"""Reports are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lockmodel.errors import UsageError
from lockmodel.report.files import format_for, write_file


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.json"]


def test_the_umask_decides_who_reads_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_file(tmp_path / "a", b"")
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_the_old_file_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.json"
    write_file(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError) as caught:
        write_file(path, b"new")
    assert str(caught.value) == f"cannot write {path}: No space left on device"
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "out.json"
    link.symlink_to(tmp_path / "there" / "file")
    write_file(link, b"one")
    write_file(link, b"two")
    assert link.is_symlink()
    assert (tmp_path / "there" / "file").read_bytes() == b"two"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "out.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(pipe, b"data")
        assert os.read(reader, 10) == b"data"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_file(tmp_path / "no" / "out.json", b"")
    assert str(caught.value) == f"cannot write {tmp_path / 'no' / 'out.json'}: there is no folder {tmp_path / 'no'}"


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        write_file(tmp_path, b"")


def test_the_ending_says_the_format() -> None:
    assert format_for(Path("a.SVG"), ("svg", "png")) == "svg"


@pytest.mark.parametrize(("name", "what"), [("a.gif", "the ending .gif"), ("a", "no ending")])
def test_an_unknown_ending_is_refused_with_those_that_there_are(name: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        format_for(Path(name), ("svg", "png", "dot"))
    assert str(caught.value) == f"cannot tell what to write to {name}: it has {what}; known are .svg, .png, .dot"
