"""Writing reports: whole files or none, and a clear word about a path that cannot be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lockmodel.errors import UsageError


def write_file(path: Path, data: bytes) -> None:
    """Put `data` at `path`; a reader sees the old file or the new one, never a part.

    The temporary file stands in the same folder, because a rename is atomic only within a file system. A link stays
    a link, and what is no file (/dev/stdout, a pipe) is written to: a rename would put a file in its place.
    """
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    if is_special(path):
        try:
            path.write_bytes(data)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
        return
    link, path = path, Path(os.path.realpath(path))
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes a file that only its owner reads; a report is for all whom the umask allows.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {link}: {error.strerror or error}") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def check_folder(folder: Path) -> None:
    """UsageError where nothing could be written to a folder, which need not be there: told before hours of search."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"cannot write to {folder}: it is no folder")
    if not folder.parent.is_dir():
        raise UsageError(f"cannot make {folder}: there is no folder {folder.parent}")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {folder}: permission denied")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder, which is made; a name may have one folder in it."""
    for part in dict.fromkeys([folder, *((folder / name).parent for name in files)]):
        try:
            part.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot make {part}: {error.strerror or error}") from error
    for name, data in files.items():
        write_file(folder / name, data)


def is_special(path: Path) -> bool:
    """Is there something at `path` that is neither a file nor a folder, such as a device or a pipe?"""
    return path.exists() and not path.is_file() and not path.is_dir()


def format_for(path: Path, formats: tuple[str, ...]) -> str:
    """The ending of `path` without its dot, if it is one of `formats`."""
    ending = path.suffix.removeprefix(".").lower()
    if ending not in formats:
        known = ", ".join(f".{name}" for name in formats)
        what = f"the ending .{ending}" if ending else "no ending"
        raise UsageError(f"cannot tell what to write to {path}: it has {what}; known are {known}")
    return ending


def _umask() -> int:
    """The process's umask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
