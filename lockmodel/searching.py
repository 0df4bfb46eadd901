"""One scenario: it is searched as was asked for, and what was found is told."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from lockmodel.adjudicate import Searched
from lockmodel.engine.exploration import Exploration, Hit, Limits, Tally
from lockmodel.engine.local import Violation
from lockmodel.engine.remembered import Remembered
from lockmodel.engine.step import Stepper
from lockmodel.engine.strategies import STRATEGIES, Settings
from lockmodel.errors import UsageError
from lockmodel.exhaustive import ENDLESS, Exhaustive
from lockmodel.findings.bypass import told_wait
from lockmodel.findings.coverage import Reached, bounds, endless, reached
from lockmodel.findings.explain import explain
from lockmodel.findings.finding import Finding, Missed, ScenarioResult
from lockmodel.findings.shorten import Shortener
from lockmodel.ir.layout import Layout
from lockmodel.ir.setup import Setup
from lockmodel.properties.judge import RuleJudge
from lockmodel.report.words import count, title
from lockmodel.request import DEFAULT_STATES, CheckOptions
from lockmodel.results import NOT_FOLLOWED, REDUCTIONS, finding_order, unsearched
from lockmodel.silence import Broken, Silence

JOINED_STATES = 500_000
"""Stored states of a scenario that is put together to judge the order of locks: there may be many of them."""

DOUBT = 0.01
"""The chance of a missed state above which a search does not count as complete."""

Report = Callable[[Tally], None] | None


@dataclass(frozen=True)
class Checked:
    """One scenario's result with what the run as a whole needs of it; None where it was not searched.

    `asked` are the names of the parts of the program that it depends on. There may be tens of thousands, so that
    results are kept packed.
    """

    packed: bytes
    searched: Searched | None = None
    reached: Reached | None = None
    asked: frozenset[str] = frozenset()

    @property
    def result(self) -> ScenarioResult:
        """The result, unpacked each time."""
        return UNPACKED.decode(zlib.decompress(self.packed))


UNPACKED = msgspec.msgpack.Decoder(ScenarioResult)


def packed(result: ScenarioResult) -> bytes:
    """A result, packed: what its witnesses say they say many times."""
    return zlib.compress(msgspec.msgpack.encode(result), 1)


class Searching:
    """How the scenarios of a run are searched. UsageError if the strategy or the engine is not there."""

    def __init__(self, options: CheckOptions, silence: Silence) -> None:
        self.options = options
        self._silence = silence
        self._engine = _engine(options)
        self._reductions = list(REDUCTIONS[options.strategy != "exhaustive"]) if options.reduction else []

    def not_begun(self, setup: Setup, group: str, why: str) -> Checked:
        """A scenario that is not searched."""
        threads = [thread.name for thread in setup.threads]
        options = self.options
        return Checked(
            packed(unsearched(setup.name, threads, why, self._engine, options.strategy, self._reductions, group))
        )

    def search(
        self, layout: Layout, group: str, jobs: int, seconds: float | None, report: Report, remembered: Remembered
    ) -> Checked:
        """Search a scenario by the strategy that was asked for, and tell what was found."""
        found, judge = self.explore(layout, jobs, seconds, report, remembered)
        result = self._told(layout, group, found, judge)
        searched = Searched(layout.program, layout.setup, found.seen(), self.options.reduction)
        return Checked(packed(result), searched, reached(layout, found, judge), frozenset(remembered.asked))

    def search_joined(self, layout: Layout, seconds: float | None, report: Report, remembered: Remembered) -> Searched:
        """Search a scenario that was put together from several, for deadlocks."""
        found, _ = self.explore(layout, self.options.jobs, seconds, report, remembered, joined=True)
        return Searched(layout.program, layout.setup, found.seen(), self.options.reduction)

    def explore(
        self,
        layout: Layout,
        jobs: int,
        seconds: float | None,
        report: Report,
        remembered: Remembered,
        *,
        joined: bool = False,
    ) -> tuple[Exploration, RuleJudge]:
        """What a search finds, with the judge that was asked. What was `joined` is searched exhaustively."""
        options = self.options
        states = options.max_states if options.max_states is not None else JOINED_STATES if joined else DEFAULT_STATES
        limits = Limits(states, options.max_memory, seconds)
        stop_at = self._counts if options.stop_first and not joined else None
        if options.strategy == "exhaustive" or joined:
            exhaustive = Exhaustive(
                options.engine,
                options.reduction,
                jobs,
                limits,
                report,
                stop_at,
                options.exact,
                options.minimise,
                not joined and options.selects("LM301"),
                () if joined else tuple(rule for rule in ENDLESS if options.selects(rule)),
                options.waiting and not joined,
                remembered,
            )
            return exhaustive.explore(layout)
        given = {"seed": options.seed, "runs": options.runs, "depth": options.depth, "steps": options.max_steps}
        told: dict[str, int] = {name: number for name, number in given.items() if number is not None}
        settings = Settings(preemptions=options.preemptions, wanted=self._counts, **told)
        stepper = Stepper(layout, clear_dead=options.reduction, remembered=remembered)
        judge = RuleJudge(stepper)
        strategy = STRATEGIES[options.strategy](stepper, judge, limits, report, stop_at=stop_at, settings=settings)
        return strategy.run(), judge

    def _counts(self, violation: Violation) -> bool:
        return self.options.selects(violation.rule) and not self._silence.covers(violation)  # by its own line alone

    def _told(self, layout: Layout, group: str, found: Exploration, judge: RuleJudge) -> ScenarioResult:
        """What a search comes to."""
        options, silence, stepper = self.options, self._silence, judge.stepper
        wanted = [hit for hit in found.hits if options.selects(hit.violation.rule)]
        shortener = Shortener(stepper, judge)
        wanted = [
            hit if (found.shortest and hit.shortest) or hit.loop is not None else shortener.shorten(hit)
            for hit in wanted
        ]

        def tell_hit(hit: Hit) -> tuple[Finding, Violation]:
            proved = found.shortest and hit.shortest
            return explain(hit, stepper, judge, proved=proved, minimised=options.minimise), hit.violation

        told = [tell_hit(hit) for hit in wanted]
        told.sort(key=lambda one: finding_order(one[0]))
        broken = _broken(found)
        findings = [finding for finding, violation in told if not silence.covers(violation, broken)]
        silenced = [one for finding, violation in told if (one := silence.silenced(finding, violation, broken))]
        warnings = []
        reason = found.reason or doubt(found)
        unselected = [hit.violation for hit in found.hits if not options.selects(hit.violation.rule)]
        left_out = sorted({violation.rule for violation in unselected})
        if unselected:
            warnings.append(f"{count(len(unselected), 'finding')} left out as asked ({', '.join(left_out)})")
        reason = reason or not_followed([*unselected, *(v for _, v in told if silence.covers(v, broken))], broken)
        for finding, violation in told:
            if lines := silence.elsewhere(violation, broken):
                what = f"{title(finding)} {finding.claim or f'in {finding.place.procedure}'}"
                warnings.append(f"{what} is not ignored at {', '.join(lines)}: it is one finding")
        if not found.reason:
            warnings.extend(endless(layout, found))
        return ScenarioResult(
            name=layout.setup.name,
            verdict="violated" if findings else "incomplete" if reason else "verified",
            complete=not reason,
            reason=reason or None,
            states=found.tally.states,
            transitions=found.tally.transitions,
            depth=found.tally.depth,
            seconds=round(found.tally.seconds, 3),
            engine=found.engine,
            strategy=options.strategy,
            reductions=self._reductions,
            threads=[thread.name for thread in layout.setup.threads],
            unreached=[],
            warnings=warnings,
            findings=findings,
            edges_learned=found.tally.edges,
            frontier=found.tally.frontier,
            numbers=list(found.numbers),
            figures=found.figures,
            passes=found.passes,
            waiting=None if found.lock_waits is None else [told_wait(item, stepper) for item in found.lock_waits],
            missed=Missed(found.chance.calculated, found.chance.observed) if found.chance else None,
            bounds=[
                *bounds(layout),
                *(
                    ["data races, livelocks and never-happens not looked for"]
                    if options.strategy != "exhaustive"
                    else []
                ),
                *([f"findings of {', '.join(left_out)} left out as asked"] if left_out else []),
                *([f"{count(len(silenced), 'finding')} ignored as the spec says"] if silenced else []),
            ],
            group=group,
            ignored=silenced,
        )


def _broken(found: Exploration) -> Broken:
    """All rules that the steps of a search break."""
    _, begun = found.behaviour.stepper.begin()
    first = [violation for step in begun for violation in step.violations]
    return Broken([*first, *(violation for answer in found.behaviour.answers for violation in answer.violations)])


def not_followed(left_out: Sequence[Violation], broken: Broken) -> str:
    """Why a search says nothing of what lies behind findings that are left out, "" where it does."""
    if not any(broken.ends(violation) for violation in left_out):
        return ""
    rules = ", ".join(sorted({violation.rule for violation in left_out}))
    return NOT_FOLLOWED.format(rules)


def doubt(found: Exploration) -> str:
    """Why a complete search cannot be relied on: too many states for their fingerprints; "" where it can."""
    chance = max(found.chance.calculated, found.chance.observed) if found.chance else 0.0
    return f"a state may have been missed, with a chance of {chance:.2g}: --exact leaves none" if chance > DOUBT else ""


def _engine(options: CheckOptions) -> str:
    """The engine that serves."""
    if options.strategy in STRATEGIES:
        return STRATEGIES[options.strategy].name
    if options.strategy != "exhaustive":
        raise UsageError(f"there is no strategy {options.strategy}\n  Use exhaustive, {', '.join(STRATEGIES)}.")
    return Exhaustive(options.engine).name
