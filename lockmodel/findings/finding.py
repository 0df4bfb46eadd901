"""The records that every report is made from; their field names are the JSON contract.

Nothing after this stage looks at a model: whatever a reader is told stands in here.
"""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True):
    """One place: `spec` is "path:line"; `source` is the line of the modelled file, "fs/inotify.c:825", or null."""

    procedure: str
    spec: str
    source: str | None


class Step(msgspec.Struct, frozen=True):
    """One step of a witness, numbered from 1.

    `operation` says what was done ("down(device#1.sem)"), `detail` what came of it ("2 -> 1", "= inode#1", "").
    `stack` is the call stack, innermost first. `locks` are the locks that the thread holds after the step, oldest
    first. `code` is the text of the spec's line. `choice` is the alternative taken where the step had several.
    `changes` are the shared values that the step changed, a line each ("watch#1.count: 2 -> 1").
    """

    n: int
    thread: str
    procedure: str
    spec: str
    source: str | None
    operation: str
    detail: str
    code: str
    stack: list[Frame]
    locks: list[str]
    choice: int
    changes: list[str]


class Waiting(msgspec.Struct, frozen=True):
    """A thread that cannot move at the end: what it waits for, who has that, and where it stands.

    `behind` are those that do not have it either, but stand before it in its line.
    """

    thread: str
    wants: str
    held_by: str | None
    frame: Frame
    holds: list[str]
    stack: list[Frame]
    behind: str | None = None

    @property
    def waited_for(self) -> str | None:
        """Who has to let go first."""
        return self.held_by or self.behind


class Upcoming(msgspec.Struct, frozen=True):
    """A step that a thread could make next, at the end of a witness: what it would do, and where it stands."""

    thread: str
    operation: str
    frame: Frame
    stack: list[Frame]


class Finding(msgspec.Struct, frozen=True):
    """One (rule, place), with the shortest schedule that shows it.

    `threads` are those that move in the witness or wait at its end, in the order of the scenario. `state` is the
    state that matters at the end, a line each ("watch#1: freed"). `schedule` is the token that replays it. `minimal` is
    "proved" if no schedule has fewer `minimised` ("steps" or "switches"), or "not-proved". `places` are both places
    of a data race, which comes after the last step; one if they are the same; `upcoming` are its two steps. Of an
    execution that goes on for ever, `loop_from` is the number of the first of the steps that it goes round.
    """

    rule: str
    name: str
    message: str
    threads: list[str]
    locks: list[str]
    objects: list[str]
    thread_switches: int
    minimal: str
    place: Frame
    stack: list[Frame]
    steps: list[Step]
    waiting: list[Waiting]
    state: list[str]
    schedule: str
    claim: str | None = None
    minimised: str = "steps"
    loop_from: int | None = None
    places: list[Frame] = msgspec.field(default_factory=list)
    upcoming: list[Upcoming] = msgspec.field(default_factory=list)


class Silenced(msgspec.Struct, frozen=True):
    """A finding that a comment in the spec silences, so that it counts for no verdict; `comment` is "path:line".

    `also` are the other comments that it takes, where it shows at several lines.
    """

    finding: Finding
    comment: str
    reason: str
    also: list[str] = msgspec.field(default_factory=list)


def cycle(waiting: list[Waiting]) -> list[str]:
    """The threads of a wait-for cycle in order, beginning with the first one named; empty when there is none."""
    holder = {entry.thread: entry.waited_for for entry in waiting}
    for entry in waiting:
        seen: list[str] = []
        thread: str | None = entry.thread
        while thread is not None and thread not in seen:
            seen.append(thread)
            thread = holder.get(thread)
        if thread == entry.thread:
            return seen
    return []


class HeapObject(msgspec.Struct, frozen=True):
    """An object of a `Heap`: `status` is "live" or "freed", `fields` a line each ("count 1", "i_list on no list")."""

    name: str
    status: str
    fields: list[str]


class HeapLink(msgspec.Struct, frozen=True):
    """A reference of a `Heap`: an object's field or a thread's local, `label`, refers to `target`.

    `kind` is "field", "list" (a list that has it as an entry), "local" or "lock" (a thread that holds it there).
    """

    source: str
    target: str
    label: str
    kind: str


class Heap(msgspec.Struct, frozen=True):
    """Objects and references after `step` of the `steps` of a finding; `where` has each thread's innermost place."""

    step: int
    steps: int
    objects: list[HeapObject]
    links: list[HeapLink]
    threads: list[str]
    where: list[str]


