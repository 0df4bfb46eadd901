"""The scenarios that the program writes: every combination of entries, in every world that the picks allow.

Takes a model's world, entries and groups; gives scenarios, lowered, each once: one that differs from an earlier one of
the same entries by the names of its objects and threads alone is left out (`ir.likeness`), and so is one that a
precondition excludes. Both are counted. Groups and combinations that a target cannot name are not looked at.

Bounded-exhaustive testing, for scenarios instead of inputs: Boyapati, Khurshid, Marinov, Korat (2002); Marinov,
Khurshid, TestEra (2001); Runciman, Naylor, Lindblad, SmallCheck (2008).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lockmodel.compile.choices import BOUNDED, Choices, ExcludedError, Labels, Odometer, Told, UnheardError
from lockmodel.compile.naming import Place, suggestion
from lockmodel.compile.scenario import Written, building, lower_built
from lockmodel.errors import UsageError
from lockmodel.ir.likeness import Form, Likeness
from lockmodel.ir.nodes import Program
from lockmodel.language.model import Model
from lockmodel.language.scenario import HoldRecord, Scenario
from lockmodel.language.worlds import EntryRecord, EveryRecord, Pick

Entries = tuple[EntryRecord, ...]


@dataclass
class Tally:
    """What became of a group: the scenarios there are, those like an earlier one, those that something excludes."""

    scenarios: int = 0
    symmetric: int = 0
    excluded: dict[str, int] = field(default_factory=dict)


class Worlds:
    """Writes the scenarios of a model, under the design and the switches of a program. `bounds` are for picks.

    `tallies` has each group that was looked at.
    """

    def __init__(self, model: Model, program: Program, bounds: Mapping[str, int]) -> None:
        self.model = model
        self.program = program
        self.labels = Labels(bounds)
        self.tallies: dict[str, Tally] = {}
        self._likeness = Likeness(program)

    def all(self) -> list[Written]:
        """Those of every group that is checked by default."""
        return [one for group in self.model.groups.values() if group.default for one in self._every(group, "*")]

    def like(self, wanted: str) -> list[Written]:
        """Those that a target names: by a group, by its entries, by a pattern, or by all of the name."""
        if "*" not in wanted:
            one = self._named(wanted)
            return [one] if one else self._family(wanted)
        groups = [group for group in self.model.groups.values() if group.default or _begins_with(wanted, group.name)]
        return [one for group in groups for one in self._every(group, wanted) if like(one.name, wanted)]

    def check_bounds(self) -> None:
        """UsageError for a bound that no pick of the model asks for."""
        bounds = [label for label in self.labels.bounds if self.labels.kinds.get(label) not in BOUNDED]
        if bounds:
            # what was not looked at may ask for it
            for entry in self.model.entries.values():
                for _ in self._built((entry,), Odometer(self.labels)):
                    pass
        known = [label for label, kind in self.labels.kinds.items() if kind in BOUNDED]
        for label in bounds:
            if label not in known:
                raise UsageError(
                    f"the model {self.model.name} has no bound `{label}`\n  {suggestion(label, known, 'bounds')}"
                )

    # --- which ----------------------------------------------------------------------------------------------------

    def _family(self, wanted: str) -> list[Written]:
        """The group of that name, or all worlds of one combination of entries."""
        for group in self.model.groups.values():
            if wanted == group.name:
                return list(self._every(group, "*"))
            for entries in self._combinations(group):
                if wanted == _title(group, entries):
                    return list(self._scenarios(group, entries))
        return []

    def _every(self, group: EveryRecord, pattern: str) -> Iterator[Written]:
        """The scenarios of a group, without the entries whose names no pattern can fit."""
        for entries in self._combinations(group):
            if may_begin(_title(group, entries), pattern):
                yield from self._scenarios(group, entries)

    def _combinations(self, group: EveryRecord) -> Iterator[Entries]:
        """The entries of its scenarios, in the order of their declaration."""
        chosen = self.model.entries if group.entries is None else group.entries
        pool = [self.model.entries[name] for name in chosen if isinstance(name, str)]
        yield from itertools.combinations_with_replacement(pool, group.of)
        for names in chosen:
            if not isinstance(names, str):
                yield tuple(self.model.entries[name] for name in names)

    def _named(self, name: str) -> Written | None:
        """The one that has this name, whether or not it is like another one, whatever the bounds."""
        title, _, answers = name.removesuffix("]").partition("[")
        for group in self.model.groups.values():
            for entries in self._combinations(group):
                if title == _title(group, entries):
                    try:
                        choices = Told(self.labels, answers)
                        scenario = next(self._built(entries, choices), None)
                        choices.end()
                    except UnheardError:
                        return None
                    return self._lowered(group, entries, name, scenario) if scenario else None
        return None

    # --- building them --------------------------------------------------------------------------------------------

    def _scenarios(self, group: EveryRecord, entries: Entries) -> Iterator[Written]:
        tally = self.tallies.setdefault(group.name, Tally())
        seen: set[Form] = set()
        choices = Odometer(self.labels)
        for scenario in self._built(entries, choices, tally.excluded):
            one = self._lowered(group, entries, _title(group, entries) + choices.name(), scenario)
            form = self._likeness.form(one.setup)
            if form in seen:
                tally.symmetric += 1
                continue
            seen.add(form)
            tally.scenarios += 1
            yield one

    def _lowered(self, group: EveryRecord, entries: Entries, name: str, scenario: Scenario) -> Written:
        doc = " ".join(entry.doc.strip().partition("\n")[0] for entry in entries)
        setup = lower_built(self.model, self.program, scenario, name, Place(group.path, group.line), shared=True)
        return Written(name, doc, group.path, group.line, setup, _title(group, entries))

    def _built(self, entries: Entries, choices: Choices, excluded: dict[str, int] | None = None) -> Iterator[Scenario]:
        """The scenarios that the answers make, but those that are `excluded`, which are counted."""
        world = self.model.built
        assert world is not None
        names = _thread_names(entries)
        place = Place(world.path, world.line)
        more = True
        while more:
            scenario = Scenario()
            choices.begin(scenario)
            pick = Pick(choices)
            what = "the world"
            try:
                with building(self.model, self.program, "the world", place):
                    given = world.build(scenario, pick)
                for entry, thread in zip(entries, names, strict=True):
                    what = f"`{entry.name}`"
                    choices.by = scenario.holder = thread
                    there = len(scenario.threads)
                    with building(self.model, self.program, f"the entry {what}", Place(entry.path, entry.line)):
                        entry.build(scenario, given, pick, thread)
                    _check_entry(entry, thread, [record.name for record in scenario.threads[there:]])
                    _check_holds(scenario.holds)
            except ExcludedError as refusal:
                if excluded is not None:
                    reason = str(refusal) or f"what {what} requires"
                    excluded[reason] = excluded.get(reason, 0) + 1
            else:
                yield scenario
            more = isinstance(choices, Odometer) and choices.advance()


def _title(group: EveryRecord, entries: Entries) -> str:
    return f"{group.name}/{'-'.join(entry.name for entry in entries)}"


def _thread_names(entries: Entries) -> list[str]:
    """`ignore`, or where several threads enter there `ignore 1`, `ignore 2`."""
    names: list[str] = []
    for at, entry in enumerate(entries):
        same = [number for number, other in enumerate(entries) if other is entry]
        names.append(entry.name if len(same) == 1 else f"{entry.name} {same.index(at) + 1}")
    return names


def _check_entry(entry: EntryRecord, thread: str, begun: Sequence[str]) -> None:
    if list(begun) != [thread]:
        found = f"threads named {', '.join(begun)}" if begun else "no thread"
        raise Place(entry.path, entry.line).error(
            f"the entry `{entry.name}` begins {found}, where one named `{thread}` was asked for",
            "Write `m.thread(thread, path, ...)` in it, once.",
        )


def _check_holds(holds: Sequence[HoldRecord]) -> None:
    """Nobody has what somebody else has alone."""
    for one, other in itertools.combinations(holds, 2):
        same = one.word == other.word and one.target is other.target
        if same and one.by != other.by and (one.alone or other.alone):
            raise ExcludedError(one.word)


# --- patterns -------------------------------------------------------------------------------------------------------


def like(name: str, pattern: str) -> bool:
    """Does a name fit a pattern, in which `*` stands for anything?"""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def may_begin(title: str, pattern: str) -> bool:
    """Can a name fit a pattern that begins with this title, and ends there or goes on with `[`?"""
    return any(
        like(title, pattern[:at]) and (at == len(pattern) or pattern[at] in "[*" or pattern[at - 1 : at] == "*")
        for at in range(len(pattern) + 1)
    )


def _begins_with(pattern: str, group: str) -> bool:
    head = pattern.partition("*")[0]
    return head == group or head.startswith((f"{group}/", f"{group}["))
