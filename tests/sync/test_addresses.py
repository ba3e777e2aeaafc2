"""Which e-mail addresses can be written to at all."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsync.sync.addresses import _ORDINARY, LONGEST, LONGEST_ORDINARY, why_unusable

ORDINARY = st.from_regex(_ORDINARY, fullmatch=True).filter(lambda address: len(address) <= LONGEST_ORDINARY)


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "Ann.Berg+news@Mail.Example.com",
        "o'brien@example.org",
        "anna_lind-1@sub.domain.example",
        "info@bücher.example",
        "björn@example.com",
    ],
)
def test_ordinary_and_foreign_addresses_can_be_written_to(address: str) -> None:
    assert why_unusable(address) == ""


@pytest.mark.parametrize(
    "address",
    ["ann", "ann@", "@example.com", "ann berg@example.com", "ann@example..com", "ann@@example.com", "ann@exa mple.com"],
)
def test_what_is_no_address_is_told_with_a_reason(address: str) -> None:
    assert why_unusable(address)


def test_constant_contact_holds_80_characters() -> None:
    fits = f"{'a' * 60}@{'b' * (LONGEST - 61 - 4)}.com"
    assert len(fits) == 80
    assert why_unusable(fits) == ""
    assert why_unusable(f"a{fits}") == "81 characters, 80 fit"


@pytest.mark.slow
@given(ORDINARY)
@settings(max_examples=60)
def test_whatever_is_ordinary_at_a_glance_the_library_takes_as_well(address: str) -> None:
    validate_email(address, check_deliverability=False, test_environment=True)


@pytest.mark.parametrize(
    "address", ["a.@example.com", ".a@example.com", "a@-b.com", "a@b-.com", "a@b.local", "a@b.123", f"a@{'b' * 64}.com"]
)
def test_what_nearly_is_ordinary_is_looked_at_closely(address: str) -> None:
    assert why_unusable(address)
