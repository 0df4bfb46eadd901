"""A schedule that is run again shows what it shows, and nothing else."""

from __future__ import annotations

from pathlib import Path

from lockmodel.check import replay
from lockmodel.engine.step import Stepper
from lockmodel.findings.trace import run, violations
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import rules, run_paths
from tests.engine.strategies.models import machine

FOR_EVER = "while True:\n    mutex_lock(box.mutex)\n    mutex_unlock(box.mutex)"


def test_who_waits_for_a_while_is_no_part_of_a_starvation(tmp_path: Path) -> None:
    gives_or_not = (
        "mutex_lock(box.mutex)\nif choose(0, 1) == 1:\n    up(box.empty)\n"
        "while True:\n    mutex_unlock(box.mutex)\n    mutex_lock(box.mutex)"
    )
    result = run_paths(tmp_path, "down(box.empty)", gives_or_not, FOR_EVER)
    told = "t0 waits for box#1.empty, which no thread is left to release."
    assert [(finding.rule, finding.message) for finding in result.findings] == [("LM101", told)]
    _, shown, _ = replay(str(tmp_path / "machine.py"), result.findings[0].schedule)
    assert shown is not None
    assert (shown.rule, shown.message) == ("LM101", told)


def test_a_schedule_that_ends_while_a_thread_waits_is_no_deadlock(tmp_path: Path) -> None:
    once = "mutex_lock(box.mutex)\n{}\nmutex_unlock(box.mutex)"
    broken = run_paths(tmp_path, once.format("box.x = 3\nbox.x += 1"), once.format("mark('in')"))
    assert rules(broken) == ["LM701"]
    run_paths(tmp_path, once.format("box.x = 1\nbox.x += 1"), once.format("mark('in')"))
    whole, shown, _ = replay(str(tmp_path / "machine.py"), broken.findings[0].schedule)
    assert (shown, whole.scenarios[0].verdict) == (None, "incomplete")


def test_the_order_that_a_deadlock_shows_is_a_note_and_breaks_no_rule_of_its_own(tmp_path: Path) -> None:
    there = "mutex_lock(box.mutex)\nmutex_lock(box.other)"
    back = "mutex_lock(box.other)\nmutex_lock(box.mutex)"
    stepper = Stepper(machine(tmp_path, there, back))
    broken = violations(run(stepper, [(0, 0), (1, 0)]), RuleJudge(stepper))
    assert {violation.rule for violation in broken} == {"LM101"}
