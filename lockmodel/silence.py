"""Which findings the comments of a spec silence, and which of the comments silence none.

A finding is silenced by a comment on the line of its place; a race by one on either of its lines, and threads that wait
for each other by one on any of the lines in which they wait. What is found of lock classes (LM201, LM202) is one
finding wherever they are taken so: it is silenced once all lines are that ask for the one lock under the other, so that
a new line which does the same is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from lockmodel.compile.ignores import Ignore, ignores_of
from lockmodel.engine.exploration import Hit
from lockmodel.engine.local import Violation
from lockmodel.findings.finding import Finding, IgnoreComment, ScenarioResult, Silenced
from lockmodel.language.model import Model
from lockmodel.properties.catalogue import RULES

Link = tuple[str, str]
"""Lock classes: the one that is held, and the one that is asked for under it."""

ORDER = "LM201"


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

    def covers(self, violation: Violation, notes: Iterable[Hit] = ()) -> bool:
        """Is what breaks a rule silenced? `notes` are all that were made of lock orders."""
        return self._comment(violation, notes) is not None

    def silenced(self, finding: Finding, violation: Violation, notes: Iterable[Hit] = ()) -> Silenced | None:
        """The finding that is told of a violation, with the comment that silences it, if one does."""
        comment = self._comment(violation, notes)
        return Silenced(finding, comment.spec, comment.reason) if comment else None

    def silenced_order(self, finding: Finding, links: Sequence[Link], notes: Iterable[Hit]) -> Silenced | None:
        """The same of a finding that all scenarios show together; `links` are those of a cycle of lock classes."""
        if not self._comments:
            return None
        noted = list(notes)
        frames = (finding.place, *finding.places, *(waiting.frame for waiting in finding.waiting))
        ways = [asked_under(noted, *link) for link in links] or [[frame.spec] for frame in frames]
        comment = next((found for way in ways if (found := self._all(finding.rule, way))), None)
        return Silenced(finding, comment.spec, comment.reason) if comment else None

    def elsewhere(self, violation: Violation, notes: Iterable[Hit]) -> list[str]:
        """The lines that are not silenced although the place of a finding of lock classes is."""
        if violation.rule != ORDER or self._at(ORDER, [violation.place.spec]) is None:
            return []
        return [line for line in asked_under(notes, *_link(violation)) if self._at(ORDER, [line]) is None]

    def told(
        self, scenarios: Iterable[ScenarioResult], reached: Collection[str], looked_for: Callable[[str], bool]
    ) -> list[IgnoreComment]:
        """The comments with what became of them; what stands in the lines in `reached` was searched to the end."""
        used: dict[str, set[tuple[object, ...]]] = {}
        for scenario in scenarios:
            for one in scenario.ignored:
                finding = one.finding
                places = tuple(place.spec for place in (finding.place, *finding.places))
                used.setdefault(one.comment, set()).add((finding.rule, finding.claim, places))
        told = []
        for comment in self._comments:
            found = used.get(comment.spec, set())
            rules = {finding[0] for finding in found}
            was_there = any(f"{comment.path}:{line}" in reached for line in comment.lines)
            unused = [rule for rule in comment.rules if was_there and rule not in rules and looked_for(rule)]
            told.append(IgnoreComment(comment.spec, list(comment.rules), comment.reason, len(found), unused))
        return told

    def _comment(self, violation: Violation, notes: Iterable[Hit]) -> Ignore | None:
        if not self._comments:
            return None
        if violation.rule == ORDER:
            own = self._at(ORDER, [violation.place.spec])
            return own and self._all(ORDER, [violation.place.spec, *asked_under(notes, *_link(violation))])
        return self._at(violation.rule, [site.spec for site in (violation.place, *violation.places)])

    def _all(self, rule: str, places: Sequence[str]) -> Ignore | None:
        """The first of the comments where each of the places has one."""
        found = [self._at(rule, [place]) for place in places]
        return found[0] if found and None not in found else None

    def _at(self, rule: str, places: Iterable[str]) -> Ignore | None:
        return next((found for place in places if (found := self._by_place.get((rule, place)))), None)


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


def _link(violation: Violation) -> Link:
    """The classes of LM201, whose claim is "outer -> inner"."""
    outer, _, inner = violation.claim.partition(" -> ")
    return outer, inner