class Unreached(msgspec.Struct, frozen=True):
    """A statement, claim or lock that no state reached; `kind` is "statement", "claim" or "lock"."""

    kind: str
    name: str
    spec: str
    source: str | None


class Missed(msgspec.Struct, frozen=True):
    """The chance that a state was taken for another one with the same fingerprint, in the two ways of TLC.

    `calculated` from how many states and transitions there are, `observed` from the two fingerprints that are closest.
    """

    calculated: float
    observed: float


class LockWaits(msgspec.Struct, frozen=True):
    """How long threads wait for a lock, or for what the model makes one of.

    `bypass`: how often at most another thread takes it while one waits for it, null if there is no bound. `chain`: so
    many threads stand in the longest row of which the first waits for it, each for what the next one has. `witness`
    shows that there is no bound, and breaks no rule: a thread waits all round its loop, and others take the lock there.
    """

    lock: str
    bypass: int | None
    chain: int
    witness: Finding | None = None


class ScenarioResult(msgspec.Struct, frozen=True):
    """The verdict on one scenario. `reason` says why it is incomplete; `warnings` are things a reader should know.

    `bounds` are the limits within which the verdict holds, a phrase each ("at most 4 watches"). `numbers` are what a
    strategy other than exhaustive says of what it ran, a sentence each without its end; `figures` the same as numbers:
    runs, schedules (different ones), cut (runs that were), seed; of pct also depth, threads and steps (n and k as they
    were measured), guarantee (the least probability a run), runs_counted, guarantee_of_all, spinning; of preemption
    preemptions (the last bound that was searched whole, or -1); of dpor classes, redundant, cut, passes. `passes`: how
    often the search began, since it had learned something; states and transitions are those of the last pass. `missed`
    is null where whole states were compared. `waiting` is null where it was not examined. `group` is the name of those
    that the program wrote with the same entries ("pairs/event-ignore"), or "". `ignored` are findings that comments in
    the spec silence.
    """

    name: str
    verdict: str
    complete: bool
    reason: str | None
    states: int
    transitions: int
    depth: int
    seconds: float
    engine: str
    strategy: str
    reductions: list[str]
    threads: list[str]
    unreached: list[str]
    warnings: list[str]
    findings: list[Finding]
    edges_learned: int = 0
    frontier: int = 0
    bounds: list[str] = msgspec.field(default_factory=list)
    numbers: list[str] = msgspec.field(default_factory=list)
    figures: dict[str, int | float] = msgspec.field(default_factory=dict)
    passes: int = 1
    missed: Missed | None = None
    waiting: list[LockWaits] | None = None
    group: str = ""
    ignored: list[Silenced] = msgspec.field(default_factory=list)


class OrderEdge(msgspec.Struct, frozen=True):
    """Lock class `inner` was asked for while `outer` was held.

    Modes are "write", "read" or "recursive". `contexts` are what threads were in as they asked ("process", "hardirq,
    irqs off"). `held` are the classes of all locks held, oldest first, where it was first seen: in `scenario`, after
    the `steps` of `schedule` or by the last of them. `places`: so many lines ask for it.
    """

    outer: str
    inner: str
    spec: str
    source: str | None
    mode_outer: str = "write"
    mode_inner: str = "write"
    contexts: list[str] = msgspec.field(default_factory=list)
    held: list[str] = msgspec.field(default_factory=list)
    scenario: str = ""
    schedule: str = ""
    steps: int = 0
    places: int = 1


class LockClass(msgspec.Struct, frozen=True):
    """A class of locks ("Device.sem"), of which kind it is ("semaphore"), and whether a thread that waits sleeps."""

    name: str
    kind: str
    sleeps: bool


class OrderVerdict(msgspec.Struct, frozen=True):
    """Whether locks that are taken in orders that go round (LM202), or in interrupts (LM602), can ever deadlock.

    `verdict` is "reachable", "unreachable" or "not-examined", `reason` says why unless it is reachable. `scenario` is
    where that shows, one of the run or one put together from several; `schedule` is the witness, or null.
    """

    rule: str
    claim: str
    cycle: list[str]
    verdict: str
    reason: str | None = None
    scenario: str | None = None
    schedule: str | None = None


