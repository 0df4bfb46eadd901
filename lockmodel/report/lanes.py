"""A witness made ready to be laid out: which rows there are, in which lane, and what each has to say.

Takes a `Finding`, gives `Lanes`. The printed schedule and the picture are both laid out from this, so that they fold
the same steps and show the same locks. Widths, characters and colours are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.findings.finding import Finding, Frame, Step, Upcoming, Waiting
from lockmodel.report.folding import fold_rows, shorten_rows
from lockmodel.report.rows import Effects, FoldRow, Loop, Row, StepRow, names
from lockmodel.report.wrapping import printable


@dataclass(frozen=True, slots=True)
class HandOver:
    """`lock` was released in step `released` and next taken, by another thread, in step `taken`."""

    lock: str
    released: int
    taken: int


@dataclass(frozen=True, slots=True)
class Lanes:
    """A witness, row by row. `ends` are what threads wait for at the end, or would do next, with their lanes."""

    threads: tuple[str, ...]
    rows: tuple[Row, ...]
    ends: tuple[tuple[int, Waiting | Upcoming], ...]
    handovers: tuple[HandOver, ...]
    locks: tuple[str, ...]
    held_at_end: tuple[tuple[str, ...], ...]


FIRST, LAST = 80, 220
"""Rows of a picture at most, at the beginning and at the end: fifteen pages, and as much as Mermaid takes."""


def arrange(finding: Finding, *, fold: bool, picture: bool = False) -> Lanes:
    """The rows of `finding`; `fold` joins the reads of a long witness that nobody needs to see.

    Of a `picture` that is still far too long only the beginning and the end are shown then.
    """
    threads = _threads(finding)
    rows = _step_rows(finding, threads)
    held: list[tuple[str, ...]] = [()] * len(threads)
    for row in rows:
        held[row.lane] = row.held
    for waiting in finding.waiting:
        held[threads.index(waiting.thread)] = tuple(waiting.holds)
    locks = dict.fromkeys(lock for row in rows for lock in (*row.taken, *row.held))
    locks |= dict.fromkeys(lock for waiting in finding.waiting for lock in waiting.holds)
    shown = fold_rows(rows, finding.message) if fold and finding.loop_from is None else list(rows)
    shown = shorten_rows(shown, FIRST, LAST) if fold and picture else shown
    hidden = {row.step.n for fold_row in shown if isinstance(fold_row, FoldRow) for row in fold_row.rows}
    return Lanes(
        threads=tuple(map(printable, threads)),
        rows=tuple(shown),
        ends=tuple((threads.index(end.thread), end) for end in _ends(finding)),
        handovers=tuple(its for its in _handovers(rows) if not {its.released, its.taken} & hidden),
        locks=tuple(locks),
        held_at_end=tuple(held),
    )


def told_end(end: Waiting | Upcoming) -> list[str]:
    """What stands in the lane of a thread that cannot move, or of one that would break the rule next."""
    if isinstance(end, Upcoming):
        return [printable(f"next: {end.operation}")]
    line = [f"waits for {end.wants}"]
    if end.held_by:
        line.append(f"held by {end.held_by}")
    if end.behind:
        line.append(f"behind {end.behind}")
    return [printable(text) for text in line]


def state_told(finding: Finding) -> list[str]:
    """The state at the end, without what the waiting threads' own lines say: which locks they hold."""
    said = {f"{waiting.thread} holds {', '.join(waiting.holds)}" for waiting in finding.waiting}
    return [line for line in finding.state if line not in said]


def _ends(finding: Finding) -> list[Waiting | Upcoming]:
    return [*finding.waiting, *finding.upcoming]


def _threads(finding: Finding) -> tuple[str, ...]:
    """The lanes: as the finding lists them, and whoever it forgot."""
    moving = [*(step.thread for step in finding.steps), *(end.thread for end in _ends(finding))]
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
        result, change, effects = _came_of(step, before, after)
        rows.append(
            StepRow(
                step=step,
                lane=threads.index(step.thread),
                result=result,
                change=change,
                effects=effects,
                calls=_entered(stacks.get(step.thread, []), stack),
                depth=len(stack) - 1,
                before=before,
                held=after,
                switched=index > 0 and finding.steps[index - 1].thread != step.thread,
                violation=index in broken,
                loop=_in_loop(finding, step),
            )
        )
        held[step.thread] = after
        stacks[step.thread] = stack
    return rows


def _violating(finding: Finding) -> tuple[int, ...]:
    """Which steps break the rule: the last; both accesses of a race; none where they come next, or nobody moves."""
    last = len(finding.steps) - 1
    if finding.waiting or finding.upcoming or last < 0 or finding.loop_from is not None:
        return ()
    if finding.rule == "LM301" and last > 0 and finding.steps[last - 1].thread != finding.steps[last].thread:
        return (last - 1, last)
    return (last,)


def _in_loop(finding: Finding, step: Step) -> Loop:
    """Where a step stands in what is gone round for ever."""
    first, last = finding.loop_from, len(finding.steps)
    if first is None or step.n < first:
        return ""
    if first == last:
        return "whole"
    return "first" if step.n == first else "last" if step.n == last else "inside"


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
    return tuple(printable(frame.procedure) for frame in now[common:])


def _held_after(step: Step, before: tuple[str, ...], broken: bool) -> tuple[str, ...]:
    """The locks held after `step`. One that breaks a rule may end there, and still holds what it did not let go."""
    if not broken:
        return tuple(step.locks)
    kept = [lock for lock in before if lock not in step.locks and not names(step.operation, lock)]
    return (*kept, *step.locks)


def _came_of(step: Step, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, str, Effects]:
    """What a step gave, how what it names changed, and what else changed; none of it said twice."""
    change, effects = _changed(step, before, after)
    result = printable(step.detail)
    if " -> " in result and not result.startswith("="):
        # A detail that is a change is shown as one. The one in `changes` may say more: "1 -> 0 (dropped)".
        return "", change if change.startswith(result) else f"{result}  {change}".strip(), effects
    if change.endswith(f" -> {result.removeprefix('= ')}"):
        return "", change, effects
    return result, change, effects


def _changed(step: Step, before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, Effects]:
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
