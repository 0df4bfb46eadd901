"""The order of locks over a whole run: what was seen, what goes round, and whether that can ever block.

Takes the scenarios as they were searched; gives the record of a result, and the findings that it adds to theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from lockmodel.adjudicate import Adjudicator, Answer, Searched
from lockmodel.findings.explain import explain
from lockmodel.findings.finding import Finding, Order, OrderVerdict, ScenarioResult, Silenced
from lockmodel.findings.lock_order import goes_round, never_seen_to_block, token, told_classes, told_edges
from lockmodel.findings.shorten import Shortener
from lockmodel.findings.trace import run
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.properties.order.graph import Fact, cycles_of, edges_of, facts_of, written
from lockmodel.properties.order.interrupts import inversions
from lockmodel.properties.order.question import Question, about_cycle
from lockmodel.results import NOT_FOLLOWED, REDUCTIONS, finding_order, unsearched
from lockmodel.silence import Silence


@dataclass(frozen=True)
class Added:
    """A finding that the order adds to a scenario: one of the run, by its name, or one that was `joined`.

    `links` are those of a cycle that goes round, none for an interrupt that breaks into an order.
    """

    scenario: str
    finding: Finding
    joined: Searched | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ordering:
    """The order of a run. `interrupted`: Ctrl-C ended a search that it asked for."""

    order: Order
    added: list[Added]
    interrupted: bool


def judge_order(
    program: Program,
    searched: Sequence[Searched],
    explore: Callable[[Layout], Searched] | None,
    selected: Callable[[str], bool],
    *,
    strict: bool,
    retell: bool,
    minimised: str,
) -> Ordering:
    """Judge the order of locks.

    `explore` searches a joined scenario, None where the run was cut short. `selected` says which rules are wanted.
    `strict`: what cannot be reached, or was not examined, is a finding as well. `retell`: so is what a
    deadlock of the run shows already, since deadlocks are not among what is told.
    """
    facts = facts_of([item.seen.notes for item in searched])
    edges = edges_of(facts)
    writers = written(facts)
    cycles = cycles_of(edges, writers)
    adjudicator = Adjudicator(program, searched, writers, explore)
    judged: list[OrderVerdict] = []
    added: list[Added] = []
    for question in [*(about_cycle(cycle, edges) for cycle in cycles), *inversions(facts, edges, writers)]:
        answer = adjudicator.answer(question)
        finding = _finding(question, answer, searched, minimised)
        schedule = (
            finding.schedule if answer.hit else token(_first(question), searched[_first(question).scenario].layout)
        )
        scenario = answer.searched.setup.name if answer.searched else answer.joined or None
        judged.append(
            OrderVerdict(
                question.rule, question.claim, list(question.classes), answer.verdict, answer.reason or None, scenario,
                schedule,
            )
        )  # fmt: skip
        if not selected(question.rule) or (answer.hit and answer.of_run and not retell):
            continue  # a deadlock of the run is not told twice
        if answer.hit and answer.searched:
            added.append(Added(scenario or "", finding, None if answer.of_run else answer.searched, _links(question)))
        elif strict:
            added.append(Added(searched[_first(question).scenario].setup.name, finding, None, _links(question)))
    hierarchy = program.hierarchy
    order = Order(
        told_edges(edges, lambda scenario: searched[scenario].layout),
        [list(cycle.classes) for cycle in cycles if not cycle.weak],
        judged,
        [list(chain.locks) for chain in hierarchy.chains],
        list(hierarchy.notes),
        told_classes(program),
    )
    return Ordering(order, added, adjudicator.interrupted)


def with_order(
    results: Sequence[ScenarioResult], added: Sequence[Added], known: Sequence[Searched], silence: Silence
) -> list[ScenarioResult]:
    """The results with what the order of locks adds: findings of theirs, and scenarios that were joined."""
    told = list(results)
    notes = [note for item in known for note in item.seen.notes] if silence else []
    for item in added:
        at = next((n for n, result in enumerate(told) if result.name == item.scenario), -1)
        if at < 0 and item.joined is not None:
            told.append(_joined(item.scenario, item.joined))
        if one := silence.silenced_order(item.finding, item.links, notes):
            told[at] = _with_silenced(told[at], one, joined=item.joined is not None)
            continue
        findings = sorted([*told[at].findings, item.finding], key=finding_order)
        told[at] = msgspec.structs.replace(told[at], verdict="violated", findings=findings)
    return told


def _links(question: Question) -> tuple[tuple[str, str], ...]:
    if question.rule != "LM202":
        return ()
    return tuple(zip(question.classes, (*question.classes[1:], question.classes[0]), strict=True))


def _first(question: Question) -> Fact:
    return question.parts[0][0][0]


def _finding(question: Question, answer: Answer, searched: Sequence[Searched], minimised: str) -> Finding:
    """What the order shows: the deadlock where there is one, else the first of the orders that go round."""
    if answer.hit is None or answer.searched is None:
        fact = _first(question)
        trace = run(searched[fact.scenario].judge.stepper, fact.hit.schedule)
        return never_seen_to_block(question, answer.verdict, answer.reason, trace, fact)
    found, judge = answer.searched.seen, answer.searched.judge
    shortest = found.shortest and answer.hit.shortest
    hit = answer.hit if shortest else Shortener(judge.stepper, judge, same_locks=True).shorten(answer.hit)
    return goes_round(question, explain(hit, judge.stepper, judge, proved=shortest, minimised=minimised))


def _joined(name: str, searched: Searched) -> ScenarioResult:
    """The result of a scenario that was put together from several."""
    tally = searched.seen.tally
    threads = [thread.name for thread in searched.setup.threads]
    return msgspec.structs.replace(
        unsearched(name, threads, "", searched.seen.engine, "exhaustive", list(REDUCTIONS[0])),
        complete=not searched.seen.reason,
        reason=searched.seen.reason or None,
        states=tally.states,
        transitions=tally.transitions,
        depth=tally.depth,
        seconds=round(tally.seconds, 3),
        warnings=["put together from several scenarios, for the lock order that they show together"],
    )


def _with_silenced(result: ScenarioResult, one: Silenced, *, joined: bool) -> ScenarioResult:
    """The result with a finding of the lock order that is silenced; a deadlock that ends what was joined for it."""
    ignored = [*result.ignored, one]
    if not joined:
        return msgspec.structs.replace(result, ignored=ignored)
    reason = result.reason or NOT_FOLLOWED.format(one.finding.rule)
    return msgspec.structs.replace(result, ignored=ignored, complete=False, reason=reason)
