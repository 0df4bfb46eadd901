"""Which findings the comments of a spec silence, and which of the comments silence none.

A finding is silenced by a comment on the line of its place; a race by one on either of its lines, and threads that wait
for each other by one on any of the lines in which they wait. What shows at several lines and is one finding, as what is
found of lock classes (LM201, LM202) or of a range, is silenced once all of them are, so that a new line which does the
same is told; so are threads that wait for what nobody gives, each for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lockmodel.compile.ignores import Ignore, ignores_of
from lockmodel.engine.exploration import Hit
from lockmodel.engine.local import Violation
from lockmodel.findings.finding import Finding, IgnoreComment, ScenarioResult, Silenced
from lockmodel.language.model import Model
from lockmodel.properties.catalogue import RULES

Link = tuple[str, str]
"""Lock classes: the one that is held, and the one that is asked for under it."""

ENDINGS = ("LM101", "LM102", "LM103")
"""Rules that are broken where an execution has come to its end."""


@dataclass(frozen=True)
class Broken:
    """All rules that the steps of a search break, at whatever place: of a finding a search keeps one."""

    violations: Sequence[Violation] = ()

    def lines(self, violation: Violation) -> list[str]:
        """The lines that show what a violation does, its own first."""
        if violation.places:
            return [site.spec for site in (violation.place, *violation.places)]
        others = sorted({other.place for other in self.violations if other.identity == violation.identity})
        return list(dict.fromkeys(site.spec for site in (violation.place, *others)))

    def ends(self, violation: Violation) -> bool:
        """Do executions end where it is shown?"""
        if violation.fatal or violation.rule in ENDINGS:
            return True
        return any(other.fatal and other.identity == violation.identity for other in self.violations)


NOTHING = Broken()


class Silence:
    """The comments of a spec."""

    def __init__(self, comments: Sequence[Ignore]) -> None:
        self._comments = comments
        self._by_place = {
            (rule, f"{ignore.path}:{line}"): ignore
            for ignore in comments
            for rule in ignore.rules
            for line in ignore.lines
        }

    def __bool__(self) -> bool:
        return bool(self._comments)

    def covers(self, violation: Violation, broken: Broken = NOTHING) -> bool:
        """Is what breaks a rule silenced, at all lines that show it of what is `broken`?"""
        return bool(self._comments_of(violation, broken))

    def silenced(self, finding: Finding, violation: Violation, broken: Broken = NOTHING) -> Silenced | None:
        """The finding that is told of a violation, with the comment that silences it, if one does."""
        return _silenced(finding, self._comments_of(violation, broken))

    def silenced_order(self, finding: Finding, links: Sequence[Link], notes: Iterable[Hit]) -> Silenced | None:
        """The same of a finding that all scenarios show together; `links` are those of a cycle of lock classes."""
        if not self._comments:
            return None
        noted = list(notes)
        frames = (finding.place, *finding.places, *(waiting.frame for waiting in finding.waiting))
        ways = [asked_under(noted, *link) for link in links] or [[frame.spec] for frame in frames]
        return _silenced(finding, next((found for way in ways if (found := self._all(finding.rule, way))), []))

    def elsewhere(self, violation: Violation, broken: Broken) -> list[str]:
        """The lines that are not silenced although the place of what also shows there is."""
        lines = broken.lines(violation) if self._comments else []
        if not lines or self._at(violation.rule, lines[0]) is None or self.covers(violation, broken):
            return []
        return [line for line in lines if self._at(violation.rule, line) is None]

    def told(
        self, scenarios: Iterable[ScenarioResult], reached: AbstractSet[str], looked_for: Callable[[str], bool]
    ) -> list[IgnoreComment]:
        """The comments with what became of them; what stands in the lines in `reached` was searched to the end."""
        used: dict[str, set[tuple[object, ...]]] = {}
        met: set[tuple[str, str]] = set()
        for scenario in scenarios:
            met |= {(one.rule, place.spec) for one in scenario.findings for place in (one.place, *one.places)}
            for one in scenario.ignored:
                finding = one.finding
                places = tuple(place.spec for place in (finding.place, *finding.places))
                for comment in (one.comment, *one.also):
                    used.setdefault(comment, set()).add((finding.rule, finding.claim, places))
        told = []
        for ignore in self._comments:
            found = used.get(ignore.spec, set())
            rules = {finding[0] for finding in found}
            lines = [f"{ignore.path}:{line}" for line in ignore.lines]
            rules |= {rule for rule, place in met if place in lines}  # which it takes another comment to silence
            was_there = not reached.isdisjoint(lines)
            unused = [rule for rule in ignore.rules if was_there and rule not in rules and looked_for(rule)]
            told.append(IgnoreComment(ignore.spec, list(ignore.rules), ignore.reason, len(found), unused))
        return told

    def _comments_of(self, violation: Violation, broken: Broken) -> list[Ignore]:
        """The comments that silence what breaks a rule; none where it is not silenced."""
        if not self._comments:
            return []
        lines = broken.lines(violation)
        if not violation.places or violation.apart:
            return self._all(violation.rule, lines)
        return next(([found] for line in lines if (found := self._at(violation.rule, line))), [])

    def _all(self, rule: str, lines: Sequence[str]) -> list[Ignore]:
        """The comments of the lines; none unless each of them has one."""
        found = [self._at(rule, line) for line in lines]
        return list(dict.fromkeys(comment for comment in found if comment)) if None not in found else []

    def _at(self, rule: str, line: str) -> Ignore | None:
        return self._by_place.get((rule, line))


def _silenced(finding: Finding, comments: Sequence[Ignore]) -> Silenced | None:
    if not comments:
        return None
    return Silenced(finding, comments[0].spec, comments[0].reason, [comment.spec for comment in comments[1:]])


def silence_of(model: Model) -> Silence:
    """What the comments of a model's spec silence."""
    return Silence(ignores_of(model, {code: rule.name for code, rule in RULES.items()}))


def asked_under(notes: Iterable[Hit], outer: str, inner: str) -> list[str]:
    """The lines that ask for a lock of one class under one of another, where that is not in their declared order."""
    nestings = [note.violation.nesting for note in notes if note.violation.nesting is not None]
    lines = [
        its.site.spec
        for its in nestings
        if its.inner[0] == inner
        and not its.trying
        and any(held == outer and name not in its.ordered for held, name, _ in its.held)
    ]
    return list(dict.fromkeys(lines))
