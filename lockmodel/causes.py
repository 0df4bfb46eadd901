"""Which repair removes which finding: the scenarios that show it are searched again in each repaired design.

Takes the findings of the design as written; gives for each the repairs that remove it alone, or those that it takes
together, and whether it shows while all the others are applied. A search that is cut short removes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lockmodel.check import Checker
from lockmodel.compile.designs import variants_of
from lockmodel.errors import SpecError
from lockmodel.findings.comparison import Identity, found_by, identity
from lockmodel.ir.nodes import Program
from lockmodel.language.model import Model
from lockmodel.matrix import Setting, Turned
from lockmodel.sightings import Sighting

OF_THE_RUN = ("LM202", "LM602")
"""Rules that all scenarios of a run are judged by together."""


@dataclass
class Cause:
    """What removes a finding. `without`: does it show where every repair but its own is applied? None: not known."""

    alone: list[str] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    without: bool | None = None


def repairs_of(model: Model, repaired: str | None) -> list[str]:
    """The designs that are one repair each: first those that the repaired design is made of."""
    parts = parts_of(model, repaired) if repaired else []
    others = [name for name in model.designs if name != model.default_design and name not in model.combinations]
    single = [name for name in others if name != repaired] or others
    return list(dict.fromkeys([*parts, *single]))


def parts_of(model: Model, design: str) -> list[str]:
    """The designs that a design is made of in the end; none if it is not made of others."""
    combination = model.combinations.get(design)
    if combination is None:
        return []
    return list(dict.fromkeys(p for part in combination.parts for p in (parts_of(model, part) or [part])))


class Causes:
    """The causes of findings, `of` each as far as it is known.

    They are found with one checker for all designs, so that what comes to the same is searched once.
    """

    def __init__(
        self,
        checker: Checker,
        settings: Sequence[Setting],
        findings: Mapping[Identity, Sighting],
        repairs: list[str],
        tell: Callable[[str], None],
    ) -> None:
        self.of = {key: Cause() for key in findings}
        self.checker = checker
        self.findings = findings
        self.repairs = repairs
        self._model = checker.model
        self._settings = {setting.turned: setting for setting in settings}
        self._tell = tell
        self._whole: dict[tuple[str, Turned], set[Identity] | None] = {}

    def find(self, repaired: str | None) -> None:
        """What removes each finding: which repairs, or which parts of the repaired design."""
        for repair in self.repairs:
            for key in self._removed_by(repair):
                self.of[key].alone.append(repair)
        if repaired is None:
            return
        for key, cause in self.of.items():
            if cause.alone:
                cause.without = self._without(key, repaired, self.owner(key))
            else:
                cause.together = self._together(key, repaired)

    def owner(self, key: Identity) -> str:
        """The repair that a finding belongs to: of those that remove it, one that some finding has as its only one."""
        alone = self.of[key].alone
        only = {cause.alone[0] for cause in self.of.values() if len(cause.alone) == 1}
        return next((repair for repair in alone if repair in only), alone[0])

    def _removed_by(self, repair: str) -> list[Identity]:
        """The findings that a repair removes: none of their witnesses is left in its design."""
        left = dict(self.findings)
        for setting in self._settings.values():
            wanted = {
                key: [one.scenario for one in sighting.witnesses if one.turned == setting.turned]
                for key, sighting in left.items()
            }
            if any(wanted.values()):
                self._tell(" ".join([repair, *setting.turned]))
                design = _Design(self, repair, setting)
                for key, names in wanted.items():
                    if not all(design.lacks(key, name) for name in names):
                        del left[key]
        return list(left)

    def _together(self, key: Identity, repaired: str) -> list[str]:
        """Of the parts of the repaired design those that it takes to remove a finding from its smallest witness.

        None where it is not known that all of them do.
        """
        needed = parts_of(self._model, repaired)
        if not self._lacks(key, repaired, needed):
            return []
        for part in list(needed):
            fewer = [name for name in needed if name != part]
            if self._lacks(key, repaired, fewer):
                needed = fewer
        return needed

    def _without(self, key: Identity, repaired: str, repair: str) -> bool | None:
        """Does the smallest witness show it where every repair but one is applied?"""
        parts = parts_of(self._model, repaired)
        if repair not in parts or len(parts) == 1:
            return None
        lacks = self._lacks(key, repaired, [name for name in parts if name != repair])
        return None if lacks is None else not lacks

    def _lacks(self, key: Identity, repaired: str, parts: list[str]) -> bool | None:
        """Is it gone where the repaired design has these parts alone? None where that is not known."""
        design = some_of(self._model, repaired, parts)
        if design is None:
            return None
        witness = self.findings[key].witnesses[0]
        self._tell(" ".join([design, *witness.turned]))
        return _Design(self, design, self._settings[witness.turned]).says(key, witness.scenario)

    def whole(self, design: str, setting: Setting) -> set[Identity] | None:
        """All that a design shows under a setting; None where it could not be searched to the end."""
        at = design, setting.turned
        if at not in self._whole:
            run = self.checker.check(design, setting.values)
            if run.interrupted:
                raise KeyboardInterrupt
            self._whole[at] = set(found_by(run.result)) if run.result.complete else None
        return self._whole[at]


class _Design:
    """One design under one setting: what its scenarios show, each searched when it is asked for."""

    def __init__(self, causes: Causes, design: str, setting: Setting) -> None:
        self._causes = causes
        self._design = design
        self._setting = setting
        self._program: Program | None = None
        self._shown: dict[str, tuple[set[Identity], bool]] = {}

    def lacks(self, key: Identity, scenario: str) -> bool:
        """Is it known that the scenario does not show this finding?"""
        return self.says(key, scenario) is True

    def says(self, key: Identity, scenario: str) -> bool | None:
        """True: the scenario was searched to its end and does not show it. None: it does not, as far as that came."""
        if key[0] in OF_THE_RUN:
            shown = self._causes.whole(self._design, self._setting)
            return None if shown is None else key not in shown
        if scenario not in self._shown:
            checker = self._causes.checker
            self._program = self._program or checker.compiled(self._design, self._setting.values)
            result = checker.scenario(self._program, scenario)
            self._shown[scenario] = {identity(finding) for finding in result.findings}, result.complete
        there, complete = self._shown[scenario]
        return False if key in there else True if complete else None


def some_of(model: Model, repaired: str, parts: Sequence[str]) -> str | None:
    """The design that has these parts of the repaired one alone; None where they cannot be had alone.

    What the repaired design itself puts in the place of two parts that disagree stands while it has all that it
    stands for.
    """
    if not parts:
        return model.default_design
    name = " + ".join(parts)
    if name in model.designs:
        return name
    own = {old: variant for (design, old), variant in model.variants.items() if design == repaired}
    missing = [part for part in parts_of(model, repaired) if part not in parts]
    if any(old in own for part in missing for old in variants_of(model, part)):
        return None
    model.combine(name, parts)
    model.variants.update({(name, old): variant for old, variant in own.items()})
    try:
        variants_of(model, name)
    except SpecError:
        del model.designs[name], model.combinations[name]
        for old in own:
            del model.variants[name, old]
        return None
    return name