class Order(msgspec.Struct, frozen=True):
    """The lock order seen in all scenarios of the run; `judged` has what became of each cycle.

    `declared` are the chains of the model's own hierarchy, `notes` what a reader of them should know. `classes` are all
    that the model has.
    """

    edges: list[OrderEdge]
    cycles: list[list[str]]
    judged: list[OrderVerdict] = msgspec.field(default_factory=list)
    declared: list[list[str]] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    classes: list[LockClass] = msgspec.field(default_factory=list)


class Protection(msgspec.Struct, frozen=True):
    """What protects a field ("Device.events"), over all states of a run.

    `declared` is what the model says ("sem", "constant") or null. `observed` is what was seen, leaving out accesses
    that are marked as racy, in `racy`, and those while no other thread could reach the object:

    "locked"         every access is made under `locks`, those that write holding them for writing
    "some-lock"      the same, but only the class of the lock is known: it need not be the same one each time
    "locked-writes"  every write is made under `locks`
    "published"      only read, once it was shared
    "read-only"      only read
    "private"        never touched once it was shared
    "atomic"         it is one
    "marked"         every access is marked as racy
    "unprotected"    none of these

    Locks are named as `guarded_by` names them, from the object: "sem", "inode.inotify_sem", "inode_lock"; or by class:
    "a Device.sem". `reads` and `writes` are places; `without` are those outside of the locks.
    """

    field: str
    declared: str | None
    observed: str
    locks: list[str]
    reads: list[Frame]
    writes: list[Frame]
    without: list[Frame]
    racy: list[Frame]


class Enumeration(msgspec.Struct, frozen=True):
    """A group of scenarios that the program wrote, as far as the target names them.

    `scenarios` are those there are. `symmetric`: so many differ from one of these by names alone; `excluded`: so many
    answers have none, by what excludes them (a word that threads share and exclude, or the reason of a `require`).
    """

    scenarios: int
    symmetric: int
    excluded: dict[str, int]


class MatrixSetting(msgspec.Struct, frozen=True):
    """What came of all scenarios with the switches `turned` from the setting of the run; none for that setting itself.

    `findings` are as many as there are, each once; `new` those that the run's own setting does not show, and `gone`
    those of it that are not shown here. `searched`: so many scenarios had to be searched, since with none of the
    settings before they came to the same. `ignored`: so many more findings are silenced by comments in the spec.
    """

    turned: dict[str, bool | int | str]
    verdict: str
    complete: bool
    findings: int
    new: int
    gone: int
    searched: int
    ignored: int = 0


class NeedingFinding(msgspec.Struct, frozen=True):
    """A finding that the run's own setting does not show. `needs` are the smallest sets of turned switches that do.

    `scenarios` are those that have it under the first of them, and `schedule` is one of theirs. `certain` is false
    where a search under fewer of these switches was incomplete, so that it may need fewer.
    """

    rule: str
    name: str
    message: str
    claim: str | None
    place: Frame
    needs: list[dict[str, bool | int | str]]
    scenarios: list[str]
    schedule: str
    certain: bool


class IgnoreComment(msgspec.Struct, frozen=True):
    """A comment in the spec that silences findings of these rules at its line, `spec` ("path:line").

    `findings`: so many of the run it silences, each rule and place once. `unused` are those of the rules of which it
    silences none, although its line was reached and all was searched.
    """

    spec: str
    rules: list[str]
    reason: str
    findings: int
    unused: list[str]


class CheckResult(msgspec.Struct, frozen=True):
    """What one `check` of one spec gives.

    `unreached` are the statements and locks that no scenario of the run reached (a scenario's own are in its result),
    `reached` the procedures that some scenario came to.
    `enumeration` has the groups of scenarios that the program wrote, by name. `matrix` is null where it was not asked
    for; `needing` are the findings that only other settings show. `ignores` are the comments in the spec that silence
    findings.
    """

    schema_version: int
    lockmodel: str
    spec: str
    model: str
    design: str
    switches: dict[str, bool | int | str]
    scenarios: list[ScenarioResult]
    order: Order
    unreached: list[Unreached]
    protection: list[Protection] = msgspec.field(default_factory=list)
    enumeration: dict[str, Enumeration] = msgspec.field(default_factory=dict)
    matrix: list[MatrixSetting] | None = None
    needing: list[NeedingFinding] = msgspec.field(default_factory=list)
    reached: list[str] = msgspec.field(default_factory=list)
    ignores: list[IgnoreComment] = msgspec.field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Was every scenario searched to its end?"""
        return all(scenario.complete for scenario in self.scenarios)
