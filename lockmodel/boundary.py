"""The border between lockmodel and its user: every exception of a command becomes a message and an exit code.

A mistake of the user's is `error: ...`; a mistake of ours is one line that says where its full report was written, or
with --verbose the traceback itself.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import typer

from lockmodel import __version__
from lockmodel.errors import InternalError, LockmodelError
from lockmodel.outcome import Exit
from lockmodel.output import print_error


@contextlib.contextmanager
def guard(verbose: bool | None) -> Iterator[None]:
    """Around the body of a command: what goes wrong in it is said, and the command ends with its exit code."""
    try:
        yield
    except typer.Exit:
        raise
    except (KeyboardInterrupt, Exception) as error:
        raise typer.Exit(explain(error, bool(verbose))) from None


def explain(error: BaseException, verbose: bool) -> Exit:
    """Say on stderr what happened; gives the exit code that it stands for."""
    match error:
        case KeyboardInterrupt():
            print_error("interrupted")
            return Exit.INTERRUPTED
        case MemoryError():
            print_error("error: out of memory\n  Set --max-memory to end earlier and see what was found until then.")
            return Exit.INCOMPLETE
        case LockmodelError() if not isinstance(error, InternalError):
            print_error(f"error: {error}")
            return Exit(error.exit_code)
        case _:
            said = f"internal error: {_headline(error)}"
            if verbose:
                print_error("".join(traceback.format_exception(error)) + f"{said}; please report it")
            else:
                print_error(f"{said}; please report it with {_where(write_report(error))}")
            return Exit.INTERNAL


def write_report(error: BaseException) -> Path | None:
    """Put all that a maintainer needs into a file of its own; None if there is no folder to put it in."""
    text = "\n".join(
        [
            f"lockmodel {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: {sys.argv}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    for folder in (platformdirs.user_log_path("lockmodel"), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix="internal-error-", suffix=".txt", dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
            return Path(name)
    return None


def _headline(error: BaseException) -> str:
    said = str(error).strip().partition("\n")[0]
    return said if isinstance(error, LockmodelError) else f"{type(error).__name__}: {said}" if said else repr(error)


def _where(report: Path | None) -> str:
    return f"the report in {report}" if report else "the output of the same command with --verbose"
