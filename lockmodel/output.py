"""Printing: to the standard output and to stderr, whoever reads them and however.

Takes finished texts; leaves their making to `report`.
"""

from __future__ import annotations

import contextlib
import os
import sys

from lockmodel.errors import UsageError


def print_text(text: str) -> None:
    """Print to the standard output, in its encoding; what that cannot show becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    print_bytes((text if text.endswith("\n") or not text else text + "\n").encode(encoding, "replace"))


def print_bytes(data: bytes) -> None:
    """Put bytes on the standard output; when its reader has gone (`| head`) the rest is dropped without a word."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_the_rest()
    except OSError as error:
        _drop_the_rest()
        raise UsageError(
            f"cannot write to the standard output: {error.strerror or error}\n  Send it somewhere else, or use "
            "--output-file."
        ) from error


def _drop_the_rest() -> None:
    """The interpreter flushes once more at its end, and would complain then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(text: str) -> None:
    """Print to stderr; where that takes nothing, there is nobody to be told so."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
