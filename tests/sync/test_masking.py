"""Masked values keep their shape and give nobody away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccsync.sync.masking import mask


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("anna.berg@example.com", "a•••@e•••.com"),
        ("Anna Berg", "A••• B•••g"),
        ("+46 70 123 45 67", "+4• •• ••• •• •7"),
        ("2026-01-31", "2•••-••-•1"),
        ("SE", "S•"),
        ("Yes", "Y•••"),
        ("Ö", "•"),
        ("Agnes Ek", "A••• E•"),
        ("A B C D", "A • • •"),
        ("प्रिया शर्मा", "प••• श•म"),
        ("", ""),
        ("  Anna \n Berg ", "A••• B•••g"),
    ],
)
def test_the_shape_stays_with_the_first_and_the_last_sign(value: str, masked: str) -> None:
    assert mask(value) == masked


def test_a_long_value_is_cut() -> None:
    assert mask("one two three four five six seven eight") == "o••• t••• t••• f••• f••• s•…"
    assert len(mask("word " * 50)) <= 28


@given(st.text(min_size=6, alphabet=st.characters(categories=("L", "N"))))
def test_no_word_is_readable(word: str) -> None:
    assert mask(word).count("•") >= 3
    assert word not in mask(word)
