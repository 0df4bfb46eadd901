"""`lockmodel explain`: every rule has a page, and its example shows that rule and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from lockmodel.check import CheckOptions, check
from lockmodel.explain import REPAIRED, page, pages
from lockmodel.explain.text import render_pages, rule_text
from lockmodel.properties.catalogue import CWES, RULES
from lockmodel.report.terminal import Terminal
from tests.cli.conftest import Run


@pytest.mark.parametrize("code", RULES)
def test_the_example_shows_the_rule_and_its_repair_holds(code: str, tmp_path: Path) -> None:
    spec = tmp_path / "example.py"
    spec.write_text(page(code).example, encoding="utf-8")
    broken = check(CheckOptions(str(spec))).result
    assert {finding.rule for scenario in broken.scenarios for finding in scenario.findings} == {code}
    repaired = check(CheckOptions(str(spec), design=REPAIRED)).result
    assert [(s.verdict, s.findings) for s in repaired.scenarios] == [("verified", [])] * len(repaired.scenarios)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert [one.code for one in pages()] == [code for code, rule in RULES.items() if rule.judged]
    folder = Path(__file__).parent.parent.parent / "lockmodel/explain/pages"
    assert sorted(path.stem for path in folder.glob("*.py")) == sorted(code.lower() for code in RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_page_has_all_its_parts(code: str) -> None:
    told = page(code)
    assert all((told.means, told.witness, told.repair))
    assert not told.example.startswith(('"""', "\n"))
    assert all(CWES[cwe.number] == cwe.name for cwe in told.cwes)
    assert told.cwes or code in ("LM501", "LM502", "LM702")  # what a model says of itself is no known weakness
    assert told.repair in rule_text(told).text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_pages_fit_the_terminal(width: int) -> None:
    prose = render_pages(pages(), Terminal(width)).splitlines()
    code = {f"    {line}" for one in pages() for line in one.example.splitlines()}
    assert [line for line in prose if cell_len(line) > width and line not in code] == []


def test_a_rule_is_named_by_its_code_or_its_name(run: Run) -> None:
    by_code, by_name = run("explain", "lm402"), run("explain", "refcount-resurrected")
    assert by_code.exit_code == 0
    assert by_code.stdout == by_name.stdout
    assert by_code.stdout.startswith(
        "LM402 refcount-resurrected\n  Broken when a reference count is raised after its last put.\n"
    )
    for part in ("Its witness", "What usually repairs it", "CWE-911 Improper Update of Reference Count", "An example"):
        assert part in by_code.stdout


def test_several_rules_are_explained_one_after_the_other(run: Run) -> None:
    both = run("explain", "LM101", "leak", "LM101").stdout
    assert [line.split()[0] for line in both.splitlines() if line.startswith("LM")] == ["LM101", "LM403"]


def test_without_a_rule_all_are_listed(run: Run) -> None:
    assert [line.split()[:2] for line in run("explain").stdout.splitlines() if line.startswith("LM")] == [
        [rule.code, rule.name] for rule in RULES.values()
    ]


def test_an_unknown_rule_is_refused_with_the_one_that_was_meant(run: Run) -> None:
    asked = run("explain", "refcont-resurrected")
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert asked.stderr == (
        'error: there is no rule "refcont-resurrected"\n  Did you mean "refcount-resurrected"? '
        "`lockmodel explain` without a rule lists them, by code and name.\n"
    )
    assert 'Did you mean "LM402"?' in run("explain", "LM42").stderr
    assert run("explain", "LM4").exit_code == 2


def test_the_example_can_be_had_alone_and_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(run("explain", "LM101", "--example").stdout, encoding="utf-8")
    assert run("check", "example.py").exit_code == 1
    assert run("check", "example.py", "--design", REPAIRED).exit_code == 0
    assert run("explain", "--example").stderr == "error: --example prints one spec\n  Name one rule.\n"


def test_programs_get_the_same(run: Run) -> None:
    [one] = json.loads(run("explain", "LM305", "--output-format", "json").stdout)
    assert (one["code"], one["name"], one["cwes"][0]["number"]) == ("LM305", "null-dereference", 476)
    assert len(json.loads(run("explain", "--output-format", "json").stdout)) == len(RULES)


def test_findings_go_to_code_hosts_with_help(run: Run, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(page("LM101").example, encoding="utf-8")
    log = json.loads(run("check", "example.py", "--output-format", "sarif").stdout)
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert rules[0]["help"]["text"].startswith("Some threads wait for each other for ever: ")
    assert "**What usually repairs it.** " in rules[0]["help"]["markdown"]
