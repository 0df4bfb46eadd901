"""A witness made ready to be laid out: which rows there are, in which lane, and what each has to say.

Takes a `Finding`, gives `Lanes`. The printed schedule and the picture are both laid out from this, so that they fold
the same steps and show the same locks. Widths, characters and colours are theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lockmodel.findings.finding import Finding, Frame, Step, Waiting
from lockmodel.report.wrapping import printable

READS = frozenset({"read", "atomic_read", "list_empty", "list_first_entry", "list_next_entry", "idr_find"})
"""What an operation that only looks begins with. An operation that is missing here is merely never folded."""

SHORT = 20
"""Up to so many steps a witness is shown whole: it fits a screen, and a fold would cost more than it saves."""

SHORTEST_FOLD = 3
"""A fold takes a row itself, so that folding two steps saves one row and hides two."""

LAST_SHOWN = 3
"""The last steps are never folded: there the reader looks first."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step. `result` is what it gave ("= watch#1"), `change` how what it names changed ("1 -> 2").

    `effects` are the other values that it changed, as (location, "before -> after") or (what happened, "").
    `calls` are the procedures entered since the thread's step before, outermost first, the first of them at depth
    `depth - len(calls) + 1`. `before` and `held` are the locks held before and after it. `violation` marks the step
    (for a race both steps) at which the rule is broken.
    """

    step: Step
    lane: int
    result: str
    change: str
    effects: tuple[tuple[str, str], ...]
    calls: tuple[str, ...]
    depth: int
    before: tuple[str, ...]
    held: tuple[str, ...]
    switched: bool
    violation: bool

    @property
    def operation(self) -> str:
        """What was done."""
        return printable(self.step.operation)

    @property
    def outcome(self) -> str:
        """What came of it, in one line."""
        return f"{self.result}  {self.change}".strip()

    @property
    def taken(self) -> tuple[str, ...]:
        """The locks that this step took."""
        return _without(self.held, self.before)

    @property
    def released(self) -> tuple[str, ...]:
        """The locks that this step let go."""
        return _without(self.before, self.held)


@dataclass(frozen=True, slots=True)
class FoldRow:
    """Steps of one thread that changed nothing, shown as one row."""

    lane: int
    rows: tuple[StepRow, ...]

    @property
    def switched(self) -> bool:
        """Whether another thread moved just before."""
        return self.rows[0].switched

    @property
    def held(self) -> tuple[str, ...]:
        """The locks held meanwhile."""
        return self.rows[0].held

    @property
    def text(self) -> str:
        """What stands for the steps."""
        return f"{len(self.rows)} reads"


Row = StepRow | FoldRow


@dataclass(frozen=True, slots=True)
class HandOver:
    """`lock` was released in step `released` and next taken, by another thread, in step `taken`."""

    lock: str
    released: int
    taken: int


@dataclass(frozen=True, slots=True)
class Lanes:
    """A witness, row by row. `waiting` are those that stand still at the end, with their lanes."""

    threads: tuple[str, ...]
    rows: tuple[Row, ...]
    waiting: tuple[tuple[int, Waiting], ...]
    handovers: tuple[HandOver, ...]
    locks: tuple[str, ...]
    held_at_end: tuple[tuple[str, ...], ...]


def arrange(finding: Finding, *, fold: bool) -> Lanes:
    """The rows of `finding`; `fold` joins the reads of a long witness that nobody needs to see."""
    threads = _threads(finding)
    rows = _step_rows(finding, threads)
    held: list[tuple[str, ...]] = [()] * len(threads)
    for row in rows:
        held[row.lane] = row.held
    for waiting in finding.waiting:
        held[threads.index(waiting.thread)] = tuple(waiting.holds)
    locks = dict.fromkeys(lock for row in rows for lock in (*row.taken, *row.held))
    locks |= dict.fromkeys(lock for waiting in finding.waiting for lock in waiting.holds)
    return Lanes(
        threads=threads,
        rows=tuple(_fold(rows, _named(finding))) if fold and len(rows) > SHORT else tuple(rows),
        waiting=tuple((threads.index(waiting.thread), waiting) for waiting in finding.waiting),
        handovers=tuple(_handovers(rows)),
        locks=tuple(locks),
        held_at_end=tuple(held),
    )


def cycle(waiting: list[Waiting]) -> list[str]:
    """The threads of a wait-for cycle in order, beginning with the first one named; empty when there is none."""
    holder = {entry.thread: entry.held_by for entry in waiting}
    for entry in waiting:
        seen: list[str] = []
        thread: str | None = entry.thread
        while thread is not None and thread not in seen:
            seen.append(thread)
            thread = holder.get(thread)
        if thread == entry.thread:
            return seen
    return []


def state_told(finding: Finding) -> list[str]:
    """The state at the end, without what the waiting threads' own lines say: which locks they hold."""
    said = {f"{waiting.thread} holds {', '.join(waiting.holds)}" for waiting in finding.waiting}
    return [line for line in finding.state if line not in said]


def _threads(finding: Finding) -> tuple[str, ...]:
    """The lanes: as the finding lists them, and whoever it forgot."""
    moving = [step.thread for step in finding.steps] + [waiting.thread for waiting in finding.waiting]
    present = dict.fromkeys(moving)
    listed = [thread for thread in finding.threads if thread in present]
    return tuple(dict.fromkeys([*listed, *moving]))


