"""Scenarios that the program writes, from the command line: chosen, bounded, checked, listed, replayed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import Result

from lockmodel.check import CheckOptions, check
from lockmodel.findings.finding import CheckResult, Enumeration
from tests.cli.conftest import Run

DOCUMENTS = str(Path(__file__).resolve().parents[2] / "specs" / "classic" / "documents.py")
CROSSED = "pairs/copies-copies[documents=2,copies1.documents_in_order=#1+#2,copies2.documents_in_order=#2+#1]"


def result_of(found: Result) -> CheckResult:
    return msgspec.json.decode(found.stdout, type=CheckResult)


def test_a_run_tells_each_combination_of_entries_in_a_line(run: Run) -> None:
    found = run("check", DOCUMENTS)
    assert found.exit_code == 1
    lines = [line.split(maxsplit=1) for line in found.stdout.splitlines() if line.startswith("  pairs/")]
    assert dict(lines) == {
        "pairs/reads-reads": "3  verified                      2      12           44      3  -",
        "pairs/reads-writes": "3  verified                      2      12           58      2  -",
        "pairs/reads-copies": "2  verified                      2      11           66      3  -",
        "pairs/reads-deletes": "3  verified                      2      12           34      4  -",
        "pairs/writes-writes": "3  verified                      2      10           42      3  -",
        "pairs/writes-copies": "2  verified                      2      14           77      4  -",
        "pairs/writes-deletes": "3  verified                      2      12           34      4  -",
        "pairs/copies-copies": "2  1 violated, 1 verified        2      20           95      6  LM101 in 1",
        "pairs/copies-deletes": "2  verified                      2      10           35      4  -",
        "pairs/deletes-deletes": "1  verified                      2       2            8      1  -",
    }
    assert (
        "  pairs: 24 scenarios; 19 more differ by names alone; excluded: 4 (a document to copy to), 3 (name)\n"
        in found.stdout
    )
    assert found.stdout.endswith("violated: 1 finding in 1 of 24 scenarios.\n")


def test_verbose_names_every_scenario(run: Run) -> None:
    found = run("check", "-v", f"{DOCUMENTS}::pairs/reads-reads")
    assert [line.split()[0] for line in found.stdout.splitlines() if "[documents=" in line] == [
        "pairs/reads-reads[documents=1]",
        "pairs/reads-reads[documents=2,reads1.document=#1,reads2.document=#1]",
        "pairs/reads-reads[documents=2,reads1.document=#1,reads2.document=#2]",
    ]


def test_json_has_each_scenario_with_its_group_and_what_was_enumerated(run: Run) -> None:
    result = result_of(run("check", "--output-format", "json", DOCUMENTS))
    assert len(result.scenarios) == 24
    assert [one.group for one in result.scenarios[:4]] == ["pairs/reads-reads"] * 3 + ["pairs/reads-writes"]
    assert result.enumeration == {"pairs": Enumeration(24, 19, {"a document to copy to": 4, "name": 3})}
    assert [one.name for one in result.scenarios if one.verdict == "violated"] == [CROSSED]


def test_a_finding_is_replayed_by_its_token_and_drawn(run: Run, tmp_path: Path) -> None:
    (one,) = result_of(run("check", "--output-format", "json", f"{DOCUMENTS}::{CROSSED}")).scenarios
    token = one.findings[0].schedule
    replayed = run("replay", DOCUMENTS, token)
    assert replayed.exit_code == 1
    assert f"scenario {CROSSED.partition('[')[0]}" in replayed.stdout
    drawn = run("graph", f"{DOCUMENTS}::{CROSSED}", "--kind", "interleavings")
    assert drawn.exit_code == 0
    assert run("graph", DOCUMENTS, "--kind", "witness", "-o", str(tmp_path / "w.svg")).exit_code == 0


def test_a_token_needs_no_bounds(run: Run) -> None:
    crossed = f"{DOCUMENTS}::pairs/copies-copies[documents=3,*"
    result = result_of(run("check", "--bound", "documents=3", "--output-format", "json", crossed))
    tokens = [finding.schedule for one in result.scenarios for finding in one.findings]
    assert len(tokens) == 1
    assert run("replay", DOCUMENTS, tokens[0]).exit_code == 1


def test_every_interleaving_in_python_and_in_c_and_without_reductions(run: Run) -> None:
    told = [
        [
            (one.name, one.verdict, {finding.rule for finding in one.findings})
            for one in check(CheckOptions(DOCUMENTS, **options)).result.scenarios
        ]
        for options in ({"engine": "python"}, {}, {"jobs": 2}, {"reduction": False})
    ]
    assert told[0] == told[1] == told[2] == told[3]


def test_bounds_come_from_the_file_too(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.lockmodel]\nbound = { documents = 1 }\n")
    assert run("check", DOCUMENTS).stdout.endswith(
        "verified: 5 scenarios, every interleaving of 2 threads, 24 states; within the bounds named above.\n"
    )
    assert "24 scenarios" in run("check", "--bound", "documents=2", DOCUMENTS).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--bound", "documents", DOCUMENTS),
            'error: --bound: "documents" bounds nothing\n  Write LABEL=NUMBER, with the label of a pick.\n',
        ),
        (
            ("--bound", "documents=two", DOCUMENTS),
            'error: --bound: "documents=two" is no bound\n  Write a whole number.\n',
        ),
        (
            ("--bound", "document=2", DOCUMENTS),
            "error: the model documents has no bound `document`\n  Did you mean `documents`?\n",
        ),
        (
            ("--bound", "documents=0", DOCUMENTS),
            "error: the bound `documents` is 0, and the spec asks for 1 at least\n  Give 1 or more.\n",
        ),
        (
            (f"{DOCUMENTS}::pair",),
            f"error: {DOCUMENTS}::pair: the model documents has no scenario pair\n  Did you mean pairs?\n",
        ),
        (
            (f"{DOCUMENTS}::pairs/reads-reads[documents=9,x=1]",),
            f"error: {DOCUMENTS}::pairs/reads-reads[documents=9,x=1]: the model documents has no scenario "
            "pairs/reads-reads[documents=9,x=1]\n  There are: pairs, triples.\n",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_said(run: Run, arguments: tuple[str, ...], message: str) -> None:
    found = run("check", *arguments)
    assert (found.exit_code, found.stderr) == (2, message)


def test_list_tells_groups_and_with_verbose_each_scenario(run: Run) -> None:
    short = run("list", DOCUMENTS).stdout
    assert "  pairs/copies-copies    2 scenarios; One document is copied to another one. One" in short
    assert (
        "groups:\n"
        "  pairs    2 threads each; 24 scenarios; 19 more differ by names alone; excluded: 4 (a document to copy to), "
        "3 (name)\n"
        "  triples  3 threads each; only where a target names it\n"
    ) in short
    assert CROSSED in run("list", "-v", DOCUMENTS).stdout
    told = json.loads(run("list", "--output-format", "json", "--bound", "documents=1", DOCUMENTS).stdout)
    assert told["scenarios"][0]["name"] == "pairs/reads-reads[documents=1]"
    assert told["enumeration"]["pairs"]["scenarios"] == 5
    assert [group["name"] for group in told["groups"]] == ["pairs", "triples"]


def test_what_is_left_at_the_end_is_told_by_where_it_was_made(run: Run, tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(
        Path(DOCUMENTS)
        .read_text(encoding="utf-8")
        .replace("    name.document = NULL\n    put(document)\n", "    name.document = NULL\n")
    )
    result = result_of(run("check", "--output-format", "json", "leak.py"))
    leaks = [finding for one in result.scenarios for finding in one.findings if finding.rule == "LM403"]
    assert {finding.place.procedure for finding in leaks} == {"named_documents"}
    text = run("check", "leak.py").stdout
    assert text.count("LM403 leak  in") == 1
