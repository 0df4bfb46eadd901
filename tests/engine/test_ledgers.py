"""What ledgers find: events lost, and events that nobody was owed, by each operation and in each state of one."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import ScenarioResult
from tests.engine.machines import rules

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("ledgers")
Small = Annotated[int, Range(1, 3)]


class Watch(Struct):
    number: Annotated[int, Range(0, 3)]


class Event(Struct):
    link: ListEntry
    number: Annotated[int, Range(0, 3)]


class Queue(Struct):
    flag: bool
    events: ListHead[Event] = list_of("link")
    ledger: Ledger[Watch, Event, Small, bool] = ledger(capacity=4)


event_cache = model.cache(Event, capacity=1)
queue_cache = model.cache(Queue, capacity=1)
"""

SCENARIO = """

@model.scenario
def scenario(m: Scenario) -> None:
    queue, watch, other = m.new(Queue, "queue"), m.new(Watch, "watch"), m.new(Watch, "other")
    first, second, third = m.new(Event, "first"), m.new(Event, "second"), m.new(Event, "third")
"""


def run(folder: Path, *bodies: str, more: str = "", setting: str = "", **options: object) -> ScenarioResult:
    """The result of threads that run these bodies, each with a queue, two watches and three events.

    `E` is the event (1, False) of the watch in the ledger of the queue, `F` is (2, False), `G` the other watch's E.
    """
    text = HEAD + textwrap.dedent(more)
    for number, body in enumerate(bodies):
        for short, long in (("E", "watch, 1, False"), ("F", "watch, 2, False"), ("G", "other, 1, False")):
            body = body.replace(f"({short}", f"(queue.ledger, {long}")
        body = body.replace("(by=", "(queue.ledger, by=").replace("got(", "got(queue.ledger, ")
        parameters = "queue: Queue, watch: Watch, other: Watch, first: Event, second: Event, third: Event"
        text += f"\n\n@model.path\ndef p{number}({parameters}) -> None:\n    mark('begin')\n"
        text += textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
    text += SCENARIO + textwrap.indent(textwrap.dedent(setting), "    ")
    for number in range(len(bodies)):
        text += f"    m.thread('t{number}', p{number}, queue, watch, other, first, second, third)\n"
    path = folder / "ledgers.py"
    path.write_text(text)
    options.setdefault("ignore", ("LM301", "LM403"))
    return check(CheckOptions(str(path), **options)).result.scenarios[0]  # type: ignore[arg-type]


