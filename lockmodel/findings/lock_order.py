"""The lock order of a run as it is told: its edges with their witnesses, and the verdict on each cycle as a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from lockmodel.engine.local import Situation
from lockmodel.engine.transitions import thread_switches
from lockmodel.findings.finding import Finding, LockClass, OrderEdge
from lockmodel.findings.telling import frame, steps
from lockmodel.findings.token import Schedule, encode
from lockmodel.findings.trace import Trace
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.ir.types import LockType
from lockmodel.properties.catalogue import RULES
from lockmodel.properties.order.graph import Edge, Fact
from lockmodel.properties.order.question import Question

ORDER = "order"
"""What the token of an edge shows: no rule."""


def told_edges(edges: Sequence[Edge], layout_of: Callable[[int], Layout]) -> list[OrderEdge]:
    """The edges on which someone waits, each with the first schedule that shows it; `layout_of` a scenario."""
    return [_told(edge, layout_of(edge.facts[0].scenario)) for edge in edges if not edge.tried]


def _told(edge: Edge, layout: Layout) -> OrderEdge:
    first = edge.facts[0]
    site = first.nesting.site
    return OrderEdge(
        edge.outer,
        edge.inner,
        site.spec,
        site.source or None,
        edge.mode_outer,
        edge.mode_inner,
        sorted({context(fact.nesting.situation) for fact in edge.facts}),
        [outer for outer, _, _ in first.nesting.held],
        layout.setup.name,
        token(first, layout),
        len(first.hit.schedule),
        len({fact.nesting.site for fact in edge.facts}),
    )


def told_classes(program: Program) -> list[LockClass]:
    """Every class of locks that a model has, by name."""
    hidden = {item.struct: item.name for item in program.globals if item.lock}
    return sorted(
        (
            LockClass(hidden.get(struct.name, f"{struct.name}.{field.name}"), field.type.kind, field.type.sleeps)
            for struct in program.structs.values()
            for field in struct.fields
            if isinstance(field.type, LockType)
        ),
        key=lambda its: its.name,
    )


def context(situation: Situation) -> str:
    """What a thread is in, in words: "process", "softirq, irqs off"."""
    off = {
        "irqs off": situation.irqs_off,
        "bh off": situation.bh_off,
        "preemption off": situation.preempt_off,
        "RCU read side": situation.rcu,
    }
    return ", ".join([situation.level, *(name for name, there in off.items() if there)])


def token(fact: Fact, layout: Layout, rule: str = ORDER) -> str:
    """The token of a schedule that shows a fact."""
    program = layout.program
    return encode(Schedule(layout.setup.name, program.design, program.switches, rule, fact.hit.schedule))


def goes_round(question: Question, deadlock: Finding) -> Finding:
    """The finding of a question whose witness is this deadlock."""
    name = RULES[question.rule].name
    return replace(
        deadlock,
        rule=question.rule,
        name=name,
        claim=question.claim,
        message=f"{_opening(question)}: {deadlock.message}",
    )


def never_seen_to_block(question: Question, verdict: str, reason: str, trace: Trace, fact: Fact) -> Finding:
    """The finding of a question without a deadlock, for who wants none: it shows one of the orders."""
    layout = trace.stepper.layout
    moves = fact.hit.schedule
    nesting = fact.nesting
    place = frame(nesting.site)
    names = layout.setup.threads
    return Finding(
        rule=question.rule,
        name=RULES[question.rule].name,
        message=f"{_opening(question)}; {verdict.replace('-', ' ')}: {reason}.",
        threads=[names[n].name for n in sorted({thread for thread, _ in moves})],
        locks=[nesting.inner[1], *(name for _, name, _ in nesting.held)],
        objects=[],
        thread_switches=thread_switches(moves),
        minimal="not-proved",
        place=place,
        stack=[frame(site) for site in fact.hit.violation.stack] or [place],
        steps=steps(trace, layout),
        waiting=[],
        state=[],
        schedule=token(fact, layout, question.rule),
        claim=question.claim,
    )


def _opening(question: Question) -> str:
    return "The lock order goes round" if question.rule == "LM202" else "An interrupt breaks into a lock order"
