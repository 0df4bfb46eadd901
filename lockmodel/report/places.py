"""Places as reports write them: "path:line" taken apart, and frames put into words."""

from __future__ import annotations

from dataclasses import dataclass

from lockmodel.findings.finding import Frame


@dataclass(frozen=True, slots=True)
class Place:
    """A file and, where it is known, the line in it."""

    path: str
    line: int | None

    @property
    def file(self) -> str:
        """The file's own name, without folders."""
        return self.path.replace("\\", "/").rpartition("/")[2]


def place_of(text: str | None) -> Place | None:
    """`text` is "specs/inotify.py:210", or a path alone, or nothing."""
    if not text:
        return None
    path, colon, line = text.rpartition(":")
    if colon and line.isascii() and line.isdigit() and int(line) > 0:
        return Place(path, int(line))
    return Place(text, None)


def spec_and_source(frame: Frame) -> str:
    """'specs/inotify.py:210 (fs/inotify.c:825)'."""
    return f"{frame.spec} ({frame.source})" if frame.source else frame.spec
