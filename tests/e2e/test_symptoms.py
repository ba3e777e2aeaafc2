"""What the user sees when something is wrong: one clear line, the next command, and an exit code for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ccsync.sandbox.faults import Fault

if TYPE_CHECKING:
    from .conftest import House

pytestmark = pytest.mark.slow

LOGIN_MEMBRAIN = "ccsync auth login membrain"
LOGIN_CONSTANT_CONTACT = "ccsync auth login constant-contact"


def test_every_mistake_of_the_configuration_is_told_at_once(house: House) -> None:
    text = house.config.read_text()
    text = text.replace("[membrain]", "[membrane]").replace('direction = "mem', 'direction = "men')
    house.config.write_text(text.replace('constant_contact = "job_title"', 'constant_contact = "job_titel"'))
    outcome = house.run()
    lines = outcome.stderr.splitlines()
    assert (outcome.code, outcome.stdout) == (78, "")
    assert lines[0].startswith("ccsync: ")
    assert "4 mistakes" in lines[0]
    assert all(
        any(word in line and "line " in line for line in lines) for word in ("membrane", "direction", "job_titel")
    )
    assert lines[-1] == f"  next: mend {house.config}, then run `ccsync config check`"


@pytest.mark.slow
def test_a_configuration_that_is_not_there(house: House) -> None:
    house.config.unlink()
    outcome = house.run()
    assert outcome.code == 78
    assert str(house.config) in outcome.said[0]


@pytest.mark.slow
def test_a_configuration_that_is_no_toml(house: House) -> None:
    house.config.write_text('account = "acme"\n[membrain\n')
    outcome = house.run()
    assert outcome.code == 78
    assert "line 2" in outcome.stderr
    assert outcome.stderr.splitlines()[-1].startswith("  next: ")


@pytest.mark.slow
def test_a_filter_that_is_no_expression_is_shown_at_the_place(house: House) -> None:
    house.config.write_text(house.config.read_text().replace('== "Yes"', '== = "Yes"'))
    outcome = house.run()
    assert outcome.code == 78
    assert "filter" in outcome.stderr
    assert "^" in outcome.stderr


def test_nobody_has_logged_in(new_house: House) -> None:
    new_house.ccsync("auth", "new-key", str(new_house.key_file))
    outcome = new_house.run()
    assert outcome.code == 77
    assert outcome.said[1].startswith(LOGIN_MEMBRAIN)


@pytest.mark.slow
def test_the_key_of_the_credentials_is_missing(house: House) -> None:
    house.key_file.unlink()
    outcome = house.run()
    assert outcome.code == 74
    assert "ccsync auth new-key" in outcome.said[1]


@pytest.mark.parametrize(
    "answer", ["status-401", *(pytest.param(other, marks=pytest.mark.slow) for other in ("status-403", "error-in-200"))]
)
def test_the_key_of_membrain_is_wrong(house: House, answer: str) -> None:
    house.sandbox.membrain.set_switches(bad_key=answer)
    house.sandbox.membrain.api_key = "another-key"
    outcome = house.run()
    assert (outcome.code, outcome.said[1]) == (77, LOGIN_MEMBRAIN)
    assert "does not accept the key" in outcome.said[0]
    assert "made-up-membrain-key" not in outcome.stderr


def test_a_wrong_key_is_refused_at_the_login(new_house: House) -> None:
    new_house.ccsync("auth", "new-key", str(new_house.key_file))
    outcome = new_house.ccsync("auth", "login", "membrain", "--with-key", stdin="a-wrong-key\n")
    assert (outcome.code, outcome.said[1]) == (77, LOGIN_MEMBRAIN)
    assert "a-wrong-key" not in outcome.stderr


def test_the_instance_of_membrain_is_wrong(house: House) -> None:
    house.sandbox.membrain.set_switches(instance_found=False)
    outcome = house.run()
    assert outcome.code == 78
    assert "nstance not found" in outcome.said[0]
    assert outcome.said[1] == "mend `[membrain] instance`, then: ccsync config check"


@pytest.mark.slow
def test_a_wrong_instance_is_told_apart_from_a_wrong_key_at_the_login(new_house: House) -> None:
    new_house.ccsync("auth", "new-key", str(new_house.key_file))
    new_house.configure(membrain_url=new_house.sandbox.membrain_url.replace("/v2/", "/v7/"))
    outcome = new_house.ccsync("auth", "login", "membrain", "--with-key", stdin="made-up-membrain-key\n")
    assert outcome.code == 78
    assert "ccsync config check" in outcome.said[1]


@pytest.mark.parametrize(
    ("setting", "address", "title"),
    [
        pytest.param("membrain_url", "http://127.0.0.1:9/API/v2/", "Membrain", marks=pytest.mark.slow),
        pytest.param("api_url", "http://127.0.0.1:9/v3", "Constant Contact", marks=pytest.mark.slow),
        ("api_url", "https://api.cc.invalid/v3", "Constant Contact"),
    ],
    ids=["Membrain's port refuses", "a port refuses", "a name is unknown"],
)
def test_there_is_no_network(house: House, setting: str, address: str, title: str) -> None:
    house.configure(**{setting: address})
    outcome = house.run()
    assert outcome.code == 69
    assert outcome.said[0].startswith(f"{title} at ")
    assert "no connection" in outcome.said[0]
    assert "ccsync run --once" in outcome.said[1]


@pytest.mark.slow
def test_the_configuration_names_another_instance_than_the_key_is_for(house: House) -> None:
    house.configure(membrain_url="https://globex.membrain.invalid/API/v2/")
    outcome = house.run()
    assert (outcome.code, outcome.said[1]) == (77, LOGIN_MEMBRAIN)
    assert "globex.membrain.invalid" in outcome.said[0]


@pytest.mark.slow
def test_the_certificate_is_not_trusted(house: House) -> None:
    house.configure(api_url=house.sandbox.api_url.replace("http://", "https://"))
    outcome = house.run()
    assert outcome.code == 69
    assert "certificate" in outcome.said[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "title"),
    [("membrain", "Membrain"), ("constant-contact", "Constant Contact")],
)
def test_a_web_page_comes_in_place_of_json(house: House, service: str, title: str) -> None:
    house.sandbox.faults.add(Fault("html", service, times=None))  # type: ignore[arg-type] # parametrised
    outcome = house.run()
    assert outcome.code == 69
    assert outcome.said[0].startswith(f"{title} answered ")
    assert "no JSON" in outcome.said[0]
    assert outcome.said[1] == "ccsync run --once, later"


@pytest.mark.slow
def test_the_login_has_ended(house: House) -> None:
    house.sandbox.constant_contact.revoke_all()
    outcome = house.run()
    assert (outcome.code, outcome.said[1]) == (77, LOGIN_CONSTANT_CONTACT)
    assert "has ended" in outcome.said[0]
    house.log_in_again()
    assert house.run().code == 0


@pytest.mark.slow
def test_the_login_opens_another_account(house: House) -> None:
    house.sandbox.constant_contact.set_account("a07e1other22")
    outcome = house.log_in_again()
    assert outcome.code == 77
    assert "--switch-account" in outcome.stderr.splitlines()[-1]
    house.sandbox.constant_contact.set_account("a07e1madeup1")
    assert house.run().code == 0


@pytest.mark.slow
def test_the_day_s_calls_are_spent(house: House) -> None:
    house.sandbox.constant_contact.set_switches(daily_quota=1)
    outcome = house.run()
    assert outcome.code == 75
    assert "00:00 UTC" in outcome.said[0]
    assert outcome.said[1].startswith("ccsync run --once")


@pytest.mark.slow
def test_a_service_is_throttled_by_somebody_else(house: House) -> None:
    house.sandbox.faults.add(Fault("throttled", "constant-contact", times=2))
    assert house.run().code == 0


@pytest.mark.slow
def test_a_guard_stops_the_run_and_says_how_to_go_on(house: House) -> None:
    house.configure("\n[guard]\nmax_removals = 0\nmax_removal_share = 0.0\n")
    for person in house.sandbox.membrain.all("contacts"):
        house.sandbox.membrain.edit("contacts", person["Id"], Newsletter="No")
    outcome = house.run()
    assert outcome.code == 3
    assert 'would take 2 of 2 people off the list "Customers"' in outcome.stderr
    assert "--allow-removals 2" in outcome.stderr
    assert house.run("--allow-removals", "2").code == 0
    assert house.titles() == {}


@pytest.mark.slow
def test_a_service_refuses_somebody(house: House) -> None:
    house.sandbox.constant_contact.set_switches(long_email_in_import="row_error")
    house.person("Cleo Long", f"{'c' * 50}@example.com")
    house.person("Dan New", "dan@example.com")
    outcome = house.run()
    assert outcome.code == 3
    assert "ccsync status" in outcome.stderr
    assert set(house.titles()) == {"ann@example.com", "bo@example.com", "dan@example.com"}
    assert "refused" in house.ccsync("status").stdout


@pytest.mark.slow
def test_for_programs_a_failure_is_an_envelope_too(house: House) -> None:
    house.sandbox.constant_contact.revoke_all()
    outcome = house.run("--json")
    envelope = json.loads(outcome.stdout)
    assert (outcome.code, envelope["exit_code"], envelope["status"], outcome.stderr) == (77, 77, "error", "")
    assert envelope["errors"][0]["hint"] == LOGIN_CONSTANT_CONTACT


@pytest.mark.slow
def test_a_wrong_word_on_the_command_line(house: House) -> None:
    outcome = house.ccsync("run", "--onec")
    assert outcome.code == 2
    assert outcome.said[1].startswith("ccsync run")
