"""What the texts of options mean, and what is said about those that mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lockmodel.errors import UsageError
from lockmodel.options import Options, read_graph_file, read_options
from lockmodel.properties.catalogue import RULES, Rule
from lockmodel.settings import Given, Layer


def layer(**values: Any) -> Layer:
    return {key.replace("_", "-"): Given(value, f"--{key.replace('_', '-')}") for key, value in values.items()}


def refused(**values: Any) -> str:
    with pytest.raises(UsageError) as caught:
        read_options(layer(**values))
    return str(caught.value)


def test_without_settings_everything_is_searched_and_printed_as_text() -> None:
    assert read_options({}) == Options(
        design=None,
        switches={},
        bounds={},
        matrix="",
        engine="auto",
        strategy="exhaustive",
        reduction=True,
        preemptions=None,
        seed=None,
        runs=None,
        depth=None,
        max_steps=None,
        max_states=None,
        max_memory=None,
        timeout=None,
        jobs=1,
        exact=False,
        waiting=False,
        minimise="steps",
        stop_first=False,
        strict_order=False,
        select=(),
        ignore=(),
        output_format="text",
        output_file=None,
        progress="line",
        quiet=False,
        verbose=False,
    )


def test_the_options_of_a_strategy_are_its_own() -> None:
    assert read_options(layer(strategy="preemption", preemptions=0)).preemptions == 0
    drawn = read_options(layer(strategy="pct", seed=7, runs=50, depth=2, max_steps=99))
    assert (drawn.strategy, drawn.seed, drawn.runs, drawn.depth, drawn.max_steps) == ("pct", 7, 50, 2, 99)
    assert read_options(layer(strategy="dpor", max_steps=99)).max_steps == 99


@pytest.mark.parametrize(
    ("text", "size"),
    [("512M", 512 * 2**20), ("2G", 2**31), ("1.5k", 1536), ("2GiB", 2**31), ("100", 100), (4096, 4096)],
)
def test_a_size_is_counted_in_bytes(text: str | int, size: int) -> None:
    assert read_options(layer(max_memory=text)).max_memory == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("1h30m", 5400), ("500ms", 0.5), ("7", 7), (2.5, 2.5)]
)
def test_a_time_is_counted_in_seconds(text: str | float, seconds: float) -> None:
    assert read_options(layer(timeout=text)).timeout == seconds


@pytest.mark.parametrize("text", ["5x", "", "0s", "-3s", "m", "5m!", "1e3s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    assert refused(timeout=text) == (
        f'--timeout: "{text}" is no time\n  Write a number with s, m or h, such as 30s, 5m or 1h.'
    )


@pytest.mark.parametrize("text", ["5X", "", "0", "-1M", "M", "1 2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    assert refused(max_memory=text) == (
        f'--max-memory: "{text}" is no size\n  Write a number with K, M or G, such as 512M or 2G.'
    )


def test_to_select_what_is_not_looked_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "LM702", Rule("LM702", "never-happens", "", judged=False))
    assert refused(select=["LM1,LM702"]) == (
        '--select: "LM702" would select nothing\n'
        "  This version does not look for LM702 (never-happens); to check without it would not be a pass."
    )
    assert read_options(layer(ignore=["LM702"])).ignore == ("LM702",)


def test_codes_are_split_and_put_in_capitals() -> None:
    assert read_options(layer(select=["LM3,lm101", "LM3 LM30"])).select == ("LM3", "LM101", "LM30")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"select": ["LM9"]},
            '--select: "LM9" is neither the code of a rule nor the beginning of one\n'
            "  The groups are LM1, LM2, LM3, LM4, LM5, LM6 and LM7.",
        ),
        (
            {"ignore": ["deadlock"]},
            '--ignore: "deadlock" is neither the code of a rule nor the beginning of one\n'
            '  Did you mean "LM101"? The groups are LM1, LM2, LM3, LM4, LM5, LM6 and LM7.',
        ),
        (
            {"select": ["LM299"]},
            '--select: "LM299" is neither the code of a rule nor the beginning of one\n  LM2 has LM201 and LM202.',
        ),
        ({"engine": "pyton"}, '--engine: "pyton" is no engine\n  Did you mean "python"? Use auto, native or python.'),
        (
            {"strategy": "dpro"},
            '--strategy: "dpro" is no strategy\n'
            '  Did you mean "dpor"? Use exhaustive, preemption, pct, walk, pos or dpor.',
        ),
        (
            {"preemptions": 2},
            "--preemptions: 2 bounds the preemptions of schedules, which means nothing to the strategy exhaustive\n"
            "  Leave it out, or give it with --strategy preemption.",
        ),
        (
            {"strategy": "dpor", "seed": 7},
            "--seed: 7 says which runs are drawn, which means nothing to the strategy dpor\n"
            "  Leave it out, or give it with --strategy pct, walk or pos.",
        ),
        (
            {"strategy": "walk", "depth": 2},
            "--depth: 2 says at bugs of which depth runs are aimed, which means nothing to the strategy walk\n"
            "  Leave it out, or give it with --strategy pct.",
        ),
        (
            {"strategy": "preemption", "runs": 10},
            "--runs: 10 says how many runs are drawn, which means nothing to the strategy preemption\n"
            "  Leave it out, or give it with --strategy pct, walk or pos.",
        ),
        (
            {"max_steps": 10},
            "--max-steps: 10 bounds the steps of a run, which means nothing to the strategy exhaustive\n"
            "  Leave it out, or give it with --strategy pct, walk, pos or dpor.",
        ),
        (
            {"strategy": "pct", "engine": "native"},
            '--engine: "native" has only the strategy exhaustive, and not pct\n'
            "  Use --engine auto or python: the other strategies run in Python.",
        ),
        ({"strategy": "pct", "depth": 0}, "--depth: 0 is too small\n  It must be 1 or more."),
        ({"strategy": "preemption", "preemptions": -1}, "--preemptions: -1 is too small\n  It must be 0 or more."),
        ({"max_states": 0}, "--max-states: 0 is too small\n  It must be 1 or more."),
        ({"jobs": 0}, "--jobs: 0 is too small\n  It must be 1 or more."),
        ({"seed": -1}, "--seed: -1 is too small\n  It must be 0 or more."),
        (
            {"output_format": "jsn"},
            '--output-format: "jsn" is no output format\n'
            '  Did you mean "json"? Use text, json, json-lines, sarif, junit or github.',
        ),
        ({"output_file": "/"}, '--output-file: "/" is a folder\n  Name a file in it.'),
        (
            {"output_file": "/nowhere/x"},
            '--output-file: "/nowhere/x" cannot be written: there is no folder /nowhere\n  Make the folder first.',
        ),
        ({"quiet": True, "verbose": True}, "--quiet and --verbose contradict each other\n  Keep one of them."),
    ],
)
def test_a_refusal_names_the_value_the_reason_and_the_remedy(values: dict[str, Any], message: str) -> None:
    assert refused(**values) == message


def test_a_folder_that_takes_no_files_is_refused_before_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere, whatever the mode says
    assert refused(output_file=str(tmp_path / "x")) == (
        f'--output-file: "{tmp_path / "x"}" cannot be written: {tmp_path} takes no new files\n'
        "  Name a file in another folder."
    )


@pytest.mark.parametrize(
    ("kind", "file", "message"),
    [
        (
            "pile",
            "a.svg",
            '--kind: "pile" is no kind of graph\n'
            "  Use witness, wait-for, protection, heap, lock-order or interleavings.",
        ),
        (
            "witness",
            "a.txt",
            '-o: "a.txt" has no ending that says a format of witness\n  Use .svg, .png, .dot, .graphml or .mmd.',
        ),
        (
            "wait-for",
            "a",
            '-o: "a" has no ending that says a format of wait-for\n  Use .svg, .png, .dot, .graphml or .mmd.',
        ),
    ],
)
def test_a_graph_that_cannot_be_is_refused_before_the_check(kind: str, file: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_graph_file(Given(kind, "--kind"), Given(file, "-o"))
    assert str(caught.value) == message


def test_the_ending_of_a_graph_may_be_in_capitals() -> None:
    assert read_graph_file(Given("wait-for", "--kind"), Given("a.DOT", "-o")) == Path("a.DOT")
