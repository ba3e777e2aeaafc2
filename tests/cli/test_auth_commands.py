"""`ccsync auth`: the words reach the login, and what it says reaches the person."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.cli import auth_flow
from ccsync.clock import SystemClock
from ccsync.constant_contact.oauth_login import Account
from ccsync.credentials.store import ConstantContactTokens
from ccsync.errors import ExitCode
from ccsync.sandbox.server import Sandbox

from .conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import CommandLine, FakeApplication


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), SystemClock()) as served:
        yield served


class TestMembrain:
    def test_a_good_key_on_stdin_is_stored_and_nothing_is_printed(
        self, sandbox: Sandbox, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.membrain_base_url = sandbox.membrain_url
        outcome = ccsync("auth", "login", "membrain", "--with-key", stdin=f"{sandbox.membrain.api_key}\n")
        assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "", "")
        assert application.credentials.read("acme", "membrain")

    def test_on_a_terminal_it_is_said_where_one_is_logged_in(
        self, sandbox: Sandbox, on_terminal: CommandLine, application: FakeApplication
    ) -> None:
        application.membrain_base_url = sandbox.membrain_url
        outcome = on_terminal("auth", "login", "membrain", "--with-key", stdin=sandbox.membrain.api_key)
        assert outcome.stderr.startswith(f"Logged in to Membrain at {sandbox.membrain_url}; it shows ")

    def test_a_wrong_key_is_exit_code_77_and_is_not_shown(
        self, sandbox: Sandbox, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.membrain_base_url = sandbox.membrain_url
        outcome = ccsync("auth", "login", "membrain", "--with-key", stdin="wrong-and-secret\n")
        assert outcome.code == ExitCode.LOGIN_NEEDED
        assert "wrong-and-secret" not in outcome.stderr
        assert application.credentials.read("acme", "membrain") is None

    def test_without_a_terminal_the_needed_option_is_named(self, ccsync: CommandLine) -> None:
        outcome = ccsync("auth", "login", "membrain")
        assert outcome.code == ExitCode.USAGE
        assert "next: ccsync auth login membrain --with-key" in outcome.stderr


class TestConstantContact:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """Stand in for the login itself, which a person has to go through."""
        asked: dict[str, Any] = {}

        def log_in(*_: object, say: Any, **options: Any) -> ConstantContactTokens:
            asked.update(options)
            say("Open this address on this machine: http://127.0.0.1:1/authorize?a=1")
            return ConstantContactTokens(
                access_token="secret-access",
                refresh_token="secret-refresh",
                expires_at=NOON,
                scope="contact_data",
                account_id="17",
                account_name="Acme",
                obtained_at=NOON,
                refreshed_at=NOON,
                client_id="app-1",
            )

        monkeypatch.setattr(auth_flow, "login_constant_contact", log_in)
        return asked

    @pytest.mark.parametrize(
        ("words", "way"),
        [((), "browser"), (("--no-browser",), "no-browser"), (("--device",), "device")],
        ids=["plain", "--no-browser", "--device"],
    )
    def test_each_way_to_the_consent_page(
        self, words: tuple[str, ...], way: str, asked: dict[str, Any], ccsync: CommandLine
    ) -> None:
        assert ccsync("auth", "login", "constant-contact", *words).code == 0
        assert (asked["way"], asked["switch_account"]) == (way, False)

    @pytest.mark.usefixtures("asked")
    def test_the_whole_address_stands_on_one_line_of_stderr_even_when_quiet(self, ccsync: CommandLine) -> None:
        outcome = ccsync("auth", "login", "constant-contact", "--no-browser", "--quiet", "--json")
        assert outcome.stderr == "Open this address on this machine: http://127.0.0.1:1/authorize?a=1\n"
        assert outcome.data["account"] == "Acme"
        assert "secret" not in outcome.stdout + outcome.stderr

    def test_another_account_is_accepted_when_that_is_said_and_the_state_is_put_aside(
        self, asked: dict[str, Any], ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.bound_account = Account("16", "Before")
        outcome = ccsync("auth", "login", "constant-contact", "--switch-account")
        assert asked["switch_account"] is True
        assert asked["bound_to"] == Account("16", "Before")
        assert application.afresh == ["now"]
        assert "the state until now lies in" in outcome.stderr

    @pytest.mark.usefixtures("asked")
    def test_a_login_to_the_same_account_keeps_the_state(
        self, ccsync: CommandLine, application: FakeApplication
    ) -> None:
        application.bound_account = Account("17", "Acme")
        ccsync("auth", "login", "constant-contact", "--switch-account")
        assert application.afresh == []

    def test_two_ways_at_once_are_wrong_usage(self, asked: dict[str, Any], ccsync: CommandLine) -> None:
        assert ccsync("auth", "login", "constant-contact", "--device", "--no-browser").code == ExitCode.USAGE
        assert asked == {}


class TestStatusAndLogout:
    def test_nobody_logged_in_is_exit_code_77_with_both_commands(self, ccsync: CommandLine) -> None:
        outcome = ccsync("auth", "status")
        assert outcome.code == ExitCode.LOGIN_NEEDED
        assert "  next: ccsync auth login membrain\n" in outcome.stderr
        assert "  next: ccsync auth login constant-contact\n" in outcome.stderr
        assert "stored in  a dictionary of the test" in outcome.stdout

    def test_logging_out_forgets(self, sandbox: Sandbox, ccsync: CommandLine, application: FakeApplication) -> None:
        application.membrain_base_url = sandbox.membrain_url
        ccsync("auth", "login", "membrain", "--with-key", stdin=sandbox.membrain.api_key)
        outcome = ccsync("auth", "logout", "membrain")
        assert outcome.code == 0
        assert application.credentials.read("acme", "membrain") is None
        assert "the key itself still works" in outcome.stderr

    def test_an_unknown_service_is_wrong_usage(self, ccsync: CommandLine) -> None:
        assert ccsync("auth", "logout", "elsewhere").code == ExitCode.USAGE


class TestNewKey:
    def test_the_line_for_the_configuration_is_printed(self, ccsync: CommandLine, tmp_path: Path) -> None:
        path = tmp_path / "key"
        outcome = ccsync("auth", "new-key", str(path))
        assert outcome.stdout == f'key_file = "{path}"\n'
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_key_that_is_there_is_never_written_over(self, ccsync: CommandLine, tmp_path: Path) -> None:
        path = tmp_path / "key"
        path.write_text("mine", "utf-8")
        assert ccsync("auth", "new-key", str(path)).code != 0
        assert path.read_text("utf-8") == "mine"