FOUND = {
    "nothing": ("mark('end')", []),
    "owed": ("owe(E)", ["LM501"]),
    "owed and carried": ("owe(E)\ncarry(E, by=first)", []),
    "owed, carried and read": ("owe(E)\ncarry(E, by=first)\ngot(first)", []),
    "carried without being owed": ("carry(E, by=first)", ["LM502"]),
    "carried twice": ("owe(E)\ncarry(E, by=first)\nmark('x')\ncarry(E, by=second)", ["LM502"]),
    "owed twice and carried twice": ("owe(E)\nowe(E)\ncarry(E, by=first)\ncarry(E, by=second)", []),
    "owed twice and carried once": ("owe(E)\nowe(E)\ncarry(E, by=first)", ["LM501"]),
    "another event": ("owe(E)\nmark('x')\ncarry(F, by=first)", ["LM501", "LM502"]),
    "another one's": ("owe(E)\nmark('x')\ncarry(G, by=first)", ["LM501", "LM502"]),
    "delivered again": ("owe(E)\ncarry(E, by=first)\ngot(first)\nmark('x')\ncarry(E, by=first)", ["LM502"]),
    "allowed": ("allow(E)", []),
    "allowed and carried": ("allow(E)\ncarry(E, by=first)", []),
    "allowed and carried twice": ("allow(E)\ncarry(E, by=first)\ncarry(E, by=second)", ["LM502"]),
    "allowed and owed, carried once": ("allow(E)\nowe(E)\ncarry(E, by=first)", []),
    "allowed and owed, dropped once and carried once": ("allow(E)\nowe(E)\ndrop(E)\ncarry(E, by=first)", []),
    "read twice": ("owe(E)\ncarry(E, by=first)\ngot(first)\ngot(first)", ["LM502"]),
    "read what carries nothing": ("got(second)", ["LM502"]),
    "read in order": ("owe(E)\nowe(F)\ncarry(F, by=second)\ncarry(E, by=first)\ngot(second)\ngot(first)", []),
    "read out of order": ("owe(E)\nowe(F)\ncarry(E, by=first)\ncarry(F, by=second)\ngot(second)", ["LM502"]),
    "two events in one carrier": ("owe(E)\nowe(F)\ncarry(E, by=first)\ncarry(F, by=first)\ngot(first)", []),
    "merged": ("owe(E)\nowe(E)\ncarry(E, by=first)\nmerge(E)", []),
    "merged with nothing": ("owe(E)\nmerge(E)", ["LM501"]),
    "merged after it was read": ("owe(E)\nowe(E)\ncarry(E, by=first)\ngot(first)\nmerge(E)", ["LM501"]),
    "merged with another event": ("owe(E)\nowe(F)\ncarry(F, by=first)\nmerge(E)", ["LM501"]),
    "merged with another one's": ("owe(E)\nowe(G)\ncarry(G, by=first)\nmerge(E)", ["LM501"]),
    "merged beyond a neighbour": (
        "owe(E)\nowe(F)\nowe(E)\ncarry(E, by=first)\ncarry(F, by=second)\nmerge(E)", ["LM501"],
    ),
    "merged beyond a notice": ("owe(E)\ncarry(E, by=first)\nowe(E)\noverflow(by=second)\nmerge(E)", []),
    "merged beyond a notice that was read": (
        "owe(E)\nowe(E)\ndrop(E)\noverflow(by=first)\ngot(first)\nmerge(E)", ["LM501"],
    ),
    "merged though it was not owed": ("merge(E)", []),
    "merged where it was only allowed": ("allow(E)\nmerge(E)", []),
    "dropped": ("owe(E)\ndrop(E)", ["LM501"]),
    "dropped though it was not owed": ("drop(E)", []),
    "dropped, then told": ("owe(E)\ndrop(E)\noverflow(by=first)\ngot(first)", []),
    "told, then dropped": ("owe(E)\noverflow(by=first)\ndrop(E)\ngot(first)", []),
    "dropped while a notice is unread": ("owe(E)\ndrop(E)\noverflow(by=first)\nowe(F)\ndrop(F)", []),
    "dropped after the notice was read": ("owe(E)\ndrop(E)\noverflow(by=first)\ngot(first)\nowe(F)\ndrop(F)",
                                          ["LM501"]),
    "dropped, then carried after all": ("owe(E)\ndrop(E)\ncarry(E, by=first)", []),
    "two notices, two drops": ("owe(E)\nowe(F)\ndrop(E)\noverflow(by=first)\ndrop(F)\noverflow(by=second)", []),
    "two notices, one drop": ("owe(E)\ndrop(E)\noverflow(by=first)\noverflow(by=second)", ["LM502"]),
    "an overflow that was none": ("overflow(by=first)", ["LM502"]),
    "an overflow of what is then carried": ("owe(E)\noverflow(by=first)\ncarry(E, by=second)\ngot(first)", ["LM502"]),
    "an overflow that is not read": ("owe(E)\noverflow(by=first)\ncarry(E, by=second)", []),
    "forgiven": ("owe(E)\nforgive(queue.ledger, watch)", []),
    "forgiven another one": ("owe(E)\nforgive(queue.ledger, other)", ["LM501"]),
    "forgiven what is on its way": ("owe(E)\ncarry(E, by=first)\nforgive(queue.ledger, watch)\ngot(first)", []),
    "forgiven everything": ("owe(E)\nowe(G)\ncarry(E, by=first)\nforgive(queue.ledger)\nkfree(first)", []),
    "read what was forgiven": ("owe(E)\ncarry(E, by=first)\nforgive(queue.ledger)\ngot(first)", ["LM502"]),
    "its carrier freed": ("owe(E)\ncarry(E, by=first)\nkfree(first)", ["LM501"]),
    "its carrier freed after it was read": ("owe(E)\ncarry(E, by=first)\ngot(first)\nkfree(first)", []),
    "the carrier of a notice freed": ("owe(E)\ndrop(E)\noverflow(by=first)\nkfree(first)", ["LM501"]),
    "dropped after the carrier of a notice was freed": (
        "owe(E)\nowe(F)\ndrop(E)\noverflow(by=first)\nkfree(first)\ndrop(F)", ["LM501", "LM501"],
    ),
    "read behind what was lost": ("owe(E)\nowe(F)\ncarry(E, by=first)\ncarry(F, by=second)\nkfree(first)\ngot(second)",
                                  ["LM501"]),
    "a ledger freed": ("owe(E)\nkfree(queue)", ["LM501"]),
    "a ledger freed with what is on its way": ("owe(E)\ncarry(E, by=first)\nkfree(queue)", ["LM501"]),
    "a ledger freed with what was allowed": ("allow(E)\nkfree(queue)", []),
    "a ledger that is gone": ("kfree(queue)\nowe(E)", ["LM701"]),
    "nobody": ("watch = NULL\nowe(E)", ["LM701"]),
    "carried by nothing": ("owe(E)\nfirst = NULL\nmark('x')\ncarry(E, by=first)", ["LM701"]),
    "a value out of range": ("owe(queue.ledger, watch, 4, False)", ["LM701"]),
    "a ledger that is allocated": (
        "queue = kmem_cache_alloc(queue_cache, GFP_KERNEL)\nowe(E)\nmerge(E)\nforgive(queue.ledger)\nkfree(queue)",
        ["LM501"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_is_said_of_events_is_judged(tmp_path: Path, name: str) -> None:
    body, expected = FOUND[name]
    assert sorted(rules(run(tmp_path, body))) == expected


def test_where_a_lost_event_is_placed(tmp_path: Path) -> None:
    """At the line of the design where it was owed, also where a ghost procedure did so, with what became of it."""
    more = """
    @model.ghost
    def happens(queue: Queue, watch: Watch) -> None:
        owe(queue.ledger, watch, 1, True)
    """
    [finding] = run(tmp_path, "happens(queue, watch)\nmark('x')", more=more).findings
    assert (finding.rule, finding.place.procedure, finding.objects) == ("LM501", "p0", ["watch", "queue"])
    assert finding.message == "the event (1, True), which is owed to watch, is never put on its way."
    assert [step.changes for step in finding.steps] == [["queue.ledger: (1, True) owed to watch"], []]


def test_equal_debts_of_two_places_are_two_findings(tmp_path: Path) -> None:
    result = run(tmp_path, "owe(E)\nmark('x')\nowe(E)")
    assert len({finding.place.spec for finding in result.findings}) == 2


TOLD = {
    "carry(E, by=first)": "the event (1, False) is put on its way to watch, which is not owed it",
    "owe(G)\ncarry(E, by=first)\nforgive(queue.ledger)": (
        "the event (1, False) is put on its way to watch, which is not owed it; other is"
    ),
    "owe(E)\ncarry(E, by=first)\nmark('x')\ncarry(E, by=second)": (
        "the event (1, False) is put on its way to watch, which is not owed it; first carries one already"
    ),
    "got(second)": "second is read, which carries no event that was not read already",
    "owe(E)\nowe(F)\ncarry(E, by=first)\ncarry(F, by=second)\ngot(second)": (
        "the event (2, False) (second) is read before the event (1, False) (first), which was put on its way earlier"
    ),
    "overflow(by=first)": "an overflow is told, but no event is owed to anyone",
    "owe(E)\noverflow(by=first)\ncarry(E, by=second)\ngot(first)": (
        "first tells of an overflow, but no event was dropped"
    ),
    "owe(E)\nmerge(E)": ("the event (1, False) for watch is merged with an equal neighbour, but nothing is on its way"),
    "owe(E)\nowe(E)\ncarry(E, by=first)\nkfree(first)\nmerge(E)\nforgive(queue.ledger)": (
        "the event (1, False) for watch is merged with an equal neighbour, but the last one on its way is "
        "the event (1, False) for watch, whose carrier first was freed"
    ),
    "owe(E)\nkfree(queue)": "kfree frees queue, in whose ledger this is left: (1, False) owed to watch",
    "kfree(queue)\nowe(E)": "the ghost code here cannot be judged: uses Queue.ledger of queue, which has been freed",
    "watch = NULL\nowe(E)": "owe is given NULL for a claimant",
    "owe(queue.ledger, watch, 4, False)": "queue.ledger would become 4, outside its range 1..3",
}


@pytest.mark.parametrize("body", TOLD)
def test_what_is_wrong_is_told(tmp_path: Path, body: str) -> None:
    [finding] = run(tmp_path, body).findings
    assert finding.message == f"Thread t0, in p0: {TOLD[body]}."


LEFT = {
    "owe(E)\ndrop(E)": "the event (1, False), which is owed to watch, was dropped, and no overflow told so.",
    "owe(E)\ncarry(E, by=first)\nkfree(first)": (
        "the event (1, False), which is owed to watch, never arrives: first, which carried it, was freed before it was "
        "read."
    ),
    "owe(E)\ndrop(E)\noverflow(by=first)\nkfree(first)": (
        "the overflow that excuses dropped events is never told: first, which carried it, was freed before it was read."
    ),
}


@pytest.mark.parametrize("body", LEFT)
def test_what_is_lost_in_the_end_is_told(tmp_path: Path, body: str) -> None:
    [finding] = run(tmp_path, body).findings
    assert finding.message == LEFT[body]


@pytest.mark.parametrize("begin", ["mark('x')\n", ""], ids=["in a step", "in the first step"])
def test_a_ledger_that_runs_out_leaves_the_verdict_open(tmp_path: Path, begin: str) -> None:
    result = run(tmp_path, f"{begin}owe(E)\nowe(F)\nowe(G)\nowe(E)\nowe(E)")
    assert (result.verdict, result.findings) == ("incomplete", [])
    assert result.reason is not None
    assert result.reason.startswith("ran out of the ledger queue.ledger, whose capacity is 4 (")


def test_a_ledger_may_run_out_before_the_first_step(tmp_path: Path) -> None:
    more = """
    @model.path
    def early(queue: Queue, watch: Watch) -> None:
        for i in range(5):
            owe(queue.ledger, watch, 1, False)
        mark("never")
    """
    for options in ({}, {"engine": "python"}, {"reduction": False}, {"strategy": "dpor"}, {"strategy": "walk"}):
        result = run(tmp_path, more=more, setting="m.thread('early', early, queue, watch)\n", **options)
        assert (result.verdict, result.states) == ("incomplete", 0), options
        assert result.reason is not None
        assert "ran out of the ledger queue.ledger" in result.reason


def test_a_scenario_may_begin_with_events_on_their_way(tmp_path: Path) -> None:
    setting = "m.carry(queue.ledger, watch, 1, False, by=first)\nm.carry(queue.ledger, other, 2, True, by=second)\n"
    assert rules(run(tmp_path, "got(first)\ngot(second)", setting=setting)) == []
    assert rules(run(tmp_path, "got(second)", setting=setting)) == ["LM502"]
    [finding] = run(tmp_path, "kfree(second)", setting=setting).findings
    assert (finding.rule, finding.place.procedure) == ("LM501", "scenario")


def test_a_slot_is_not_used_again_while_a_ledger_names_it(tmp_path: Path) -> None:
    again = "for i in range(3):\n    event = kmem_cache_zalloc(event_cache, GFP_KERNEL)\n"
    read = "    owe(E)\n    carry(E, by=event)\n    got(event)\n    kfree(event)"
    assert run(tmp_path, again + read).verdict == "verified"
    kept = run(tmp_path, again + "    owe(E)\n    carry(E, by=event)\n    kfree(event)")
    assert (kept.verdict, rules(kept)) == ("incomplete", [])
    assert kept.reason is not None
    assert kept.reason.startswith("ran out of the cache of Event in thread t0")


def test_what_only_a_ledger_names_is_a_leak(tmp_path: Path) -> None:
    body = "event = kmem_cache_zalloc(event_cache, GFP_KERNEL)\nowe(E)\ncarry(E, by=event)"
    assert rules(run(tmp_path, body, ignore=())) == ["LM403"]


RACE = (
    "owe(E)\nif not queue.flag:\n    queue.flag = True\n    mark('late')\n    carry(E, by=first)\nelse:\n    merge(E)",
    "mark('read')\nif queue.flag:\n    got(first)",
)


@pytest.mark.parametrize("strategy", ["exhaustive", "preemption", "dpor", "walk", "pct", "pos"])
def test_every_strategy_judges_events(tmp_path: Path, strategy: str) -> None:
    result = run(tmp_path, RACE[0], *RACE, strategy=strategy)
    assert set(rules(result)) == ({"LM501"} if strategy == "preemption" else {"LM501", "LM502"})


@pytest.mark.parametrize("reduction", [True, False])
def test_both_searches_find_the_same_with_as_many_states(tmp_path: Path, reduction: bool) -> None:
    one, other = (run(tmp_path, RACE[0], *RACE, reduction=reduction, engine=engine) for engine in ("native", "python"))
    assert (one.states, one.transitions, one.depth) == (other.states, other.transitions, other.depth)
    assert [(f.rule, f.place, f.schedule) for f in one.findings] == [
        (f.rule, f.place, f.schedule) for f in other.findings
    ]
    assert all(finding.minimal == "proved" for finding in one.findings)
