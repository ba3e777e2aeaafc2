"""Logging in to Constant Contact: by browser, by an address to open, and on another device."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ccsync.cli.auth_flow import Application, Way, login_constant_contact
from ccsync.constant_contact.loopback import LoopbackReceiver
from ccsync.constant_contact.oauth_endpoint import GrantRefused
from ccsync.constant_contact.oauth_login import Account
from ccsync.credentials.store import ConstantContactTokens, read_tokens
from ccsync.errors import CcsyncError, ConfigError, ExitCode, LocalError, LoginNeeded, QuotaSpent, Stopped, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.constant_contact.budget import Budget

    from .conftest import HandClock, MemoryStore, Services

LOGIN = "ccsync auth login constant-contact"
Login = Callable[..., ConstantContactTokens]


def person(address: str) -> bool:
    """Open the address as a browser does whose user allows the access at once."""
    consent = requests.get(address, allow_redirects=False, timeout=5)
    requests.get(consent.headers["Location"], timeout=5)
    return True


def nobody(_: str) -> bool:
    pytest.fail("no browser was asked for")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def login(
    *, store: MemoryStore, application: Application, clock: HandClock, budget: Budget, tmp_path: Path, said: list[str]
) -> Login:
    def log_in(**more: Any) -> ConstantContactTokens:
        options: dict[str, Any] = {"budget": budget, "say": said.append, "open_browser": person, **more}
        application_here = options.pop("application", application)
        return login_constant_contact(store, "acme", tmp_path / "acme", application_here, clock, **options)

    return log_in


class TestInTheBrowser:
    def test_the_tokens_are_stored_with_the_account_that_they_open(
        self, login: Login, store: MemoryStore, clock: HandClock
    ) -> None:
        tokens = login()
        assert tokens == ConstantContactTokens(
            access_token="access-1",
            refresh_token="refresh-1",
            expires_at=clock.at + timedelta(days=1),
            scope="contact_data account_read offline_access",
            account_id="acc-1",
            account_name="Acme",
            obtained_at=clock.at,
            refreshed_at=clock.at,
            client_id="client-1",
        )
        assert read_tokens(store, "acme") == tokens

    def test_the_call_that_asks_for_the_account_is_counted(self, login: Login, budget: Budget) -> None:
        login()
        assert budget.snapshot().used == 1

    def test_without_calls_left_today_the_account_is_not_asked_for(
        self, login: Login, services: Services, store: MemoryStore, budget: Budget
    ) -> None:
        budget.service_says_spent()
        with pytest.raises(QuotaSpent) as caught:
            login()
        assert caught.value.hint == f"after 00:00 UTC: {LOGIN}"
        assert services.asked("/v3/account/summary") == []
        assert read_tokens(store, "acme") is None

    def test_the_consent_page_is_asked_with_pkce_and_a_state_that_is_new_each_time(
        self, login: Login, services: Services
    ) -> None:
        login()
        login()
        first, second = (request.values for request in services.asked("/oauth/authorize"))
        assert first["response_type"] == "code"
        assert first["client_id"] == "client-1"
        assert first["scope"] == "contact_data account_read offline_access"
        assert first["code_challenge_method"] == "S256"
        assert urlsplit(first["redirect_uri"]).hostname == "localhost"
        assert urlsplit(first["redirect_uri"]).path == "/callback"
        assert len(first["state"]) >= 32
        assert first["state"] != second["state"]
        assert first["code_challenge"] != second["code_challenge"]

    def test_the_code_is_exchanged_as_a_public_client_does(self, login: Login, services: Services) -> None:
        login()
        (request,) = services.asked("/oauth/token")
        assert request.values["grant_type"] == "authorization_code"
        assert request.values["client_id"] == "client-1"
        assert len(request.values["code_verifier"]) >= 43
        assert "authorization" not in request.headers

    def test_the_store_is_tried_before_the_browser_opens(self, login: Login, store: MemoryStore) -> None:
        store.broken = LocalError("no keyring")
        with pytest.raises(LocalError):
            login(open_browser=nobody)

    def test_a_machine_without_a_browser_is_given_the_address(self, login: Login, said: list[str]) -> None:
        def no_browser(address: str) -> bool:
            person(address)
            return False

        login(open_browser=no_browser)
        assert [line for line in said if "/oauth/authorize?" in line] == said

    def test_no_browser_prints_one_line_with_the_whole_address(self, login: Login) -> None:
        lines: list[str] = []

        def read(line: str) -> None:
            lines.append(line)
            person(line[line.index("http") :])

        login(way=Way.NO_BROWSER, say=read, open_browser=nobody)
        (line,) = lines
        assert "\n" not in line
        assert parse_qs(urlsplit(line[line.index("http") :]).query)["client_id"] == ["client-1"]

    def test_a_person_who_declines_ends_it_with_the_command_to_try_again(
        self, login: Login, services: Services, store: MemoryStore
    ) -> None:
        services.consent = {"error": "access_denied", "error_description": "The user said no."}
        with pytest.raises(LoginNeeded, match=r"The user said no\.") as caught:
            login()
        assert caught.value.hint == LOGIN
        assert read_tokens(store, "acme") is None

    def test_a_code_that_is_refused_is_told(self, login: Login, services: Services) -> None:
        services.consent = {"code": "made-up"}
        with pytest.raises(LoginNeeded, match="The authorization code is invalid"):
            login()

    def test_without_a_refresh_token_nothing_is_stored_and_the_reason_is_told(
        self, login: Login, services: Services, store: MemoryStore
    ) -> None:
        services.token_omits.add("refresh_token")
        with pytest.raises(LoginNeeded, match="no refresh token") as caught:
            login()
        assert "offline_access" in caught.value.message
        assert read_tokens(store, "acme") is None

    def test_plain_http_is_refused_except_to_this_machine(self, login: Login, application: Application) -> None:
        for wrong in (
            replace(application, auth_url="http://login.example.com/oauth"),
            replace(application, api_url="http://api.example.com/v3"),
        ):
            with pytest.raises(ConfigError, match="must begin with https"):
                login(application=wrong)


class TestTheReceiver:
    """The small server at the end of the redirect."""

    def test_it_takes_only_the_answer_with_its_state(self) -> None:
        with LoopbackReceiver(0, "right") as receiver:
            base = f"http://127.0.0.1:{receiver.port}"
            assert requests.get(f"{base}/favicon.ico", timeout=5).status_code == 404
            assert requests.get(f"{base}/callback?code=c&state=wrong", timeout=5).status_code == 400
            assert requests.get(f"{base}/callback?code=c", timeout=5).status_code == 400
            assert requests.get(f"{base}/callback?state=right", timeout=5).status_code == 400
            assert requests.get(f"{base}/callback?error=access_denied&state=wr%C3%B6ng", timeout=5).status_code == 400
            assert requests.post(f"{base}/callback?code=c&state=right", timeout=5).status_code == 501
            page = requests.get(f"{base}/callback?code=good&state=right", timeout=5)
            assert page.status_code == 200
            assert "You can close this window" in page.text
            assert "good" not in page.text
            assert receiver.wait(5) == "good"

    def test_the_first_good_answer_counts(self) -> None:
        with LoopbackReceiver(0, "right") as receiver:
            for code in ("first", "second"):
                requests.get(f"http://127.0.0.1:{receiver.port}/callback?code={code}&state=right", timeout=5)
            assert receiver.wait(5) == "first"

    def test_an_error_in_place_of_the_code_is_raised(self) -> None:
        with LoopbackReceiver(0, "right") as receiver:
            requests.get(f"http://127.0.0.1:{receiver.port}/callback?error=access_denied&state=right", timeout=5)
            with pytest.raises(GrantRefused, match="access_denied"):
                receiver.wait(5)

    def test_a_connection_that_says_nothing_does_not_keep_others_out(self) -> None:
        """Browsers open connections that they may need later."""
        with (
            LoopbackReceiver(0, "right") as receiver,
            socket.create_connection(("127.0.0.1", receiver.port)),
        ):
            requests.get(f"http://127.0.0.1:{receiver.port}/callback?code=good&state=right", timeout=5)
            assert receiver.wait(5) == "good"

    def test_it_is_reached_only_from_this_machine(self) -> None:
        with LoopbackReceiver(0, "right") as receiver:
            assert {server.server_address[0] for server in receiver._servers} <= {"127.0.0.1", "::1"}

    def test_when_nobody_comes_it_names_the_way_for_other_machines(self) -> None:
        with LoopbackReceiver(0, "right") as receiver, pytest.raises(LoginNeeded) as caught:
            receiver.wait(0.01)
        assert caught.value.hint == f"{LOGIN} --device"

    def test_a_port_that_is_taken_is_told_before_the_browser_opens(
        self, login: Login, application: Application
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(LocalError, match=f"Port {port} on this machine is taken") as caught:
                login(application=replace(application, redirect_port=port), open_browser=nobody)
        assert "redirect_port" in caught.value.hint
        assert f"{LOGIN} --device" in caught.value.hint

    def test_the_port_is_free_again_afterwards(self) -> None:
        with LoopbackReceiver(0, "right") as receiver:
            port = receiver.port
        with LoopbackReceiver(port, "right") as receiver:
            assert receiver.redirect_uri == f"http://localhost:{port}/callback"


class TestOnAnotherDevice:
    def test_one_line_says_what_to_open_and_what_to_type(self, login: Login, said: list[str]) -> None:
        tokens = login(way=Way.DEVICE, open_browser=nobody)
        assert said == ["Open https://login.example.com/activate and enter the code WDJB-MJHT"]
        assert tokens.account_id == "acc-1"

    def test_an_address_with_the_code_in_it_is_preferred(
        self, login: Login, services: Services, said: list[str]
    ) -> None:
        services.device["verification_uri_complete"] = "https://login.example.com/activate?code=WDJB-MJHT"
        login(way=Way.DEVICE)
        assert "https://login.example.com/activate?code=WDJB-MJHT " in said[0]

    def test_it_asks_as_slowly_as_it_is_told(self, login: Login, services: Services, clock: HandClock) -> None:
        services.device_answers = ["authorization_pending", "slow_down", "authorization_pending", ""]
        login(way=Way.DEVICE)
        assert clock.slept == [5, 5, 10, 10]
        first, *polls = services.asked("/oauth/device/authorize") + services.asked("/oauth/token")
        assert first.values == {"client_id": "client-1", "scope": "contact_data account_read offline_access"}
        assert {
            (poll.values["grant_type"], poll.values["device_code"], poll.values["client_id"]) for poll in polls
        } == {("urn:ietf:params:oauth:grant-type:device_code", "dev-secret", "client-1")}

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            ("access_denied", "declined"),
            ("expired_token", "ran out"),
            ("invalid_scope", "invalid_scope"),
        ],
    )
    def test_a_no_ends_it(self, login: Login, services: Services, answer: str, message: str) -> None:
        services.device_answers = ["authorization_pending", answer]
        with pytest.raises(LoginNeeded, match=message) as caught:
            login(way=Way.DEVICE)
        assert caught.value.hint.startswith(LOGIN)

    def test_it_stops_when_the_code_has_run_out(self, login: Login, services: Services, clock: HandClock) -> None:
        services.device["expires_in"] = 60
        services.device_answers = ["authorization_pending"] * 100
        with pytest.raises(LoginNeeded, match="ran out"):
            login(way=Way.DEVICE)
        assert sum(clock.slept) <= 60

    def test_an_answer_without_a_code_is_told(self, login: Login, services: Services) -> None:
        services.troubles["/oauth/device/authorize"] = [(200, {"user_code": "x"})]
        with pytest.raises(Unreachable, match="device login cannot be understood"):
            login(way=Way.DEVICE)

    def test_an_application_that_may_not_do_this_is_a_matter_of_its_settings(
        self, login: Login, services: Services
    ) -> None:
        services.troubles["/oauth/device/authorize"] = [(400, {"error": "unauthorized_client"})]
        with pytest.raises(ConfigError, match="does not allow it this kind of login"):
            login(way=Way.DEVICE)


class TestWhoseAccount:
    def test_the_same_account_can_log_in_again(self, login: Login) -> None:
        login()
        assert login().access_token == "access-2"

    def test_another_account_than_before_is_refused_taken_back_and_not_stored(
        self, login: Login, services: Services, store: MemoryStore
    ) -> None:
        before = login()
        services.account = {"encoded_account_id": "acc-2", "organization_name": "Other"}
        with pytest.raises(LoginNeeded) as caught:
            login()
        assert caught.value.exit_code is ExitCode.LOGIN_NEEDED
        assert "Other (acc-2)" in caught.value.message
        assert "Acme (acc-1)" in caught.value.message
        assert caught.value.hint == f"{LOGIN} --switch-account"
        assert read_tokens(store, "acme") == before
        assert services.live == {"refresh-1"}

    def test_so_is_another_one_than_the_state_was_built_with_even_after_a_logout(
        self, login: Login, store: MemoryStore
    ) -> None:
        with pytest.raises(LoginNeeded, match="acc-0"):
            login(bound_to=Account("acc-0", ""))
        assert read_tokens(store, "acme") is None

    def test_a_refused_one_that_cannot_be_taken_back_is_told(self, login: Login, services: Services) -> None:
        services.troubles["/oauth/revoke"] = [(404, "")]
        with pytest.raises(LoginNeeded, match="could not be taken back"):
            login(bound_to=Account("acc-0", "First"))

    def test_switching_accepts_it(self, login: Login, services: Services, store: MemoryStore) -> None:
        login()
        services.account = {"encoded_account_id": "acc-2", "organization_name": "Other"}
        assert login(switch_account=True).account_id == "acc-2"
        stored = read_tokens(store, "acme")
        assert stored is not None
        assert stored.account_name == "Other"

    @pytest.mark.parametrize(("status", "error"), [(401, LoginNeeded), (403, Stopped)])
    def test_a_user_who_may_not_see_the_account_is_told(
        self, login: Login, services: Services, store: MemoryStore, status: int, error: type[CcsyncError]
    ) -> None:
        services.troubles["/v3/account/summary"] = [(status, {"error_key": "unauthorized"})]
        with pytest.raises(error) as caught:
            login()
        assert caught.value.hint.startswith(LOGIN)
        assert read_tokens(store, "acme") is None

    @pytest.mark.parametrize("answer", [{}, [], {"encoded_account_id": ""}, "<html>hello</html>"])
    def test_an_answer_without_an_account_stores_nothing(
        self, login: Login, services: Services, store: MemoryStore, answer: Any
    ) -> None:
        services.troubles["/v3/account/summary"] = [(200, answer)] * 3
        with pytest.raises(Unreachable):
            login()
        assert read_tokens(store, "acme") is None

    def test_the_account_is_asked_with_the_new_token(self, login: Login, services: Services) -> None:
        login()
        (request,) = services.asked("/v3/account/summary")
        assert request.headers["authorization"] == "Bearer access-1"
