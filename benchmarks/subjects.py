"""What is measured: each subject is one scenario of lockmodel and one model of SPIN, at the same grain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
ROOT = HERE.parent
INOTIFY = "specs/spine.py"

Form = Literal["left_first", "lower_first", "nested_locks"]
"""What minicheck and frontrun are given, by its name in their models."""

Verdict = Literal["verified", "violated"]


@dataclass(frozen=True)
class Subject:
    """One thing to search. Those of a family are in the order of their size."""

    family: str
    title: str
    size: int
    target: str
    """What `lockmodel check` is given, from the project's folder."""
    design: str | None = None
    promela: str | None = None
    """The model, in promela/; None where there is none."""
    defines: tuple[str, ...] = ()
    depth: int = 20_000
    """Steps of SPIN's stack, as many as it can need."""
    expected: Verdict = "verified"
    same_grain: bool = True
    """Step for step the same as the Promela model, so that without reductions both have the same number of states."""
    form: Form | None = None
    quick: bool = False


PHILOSOPHERS = (4, *range(9, 14))
"""Four, because that is as many as a search that stores no states ends with."""


def longest_way(n: int) -> int:
    """More steps than `n` philosophers have states, which no way without a circle can have."""
    return round(1.1 * 3.303**n)


def philosophers() -> Iterator[Subject]:
    """One family with the deadlock and one without."""
    families: tuple[tuple[Form, tuple[str, ...], Verdict], ...] = (
        ("left_first", (), "violated"),
        ("lower_first", ("LOWER_FIRST",), "verified"),
    )
    for family, defines, expected in families:
        for n in PHILOSOPHERS:
            yield Subject(
                family=family,
                title=f"{n} philosophers, {family.replace('_', ' ')}",
                size=n,
                target=f"benchmarks/specs/philosophers.py::{family}[n={n}]",
                promela="philosophers.pml",
                defines=(f"N={n}", *defines),
                depth=longest_way(n),
                expected=expected,
                form=family,
                quick=n < 10,
            )


def nested_locks() -> Iterator[Subject]:
    """Threads that take the same two locks."""
    for n in range(2, 11):
        yield Subject(
            family="nested_locks",
            title=f"two nested locks, {n} threads",
            size=n,
            target=f"benchmarks/specs/nested_locks.py::once[n={n}]",
            promela="nested_locks.pml",
            defines=(f"N={n}",),
            form="nested_locks",
            quick=n in (2, 4),
        )


def peterson() -> Iterator[Subject]:
    """Peterson's algorithm for two threads, and for three and four."""
    yield Subject(
        family="peterson",
        title="Peterson, 2 threads",
        size=2,
        target="specs/classic/peterson.py::two_threads",
        promela="peterson.pml",
        quick=True,
    )
    for n, name in ((3, "three_threads"), (4, "four_threads")):
        yield Subject(
            family="peterson",
            title=f"filter lock, {n} threads",
            size=n,
            target=f"benchmarks/specs/filter_lock.py::{name}",
            promela="filter_lock.pml",
            defines=(f"N={n}",),
            quick=n == 3,
        )


def inotify(scenarios: Sequence[str]) -> Iterator[Subject]:
    """The flagship with four, five and six threads: the scenarios that there are models of, else any of that size."""
    for threads, word in ((4, "four"), (5, "five"), (6, "six")):
        there = [name for name in scenarios if name.startswith(f"{word}-threads")]
        modelled = f"{word}-threads-unmount"
        name = modelled if modelled in there else min(there, default="")
        if name:
            yield Subject(
                family="inotify",
                title=f"inotify repaired, {name}",
                size=threads,
                target=f"{INOTIFY}::{name}",
                design="repaired",
                promela="inotify.pml" if name == modelled else None,
                defines=(f"THREADS={threads}",),
                same_grain=False,
                quick=threads == 4,
            )


def subjects(scenarios: Sequence[str], *, quick: bool) -> list[Subject]:
    """All subjects, or the small ones, given the names of the flagship's scenarios."""
    found = [*philosophers(), *nested_locks(), *peterson(), *inotify(scenarios)]
    return [subject for subject in found if subject.quick or not quick]
