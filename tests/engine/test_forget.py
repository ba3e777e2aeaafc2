"""Forgetting a person: nothing of them is left in the account's folder, and nothing comes back."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.engine.membrain_rows import MISSING
from ccsync.engine.put_keeps import ROW
from ccsync.engine.streams import STREAMS
from ccsync.engine.timestamps import carry_out, moves
from ccsync.engine.verify import Verify
from ccsync.errors import Locked
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.state.forgotten import load
from ccsync.state.sqlite import SqliteStore
from ccsync.wiring.backup import back_up
from ccsync.wiring.restore import put_back

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.engine.forget import Forgetting

    from .conftest import World

ANN = {"JobTitle": "Harpist Extraordinaire", "Language": "Klingon", "Phone": "+47 22 33 44 55"}
NEEDLES = ("ann@example.com", "ann berg", "harpist", "klingon", "22 33 44 55")


def folder(world: World) -> Path:
    return world.application().folder


def forget(world: World, address: str = "ann@example.com") -> Forgetting:
    return world.application().forget(address)


def holding(world: World, *needles: str) -> list[str]:
    """Return the files of ccsync's own in whose bytes one of these words stands."""
    own = [path for path in folder(world).rglob("*") if path.is_file() and "services" not in path.parts]
    assert any(path.suffix == ".sqlite" for path in own)
    found = [(path.name, needle) for path in own for needle in needles if needle.encode() in path.read_bytes().lower()]
    return [f"{name}: {needle}" for name, needle in found]


@pytest.fixture
def acquainted(world: World) -> World:
    """Return a world in which Ann has been created, changed and put on the list; Bo too."""
    company = world.company()
    ann = world.person("Ann Berg", "Ann@example.com", CompanyId=company, **ANN)
    world.person("Bo Dahl", "bo@example.com", CompanyId=company)
    world.run()
    world.change(ann, JobTitle="Harpist Extraordinaire Emerita")
    world.run()
    assert holding(world, *NEEDLES[:4])
    return world


