"""The flagship: each defect of the file is found where two threads or one show it, and its repair takes it away."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import CheckResult

SPEC = str(Path(__file__).resolve().parent.parent / "specs" / "inotify.py")

# repair, scenarios, switch that it takes, and what is found: rule and line of the file, or the claim or procedure
DEFECTS = [
    ("fix-ignore", "pairs/rm_watch-umount*", "", [("LM305", "825")]),
    ("fix-ignore", "pairs/rm_watch-unlink*", "", [("LM305", "825")]),
    ("fix-release", "pairs/close-invalidate*", "", [("LM306", "453")]),
    ("fix-release", "pairs/close-unlink*", "", [("LM306", "453")]),
    ("fix-unmount-walk", "pairs/close-umount*", "", [("LM303", "570"), ("LM303", "581"), ("LM306", "570")]),
    ("fix-coalescing", "pairs/event-event*", "", [("LM308", "282"), ("LM501", "287")]),
    ("fix-fionread", "pairs/ioctl-event*", "", [("LM301", "307"), ("LM302", "842")]),
    ("fix-names", "pairs/parent-rename*", "", [("LM301", "d_move"), ("LM303", "233"), ("LM303", "246")]),
    ("fix-limits", "pairs/init-init*", "", [("LM701", "a_user_has_no_more_than_is_allowed")]),
    ("fix-limits", "pairs/add_watch-add_watch*", "", [("LM701", "a_user_has_no_more_than_is_allowed")]),
    ("fix-wd", "pairs/add_watch-umount*", "", [("LM701", "a_wd_is_given_once")]),
    ("fix-media-change", "pairs/poll-invalidate*", "", [("LM502", "300")]),
    ("fix-small-buffer", "pairs/read-parent*", "", [("LM701", "724")]),
    ("fix-boot", "boot", "", [("LM305", "395")]),
    ("fix-idr-memory", "alone", "", [("LM403", "idr_pre_get")]),
    ("fix-oneshot", "one_shot", "", [("LM502", "300")]),
    ("fix-oneshot-ignored", "one_shot", "keeps_oneshot", [("LM501", "504")]),
    ("fix-two-readers", "pairs/read-read*", "shared_descriptor", [("LM701", "720")]),
    ("fix-efault", "pairs/read-event*", "copy_fails", [("LM501", "727")]),
    ("fix-copy", "pairs/read-munmap*", "copy_faults", [("LM101", "510")]),
    (
        "fix-reclaim",
        "pairs/add_watch-invalidate*",
        "reclaim_icache",
        [("LM101", "624"), ("LM201", "Device.sem -> iprune_sem")],
    ),
    ("fix-up", "pairs/close-unlink*", "two_move_up", [("LM303", "650")]),
    ("fix-up", "pairs/close-invalidate*", "two_move_up", [("LM303", "627")]),
]


@cache
def checked(target: str, design: str, switch: str) -> CheckResult:
    return check(CheckOptions(f"{SPEC}::{target}", design=design, switches={switch: "on"} if switch else {})).result


def places(result: CheckResult) -> set[tuple[str, str]]:
    """Every finding by its rule, and by each word for its place."""
    found: set[tuple[str, str]] = set()
    for scenario in result.scenarios:
        for finding in scenario.findings:
            line = (finding.place.source or "").rpartition(":")[2]
            words = (line, finding.place.procedure, finding.claim or "", *finding.locks)
            found.update((finding.rule, word) for word in words if word)
    return found


@pytest.mark.parametrize(("repair", "target", "switch", "expected"), DEFECTS)
def test_each_defect_is_found_and_goes_with_its_repair(
    repair: str, target: str, switch: str, expected: list[tuple[str, str]]
) -> None:
    assert set(expected) <= places(checked(target, "2005", switch))
    assert not set(expected) & places(checked(target, repair, switch))


@pytest.mark.parametrize(("target", "switch"), sorted({(target, switch) for _, target, switch, _ in DEFECTS}))
def test_what_shows_a_defect_is_verified_when_all_is_repaired(target: str, switch: str) -> None:
    result = checked(target, "repaired", switch)
    assert {scenario.verdict for scenario in result.scenarios} == {"verified"}
