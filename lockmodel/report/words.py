"""Results in words: counts, bounds, verdicts. The same sentences in every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lockmodel.findings.finding import CheckResult, Enumeration, Finding, Missed, Protection, ScenarioResult, Silenced


def count(number: int, noun: str, plural: str = "") -> str:
    """'1 step', '1,204 steps'."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: list[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def enumerated(told: Enumeration) -> str:
    """'48 scenarios; 100 more differ by names alone; excluded: 12 (file), 3 (umount)'."""
    words = [count(told.scenarios, "scenario")]
    if told.symmetric:
        words.append(f"{told.symmetric:,} more {'differs' if told.symmetric == 1 else 'differ'} by names alone")
    if told.excluded:
        words.append(f"excluded: {', '.join(f'{number:,} ({reason})' for reason, number in told.excluded.items())}")
    return "; ".join(words)


MOST_NAMED = 6
"""So many scenarios are named in one sentence; the JSON has them all."""


def named(scenarios: Sequence[ScenarioResult]) -> list[str]:
    """Scenarios by name; several that the program wrote with the same entries as `pairs/event-ignore (24 scenarios)`.

    What are too many to be read are counted.
    """
    groups: dict[str, list[ScenarioResult]] = {}
    for scenario in scenarios:
        groups.setdefault(scenario.group or scenario.name, []).append(scenario)
    names = [
        members[0].name if len(members) == 1 else f"{group} ({count(len(members), 'scenario')})"
        for group, members in groups.items()
    ]
    if len(names) <= MOST_NAMED + 1:
        return names
    more = sum(len(members) for members in list(groups.values())[MOST_NAMED:])
    return [*names[:MOST_NAMED], f"{more:,} more"]


def identity(finding: Finding) -> tuple[str, ...]:
    """What two findings have in common that are told once: the rule, and the place.

    The place of a claim is its name, of all else where it happened: the innermost frame that says something.
    """
    return (
        finding.rule,
        finding.claim or finding.place.procedure,
        "" if finding.claim else finding.place.spec,
        *(place.spec for place in finding.places),
    )


