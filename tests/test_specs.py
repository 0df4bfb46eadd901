"""Every spec's claim, held: the verdict, the rules and, for the small models, how many states there are to look at."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.compile import load
from lockmodel.exhaustive import unavailable
from lockmodel.findings.finding import CheckResult, ScenarioResult
from tests.engine.test_exactness import TIMES

SPECS = Path(__file__).resolve().parent.parent / "specs"
SPINE = str(SPECS / "spine.py")


@cache
def checked(target: str, design: str | None = None, switches: tuple[tuple[str, str], ...] = ()) -> CheckResult:
    return check(CheckOptions(target, design=design, switches=dict(switches), reduction=False)).result


def classic(name: str, design: str | None = None) -> CheckResult:
    return checked(str(SPECS / "classic" / f"{name}.py"), design)


def rules(result: ScenarioResult) -> set[str]:
    return {finding.rule for finding in result.findings}


# --- classics -----------------------------------------------------------------------------------------------------


# The counts of Peterson's algorithm and of the philosophers are known from other checkers; those of the two mutexes and
# of the lost update are short enough to count by hand; the others pin what was seen.
@pytest.mark.parametrize(
    ("name", "design", "states", "transitions", "broken"),
    [
        ("lost_update", "plain", 12, 14, "LM701"),
        ("lost_update", "locked", 16, 16, ""),
        ("abba", "plain", 19, 22, "LM101"),
        ("abba", "ordered", 16, 16, ""),
        ("peterson", "announce-first", 32, 54, ""),
        ("peterson", "turn-first", 72, 136, "LM701"),
        ("bounded_buffer", "place-first", 139, 264, ""),
        ("bounded_buffer", "mutex-first", 148, 290, "LM101"),
        ("polite", "after-you", 40, 80, "LM104"),
        ("polite", "turns", 126, 252, ""),
        ("readers_writer", "wait-then-let-in", 676, 1140, ""),
        ("readers_writer", "count-then-wait", 1446, 2668, "LM701"),
    ],
)
def test_a_classic_has_its_verdict_and_its_states(
    name: str, design: str, states: int, transitions: int, broken: str
) -> None:
    (scenario,) = classic(name, design).scenarios
    assert scenario.verdict == ("violated" if broken else "verified")
    assert (scenario.states, scenario.transitions) == (states, transitions)
    assert broken in rules(scenario) if broken else not scenario.findings


@pytest.mark.parametrize(
    ("family", "states"), [("left_first", [10, 35, 118, 392, 1297]), ("lower_first", [7, 24, 79, 261, 862])]
)
def test_philosophers_have_the_known_number_of_states(family: str, states: list[int]) -> None:
    found = {s.name: s.states for s in classic("philosophers").scenarios}
    assert [found[f"{family}[n={n}]"] for n in range(2, 7)] == states


@pytest.mark.parametrize("n", range(2, 7))
def test_philosophers_who_reach_left_deadlock_when_each_has_one_fork(n: int) -> None:
    (scenario,) = (s for s in classic("philosophers").scenarios if s.name == f"left_first[n={n}]")
    (deadlock,) = (f for f in scenario.findings if f.rule == "LM101")
    assert len(deadlock.steps) == n
    assert {step.operation.split("(")[0] for step in deadlock.steps} == {"down"}
    assert len({step.thread for step in deadlock.steps}) == n


@pytest.mark.parametrize("n", range(2, 7))
def test_philosophers_with_an_order_never_deadlock(n: int) -> None:
    (scenario,) = (s for s in classic("philosophers").scenarios if s.name == f"lower_first[n={n}]")
    assert scenario.complete
    assert not rules(scenario) & {"LM101", "LM102", "LM103"}


# --- inotify ------------------------------------------------------------------------------------------------------

SCENARIOS = list(load(SPINE).scenarios)
SMALL = [name for name in SCENARIOS if "/" in name]
THREE_THREADS = "ignore-event/add_watch"
PAIRS = [name for name in SMALL if name != THREE_THREADS]
FIVE, SIX = "five-threads", "six-threads"
"""Begin the names of those that take the search in C seconds, and a minute."""


def pair(name: str, design: str, **switches: str) -> ScenarioResult:
    (scenario,) = checked(f"{SPINE}::{name}", design, tuple(switches.items())).scenarios
    return scenario


def places(result: ScenarioResult) -> set[tuple[str, str | None]]:
    return {(finding.rule, finding.place.source) for finding in result.findings}


def test_every_pair_that_can_run_together_is_a_scenario() -> None:
    with_one_inode = [name.removesuffix("/one-inode") for name in PAIRS if name.endswith("/one-inode")]
    with_two = [name.removesuffix("/two-inodes") for name in PAIRS if name.endswith("/two-inodes")]
    assert with_one_inode == with_two
    assert with_one_inode == [
        "release-event",
        "release-parent",
        "release-add_watch",
        "release-unmount",
        "release-invalidate",
        "ignore-ignore",
        "ignore-event",
        "ignore-parent",
        "ignore-add_watch",
        "ignore-unmount",
        "ignore-invalidate",
        "event-event",
        "event-parent",
        "event-add_watch",
        "event-invalidate",
        "parent-parent",
        "parent-add_watch",
        "parent-invalidate",
        "add_watch-add_watch",
        "add_watch-invalidate",
        "invalidate-invalidate",
    ]


@pytest.mark.parametrize("name", SMALL)
def test_the_repaired_design_is_verified(name: str) -> None:
    scenario = pair(name, "repaired")
    assert scenario.verdict == "verified", scenario.reason
    assert not scenario.findings
    assert not scenario.warnings


HEAD_AS_EVENT = ("LM308", "fs/inotify.c:282")
NULL_PUT = ("LM305", "fs/inotify.c:825")
SECOND_REMOVAL = ("LM306", "fs/inotify.c:453")
NEXT_INODE_GONE = {("LM303", "fs/inotify.c:570"), ("LM303", "fs/inotify.c:581"), ("LM306", "fs/inotify.c:570")}


@pytest.mark.parametrize("name", PAIRS)
def test_the_design_of_2005_is_violated_where_it_is_known_to_be(name: str) -> None:
    first, _, rest = name.partition("-")
    second, _, world = rest.partition("/")
    other_remover = second in ("ignore", "unmount", "invalidate") or world == "one-shot"
    same_watch = (first, second, world) != ("ignore", "ignore", "two-inodes")
    expected = set()
    if {first, second} - {"release", "add_watch"}:
        expected.add(HEAD_AS_EVENT)
    if first == "ignore" and other_remover and same_watch:
        expected.add(NULL_PUT)
    if first == "release" and other_remover:
        expected.add(SECOND_REMOVAL)
    if second == "unmount" and world == "two-inodes":
        expected |= NEXT_INODE_GONE
    scenario = pair(name, "2005")
    assert scenario.complete
    assert expected <= places(scenario)
    fatal = {place for place in places(scenario) if place[0] in ("LM302", "LM303", "LM304", "LM305", "LM306")}
    assert fatal == expected - {HEAD_AS_EVENT}


def test_a_wd_is_given_again_where_a_watch_is_added_after_one_was_removed() -> None:
    adding = [name for name in PAIRS if "add_watch" in name]
    again = [name for name in adding if "a_wd_is_given_once" in {f.claim for f in pair(name, "2005").findings}]
    assert again == [
        "ignore-add_watch/one-inode",
        "ignore-add_watch/new",
        "event-add_watch/one-shot",
        "parent-add_watch/one-shot",
        "add_watch-invalidate/one-inode",
        "add_watch-invalidate/two-inodes",
        "add_watch-invalidate/new",
    ]


def test_ignore_removes_the_watch_that_was_given_the_wd_of_its_own() -> None:
    scenario = pair(THREE_THREADS, "2005")
    assert scenario.complete
    wrong_lock = {("LM302", f"fs/inotify.c:{line}") for line in (453, 475, 821)}
    assert wrong_lock | {("LM303", "fs/inotify.c:825"), NULL_PUT, HEAD_AS_EVENT} <= places(scenario)
    (finding,) = (f for f in scenario.findings if f.place.source == "fs/inotify.c:821")
    assert finding.place.procedure == "inotify_ignore"


def test_release_removes_a_second_time_what_unmount_has_removed() -> None:
    (finding,) = (f for f in pair("release-unmount/one-inode", "2005").findings if f.rule == "LM306")
    assert [frame.source for frame in finding.stack] == ["fs/inotify.c:453", "fs/inotify.c:777"]


def test_ignore_puts_a_null_pointer() -> None:
    (finding,) = (f for f in pair("ignore-unmount/one-inode", "2005").findings if f.rule == "LM305")
    assert finding.place.procedure == "inotify_ignore"
    assert [frame.source for frame in finding.stack] == ["fs/inotify.c:193", "fs/inotify.c:825"]


def test_an_event_is_dropped_as_a_repetition_of_one_that_is_not_before_it() -> None:
    scenario = pair("event-event/in-between", "2005")
    assert [f.place.procedure for f in scenario.findings if f.rule == "LM701"] == ["inotify_dev_queue_event"]


@pytest.mark.parametrize("name", ["ignore-unmount/one-inode", "add_watch-invalidate/new"])
def test_reclaim_under_the_locks_of_inotify_can_deadlock(name: str) -> None:
    as_written = pair(name, "2005", reclaim="on")
    assert {"LM101", "LM102"} <= rules(as_written)
    assert pair(name, "repaired", reclaim="on").verdict == "verified"


def test_reclaim_under_the_locks_of_inotify_is_against_the_order_that_its_head_declares() -> None:
    """Only there: without reclaim, and once repaired, every lock is asked for in the declared order."""
    claims = [f.claim for f in pair("ignore-event/one-inode", "2005", reclaim="on").findings if f.rule == "LM201"]
    assert claims == ["Device.sem -> iprune_sem", "Inode.inotify_sem -> iprune_sem"]
    assert "LM201" not in rules(pair("ignore-event/one-inode", "2005"))
    assert "LM201" not in rules(pair("ignore-event/one-inode", "repaired", reclaim="on"))


@pytest.mark.parametrize("name", ["release-unmount/one-inode", "ignore-unmount/one-inode"])
def test_an_umount_that_ends_under_a_pinned_inode_is_not_repaired(name: str) -> None:
    assert rules(pair(name, "repaired", umount_ends="on")) == {"LM303"}


@pytest.mark.parametrize(
    "name", ["release-unmount/one-inode", "ignore-ignore/one-inode", "event-event/named", "add_watch-add_watch/new"]
)
def test_the_repaired_design_survives_failing_allocations(name: str) -> None:
    assert pair(name, "repaired", allocation_fails="on").verdict == "verified"


ALL_FOUR = ["release", "ignore", "event"]
THREADS = {
    "four-threads-unmount": [*ALL_FOUR, "unmount"],
    "five-threads-unmount": [*ALL_FOUR, "parent", "unmount"],
    "six-threads-unmount": [*ALL_FOUR, "parent", "add_watch", "unmount"],
    "four-threads-invalidate": [*ALL_FOUR, "invalidate"],
    "five-threads": [*ALL_FOUR, "parent", "unmount"],
    "six-threads": [*ALL_FOUR, "parent", "add_watch", "unmount"],
}


def test_every_scenario_is_small_or_has_four_to_six_threads() -> None:
    assert [*SMALL, *THREADS] == SCENARIOS


@pytest.mark.parametrize("name", THREADS)
@pytest.mark.parametrize("design", ["2005", "repaired"])
def test_four_to_six_threads_within_a_bound(design: str, name: str) -> None:
    run = check(CheckOptions(f"{SPINE}::{name}", design=design, max_states=20_000))
    (scenario,) = run.result.scenarios
    assert scenario.threads == THREADS[name]
    if design == "repaired":
        assert not scenario.findings
    else:
        assert HEAD_AS_EVENT in places(scenario)
    if design == "repaired":
        assert not scenario.findings
    else:
        assert HEAD_AS_EVENT in places(scenario)


@pytest.mark.skipif(bool(unavailable()), reason=f"the search in C is not there: {unavailable()}")
@pytest.mark.parametrize("name", [name for name in THREADS if name.startswith((FIVE, SIX) if TIMES > 1 else FIVE)])
def test_five_and_six_threads_are_verified(name: str) -> None:
    """Six only when there is time: in a night."""
    (scenario,) = check(CheckOptions(f"{SPINE}::{name}", design="repaired")).result.scenarios
    assert scenario.verdict == "verified", scenario.reason
    assert not scenario.warnings


@pytest.mark.parametrize("design", ["2005", "repaired"])
def test_reductions_change_no_verdict_no_finding_and_no_length(design: str) -> None:
    told = []
    for reduction in (True, False):
        run = check(CheckOptions(f"{SPINE}::*/*", design=design, reduction=reduction))
        told.append(
            [
                (s.name, s.verdict, [(f.rule, f.place, f.claim, len(f.steps)) for f in s.findings])
                for s in run.result.scenarios
            ]
        )
    assert told[0] == told[1]
