"""What a login looks like in a store, and that it never shows its secret elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ccsync.credentials.store import ConstantContactTokens, MembrainKey
from ccsync.errors import ExitCode, LoginNeeded

NOON = datetime(2026, 11, 24, 12, 0, 0, 250000, tzinfo=UTC)
TOKENS = ConstantContactTokens(
    access_token="access-secret",
    refresh_token="refresh-secret",
    expires_at=NOON,
    scope="contact_data offline_access",
    account_id="a07e1l8cdif9dl",
    account_name="Example & Söner",
    obtained_at=NOON,
    refreshed_at=NOON,
    client_id="client-1",
)


def test_tokens_come_back_from_their_text_as_they_were() -> None:
    assert ConstantContactTokens.from_text(TOKENS.to_text()) == TOKENS


def test_tokens_that_were_stored_before_their_kind_was_known_are_read() -> None:
    text = TOKENS.to_text().replace(', "kind": ""', "")
    assert "kind" not in text
    assert ConstantContactTokens.from_text(text) == TOKENS


@pytest.mark.parametrize("key", [MembrainKey("key-secret"), MembrainKey("key-secret", "https://acme.example/", NOON)])
def test_a_key_comes_back_from_its_text_as_it_was(key: MembrainKey) -> None:
    assert MembrainKey.from_text(key.to_text()) == key


def test_times_come_back_in_utc() -> None:
    text = TOKENS.to_text().replace(NOON.isoformat(), NOON.astimezone(timezone(timedelta(hours=2))).isoformat())
    assert ConstantContactTokens.from_text(text).expires_at.tzinfo is UTC


@pytest.mark.parametrize("value", [TOKENS, MembrainKey("key-secret")])
def test_no_secret_shows_in_repr(value: object) -> None:
    assert "secret" not in repr(value) + str(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "access-secret",
        "[]",
        "null",
        '{"access_token": "access-secret"}',
        TOKENS.to_text().replace("2026-11-24T12:00:00.250000+00:00", "2026-11-24T12:00:00"),
        TOKENS.to_text().replace('"2026-11-24T12:00:00.250000+00:00"', "12"),
    ],
    ids=["empty", "no JSON", "a list", "null", "half of it", "times without a zone", "times as numbers"],
)
def test_a_stored_text_that_is_something_else_asks_for_a_new_login_and_is_not_quoted(text: str) -> None:
    with pytest.raises(LoginNeeded) as caught:
        ConstantContactTokens.from_text(text)
    assert caught.value.exit_code is ExitCode.LOGIN_NEEDED
    assert caught.value.hint == "ccsync auth login constant-contact"
    assert caught.value.__suppress_context__
    assert "secret" not in caught.value.message
