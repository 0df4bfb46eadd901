"""`lockmodel schema`: what commands print for programs is as their schemas say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lockmodel.schemas import DOCUMENTS
from tests.cli import specs
from tests.cli.conftest import Run

SWITCHED = (
    specs.DEADLOCK.replace("def forth() -> None:", "def forth() -> None:\n    if twice:\n        mutex_lock(a)")
    .replace('b = m.mutex("b")', 'b = m.mutex("b")\ntwice = m.switch("twice", False, "it is locked twice")')
    .replace('"ordered"', '"repaired"')
)


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    for name in ("deadlock", "verified", "big", "gated"):
        (tmp_path / f"{name}.py").write_text(getattr(specs, name.upper()), encoding="utf-8")
    (tmp_path / "switched.py").write_text(SWITCHED, encoding="utf-8")


def schema_of(run: Run, name: str) -> Any:
    printed = run("schema", name)
    assert printed.exit_code == 0
    return json.loads(printed.stdout)


def validator(run: Run, name: str) -> jsonschema.Draft202012Validator:
    """One that lets no field pass that the schema does not name."""
    schema = schema_of(run, name)
    jsonschema.Draft202012Validator.check_schema(schema)
    for record in schema["$defs"].values():
        if "properties" in record:
            record["additionalProperties"] = False
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    "arguments",
    [
        ["deadlock.py"],
        ["deadlock.py", "-v"],
        ["verified.py"],
        ["big.py", "--max-states", "100"],
        ["gated.py", "--strict-order"],
        ["switched.py", "--matrix", "each"],
        ["verified.py", "--waiting"],
        ["deadlock.py", "--strategy", "pct", "--runs", "3"],
        ["deadlock.py", "--strategy", "dpor"],
    ],
)
def test_a_check_is_as_its_schema_says(run: Run, arguments: list[str]) -> None:
    validator(run, "check").validate(json.loads(run("check", *arguments, "--output-format", "json").stdout))


def test_lines_are_as_their_schema_says(run: Run) -> None:
    lines = run("check", "deadlock.py", "verified.py", "--output-format", "json-lines").stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        validator(run, "lines").validate(json.loads(line))


def test_other_documents_are_as_their_schemas_say(run: Run) -> None:
    def read(command: str, *arguments: str) -> Any:
        return json.loads(run(command, *arguments).stdout)

    validator(run, "list").validate(read("list", "deadlock.py", "--output-format", "json"))
    compared = read("compare", "deadlock.py", "--designs", "as-written", "ordered", "--output-format", "json")
    validator(run, "compare").validate(compared)
    run("record", "switched.py", "-o", "record")
    recorded = json.loads(Path("record/findings.json").read_text(encoding="utf-8"))
    assert recorded["defects"]
    validator(run, "record").validate(recorded)
    for page in read("explain", "LM101", "leak", "--output-format", "json"):
        validator(run, "explain").validate(page)
    for kind in ("lock-order", "interleavings"):
        run("graph", "deadlock.py::two_threads", "--kind", kind, "-o", "graph.json")
        validator(run, kind).validate(json.loads(Path("graph.json").read_text(encoding="utf-8")))


def test_there_is_a_schema_of_everything_that_is_listed(run: Run) -> None:
    listed = run("schema")
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == list(DOCUMENTS)
    for name in DOCUMENTS:
        assert schema_of(run, name)["title"] == DOCUMENTS[name].title


def test_what_has_no_schema_is_refused_with_what_was_meant(run: Run) -> None:
    asked = run("schema", "chek")
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert asked.stderr.startswith('error: schema: "chek" is nothing that has a schema\n  Did you mean "check"? Use ')


def test_the_schema_has_the_words_of_the_records(run: Run) -> None:
    schema = schema_of(run, "check")
    assert schema["$ref"] == "#/$defs/CheckResult"
    assert {"Finding", "Frame", "Step", "Waiting", "OrderEdge", "Protection"} <= set(schema["$defs"])
    assert schema["$defs"]["Finding"]["description"].startswith("One (rule, place), with the shortest schedule")


# --- progress


def events(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]


def test_every_scenario_tells_its_end_in_order(run: Run) -> None:
    checked = run("check", "deadlock.py", "--progress", "json", "-q", "--output-format", "json")
    told = events(checked.stderr)
    for event in told:
        validator(run, "progress").validate(event)
    ended = [event for event in told if event["event"] == "ended"]
    assert [(e["scenario"], e["number"], e["total"], e["verdict"], e["findings"]) for e in ended] == [
        ("two_threads", 1, 2, "violated", ["LM101"]),
        ("one_thread", 2, 2, "verified", []),
    ]
    json.loads(checked.stdout)


def test_progress_is_the_same_for_any_number_of_workers(run: Run, tmp_path: Path) -> None:
    many = "".join(f'\n\n@m.scenario\ndef s{n}(s: Scenario) -> None:\n    s.thread("f", forth)\n' for n in range(12))
    (tmp_path / "many.py").write_text(specs.DEADLOCK + many, encoding="utf-8")

    def ended(*arguments: str) -> list[dict[str, Any]]:
        told = events(run("check", "many.py", "--progress", "json", *arguments).stderr)
        return [{**event, "seconds": 0} for event in told if event["event"] == "ended"]

    assert len(ended()) == 14
    assert ended() == ended("-j", "2")


def test_what_was_not_searched_tells_its_end_too(run: Run) -> None:
    told = events(run("check", "deadlock.py", "--progress", "json", "-x").stderr)
    assert [event["verdict"] for event in told if event["event"] == "ended"] == ["violated", "incomplete"]


def test_each_setting_of_a_matrix_is_named(run: Run) -> None:
    told = events(run("check", "switched.py", "--matrix", "each", "--progress", "json").stderr)
    assert [event["scenario"] for event in told if event["event"] == "ended"] == [
        "two_threads",
        "one_thread",
        "twice=on: two_threads",
        "twice=on: one_thread",
    ]


def test_a_way_to_show_progress_that_there_is_not_is_refused(run: Run) -> None:
    asked = run("check", "verified.py", "--progress", "jsn")
    assert asked.exit_code == 2
    assert asked.stderr == (
        'error: --progress: "jsn" is no way to show progress\n  Did you mean "json"? Use line, json or none.\n'
    )
