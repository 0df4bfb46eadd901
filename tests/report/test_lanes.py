"""What the lanes of a witness are made of."""

from __future__ import annotations

import msgspec

from lockmodel.findings.finding import Finding, Step, Upcoming, cycle
from lockmodel.report.lanes import HandOver, arrange, state_told, told_end
from lockmodel.report.rows import FoldRow, StepRow, names
from tests.report import samples


def only_steps(finding: Finding) -> list[StepRow]:
    return [row for row in arrange(finding, fold=False).rows if isinstance(row, StepRow)]


def test_a_change_of_what_the_operation_names_stands_beside_it_and_any_other_below() -> None:
    rows = only_steps(samples.null_dereference())
    assert (rows[2].operation, rows[2].outcome, rows[2].effects) == ("atomic_inc(watch#1.count)", "1 -> 2", ())
    assert rows[13].outcome == "= false  2 -> 1"
    assert (rows[9].outcome, rows[9].effects) == ("", (("inode#1.inotify_watches", "[watch#1] -> []"),))


def test_a_write_says_what_was_there_before() -> None:
    assert only_steps(samples.race())[1].outcome == "(was 0)"


def test_what_a_change_says_is_not_said_twice() -> None:
    step = samples.race().steps[1]
    said = {
        ("= 0", "x#1.f: 1 -> 0"): "1 -> 0",
        ("= 2", "x#1.f: 1 -> 0"): "= 2  1 -> 0",
        ("1 -> 0", "x#1.f: 1 -> 0"): "1 -> 0",
        ("1 -> 0", "x#1.f: 1 -> 0 (dropped)"): "1 -> 0 (dropped)",
    }
    for (detail, change), outcome in said.items():
        told = msgspec.structs.replace(step, operation="atomic_x(x#1.f)", detail=detail, changes=[change])
        assert only_steps(msgspec.structs.replace(samples.race(), steps=[told]))[0].outcome == outcome


def test_the_step_at_which_an_execution_ends_lets_no_lock_go() -> None:
    s = samples.Script()
    s.at("a", ("path", 1, 1))
    s.down("a", 1, 1, "l")
    s.down("a", 2, 2, "m")
    s.do("a", 3, 3, "read x#1.f")
    ended = [*s.steps[:-1], msgspec.structs.replace(s.steps[-1], locks=[])]
    rows = only_steps(msgspec.structs.replace(samples.null_dereference(), steps=ended, threads=["a"]))
    assert rows[-1].held == ("l", "m")
    freed = [*s.steps[:-1], msgspec.structs.replace(s.steps[-1], operation="up(m)", locks=[])]
    rows = only_steps(msgspec.structs.replace(samples.null_dereference(), steps=freed, threads=["a"]))
    assert rows[-1].held == ("l",)


def test_the_end_does_not_repeat_what_the_waiting_hold() -> None:
    finding = msgspec.structs.replace(samples.philosophers(), state=["kant holds fork#1.sem", "fork#1: sem held"])
    assert state_told(finding) == ["fork#1: sem held"]


def test_procedures_are_named_when_they_are_entered() -> None:
    rows = only_steps(samples.null_dereference())
    calls = {row.step.n: row.calls for row in rows if row.calls}
    assert calls == {
        1: ("inotify_ignore",),
        3: ("get_inotify_watch",),
        6: ("inotify_unmount_inodes",),
        10: ("remove_watch_no_event",),
        14: ("put_inotify_watch",),
        22: ("put_inotify_watch",),
    }


def test_a_procedure_called_twice_from_two_lines_is_named_twice() -> None:
    s = samples.Script()
    s.at("a", ("path", 1, 1), ("put", 9, 9))
    s.do("a", 9, 9, "atomic_dec(x#1.count)")
    s.at("a", ("path", 2, 2), ("put", 9, 9))
    s.do("a", 9, 9, "atomic_dec(y#1.count)")
    finding = msgspec.structs.replace(samples.race(), steps=s.steps, threads=["a"])
    assert [row.calls for row in only_steps(finding)] == [("path", "put"), ("put",)]


def test_locks_change_hands() -> None:
    lanes = arrange(samples.null_dereference(), fold=True)
    assert lanes.handovers == (
        HandOver("device#1.sem", 5, 9),
        HandOver("inode#1.inotify_sem", 16, 17),
        HandOver("device#1.sem", 15, 18),
    )
    assert lanes.locks == ("device#1.sem", "inode#1.inotify_sem")
    assert lanes.held_at_end == ((), ())


def test_a_lock_that_its_own_thread_takes_again_is_not_handed_over() -> None:
    s = samples.Script()
    s.at("a", ("path", 1, 1))
    for _ in range(2):
        s.down("a", 1, 1, "l")
        s.up("a", 2, 2, "l")
    finding = msgspec.structs.replace(samples.race(), steps=s.steps, threads=["a"])
    assert arrange(finding, fold=False).handovers == ()


def test_a_semaphore_held_twice_is_let_go_twice() -> None:
    s = samples.Script()
    s.at("a", ("path", 1, 1))
    s.down("a", 1, 1, "l")
    s.down("a", 2, 2, "l")
    s.up("a", 3, 3, "l")
    rows = only_steps(msgspec.structs.replace(samples.race(), steps=s.steps, threads=["a"]))
    assert [(row.taken, row.released) for row in rows] == [(("l",), ()), (("l",), ()), ((), ("l",))]


