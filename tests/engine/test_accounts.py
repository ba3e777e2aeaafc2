"""Rule 12: a run never goes on against another Constant Contact account than the one it was set up with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ccsync.credentials.store import CONSTANT_CONTACT, MEMBRAIN, MembrainKey
from ccsync.engine.run import Run
from ccsync.errors import ExitCode, LoginNeeded
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.server import find_served
from ccsync.wiring import once, places
from ccsync.wiring.sandbox_login import log_in

from .test_never import settle

if TYPE_CHECKING:
    from ccsync.engine.options import RunReport

    from .conftest import World

OTHER = "a07e1other22"


def log_in_elsewhere(world: World, account: str = OTHER) -> None:
    """Have the next run log in to another account, as somebody does who types the wrong password manager entry."""
    world.constant_contact.set_account(account)
    world.application().credentials.delete("acme", CONSTANT_CONTACT)


@pytest.fixture
def people(world: World) -> list[str]:
    made = world.people(3, JobTitle="Clerk")
    world.run()
    return made


def test_a_login_to_another_account_stops_the_run_before_it_reads_or_writes(world: World, people: list[str]) -> None:
    log_in_elsewhere(world)
    world.change(people[0], JobTitle="Head clerk")
    asked = len(world.wires.sent)

    report = world.run()

    assert (report.exit_code, report.code) == (ExitCode.LOGIN_NEEDED, "other_account")
    assert OTHER in report.message
    assert "--switch-account" in report.hint
    login = {"/oauth2/default/v1/device/authorize", "/oauth2/default/v1/activate", "/oauth2/default/v1/token"}
    assert {sent.path for sent in world.wires.sent[asked:]} <= login | {"/v3/account/summary"}
    assert world.constant_contact.people.all() == []


def test_neither_does_a_dry_run_go_on(world: World, people: list[str]) -> None:
    log_in_elsewhere(world)
    report = world.run(dry_run=True)
    assert (report.exit_code, report.plan) == (ExitCode.LOGIN_NEEDED, ())


def test_no_timestamp_moves_meanwhile(world: World, people: list[str]) -> None:
    stamps = world.read_up_to()
    log_in_elsewhere(world)
    world.run()
    assert world.read_up_to() == stamps


def test_the_login_to_the_first_account_goes_on_as_if_nothing_had_been(world: World, people: list[str]) -> None:
    first = world.constant_contact.account_id
    log_in_elsewhere(world)
    world.run()
    log_in_elsewhere(world, first)
    world.change(people[0], JobTitle="Head clerk")
    settle(world)
    assert world.contact("person1@example.com")["job_title"] == "Head clerk"
    assert len(world.members()) == 3


def test_a_dry_run_does_not_bind_the_account(world: World) -> None:
    world.people(2)
    assert world.run(dry_run=True).exit_code is ExitCode.DONE
    log_in_elsewhere(world)
    assert world.run().exit_code is ExitCode.DONE
    assert len(world.members()) == 2


def test_a_switch_on_purpose_starts_afresh_and_leaves_the_first_account_as_it_was(
    world: World, people: list[str]
) -> None:
    first = world.constant_contact.account_id
    log_in_elsewhere(world)
    world.run()
    aside = world.application().start_afresh()
    assert aside is not None
    assert aside.exists()

    assert world.run().exit_code is ExitCode.DONE

    assert len(world.members()) == 3
    written = world.constant_contact.people.all()
    world.constant_contact.set_account(first)
    assert len(world.members()) == 3
    assert not {one["contact_id"] for one in written} & {
        one["contact_id"] for one in world.constant_contact.people.all()
    }


class TestAnotherMembrain:
    @pytest.fixture(autouse=True)
    def elsewhere(self, world: World, monkeypatch: pytest.MonkeyPatch) -> str:
        """Have the configuration name the same machine by another host name, as another instance has."""
        world.people(1)
        world.run()
        found = find_served(world.sandbox_folder)
        assert found is not None
        there = replace(found, membrain_url=found.membrain_url.replace("127.0.0.1", "localhost"))
        monkeypatch.setattr("ccsync.sandbox.server.find_served", lambda _: there)
        return there.membrain_url

    def test_is_not_sent_the_key_of_the_first_one(self, world: World) -> None:
        asked = len(world.wires.sent)
        with pytest.raises(LoginNeeded) as caught:
            world.run()
        assert (caught.value.code, caught.value.hint) == ("other_instance", "ccsync auth login membrain")
        assert len(world.wires.sent) == asked

    def test_is_not_mixed_with_the_first_one_after_a_login_there(self, world: World, elsewhere: str) -> None:
        key = MembrainKey(world.membrain.api_key, elsewhere)
        world.application().credentials.write("acme", MEMBRAIN, key.to_text())
        asked, stamps = len(world.wires.sent), world.read_up_to()

        report = world.run()

        assert report.exit_code is ExitCode.CONFIG
        assert "127.0.0.1" in report.message
        assert report.hint.endswith("ccsync config check")
        assert (len(world.wires.sent), world.read_up_to()) == (asked, stamps)


def test_a_login_that_changes_while_a_run_is_on_ends_it(world: World, people: list[str]) -> None:
    """Another process logs in to another account; then the token in hand is refused."""
    for person in people:
        world.change(person, JobTitle="Head clerk")

    def elsewhere() -> None:
        log_in_elsewhere(world)
        where = places.served(world.sandbox_folder)
        with world.application().call_budget() as budget:
            log_in(world.application().credentials, "acme", where, world.membrain.api_key, world.clock, budget=budget)
        refuse_the_token_in_hand(world)

    world.wires.before("GET /v3/contact_lists", elsewhere)
    report = world.run()

    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "other_account")
    assert not [sent for sent in world.wires.writes() if b"Head clerk" in sent.body]


def test_a_login_that_changes_before_a_run_first_uses_it_ends_that_run(
    world: World, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose login it is was looked at before: another process switches accounts just then."""

    class Late(Run):
        def execute(self) -> RunReport:
            log_in_elsewhere(world)
            where = places.served(world.sandbox_folder)
            with world.application().call_budget() as budget:
                log_in(
                    world.application().credentials, "acme", where, world.membrain.api_key, world.clock, budget=budget
                )
            return super().execute()

    monkeypatch.setattr(once, "Run", Late)
    world.change(people[0], JobTitle="Head clerk")

    report = world.run()

    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "other_account")
    assert world.constant_contact.people.all() == []


def refuse_the_token_in_hand(world: World) -> None:
    world.sandbox.faults.add(Fault("unauthorized", service="constant-contact", path_prefix="/v3/"))


def test_all_of_the_old_state_is_kept_while_somebody_reads_it_and_nothing_of_it_stays(world: World) -> None:
    """Whoever reads keeps the latest part of a state in the file beside it."""
    world.people(1)
    world.run()
    with closing(sqlite3.connect(world.application().state_path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contact").fetchone()
        world.people(2)
        world.run()
        aside = world.application().start_afresh()

    assert not list(world.application().folder.glob("state.sqlite*"))
    assert aside is not None
    with closing(sqlite3.connect(aside)) as kept:
        assert kept.execute("SELECT count(*) FROM link").fetchone() == (3,)
