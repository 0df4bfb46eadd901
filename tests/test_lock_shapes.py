"""The shapes of `specs/locks`: what each file and each scenario says of itself in its docstring is what is found.

A scenario says `LM101 in f, g.` for each finding: its rule, and the procedure of its place (of a deadlock: those of all
who wait). A file, or a scenario, says `LM202 a -> b -> a unreachable: gate lock.` for each cycle of the lock order, and
`LM602 a in hardirq reachable.` for each lock with which an interrupt can deadlock.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.compile import load
from lockmodel.exhaustive import unavailable
from lockmodel.findings.finding import CheckResult, Finding

SHAPES = Path(__file__).resolve().parent.parent / "specs" / "locks"
FILES = sorted(str(path.relative_to(SHAPES)) for path in SHAPES.glob("*/*.py"))

FINDING = re.compile(r"\b(LM\d+) in ([a-z_0-9, ]+)")
CYCLE = re.compile(r"LM202 (\S+(?: -> \S+)+) (reachable|unreachable|not-examined)(?:: ([a-z ]+))?")

USAGE = re.compile(r"LM602 (\S+ in \w+) reachable")

Said = set[tuple[str, frozenset[str]]]


@cache
def checked(file: str, engine: str, reduction: bool) -> CheckResult:
    return check(CheckOptions(str(SHAPES / file), engine=engine, reduction=reduction)).result


def expected(doc: str) -> Said:
    return {(rule, frozenset(places.strip().split(", "))) for rule, places in FINDING.findall(doc)}


def identity(finding: Finding) -> tuple[str, frozenset[str]]:
    waiting = {wait.frame.procedure for wait in finding.waiting} if finding.rule == "LM101" else set()
    return finding.rule, frozenset(waiting or {finding.place.procedure})


@pytest.mark.parametrize("reduction", [True, False], ids=["reduced", "every-state"])
@pytest.mark.parametrize("engine", ["native", "python"])
@pytest.mark.parametrize("file", FILES)
def test_a_shape_is_what_it_says(file: str, engine: str, reduction: bool) -> None:
    if engine == "native" and unavailable():
        pytest.skip(f"the search in C is not there: {unavailable()}")
    records = load(str(SHAPES / file)).scenarios
    result = checked(file, engine, reduction)
    of_the_spec = [scenario for scenario in result.scenarios if scenario.name in records]
    for scenario in of_the_spec:
        said = expected(records[scenario.name].doc)
        assert {identity(finding) for finding in scenario.findings} == said, scenario.name
        assert scenario.verdict == ("violated" if said else "verified"), scenario.name
        assert bool(said) == file.startswith("violates"), scenario.name
    assert [s.name for s in of_the_spec] == list(records)
    joined = [scenario for scenario in result.scenarios if scenario not in of_the_spec]  # for the order: see below
    assert {finding.rule for scenario in joined for finding in scenario.findings} <= {"LM202", "LM602"}
    assert not joined or file.startswith("violates")


@pytest.mark.parametrize("file", FILES)
def test_orders_that_go_round_are_judged_as_it_says(file: str) -> None:
    result = checked(file, "auto", True)
    said = set(CYCLE.findall((SHAPES / file).read_text()))
    judged = {(v.claim, v.verdict, (v.reason or "").split(":")[0]) for v in result.order.judged if v.rule == "LM202"}
    assert judged == {(claim, verdict, reason.rstrip(".")) for claim, verdict, reason in said}


@pytest.mark.parametrize("file", FILES)
def test_locks_that_interrupts_ask_for_are_judged_as_it_says(file: str) -> None:
    judged = checked(file, "auto", True).order.judged
    reachable = {v.claim for v in judged if v.rule == "LM602" and v.verdict == "reachable"}
    assert reachable == set(USAGE.findall((SHAPES / file).read_text()))


def test_every_shape_says_something() -> None:
    for file in FILES:
        for name, record in load(str(SHAPES / file)).scenarios.items():
            assert bool(expected(record.doc)) == file.startswith("violates"), (file, name)


def test_an_inversion_is_shown_by_an_interrupt_of_its_level() -> None:
    order = checked("violates/interrupts.py", "auto", True).order
    shown = [v.scenario for v in order.judged if v.rule == "LM602" and v.claim.endswith("in softirq")]
    assert shown
    assert all(scenario is not None and "level=softirq" in scenario for scenario in shown)
