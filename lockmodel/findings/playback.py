"""The records of a witness that can be stepped through: every state on its way, and what could have come of each.

Reports draw these, so that like the records of a check they know no model. A state is told by what is different from
the one before, so that a long witness is no larger than what happens in it. What a step is about is named by its place
in the lists of a `Playback`: cells, links and nexts are told once each.
"""

from __future__ import annotations

import msgspec


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that has a value: a field of an object, or a local of a thread, of the procedure `within`."""

    owner: str
    name: str
    within: str = ""


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reference, from an object's field or a thread's local, `label`, to an object.

    `kind` is "field", "list" (a list that has it as an entry), "local" or "lock" (a thread that holds it there).
    """

    source: str
    target: str
    label: str
    kind: str


class Next(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a thread would do next: its operation and where, as `spec` and as `source` ("" where there is none).

    `stands` is "can" (it can move), "waits" (for `wants`, which those in `held_by` have and those in `behind` stand in
    line for before it; neither where no thread has it), "full" (it asks for a slot of a cache that has none left),
    "stopped" (its execution has ended) or "ended". `alternatives`: so many ways the step has.
    """

    thread: str
    stands: str
    operation: str = ""
    procedure: str = ""
    spec: str = ""
    source: str = ""
    wants: str = ""
    held_by: str = ""
    behind: str = ""
    alternatives: int = 1


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a value came from that a step read: another thread left it there in step `by`.

    `before` is what the thread itself had last found there, in step `seen` (0: it had not looked before).
    """

    what: str
    value: str
    by: int
    before: str = ""
    seen: int = 0


class Beat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step, and what is different after it.

    `switch` is "free" where another thread moved before and could have gone on, "forced" where it could not, else "".
    `cells` are (cell, its value now; null where it is gone), `on` and `off` the links that came and went, `status`
    (object, "live", "freed", or "" where its slot is free), `held` the locks that the thread holds after it where that
    changed, and `nexts` what each thread would do next where that changed: (thread, next). `breaks` are the rules that
    are broken by it or in the state after it, a sentence each.
    """

    n: int
    thread: str
    procedure: str
    spec: str
    source: str
    operation: str
    detail: str = ""
    code: str = ""
    depth: int = 0
    choice: int = 0
    switch: str = ""
    cells: list[tuple[int, str | None]] = msgspec.field(default_factory=list)
    on: list[int] = msgspec.field(default_factory=list)
    off: list[int] = msgspec.field(default_factory=list)
    status: list[tuple[str, str]] = msgspec.field(default_factory=list)
    held: list[str] | None = None
    nexts: list[tuple[int, int]] = msgspec.field(default_factory=list)
    origins: list[Origin] = msgspec.field(default_factory=list)
    breaks: list[str] = msgspec.field(default_factory=list)


class Opening(msgspec.Struct, frozen=True):
    """The state before the first step, in the words of a `Beat`; `nexts` and `held` have all threads, in order."""

    cells: list[tuple[int, str | None]]
    links: list[int]
    status: list[tuple[str, str]]
    held: list[list[str]]
    nexts: list[int]


class Passing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule that shares the first `shared` steps with the witness and then runs to its end without the finding.

    `beats` are its steps from there on. `also` are other findings that it meets after that, which do not end it.
    `nearest`: none shares more. One that goes on for ever goes round all its steps from `loop_from` on.
    """

    shared: int
    beats: list[Beat]
    schedule: str
    nearest: bool
    also: list[str] = msgspec.field(default_factory=list)
    loop_from: int | None = None


class Outlook(msgspec.Struct, frozen=True, omit_defaults=True):
    """What could still come after each step of the witness.

    The finding can be avoided after step `open_until` (0: before the first; -1: of no state is that known): some
    schedule goes on from there to an end that breaks no rule, without the finding, or fairly `for_ever`. After
    step `doomed_from` none does (-1: of no state is that known): all come to the finding, or to one of `others`,
    which end the execution as well. Where the one number follows the other, `doomed_from` is the pivot. `cut`: some
    schedules leave the bounds of the model, and what lies behind is not known. `states` were looked at, of at most
    `limit`. `unasked` says why nothing was asked.
    """

    open_until: int
    doomed_from: int
    states: int
    limit: int
    others: list[str] = msgspec.field(default_factory=list)
    for_ever: bool = False
    cut: bool = False
    unasked: str = ""

    @property
    def pivot(self) -> int | None:
        """The step by which the finding becomes unavoidable, where it is known; 0 if it was so before any step."""
        return self.doomed_from if self.doomed_from == self.open_until + 1 else None


class Playback(msgspec.Struct, frozen=True, omit_defaults=True):
    """A finding's witness with every state on its way, and the nearest schedule that passes.

    `entries` are the procedures that the threads enter. `objects` are those that are there at some time, in the order
    of the layout, `concerned` those that the finding is about. `null_since`: the thread that goes through a null
    pointer got it in that step.
    """

    rule: str
    name: str
    message: str
    scenario: str
    design: str
    spec: str
    schedule: str
    threads: list[str]
    entries: list[str]
    objects: list[str]
    concerned: list[str]
    cells: list[Cell]
    links: list[Link]
    nexts: list[Next]
    opening: Opening
    beats: list[Beat]
    outlook: Outlook
    passing: Passing | None = None
    null_since: int | None = None
    loop_from: int | None = None
