"""`lockmodel graph` from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import specs
from tests.cli.conftest import Run

GUARDED = """\
from __future__ import annotations

from lockmodel import Model, Mutex, Scenario, Struct, mutex_lock, mutex_unlock

model = Model("guarded")


class Door(Struct):
    lock: Mutex
    locked: bool
    bare: bool


@model.path
def turn(door: Door) -> None:
    mutex_lock(door.lock)
    door.locked = True
    mutex_unlock(door.lock)
    door.bare = True


@model.scenario
def twice(m: Scenario) -> None:
    door = m.new(Door)
    m.thread("one", turn, door)
    m.thread("two", turn, door)
"""


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    (tmp_path / "deadlock.py").write_text(specs.DEADLOCK, encoding="utf-8")
    (tmp_path / "verified.py").write_text(specs.VERIFIED, encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "ending", "start"),
    [
        ("witness", "svg", b"<"),
        ("witness", "png", b"\x89PNG"),
        ("wait-for", "svg", b"<"),
        ("wait-for", "png", b"\x89PNG"),
        ("wait-for", "dot", b"digraph"),
    ],
)
def test_a_finding_is_drawn(run: Run, tmp_path: Path, kind: str, ending: str, start: bytes) -> None:
    file = f"out.{ending}"
    drawn = run("graph", "deadlock.py", "--kind", kind, "-o", file)
    said = f"{file}: the {kind} graph of LM101 deadlock, scenario two_threads\n"
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (0, said, "")
    assert (tmp_path / file).read_bytes().startswith(start)


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<"), ("png", b"\x89PNG"), ("dot", b"digraph")])
def test_what_protects_what_is_drawn(run: Run, tmp_path: Path, ending: str, start: bytes) -> None:
    (tmp_path / "guarded.py").write_text(GUARDED, encoding="utf-8")
    drawn = run("graph", "guarded.py", "--kind", "protection", "-o", f"out.{ending}")
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (
        0,
        f"out.{ending}: the protection graph of guarded.py\n",
        "",
    )
    assert (tmp_path / f"out.{ending}").read_bytes().startswith(start)


def test_no_field_is_no_graph(run: Run) -> None:
    drawn = run("graph", "deadlock.py", "--kind", "protection", "-o", "out.dot")
    message = "error: no step of any scenario touches a field\n  Name a scenario whose threads do something.\n"
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (2, "", message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["verified.py", "--kind", "witness"],
            "error: verified.py: there is no finding to draw\n  Only a violation has a schedule.\n",
        ),
        (
            ["deadlock.py", "--kind", "witness", "--finding", "9"],
            "error: --finding: there is no number 9\n  deadlock.py has:\n    1  LM101  deadlock.py:21\n",
        ),
        (
            ["deadlock.py", "--kind", "wait-for", "--graphviz", "sistem"],
            'error: --graphviz: "sistem" is no Graphviz\n  Did you mean "system"? Use bundled or system.\n',
        ),
    ],
)
def test_what_cannot_be_drawn_leaves_no_file(run: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    drawn = run("graph", *arguments, "-o", "out.svg")
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (2, "", message)
    assert not (tmp_path / "out.svg").exists()