def gathered(names: list[str], most: int) -> str:
    """'a, b and 12 of pairs/read-close': scenarios by name, those of one family together, at most so many of both."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.partition("[")[0], []).append(name)
    words = [many[0] if len(many) == 1 else f"{len(many)} of {family}" for family, many in families.items()]
    more = sum(len(many) for many in list(families.values())[most:])
    return listed([*words[:most], *([count(more, "more scenario")] if more else [])])


def design_of(result: CheckResult) -> str:
    """'design 2005, reclaim=off'; only the design where there are no switches."""
    return ", ".join([*([f"design {result.design}"] if result.design else []), *switched(result.switches)])


def switched(switches: Mapping[str, bool | int | str]) -> list[str]:
    """'reclaim=off' for each switch."""
    return [f"{name}={plain(value)}" for name, value in switches.items()]


def plain(value: bool | int | str) -> str:
    """'on', 'off', or the value of a switch that is no bool."""
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def title(finding: Finding) -> str:
    """'LM305 null-dereference'."""
    return f"{finding.rule} {finding.name}"


def loop_told(finding: Finding) -> str:
    """'steps 3 to 8, again and again', or ""."""
    if finding.loop_from is None:
        return ""
    first, last = finding.loop_from, len(finding.steps)
    steps = f"steps {first} to {last}" if first < last else f"step {last}"
    return f"{steps}, again and again"


def size_of(finding: Finding) -> str:
    """'23 steps, 2 thread switches; no schedule is shorter'."""
    size = f"{count(len(finding.steps), 'step')}, {count(finding.thread_switches, 'thread switch', 'thread switches')}"
    if finding.minimised == "switches":
        others = {"proved": "; no schedule has fewer switches", "not-proved": "; one with fewer switches may exist"}
    else:
        others = {"proved": "; no schedule is shorter", "not-proved": "; a shorter schedule may exist"}
    return size + others.get(finding.minimal, "")


WHOLE = ("exhaustive", "preemption", "dpor")
"""Strategies that have looked at every interleaving, or at one of each class of them, once they are complete."""


NEGLIGIBLE = 1e-9
"""A chance that a reader need not think of; programs are told it all the same."""


def within(scenario: ScenarioResult) -> str:
    """What was looked at: 'every interleaving of 2 threads, 18,204 states; at most 4 watches'."""
    schedules = "every interleaving" if scenario.strategy in WHOLE else f"the schedules of {scenario.strategy}"
    looked = f"{schedules} of {count(len(scenario.threads), 'thread')}, {count(scenario.states, 'state')}"
    return "; ".join([looked, *scenario.bounds])


def negligible(missed: Missed) -> bool:
    """Is it not worth a line that a state may have been missed?"""
    return max(missed.calculated, missed.observed) < NEGLIGIBLE


def chance(missed: Missed) -> str:
    """How likely it is that a state was not looked at."""
    return (
        "states were told apart by 64 bits each; the chance that one was missed is "
        f"{missed.calculated:.1g} as reckoned, {missed.observed:.1g} by the two that came closest"
    )


def covered(*scenarios: ScenarioResult) -> str:
    """What incomplete searches did look at."""
    states, transitions = sum(one.states for one in scenarios), sum(one.transitions for one in scenarios)
    words = f"{count(states, 'state')} and {count(transitions, 'transition')} were looked at"
    if depth := max(one.depth for one in scenarios):
        words += f" down to depth {depth:,}"
    if frontier := sum(one.frontier for one in scenarios):
        words += f"; {count(frontier, 'state')} stood in the queue"
    return words


def why_incomplete(scenario: ScenarioResult) -> str:
    """The reason, never empty: a limit that nobody names is no help."""
    return scenario.reason or "the search was stopped (no reason was recorded)"


def further(scenario: ScenarioResult) -> str:
    """What makes an incomplete search look further, as a sentence; "" where nobody can say."""
    match (scenario.reason or "").split():
        case ["reached", "the", "limit", "of", *_, "states"]:
            return "A higher --max-states looks further."
        case ["reached", "the", "limit", "of", *_, "bytes"]:
            return "A higher --max-memory looks further."
        case ["reached", "the", "limit", "of", *_, "seconds"]:
            return "A longer --timeout looks further."
        case [*_, "take", "a", "sample", "of", "the", "schedules,", "and", "not", "all", "of", "them"]:
            return "More --runs or another --seed looks further."
        case [_, "run" | "runs", "cut", "after", _, "step" | "steps"]:
            return "A higher --max-steps looks further."
        case [*_, "were", "not", "looked", "at"] if scenario.strategy == "preemption":
            return "A higher --preemptions looks further."
        case ["ran", "out", "of", "the", "recursion", *_]:
            return "A larger bound looks further."
        case ["ran", "out", "of", *_]:
            return "A larger capacity looks further."
        case _:
            return ""


def verdict_on(scenario: ScenarioResult) -> str:
    """One sentence on one scenario, with its bounds and what its strategy says of what it ran."""
    return "; ".join([_verdict(scenario), *scenario.numbers])


def _verdict(scenario: ScenarioResult) -> str:
    found = count(len(scenario.findings), "finding")
    match scenario.verdict:
        case "verified":
            return f"verified: {within(scenario)}"
        case "violated" if scenario.complete:
            return f"violated: {found}; {within(scenario)}"
        case "violated":
            return f"violated: {found}, and the search is incomplete: {why_incomplete(scenario)}; {covered(scenario)}"
        case "incomplete":
            return f"incomplete, which is not a pass: {why_incomplete(scenario)}; {covered(scenario)}"
        case other:
            return f"{other}: {covered(scenario)}"


def ended(verdict: str, *, complete: bool) -> str:
    """'violated', and 'violated, incomplete' where there may be more."""
    return verdict if complete or verdict != "violated" else "violated, incomplete"


def overall(result: CheckResult) -> str:
    """The verdict on the run: the worst of its scenarios."""
    verdicts = [scenario.verdict for scenario in result.scenarios]
    if not verdicts:
        return "nothing to check"
    for verdict in ("violated", "incomplete"):
        if verdict in verdicts:
            return verdict
    return "verified" if all(verdict == "verified" for verdict in verdicts) else "incomplete"


def ignored_in(scenarios: Sequence[ScenarioResult]) -> list[tuple[Silenced, list[ScenarioResult]]]:
    """What comments in the spec silence, each rule and place once, with the scenarios that have it."""
    found: dict[tuple[str, ...], tuple[Silenced, list[ScenarioResult]]] = {}
    for scenario in scenarios:
        for one in scenario.ignored:
            found.setdefault((*identity(one.finding), one.comment), (one, []))[1].append(scenario)
    return [found[key] for key in sorted(found)]


def why_ignored(one: Silenced) -> str:
    """'LM301 data-race in count, spec.py:12: counted twice at worst'."""
    return f"{title(one.finding)} in {one.finding.place.procedure}, {one.comment}: {one.reason}"


def unused_comments(result: CheckResult) -> Iterator[tuple[str, str]]:
    """The place of each comment that silences nothing, and what to say of it."""
    for comment in result.ignores:
        if comment.unused:
            yield comment.spec, f"ignore[{', '.join(comment.unused)}] at {comment.spec} matches no finding"


def last_word(result: CheckResult) -> str:
    """The verdict on the run in a sentence or two, with its bounds."""
    ignored = len(ignored_in(result.scenarios))
    if not ignored or (len(result.scenarios) == 1 and overall(result) == "verified"):
        return _last_word(result)  # which has it among the bounds
    return f"{_last_word(result)} {count(ignored, 'finding')} ignored as the spec says."


def _last_word(result: CheckResult) -> str:
    verdict = overall(result)
    if verdict == "nothing to check":
        return "nothing to check: the spec has no scenario that was asked for"
    scenarios = result.scenarios
    total = count(len(scenarios), "scenario")
    stopped = [scenario for scenario in scenarios if scenario.verdict == "incomplete"]
    unfinished = [scenario for scenario in scenarios if not scenario.complete or scenario.verdict == "incomplete"]
    if verdict == "verified":
        if len(scenarios) == 1:
            return f"verified: {within(scenarios[0])}."
        threads = [len(scenario.threads) for scenario in scenarios]
        most = (
            f"{min(threads)} to {max(threads)} threads" if min(threads) < max(threads) else count(threads[0], "thread")
        )
        states = count(sum(scenario.states for scenario in scenarios), "state")
        exhaustive = all(scenario.strategy in WHOLE for scenario in scenarios)
        looked = "every interleaving" if exhaustive else "the schedules of the strategies named above"
        return f"verified: {total}, {looked} of {most}, {states}; within the bounds named above."
    if verdict == "incomplete":
        others = len(scenarios) - len(stopped)
        rest = f" {count(others, 'scenario is', 'scenarios are')} verified." if others else ""
        return (
            f"incomplete, which is not a pass: {count(len(stopped), 'scenario')} of {len(scenarios)} could not be "
            f"searched to the end ({listed(named(stopped))}).{rest}"
        )
    found = len({identity(finding) for scenario in scenarios for finding in scenario.findings})
    broken = sum(scenario.verdict == "violated" for scenario in scenarios)
    sentence = f"violated: {count(found, 'finding')} in {broken} of {total}."
    if unfinished:
        names = listed(named(unfinished))
        sentence += f" Not searched to the end: {names}; there may be more."
    return sentence


def told_protection(one: Protection) -> str:
    """'under sem', 'under sem for writing, read without it in 2 places': how a field was seen to be protected."""
    locks = " and ".join(one.locks)
    told = {
        "locked": f"under {locks}",
        "some-lock": f"under {locks}",
        "locked-writes": f"under {locks} for writing, read without it in {count(len(one.without), 'place')}",
        "published": "written before it is shared, then only read",
        "read-only": "only read",
        "private": "used before it is shared only",
        "atomic": f"atomic, always under {locks}" if locks else "atomic",
        "marked": "racy on purpose",
        "unprotected": "by nothing",
    }[one.observed]
    racy = f"; racy on purpose in {count(len(one.racy), 'place')}" if one.racy and one.observed != "marked" else ""
    return told + racy
