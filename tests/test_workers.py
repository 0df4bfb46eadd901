"""Work that several processes share: in order, whatever becomes of one of them, and the same as by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lockmodel import workers
from lockmodel.check import CheckOptions, Progress, check
from lockmodel.errors import SpecError
from lockmodel.findings.finding import CheckResult
from lockmodel.report.machine import encode_json

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = str(ROOT / "specs" / "classic" / "documents.py")

pytestmark = pytest.mark.skipif(not workers.available(), reason="processes cannot be copied here")


def test_what_is_done_comes_in_order_and_from_other_processes() -> None:
    with workers.copies(2, lambda n: (n * n, os.getpid()), range(20)) as results:
        found = list(results)
    assert [square for square, _ in found] == [n * n for n in range(20)]
    assert os.getpid() not in {process for _, process in found}


def test_what_goes_wrong_in_one_of_them_goes_wrong_here() -> None:
    def fail(n: int) -> int:
        if n == 3:
            raise SpecError("it is wrong", path="spec.py", line=7, remedy="Mend it.")
        return n

    with pytest.raises(SpecError) as caught, workers.copies(2, fail, range(9)) as results:
        list(results)
    assert str(caught.value) == "spec.py:7: it is wrong\n  Mend it."


def text(result: CheckResult) -> bytes:
    """A result without its clock."""
    lines = encode_json(result).splitlines()
    return b"\n".join(line for line in lines if b'"seconds":' not in line)


@pytest.mark.parametrize("stop_first", [False, True])
@pytest.mark.parametrize("design", ["as-given", "one-at-a-time"])
def test_a_result_does_not_depend_on_who_searched(design: str, stop_first: bool) -> None:
    one, several = (
        check(CheckOptions(DOCUMENTS, design=design, jobs=jobs, stop_first=stop_first)).result for jobs in (1, 3)
    )
    assert text(one) == text(several)


def test_no_time_is_no_result() -> None:
    run = check(CheckOptions(DOCUMENTS, jobs=2, timeout=1e-9))
    assert {scenario.verdict for scenario in run.result.scenarios} == {"incomplete"}


def test_what_was_found_before_an_interrupt_is_kept() -> None:
    seen: list[str] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress.verdict)
        if seen.count("") == 10 and not progress.verdict:
            raise KeyboardInterrupt

    run = check(CheckOptions(DOCUMENTS, jobs=2), interrupt)
    verdicts = [scenario.verdict for scenario in run.result.scenarios]
    assert run.interrupted
    assert verdicts == ["verified"] * 10 + ["incomplete"] * 14
    assert run.result.scenarios[-1].reason == "interrupted before it began"
