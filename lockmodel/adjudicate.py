"""Can an order of locks that goes round ever block? Each question gets a verdict, with a witness or with a reason.

The scenarios of the run answer first: a deadlock that one of them has is the witness, and what one of them shows as a
whole it has searched as a whole. Where the parts come from several scenarios, threads of the others are put into one of
them, in every way in which their objects fit, and that is searched as any scenario is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from lockmodel.engine.exploration import Hit, Seen
from lockmodel.engine.step import Stepper
from lockmodel.errors import UsageError
from lockmodel.findings.trace import Trace, run
from lockmodel.ir.join import ALONG, Guest, argument_objects, cpu_of, join
from lockmodel.ir.layout import Layout
from lockmodel.ir.machine import MOST_THREADS
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.ir.types import RefType
from lockmodel.properties.judge import RuleJudge
from lockmodel.properties.order.graph import Fact
from lockmodel.properties.order.question import Group, Question, Way, gate
from lockmodel.properties.waiting import deadlocks

MOST_WAYS = 64
"""Ways in which a question might come true that are looked at: more are more than a reader wants to wait for."""

MOST_FITS = 12
"""Ways to fit the objects of one scenario into another one that are tried."""

ENDINGS = ("LM101", "LM102")
"""Rules after which a thread never moves on, which end no execution before its time."""


@dataclass(frozen=True, eq=False)
class Searched:
    """A scenario as it was searched: `program` is what was within its reach, `clear_dead` as its steps were made.

    There may be thousands in a run. What runs schedules of it again is made of it where that is needed; `askers` are
    threads that were found so, by what they show.
    """

    program: Program
    setup: Setup
    seen: Seen
    clear_dead: bool
    askers: dict[tuple[object, ...], int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def layout(self) -> Layout:
        """Where its values stand."""
        return self.judge.stepper.layout

    @property
    def judge(self) -> RuleJudge:
        """What judges it, with the interpreter of its steps."""
        return _judge_of(self)

    @cached_property
    def classes(self) -> dict[str, str]:
        """The lock classes of its members, by their names."""
        layout = self.layout
        return {layout.member_name(at.number): layout.lock_class(at.number) for at in layout.locations if at.owner}


@lru_cache(maxsize=50)
def _judge_of(searched: Searched) -> RuleJudge:
    """What judges a scenario; kept for those that were asked for last, since each takes half a megabyte."""
    return RuleJudge(Stepper(Layout(searched.program, searched.setup), clear_dead=searched.clear_dead))


@dataclass(frozen=True)
class Answer:
    """`verdict` is "reachable", "unreachable" or "not-examined", `reason` says why unless it is reachable.

    `searched` is where the witness `hit` is; `of_run`: that is a scenario of the run, and not one that was joined.
    """

    verdict: str
    reason: str = ""
    searched: Searched | None = None
    hit: Hit | None = None
    of_run: bool = True
    joined: str = ""


@dataclass(frozen=True)
class Role:
    """The thread of a scenario that shows a fact, and the others without which it does not come to it."""

    scenario: int
    thread: int
    helpers: tuple[int, ...]


class Adjudicator:
    """Answers questions about one run. `explore` searches a scenario within its limits; None: it was cut short."""

    def __init__(
        self,
        program: Program,
        searched: Sequence[Searched],
        writers: frozenset[str],
        explore: Callable[[Layout], Searched] | None,
    ) -> None:
        self.program = program
        self.searched = searched
        self.writers = writers
        self.explore = explore
        self.interrupted = False
        self._joined: dict[str, Searched] = {}
        self._roles: dict[Fact, Role] = {}

    def answer(self, question: Question) -> Answer:
        """The verdict on a question."""
        if question.weak:
            return Answer("unreachable", question.weak)
        for searched in self.searched:
            if hit := _witness(question, searched):
                return Answer("reachable", "", searched, hit)
        ways = list(itertools.islice(question.ways(self.writers), MOST_WAYS + 1))
        chosen = [
            (way, facts) for way in ways for facts in itertools.islice(self._choices(question, way), MOST_WAYS + 1)
        ]
        if len(chosen) > MOST_WAYS:
            return Answer("not-examined", f"there are more than {MOST_WAYS} ways in which it might come true")
        answers: dict[tuple[Role, ...], Answer] = {}
        for way, facts in chosen:
            roles = tuple(self._role(fact) for fact in facts)
            if roles not in answers:
                answers[roles] = self._try(question, way, roles)
            if answers[roles].verdict == "reachable":
                return answers[roles]
        shown = sorted({fact.scenario for way in ways for group in way for fact in group})
        doubts = [doubt for number in shown if (doubt := _complete(self.searched[number]))]
        return _together([*doubts, *answers.values()])

    def _choices(self, question: Question, way: Way) -> Iterator[tuple[Fact, ...]]:
        """One fact of each part, in each way in which their threads are entered.

        First in one scenario if one shows them all: it has been searched.
        """
        common = [n for n in _scenarios(way[0]) if all(n in _scenarios(group) for group in way)]
        parts = []
        for group in way:
            entered: dict[tuple[object, ...], Fact] = {}
            for fact in sorted(group, key=lambda fact: common[:1] != [fact.scenario]):
                entered.setdefault(self._shown_by(question, fact), fact)
            parts.append(entered.values())
        return itertools.product(*parts)

    def _shown_by(self, question: Question, fact: Fact) -> tuple[object, ...]:
        """How the thread is entered that shows a fact, who shares its CPU, and whether such interrupts come at all."""
        thread = self._thread(fact)
        threads = self._setup(fact.scenario).threads
        beside = tuple(other.name for other in threads if other.cpu == threads[thread].cpu != 0)
        return *self._entered(fact.scenario, thread), beside, question.level in [other.level for other in threads]

    def _try(self, question: Question, way: Way, roles: tuple[Role, ...]) -> Answer:
        """One way in which the question might come true."""
        why = self._why_not(question, way, roles)
        layout = self.searched[roles[0].scenario].layout
        gated = gate(way) in layout.global_locks  # a global lock is the same one in every scenario
        if len({role.scenario for role in roles}) == 1 or self._is_one_thread(roles) or gated:
            return _complete(self.searched[roles[0].scenario]) or Answer("unreachable", why)
        if self.explore is None:
            return Answer("not-examined", "the run was cut short")
        name = ""
        for host, guests in self._fits(question, roles):
            if guests is None:
                return Answer("not-examined", f"there are more than {MOST_FITS} ways to put the scenarios together")
            setup = join(self.program, self._setup(host), guests)
            if len(setup.threads) > MOST_THREADS:
                return Answer("not-examined", f"put together, the scenarios have more than {MOST_THREADS} threads")
            if setup.name not in self._joined:
                self._joined[setup.name] = self.explore(Layout(self.program, setup))
            searched = self._joined[setup.name]
            self.interrupted = self.interrupted or searched.seen.interrupted
            if hit := _witness(question, searched):
                return Answer("reachable", "", searched, hit, of_run=False, joined=setup.name)
            known = {hit.violation.identity for role in roles for hit in self.searched[role.scenario].seen.hits}
            if doubt := _complete(searched) or _cut_short(searched, known):
                return doubt
            name = setup.name
        return Answer("unreachable", why, joined=name)

    # --- why not ------------------------------------------------------------------------------------------------

    def _why_not(self, question: Question, way: Way, roles: tuple[Role, ...]) -> str:
        """Why the threads are never there together, given that they are not."""
        if self._is_one_thread(roles):
            return f"one thread: no other one than {self._thread_name(roles[0])} takes the locks in these orders"
        if lock := gate(way):
            return f"gate lock {lock}: it is held wherever the locks are taken in these orders"
        names = list(dict.fromkeys(self._thread_name(role) for role in roles))
        if question.rule == "LM602":
            others = " and ".join(names[1:] or names)
            return f"never together: {names[0]} never comes upon {others} where it would have to wait for it"
        return f"never together: {' and '.join(names)} are never there at the same time"

    def _is_one_thread(self, roles: tuple[Role, ...]) -> bool:
        """Is it the same path with the same arguments every time, with one thread in it wherever there is any?"""
        entered = {self._entered(role.scenario, role.thread) for role in roles}
        if len(entered) > 1:
            return False
        return all(
            sum(self._entered(number, thread) in entered for thread in range(len(self._setup(number).threads))) < 2
            for number in range(len(self.searched))
        )

    def _entered(self, scenario: int, thread: int) -> tuple[object, ...]:
        setup = self._setup(scenario)
        record = setup.threads[thread]
        own = argument_objects(self.program, setup, thread)
        given = tuple(
            (setup.objects[number - 1].name if number else argument.value, argument.field)
            for argument, number in zip(record.arguments, own, strict=True)
        )
        return record.procedure, record.level, given

    def _thread(self, fact: Fact) -> int:
        """The thread that shows a fact."""
        searched = self.searched[fact.scenario]
        entered = [n for n, thread in enumerate(searched.setup.threads) if thread.procedure == fact.nesting.entry]
        if len(entered) == 1:
            return entered[0]
        key = fact.hit.schedule, fact.nesting
        if key not in searched.askers:
            thread = _asker(run(Stepper(searched.layout), fact.hit.schedule), fact)
            assert thread is not None
            searched.askers[key] = thread
        return searched.askers[key]

    def _thread_name(self, role: Role) -> str:
        return self._setup(role.scenario).threads[role.thread].name

    # --- who shows it -------------------------------------------------------------------------------------------

    def _setup(self, scenario: int) -> Setup:
        return self.searched[scenario].setup

    def _role(self, fact: Fact) -> Role:
        """The thread that shows a fact, with as few others as trying tells."""
        if fact not in self._roles:
            stepper = Stepper(self.searched[fact.scenario].layout)
            schedule = list(fact.hit.schedule)
            thread = self._thread(fact)
            for other in sorted({mover for mover, _ in schedule} - {thread}):
                shorter = [move for move in schedule if move[0] != other]
                try:
                    shows = _asker(run(stepper, shorter), fact) == thread
                except UsageError:  # a move cannot be made
                    shows = False
                schedule = shorter if shows else schedule
            helpers = sorted({mover for mover, _ in schedule} - {thread})
            self._roles[fact] = Role(fact.scenario, thread, tuple(helpers))
        return self._roles[fact]

    # --- joining scenarios ----------------------------------------------------------------------------------------

    def _fits(self, question: Question, roles: tuple[Role, ...]) -> Iterator[tuple[int, list[Guest] | None]]:
        """Each scenario as the host of the others' threads, in each way in which their objects fit; None: too many.

        Where an interrupt has to come upon a thread of another scenario, the two are put on one CPU.
        """
        scenarios = list(dict.fromkeys(role.scenario for role in roles))
        for host in scenarios:
            ways = []
            for other in scenarios:
                if other != host:
                    threads = {
                        thread: None
                        for role in roles
                        if role.scenario == other
                        for thread in (role.thread, *role.helpers)
                        if self._setup(other).threads[thread].callback is None  # they come with those who queue them
                    }
                    upon = self._upon(question, roles, host, other)
                    guests = self._guests(self._setup(host), self._setup(other), list(threads))
                    ways.append([[replace(one, upon=upon.get(one.thread, "")) for one in way] for way in guests])
            together = list(itertools.islice(itertools.product(*ways), MOST_FITS + 1))
            if len(together) > MOST_FITS:
                yield host, None
                return
            for chosen in together:
                yield host, [guest for guests in chosen for guest in guests]

    def _upon(self, question: Question, roles: tuple[Role, ...], host: int, other: int) -> dict[int, str]:
        """The threads of another scenario that are put on the CPU of one of the host, with the name of that one.

        None for an RCU callback, which comes on any CPU.
        """
        met = {role.scenario: role.thread for role in (roles[0], roles[-1])}
        if not question.level or set(met) != {host, other}:
            return {}
        if any(self._setup(number).threads[thread].callback is not None for number, thread in met.items()):
            return {}
        setup, name = self._setup(other), self._setup(host).threads[met[host]].name
        there = cpu_of(setup, met[other])
        return {thread: name for thread in range(len(setup.threads)) if cpu_of(setup, thread) == there}

    def _guests(self, host: Setup, other: Setup, threads: list[int]) -> list[list[Guest]]:
        """The ways to give the threads of one scenario objects of another one: of the same Struct, and alike linked."""
        own = list(
            dict.fromkeys(
                number for thread in threads for number in argument_objects(self.program, other, thread) if number
            )
        )
        first = len(self.program.globals)
        structs = list(dict.fromkeys(other.objects[number - 1].struct for number in own))
        choices = []
        for struct in structs:
            mine = [number for number in own if other.objects[number - 1].struct == struct]
            theirs = [n for n, item in enumerate(host.objects, start=1) if n > first and item.struct == struct]
            padded = theirs + [0] * (len(mine) - len(theirs))
            # islice: the rest would be too many anyway
            orders = dict.fromkeys(itertools.islice(itertools.permutations(padded, len(mine)), 10 * MOST_FITS))
            choices.append([dict(zip(mine, order, strict=True)) for order in orders])
        found = []
        for parts in itertools.product(*choices):
            given = {number: target for part in parts for number, target in part.items()}
            if self._alike_linked(host, other, given):
                found.append(given)
        found.sort(key=lambda given: sum(_name(host, given[n]) != other.objects[n - 1].name for n in own))
        return [
            [Guest(other, thread, self._given(host, other, thread, given)) for thread in threads]
            for given in (found or [dict.fromkeys(own, 0)])
        ]

    def _alike_linked(self, host: Setup, other: Setup, given: dict[int, int]) -> bool:
        """Do the host's objects refer to each other as those do for which they stand in?"""
        for number, target in given.items():
            item = other.objects[number - 1]
            struct = self.program.structs[item.struct]
            theirs = dict(host.objects[target - 1].values) if target else {}
            for name, value in item.values:
                mapped = given.get(value, 0) if isinstance(struct.field(name).type, RefType) else 0
                if target and mapped and theirs.get(name, 0) != mapped:
                    return False
        return True

    def _given(self, host: Setup, other: Setup, thread: int, given: dict[int, int]) -> tuple[str, ...]:
        arguments = other.threads[thread].arguments
        names = []
        for argument, number in zip(arguments, argument_objects(self.program, other, thread), strict=True):
            if not number:
                names.append(str(argument.value))
            else:
                names.append(_name(host, given[number]) or ALONG + other.objects[number - 1].name)
        return tuple(names)


