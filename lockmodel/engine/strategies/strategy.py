"""What every strategy has in common: what can be done in a state, doing it, and judging what that comes to.

A strategy is an `Explorer` that follows schedules instead of levels: it says in `_way` by which schedule it is where it
is, so that whatever is found there replays. Its hits are therefore no shortest ones.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lockmodel.engine.behaviour import Answer, decide
from lockmodel.engine.exploration import Exploration, Explorer, Hit, Tally
from lockmodel.engine.explore import STATE_OVERHEAD
from lockmodel.engine.local import Violation
from lockmodel.engine.transitions import Move
from lockmodel.ir.layout import NODE_BYTES

RUNS = 1_000
"""Runs of a random strategy, where no number is given: a second or two."""

DEPTH = 3
"""Ordering constraints that PCT aims at: most bugs known in the literature need one or two, few need three."""

STEPS = 2_000
"""Steps of one random run, where no number is given: several times what the longest path of any spec here takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a strategy is told. Each strategy reads what means something to it.

    `preemptions` is the most that a schedule may have (None: raised until something is found or nothing is left),
    `steps` the most steps of one run (None: what suits the strategy), `depth` the d of PCT. `wanted` says whether
    what breaks a rule is a finding.
    """

    seed: int = 0
    runs: int = RUNS
    depth: int = DEPTH
    preemptions: int | None = None
    steps: int | None = None
    wanted: Callable[[Violation], bool] = lambda violation: True


class Option(NamedTuple):
    """A move that can be made in a state. `base` is that state, its freed slots reclaimed where the move needs one."""

    thread: int
    choice: int
    base: bytes
    answer: Answer

    @property
    def move(self) -> Move:
        """The move as a schedule has it."""
        return self.thread, self.choice

    @property
    def ends(self) -> bool:
        """Does the move end the execution: a rule that is fatal, or a pool that ran out?"""
        return self.answer.halts or self.answer.pool is not None


class Strategy(Explorer):
    """A search along schedules. A strategy gives `_search`, `_way`, `_numbers` and `_figures`."""

    name = "python"

    def __init__(self, *arguments: Any, settings: Settings | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.settings = settings or Settings()
        self.start = b""
        self.hits: dict[tuple[object, ...], Hit] = {}
        self.seen: set[bytes] = set()
        self.transitions = 0
        self.depth = 0
        self.frontier = 0

    # --- what a strategy gives -----------------------------------------------------------------------------------

    @abstractmethod
    def _way(self, number: int) -> tuple[Move, ...]:
        """The schedule by which the search came to where it is, or to a numbered state where it is nowhere."""

    @abstractmethod
    def _numbers(self) -> tuple[str, ...]:
        """What a reader is told of the search, a sentence each, without its end."""

    @abstractmethod
    def _figures(self) -> dict[str, int | float]:
        """The same for programs."""

    # --- what an Explorer does ------------------------------------------------------------------------------------

    def run(self) -> Exploration:
        """Search until the strategy is done or a limit is reached."""
        found = super().run()
        found.shortest = False
        found.numbers = self._numbers()
        found.figures = self._figures()
        return found

    def tally(self) -> Tally:
        """How far the search has come: different states, steps of all runs, the longest run."""
        states = self._states()
        return Tally(
            states,
            self.transitions,
            self.depth,
            self.frontier,
            states * (STATE_OVERHEAD + self.layout.size + NODE_BYTES * self.threads),
            len(self.behaviour.answers),
            time.monotonic() - self._started,
        )

    def _states(self) -> int:
        return len(self.seen)

    def _store_first(self, state: bytes) -> None:
        self.start = state

    def _state(self, number: int) -> bytes:
        raise AssertionError("this strategy numbers no states")

    def _settle(self) -> None:
        """Nothing is kept in two places."""

    def _hit(self, violation: Violation, number: int, move: Move | None = None) -> None:
        if violation.identity not in self.hits:
            way = self._way(number)
            self.hits[violation.identity] = Hit(violation, way if move is None else (*way, move))
        self._check_off(violation)

    def _hits(self) -> list[Hit]:
        return list(self.hits.values())

    # --- states and moves -----------------------------------------------------------------------------------------

    def _look(self, state: bytes) -> tuple[list[Option], list[Option]]:
        """The moves that can be made in a state, by thread and alternative; and those that must wait there."""
        options = [option for thread in range(self.threads) for option in self._options(state, thread)]
        waiting = [option for option in options if option.answer.blocked]
        return [option for option in options if not option.answer.blocked] if waiting else options, waiting

    def _options(self, state: bytes, thread: int) -> list[Option]:
        """The alternatives of a thread's next step in a state, also where it must wait; none if it has ended."""
        node = self._node(state, thread)
        options = []
        for choice, root in enumerate(node.roots):
            base, answer = state, decide(root, state) or self._learn(node, choice, state)
            if answer.pool is not None:
                base, answer = self._collect(state, node, choice, answer)
            options.append(Option(thread, choice, base, answer))
        return options

    def _visit(self, state: bytes, number: int = 0) -> list[Option]:
        """Come to a state: the moves that can be made in it. What is new is judged."""
        options, waiting = self._look(state)
        if state not in self.seen:
            if len(self.seen) < self.most:
                self.seen.add(state)
                self._judge(state, options, waiting, number)
            else:
                self._no_room()
        return options

    def _judge(self, state: bytes, options: list[Option], waiting: list[Option], number: int) -> None:
        """The rules broken in a state: by claims, by steps asked for in vain, by who waits, by its being final."""
        for violation in self.judge.shared(state):
            self._hit(violation, number)
        for option in (*waiting, *options):
            if option.answer.pending and (option.answer.blocked or option.answer.pool is not None):
                self._hits_of(option.answer, number)
        for thread in range(self.threads):
            if not self._node(state, thread).roots:
                self.ended[thread] = True
        if options and not waiting:
            return
        blocked = tuple((option.thread, option.answer.wants) for option in waiting)
        if blocked:
            for violation in self._newly_waiting(state, blocked):
                self._hit(violation, number)
        if not options:
            for violation in self.judge.final(self._view(state, blocked)):
                self._hit(violation, number)

    def _take(self, option: Option, number: int = 0) -> bytes | None:
        """Make a move: the state after it, or None where it ends the execution."""
        if option.answer.pool is not None:
            return None
        self.transitions += 1
        if option.answer.pending:
            self._hits_of(option.answer, number, option.move)
        return None if option.answer.halts else self._after(option.base, option.thread, option.answer)


def counted(number: int, noun: str, plural: str = "") -> str:
    """'1 run', '1,204 runs'."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