def _step_rows(finding: Finding, threads: tuple[str, ...]) -> list[StepRow]:
    held: dict[str, tuple[str, ...]] = {}
    stacks: dict[str, list[Frame]] = {}
    rows: list[StepRow] = []
    broken = _violating(finding)
    for index, step in enumerate(finding.steps):
        stack = step.stack[::-1] or [Frame(step.procedure, step.spec, step.source)]
        before = held.get(step.thread, ())
        after = _held_after(step, before, index in broken)
        change, effects = _changed(step, before, after)
        rows.append(
            StepRow(
                step=step,
                lane=threads.index(step.thread),
                result=_result(printable(step.detail), change),
                change=change,
                effects=effects,
                calls=_entered(stacks.get(step.thread, []), stack),
                depth=len(stack) - 1,
                before=before,
                held=after,
                switched=index > 0 and finding.steps[index - 1].thread != step.thread,
                violation=index in broken,
            )
        )
        held[step.thread] = after
        stacks[step.thread] = stack
    return rows


def _violating(finding: Finding) -> tuple[int, ...]:
    """Which steps break the rule: the last; both accesses of a race; none where the fault is that nobody moves."""
    last = len(finding.steps) - 1
    if finding.waiting or last < 0:
        return ()
    if finding.rule == "LM301" and last > 0 and finding.steps[last - 1].thread != finding.steps[last].thread:
        return (last - 1, last)
    return (last,)


def _entered(before: list[Frame], now: list[Frame]) -> tuple[str, ...]:
    """The procedures of the stack `now` that were not yet running in `before`; both outermost first.

    A frame is the same activation if its procedure is the same and it was called from the same line.
    """
    common = 0
    while (
        common < min(len(before), len(now))
        and before[common].procedure == now[common].procedure
        and (common == 0 or before[common - 1].spec == now[common - 1].spec)
    ):
        common += 1
    return tuple(frame.procedure for frame in now[common:])


def _held_after(step: Step, before: tuple[str, ...], broken: bool) -> tuple[str, ...]:
    """The locks held after `step`. One that breaks a rule may end there, and still holds what it did not let go."""
    if not broken:
        return tuple(step.locks)
    kept = [lock for lock in before if lock not in step.locks and not names(step.operation, lock)]
    return (*kept, *step.locks)


def _result(detail: str, change: str) -> str:
    """What a step gave, unless the change beside it says so: "= 0" with "1 -> 0", or "1 -> 0" with "1 -> 0 (old)"."""
    if change.endswith(f" -> {detail.removeprefix('= ')}") or (" -> " in detail and change.startswith(detail)):
        return ""
    return detail


def _changed(step: Step, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What stands beside the operation, and what under it: beside it a change of what the operation names."""
    beside: list[str] = []
    under: list[tuple[str, str]] = []
    for change in map(printable, step.changes):
        location, colon, values = change.partition(": ")
        if not colon:
            under.append((change, ""))
        elif location in before or location in after or values in step.detail:
            continue  # a lock's own state is shown by who holds it
        elif not names(f"{step.operation} {step.detail}", location):
            under.append((location, values))
        elif values.startswith("? -> "):
            continue  # the first value of a new object: the operation says it already
        elif step.operation.endswith(f" = {values.rpartition(' -> ')[2]}"):
            beside.append(f"(was {values.partition(' -> ')[0]})")
        else:
            beside.append(values)
    return "  ".join(beside), tuple(under)


def names(operation: str, location: str) -> bool:
    """Whether the words of `operation` name exactly `location`, and not a longer name that contains it."""
    return re.search(rf"(?<![\w#.]){re.escape(location)}(?![\w#.])", operation) is not None


def _handovers(rows: list[StepRow]) -> list[HandOver]:
    handovers: list[HandOver] = []
    free: dict[str, StepRow] = {}
    for row in rows:
        for lock in row.taken:
            last = free.pop(lock, None)
            if last is not None and last.lane != row.lane:
                handovers.append(HandOver(lock, last.step.n, row.step.n))
        for lock in row.released:
            if lock not in row.held:
                free[lock] = row
    return handovers


def _named(finding: Finding) -> frozenset[int]:
    """The steps that the message names by number: the reader will look for them."""
    return frozenset(int(number) for number in re.findall(r"\bstep (\d{1,9})\b", finding.message, re.ASCII))


def _fold(rows: list[StepRow], named: frozenset[int]) -> list[Row]:
    """Join runs of reads: the same thread, the same locks, nothing changed, nothing learned from another thread."""
    news = _news(rows)
    folded: list[Row] = []
    run: list[StepRow] = []

    def flush() -> None:
        folded.extend([FoldRow(run[0].lane, tuple(run))] if len(run) >= SHORTEST_FOLD else run)
        run.clear()

    for index, row in enumerate(rows):
        dull = _only_looks(row) and not (index in news or row.step.n in named) and index < len(rows) - LAST_SHOWN
        if run and (not dull or row.switched):
            flush()
        if dull:
            run.append(row)
        else:
            folded.append(row)
    flush()
    return folded


def _only_looks(row: StepRow) -> bool:
    word = re.match(r"\w*", row.step.operation)
    looks = word is not None and word.group() in READS
    return looks and not row.step.changes and row.before == row.held and not row.violation


def _news(rows: list[StepRow]) -> frozenset[int]:
    """The reads that see what another thread changed since this thread last looked: never folded."""
    changed: dict[str, int] = {}
    seen: dict[tuple[int, str], int] = {}
    news: list[int] = []
    for index, row in enumerate(rows):
        for location, writer in changed.items():
            if not names(row.step.operation, location):
                continue
            at = row.lane, location
            if rows[writer].lane != row.lane and seen.get(at, -1) < writer:
                news.append(index)
            seen[at] = index
        for change in row.step.changes:
            changed[change.partition(": ")[0]] = index
    return frozenset(news)


def _without(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    """`these` less `those`, each taken away once: a semaphore may be held twice."""
    rest = list(these)
    for lock in those:
        if lock in rest:
            rest.remove(lock)
    return tuple(rest)
