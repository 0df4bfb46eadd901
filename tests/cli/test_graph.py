"""`lockmodel graph` from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import specs
from tests.cli.conftest import Run


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
