"""From nothing to people on a list, the way an operator gets there with the real services."""

from __future__ import annotations

import json
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from .conftest import SECONDS, Outcome, address_in, allow

if TYPE_CHECKING:
    from .conftest import House


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def new_key(house: House) -> None:
    assert house.ccsync("auth", "new-key", str(house.key_file)).code == 0


def log_in_to_membrain(house: House) -> None:
    key = house.sandbox.membrain.api_key
    assert house.ccsync("auth", "login", "membrain", "--with-key", stdin=f"{key}\n") == Outcome(0, "", "")


@pytest.mark.slow
def test_without_a_browser_the_printed_address_leads_through_the_consent_page(new_house: House) -> None:
    port = free_port()
    new_house.sandbox.constant_contact.register_redirect_uri(f"http://localhost:{port}/callback")
    new_house.configure(redirect_port=port)
    new_key(new_house)
    log_in_to_membrain(new_house)
    with new_house.start("auth", "login", "constant-contact", "--no-browser") as login:
        assert login.stderr is not None
        end = allow(address_in(login.stderr.readline()))
        stdout, stderr = login.communicate(timeout=SECONDS)
    assert (login.returncode, stdout, stderr) == (0, "", "")
    assert "You can close this window" in end.text
    new_house.person("Ann Berg", "ann@example.com")

    assert new_house.run() == Outcome(0, "", "")

    assert new_house.titles() == {"ann@example.com": ""}


@pytest.mark.slow
def test_on_a_machine_without_a_browser_another_device_allows_it(new_house: House) -> None:
    new_house.log_in()
    new_house.person("Ann Berg", "ann@example.com")
    assert new_house.run() == Outcome(0, "", "")
    assert new_house.titles() == {"ann@example.com": ""}


@pytest.mark.slow
def test_a_person_who_says_no_is_believed(new_house: House) -> None:
    new_key(new_house)
    with new_house.start("auth", "login", "constant-contact", "--device") as login:
        assert login.stderr is not None
        allow(address_in(login.stderr.readline()), "deny")
        _, stderr = login.communicate(timeout=SECONDS)
    assert login.returncode == 77
    assert stderr.splitlines()[-1].startswith("  next: ccsync auth login constant-contact")


@pytest.mark.slow
def test_no_secret_lies_open_anywhere(house: House) -> None:
    tokens = house.sandbox.constant_contact.issue_tokens()
    secrets = (house.sandbox.membrain.api_key, tokens["refresh_token"][:12])
    files = [path for path in house.state.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secrets[0].encode() in path.read_bytes()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in house.state.rglob("*") if path.is_dir()} == {0o700}


@pytest.mark.slow
def test_the_second_run_finds_nothing_to_do_and_says_nothing(house: House) -> None:
    written = house.sandbox.constant_contact.writes()
    assert house.run() == Outcome(0, "", "")
    assert house.sandbox.constant_contact.writes() == written


@pytest.mark.slow
def test_the_refresh_of_an_expired_token_needs_nobody(house: House) -> None:
    house.sandbox.constant_contact.expire_access_tokens()
    assert house.run() == Outcome(0, "", "")
    assert house.run() == Outcome(0, "", "")


@pytest.mark.slow
def test_for_programs_the_same_comes_as_one_envelope(house: House) -> None:
    outcome = house.run("--json")
    envelope = json.loads(outcome.stdout)
    assert (outcome.code, envelope["schema"], envelope["status"]) == (0, "ccsync/1", "success")
    assert outcome.stderr == ""


@pytest.mark.slow
def test_logging_out_takes_the_login_back_and_the_next_run_says_so(house: House) -> None:
    assert house.ccsync("auth", "logout", "constant-contact").code == 0
    outcome = house.run()
    assert outcome.code == 77
    assert outcome.said[1].startswith("ccsync auth login constant-contact")
