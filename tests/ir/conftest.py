"""The fixture that writes small specs."""

from tests.compile.conftest import specs

__all__ = ["specs"]
