"""The comparison with other tools: what it measures of lockmodel, and the tables that it makes. No time is judged."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

from benchmarks import lockmodel_runs, table
from benchmarks.compare import measure
from benchmarks.figures import Figure, Limits, absent
from benchmarks.measure import Child
from benchmarks.subjects import HERE, ROOT, Subject, subjects

NESTED = next(subject for subject in subjects([], quick=True) if subject.family == "nested_locks")

LIMITS = Limits(seconds=20, slow_seconds=20, memory=1 << 30)

SPIN = Figure("verified", 2.0, 1.5, searched=0.5, states=1_000_000, transitions=3_000_000, peak=100 << 20)


def row(subject: Subject = NESTED, **figures: Figure) -> table.Row:
    """A row in which only these tools have a figure."""
    named = {name.replace("_", " "): figure for name, figure in figures.items()}
    return table.Row(subject, {tool: named.get(tool, absent("absent")) for tool in table.TOOLS})


def test_the_smallest_subject_is_measured_by_the_command_line() -> None:
    figure = lockmodel_runs.check(NESTED, "unreduced", LIMITS)
    assert (figure.verdict, figure.states, figure.transitions) == ("verified", 16, 16)
    assert figure.ended
    assert figure.peak is not None


def test_the_philosophers_are_those_of_the_specs_but_for_how_many_they_are() -> None:
    def said(spec: Path) -> list[str]:
        sizeless = re.sub(r"n=range\(\d+, \d+\)", "n=range()", spec.read_text(encoding="utf-8"))
        return [ast.dump(statement) for statement in ast.parse(sizeless).body[1:]]

    assert said(HERE / "specs" / "philosophers.py") == said(ROOT / "specs" / "classic" / "philosophers.py")


def test_the_second_run_in_a_process_says_the_same() -> None:
    figure = lockmodel_runs.check(NESTED, "warm", LIMITS)
    assert figure.verdict == "verified"
    assert figure.states


def test_what_cannot_be_run_is_absent_and_says_why() -> None:
    child = Child(0.5, 0, "", "\nno_such_spec.py: there is no such file\n", 2, late=False)
    assert lockmodel_runs.figure(child, None, 0.5) == absent("no_such_spec.py: there is no such file")
    assert lockmodel_runs.figure(dataclasses.replace(child, errors=""), None, 0.5) == absent("exit code 2")


def test_every_promela_model_named_is_there_and_the_flagship_is_found_by_pattern() -> None:
    found = subjects(["four-threads-unmount", "five-threads-x", "event-event/one-inode"], quick=False)
    flagship = {subject.size: subject for subject in found if subject.family == "inotify"}
    assert flagship[4].promela == "inotify.pml"
    assert (flagship[5].target, flagship[5].promela) == ("specs/spine.py::five-threads-x", None)
    assert 6 not in flagship
    assert all((HERE / "promela" / subject.promela).is_file() for subject in found if subject.promela)
    assert {subject.title for subject in subjects([], quick=True)} < {subject.title for subject in found}


def test_what_did_not_end_is_not_tried_with_more_nor_by_what_has_more_to_do() -> None:
    asked: list[tuple[str, int]] = []

    def gives(tool: str, figure: Figure) -> tuple[str, object]:
        def run(subject: Subject, limits: Limits) -> Figure:
            asked.append((tool, subject.size))
            return figure

        return tool, run

    stuck, fine = Figure("unfinished", 20.0, states=5), Figure("verified", 1.0)
    measures = dict([gives(table.REFERENCE, fine), gives(table.LOCKMODEL, stuck), gives(table.WARM, fine)])
    larger = dataclasses.replace(NESTED, size=3)
    rows = measure([NESTED, larger], LIMITS, measures)  # type: ignore[arg-type]
    assert asked == [(table.REFERENCE, 2), (table.LOCKMODEL, 2), (table.REFERENCE, 3)]
    assert rows[1].figures[table.LOCKMODEL] == absent("not tried")


def test_a_cell_says_the_value_and_how_many_times_that_of_spin_it_is() -> None:
    mine = Figure("verified", 0.5, searched=0.1, states=10_000, transitions=30_000, peak=50 << 20)
    assert table.of_time(SPIN, SPIN) == "2.00 s, 1.50 of it to build"
    assert table.of_time(mine, SPIN) == "0.50 s (0.25x)"
    assert table.of_states(mine, SPIN) == "10,000 (0.010x)"
    assert table.of_transitions(SPIN, SPIN) == "3,000,000, 6.00 M/s"
    assert table.of_transitions(mine, SPIN) == "30,000, 0.30 M/s (0.050x)"
    assert table.of_memory(mine, SPIN) == "50 MiB (0.50x)"
    assert table.of_memory(SPIN, SPIN) == "100 MiB (1.00x), 105 B a state"


def test_a_run_that_did_not_end_says_how_far_it_came() -> None:
    late = Figure("unfinished", 120.0, states=5_000_000, note="time")
    full = Figure("unfinished", 63.0, states=5_000_000, note="max-memory")
    assert table.of_time(late, SPIN) == "> 120.00 s (> 60.0x); at 5,000,000 states"
    assert table.of_time(full, SPIN) == "> 63.00 s (> 31.5x); memory full at 5,000,000 states"
    assert table.of_time(SPIN, late) == "2.00 s (< 0.017x)"
    assert table.of_time(late, full) == "> 120.00 s; at 5,000,000 states"
    assert table.of_time(Figure("unfinished", 30.0, runs=400), SPIN) == "> 30.00 s (> 15.0x); after 400 runs"
    assert table.of_time(absent("not installed"), SPIN) == "not installed"


def test_other_states_at_the_same_grain_and_other_verdicts_are_told() -> None:
    mine = Figure("verified", 0.5, states=16, transitions=16)
    theirs = Figure("violated", 0.5, states=17, transitions=16)
    rows = [dataclasses.replace(row(), figures={**row().figures, table.UNREDUCED: mine, table.SPIN_UNREDUCED: theirs})]
    assert table.disagreements(rows) == [
        "two nested locks, 2 threads: SPIN -DNOREDUCE says violated, expected is verified",
        "two nested locks, 2 threads: 16 states in lockmodel --no-reduction, 17 in SPIN -DNOREDUCE",
    ]
    other = dataclasses.replace(NESTED, same_grain=False, expected="violated")
    assert table.disagreements([row(other, SPIN=theirs)]) == []


def test_the_report_has_a_line_for_each_subject_and_names_no_place_of_this_machine() -> None:
    setting = table.Setting(2, {"lockmodel": "0.1.0", "SPIN": "absent"}, 120, 30, 8 << 30, quick=True)
    matrix = table.Matrix("repaired", Figure("verified", 5.0, states=7), 30, 1.5, 5.0)
    text = table.report([row(SPIN=SPIN)], [matrix], setting)
    assert "| two nested locks, 2 threads | 2.00 s, 1.50 of it to build | absent |" in text
    assert "| repaired | 30 | 5.00 s (0.10x) | 7 | 30 * 1.50 s + 5.00 s = 50.0 s |" in text
    assert "Here: 2 processors; lockmodel 0.1.0, SPIN absent." in text
    assert str(HERE.parent) not in text
