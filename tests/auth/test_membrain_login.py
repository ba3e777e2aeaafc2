"""Logging in to Membrain: a key is tried before it is kept, and each thing that can be wrong has its own message."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.cli.auth_flow import login_membrain, membrain_key_from_person
from ccsync.credentials.store import MEMBRAIN, MembrainKey, read_membrain_key, require_membrain_key
from ccsync.errors import CcsyncError, ConfigError, ExitCode, LocalError, LoginNeeded, TryLater, Unreachable, UsageError

if TYPE_CHECKING:
    from .conftest import HandClock, MemoryStore, Services

LOGIN = "ccsync auth login membrain"
USERS = "/API/v2/users/"
ACME = "https://acme.membrain.example/API/v2/"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def never_asked(_: str) -> str:
    pytest.fail("nobody is there to ask")


class TestTheKey:
    def test_is_asked_for_unseen_on_a_terminal(self) -> None:
        asked: list[str] = []

        def ask(prompt: str) -> str:
            asked.append(prompt)
            return " key-1 "

        assert membrain_key_from_person(Terminal(), with_key=False, ask=ask) == "key-1"
        assert "System Setup" in asked[0]

    def test_is_the_first_line_of_stdin_when_asked_so(self) -> None:
        stdin = io.StringIO("  key-1\r\nsomething else\n")
        assert membrain_key_from_person(stdin, with_key=True, ask=never_asked) == "key-1"

    def test_without_a_terminal_the_flag_is_named(self) -> None:
        with pytest.raises(UsageError) as caught:
            membrain_key_from_person(io.StringIO("key-1"), with_key=False, ask=never_asked)
        assert caught.value.hint == f"{LOGIN} --with-key < FILE"

    @pytest.mark.parametrize("typed", ["", "\n", "two words", "smörgås", "bell\a"])
    def test_is_one_word_of_plain_characters(self, typed: str) -> None:
        with pytest.raises(UsageError) as caught:
            membrain_key_from_person(io.StringIO(typed), with_key=True)
        assert not typed.strip() or typed.strip() not in caught.value.message


class TestTheTrial:
    def test_a_good_key_is_kept_with_its_instance_and_the_time(
        self, services: Services, store: MemoryStore, clock: HandClock
    ) -> None:
        assert login_membrain(store, "acme", services.membrain_url, "key-1", clock) == 2
        assert read_membrain_key(store, "acme") == MembrainKey("key-1", services.membrain_url, clock.at)
        assert store.deeds == ["probe", "write"]

    def test_the_key_travels_in_the_header_and_never_in_the_address(
        self, services: Services, store: MemoryStore, clock: HandClock
    ) -> None:
        login_membrain(store, "acme", services.membrain_url, "key-1", clock)
        (request,) = services.asked(USERS)
        assert request.headers["apikey"] == "key-1"
        assert request.values == {}
        assert request.headers["user-agent"].startswith("ccsync/")

    def test_the_store_is_tried_before_the_key_is_sent(
        self, services: Services, store: MemoryStore, clock: HandClock
    ) -> None:
        store.broken = LocalError("no keyring")
        with pytest.raises(LocalError):
            login_membrain(store, "acme", services.membrain_url, "key-1", clock)
        assert services.seen == []


Try = Callable[[], None]


class TestWhatCanBeWrong:
    @pytest.fixture
    def fails(self, services: Services, store: MemoryStore, clock: HandClock) -> Callable[..., CcsyncError]:
        def fail(status: int, body: Any, kind: type[CcsyncError]) -> CcsyncError:
            services.troubles[USERS] = [(status, body)] * 30
            with pytest.raises(kind) as caught:
                login_membrain(store, "acme", services.membrain_url, "key-secret", clock)
            assert store.held == {}
            assert "key-secret" not in caught.value.message + caught.value.hint
            return caught.value

        return fail

    def test_a_wrong_instance(self, fails: Callable[..., CcsyncError]) -> None:
        error = fails(200, {"error": "Instance not found"}, ConfigError)
        assert "Instance not found" in error.message
        assert error.hint == "mend `[membrain] instance`, then: ccsync config check"

    @pytest.mark.parametrize(
        ("status", "body"),
        [(401, ""), (403, "<html>no</html>"), (200, {"error": "API key key-secret not valid"})],
    )
    def test_a_wrong_key(self, fails: Callable[..., CcsyncError], status: int, body: Any) -> None:
        error = fails(status, body, LoginNeeded)
        assert error.message.startswith("Membrain does not accept the key")
        assert error.exit_code is ExitCode.LOGIN_NEEDED
        assert error.code == "wrong_key"
        assert error.hint == LOGIN

    def test_a_web_page_in_place_of_data(self, fails: Callable[..., CcsyncError]) -> None:
        error = fails(200, "<html>We will be back soon</html>", Unreachable)
        assert "no JSON: '<html>We will be back soon</html>'" in error.message
        assert error.hint.endswith(LOGIN)

    @pytest.mark.parametrize("body", [{}, {"items": []}, {"error": None}, "3", ""])
    def test_an_answer_that_is_no_list_of_users(self, fails: Callable[..., CcsyncError], body: Any) -> None:
        assert fails(200, body, Unreachable).code == "bad_answer"

    def test_an_instance_where_nobody_is_a_user_although_the_key_belongs_to_one(
        self, fails: Callable[..., CcsyncError]
    ) -> None:
        assert "no users" in fails(200, [], Unreachable).message

    def test_an_address_without_an_api(self, fails: Callable[..., CcsyncError]) -> None:
        assert fails(404, "<html>not found</html>", ConfigError).hint.startswith("mend `[membrain] instance`")

    def test_a_redirect_is_not_followed(self, fails: Callable[..., CcsyncError], services: Services) -> None:
        fails(302, "", Unreachable)
        assert len(services.seen) == 1

    def test_a_service_in_trouble(self, fails: Callable[..., CcsyncError], services: Services) -> None:
        fails(503, "", Unreachable)
        assert len(services.seen) == 3

    def test_a_throttled_one(self, fails: Callable[..., CcsyncError]) -> None:
        assert fails(429, "", TryLater).exit_code is ExitCode.TRY_LATER

    def test_no_network(self, store: MemoryStore, clock: HandClock) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(Unreachable) as caught:
            login_membrain(store, "acme", f"http://127.0.0.1:{port}/API/v2/", "key-secret", clock)
        assert "does not answer" in caught.value.message
        assert caught.value.hint == f"check the network and `[membrain] instance`, then: {LOGIN}"

    def test_plain_http_to_another_machine(self, store: MemoryStore, clock: HandClock) -> None:
        with pytest.raises(ConfigError, match="must begin with https"):
            login_membrain(store, "acme", "http://acme.example.com/API/v2/", "key-secret", clock)


def test_a_run_without_a_login_is_told_the_exact_command(store: MemoryStore) -> None:
    with pytest.raises(LoginNeeded, match="Not logged in to Membrain") as caught:
        require_membrain_key(store, "acme", ACME)
    assert caught.value.hint == LOGIN


def test_a_key_is_given_out_for_no_other_instance_than_its_own(store: MemoryStore) -> None:
    store.write("acme", MEMBRAIN, MembrainKey("key-secret", ACME).to_text())
    assert require_membrain_key(store, "acme", "https://ACME.membrain.example/API/v2").key == "key-secret"
    with pytest.raises(LoginNeeded) as caught:
        require_membrain_key(store, "acme", "https://globex.membrain.example/API/v2/")
    assert (caught.value.code, caught.value.hint) == ("other_instance", LOGIN)
    assert "acme.membrain.example" in caught.value.message
    assert "globex.membrain.example" in caught.value.message
