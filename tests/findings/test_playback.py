"""A witness that can be stepped through: its states are those of the interpreter, its pivot what brute force says."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from lockmodel.check import CheckOptions, check, playbacks
from lockmodel.engine.collect import attempt
from lockmodel.engine.exploration import Hit, Limits
from lockmodel.engine.explore import Search
from lockmodel.engine.judging import View
from lockmodel.engine.local import Outcome
from lockmodel.engine.races import races
from lockmodel.engine.step import Stepper
from lockmodel.findings.endless import fair
from lockmodel.findings.explain import explain
from lockmodel.findings.film import State, states_of
from lockmodel.findings.finding import Finding
from lockmodel.findings.heap import heap_at
from lockmodel.findings.playback import Beat, Playback
from lockmodel.findings.playing import ENDLESS, playback
from lockmodel.findings.token import decode
from lockmodel.findings.trace import Trace, run, turns, violations
from lockmodel.ir.layout import Layout
from lockmodel.properties.judge import RuleJudge
from tests.engine.machines import write_machine
from tests.engine.random_models import random_specs, rich_specs
from tests.engine.test_exactness import examples, laid_out
from tests.findings.test_fate import CLASSIC, layout_of

MOST = 800


def hits_of(layout: Layout, most: int = MOST) -> tuple[Stepper, list[Hit]]:
    """What there is to find, and the stepper that it was found with; none where there are too many states."""
    stepper = Stepper(layout)
    found = Search(stepper, RuleJudge(stepper), Limits(states=most), races=True).run()
    whole = found.tally.states and (not found.reason or found.exhausted)
    return stepper, found.hits if whole else []


def played(stepper: Stepper, hit: Hit, limit: int = 100_000) -> tuple[Finding, Playback]:
    judge = RuleJudge(stepper)
    finding = explain(hit, stepper, judge, proved=True)
    return finding, playback(stepper, judge, hit.schedule, finding, limit)


def ends_well(stepper: Stepper, start: State, identity: tuple[object, ...]) -> tuple[bool, bool]:
    """By the definition alone: can a schedule come from here to a good end; is it known that none can?

    The second is false where some schedule goes on for ever, or runs out of a pool.
    """
    layout, judge = stepper.layout, RuleJudge(stepper)
    seen = {start}
    states = deque([start])
    edges: dict[State, list[State]] = {}
    certain = True
    while states:
        memory, locals_ = state = states.popleft()
        following, blocked, nexts, moved, shown = [], [], [], False, False
        for thread, local in enumerate(locals_):
            for choice in range(0 if local.ended else stepper.choices(local)):
                base, step = attempt(stepper, memory, locals_, thread, choice)
                nexts.append((thread, local, step.accesses))
                shows = any(violation.identity == identity for violation in step.violations)
                if step.outcome is Outcome.BLOCKED:
                    blocked.append((thread, step.wants))
                    shown = shown or shows
                    continue
                moved = True
                if step.outcome is Outcome.EXHAUSTED:
                    certain, shown = False, shown or shows
                elif step.after is not None and not shows:
                    after = (*locals_[:thread], step.after, *locals_[thread + 1 :])
                    following.append((layout.written(base, step.writes), after))
        view = View(layout, memory, locals_, tuple(blocked))
        broken = [violation.identity for violation in (*judge.shared(memory), *races(stepper, nexts))]
        waiting = [violation for violation in judge.waiting(view) if violation.broken] if blocked else []
        if shown or identity in broken or waiting:
            continue
        if not moved and not any(violation.broken for violation in judge.final(view)):
            return True, False
        edges[state] = following
        for after_state in following:
            if after_state not in seen:
                seen.add(after_state)
                states.append(after_state)
    return False, certain and not goes_round(edges)


def goes_round(edges: dict[State, list[State]]) -> bool:
    left = {state: {after for after in following if after in edges} for state, following in edges.items()}
    while ended := [state for state, following in left.items() if not following]:
        for state in ended:
            del left[state]
        for following in left.values():
            following.difference_update(ended)
    return bool(left)


def shown_at(trace: Trace, finding: Finding) -> tuple[object, ...]:
    """The identity of a finding."""
    stepper = trace.stepper
    return next(
        v.identity
        for v in violations(trace, RuleJudge(stepper))
        if v.rule == finding.rule and (v.place.spec == finding.place.spec or finding.rule in ("LM101", "LM103"))
    )


def check_the_outlook(stepper: Stepper, hit: Hit, finding: Finding, told: Playback) -> None:
    outlook = told.outlook
    trace = run(stepper, hit.schedule)
    states = states_of(trace)[: len(trace.moments)]
    good = [ends_well(stepper, state, hit.violation.identity) for state in states]
    if finding.rule not in ENDLESS and not outlook.unasked:
        for number, (some, none) in enumerate(good):
            if some:
                assert number <= outlook.open_until
            elif none:
                assert number >= outlook.doomed_from
    if told.passing is not None:
        assert outlook.open_until == told.passing.shared
        check_the_passing(stepper, hit, told)
        if outlook.pivot:
            assert told.passing.shared == outlook.pivot - 1
            assert told.passing.nearest


def check_the_passing(stepper: Stepper, hit: Hit, told: Playback) -> None:
    """The schedule that passes is one, shares what it says, and passes."""
    assert told.passing is not None
    moves = decode(told.passing.schedule).moves
    assert moves[: told.passing.shared] == hit.schedule[: told.passing.shared]
    assert moves[: told.passing.shared + 1] != hit.schedule[: told.passing.shared + 1]
    assert len(moves) == told.passing.shared + len(told.passing.beats)
    trace = run(stepper, moves)
    judge = RuleJudge(stepper)
    if told.passing.loop_from is not None:
        assert trace.loop_from == told.passing.loop_from
        assert fair(stepper, turns(trace)[trace.loop_from - 1 :])
    else:
        assert trace.final
        assert not any(violation.broken for violation in judge.final(trace.view))
    for number in range(told.passing.shared + 1, len(moves) + 1):
        part = run(stepper, moves[:number])
        assert hit.violation.identity not in {violation.identity for violation in violations(part, judge, lost=())}


def check_the_states(trace: Trace, told: Playback, beats: Sequence[Beat]) -> None:
    """Put together from what is different, each state is what the interpreter has there."""
    stepper = trace.stepper
    cells = dict(told.opening.cells)
    links = set(told.opening.links)
    held = list(told.opening.held)
    status = dict(told.opening.status)
    nexts = list(told.opening.nexts)
    moves = [(moment.thread, moment.choice) for moment in trace.moments]
    for number in range(len(moves) + 1):
        if number:
            beat = beats[number - 1]
            assert beat.n == number
            assert set(beat.off) <= links
            assert not set(beat.on) & links
            links = (links - set(beat.off)) | set(beat.on)
            cells.update(beat.cells)
            status.update(beat.status)
            held[moves[number - 1][0]] = held[moves[number - 1][0]] if beat.held is None else beat.held
            for thread, next_ in beat.nexts:
                nexts[thread] = next_
        part = run(stepper, moves[:number])
        heap = heap_at(part, len(moves))
        known = {(link.source, link.target, link.label, link.kind) for link in heap.links}
        assert {(link.source, link.target, link.label, link.kind) for n in links for link in [told.links[n]]} == known
        freed = {item.name for item in heap.objects if item.status == "freed"}
        assert freed <= {name for name, one in status.items() if one == "freed"}
        for item in heap.objects:
            if item.status == "live":
                shown = {
                    f"{told.cells[n].name} {value}" for n, value in cells.items() if told.cells[n].owner == item.name
                }
                assert {field for field in item.fields if "held" not in field and "read by" not in field} <= shown
        for thread, local in enumerate(part.locals):
            assert [name.removesuffix(" for reading") for name in held[thread]] == [
                stepper.layout.member_name(lock) for lock in dict.fromkeys(local.held)
            ]
            stands = told.nexts[nexts[thread]].stands
            steps = part.asked[thread]
            if part.moments and part.moments[-1].step.after is None and part.moments[-1].thread == thread:
                assert stands in ("stopped", "ended")
            elif not steps:
                assert stands == "ended"
            else:
                assert (stands == "waits") == all(step.outcome is Outcome.BLOCKED for step in steps)


@pytest.mark.parametrize(
    ("spec", "scenario", "design"),
    [
        ("abba", "two_threads", None),
        ("lost_update", "two_threads", None),
        ("philosophers", "left_first[n=3]", None),
        ("bounded_buffer", "two_producers_two_consumers", "mutex-first"),
    ],
)
def test_what_is_told_of_a_witness_is_so(spec: str, scenario: str, design: str | None) -> None:
    stepper, hits = hits_of(layout_of(CLASSIC / f"{spec}.py", scenario, design), 5_000)
    assert hits
    for hit in hits:
        finding, told = played(stepper, hit)
        check_the_outlook(stepper, hit, finding, told)
        check_the_states(run(stepper, hit.schedule), told, told.beats)
        if told.passing is not None:
            shared = told.beats[: told.passing.shared]
            whole = run(stepper, decode(told.passing.schedule).moves)
            check_the_states(whole, told, [*shared, *told.passing.beats])


@examples(40)
@given(random_specs())
def test_random_models_have_the_pivot_that_brute_force_finds(text: str) -> None:
    stepper, hits = hits_of(laid_out(text))
    for hit in hits:
        finding, told = played(stepper, hit)
        check_the_outlook(stepper, hit, finding, told)
        check_the_states(run(stepper, hit.schedule), told, told.beats)


@examples(40)
@given(rich_specs(endless=True))
def test_so_have_those_of_the_whole_language(text: str) -> None:
    stepper, hits = hits_of(laid_out(text))
    for hit in hits:
        finding, told = played(stepper, hit)
        check_the_outlook(stepper, hit, finding, told)
        check_the_states(run(stepper, hit.schedule), told, told.beats)


def test_of_two_threads_that_cross_the_second_lock_is_the_pivot() -> None:
    stepper, hits = hits_of(layout_of(CLASSIC / "abba.py", "two_threads"))
    _, told = played(stepper, hits[0])
    assert (told.rule, told.outlook.pivot, told.outlook.open_until) == ("LM101", 2, 1)
    assert told.beats[1].switch == "free"
    assert [told.nexts[n].stands for _, n in told.beats[1].nexts] == ["waits", "waits"]
    assert told.nexts[told.beats[1].nexts[0][1]].held_by == told.threads[1]


def test_where_all_go_on_for_ever_one_that_passes_goes_round() -> None:
    stepper, hits = hits_of(layout_of(CLASSIC / "philosophers.py", "left_first[n=3]"))
    _, told = played(stepper, next(hit for hit in hits if hit.violation.rule == "LM101"))
    assert told.passing is not None
    assert (told.outlook.pivot, told.outlook.for_ever, told.passing.shared) == (3, True, 2)
    assert told.passing.loop_from is not None
    assert {beat.thread for beat in told.passing.beats if beat.n >= told.passing.loop_from} == set(told.threads)


def test_a_pointer_is_null_since_it_was_read_and_not_since_another_one_was_set(tmp_path: Path) -> None:
    body = "found = item\nitem = NULL\nseen = box.first\nmark('now')\nseen.number = 1"
    spec = write_machine(
        tmp_path,
        f"@model.path\ndef path(box: Box, item: Item) -> None:\n{textwrap.indent(body, '    ')}\n",
        "m.thread('one', path, box, item)",
    )
    stepper, hits = hits_of(layout_of(spec, "scenario"))
    _, told = played(stepper, next(hit for hit in hits if hit.violation.rule == "LM305"))
    since = told.beats[(told.null_since or 0) - 1]
    assert since.operation == "read box#1.first"


def test_what_lies_behind_a_pool_that_ran_out_is_not_called_doomed(tmp_path: Path) -> None:
    body = """\
