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


AGAIN = """\
from __future__ import annotations

from lockmodel import Model, Scenario, Semaphore, down, progress, up

model = Model("again")
sem = model.semaphore("sem", 1)


@model.path
def again() -> None:
    while True:
        down(sem)
        up(sem)
        progress()


@model.scenario
def twice(m: Scenario) -> None:
    m.thread("one", again)
    m.thread("two", again)
"""


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    (tmp_path / "deadlock.py").write_text(specs.DEADLOCK, encoding="utf-8")
    (tmp_path / "big.py").write_text(specs.COUNTING, encoding="utf-8")
    (tmp_path / "verified.py").write_text(specs.VERIFIED, encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "ending", "start"),
    [
        ("witness", "svg", b"<"),
        ("witness", "png", b"\x89PNG"),
        ("wait-for", "svg", b"<"),
        ("wait-for", "png", b"\x89PNG"),
        ("wait-for", "dot", b"digraph"),
        ("heap", "svg", b"<"),
        ("heap", "dot", b"digraph"),
        ("witness", "dot", b"digraph witness"),
        ("witness", "graphml", b"<?xml"),
        ("witness", "mmd", b'---\ntitle: "LM101 deadlock, scenario two_threads"\n---\nsequenceDiagram\n'),
        ("wait-for", "graphml", b"<?xml"),
        ("wait-for", "mmd", b'---\ntitle: "Who waits for whom'),
        ("heap", "graphml", b"<?xml"),
        ("heap", "mmd", b'---\ntitle: "The heap of LM101 deadlock'),
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


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        ("svg", b"<"),
        ("png", b"\x89PNG"),
        ("dot", b"digraph"),
        ("txt", b"Every schedule of two_threads"),
        ("json", b"{"),
    ],
)
def test_every_schedule_is_drawn(run: Run, tmp_path: Path, ending: str, start: bytes) -> None:
    file = f"out.{ending}"
    drawn = run("graph", "deadlock.py::two_threads", "--kind", "interleavings", "-o", file)
    said = f"{file}: the interleavings of scenario two_threads: all of it\n"
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (0, said, "")
    assert (tmp_path / file).read_bytes().startswith(start)


def test_without_a_file_the_text_is_printed(run: Run) -> None:
    drawn = run("graph", "verified.py", "--kind", "interleavings")
    assert (drawn.exit_code, drawn.stderr) == (0, "")
    assert "every schedule ends well" in drawn.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--kind", "witness"],
            2,
            "error: witness is a picture and has no text\n"
            "  Name a file with -o that ends in .svg, .png, .dot, .graphml or .mmd.\n",
        ),
        (
            ["--kind", "wait-for", "-o", "a.svg", "--limit", "9"],
            2,
            'error: --limit: "9" means nothing to the kind wait-for\n  Give it with --kind interleavings.\n',
        ),
        (
            ["--kind", "heap", "-o", "a.svg", "--step", "99"],
            2,
            "error: --step: there is no step 99\n  The schedule has 2 steps.\n",
        ),
        (
            ["--kind", "interleavings", "--limit", "few"],
            2,
            'error: --limit: "few" is no number\n  Write a whole number.\n',
        ),
        (["--kind", "interleavings", "--limit", "1"], 2, "error: --limit: 1 is too small\n  It must be 2 or more.\n"),
        (
            ["--kind", "interleavings", "--finding", "2"],
            2,
            "error: --finding: there is no number 2\n  deadlock.py::two_threads has:\n    1  LM101  deadlock.py:21\n",
        ),
        (
            ["--kind", "interleavings", "--max-states", "3"],
            3,
            "error: not every state could be searched: reached the limit of 3 states\n"
            "  Nothing was found around which a part could be drawn. Choose a smaller scenario, or raise the limit.\n",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(run: Run, arguments: list[str], code: int, message: str) -> None:
    drawn = run("graph", "deadlock.py::two_threads", *arguments)
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (code, "", message)


@pytest.mark.parametrize("ending", ["svg", "png", "dot", "txt", "json"])
def test_the_lock_order_is_drawn(run: Run, tmp_path: Path, ending: str) -> None:
    drawn = run("graph", "deadlock.py", "--kind", "lock-order", "-o", f"out.{ending}")
    assert (drawn.exit_code, drawn.stdout) == (0, f"out.{ending}: the lock order of deadlock.py\n")
    assert (tmp_path / f"out.{ending}").stat().st_size


def test_without_a_file_the_lock_order_is_printed(run: Run) -> None:
    drawn = run("graph", "deadlock.py", "--kind", "lock-order")
    assert drawn.exit_code == 0
    assert drawn.stdout.startswith("Lock order of deadlock.py")
    assert "on a cycle" in drawn.stdout


def test_without_nested_locks_there_is_no_lock_order(run: Run) -> None:
    drawn = run("graph", "big.py", "--kind", "lock-order")
    assert (drawn.exit_code, drawn.stderr) == (
        2,
        "error: big.py: there is no lock order\n  No lock is asked for under another, and none is declared.\n",
    )


def test_an_execution_without_bound_is_no_finding_and_is_drawn_all_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "again.py").write_text(AGAIN, encoding="utf-8")
    drawn = run("graph", "again.py", "--kind", "witness", "--finding", "bypass sem", "-o", "out.mmd")
    said = "out.mmd: the witness graph of bypass without bound, scenario twice\n"
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (0, said, "")
    text = (tmp_path / "out.mmd").read_text(encoding="utf-8")
    assert "again and again" in text
    assert "waits for sem" in text
    drawn = run("graph", "again.py", "--kind", "witness", "--finding", "bypass", "-o", "out.png")
    assert drawn.exit_code == 0


@pytest.mark.parametrize(
    ("spec", "pick", "message"),
    [
        (
            "again.py",
            "bypass sam",
            "error: again.py: there is no bypass without bound of a thread that waits for sam\n"
            "  There are such for sem.\n",
        ),
        (
            "deadlock.py",
            "bypass",
            "error: deadlock.py: there is no bypass without bound of a thread\n"
            "  Whoever waits is passed by a bounded number of times.\n",
        ),
    ],
)
def test_where_nobody_is_passed_by_without_bound_it_says_so(
    run: Run, tmp_path: Path, spec: str, pick: str, message: str
) -> None:
    (tmp_path / "again.py").write_text(AGAIN, encoding="utf-8")
    drawn = run("graph", spec, "--kind", "witness", "--finding", pick, "-o", "out.svg")
    assert (drawn.exit_code, drawn.stdout, drawn.stderr) == (2, "", message)
