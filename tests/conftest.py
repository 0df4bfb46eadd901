"""Golden files: what a report must read like, to the byte. `pytest --update-golden` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the files in tests/golden instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | bytes], None]:
    """`golden("report/name.txt", text)` holds when the file in tests/golden says the same."""

    def compare(name: str, content: str | bytes) -> None:
        path = GOLDEN / name
        data = content.encode() if isinstance(content, str) else content
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return
        assert path.exists(), f"there is no {path}; `pytest --update-golden` writes it"
        # As text where it is text, so that a failure shows the lines that differ.
        assert data.decode().splitlines() == path.read_bytes().decode().splitlines()
        assert data == path.read_bytes()

    return compare
