"""Where settings come from, which of them counts, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.errors import UsageError
from lockmodel.settings import KEYS, Given, read_settings


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, environment: dict[str, str]) -> str:
    with pytest.raises(UsageError) as caught:
        read_settings({}, environment, folder)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_the_command_line_beats_the_environment_and_that_beats_the_file(tmp_path: Path) -> None:
    project(tmp_path, "[tool.lockmodel]\nmax-states = 1\nseed = 1\njobs = 1\n")
    layer = read_settings({"max-states": "3"}, {"LOCKMODEL_MAX_STATES": "2", "LOCKMODEL_SEED": "2"}, tmp_path)
    assert layer == {
        "max-states": Given(3, "--max-states"),
        "seed": Given(2, "LOCKMODEL_SEED"),
        "jobs": Given(1, f"{tmp_path}/pyproject.toml:4: jobs"),
    }


def test_an_option_that_was_not_given_beats_nothing(tmp_path: Path) -> None:
    project(tmp_path, "[tool.lockmodel]\nselect = ['LM3']\n")
    assert read_settings({"select": None, "ignore": []}, {}, tmp_path)["select"].value == ["LM3"]


def test_switches_are_joined_one_by_one(tmp_path: Path) -> None:
    project(tmp_path, "[tool.lockmodel.set]\nreclaim = true\nsize = 2\nname = 'x'\n")
    layer = read_settings({"set": ["size=3"]}, {"LOCKMODEL_SET": "reclaim=off, umount=on"}, tmp_path)
    assert {name: given.value for name, given in layer["set"].value.items()} == {
        "reclaim": "off",
        "size": "3",
        "name": "x",
        "umount": "on",
    }


def test_the_nearest_file_at_or_above_the_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    project(tmp_path, "[tool.lockmodel]\nseed = 1\n")
    assert read_settings({}, {}, tmp_path / "a" / "b")["seed"].value == 1
    project(tmp_path / "a", "[project]\nname = 'x'\n")
    assert read_settings({}, {}, tmp_path / "a" / "b") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[tool.lockmodel]\n\nmax_states = 5\n",
            'FOLDER/pyproject.toml:3: [tool.lockmodel] has no key "max_states"\n'
            f'  Did you mean "max-states"? Its keys are {", ".join(KEYS)}.',
        ),
        (
            '[tool.lockmodel]\nmax-states = "lots"\n',
            'FOLDER/pyproject.toml:2: max-states: "lots" is of the wrong kind\n  It must be a whole number.',
        ),
        (
            "[tool.lockmodel]\nmax-states = true\n",
            "FOLDER/pyproject.toml:2: max-states: True is of the wrong kind\n  It must be a whole number.",
        ),
        (
            "[tool.lockmodel]\nquiet = 1\n",
            "FOLDER/pyproject.toml:2: quiet: 1 is of the wrong kind\n  It must be true or false.",
        ),
        (
            "[tool.lockmodel]\ndesign = 5\n",
            "FOLDER/pyproject.toml:2: design: 5 is of the wrong kind\n  It must be a text in quotes.",
        ),
        (
            "[tool.lockmodel.set]\nreclaim = [1]\n",
            "FOLDER/pyproject.toml:1: set: {'reclaim': [1]} is of the wrong kind\n"
            "  It must be a table of switches, such as set = { reclaim = true, size = 2 } "
            '(in the environment "reclaim=on,size=2").',
        ),
        (
            "[tool]\nlockmodel = 3\n",
            "FOLDER/pyproject.toml: tool.lockmodel is 3, not a table\n  Write it as [tool.lockmodel].",
        ),
    ],
)
def test_a_wrong_key_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    assert refused(project(tmp_path, text), {}) == message


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    message = refused(project(tmp_path, "[tool.lockmodel\n"), {})
    assert message.startswith("FOLDER/pyproject.toml: ")
    assert message.endswith("\n  Mend the file, or run lockmodel from another folder.")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LOCKMODEL_MAX_STATES", "x", 'LOCKMODEL_MAX_STATES: "x" is of the wrong kind\n  It must be a whole number.'),
        ("LOCKMODEL_QUIET", "maybe", 'LOCKMODEL_QUIET: "maybe" is neither yes nor no\n  Write 1 or 0, or unset it.'),
        ("LOCKMODEL_SET", "x", 'LOCKMODEL_SET: "x" sets no switch\n  Write NAME=on, NAME=off or NAME=VALUE.'),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str, message: str) -> None:
    assert refused(tmp_path, {variable: value}) == message


def test_an_unknown_variable_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    message = refused(tmp_path, {"LOCKMODEL_MAXSTATES": "1", "LOCKMODELLING": "1"})
    assert message.startswith(
        "LOCKMODEL_MAXSTATES: lockmodel has no such environment variable\n"
        '  Did you mean "LOCKMODEL_MAX_STATES"? Unset it, or use one of LOCKMODEL_DESIGN, '
    )


@pytest.mark.parametrize(("text", "value"), [("on", True), ("1", True), ("YES", True), ("off", False), ("0", False)])
def test_a_variable_says_yes_or_no_in_words(tmp_path: Path, text: str, value: bool) -> None:
    assert read_settings({}, {"LOCKMODEL_QUIET": text}, tmp_path)["quiet"].value is value