def test_a_short_witness_is_never_folded() -> None:
    finding = samples.list_corruption()
    short = msgspec.structs.replace(finding, steps=finding.steps[:20])
    assert not [row for row in arrange(short, fold=True).rows if isinstance(row, FoldRow)]


def test_no_fold_hides_a_change_a_lock_or_one_of_the_last_steps() -> None:
    finding = samples.list_corruption()
    folded = [row for row in arrange(finding, fold=True).rows if isinstance(row, FoldRow)]
    hidden = [step.step for row in folded for step in row.rows]
    assert hidden
    assert all(not step.changes for step in hidden)
    assert all(len({tuple(step.step.locks) for step in row.rows}) == 1 for row in folded)
    assert max(step.n for step in hidden) <= finding.steps[-1].n - 3


def test_a_read_that_sees_what_another_thread_wrote_is_never_folded() -> None:
    s = samples.Script()
    s.at("a", ("path", 1, 1))
    s.at("b", ("other", 1, 1))
    for number in range(8):
        s.do("a", 1, 1, f"read x#{number}.f", "= 0")
    s.do("b", 1, 1, "x#9.f = 1", "", "x#9.f: 0 -> 1")
    for number in (1, 2, 3, 9, 4, 5, 6, 9):
        s.do("a", 1, 1, f"read x#{number}.f", "= 0")
    for _ in range(8):
        s.do("b", 1, 1, "x#1.g = 1", "", "x#1.g: 0 -> 1")
    finding = msgspec.structs.replace(samples.race(), steps=s.steps, threads=["a", "b"])
    rows = arrange(finding, fold=True).rows
    shown = [row.step.n for row in rows if isinstance(row, StepRow) and row.lane == 0]
    assert shown == [13]  # the second look at x#9.f learns nothing new


def test_a_step_that_the_message_names_is_never_folded() -> None:
    finding = msgspec.structs.replace(samples.list_corruption(), message="what step 5 read was stale in step 58")
    shown = [row.step.n for row in arrange(finding, fold=True).rows if isinstance(row, StepRow)]
    assert 5 in shown
    assert 6 not in shown


def test_both_accesses_of_a_race_break_the_rule_and_no_step_of_a_deadlock_does() -> None:
    assert [row.step.n for row in only_steps(samples.race()) if row.violation] == [2, 3]
    assert not [row for row in only_steps(samples.philosophers()) if row.violation]


def test_the_cycle_is_named_from_the_first_thread_that_is_in_it() -> None:
    waiting = samples.philosophers().waiting
    assert cycle(waiting) == ["kant", "hegel", "hume"]
    outside = msgspec.structs.replace(waiting[0], thread="spinoza", held_by="kant")
    assert cycle([outside, *waiting]) == ["kant", "hegel", "hume"]
    assert cycle([msgspec.structs.replace(waiting[0], held_by=None)]) == []
    assert cycle([msgspec.structs.replace(waiting[0], held_by="kant")]) == ["kant"]


def test_a_thread_that_the_finding_does_not_list_still_has_a_lane() -> None:
    finding = msgspec.structs.replace(samples.race(), threads=["add", "ghost"])
    assert arrange(finding, fold=True).threads == ("add", "show")


def test_a_name_is_found_whole() -> None:
    assert names("atomic_inc(watch#1.count)", "watch#1.count")
    assert not names("atomic_inc(watch#1.count)", "watch#1")
    assert not names("atomic_inc(watch#11.count)", "watch#1")
    assert names("kmem_cache_free(cache, event#1)", "event#1")


def test_a_step_without_a_stack_stands_in_its_procedure() -> None:
    finding = samples.race()
    bare: list[Step] = [msgspec.structs.replace(step, stack=[]) for step in finding.steps]
    rows = only_steps(msgspec.structs.replace(finding, steps=bare))
    assert [row.calls for row in rows] == [("bump",), (), ("dump",)]


def test_who_only_stands_in_line_is_no_holder_but_closes_the_cycle() -> None:
    waiting = samples.philosophers().waiting
    behind = msgspec.structs.replace(waiting[0], held_by=None, behind="hegel")
    assert told_end(behind) == ["waits for fork#2.sem", "behind hegel"]
    assert cycle([behind, *waiting[1:]]) == ["kant", "hegel", "hume"]


def test_of_a_race_both_steps_stand_at_the_end_and_none_of_those_before_is_blamed() -> None:
    finding = samples.race()
    first, second = finding.steps[-2:]
    upcoming = [Upcoming(step.thread, step.operation, step.stack[0], step.stack) for step in (first, second)]
    lanes = arrange(msgspec.structs.replace(finding, steps=finding.steps[:-2], upcoming=upcoming), fold=False)
    assert lanes.threads == tuple(finding.threads)
    assert not any(row.violation for row in lanes.rows if isinstance(row, StepRow))
    assert [told_end(end) for _, end in lanes.ends] == [[f"next: {step.operation}"] for step in (first, second)]
