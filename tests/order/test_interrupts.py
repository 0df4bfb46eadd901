"""LM602: locks that an interrupt asks for where it may come upon who holds them, itself or by way of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.engine.local import PROCESS, Situation
from lockmodel.properties.order.graph import Fact, edges_of, written
from lockmodel.properties.order.interrupts import inversions
from tests.order.facts import fact

HARD = Situation("hardirq", irqs_off=True)
SOFT = Situation("softirq")
IRQS_OFF = Situation(irqs_off=True)
BH_OFF = Situation(bh_off=1)


def found(*facts: Fact) -> list[str]:
    return [question.claim for question in inversions(facts, edges_of(facts), written(facts))]


CASES = [
    ("with the interrupt on", [fact(asks="a", situation=HARD), fact(asks="a")], ["a in hardirq"]),
    ("with it off", [fact(asks="a", situation=HARD), fact(asks="a", situation=IRQS_OFF)], []),
    ("soft ones off", [fact(asks="a", situation=SOFT), fact(asks="a", situation=BH_OFF)], []),
    (
        "soft ones off, in a hard one",
        [fact(asks="a", situation=HARD), fact(asks="a", situation=BH_OFF)],
        ["a in hardirq"],
    ),
    ("a soft one under a hard one", [fact(asks="a", situation=HARD), fact(asks="a", situation=SOFT)], ["a in hardirq"]),
    ("in soft ones alone", [fact(asks="a", situation=SOFT), fact(asks="a", situation=SOFT)], []),
    ("only tried in the interrupt", [fact(asks="a", situation=HARD, trying=True), fact(asks="a")], []),
    (
        "held until it is on again",
        [fact(asks="a", situation=HARD), fact("a", asks="b", situation=PROCESS)],
        ["a in hardirq"],
    ),
    ("read in both", [fact(asks="a", mode="recursive", situation=HARD), fact(asks="a", mode="recursive")], []),
    ("read there, written here", [fact(asks="a", mode="recursive", situation=HARD), fact(asks="a")], ["a in hardirq"]),
    ("written there, read here", [fact(asks="a", situation=HARD), fact(asks="a", mode="recursive")], ["a in hardirq"]),
    (
        "by way of another",
        [fact(asks="a", situation=HARD), fact("a", asks="b", situation=IRQS_OFF), fact(asks="b")],
        ["a -> b in hardirq"],
    ),
    (
        "by way of two others",
        [
            fact(asks="a", situation=HARD),
            fact("a", asks="b", situation=IRQS_OFF),
            fact("b", asks="c", situation=IRQS_OFF),
            fact(asks="c"),
        ],
        ["a -> b -> c in hardirq"],
    ),
    (
        "another that is only tried",
        [fact(asks="a", situation=HARD), fact("a", asks="b", situation=IRQS_OFF, trying=True), fact(asks="b")],
        [],
    ),
]


@pytest.mark.parametrize(("facts", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_interrupt_is_judged_by_where_it_may_come(facts: list[Fact], expected: list[str]) -> None:
    assert found(*facts) == expected


SPEC = """\
from __future__ import annotations

from lockmodel import *

model = Model("interrupts")
a, b = model.spinlock("a"), model.spinlock("b")


@model.path
def on() -> None:
    spin_lock(a)
    spin_unlock(a)


@model.path
def off() -> None:
    flags = spin_lock_irqsave(a)
    spin_unlock_irqrestore(a, flags)


@model.path
def nested() -> None:
    flags = spin_lock_irqsave(a)
    spin_lock(b)
    spin_unlock(b)
    spin_unlock_irqrestore(a, flags)


@model.path
def twice() -> None:
    spin_lock(a)
    spin_lock(a)


@model.path
def other() -> None:
    spin_lock(b)
    spin_unlock(b)


@model.scenario
def scenario(m: Scenario) -> None:
"""

RUNS = [
    ("m.thread('t', on, cpu=0)\n", [("a in hardirq", "reachable", None)]),
    ("m.thread('t', off, cpu=0)\n", []),
    ("m.thread('t', nested)\n    m.thread('u', other, cpu=0)\n", [("a -> b in hardirq", "reachable", None)]),
    (
        "m.thread('t', on, cpu=1)\n    m.thread('u', off, cpu=0)\n",
        [
            (
                "a in hardirq",
                "unreachable",
                "never together: irq never comes upon t where it would have to wait for it",
            )
        ],
    ),
]


@pytest.mark.parametrize(("threads", "expected"), RUNS)
def test_it_is_said_whether_it_can_deadlock(
    tmp_path: Path, threads: str, expected: list[tuple[str, str, str | None]]
) -> None:
    path = tmp_path / "interrupts.py"
    path.write_text(f"{SPEC}    {threads}    m.hardirq('irq', on, cpu=0)\n")
    result = check(CheckOptions(str(path))).result
    assert [(judged.claim, judged.verdict, judged.reason) for judged in result.order.judged] == expected
    reachable = any(verdict == "reachable" for _, verdict, _ in expected)
    assert [finding.rule for finding in result.scenarios[0].findings] == ["LM101"] * reachable
    strict = check(CheckOptions(str(path), strict_order=True, select=("LM602",))).result
    assert [finding.claim for finding in strict.scenarios[0].findings] == [claim for claim, _, _ in expected]


def test_an_interrupt_that_waits_for_itself_has_broken_into_nothing(tmp_path: Path) -> None:
    path = tmp_path / "interrupts.py"
    threads = "m.thread('t', on, cpu=1)\n    m.thread('u', off, cpu=0)\n    m.hardirq('irq', twice, cpu=0)\n"
    path.write_text(f"{SPEC}    {threads}")
    result = check(CheckOptions(str(path))).result
    assert [finding.rule for finding in result.scenarios[0].findings] == ["LM102"]
    (judged,) = result.order.judged
    assert (judged.claim, judged.verdict) == ("a in hardirq", "unreachable")
