"""`auth status` and `auth logout`: whose login, since when, until when, where it lies, and that it is gone after."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.auth_flow import Logout, logout, make_key, statuses
from ccsync.credentials.key import KeySources
from ccsync.credentials.store import ConstantContactTokens, MembrainKey
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from .conftest import HandClock, MemoryStore, Services


@pytest.fixture
def logged_in(store: MemoryStore, services: Services, tokens: ConstantContactTokens, clock: HandClock) -> None:
    services.live.add("refresh-0")
    store.held["acme", "constant-contact"] = tokens.to_text()
    store.held["acme", "membrain"] = MembrainKey("key-secret", "https://acme.example/API/v2/", clock.at).to_text()


class TestStatus:
    @pytest.mark.usefixtures("logged_in")
    def test_says_of_both_who_since_when_until_when_and_where(self, store: MemoryStore, clock: HandClock) -> None:
        membrain, constant_contact = (status.as_data() for status in statuses(store, "acme", clock))
        assert membrain == {
            "service": "membrain",
            "logged_in": True,
            "where": "memory",
            "account": "https://acme.example/API/v2/",
            "account_id": "",
            "since": "2026-11-24T12:00:00+00:00",
            "access_until": None,
            "refresh_until": None,
            "note": "until the key is removed in Membrain",
        }
        assert constant_contact == {
            "service": "constant-contact",
            "logged_in": True,
            "where": "memory",
            "account": "Acme",
            "account_id": "acc-1",
            "since": "2026-11-23T12:00:00+00:00",
            "access_until": "2026-11-24T12:00:00+00:00",
            "refresh_until": "2027-05-22T12:00:00+00:00",
            "note": "renewed by itself; ends when it is not used for 180 days",
        }

    @pytest.mark.usefixtures("logged_in")
    def test_holds_no_secret(self, store: MemoryStore, clock: HandClock) -> None:
        told = json.dumps([status.as_data() for status in statuses(store, "acme", clock)]) + repr(
            statuses(store, "acme", clock)
        )
        assert not [secret for secret in ("key-secret", "access-0", "refresh-0") if secret in told]

    def test_names_the_command_for_what_is_missing(self, store: MemoryStore, clock: HandClock) -> None:
        assert [(status.logged_in, status.note) for status in statuses(store, "acme", clock)] == [
            (False, "Not logged in to Membrain: ccsync auth login membrain"),
            (False, "Not logged in to Constant Contact: ccsync auth login constant-contact"),
        ]

    def test_a_login_not_used_for_half_a_year_is_none(
        self, store: MemoryStore, tokens: ConstantContactTokens, clock: HandClock
    ) -> None:
        unused = replace(tokens, refreshed_at=clock.at - timedelta(days=180))
        store.held["acme", "constant-contact"] = unused.to_text()
        status = statuses(store, "acme", clock)[1]
        assert not status.logged_in
        assert status.note == "not used for 180 days; ccsync auth login constant-contact"

    def test_a_login_that_cannot_be_read_is_none(self, store: MemoryStore, clock: HandClock) -> None:
        store.held["acme", "membrain"] = "torn"
        assert not statuses(store, "acme", clock)[0].logged_in


class TestLogout:
    @pytest.mark.usefixtures("logged_in")
    def test_revokes_the_refresh_token_and_forgets(
        self, store: MemoryStore, services: Services, clock: HandClock, tmp_path: Path
    ) -> None:
        done = logout(store, "acme", "constant-contact", tmp_path, clock, auth_url=services.auth_url)
        assert done == Logout("constant-contact", was_logged_in=True, revoked=True)
        (request,) = services.asked("/oauth/revoke")
        assert request.values == {
            "token": "refresh-0",
            "token_type_hint": "refresh_token",
            "client_id": "client-1",
        }
        assert services.live == set()
        assert list(store.held) == [("acme", "membrain")]

    @pytest.mark.parametrize(
        "troubles", [["reset"] * 3, [(404, "")], [(302, "")], [(401, {"error": "invalid_client"})]]
    )
    @pytest.mark.usefixtures("logged_in")
    def test_forgets_all_the_same_when_it_cannot_be_revoked_and_tells(
        self,
        store: MemoryStore,
        services: Services,
        clock: HandClock,
        tmp_path: Path,
        troubles: list[object],
    ) -> None:
        services.troubles["/oauth/revoke"] = troubles
        done = logout(store, "acme", "constant-contact", tmp_path, clock, auth_url=services.auth_url)
        assert done.was_logged_in
        assert not done.revoked
        assert done.trouble.startswith("Constant Contact")
        assert ("acme", "constant-contact") not in store.held

    def test_forgets_what_cannot_be_read(
        self, store: MemoryStore, services: Services, clock: HandClock, tmp_path: Path
    ) -> None:
        store.held["acme", "constant-contact"] = "torn"
        done = logout(store, "acme", "constant-contact", tmp_path, clock, auth_url=services.auth_url)
        assert not done.revoked
        assert store.held == {}

    @pytest.mark.usefixtures("logged_in")
    def test_of_membrain_says_that_the_key_still_works(
        self, store: MemoryStore, services: Services, clock: HandClock, tmp_path: Path
    ) -> None:
        done = logout(store, "acme", "membrain", tmp_path, clock, auth_url=services.auth_url)
        assert done.was_logged_in
        assert "the key itself still works" in done.trouble
        assert list(store.held) == [("acme", "constant-contact")]

    @pytest.mark.parametrize("service", ["membrain", "constant-contact"])
    def test_without_a_login_does_nothing(
        self, store: MemoryStore, services: Services, clock: HandClock, tmp_path: Path, service: str
    ) -> None:
        assert logout(store, "acme", service, tmp_path, clock, auth_url=services.auth_url) == Logout(
            service, was_logged_in=False
        )
        assert services.seen == []

    def test_of_another_service_is_wrong_usage(self, store: MemoryStore, clock: HandClock, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no service called google"):
            logout(store, "acme", "google", tmp_path, clock, auth_url="")


def test_a_new_key_comes_with_the_line_that_uses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert make_key(Path("key")) == f'key_file = "{tmp_path / "key"}"'
    assert len(KeySources(key_file=tmp_path / "key").read()) == 32
