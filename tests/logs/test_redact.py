"""Secrets that must never reach a log, and values that must not suffer from it."""

from __future__ import annotations

from typing import Any

import pytest

from ccsync.logs.redact import HIDDEN, scrub, scrub_text

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer S3cretS3cretS3cret",
        "sent with bearer S3cretS3cretS3cret",
        "Authorization: Basic S3cretS3cretS3cret=",
        "APIKey: S3cretS3cretS3cret",
        "the key was apiKey=S3cretS3cretS3cret&From=0",
        '{"refresh_token": "S3cretS3cretS3cret", "expires_in": 86400}',
        "grant_type=refresh_token&refresh_token=S3cretS3cretS3cret",
        "client_secret=S3cretS3cretS3cret",
        "code_verifier=S3cretS3cretS3cret",
        "http://localhost:8765/callback?code=S3cretS3cretS3cret&state=x",
        "GET /callback?code=S3cretS3cretS3cret HTTP/1.1",
        "HTTPSConnectionPool: https://acme.example/API/v2/users/?APIKey=S3cretS3cretS3cret failed",
        "password = 'S3cretS3cretS3cret'",
    ],
)
def test_a_secret_inside_a_text_is_hidden(text: str) -> None:
    found = scrub_text(text)
    assert "S3cret" not in found
    assert HIDDEN in found


def test_a_signed_token_is_known_by_its_shape() -> None:
    assert scrub_text(f"got {TOKEN} back") == f"got {HIDDEN} back"


@pytest.mark.parametrize(
    "key",
    [
        "Authorization",
        "APIKey",
        "api_key",
        "access_token",
        "refreshToken",
        "client-secret",
        "device_code",
        "Set-Cookie",
    ],
)
def test_a_field_that_is_called_like_a_secret_is_hidden_at_any_depth(key: str) -> None:
    assert scrub({"request": [{key: "S3cret"}]}) == {"request": [{key: HIDDEN}]}


def test_the_code_of_a_grant_is_hidden_and_the_code_of_an_error_is_not() -> None:
    assert scrub({"code": "hT9-xY2k"}) == {"code": HIDDEN}
    assert scrub({"code": "quota_spent"}) == {"code": "quota_spent"}


def test_an_address_keeps_its_path_and_loses_its_query() -> None:
    assert scrub_text("see https://api.cc.email/v3/contacts?email=ann@example.com now") == (
        f"see https://api.cc.email/v3/contacts?{HIDDEN} now"
    )


@pytest.mark.parametrize(
    "value",
    [
        "Ann Öberg",
        "ann+news@example.com",
        "Key account manager",
        "Token of thanks",
        "secretary",
        "+46 8 123 45 67",
        "postal code 111 22",
        17,
        2.5,
        True,
        None,
        ["a", {"postal_code": "111 22", "old": "Keynes"}],
    ],
)
def test_what_people_typed_stays_as_it_is(value: Any) -> None:
    assert scrub(value) == value


def test_a_set_becomes_a_sorted_list() -> None:
    assert scrub({"b", "a"}) == ["a", "b"]
