"""Schedule tokens: what was printed is parsed back, and damage is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockmodel.errors import UsageError
from lockmodel.findings.token import PATTERN, Schedule, decode, encode

SAMPLE = Schedule("pair/one", "2005", (("reclaim", False),), "LM305", ((0, 0), (0, 0), (1, 0), (0, 2)))


@given(
    st.builds(
        Schedule,
        st.text(max_size=30),
        st.text(max_size=10),
        st.lists(st.tuples(st.text(max_size=5), st.booleans() | st.integers(-5, 5) | st.text(max_size=3))).map(tuple),
        st.sampled_from(["LM101", "LM305"]),
        st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=60).map(tuple),
    )
)
def test_a_token_is_parsed_back(schedule: Schedule) -> None:
    token = encode(schedule)
    assert PATTERN.fullmatch(token)
    assert decode(token) == schedule


def test_every_single_typing_error_is_noticed() -> None:
    token = encode(SAMPLE)
    for at in range(4, len(token)):
        wrong = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        # The last character may carry bits that mean nothing.
        if at == len(token) - 1:
            try:
                assert decode(wrong) == SAMPLE
            except UsageError:
                continue
        else:
            with pytest.raises(UsageError, match="is damaged"):
                decode(wrong)


@pytest.mark.parametrize("text", ["", "lm1-", "lm2-abc", "hello", "lm1-a b"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        decode(text)
