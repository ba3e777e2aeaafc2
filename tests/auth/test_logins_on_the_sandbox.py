"""Every login from its first question to its last refresh, against the simulated services."""

from __future__ import annotations

import re
import socket
from html import unescape
from typing import TYPE_CHECKING

import pytest
import requests

from ccsync.cli.auth_flow import Application, Way, login_constant_contact, login_membrain, logout
from ccsync.constant_contact.oauth import TokenKeeper
from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
from ccsync.constant_contact.oauth_login import read_account
from ccsync.credentials.store import ConstantContactTokens, MembrainKey, read_membrain_key, read_tokens
from ccsync.errors import ConfigError, LoginNeeded, Unreachable
from ccsync.logs.events import NullRecorder
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccsync.constant_contact.budget import Budget
    from ccsync.constant_contact.oauth_login import Account

    from .conftest import HandClock, MemoryStore

LOGIN = "ccsync auth login constant-contact"


class Browser:
    """A person in front of the consent page."""

    def __init__(self, decision: str = "allow") -> None:
        self.decision = decision

    def __call__(self, address: str) -> bool:
        page = requests.get(address, timeout=5)
        assert page.status_code == 200, page.text
        hidden = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page.text)} | {
            "decision": self.decision
        }
        answer = requests.post(address.split("?", maxsplit=1)[0], data=hidden, allow_redirects=False, timeout=5)
        if "Location" in answer.headers:
            requests.get(answer.headers["Location"], timeout=5)
        return True


@pytest.fixture
def sandbox(tmp_path: Path, clock: HandClock) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", clock) as sandbox:
        yield sandbox


