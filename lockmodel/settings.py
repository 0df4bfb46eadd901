"""Settings: what the command line, `LOCKMODEL_*` and `[tool.lockmodel]` say, each value with the place that says it.

Takes the arguments of a command, an environment and a folder; gives for every key the value that counts: the command
line beats the environment, and that beats the file. What a value means ("2G", "LM3") is left to `options`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lockmodel.errors import UsageError

PREFIX = "LOCKMODEL_"
TABLE = "tool.lockmodel"

# key -> the type that a file must give it. An environment variable is the same key in capitals with underscores.
KEYS: dict[str, Any] = {
    "design": str,
    "set": dict[str, bool | int | str],
    "bound": dict[str, int],
    "matrix": str,
    "engine": str,
    "strategy": str,
    "reduction": bool,
    "preemptions": int,
    "runs": int,
    "depth": int,
    "max-steps": int,
    "max-states": int,
    "max-memory": int | str,
    "timeout": int | float | str,
    "seed": int,
    "jobs": int,
    "exact": bool,
    "waiting": bool,
    "minimise": str,
    "stop-first": bool,
    "strict-order": bool,
    "select": list[str] | str,
    "ignore": list[str] | str,
    "output-format": str,
    "output-file": str,
    "progress": str,
    "quiet": bool,
    "verbose": bool,
}

# key -> what its NAME=VALUE sets, and how that is written
PAIRS: dict[str, tuple[str, str]] = {
    "set": ("sets no switch", "Write NAME=on, NAME=off or NAME=VALUE."),
    "bound": ("bounds nothing", "Write LABEL=NUMBER, with the label of a pick."),
}

EXPECTED: dict[str, str] = {
    "set": 'a table of switches, such as set = { reclaim = true, size = 2 } (in the environment "reclaim=on,size=2")',
    "bound": 'a table of numbers, such as bound = { watches = 2 } (in the environment "watches=2,inodes=1")',
    "reduction": "true or false",
    "exact": "true or false",
    "waiting": "true or false",
    "stop-first": "true or false",
    "strict-order": "true or false",
    "quiet": "true or false",
    "verbose": "true or false",
    "preemptions": "a whole number",
    "runs": "a whole number",
    "depth": "a whole number",
    "max-steps": "a whole number",
    "max-states": "a whole number",
    "seed": "a whole number",
    "jobs": "a whole number",
    "max-memory": 'a size, such as "512M"',
    "timeout": 'a time, such as "30s"',
    "select": 'codes, such as ["LM3", "LM101"]',
    "ignore": 'codes, such as ["LM3", "LM101"]',
}

YES = {"1", "on", "true", "yes"}
NO = {"0", "off", "false", "no"}


@dataclass(frozen=True)
class Given:
    """A value and the place that says it: "--max-states", "LOCKMODEL_MAX_STATES", "pyproject.toml:7: max-states"."""

    value: Any
    origin: str


Layer = dict[str, Given]


def refuse(given: Given, reason: str, remedy: str) -> UsageError:
    """The error for a value that cannot be: it names the value, the reason and the remedy."""
    return UsageError(f"{given.origin}: {_shown(given.value)} {reason}\n  {remedy}")


def suggest(word: str, known: Iterable[str]) -> str:
    """`Did you mean "x"? ` where something known is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f'Did you mean "{close[0]}"? ' if close else ""


def read_settings(arguments: Mapping[str, Any], environment: Mapping[str, str], folder: Path) -> Layer:
    """All that is said, key by key: `arguments` (None: not given) over `environment` over the file.

    The switches of `set` are joined one by one, and so are the bounds; each other key is taken whole.
    """
    file = nearest_project(folder)
    layers = [
        read_file(file) if file else {},
        read_environment(environment),
        read_arguments(arguments),
    ]
    merged: Layer = {}
    for layer in layers:
        tables = {key: {**_table(merged, key), **_table(layer, key)} for key in PAIRS}
        merged |= layer
        merged |= {key: Given(table, key) for key, table in tables.items() if table}
    return merged


