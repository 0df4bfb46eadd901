"""`python -m tests`: the one command that checks all: formatting, lint, types, layers, tests.

Runs the five in this order from the project's folder, all of them even after one failed, and ends with 1 if any did.
Arguments go to the last one, pytest.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

# -v takes back the -q of pyproject.toml, so that the closing line is pytest's usual one.
# Two workers: what the smallest machines of CI services have.
CHECKS = {
    "formatting": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "layers": ["pytest", "-v", "tests/test_layers.py"],
    "tests": ["pytest", "-v", "-n", "2"],
}


def main(arguments: list[str]) -> int:
    """Run the checks; gives the exit code."""
    failed = []
    for name, command in CHECKS.items():
        more = arguments if name == "tests" else []
        print(f"== {name}: {' '.join(command + more)}", flush=True)
        if subprocess.run([sys.executable, "-m", *command, *more], cwd=PROJECT, stdin=subprocess.DEVNULL).returncode:
            failed.append(name)
    print(f"== failed: {', '.join(failed)}" if failed else f"== passed: {', '.join(CHECKS)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
