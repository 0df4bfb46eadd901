"""The fixture that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compile.specs import Specs


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Specs:
    monkeypatch.chdir(tmp_path)
    return Specs(tmp_path)
