"""What other programs publish of the formats that they take, to hold what is written against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import xmlschema

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def _sarif() -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@cache
def _junit() -> Any:
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))


def assert_sarif(data: bytes) -> Any:
    """The log, if it is as the published schema has it, and its URIs and messages as the standard's text does."""
    log = json.loads(data)
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in _sarif().iter_errors(log)]
    assert not problems, "\n".join(problems)
    for name, value in _strings(log):
        if name in ("uri", "helpUri", "informationUri"):
            assert re.fullmatch(r"(?:[A-Za-z0-9\-._~:/?#@!$&'()*+,;=]|%[0-9A-F]{2})*", value), value
        if name in ("text", "markdown"):
            assert value
            assert not re.search("[{}]", value.replace("{{", "").replace("}}", "")), value
        if name == "text":
            assert not re.search(r"(?<!\\)\]\(", value), value
    return log


def assert_junit(data: bytes) -> None:
    _junit().validate(data.decode())


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "properties":  # a bag of what a tool likes
                yield from _strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, name)
    elif isinstance(value, str):
        yield name, value
