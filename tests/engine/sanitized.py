"""A search in C under sanitizers: built without a warning, and loaded by a program that then searches with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COMPILER = shutil.which("gcc")

needs_gcc = pytest.mark.skipif(COMPILER is None, reason="there is no gcc")

LOAD = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location(sys.argv[1], sys.argv[2])
module = importlib.util.module_from_spec(spec)
sys.modules[sys.argv[1]] = module
spec.loader.exec_module(module)
"""


def printed(name: str, program: str, folder: Path) -> str:
    """What a program prints with this search ("search" or "reduced") built into the folder and loaded before it."""
    assert COMPILER is not None
    library = folder / f"_{name}.so"
    built = subprocess.run(
        [
            COMPILER, "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion",
            "-Wno-missing-field-initializers", "-Wno-cast-function-type", "-Werror", "-fPIC", "-shared",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer",
            f"-I{sysconfig.get_path('include')}", str(ROOT / "lockmodel" / "engine" / "native" / f"{name}.c"),
            "-o", str(library),
        ],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    preload = subprocess.run([COMPILER, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    ran = subprocess.run(
        [sys.executable, "-c", LOAD + program, f"lockmodel.engine.native._{name}", str(library)],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": preload.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return ran.stdout
