"""What all strategies have in common: names, interruption, and models that break a rule before any step."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.engine.exploration import Limits, Tally
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies import STRATEGIES, Settings
from lockmodel.options import MEANINGS
from lockmodel.options import STRATEGIES as NAMES
from lockmodel.properties.judge import RuleJudge
from tests.engine.strategies.models import machine

BUSY = "\n".join(["box.x = 1", "box.flag = True", "atomic_inc(box.hits)", "box.flag = False"] * 3)


def test_the_command_line_knows_them_all() -> None:
    assert list(NAMES) == ["exhaustive", *STRATEGIES]
    assert {name for names, _ in MEANINGS.values() for name in names} == set(STRATEGIES)


@pytest.mark.parametrize("name", STRATEGIES)
def test_ctrl_c_keeps_what_was_found(tmp_path: Path, name: str) -> None:
    seen: list[Tally] = []

    def interrupt(tally: Tally) -> None:
        seen.append(tally)
        if tally.transitions > 300:
            raise KeyboardInterrupt

    stepper = Stepper(machine(tmp_path, f"box.y = 1\n{BUSY}", BUSY, f"{BUSY}\n{BUSY}"))
    search = STRATEGIES[name](stepper, RuleJudge(stepper), Limits(), interrupt, settings=Settings(preemptions=99))
    search.progress_every = 0.0
    found = search.run()
    assert (found.interrupted, found.reason) == (True, "interrupted")
    assert [hit.violation.rule for hit in found.hits] == ["LM302"]
    assert found.numbers
    assert [tally.transitions for tally in seen] == sorted(tally.transitions for tally in seen)


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_is_broken_before_any_step_is_found(tmp_path: Path, name: str) -> None:
    stepper = Stepper(machine(tmp_path, "seen = 1\nassert seen == 2\nbox.x = 1"))
    found = STRATEGIES[name](stepper, RuleJudge(stepper), Limits()).run()
    assert [(hit.violation.rule, hit.schedule) for hit in found.hits] == [("LM701", ())]
    assert (found.reason, found.tally.states) == ("", 0)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_model_without_steps_has_one_state(tmp_path: Path, name: str) -> None:
    stepper = Stepper(machine(tmp_path, "seen = 1", "seen = 2"))
    found = STRATEGIES[name](stepper, RuleJudge(stepper), Limits()).run()
    assert (found.hits, found.tally.states, found.tally.transitions) == ([], 1, 0)
    assert found.ended == [True, True]
