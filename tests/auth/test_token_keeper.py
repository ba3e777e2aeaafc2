"""The tokens during runs: always a good one, each refresh token spent once, nothing used that is not stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.constant_contact.oauth import TokenKeeper
from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
from ccsync.credentials.store import ConstantContactTokens, read_tokens
from ccsync.errors import CcsyncError, ConfigError, ExitCode, LocalError, LoginNeeded, Stopped, TryLater, Unreachable
from ccsync.logs.events import NullRecorder

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.logs.events import Event, Level

    from .conftest import HandClock, MemoryStore, Services

LOGIN = "ccsync auth login constant-contact"
TOKEN = "/oauth/token"

MakeKeeper = Callable[..., TokenKeeper]


@pytest.fixture
def make_keeper(services: Services, store: MemoryStore, clock: HandClock, tmp_path: Path) -> MakeKeeper:
    def make(**more: Any) -> TokenKeeper:
        server = AuthorizationServer(services.auth_url, "client-1", clock, NullRecorder())
        options: dict[str, Any] = {"client_id": "client-1", "account_id": "acc-1", **more}
        return TokenKeeper(store, "acme", tmp_path / "acme", lambda: server, clock, **options)

    return make


class Lines:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def event(self, name: Event, message: str, *, level: Level = "info", **fields: object) -> None:
        self.events.append({"event": name, "message": message, "level": level} | fields)


@pytest.fixture
def logged_in(services: Services, store: MemoryStore, tokens: ConstantContactTokens) -> ConstantContactTokens:
    services.live.add("refresh-0")
    keep(store, tokens)
    return tokens


def keep(store: MemoryStore, tokens: ConstantContactTokens) -> None:
    store.held["acme", "constant-contact"] = tokens.to_text()


def kept(store: MemoryStore) -> ConstantContactTokens:
    tokens = read_tokens(store, "acme")
    assert tokens is not None
    return tokens


class TestAGoodToken:
    def test_is_given_out_without_asking_anybody(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, tokens: ConstantContactTokens
    ) -> None:
        keep(store, replace(tokens, expires_at=tokens.expires_at + timedelta(hours=1)))
        keeper = make_keeper()
        assert [keeper.access_token() for _ in range(3)] == ["access-0"] * 3
        assert services.seen == []
        assert store.deeds == []

    def test_is_replaced_some_minutes_before_its_end(
        self,
        make_keeper: MakeKeeper,
        store: MemoryStore,
        logged_in: ConstantContactTokens,
        clock: HandClock,
    ) -> None:
        keep(store, replace(logged_in, expires_at=clock.at + timedelta(minutes=6)))
        keeper = make_keeper()
        assert keeper.access_token() == "access-0"
        clock.at += timedelta(minutes=1)
        assert keeper.access_token() == "access-1"

    @pytest.mark.usefixtures("logged_in")
    def test_of_a_short_life_is_not_replaced_at_every_call(
        self, make_keeper: MakeKeeper, services: Services, clock: HandClock
    ) -> None:
        services.token_extra["expires_in"] = 120
        keeper = make_keeper()
        assert keeper.access_token() == "access-1"
        clock.at += timedelta(seconds=80)
        assert keeper.access_token() == "access-1"
        clock.at += timedelta(seconds=10)
        assert keeper.access_token() == "access-2"


class TestTheLog:
    """Each request is a line, as the other ones are; no token is in any of them."""

    @pytest.fixture
    def told(self, services: Services, store: MemoryStore, clock: HandClock, tmp_path: Path) -> Callable[[], Any]:
        def refresh() -> Any:
            log = Lines()
            server = AuthorizationServer(services.auth_url, "client-1", clock, log)
            with suppress(CcsyncError):
                TokenKeeper(
                    store, "acme", tmp_path, lambda: server, clock, client_id="client-1", account_id="acc-1"
                ).access_token()
            assert "refresh-0" not in str(log.events)
            assert "access-1" not in str(log.events)
            return [(one["method"], one["path"], one["status"], one["attempt"], one["level"]) for one in log.events]

        return refresh

    @pytest.mark.usefixtures("logged_in")
    def test_has_a_refresh(self, told: Callable[[], Any]) -> None:
        assert told() == [("POST", TOKEN, 200, 1, "info")]

    @pytest.mark.usefixtures("logged_in")
    def test_has_every_try_of_one_that_fails(self, told: Callable[[], Any], services: Services) -> None:
        services.troubles[TOKEN] = ["reset", (503, ""), (503, "")]
        assert told() == [
            ("POST", TOKEN, None, 1, "warning"),
            ("POST", TOKEN, 503, 2, "warning"),
            ("POST", TOKEN, 503, 3, "warning"),
        ]

    def test_has_one_that_is_refused(
        self, told: Callable[[], Any], store: MemoryStore, tokens: ConstantContactTokens
    ) -> None:
        keep(store, tokens)
        assert told() == [("POST", TOKEN, 400, 1, "warning")]


class TestRefreshing:
    @pytest.mark.usefixtures("logged_in")
    def test_sends_what_a_public_client_sends(self, make_keeper: MakeKeeper, services: Services) -> None:
        make_keeper().access_token()
        (request,) = services.asked(TOKEN)
        assert request.values == {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
            "client_id": "client-1",
        }
        assert request.headers["user-agent"].startswith("ccsync/")
        assert "authorization" not in request.headers

    def test_stores_the_new_tokens_and_keeps_the_rest(
        self, make_keeper: MakeKeeper, store: MemoryStore, logged_in: ConstantContactTokens, clock: HandClock
    ) -> None:
        make_keeper().access_token()
        assert kept(store) == replace(
            logged_in,
            access_token="access-1",
            refresh_token="refresh-1",
            expires_at=clock.at + timedelta(days=1),
            refreshed_at=clock.at,
            kind="rotating",
        )

    @pytest.mark.usefixtures("logged_in")
    def test_tries_the_store_before_the_token_is_spent_and_writes_before_it_is_used(
        self, make_keeper: MakeKeeper, store: MemoryStore
    ) -> None:
        told: list[str] = []
        keeper = make_keeper(on_refreshed=lambda tokens: told.append(f"{tokens.access_token} after {store.deeds}"))
        keeper.access_token()
        assert told == ["access-1 after ['probe', 'write']"]

    def test_does_not_spend_the_token_when_the_store_cannot_be_written(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, logged_in: ConstantContactTokens
    ) -> None:
        store.broken = LocalError("the disk is full")
        with pytest.raises(LocalError):
            make_keeper().access_token()
        assert services.asked(TOKEN) == []
        assert kept(store) == logged_in

    @pytest.mark.usefixtures("logged_in")
    def test_a_token_that_could_not_be_stored_is_not_used(
        self,
        make_keeper: MakeKeeper,
        store: MemoryStore,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*_: str) -> None:
            raise LocalError("the disk is full")

        monkeypatch.setattr(store, "write", full)
        with pytest.raises(LocalError):
            make_keeper().access_token()

    @pytest.mark.parametrize("omitted", ["refresh_token", "scope"])
    def test_keeps_the_old_value_when_the_answer_omits_it(
        self,
        make_keeper: MakeKeeper,
        services: Services,
        store: MemoryStore,
        logged_in: ConstantContactTokens,
        omitted: str,
    ) -> None:
        services.token_omits.add(omitted)
        make_keeper().access_token()
        assert getattr(kept(store), omitted) == getattr(logged_in, omitted)

    @pytest.mark.usefixtures("logged_in")
    def test_takes_the_end_from_the_token_itself_when_the_answer_does_not_tell_it(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore
    ) -> None:
        end = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
        claims = base64.urlsafe_b64encode(json.dumps({"exp": int(end.timestamp())}).encode()).rstrip(b"=").decode()
        services.token_omits.add("expires_in")
        services.token_extra["access_token"] = f"e30.{claims}.sig"
        make_keeper().access_token()
        assert kept(store).expires_at == end

    @pytest.mark.usefixtures("logged_in")
    def test_takes_an_hour_when_nobody_tells_the_end(
        self,
        make_keeper: MakeKeeper,
        services: Services,
        store: MemoryStore,
        clock: HandClock,
    ) -> None:
        services.token_omits.add("expires_in")
        make_keeper().access_token()
        assert kept(store).expires_at == clock.at + timedelta(hours=1)

    def test_uses_what_another_process_has_stored_in_the_meantime(
        self,
        make_keeper: MakeKeeper,
        services: Services,
        store: MemoryStore,
        logged_in: ConstantContactTokens,
        clock: HandClock,
    ) -> None:
        first, second = make_keeper(), make_keeper()
        keep(store, replace(logged_in, expires_at=clock.at + timedelta(hours=1)))
        assert first.access_token() == second.access_token() == "access-0"
        clock.at += timedelta(hours=1)
        assert first.access_token() == "access-1"
        assert second.access_token() == "access-1"
        assert services.spent == {"refresh-0": 1}


class TestATokenRefusedInMidRun:
    def test_is_refreshed_once(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, logged_in: ConstantContactTokens
    ) -> None:
        keep(store, replace(logged_in, expires_at=logged_in.expires_at + timedelta(hours=8)))
        keeper = make_keeper()
        old = keeper.access_token()
        assert [keeper.refreshed_after_401(old) for _ in range(3)] == ["access-1"] * 3
        assert keeper.access_token() == "access-1"
        assert services.spent == {"refresh-0": 1}

    def test_is_replaced_by_a_newer_one_of_the_store(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, tokens: ConstantContactTokens
    ) -> None:
        good = replace(tokens, expires_at=tokens.expires_at + timedelta(hours=8))
        keep(store, good)
        keeper = make_keeper()
        old = keeper.access_token()
        keep(store, replace(good, access_token="access-new"))
        assert keeper.refreshed_after_401(old) == "access-new"
        assert services.asked(TOKEN) == []

    def test_a_login_to_another_account_before_the_first_use_stops_the_run_as_well(
        self, make_keeper: MakeKeeper, store: MemoryStore, services: Services, logged_in: ConstantContactTokens
    ) -> None:
        keep(store, replace(logged_in, account_id="acc-2"))
        with pytest.raises(Stopped) as caught:
            make_keeper().access_token()
        assert (caught.value.code, caught.value.hint) == ("other_account", "ccsync run --once")
        assert services.seen == []

    def test_a_login_to_another_account_in_the_meantime_stops_the_run(
        self, make_keeper: MakeKeeper, store: MemoryStore, tokens: ConstantContactTokens
    ) -> None:
        """What was planned for one account is never sent to another one."""
        good = replace(tokens, expires_at=tokens.expires_at + timedelta(hours=8))
        keep(store, good)
        keeper = make_keeper()
        old = keeper.access_token()
        keep(store, replace(good, access_token="access-new", account_id="acc-2"))
        with pytest.raises(Stopped, match="from the Constant Contact account acc-1 to acc-2"):
            keeper.refreshed_after_401(old)


class TestALoginThatHasEnded:
    def test_asks_for_the_exact_command(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, tokens: ConstantContactTokens
    ) -> None:
        keep(store, tokens)
        with pytest.raises(LoginNeeded) as caught:
            make_keeper().access_token()
        assert caught.value.exit_code is ExitCode.LOGIN_NEEDED
        assert caught.value.hint == LOGIN
        assert "The refresh token is invalid or expired." in caught.value.message
        assert services.spent == {"refresh-0": 1}
        assert kept(store) == tokens

    @pytest.mark.parametrize("hours", [8, 0], ids=["fresh", "stale as well"])
    def test_unless_somebody_else_has_refreshed_it_in_that_moment(
        self,
        make_keeper: MakeKeeper,
        services: Services,
        store: MemoryStore,
        tokens: ConstantContactTokens,
        hours: int,
    ) -> None:
        """Another machine with the same keyring does not see the lock."""
        keep(store, tokens)
        services.live.add("refresh-new")
        theirs = replace(
            tokens,
            access_token="access-new",
            refresh_token="refresh-new",
            expires_at=tokens.expires_at + timedelta(hours=hours),
        )
        store.meanwhile = lambda: keep(store, theirs)
        assert make_keeper().access_token() == ("access-new" if hours else "access-1")

    def test_never_logged_in_asks_for_the_same_command(self, make_keeper: MakeKeeper) -> None:
        with pytest.raises(LoginNeeded, match="Not logged in to Constant Contact") as caught:
            make_keeper().access_token()
        assert caught.value.hint == LOGIN

    @pytest.mark.usefixtures("logged_in")
    def test_a_login_of_another_application_is_not_used(self, make_keeper: MakeKeeper, services: Services) -> None:
        with pytest.raises(LoginNeeded, match=r"another `\[constant_contact\] client_id`"):
            make_keeper(client_id="client-2").access_token()
        assert services.seen == []

    @pytest.mark.usefixtures("logged_in")
    def test_an_application_that_is_not_known_is_a_matter_of_the_configuration(
        self, make_keeper: MakeKeeper, services: Services
    ) -> None:
        services.troubles[TOKEN] = [(401, {"error": "invalid_client"})]
        with pytest.raises(ConfigError) as caught:
            make_keeper().access_token()
        assert "client_id" in caught.value.hint


class TestTroubleOnTheWay:
    @pytest.mark.usefixtures("logged_in")
    def test_a_throttled_refresh_waits_more_than_the_second_that_the_service_asks_for(
        self, make_keeper: MakeKeeper, services: Services, clock: HandClock
    ) -> None:
        services.troubles[TOKEN] = [(429, ""), (429, {"error_key": "throttled"})]
        assert make_keeper().access_token() == "access-1"
        assert len(clock.slept) == 2
        assert min(clock.slept) > 1

    def test_one_that_stays_throttled_is_for_later(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore, logged_in: ConstantContactTokens
    ) -> None:
        services.troubles[TOKEN] = [(429, "")] * 30
        with pytest.raises(TryLater):
            make_keeper().access_token()
        assert len(services.asked(TOKEN)) == 20
        assert kept(store) == logged_in

    @pytest.mark.parametrize(
        "trouble",
        [
            "reset",
            (503, "<html>busy</html>"),
            (500, {"error": "server_error"}),
            (200, "<html>hello</html>"),
            (200, "{}"),
        ],
        ids=["reset", "503", "500", "HTML with 200", "no token in it"],
    )
    @pytest.mark.usefixtures("logged_in")
    def test_what_may_pass_is_tried_again_three_times_in_all(
        self, make_keeper: MakeKeeper, services: Services, trouble: Any
    ) -> None:
        services.troubles[TOKEN] = [trouble]
        assert make_keeper().access_token() == "access-1"
        services.troubles[TOKEN] = [trouble] * 9
        with pytest.raises(Unreachable) as caught:
            make_keeper().refreshed_after_401("access-1")
        assert len(services.asked(TOKEN)) == 2 + 3
        assert "refresh-1" not in f"{caught.value.message}{caught.value.hint}"

    @pytest.mark.usefixtures("logged_in")
    def test_a_lost_answer_is_asked_for_again_with_the_same_token(
        self, make_keeper: MakeKeeper, services: Services, store: MemoryStore
    ) -> None:
        services.reuse_window = True
        services.troubles[TOKEN] = ["lost"]
        assert make_keeper().access_token() == "access-2"
        assert services.spent == {"refresh-0": 2}
        assert kept(store).refresh_token == "refresh-2"

    @pytest.mark.usefixtures("logged_in")
    def test_a_lost_answer_for_a_token_of_one_use_needs_a_new_login(
        self, make_keeper: MakeKeeper, services: Services
    ) -> None:
        services.troubles[TOKEN] = ["lost"]
        with pytest.raises(LoginNeeded) as caught:
            make_keeper().access_token()
        assert caught.value.hint == LOGIN
        assert services.spent == {"refresh-0": 2}

    @pytest.mark.parametrize("status", [302, 403, 404])
    def test_an_answer_that_is_not_of_the_service_is_not_taken_for_the_end_of_the_login(
        self,
        make_keeper: MakeKeeper,
        services: Services,
        store: MemoryStore,
        logged_in: ConstantContactTokens,
        status: int,
    ) -> None:
        services.troubles[TOKEN] = [(status, "<html>a proxy</html>")]
        with pytest.raises(Unreachable, match=f"HTTP {status}"):
            make_keeper().access_token()
        assert kept(store) == logged_in

    @pytest.mark.usefixtures("logged_in")
    def test_a_redirect_is_not_followed(self, make_keeper: MakeKeeper, services: Services) -> None:
        services.troubles[TOKEN] = [(307, "", {"Location": "/elsewhere"})]
        with pytest.raises(Unreachable):
            make_keeper().access_token()
        assert services.asked("/elsewhere") == []

    def test_plain_http_to_another_machine_is_refused(self, clock: HandClock) -> None:
        with pytest.raises(ConfigError, match="must begin with https"):
            AuthorizationServer("http://login.example.com/oauth", "client-1", clock, NullRecorder())