def read_arguments(arguments: Mapping[str, Any]) -> Layer:
    """The layer of the command line; its numbers are texts still."""
    layer: Layer = {}
    for key, value in arguments.items():
        if value is None or value == []:
            continue
        given = Given(value, f"--{key}")
        if key in PAIRS:
            given = Given(split_pairs(key, given, value), given.origin)
        elif KEYS[key] is int:
            given = Given(_decode(key, given, strict=False), given.origin)
        layer[key] = given
    return layer


def read_environment(environment: Mapping[str, str]) -> Layer:
    """The layer of `LOCKMODEL_*`."""
    layer = {}
    for variable in sorted(environment):
        if not variable.startswith(PREFIX):
            continue
        key = variable.removeprefix(PREFIX).lower().replace("_", "-")
        if key not in KEYS:
            raise UsageError(
                f"{variable}: lockmodel has no such environment variable\n"
                f"  {suggest(variable, _variables())}Unset it, or use one of {', '.join(_variables())}."
            )
        given = Given(environment[variable], variable)
        layer[key] = Given(_from_text(key, given), variable)
    return layer


def nearest_project(folder: Path) -> Path | None:
    """The pyproject.toml of `folder` or of the nearest folder above it."""
    return next((path for above in [folder, *folder.parents] if (path := above / "pyproject.toml").is_file()), None)


def read_file(path: Path) -> Layer:
    """The layer of a pyproject.toml; empty if it says nothing about lockmodel."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}\n  Mend the file, or run lockmodel from another folder.") from error
    table = document.get("tool", {})
    table = table.get("lockmodel", {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {TABLE} is {_shown(table)}, not a table\n  Write it as [{TABLE}].")
    layer = {}
    for key, value in table.items():
        where = f"{path}{_line(text, key)}"
        if key not in KEYS:
            raise UsageError(
                f"{where}: [{TABLE}] has no key {_shown(key)}\n"
                f"  {suggest(key.replace('_', '-'), KEYS)}Its keys are {', '.join(KEYS)}."
            )
        given = Given(value, f"{where}: {key}")
        layer[key] = Given(_decode(key, given), given.origin)
    return layer


def split_pairs(key: str, given: Given, texts: Collection[str]) -> dict[str, Given]:
    """`["reclaim=on"]` as the switch that it sets, and the like."""
    pairs = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise refuse(Given(text, given.origin), *PAIRS[key])
        pairs[name] = Given(value, given.origin)
    return pairs


def yes_or_no(text: str) -> bool | None:
    """`on`, `true`, `yes`, `1` and their opposites; None for anything else."""
    word = text.strip().lower()
    return True if word in YES else False if word in NO else None


def _from_text(key: str, given: Given) -> Any:
    """The value that the text of an environment variable stands for."""
    kind = KEYS[key]
    if key in PAIRS:
        return split_pairs(key, given, [text for text in given.value.split(",") if text.strip()])
    if kind is bool:
        answer = yes_or_no(given.value)
        if answer is None:
            raise refuse(given, "is neither yes nor no", "Write 1 or 0, or unset it.")
        return answer
    return _decode(key, given, strict=False) if kind is int else given.value


def _decode(key: str, given: Given, *, strict: bool = True) -> Any:
    """The value in the type of its key, or an error that says which type that is."""
    try:
        value = msgspec.convert(given.value, KEYS[key], strict=strict)
    except msgspec.ValidationError as error:
        expected = EXPECTED.get(key, "a text in quotes")
        raise refuse(given, "is of the wrong kind", f"It must be {expected}.") from error
    if key in PAIRS:
        return {name: Given(_switch_text(value), given.origin) for name, value in value.items()}
    return value


def _switch_text(value: bool | int | str) -> str:
    return value if isinstance(value, str) else str(value) if not isinstance(value, bool) else "on" if value else "off"


def _table(layer: Layer, key: str) -> dict[str, Given]:
    return dict(layer[key].value) if key in layer else {}


def _variables() -> list[str]:
    return [PREFIX + key.upper().replace("-", "_") for key in KEYS]


def _line(text: str, key: str) -> str:
    """`:7` where a plain search finds the key under its header; tomllib keeps no lines."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            name = header[1].replace(" ", "").replace('"', "")
            if name == f"{TABLE}.{key}":
                return f":{number}"
            inside = name == TABLE
        elif inside and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
            return f":{number}"
    return ""


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
