"""Which findings the comments of a spec silence, and which of the comments silence none.

A finding is silenced by a comment on the line of its place; a race by one on either of its lines, and threads that wait
for each other by one on any of the lines in which they wait.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from lockmodel.compile.ignores import Ignore
from lockmodel.engine.local import Violation
from lockmodel.findings.finding import Finding, IgnoreComment, ScenarioResult, Silenced


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

    def covers(self, violation: Violation) -> bool:
        """Is what breaks a rule silenced?"""
        return self._at(violation.rule, _places(violation)) is not None

    def silenced(self, finding: Finding, violation: Violation | None = None) -> Silenced | None:
        """The finding with the comment that silences it, if one does; `violation` is what it was told of."""
        frames = (finding.place, *finding.places, *(waiting.frame for waiting in finding.waiting))
        places = [frame.spec for frame in frames] if violation is None else _places(violation)
        comment = self._at(finding.rule, places)
        return Silenced(finding, comment.spec, comment.reason) if comment else None

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

    def _at(self, rule: str, places: Iterable[str]) -> Ignore | None:
        return next((found for place in places if (found := self._by_place.get((rule, place)))), None)


def _places(violation: Violation) -> list[str]:
    return [site.spec for site in (violation.place, *violation.places)]
