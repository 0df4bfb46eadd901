"""What a user sees when something goes wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from lockmodel.boundary import guard
from lockmodel.errors import InternalError, SpecError, UsageError


def end(error: BaseException, verbose: bool = False) -> int:
    with pytest.raises(typer.Exit) as caught, guard(verbose):
        raise error
    return caught.value.exit_code


@pytest.fixture(autouse=True)
def _state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("no such thing\n  Use another."), 2, "error: no such thing\n  Use another.\n"),
        (SpecError("no", path="a.py", line=3, remedy="Yes."), 2, "error: a.py:3: no\n  Yes.\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (
            MemoryError(),
            3,
            "error: out of memory\n  Set --max-memory to end earlier and see what was found until then.\n",
        ),
    ],
)
def test_a_mistake_is_one_message(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert end(error) == code
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize(
    ("error", "headline"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (InternalError("the replay disagrees"), "the replay disagrees"),
        (AssertionError(), "AssertionError()"),
    ],
)
def test_an_internal_error_is_one_line_and_a_report(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, error: BaseException, headline: str
) -> None:
    assert end(error) == 4
    said = capsys.readouterr().err
    found = re.fullmatch(r"internal error: (.*); please report it with the report in (.*)\n", said)
    assert found is not None
    assert found[1] == headline
    report = Path(found[2])
    assert report.is_relative_to(tmp_path)
    assert "Traceback (most recent call last)" in report.read_text()
    assert type(error).__name__ in report.read_text()


def test_verbose_shows_the_traceback(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert end(RuntimeError("odd"), verbose=True) == 4
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last)")
    assert said.endswith("internal error: RuntimeError: odd; please report it\n")
    assert list(tmp_path.iterdir()) == []
