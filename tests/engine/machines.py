"""Five-line machines: a spec from a few lines of procedures, and what a search says of it."""

from __future__ import annotations

import textwrap
from pathlib import Path

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import ScenarioResult

HEAD = """\
from __future__ import annotations

from typing import Annotated

from lockmodel import *

model = Model("machine")
big = model.spinlock("big")


class Item(Struct):
    link: ListEntry
    count: RefCount
    number: Annotated[int, Range(0, 3)]
    lock: Mutex


class Box(Struct):
    spin: SpinLock
    sem: Semaphore
    mutex: Mutex
    other: Mutex
    empty: Semaphore = semaphore(0)
    items: ListHead[Item] = list_of("link", guarded_by="mutex")
    spare: ListHead[Item] = list_of("link")
    first: Item
    flag: bool
    x: Annotated[int, Range(0, 3)]
    y: Annotated[int, Range(0, 3)] = field(guarded_by="mutex")
    hits: Atomic
    ids: Idr[Item] = idr_of(2)


items = model.cache(Item, capacity=2)
"""


def write_machine(folder: Path, procedures: str, scenario: str) -> Path:
    """A spec file: the head above, these procedures, and one scenario with the objects `box` and `item`."""
    text = HEAD + "\n" + textwrap.dedent(procedures) + "\n\n@model.scenario\ndef scenario(m: Scenario) -> None:\n"
    text += "    box = m.new(Box)\n    item = m.new(Item, count=1)\n    m.keep(item)\n"
    text += textwrap.indent(textwrap.dedent(scenario).strip(), "    ") + "\n"
    path = folder / "machine.py"
    path.write_text(text)
    return path


def run_machine(folder: Path, procedures: str, scenario: str, **options: object) -> ScenarioResult:
    """The result of the machine's one scenario. Data races are not looked for, if nothing else is said."""
    path = write_machine(folder, procedures, scenario)
    options.setdefault("ignore", ("LM301",))
    return check(CheckOptions(str(path), **options)).result.scenarios[0]  # type: ignore[arg-type]


def run_paths(folder: Path, *bodies: str, **options: object) -> ScenarioResult:
    """The result of threads t0, t1, ... that run these bodies, each with `box` and `item`."""
    procedures, scenario = "", ""
    for number, body in enumerate(bodies):
        procedures += f"\n@model.path\ndef p{number}(box: Box, item: Item) -> None:\n"
        procedures += textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n"
        scenario += f"m.thread('t{number}', p{number}, box, item)\n"
    return run_machine(folder, procedures, scenario, **options)


def rules(result: ScenarioResult) -> list[str]:
    """The rules that a result names, in order."""
    return [finding.rule for finding in result.findings]
