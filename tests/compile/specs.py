"""Small specs as text: what they are compiled to, and what is said of those that are refused."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockmodel.compile import compile_model, load, lower_scenario
from lockmodel.errors import LockmodelError
from lockmodel.ir.nodes import Program
from lockmodel.ir.setup import Setup
from lockmodel.ir.text import procedure_text

HEADER = """\
from __future__ import annotations
from typing import Annotated
from lockmodel import *
from lockmodel.language.types import *

model = Model("toy", source="fs/toy.c")
big_lock = model.spinlock("big_lock")
Small = Annotated[int, Range(0, 7)]


class Mode(Flags):
    READ = 1
    WRITE = 2


class Kind(Enum):
    FILE = 0
    FOLDER = 1


class Stamp(Record):
    when: Small
    mode: Mode


class Node(Struct):
    sem: Semaphore
    spin: SpinLock
    mutex: Mutex
    count: RefCount
    users: Atomic
    link: ListEntry
    other_link: ListEntry
    children: ListHead[Node] = list_of("link", guarded_by="sem")
    others: ListHead[Node] = list_of("other_link")
    ids: Idr[Node]
    wq: WaitQueue
    parent: Node
    root: Node = field(constant=True)
    value: Small
    total: Small
    flag: bool
    mode: Mode
    kind: Kind
    stamp: Stamp
    seen: Small = field(ghost=True)


nodes = model.cache(Node, capacity=2)
"""
LINES = HEADER.count("\n")


class Specs:
    """Writes specs to a folder of its own, which is the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "spec.py") -> str:
        """A file as it is given."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    def spec(self, body: str) -> str:
        """A file of the common header and what the test adds; line 1 of the addition is L1 in messages."""
        return self.write(HEADER + textwrap.dedent(body).lstrip("\n"))

    def program(self, body: str, design: str | None = None, **switches: str | bool | int) -> Program:
        """The program of the header and a body."""
        return compile_model(load(self.spec(body)), design, switches)

    def code(self, body: str, name: str = "f", design: str | None = None, **switches: str | bool | int) -> str:
        """A procedure as text: its locals and its numbered instructions, without places."""
        text = procedure_text(self.program(body, design, **switches).procedures[name])
        lines = [line.split("  ;")[0].strip() for line in text.splitlines()[1:]]
        return "\n".join(line for line in lines if line)

    def setup(self, body: str, scenario: str = "s", design: str | None = None, **switches: str | bool | int) -> Setup:
        """A scenario of the header and a body."""
        model = load(self.spec(body))
        return lower_scenario(model, model.scenarios[scenario], compile_model(model, design, switches))

    def refusal(self, body: str, scenario: str = "", design: str | None = None, **switches: str | bool | int) -> str:
        """The whole message for a body that is refused, with its lines counted from the header's end."""
        with pytest.raises(LockmodelError) as caught:
            self.setup(body, scenario, design, **switches) if scenario else self.program(body, design, **switches)
        return relative(str(caught.value))


def relative(message: str) -> str:
    """`spec.py:63:` as `L1:`, if line 62 is the last one of the header; the header's own lines stay."""
    for line in range(LINES + 400, LINES, -1):
        message = message.replace(f"spec.py:{line}", f"L{line - LINES}")
    return message


def procedure(body: str, result: str = "None") -> str:
    """A path `f(n: Node, x: int)` with this body, which begins on line 3."""
    return f"@model.path\ndef f(n: Node, x: int) -> {result}:\n{textwrap.indent(body, '    ')}\n"
