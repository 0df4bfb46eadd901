"""Which exit code a result, and several results, stand for."""

from __future__ import annotations

import itertools

import pytest

from lockmodel.findings.finding import CheckResult
from lockmodel.outcome import Exit, judge, outrank
from tests.cli.records import finding, result, scenario


@pytest.mark.parametrize(
    ("checked", "code"),
    [
        (result(scenario("verified"), scenario("verified")), Exit.VERIFIED),
        (result(scenario("verified"), scenario("violated", finding())), Exit.FINDING),
        (result(scenario("incomplete", complete=False), scenario("violated", finding())), Exit.FINDING),
        (result(scenario("verified"), scenario("incomplete", complete=False)), Exit.INCOMPLETE),
        (result(scenario("verified", complete=False)), Exit.INCOMPLETE),
        (result(), Exit.NOTHING),
    ],
)
def test_the_code_of_one_result(checked: CheckResult, code: Exit) -> None:
    assert judge(checked) is code


def test_the_numbers_are_those_that_are_promised() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 5, 130]


def test_of_several_codes_the_gravest_counts_in_any_order() -> None:
    for codes in itertools.permutations(Exit):
        for length in range(1, len(codes) + 1):
            chosen = codes[:length]
            assert outrank(chosen) == next(code for code in (130, 4, 2, 1, 3, 5, 0) if code in chosen)


def test_no_result_is_no_pass() -> None:
    assert outrank([]) is Exit.NOTHING
