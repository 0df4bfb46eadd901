"""Which finding a user means."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lockmodel.errors import UsageError
from lockmodel.findings.finding import CheckResult
from lockmodel.report.machine import encode
from lockmodel.selection import Witness, pick_finding, read_witness
from tests.cli.records import finding, result, scenario

TWO = result(
    scenario("violated", finding("LM101", 3, "lm1-abc"), name="one"),
    scenario("violated", finding("LM305", 7, "lm1-def"), name="two"),
)
LISTING = "    1  LM101  a.py:3\n    2  LM305  a.py:7"


def file_of(folder: Path, *results: CheckResult) -> str:
    path = folder / "results.json"
    path.write_bytes(msgspec.json.encode(results[0] if len(results) == 1 else results))
    return str(path)


def refused(text: str, pick: str | None) -> str:
    with pytest.raises(UsageError) as caught:
        read_witness(text, pick)
    return str(caught.value).replace(text, "FILE")


def test_a_token_is_taken_as_it_is() -> None:
    assert read_witness("lm1-abc", None) == Witness("lm1-abc")


def test_a_finding_of_a_result_is_picked_by_its_rule_or_number(tmp_path: Path) -> None:
    text = file_of(tmp_path, TWO)
    assert read_witness(text, "LM305") == Witness("lm1-def", "LM305", "a.py:7")
    assert read_witness(text, "1").token == "lm1-abc"


def test_results_of_several_targets_are_read_too(tmp_path: Path) -> None:
    text = file_of(tmp_path, TWO, result(scenario("violated", finding("LM701", 9, "lm1-ghi"))))
    assert read_witness(text, "lm701").token == "lm1-ghi"
    assert read_witness(text, "3").token == "lm1-ghi"


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_bytes(encode([TWO], "json-lines"))
    assert read_witness(str(path), "2") == Witness("lm1-def", "LM305", "a.py:7")


def test_the_only_finding_needs_no_pick(tmp_path: Path) -> None:
    assert read_witness(file_of(tmp_path, result(scenario("violated", finding()))), None).token == "lm1-abc"


@pytest.mark.parametrize(
    ("pick", "message"),
    [
        (None, f"FILE has 2 findings\n  Pick one with --finding and its number or rule:\n{LISTING}"),
        ("3", f"--finding: there is no number 3\n  FILE has:\n{LISTING}"),
        ("LM306", f'--finding: FILE has no finding LM306\n  Did you mean "LM305"? It has:\n{LISTING}'),
    ],
)
def test_a_pick_that_fits_nothing_is_answered_with_what_there_is(
    tmp_path: Path, pick: str | None, message: str
) -> None:
    assert refused(file_of(tmp_path, TWO), pick) == message


def test_a_token_is_found_in_any_text(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("replay  lockmodel replay a.py lm1-Ab_9-x.\nand `lm1-Ab_9-x` again\n", encoding="utf-8")
    assert read_witness(str(path), None).token == "lm1-Ab_9-x"


def test_a_file_without_a_schedule_is_refused(tmp_path: Path) -> None:
    assert refused(file_of(tmp_path, result(scenario("verified"))), None) == (
        "FILE: there is no schedule in it\n  A schedule begins with lm1-; only findings have one."
    )


def test_what_is_neither_token_nor_file_is_refused() -> None:
    assert refused("lm2-abc", None) == (
        '"FILE" is neither a token nor a file\n'
        "  A token begins with lm1- and stands below each finding; a file is what --output-format json wrote."
    )


def test_the_first_finding_is_drawn_unless_another_is_picked() -> None:
    assert pick_finding(TWO, None)[1].rule == "LM101"
    assert pick_finding(TWO, "2")[1].rule == "LM305"
    assert pick_finding(TWO, "LM305")[0] == "two"


def test_without_a_finding_there_is_nothing_to_draw() -> None:
    with pytest.raises(UsageError) as caught:
        pick_finding(result(scenario("verified")), None)
    assert str(caught.value) == "a.py: there is no finding to draw\n  Only a violation has a schedule."