def _scenarios(group: Group) -> list[int]:
    return [fact.scenario for fact in group]


def _name(setup: Setup, number: int) -> str:
    return setup.objects[number - 1].name if number else ""


def _asker(trace: Trace, fact: Fact) -> int | None:
    """The thread that asks for the lock at the end of a trace: by its last step, or by the one that comes next."""
    steps = [(trace.moments[-1].thread, trace.moments[-1].step)] if trace.moments else []
    steps += [(thread, step) for thread, asked in enumerate(trace.asked) for step in asked]
    for thread, step in steps:
        if any(note.nesting == fact.nesting for note in step.notes):
            return thread
    return None


def _witness(question: Question, searched: Searched) -> Hit | None:
    """The shortest deadlock of a scenario that answers a question, as the interpreter comes to it.

    Threads that wait for what the others will never give need not wait for each other, so each schedule is run again.
    """
    found = searched.seen
    told = [*found.hits, *(hit for hit in found.notes if hit.violation.nesting is None)]
    known = [hit for hit in told if hit.violation.locks]
    if not known:
        return None
    for hit in sorted(known, key=lambda hit: (len(hit.schedule), not hit.violation.broken, hit.schedule)):
        if question.is_answered_by(hit.violation, searched.classes):
            trace = run(searched.judge.stepper, hit.schedule)
            for deadlock in deadlocks(searched.judge.stepper, trace.view):
                if question.is_answered_by(deadlock, searched.classes):
                    return replace(hit, violation=deadlock)
    return None


def _complete(searched: Searched) -> Answer | None:
    """What to answer where a search has not seen everything."""
    reason = searched.seen.reason
    name = searched.setup.name
    return Answer("not-examined", f"the search of {name} is incomplete: {reason}") if reason else None


def _cut_short(searched: Searched, known: set[tuple[object, ...]]) -> Answer | None:
    """What to answer where executions end by what no scenario of the run has: their objects do not fit together."""
    rules = sorted(
        {
            hit.violation.rule
            for hit in searched.seen.hits
            if hit.violation.fatal and hit.violation.rule not in ENDINGS and hit.violation.identity not in known
        }
    )
    if not rules:
        return None
    name = searched.setup.name
    return Answer("not-examined", f"executions of {name} end in {', '.join(rules)}, which no scenario has alone")


def _together(answers: Sequence[Answer]) -> Answer:
    """The answer to a question from those for every way in which it might come true."""
    for answer in answers:
        if answer.verdict == "not-examined":
            return answer
    reasons = list(dict.fromkeys(answer.reason for answer in answers))
    joined = next((answer.joined for answer in answers if answer.joined), "")
    return Answer("unreachable", "; ".join(reasons) or "read mode", joined=joined)
