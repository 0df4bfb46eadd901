"""Where results go: to the standard output, or whole or not at all into a file.

Takes finished texts and bytes; leaves their making to `report`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from lockmodel.errors import UsageError


def write_file(path: Path, content: str | bytes) -> None:
    """Put `content` into the file in one move: who reads it sees the old text or the new one, never half of one."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            # mkstemp makes files that only their owner may read; a report is an ordinary file
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}\n  Name another file.") from error


def print_text(text: str) -> None:
    """Print to the standard output; when its reader has gone (`| head`) the rest is dropped without a word."""
    try:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes once more at its end, and would complain then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))


def print_error(text: str) -> None:
    """Print to stderr."""
    with contextlib.suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
