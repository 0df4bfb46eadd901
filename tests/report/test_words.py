"""The sentences: a verdict is never said without its bounds, and incomplete never sounds like a pass."""

from __future__ import annotations

import msgspec
import pytest

from lockmodel.findings.finding import Frame, Protection, ScenarioResult
from lockmodel.report.words import (
    count,
    design_of,
    last_word,
    listed,
    overall,
    size_of,
    told_protection,
    verdict_on,
    within,
)
from tests.report import samples


def test_numbers_agree_with_their_nouns() -> None:
    assert (count(1, "step"), count(2, "step"), count(1204, "step")) == ("1 step", "2 steps", "1,204 steps")
    assert count(2, "thread switch", "thread switches") == "2 thread switches"


def test_lists_read_as_english() -> None:
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_verified_names_its_bounds() -> None:
    assert verdict_on(samples.verified()) == (
        "verified: every interleaving of 2 threads, 18,204 states; at most 4 watches; at most 8 events"
    )
    assert last_word(samples.result(samples.verified())) == (
        "verified: every interleaving of 2 threads, 18,204 states; at most 4 watches; at most 8 events."
    )


def test_verified_of_several_scenarios_sums_up() -> None:
    more = msgspec.structs.replace(samples.verified(), name="three", threads=["a", "b", "c"])
    assert last_word(samples.result(samples.verified(), more)) == (
        "verified: 2 scenarios, every interleaving of 2 to 3 threads, 36,408 states; within the bounds named above."
    )


def test_a_strategy_that_is_not_exhaustive_does_not_say_every_interleaving() -> None:
    bounded = msgspec.structs.replace(samples.verified(), strategy="preemptions<=2", bounds=[])
    assert within(bounded) == "the schedules of preemptions<=2 of 2 threads, 18,204 states"


def test_incomplete_says_why_and_what_was_covered() -> None:
    assert verdict_on(samples.incomplete()) == (
        "incomplete, which is not a pass: --max-states 2000000 was reached; 2,000,000 states and 5,812,345 transitions "
        "were looked at down to depth 61; 311,020 states stood in the queue"
    )
    assert last_word(samples.result(samples.verified(), samples.incomplete())) == (
        "incomplete, which is not a pass: 1 scenario of 2 could not be searched to the end (five_threads). "
        "1 scenario is verified."
    )


def test_incomplete_without_a_reason_says_that_there_is_none() -> None:
    nameless = msgspec.structs.replace(samples.incomplete(), reason=None)
    assert "the search was stopped (no reason was recorded)" in verdict_on(nameless)


def test_violated_counts_places_and_warns_of_what_was_not_searched() -> None:
    assert last_word(samples.everything()) == (
        "violated: 2 findings in 2 of 4 scenarios. Not searched to the end: five_threads; there may be more."
    )
    assert last_word(samples.result(samples.violated())) == "violated: 1 finding in 1 of 1 scenario."


def test_violated_and_cut_says_both() -> None:
    cut = msgspec.structs.replace(samples.violated(), complete=False, reason="-x stops at the first finding")
    assert verdict_on(cut) == (
        "violated: 1 finding, and the search is incomplete: -x stops at the first finding; 4,310 states and 8,977 "
        "transitions were looked at down to depth 74"
    )


@pytest.mark.parametrize(
    ("scenarios", "verdict"),
    [
        ([], "nothing to check"),
        ([samples.verified()], "verified"),
        ([samples.verified(), samples.incomplete()], "incomplete"),
        ([samples.incomplete(), samples.violated()], "violated"),
        ([msgspec.structs.replace(samples.verified(), verdict="who knows")], "incomplete"),
    ],
)
def test_the_run_is_as_good_as_its_worst_scenario(scenarios: list[ScenarioResult], verdict: str) -> None:
    assert overall(samples.result(*scenarios)) == verdict
    assert last_word(samples.result(*scenarios)).startswith(verdict)


def test_the_design_is_named_with_its_switches() -> None:
    assert design_of(samples.everything()) == "design 2005, reclaim=off, queue=4"


def test_the_size_says_whether_it_is_the_shortest() -> None:
    assert size_of(samples.race()) == "3 steps, 1 thread switch; no schedule is shorter"
    assert size_of(samples.list_corruption()) == "58 steps, 4 thread switches; a shorter schedule may exist"


PLACES = [Frame("turn", "door.py:9", None), Frame("turn", "door.py:11", None)]


@pytest.mark.parametrize(
    ("observed", "locks", "without", "racy", "said"),
    [
        ("locked", ["sem"], 0, 0, "under sem"),
        ("locked", ["dev.sem", "inode_lock"], 0, 1, "under dev.sem and inode_lock; racy on purpose in 1 place"),
        ("some-lock", ["a Device.sem"], 0, 0, "under a Device.sem"),
        ("locked-writes", ["sem"], 2, 0, "under sem for writing, read without it in 2 places"),
        ("published", [], 0, 0, "written before it is shared, then only read"),
        ("read-only", [], 0, 0, "only read"),
        ("private", [], 0, 0, "used before it is shared only"),
        ("atomic", [], 0, 0, "atomic"),
        ("atomic", ["sem"], 0, 0, "atomic, always under sem"),
        ("marked", [], 0, 2, "racy on purpose"),
        ("unprotected", [], 2, 2, "by nothing; racy on purpose in 2 places"),
    ],
)
def test_how_a_field_is_protected(observed: str, locks: list[str], without: int, racy: int, said: str) -> None:
    told = Protection("Door.locked", None, observed, locks, [], [], PLACES[:without], PLACES[:racy])
    assert told_protection(told) == said
