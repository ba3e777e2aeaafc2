"""Logging in: consent page, PKCE, device, refresh tokens, and how each is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.service import ConstantContactService

REDIRECT = "http://localhost:8765/callback"
SCOPE = "contact_data offline_access"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Login:
    """An application and the person in front of it."""

    def __init__(self, url: str, service: ConstantContactService) -> None:
        self.url = f"{url}/oauth2/default/v1"
        self.service = service

    def query(self, **changes: str | None) -> dict[str, str | None]:
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.service.client_id,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": "s1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {key: value for key, value in (given | changes).items() if value is not None}

    def page(self, **changes: str | None) -> requests.Response:
        return requests.get(f"{self.url}/authorize", params=self.query(**changes), allow_redirects=False, timeout=5)

    def decide(self, decision: str = "allow", **changes: str | None) -> dict[str, str]:
        """Press a button and return what the application gets back."""
        form = {**self.query(**changes), "decision": decision}
        answer = requests.post(f"{self.url}/authorize", data=form, allow_redirects=False, timeout=5)
        return parts(answer)

    def token(self, **form: str) -> requests.Response:
        return requests.post(f"{self.url}/token", data={"client_id": self.service.client_id, **form}, timeout=5)

    def exchange(self, code: str, **changes: str) -> requests.Response:
        form = {"code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes}
        return self.token(grant_type="authorization_code", **form)

    def refresh(self, token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def device(self) -> Any:
        form = {"client_id": self.service.client_id, "scope": SCOPE}
        return requests.post(f"{self.url}/device/authorize", data=form, timeout=5).json()

    def poll(self, device: Any) -> Any:
        return self.token(grant_type=DEVICE_GRANT, device_code=device["device_code"]).json()

    def opens(self, token: str) -> bool:
        url = self.url.replace("/oauth2/default/v1", "/v3/account/user/privileges")
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code == 200


def parts(answer: requests.Response) -> dict[str, str]:
    where = urlsplit(answer.headers["Location"])
    assert where._replace(query="").geturl() == REDIRECT
    return {name: values[0] for name, values in parse_qs(where.query).items()}


@pytest.fixture
def login(service: ConstantContactService, host: Any) -> Login:
    return Login(host.url, service)


class TestConsentPage:
    def test_it_names_the_application_the_account_and_the_scopes_and_asks(self, login: Login) -> None:
        page = login.page()
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        for word in ("ccsync", login.service.account_id, "contact_data", "Allow", "Deny", CHALLENGE):
            assert word in page.text

    def test_what_a_stranger_put_into_the_address_is_only_text_on_the_page(self, login: Login) -> None:
        assert "<script>" not in login.page(state='"><script>alert(1)</script>').text

    def test_allow_goes_back_with_a_code_and_the_state(self, login: Login) -> None:
        back = login.decide()
        assert back["state"] == "s1"
        assert login.opens(login.exchange(back["code"]).json()["access_token"])

    def test_deny_goes_back_with_an_error_and_the_state(self, login: Login) -> None:
        assert login.decide("deny")["error"] == "access_denied"

    @pytest.mark.parametrize("uri", [REDIRECT + "/", "http://127.0.0.1:8765/callback", "http://evil.example/", ""])
    def test_an_address_that_is_not_exactly_the_registered_one_is_never_redirected_to(
        self, login: Login, uri: str
    ) -> None:
        answer = login.page(redirect_uri=uri)
        assert answer.status_code == 400
        assert "Location" not in answer.headers

    def test_an_unknown_application_is_refused_without_a_redirect(self, login: Login) -> None:
        assert login.page(client_id="somebody-else").status_code == 400

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"scope": "everything"}, "invalid_scope"),
            ({"scope": None}, "invalid_scope"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
        ],
    )
    def test_other_mistakes_go_back_to_the_application(
        self, login: Login, changes: dict[str, str | None], error: str
    ) -> None:
        assert parts(login.page(**changes))["error"] == error

    def test_with_auto_approve_there_is_no_page(self, login: Login) -> None:
        login.service.auto_approve = True
        assert "code" in parts(login.page())


class TestCode:
    def test_it_can_be_exchanged_with_parameters_in_the_query(self, login: Login) -> None:
        form = {"client_id": login.service.client_id, "code": login.decide()["code"], "redirect_uri": REDIRECT}
        query = {**form, "grant_type": "authorization_code", "code_verifier": VERIFIER}
        assert requests.post(f"{login.url}/token", params=query, timeout=5).json()["token_type"] == "Bearer"

    def test_it_works_once(self, login: Login) -> None:
        code = login.decide()["code"]
        login.exchange(code)
        assert login.exchange(code).json()["error"] == "invalid_grant"

    def test_it_lives_five_minutes(self, login: Login, clock: Any) -> None:
        young, old = login.decide()["code"], login.decide()["code"]
        clock.sleep(299)
        assert login.exchange(young).status_code == 200
        clock.sleep(1)
        assert login.exchange(old).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("changes", [{"code_verifier": "w" * 50}, {"redirect_uri": "http://localhost:1/"}])
    def test_it_needs_the_verifier_and_the_same_address_and_is_lost_after_a_wrong_try(
        self, login: Login, changes: dict[str, str]
    ) -> None:
        code = login.decide()["code"]
        assert login.exchange(code, **changes).json()["error"] == "invalid_grant"
        assert login.exchange(code).json()["error"] == "invalid_grant"

    def test_a_public_application_must_use_pkce(self, login: Login) -> None:
        code = login.decide(code_challenge=None, code_challenge_method=None)["code"]
        answer = login.exchange(code)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_an_application_with_a_secret_shows_it_in_the_basic_header(self, login: Login) -> None:
        login.service.register_app("with-secret", secret="s3cret", redirect_uris=[REDIRECT])
        query: dict[str, Any] = {
            "client_id": "with-secret",
            "code_challenge": None,
            "code_challenge_method": None,
        }
        form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}

        def ask(secret: str) -> Any:
            code = login.decide(**query)["code"]
            return requests.post(
                f"{login.url}/token", data={**form, "code": code}, auth=("with-secret", secret), timeout=5
            ).json()

        assert ask("wrong")["error"] == "invalid_client"
        assert ask("s3cret")["token_type"] == "Bearer"


class TestAccessToken:
    def test_it_looks_like_a_jwt_of_about_a_thousand_characters_and_says_when_it_ends(self, login: Login) -> None:
        token = login.service.issue_tokens()["access_token"]
        claims = token.split(".")[1]
        assert 800 < len(token) < 1300
        assert b'"exp": 1773230400' in base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))

    def test_it_lives_twenty_four_hours(self, login: Login, clock: Any) -> None:
        answer = login.service.issue_tokens()
        assert answer["expires_in"] == 86_400
        clock.sleep(86_399)
        assert login.opens(answer["access_token"])
        clock.sleep(1)
        assert not login.opens(answer["access_token"])

    def test_all_can_be_made_to_expire_while_refresh_tokens_live_on(self, login: Login) -> None:
        answer = login.service.issue_tokens()
        login.service.expire_access_tokens()
        assert not login.opens(answer["access_token"])
        assert login.opens(login.refresh(answer["refresh_token"]).json()["access_token"])

    def test_without_offline_access_there_is_no_refresh_token_and_no_error(self, login: Login) -> None:
        code = login.decide(scope="contact_data")["code"]
        answer = login.exchange(code)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


class TestRefresh:
    def test_a_rotating_token_works_once_and_the_failure_has_the_known_shape(self, login: Login) -> None:
        first = login.service.issue_tokens()["refresh_token"]
        second = login.refresh(first).json()["refresh_token"]
        assert second != first
        answer = login.refresh(first)
        assert answer.status_code == 400
        assert answer.json() == {
            "error": "invalid_grant",
            "error_description": "The refresh token is invalid or expired.",
        }
        assert login.refresh(second).status_code == 200

    def test_a_new_login_ends_the_refresh_tokens_of_earlier_ones(self, login: Login) -> None:
        first = login.service.issue_tokens()["refresh_token"]
        login.service.issue_tokens()
        assert login.refresh(first).status_code == 400

    def test_by_switch_the_old_token_works_a_little_longer(self, login: Login, clock: Any) -> None:
        login.service.set_switches(refresh_grace_seconds=30)
        token = login.service.issue_tokens()["refresh_token"]
        login.refresh(token)
        clock.sleep(29)
        assert login.refresh(token).status_code == 200
        clock.sleep(1)
        assert login.refresh(token).status_code == 400

    @pytest.mark.parametrize("reading", ["long_lived", "long_lived_unsaid"])
    def test_a_long_lived_token_stays_valid(self, login: Login, reading: str) -> None:
        login.service.set_switches(refresh=reading)
        token = login.service.issue_tokens()["refresh_token"]
        assert login.refresh(token).json().get("refresh_token") == (token if reading == "long_lived" else None)
        assert login.refresh(token).status_code == 200

    def test_an_unused_token_dies_after_180_days(self, login: Login, clock: Any) -> None:
        token = login.service.issue_tokens()["refresh_token"]
        clock.sleep(180 * 86_400)
        assert login.refresh(token).status_code == 400

    def test_another_application_cannot_use_it(self, login: Login) -> None:
        login.service.register_app("other")
        token = login.service.issue_tokens()["refresh_token"]
        assert login.token(client_id="other", grant_type="refresh_token", refresh_token=token).status_code == 400

    def test_revoking_it_ends_its_access_tokens_too(self, login: Login) -> None:
        answer = login.service.issue_tokens()
        form = {"client_id": login.service.client_id, "token": answer["refresh_token"]}
        assert requests.post(f"{login.url}/revoke", data=form, timeout=5).status_code == 200
        assert not login.opens(answer["access_token"])
        assert login.refresh(answer["refresh_token"]).status_code == 400

    def test_a_grant_that_a_person_takes_back_ends_everything(self, login: Login) -> None:
        answer = login.service.issue_tokens()
        login.service.revoke_all()
        assert not login.opens(answer["access_token"])
        assert login.refresh(answer["refresh_token"]).status_code == 400


class TestDevice:
    def test_the_person_enters_the_code_and_the_device_gets_its_tokens(self, login: Login) -> None:
        device = login.device()
        asked = requests.get(device["verification_uri"], timeout=5)
        assert "user_code" in asked.text
        consent = requests.get(device["verification_uri_complete"], timeout=5)
        assert "ccsync" in consent.text
        form = {"user_code": device["user_code"].lower().replace("-", " "), "decision": "allow"}
        assert requests.post(device["verification_uri"], data=form, timeout=5).status_code == 200
        assert set(login.poll(device)) >= {"access_token", "refresh_token"}

    def test_it_is_told_to_wait_and_then_to_ask_less_often(self, login: Login, clock: Any) -> None:
        device = login.device()
        assert login.poll(device)["error"] == "authorization_pending"
        clock.sleep(4)
        assert login.poll(device)["error"] == "slow_down"
        clock.sleep(9)
        assert login.poll(device)["error"] == "slow_down"
        clock.sleep(15)
        assert login.poll(device)["error"] == "authorization_pending"

    def test_a_refusal_reaches_the_device(self, login: Login) -> None:
        device = login.device()
        login.service.approve_device(device["user_code"], allow=False)
        assert login.poll(device)["error"] == "access_denied"

    def test_a_code_that_nobody_entered_expires(self, login: Login, clock: Any) -> None:
        device = login.device()
        clock.sleep(device["expires_in"])
        assert login.poll(device)["error"] == "expired_token"
        with pytest.raises(LookupError):
            login.service.approve_device(device["user_code"])

    def test_a_wrong_code_is_asked_for_again(self, login: Login) -> None:
        where = login.device()["verification_uri"]
        answer = requests.get(where, params={"user_code": "NOPE-NOPE"}, timeout=5)
        assert (answer.status_code, "Code shown by the device" in answer.text) == (400, True)

    def test_by_switch_the_device_gets_no_refresh_token(self, login: Login) -> None:
        login.service.set_switches(device_gives_refresh_token=False)
        device = login.device()
        login.service.approve_device(device["user_code"])
        assert "refresh_token" not in login.poll(device)


class TestTokenEndpoint:
    def test_one_request_a_second(self, login: Login, clock: Any) -> None:
        login.service.set_switches(token_requests_per_second=1)
        assert login.refresh("x").status_code == 400
        assert login.refresh("x").status_code == 429
        clock.sleep(1)
        assert login.refresh("x").status_code == 400

    def test_python_urllib_by_its_own_name_meets_an_html_page(self, login: Login) -> None:
        headers = {"User-Agent": "Python-urllib/3.11"}
        answer = requests.post(f"{login.url}/token", headers=headers, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (403, "text/html")

    @pytest.mark.parametrize(
        ("form", "error"),
        [
            ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
            ({"grant_type": "refresh_token"}, "invalid_request"),
            ({"grant_type": "refresh_token", "client_id": "nobody"}, "invalid_client"),
        ],
    )
    def test_what_it_does_not_take(self, login: Login, form: dict[str, str], error: str) -> None:
        assert login.token(**form).json()["error"] == error
