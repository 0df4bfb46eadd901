"""JSON as it is written for programs: UTF-8, indented, with a line's end at its end."""

from __future__ import annotations

import msgspec

from lockmodel.errors import UsageError


def as_json(value: object) -> bytes:
    """Records and what they are made of as an indented document, in the order of their fields."""
    return msgspec.json.format(as_line(value), indent=2) + b"\n"


def as_line(value: object) -> bytes:
    """The same on one line, without its end. UsageError for a name that is no Unicode text."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise UsageError(
            f"this cannot be written as JSON: {error.object!r} is no Unicode text\n"
            "  Give the file, or what the spec calls so, another name."
        ) from error
