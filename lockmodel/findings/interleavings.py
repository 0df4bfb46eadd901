"""The records of a picture of every schedule: regions of states, and the steps that lead from one to another.

Reports draw these, so that like the records of a check they know no model; their field names are the JSON contract.
"""

from __future__ import annotations

import msgspec

from lockmodel.findings.finding import Finding


class Deed(msgspec.Struct, frozen=True):
    """A step that leads from one region to another: who does what, and where (a line of the source, or of the spec)."""

    thread: str
    operation: str
    place: str


class Region(msgspec.Struct, frozen=True):
    """States that are shown as one.

    `fate` is what can still become of them: "open" (a finding can be reached and avoided), "doomed" (not avoided any
    more), "safe" (not reached any more), "risky" (reached, and all that might avoid it is cut off before its end) or
    "unknown" (none is known to be reached, and some schedule is cut off).
    `reaches` are the findings that can be reached, `breaks` those that are broken here, by their numbers from 0; `also`
    are others than the one that the graph is about. `finals`: so many of the states are final. `holds` are the locks
    that a thread has in all of the states ("forth: a, b"). `goes_round`: a schedule can come back to a state in it.
    `cut` says what cuts an execution off, where the region is that. A `summary` stands for regions that are not shown;
    it has no states where another one counts them. `along` are the moves of the marked schedule within the region,
    where it is a stretch of it.
    """

    number: int
    states: int
    finals: int
    fate: str
    reaches: list[int]
    breaks: list[int]
    holds: list[str]
    first: bool = False
    goes_round: bool = False
    cut: str = ""
    summary: bool = False
    also: list[int] = msgspec.field(default_factory=list)
    along: list[Deed] = msgspec.field(default_factory=list)


class Passage(msgspec.Struct, frozen=True):
    """The moves of a thread from one region into another; into a summary those of all threads, without names.

    `moves` is 0 where only later ones lead there. `deeds` are done one after another where `run`, otherwise each is one
    way to get there. `pivot`: by it a finding becomes unavoidable. `witness`: the schedule of the finding that was
    picked passes here.
    """

    source: int
    target: int
    thread: str
    deeds: list[Deed]
    run: bool
    moves: int
    breaks: list[int]
    pivot: bool = False
    witness: bool = False


class Interleavings(msgspec.Struct, frozen=True):
    """Every schedule of one scenario as one graph.

    `unjudged` are rules that this graph says nothing of and that could be broken: LM104 where some schedule goes on for
    ever, LM702 where the model has claims that must come true. `findings` are what can be reached; `picked` is the
    number of the one whose schedule is marked, or -1; where the graph is about it `alone`, fates are those of that
    finding and others do not matter. `folding` says which states are shown as one: "runs", "locks" or "fate";
    `foldings` how many regions each of these would take. `around` is null where all is shown; otherwise so many moves
    off the marked schedule. Where there are too many states to search them all, `cut` says why: `states` are those near
    the marked schedule then, and from `ahead` of them nobody went on.
    """

    schema_version: int
    spec: str
    model: str
    design: str
    scenario: str
    threads: list[str]
    states: int
    transitions: int
    finals: int
    unjudged: list[str]
    findings: list[Finding]
    picked: int
    alone: bool
    folding: str
    foldings: dict[str, int]
    limit: int
    around: int | None
    regions: list[Region]
    passages: list[Passage]
    cut: str = ""
    ahead: int = 0