seen = choose(0, 1)
assert seen == 1
box.first = kmem_cache_alloc(items, GFP_KERNEL)
one = kmem_cache_alloc(items, GFP_KERNEL)
other = kmem_cache_alloc(items, GFP_KERNEL)
one.number = other.number
"""
    procedure = f"@model.path\ndef path(box: Box) -> None:\n{textwrap.indent(body, '    ')}\n"
    stepper, hits = hits_of(layout_of(write_machine(tmp_path, procedure, "m.thread('one', path, box)"), "scenario"))
    finding, told = played(stepper, next(hit for hit in hits if hit.violation.rule == "LM701"))
    assert (told.outlook.cut, told.outlook.open_until, told.outlook.doomed_from) == (True, -1, len(finding.steps))
    assert told.outlook.pivot is None
    assert told.passing is None


def test_within_few_states_nothing_is_guessed() -> None:
    layout = layout_of(CLASSIC.parent / "spine.py", "ignore-ignore/one-inode")
    stepper, hits = hits_of(layout, 5_000)
    hit = next(hit for hit in hits if hit.violation.rule == "LM305")
    _, known = played(stepper, hit)
    assert (known.outlook.pivot, known.null_since) == (6, 46)
    assert "device#1.idr[0]" in {origin.what for origin in known.beats[45].origins}
    assert known.beats[45].origins[0].before == "watch#1"
    _, unknown = played(stepper, hit, 40)
    assert unknown.outlook.pivot is None
    assert unknown.outlook.open_until < 6 <= unknown.outlook.doomed_from
    assert unknown.outlook.states <= 40


def test_a_long_witness_costs_what_happens_in_it() -> None:
    stepper, hits = hits_of(layout_of(CLASSIC.parent / "spine.py", "ignore-ignore/one-inode"), 5_000)
    _, told = played(stepper, next(hit for hit in hits if hit.violation.rule == "LM305"))
    assert sum(len(beat.cells) for beat in told.beats) < 3 * len(told.beats)


def test_a_finding_is_enough_to_play_it() -> None:
    target = str(CLASSIC / "abba.py")
    findings = [finding for scenario in check(CheckOptions(target)).result.scenarios for finding in scenario.findings]
    told = list(playbacks(target, findings))
    assert [(one.rule, one.schedule, len(one.beats)) for one in told] == [
        (finding.rule, finding.schedule, len(finding.steps)) for finding in findings
    ]
    assert msgspec.json.decode(msgspec.json.encode(told), type=list[Playback]) == told
