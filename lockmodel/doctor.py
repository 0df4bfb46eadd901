"""What lockmodel runs on: versions, searches, Graphviz, folders, terminal. For a bug report, and for an empty picture.

Takes the machine as it is; gives (heading, what is there) pairs. Nothing here raises: what fails is said in its line.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TextIO

import platformdirs

from lockmodel.check import native_unavailable
from lockmodel.errors import LockmodelError
from lockmodel.report.graphs import Renderer, describe_graphviz
from lockmodel.settings import PREFIX, nearest_project, read_environment, read_file

DEPENDENCIES = ("graphviz", "msgspec", "networkx", "pillow", "platformdirs", "pygraphviz", "rich", "typer")


def examine(version: str, environment: Mapping[str, str], folder: Path, terminal: TextIO) -> list[tuple[str, str]]:
    """Every line of `lockmodel doctor`."""
    return [
        ("lockmodel", f"{version} in {Path(__file__).resolve().parent}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} processors"),
        *((name, installed(name)) for name in DEPENDENCIES),
        ("search: python", "available"),
        ("search: native", native_unavailable() or "available"),
        ("Graphviz: bundled", attempt(lambda: _graphviz("bundled"))),
        ("Graphviz: system", attempt(lambda: _graphviz("system"))),
        ("cache folder", str(platformdirs.user_cache_path("lockmodel"))),
        ("settings: file", attempt(lambda: _file(folder))),
        ("settings: variables", attempt(lambda: _variables(environment))),
        ("terminal", " · ".join(describe_terminal(environment, terminal))),
    ]


def installed(name: str) -> str:
    """The version of a distribution, or that it is missing and what to do."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"MISSING: install it with `{Path(sys.executable).name} -m pip install {name}`"


def attempt(describe: Callable[[], str]) -> str:
    """What `describe` says, or on one line why it could not."""
    try:
        return describe()
    except LockmodelError as error:
        return f"ERROR: {error}"
    except Exception as error:
        return f"ERROR: {type(error).__name__}: {error}"


def describe_terminal(environment: Mapping[str, str], terminal: TextIO) -> Iterator[str]:
    """Whether it is one, how wide, which encoding, and what tells it to use colours or not."""
    size = shutil.get_terminal_size()
    yield f"{size.columns} columns" if terminal.isatty() else "output is no terminal"
    yield f"encoding {terminal.encoding}"
    for variable in ("TERM", "NO_COLOR", "FORCE_COLOR", "CI"):
        if variable in environment:
            yield f"{variable}={environment[variable]}"


def _graphviz(renderer: Renderer) -> str:
    state = describe_graphviz(renderer)
    used = "used for graphs" if renderer == "bundled" else "used with --graphviz system"
    return f"{state.version}: draws; {used}" if state.works else f"draws nothing: {state.problem}"


def _file(folder: Path) -> str:
    path = nearest_project(folder)
    if path is None:
        return "none (no pyproject.toml here or above)"
    return f"{path} ({', '.join(read_file(path)) or 'says nothing about lockmodel'})"


def _variables(environment: Mapping[str, str]) -> str:
    layer = read_environment(environment)
    return ", ".join(given.origin for given in layer.values()) or f"no {PREFIX}* is set"