@pytest.fixture
def registered(sandbox: Sandbox) -> Application:
    """Return the sandbox's application, with a port for the redirect that is free here."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sandbox.constant_contact.register_redirect_uri(f"http://localhost:{port}/callback")
    return Application(sandbox.constant_contact.client_id, sandbox.auth_url, sandbox.api_url, port)


@pytest.fixture
def login(
    store: MemoryStore, registered: Application, clock: HandClock, tmp_path: Path, budget: Budget
) -> Callable[..., ConstantContactTokens]:
    def log_in(
        way: Way = Way.BROWSER, decision: str = "allow", *, switch_account: bool = False
    ) -> ConstantContactTokens:
        person = Browser(decision)

        def follow(line: str) -> None:
            if way is not Way.BROWSER:
                person(line[line.index("http") :].split(" ", maxsplit=1)[0])

        return login_constant_contact(
            store,
            "acme",
            tmp_path / "acme",
            registered,
            clock,
            budget=budget,
            say=follow,
            way=way,
            switch_account=switch_account,
            open_browser=person,
        )

    return log_in


@pytest.fixture
def keeper(
    sandbox: Sandbox, store: MemoryStore, registered: Application, clock: HandClock, tmp_path: Path
) -> TokenKeeper:
    server = AuthorizationServer(registered.auth_url, registered.client_id, clock, NullRecorder())
    return TokenKeeper(
        store,
        "acme",
        tmp_path / "acme",
        lambda: server,
        clock,
        client_id=registered.client_id,
        account_id=sandbox.constant_contact.account_id,
    )


@pytest.fixture
def account_of(sandbox: Sandbox, clock: HandClock, budget: Budget) -> Callable[[str], Account]:
    """Return who says which account an access token opens."""
    return lambda token: read_account(sandbox.api_url, token, clock, budget)


@pytest.mark.parametrize("way", list(Way))
def test_each_way_in_ends_with_a_token_that_opens_the_account(
    *,
    login: Callable[..., ConstantContactTokens],
    sandbox: Sandbox,
    keeper: TokenKeeper,
    account_of: Callable[[str], Account],
    budget: Budget,
    way: Way,
) -> None:
    tokens = login(way)
    assert tokens.account_id == sandbox.constant_contact.account_id
    assert tokens.account_name
    assert account_of(keeper.access_token()).id == tokens.account_id
    assert budget.snapshot().used == sum(sandbox.constant_contact.calls().values()) == 2


@pytest.mark.parametrize("way", list(Way))
def test_a_person_who_declines_ends_each_way_in(
    login: Callable[..., ConstantContactTokens], store: MemoryStore, way: Way
) -> None:
    with pytest.raises(LoginNeeded) as caught:
        login(way, "deny")
    assert caught.value.hint.startswith(LOGIN)
    assert read_tokens(store, "acme") is None


def test_a_device_login_without_a_refresh_token_is_told(
    login: Callable[..., ConstantContactTokens], sandbox: Sandbox
) -> None:
    sandbox.constant_contact.set_switches(device_gives_refresh_token=False)
    with pytest.raises(LoginNeeded, match="no refresh token"):
        login(Way.DEVICE)


@pytest.mark.parametrize("kind", ["rotating", "long_lived", "long_lived_unsaid"])
def test_every_kind_of_refresh_token_lasts(
    *,
    login: Callable[..., ConstantContactTokens],
    store: MemoryStore,
    sandbox: Sandbox,
    keeper: TokenKeeper,
    clock: HandClock,
    kind: str,
    account_of: Callable[[str], Account],
) -> None:
    sandbox.constant_contact.set_switches(refresh=kind)
    login()
    given = set()
    for _ in range(3):
        given.add(keeper.access_token())
        sandbox.constant_contact.expire_access_tokens()
        clock.sleep(2)
        token = keeper.refreshed_after_401(keeper.access_token())
        assert account_of(token).id == sandbox.constant_contact.account_id
        given.add(token)
    assert len(given) == 4
    tokens = read_tokens(store, "acme")
    assert tokens is not None
    assert tokens.kind == ("rotating" if kind == "rotating" else "long-lived")


def test_a_token_is_renewed_day_after_day(
    login: Callable[..., ConstantContactTokens],
    keeper: TokenKeeper,
    clock: HandClock,
    account_of: Callable[[str], Account],
) -> None:
    login()
    for _ in range(5):
        clock.sleep(86_000)
        assert account_of(keeper.access_token())


@pytest.mark.parametrize("grace", [30, 0])
def test_a_lost_refresh_answer_is_survived_as_far_as_the_service_allows(
    *,
    login: Callable[..., ConstantContactTokens],
    sandbox: Sandbox,
    keeper: TokenKeeper,
    clock: HandClock,
    grace: int,
    account_of: Callable[[str], Account],
) -> None:
    sandbox.constant_contact.set_switches(refresh_grace_seconds=grace)
    login()
    clock.sleep(90_000)
    sandbox.faults.add(Fault("lost_refresh", times=1))
    if grace:
        assert account_of(keeper.access_token())
    else:
        with pytest.raises(LoginNeeded) as caught:
            keeper.access_token()
        assert caught.value.hint == LOGIN


def test_a_grant_that_was_taken_back_asks_for_a_login(
    login: Callable[..., ConstantContactTokens], sandbox: Sandbox, keeper: TokenKeeper, clock: HandClock
) -> None:
    old = login().access_token
    sandbox.constant_contact.revoke_all()
    clock.sleep(2)
    with pytest.raises(LoginNeeded):
        keeper.refreshed_after_401(old)


def test_another_account_is_only_accepted_on_purpose(
    login: Callable[..., ConstantContactTokens], sandbox: Sandbox, store: MemoryStore
) -> None:
    first = login()
    sandbox.constant_contact.set_account("a07eother1")
    with pytest.raises(LoginNeeded) as caught:
        login()
    assert caught.value.hint == f"{LOGIN} --switch-account"
    assert read_tokens(store, "acme") == first
    assert login(switch_account=True).account_id == "a07eother1"


def test_after_a_logout_the_old_tokens_open_nothing(
    *,
    login: Callable[..., ConstantContactTokens],
    sandbox: Sandbox,
    store: MemoryStore,
    clock: HandClock,
    tmp_path: Path,
    account_of: Callable[[str], Account],
) -> None:
    tokens = login()
    done = logout(store, "acme", "constant-contact", tmp_path / "acme", clock, auth_url=sandbox.auth_url)
    assert done.revoked
    with pytest.raises(LoginNeeded):
        account_of(tokens.access_token)


class TestMembrain:
    def test_the_key_of_the_sandbox_is_good(self, sandbox: Sandbox, store: MemoryStore, clock: HandClock) -> None:
        key = sandbox.membrain.api_key
        assert login_membrain(store, "acme", sandbox.membrain_url, key, clock) > 0
        assert read_membrain_key(store, "acme") == MembrainKey(key, sandbox.membrain_url, clock.at)

    def test_another_key_is_not(self, sandbox: Sandbox, store: MemoryStore, clock: HandClock) -> None:
        with pytest.raises(LoginNeeded) as caught:
            login_membrain(store, "acme", sandbox.membrain_url, "another-key", clock)
        assert caught.value.code == "wrong_key"

    def test_a_mistyped_instance_is_not_taken_for_a_wrong_key(
        self, sandbox: Sandbox, store: MemoryStore, clock: HandClock
    ) -> None:
        sandbox.membrain.set_switches(instance_found=False)
        with pytest.raises(ConfigError, match="Instance not found"):
            login_membrain(store, "acme", sandbox.membrain_url, sandbox.membrain.api_key, clock)

    def test_a_maintenance_page_is_no_answer(self, sandbox: Sandbox, store: MemoryStore, clock: HandClock) -> None:
        sandbox.faults.add(Fault("html", service="membrain", times=None))
        with pytest.raises(Unreachable, match="no JSON"):
            login_membrain(store, "acme", sandbox.membrain_url, sandbox.membrain.api_key, clock)