class TestWhatIsRemoved:
    def test_no_byte_of_the_person_is_left_in_the_folder(self, acquainted: World) -> None:
        ids = acquainted.in_membrain("ann@example.com")["Id"], acquainted.id_of("ann@example.com")

        done = forget(acquainted)

        assert holding(acquainted, *NEEDLES, *ids) == []
        assert done.proof.left == ()
        assert done.known
        assert done.rows > 5
        assert done.lines > 3

    def test_the_others_are_as_they_were(self, acquainted: World) -> None:
        forget(acquainted)

        with acquainted.application().reader() as store:
            assert store is not None
            assert [one.email for one in store.mirror.living_contacts()] == ["bo@example.com"]
            assert store.mirror.contact_count() == 1
            assert store.mirror.list_size(next(iter(store.mirror.living_contacts()[0].lists))) == 1
        assert holding(acquainted, "bo@example.com", "bo dahl")

    @pytest.mark.slow
    def test_the_lines_of_the_logs_stay_and_count_as_before(self, acquainted: World) -> None:
        logs = sorted(folder(acquainted).glob("logs/*/*.jsonl"))
        before = [[json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in logs]

        forget(acquainted)

        after = [[json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in logs]
        frame = ("time", "event", "run", "sync", "rule", "lists")
        assert [[tuple(map(str, map(line.get, frame))) for line in log] for log in after] == [
            [tuple(map(str, map(line.get, frame))) for line in log] for log in before
        ]
        assert {path.stat().st_mode & 0o777 for path in logs} == {0o600}
        changed = [line for log in after for line in log if line.get("contact") == "(forgotten)"]
        assert {value for line in changed for change in line.get("changes", []) for value in (change["new"],)} == {
            "(forgotten)"
        }

    @pytest.mark.slow
    def test_who_waits_loses_their_reason_and_their_example(self, world: World) -> None:
        world.configure(more=world.field("contact.JobTitle", "custom.Title"))
        world.person("Ann Berg", "ann@example.com", JobTitle="T" * 300)
        world.run()
        assert world.waits() >= {("ann@example.com", "custom.Title", "too_long")}

        forget(world)

        assert world.waits() == set()
        assert holding(world, "ann@example.com", "ann berg") == []
        assert world.statistics("custom.Title").reasons[0].example == "(forgotten)"

    @pytest.mark.slow
    def test_an_address_from_before_is_hidden_in_the_logs_as_well(self, acquainted: World) -> None:
        ann = acquainted.in_membrain("ann@example.com")["Id"]
        acquainted.change(ann, EmailAddress="ann.dahl@example.com")
        acquainted.run()
        (folder(acquainted) / "service.log").write_text("1 x refused: ann@example.com\n", "utf-8")

        forget(acquainted, "ann.dahl@example.com")

        assert holding(acquainted, "ann@example.com", "ann.dahl@example.com") == []

    @pytest.mark.slow
    def test_an_address_that_contains_the_person_s_is_somebody_else_s(self, acquainted: World) -> None:
        acquainted.person("Jo Ann", "joann@example.com")
        acquainted.run()

        done = forget(acquainted)

        assert done.proof.left == ()
        assert holding(acquainted, "joann@example.com")
        assert done.proof.named == 0

    @pytest.mark.slow
    def test_a_state_that_was_put_aside_forgets_as_well(self, acquainted: World) -> None:
        acquainted.application().start_afresh()

        forget(acquainted)

        assert holding(acquainted, *NEEDLES) == []

    @pytest.mark.slow
    def test_half_a_line_goes(self, acquainted: World) -> None:
        log = max(folder(acquainted).glob("logs/*/*.jsonl"))
        with log.open("a", encoding="utf-8") as file:
            file.write('{"time":"2026-11-23T08:00:00Z","contact":"ann@exam')

        forget(acquainted)

        assert b"ann@exam" not in log.read_bytes()

    @pytest.mark.slow
    def test_what_a_service_printed_is_hidden_too(self, acquainted: World) -> None:
        printed = folder(acquainted) / "service.log"
        printed.write_text("1 x refused: ann@example.com\n", "utf-8")

        forget(acquainted)

        assert printed.read_text("utf-8") == "1 x refused: (forgotten)\n"

    @pytest.mark.slow
    def test_a_copy_that_nobody_can_read_is_named(self, acquainted: World) -> None:
        copy = folder(acquainted) / "old-copy.bin"
        copy.write_bytes(b"\xff\xfe ann@example.com")

        assert forget(acquainted).proof.left == (copy,)


class TestWhatComesBack:
    @pytest.mark.slow
    def test_nothing_does_whatever_is_read(self, acquainted: World) -> None:
        ids = acquainted.in_membrain("ann@example.com")["Id"], acquainted.id_of("ann@example.com")
        forget(acquainted)
        acquainted.change(acquainted.in_membrain("ann@example.com")["Id"], JobTitle="Harpist again")

        for report in (acquainted.run(), acquainted.run(full=True), acquainted.two_sweeps()):
            assert report.exit_code == 0
            assert holding(acquainted, *NEEDLES, *ids) == []
        assert acquainted.waits() == set()

    @pytest.mark.slow
    def test_they_stay_on_the_list_as_they_are(self, acquainted: World) -> None:
        there = acquainted.contact("ann@example.com")
        forget(acquainted)
        acquainted.change(acquainted.in_membrain("ann@example.com")["Id"], JobTitle="CEO", Newsletter="No")

        acquainted.run()
        acquainted.two_sweeps()

        assert acquainted.contact("ann@example.com") == there

    @pytest.mark.slow
    def test_they_are_never_created_again(self, acquainted: World) -> None:
        forget(acquainted)
        acquainted.constant_contact.people.erase(acquainted.id_of("ann@example.com"))
        acquainted.membrain.erase("contacts", acquainted.in_membrain("ann@example.com")["Id"])
        acquainted.person("Ann Berg", "ANN@example.com ", Language="Danish")

        acquainted.run()
        acquainted.two_sweeps()

        assert acquainted.contacts("ann@example.com") == []

    def test_somebody_nobody_knew_is_never_created_either(self, world: World) -> None:
        done = forget(world, "carl@example.com")
        world.person("Carl Aas", "carl@example.com")

        report = world.run()

        assert not done.known
        assert world.contacts("carl@example.com") == []
        assert (report.counts.skipped, report.waiting) == (1, {("", "forgotten"): 1})
        assert [line["people"] for line in world.events(report, "record.skipped")] == [1]

    @pytest.mark.slow
    def test_they_are_not_made_in_membrain(self, acquainted: World) -> None:
        forget(acquainted)
        acquainted.configure(direction="both")
        acquainted.membrain.erase("contacts", acquainted.in_membrain("ann@example.com")["Id"])

        acquainted.run()
        acquainted.two_sweeps()

        assert not [one for one in acquainted.membrain.all("contacts") if one.get("EmailAddress") == "ann@example.com"]

    @pytest.mark.slow
    def test_a_new_address_of_theirs_is_known_by_the_id(self, acquainted: World) -> None:
        forget(acquainted)
        acquainted.change(acquainted.in_membrain("ann@example.com")["Id"], EmailAddress="ann.new@example.com")

        acquainted.run()

        assert acquainted.contacts("ann.new@example.com") == []
        assert holding(acquainted, "ann.new@example.com") == []

    @pytest.mark.slow
    def test_a_new_address_of_theirs_in_constant_contact_is_written_to_by_nobody(self, acquainted: World) -> None:
        ann = acquainted.id_of("ann@example.com")
        forget(acquainted)
        acquainted.constant_contact.people.edit(ann, email="ann.new@example.com")
        acquainted.run()
        there = acquainted.contact("ann.new@example.com")
        acquainted.person("Anna Other", "ann.new@example.com", JobTitle="Pianist")

        acquainted.run()

        assert acquainted.contact("ann.new@example.com") == there

    @pytest.mark.slow
    def test_nobody_with_their_new_address_comes_into_membrain_again(self, acquainted: World) -> None:
        ann = acquainted.in_membrain("ann@example.com")["Id"]
        forget(acquainted)
        acquainted.configure(direction="both")
        acquainted.change(ann, EmailAddress="ann.new@example.com")
        acquainted.run()
        acquainted.subscriber(
            "Ann.New@example.com",
            first_name="Ann",
            company_name="Nordlys AS",
            list_memberships=[acquainted.list_id()],
        )

        acquainted.run()

        assert acquainted.in_membrain("ann.new@example.com")["Id"] == ann

    @pytest.mark.slow
    def test_who_was_forgotten_before_anybody_knew_them_is_known_after_they_move(self, world: World) -> None:
        forget(world, "carl@example.com")
        carl = world.person("Carl Aas", "carl@example.com")
        world.run()
        world.change(carl, EmailAddress="carl.aas@example.com")

        world.run()
        world.two_sweeps()

        assert world.contacts("carl.aas@example.com") == []

    @pytest.mark.slow
    def test_whoever_gets_their_address_is_not_written_with_it(self, acquainted: World) -> None:
        bo = acquainted.in_membrain("bo@example.com")["Id"]
        forget(acquainted)
        acquainted.change(bo, EmailAddress="ann@example.com")

        acquainted.run()

        assert holding(acquainted, "ann@example.com") == []
        assert acquainted.contact("bo@example.com")

    @pytest.mark.slow
    def test_a_user_of_membrain_is_not_remembered_as_one(self, acquainted: World) -> None:
        acquainted.colleague("Una Boss", "una@example.com")
        acquainted.wait(hours=25)
        acquainted.run()
        assert holding(acquainted, "una@example.com")

        forget(acquainted, "una@example.com")
        acquainted.wait(hours=25)
        acquainted.run()

        assert holding(acquainted, "una@example.com") == []


class TestAnAddressThatTwoPeopleShare:
    @pytest.fixture
    def sharing(self, world: World) -> World:
        """Return a world in which Ann, who was created first, takes part for an address that is Bo's as well."""
        company = world.company()
        self.ann = world.person("Ann Berg", "office@example.com", CompanyId=company)
        world.wait(days=1)
        world.person("Bo Dahl", "office@example.com", CompanyId=company)
        world.run()
        assert world.contact("office@example.com")["first_name"] == "Ann"
        return world

    @pytest.mark.slow
    def test_is_the_other_one_s_when_one_of_them_is_forgotten_by_id(self, sharing: World) -> None:
        forget(sharing, self.ann)

        sharing.run()
        sharing.two_sweeps()

        assert sharing.contact("office@example.com")["first_name"] == "Bo"
        assert sharing.waits() == set()
        assert holding(sharing, self.ann) == []

    @pytest.mark.slow
    def test_stays_opted_out(self, sharing: World) -> None:
        sharing.constant_contact.people.unsubscribe(sharing.id_of("office@example.com"))
        sharing.run()
        there = sharing.contact("office@example.com")
        forget(sharing, self.ann)

        sharing.run()
        sharing.two_sweeps()

        assert sharing.contact("office@example.com") == there


class TestABackupFromBefore:
    @pytest.mark.slow
    def test_put_back_it_brings_nothing_of_them_be_it_a_log_or_somebody_gone(self, acquainted: World) -> None:
        ids = acquainted.in_membrain("ann@example.com")["Id"], acquainted.id_of("ann@example.com")
        acquainted.membrain.delete("contacts", ids[0])
        acquainted.constant_contact.people.erase(ids[1])
        acquainted.two_sweeps()
        backup = acquainted.folder / "backup.zip"
        back_up(folder(acquainted), "acme", backup, acquainted.clock, logs=True)
        forget(acquainted)
        for log in folder(acquainted).glob("logs/*/*.jsonl"):
            log.unlink()  # too old to be kept, say

        done = put_back(folder(acquainted), "acme", backup, acquainted.clock)

        assert done.forgotten == 1
        assert holding(acquainted, *NEEDLES, *ids) == []
        assert holding(acquainted, "bo@example.com")


class TestTheMark:
    @pytest.mark.slow
    def test_it_says_nothing_of_the_person_and_is_private(self, acquainted: World) -> None:
        forget(acquainted)

        path = folder(acquainted) / "forgotten.json"
        assert path.stat().st_mode & 0o777 == 0o600
        (person,) = json.loads(path.read_text("utf-8"))["people"]
        assert len(person["marks"]) == 3
        assert load(folder(acquainted)).since("ANN@example.com ") is not None
        assert load(folder(acquainted)).since("bo@example.com") is None

    def test_to_forget_twice_is_to_forget_once(self, acquainted: World) -> None:
        forget(acquainted)
        again = forget(acquainted)

        assert again.before is not None
        assert (again.rows, again.lines, again.proof.left) == (0, 0, ())
        assert len(load(folder(acquainted))) == 1

    @pytest.mark.slow
    def test_without_its_key_nothing_runs(self, acquainted: World) -> None:
        forget(acquainted)
        (folder(acquainted) / "person.key").unlink()

        with pytest.raises(Exception, match=r"person\.key is gone"):
            acquainted.run()


class TestWhoIsInTheWay:
    def test_a_run_keeps_it_from_beginning(self, acquainted: World) -> None:
        with AccountLock(folder(acquainted), acquainted.clock), pytest.raises(Locked) as refused:
            forget(acquainted)
        assert refused.value.hint == "when it has ended: ccsync forget ann@example.com"
        assert load(folder(acquainted)).since("ann@example.com") is None

    @pytest.mark.slow
    def test_the_service_does_too(self, acquainted: World) -> None:
        with ServiceLock(folder(acquainted), acquainted.clock), pytest.raises(Locked) as refused:
            forget(acquainted)
        assert refused.value.hint == "ccsync daemon stop, then ccsync forget ann@example.com"

    @pytest.mark.slow
    def test_a_reader_does_because_the_bytes_would_stay(self, acquainted: World) -> None:
        reader = SqliteStore.open(acquainted.application().state_path, read_only=True)
        with reader.transaction():
            reader.progress.timestamps()
            with pytest.raises(Locked, match="being read"):
                forget(acquainted)
        reader.close()

        assert forget(acquainted).proof.left == ()


@pytest.mark.slow
@pytest.mark.parametrize("step", ["addresses_in", "rewrite", "hide_in_texts", "search"])
def test_interrupted_it_is_finished_by_the_same_command(
    acquainted: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"ccsync.engine.forget.{step}", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(acquainted)

    assert forget(acquainted).proof.left == ()
    assert holding(acquainted, *NEEDLES) == []


class TestWhatIsReadAgain:
    def test_a_timestamp_set_back_brings_not_even_their_id(self, acquainted: World) -> None:
        acquainted.configure(direction="both")
        ids = acquainted.in_membrain("ann@example.com")["Id"], acquainted.id_of("ann@example.com")
        forget(acquainted)
        with closing(SqliteStore.open(acquainted.application().state_path)) as store:
            carry_out(store, moves(store, STREAMS, None), acquainted.clock.now())

        acquainted.run(sync="customers")  # leaves whoever is touched to a run of all syncs

        assert holding(acquainted, *NEEDLES, *ids) == []


class TestWhatIsUnderWay:
    @pytest.mark.slow
    def test_a_row_error_of_a_job_is_held_against_nobody_else(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.constant_contact.set_switches(activity_seconds=200, long_email_in_import="row_error")
        first, _, faulty, last = sorted(world.people(4))  # the order of their rows in the job
        world.change(first, EmailAddress="ann@example.com")
        world.change(faulty, EmailAddress=f"{'a' * 48}@example.com")
        world.change(last, EmailAddress="bo@example.com")
        world.run()
        forget(world)

        with monkeypatch.context() as patch:
            patch.setattr(Verify, "_match", lambda _: None)  # nobody can be seen yet: then row errors decide
            report = world.run()
        assert (report.exit_code, world.events(report, "record.failed")) == (0, [])
        world.wait(minutes=10)
        world.run()

        assert {(contact[:3], reason) for contact, _, reason in world.waits()} == {("aaa", "refused")}

    @pytest.mark.slow
    def test_their_row_that_was_kept_while_it_was_written_goes_too(self, acquainted: World) -> None:
        ann = acquainted.in_membrain("ann@example.com")["Id"]
        with closing(SqliteStore.open(acquainted.application().state_path)) as store:
            store.progress.set_fact(ROW, json.dumps({"row": {"Id": ann, "Shoes": "Stilts"}, "sent": ["Name"]}))
            store.progress.set_fact(MISSING, json.dumps(["1", {ann: "yesterday"}]))

        assert forget(acquainted).proof.named == 0
        assert holding(acquainted, "stilts", ann) == []
        acquainted.quietly()
