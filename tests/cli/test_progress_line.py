"""When progress is shown, and how."""

from __future__ import annotations

import io

import pytest

from lockmodel import progress_line
from lockmodel.check import Progress
from lockmodel.progress_line import ProgressLine, describe, duration

RECORD = Progress("table[n=3]", 2, 7, 1234567, 2000000, 45678.9, 321, 9876, 300 * 2**20, 55, 67.8, "pass 3")
LINE = (
    "table[n=3] (2/7) · pass 3 · 1,234,567 states · 45,679/s · depth 321 · frontier 9,876 · 55 steps known · 300 MiB"
    " · 1m07s"
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress_line, "time", clock)
    return clock


def test_a_line_says_where_the_check_is() -> None:
    assert describe(RECORD) == LINE


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (59.9, "59s"), (61, "1m01s"), (3723, "1h02m03s")])
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_line_is_printed_every_two_seconds_and_none_before(clock: Clock) -> None:
    stream = io.StringIO()
    with ProgressLine(stream=stream) as line:
        for _ in range(50):
            clock.now += 0.1
            line(RECORD)
    # at 2.0 and 4.0 seconds, give or take what tenths lose when they are added up
    assert stream.getvalue() == f"{LINE}\n" * 2


def test_quiet_is_quiet(clock: Clock) -> None:
    stream = io.StringIO()
    with ProgressLine(quiet=True, stream=stream) as line:
        clock.now += 60
        line(RECORD)
    assert stream.getvalue() == ""


def test_on_a_terminal_one_line_lives_and_goes(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with ProgressLine(stream=stream) as line:
        clock.now += 2.5
        line(RECORD)
    assert "table[n=3] (2/7)" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")  # the line is cleared in the end
