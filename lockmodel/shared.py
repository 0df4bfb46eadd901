"""The searches of a run: what several programs have in common is searched once, and several workers share the work.

A scenario is looked up where it has the same form, and the parts of the program are the same that its search asked for.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lockmodel import workers
from lockmodel.adjudicate import Searched
from lockmodel.chosen import Chooser, Chosen
from lockmodel.engine.exploration import Seen
from lockmodel.engine.remembered import Remembered
from lockmodel.findings.coverage import Reached
from lockmodel.headway import Progress, Reports
from lockmodel.ir.form import Form, Forms, Parts, Reach, Shelf
from lockmodel.ir.layout import Layout
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.searching import Checked, Searching

R = TypeVar("R")

STOPPED = "not begun: stopped at the first finding"

INTERRUPTED = "interrupted before it began"

SMALL, FEW = 3, 8
"""Threads of a scenario that workers do not share, since there are others for them; and from how many of those on."""

GARBAGE = 200_000
"""Objects that searches may leave behind, or that are kept of them, before the ones are collected: 20 megabytes."""


@dataclass(frozen=True)
class Job:
    """A scenario to be searched in one program, of which it can come to what is within `reach`."""

    reach: Reach
    parts: Parts
    setup: Setup
    group: str


class Searches:
    """Searches scenarios and remembers them. `cut` says why no further one is begun, "" where they are."""

    def __init__(self, searching: Searching, chooser: Chooser, forms: Forms, reports: Reports) -> None:
        self.cut = ""
        self.interrupted = False
        self._searching = searching
        self._options = searching.options
        self._chooser = chooser
        self._forms = forms
        self._reports = reports
        self._started = time.monotonic()
        self._checked: Shelf[Checked] = Shelf()
        self._joined: Shelf[tuple[Searched, frozenset[str]]] = Shelf()
        self._begun: Counter[int] = Counter()

    def number(self, program: Program) -> int:
        """How many scenarios had to be searched for a program."""
        return self._begun[id(program)]

    @property
    def too_late(self) -> str:
        """Why nothing further can be searched in time; "" where it can."""
        left = self._left()
        if left is None or left > 0:
            return ""
        return f"the time limit of {self._options.timeout:g} seconds was reached before it began"

    def check(self, program: Program, setup: Setup, group: str, number: int) -> Checked:
        """One scenario in a program, `number` of those of the run."""
        form, reach = self._forms.of(program, setup)
        parts = self._forms.parts(program)
        known = self._checked.get(form, parts)
        if known is not None and self.cut != STOPPED:
            return known
        self.cut = self.cut or self.too_late
        if self.cut:
            return self._searching.not_begun(setup, group, self.cut)
        layout, remembered = Layout(reach.program, setup), Remembered(parts)
        left, report = self._left(), self._reports.of(setup.name, number)
        checked = self._searching.search(layout, group, self._options.jobs, left, report, remembered)
        self._keep(program, form, parts, checked)
        return checked

    def joined(self, program: Program, layout: Layout) -> tuple[Searched, frozenset[str]]:
        """A scenario that was put together from several; and the parts of the program that it asked for."""
        form, reach = self._forms.of(program, layout.setup)
        parts = self._forms.parts(program)
        known = self._joined.get(form, parts)
        if known is None:
            layout, remembered = Layout(reach.program, layout.setup), Remembered(parts)
            left, report = self._left(), self._reports.of(layout.setup.name, self._reports.total)
            searched = self._searching.search_joined(layout, left and max(0.0, left), report, remembered)
            known = searched, frozenset(remembered.asked)
            self._joined.put(form, parts.of(remembered.asked), known)
        return known

    # --- several at a time ----------------------------------------------------------------------------------------

    def ahead(self, programs: Sequence[Program]) -> None:
        """Search what several programs need: each scenario in all of them, one after the other.

        What is learned of its steps in one of them serves in the next. Nothing where the run is to stop somewhere.
        """
        if not self._are_ahead or self.cut:
            return
        todo: dict[Form, list[tuple[Program, Job]]] = {}
        for program in programs:
            chosen, parts = self._chooser.of(program), self._forms.parts(program)
            for setup, group in zip(chosen.setups, chosen.groups, strict=True):
                form, reach = self._forms.of(program, setup)
                if self._checked.get(form, parts) is None:
                    todo.setdefault(form, []).append((program, Job(reach, parts, setup, group)))
        self._reports.begin(len(todo))
        small = [form for form, jobs in todo.items() if len(jobs[0][1].setup.threads) <= SMALL]
        with kept_out_of_collections() as keep:
            self._search_all(todo, small, 1, keep)
            self._search_all(todo, [form for form in todo if form not in set(small)], self._options.jobs, keep)

    def small(self, program: Program, chosen: Chosen, keep: Callable[[], None]) -> None:
        """Search the small scenarios in several processes, where there are several workers: each takes one at a time.

        What else there is, and what they do not come to, is left to who asks for it next.
        """
        parts = self._forms.parts(program)
        numbers: dict[Form, int] = {}
        todo: dict[Form, list[tuple[Program, Job]]] = {}
        for number, (setup, group) in enumerate(zip(chosen.setups, chosen.groups, strict=True), start=1):
            form, reach = self._forms.of(program, setup)
            if len(setup.threads) <= SMALL and self._checked.get(form, parts) is None:
                numbers[form] = number
                todo[form] = [(program, Job(reach, parts, setup, group))]
        if self._workers() > 1 and len(todo) >= FEW and self._options.strategy == "exhaustive" and not self.cut:
            self._search_all(todo, list(todo), 1, keep, numbers)

    def each(self, do: Callable[[int], R], numbers: Sequence[int]) -> tuple[list[R], bool]:
        """What `do` gives for each number, done by all workers; and whether Ctrl-C came before all were done.

        One after the other where each depends on what those before it came to: what they searched, or where they ended.
        Which scenarios end as it is done is reported afterwards, in the order of the numbers.
        """
        done: list[R] = []
        report = self._reports.to

        def do_quietly(number: int) -> tuple[R, list[Progress]]:
            told: list[Progress] = []
            self._reports.to = told.append if report else None
            return do(number), [progress for progress in told if progress.verdict]

        try:
            with workers.copies(self._workers() if self._are_ahead else 1, do_quietly, numbers) as results:
                for result, told in results:
                    done.append(result)
                    if report:
                        for progress in told:
                            report(progress)
        except KeyboardInterrupt:
            return done, True
        finally:
            self._reports.to = report
        return done, False

    def _search_all(
        self,
        todo: Mapping[Form, Sequence[tuple[Program, Job]]],
        forms: Sequence[Form],
        jobs: int,
        keep: Callable[[], None],
        numbers: Mapping[Form, int] | None = None,
    ) -> None:
        """Search scenarios, by several workers where each of them is to have one. `numbers` are those in the run."""

        def search(form: Form) -> list[tuple[int, bytes, Seen, Reached, frozenset[str]]]:
            found = [
                (at, checked.packed, checked.searched.seen, checked.reached, checked.asked)
                for at, checked in self._in_all([job for _, job in todo[form]], jobs)
                if checked.searched is not None and checked.reached is not None
            ]
            keep()
            return found

        several = self._workers() if jobs == 1 else 1
        try:
            with workers.copies(several, search, forms) as results:
                for number, (form, found) in enumerate(zip(forms, results, strict=True), start=1):
                    for at, told, seen, reached, asked in found:
                        program, job = todo[form][at]
                        searched = Searched(job.reach.program, job.setup, seen, self._options.reduction)
                        checked = Checked(told, searched, reached, asked)
                        self._keep(program, form, job.parts, checked)
                        if numbers is not None:
                            self._reports.ended(numbers[form], checked.result)
                        if report := self._reports.of(job.setup.name, number if numbers is None else numbers[form]):
                            report(seen.tally)
                        if seen.interrupted:
                            raise KeyboardInterrupt
                        if self._options.stop_first and checked.result.findings:
                            return
        except KeyboardInterrupt:
            self.interrupted = True
            self.cut = INTERRUPTED

    def _in_all(self, jobs: Sequence[Job], each: int) -> Iterator[tuple[int, Checked]]:
        """One scenario in each program in which it can come out in another way than in those before.

        So many workers share `each` search.
        """
        layout: Layout | None = None
        remembered = Remembered(jobs[0].parts)
        known: list[frozenset[int]] = []
        for at, job in enumerate(jobs):
            if any(asked <= job.parts.all for asked in known) or self.too_late:
                continue
            remembered.turn(job.parts)
            layout = layout.under(job.reach.program) if layout else Layout(job.reach.program, job.setup)
            checked = self._searching.search(layout, job.group, each, self._left(), None, remembered)
            known.append(job.parts.of(checked.asked))
            yield at, checked

    def _keep(self, program: Program, form: Form, parts: Parts, checked: Checked) -> None:
        self._begun[id(program)] += 1
        self._checked.put(form, parts.of(checked.asked), checked)

    def _left(self) -> float | None:
        """The seconds that are left, which may be below 0; None for no limit."""
        timeout = self._options.timeout
        return None if timeout is None else timeout - (time.monotonic() - self._started)

    @property
    def _are_ahead(self) -> bool:
        """Is what several programs need searched before each of them is checked?"""
        return self._options.strategy == "exhaustive" and not self._options.stop_first

    def _workers(self) -> int:
        return self._options.jobs if workers.available() else 1


@contextlib.contextmanager
def kept_out_of_collections() -> Iterator[Callable[[], None]]:
    """What is given collects what a search leaves behind, and sees to it that what a run keeps is not looked at again.

    Otherwise a third of the time of a run of a thousand small scenarios goes into looking for garbage.
    """
    collecting = gc.isenabled()
    gc.disable()
    gc.freeze()

    def keep() -> None:
        if gc.get_count()[0] > GARBAGE:
            gc.collect()
            gc.freeze()

    try:
        yield keep
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()
