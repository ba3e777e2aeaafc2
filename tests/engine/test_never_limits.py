"""What a run never does to Constant Contact's limits, rules 10 and 11: each test tries hard to make it happen."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault
from ccsync.sandbox.people import MadeUpPerson, Population

from .test_never import settle

if TYPE_CHECKING:
    from .conftest import World
    from .wires import Sent

MOST_BYTES, MOST_ROWS = 4_000_000, 40_000
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def imports(world: World) -> list[Sent]:
    return [sent for sent in world.wires.writes() if sent.path.endswith("/contacts_json_import")]


def crowd(world: World, count: int, language: str = "") -> None:
    """Make many people in Membrain at once."""
    world.membrain.load(
        Population(
            [
                MadeUpPerson(
                    id=str(uuid4()),
                    first_name="Per",
                    last_name=f"Son{number}",
                    name=f"Per Son{number}",
                    email=f"p{number}@example.com",
                    company="",
                    company_id="",
                    job_title="",
                    phone="",
                    newsletter="Yes",
                    language=language,
                    consent="",
                    interests=(),
                    born="",
                    age=10,
                    colleague=False,
                )
                for number in range(count)
            ],
            [],
            [],
        )
    )


class TestNoImportIsTooLarge:
    @pytest.mark.slow
    def test_bytes_are_counted_as_they_are_sent(self, world: World) -> None:
        """Twenty-four custom fields of 255 characters that take four bytes each: about 25 kB a person."""
        fields = "".join(world.field("contact.custom.Language", f"custom.Field {number}") for number in range(24))
        world.configure(more=fields)
        crowd(world, 170, "\N{GRINNING FACE}" * 255)
        assert world.run().exit_code is ExitCode.DONE
        sizes = [len(sent.body) for sent in imports(world)]
        assert len(sizes) == 2
        assert MOST_BYTES - 30_000 < sizes[0] <= MOST_BYTES
        assert len(world.members()) == 170

    @pytest.mark.slow
    @pytest.mark.full  # 40,100 people; in CI the pure one is tests/budget/test_imports.py
    def test_rows_are_counted(self, world: World) -> None:
        world.membrain.set_switches(page_size_parameter="PageSize")
        world.configure(tables='[membrain]\npage_size_parameter = "PageSize"')
        crowd(world, MOST_ROWS + 100)
        assert world.run().exit_code is ExitCode.DONE
        rows = [len(json.loads(sent.body)["import_data"]) for sent in imports(world)]
        assert rows == [MOST_ROWS, 100]
        assert len(world.members()) == MOST_ROWS + 100


class TestCompletedIsNotBelieved:
    def test_a_row_that_the_job_complains_of_is_told_and_not_counted_as_written(self, world: World) -> None:
        world.constant_contact.set_switches(long_email_in_import="row_error")
        long = f"{'a' * 50}@example.com"
        world.people(2)
        world.person("Ann Berg", long)
        report = world.run()
        assert (report.exit_code, report.counts.created, report.counts.failed) == (ExitCode.STOPPED, 2, 1)
        assert world.waiting() == {long: "refused"}
        assert world.members() == {"person1@example.com", "person2@example.com"}

    @pytest.mark.parametrize("counter", ["imported", "all"])
    def test_rows_that_are_dropped_in_silence_are_not_counted_as_written(self, world: World, counter: str) -> None:
        world.constant_contact.set_switches(import_rows=2, person_count_in_import=counter)
        world.people(5)
        report = world.run()
        assert report.counts.created == 2
        assert list(world.waiting().values()) == ["held"] * 3
        world.constant_contact.set_switches(import_rows=MOST_ROWS)
        settle(world)
        assert len(world.members()) == 2
        assert list(world.waiting().values()) == ["refused"] * 3
        world.person("One More", "more@example.com")
        assert world.run().counts.created == 1

    def test_whoever_could_not_be_put_on_the_list_is_not_counted_as_added(self, world: World) -> None:
        ann = world.subscriber("ann@example.com")
        world.person("Ann Berg", "ann@example.com")
        world.people(3)
        world.wires.before(
            "POST /v3/activities/contacts_json_import", lambda: world.constant_contact.people.unsubscribe(ann)
        )
        report = world.run()
        assert (report.counts.created, report.counts.added) == (3, 0)
        settle(world)
        assert world.waiting() == {"ann@example.com": "opted_out"}

    @pytest.mark.parametrize("fate", ["failed_activity", "timed_out_activity"])
    def test_a_job_that_was_given_up_counts_nobody_and_is_done_again(self, world: World, fate: str) -> None:
        world.people(4)
        world.sandbox.faults.add(Fault(fate, path_prefix="/v3/activities/contacts_json_import"))  # type: ignore[arg-type] # parametrised
        report = world.run()
        assert (report.exit_code, report.counts.created, report.counts.failed) == (ExitCode.STOPPED, 0, 4)
        report = world.run()
        assert (report.exit_code, report.counts.created) == (ExitCode.DONE, 4)
        assert len(world.members()) == 4

    def test_a_job_that_never_ends_is_looked_at_and_not_sent_twice(self, world: World) -> None:
        world.people(4)
        world.sandbox.faults.add(Fault("stuck_activity", path_prefix="/v3/activities/contacts_json_import"))
        settle(world, 4)
        assert len(imports(world)) == 1
        assert list(world.waiting().values()) == ["held"] * 4

    def test_a_job_that_the_service_has_forgotten_is_judged_by_what_it_did_and_sent_again(self, world: World) -> None:
        world.people(4)
        world.sandbox.faults.add(Fault("stuck_activity", path_prefix="/v3/activities/contacts_json_import"))
        world.run()
        world.wait(days=11)
        settle(world, 4)
        assert len(world.members()) == 4
        assert world.waiting() == {}


def counted(world: World) -> int:
    """Return how many calls of today ccsync has written down."""
    today = f"{world.clock.now():%Y-%m-%d}"
    with sqlite3.connect(world.folder / "state" / ".sandbox" / "calls.sqlite") as db:
        rows = db.execute("SELECT used FROM days WHERE day = ?", (today,)).fetchall()
    db.close()
    return sum(int(used) for (used,) in rows)


def served(world: World) -> int:
    """Return how many calls of today the service has counted."""
    return world.constant_contact.calls().get(f"{world.clock.now():%Y-%m-%d}", 0)


LOGIN = 1
"""The login asks once whose account it opens."""


class TestTheDayIsNotSpent:
    def test_every_request_is_counted_as_the_service_counts_it(self, world: World) -> None:
        people = world.people(3)
        world.run()
        for number, kind in enumerate(("throttled", "status_503", "reset_after", "truncated", "html", "unauthorized")):
            world.change(people[number % 3], JobTitle=f"Title {number}")
            world.sandbox.faults.add(Fault(kind, service="constant-contact", path_prefix="/v3/contacts"))  # type: ignore[arg-type] # one of them
            world.run()
        refused_at_the_gate = 4  # throttled, 503, HTML and 401 of the injected kind never reach the service's count
        assert counted(world) == served(world) + refused_at_the_gate

    def test_an_account_with_the_same_client_id_counts_with_it(self, world: World) -> None:
        world.people(3)
        world.run()
        before = counted(world)
        world.config.write_text(world.config.read_text().replace('"acme"', '"beta"'))
        report = world.run()
        assert counted(world) == before + LOGIN + report.calls["constant_contact"]

    def test_two_accounts_with_one_client_id_have_one_day(self, world: World) -> None:
        real = '[membrain]\ninstance = "acme"\n\n[constant_contact]\nclient_id = "made-up-client-id"'
        text = world.config.read_text().replace("[sandbox]\nenabled = true", real)
        for used, account in enumerate(("acme", "beta")):
            world.config.write_text(text.replace('"acme"', f'"{account}"', 1))
            with world.application().call_budget() as budget:
                assert budget.snapshot().used == used
                budget.spend()

    def test_four_a_second_are_never_exceeded(self, world: World) -> None:
        world.run()
        world.constant_contact.set_switches(throttle_per_second=4)
        world.people(3)
        settle(world)
        assert 429 not in {line["status"] for line in world.constant_contact.log()}

    def test_throttled_is_waited_for(self, world: World) -> None:
        world.people(3)
        world.sandbox.faults.add(Fault("throttled", service="constant-contact", path_prefix="/v3/", times=5))
        began = world.clock.now()
        assert world.run().exit_code is ExitCode.DONE
        assert world.clock.now() - began > timedelta(minutes=3, seconds=5)
        assert len(world.members()) == 3

    def test_throttled_for_ever_ends_the_run_with_try_later(self, world: World) -> None:
        world.sandbox.faults.add(
            Fault("throttled", service="constant-contact", path_prefix="/v3/", times=None, after=1)
        )
        report = world.run()
        assert (report.exit_code, report.code) == (ExitCode.TRY_LATER, "throttled")

    def test_quota_exceeded_stops_every_call_until_midnight_utc(self, world: World) -> None:
        world.people(3)
        world.run()
        world.sandbox.faults.add(Fault("quota_exceeded", service="constant-contact", path_prefix="/v3/", times=1))
        assert world.run().exit_code is ExitCode.TRY_LATER
        asked = served(world)
        for _ in range(3):
            world.wait(hours=3)
            report = world.run()
            assert (report.exit_code, report.code) == (ExitCode.TRY_LATER, "quota_spent")
            assert "00:00 UTC" in report.message
        assert served(world) == asked
        world.clock._now = MIDNIGHT
        assert world.run().exit_code is ExitCode.DONE

    def test_the_reserve_lets_opt_outs_through_when_all_else_must_stop(self, world: World) -> None:
        world.people(3)
        world.run()
        spend_all_but_the_reserve(world)
        world.constant_contact.people.unsubscribe(world.id_of("person1@example.com"))
        report = world.run()
        assert (report.exit_code, report.code) == (ExitCode.TRY_LATER, "quota_spent")
        assert [line["contact"] for line in world.events(report, "consent.changed")] == ["person1@example.com"]

    def test_it_lets_them_through_while_a_job_is_on(self, world: World) -> None:
        world.people(3)
        world.run()
        world.people(1)
        world.sandbox.faults.add(Fault("stuck_activity", path_prefix="/v3/activities/contacts_json_import"))
        world.run()
        spend_all_but_the_reserve(world)
        world.constant_contact.people.unsubscribe(world.id_of("person1@example.com"))
        report = world.run()
        assert report.exit_code is ExitCode.TRY_LATER
        assert [line["contact"] for line in world.events(report, "consent.changed")] == ["person1@example.com"]

    def test_it_lets_them_through_when_everything_should_be_compared(self, world: World) -> None:
        world.people(3)
        world.run()
        world.wait(hours=26)
        spend_all_but_the_reserve(world)
        world.constant_contact.people.unsubscribe(world.id_of("person1@example.com"))
        report = world.run()
        assert report.exit_code is ExitCode.TRY_LATER
        assert [line["contact"] for line in world.events(report, "consent.changed")] == ["person1@example.com"]

    def test_no_timestamp_moves_when_the_day_is_spent(self, world: World) -> None:
        person = world.person("Ann Berg", "ann@example.com", JobTitle="Clerk")
        world.run()
        stamps = world.read_up_to()
        spend_all_but_the_reserve(world)
        world.change(person, JobTitle="Head clerk")
        world.run()
        assert world.read_up_to() == stamps
        world.configure()
        world.clock._now = MIDNIGHT + timedelta(hours=1)
        assert world.run().exit_code is ExitCode.DONE
        assert world.contact("ann@example.com")["job_title"] == "Head clerk"


def spend_all_but_the_reserve(world: World) -> None:
    """Lower the day's calls to what was made so far, the reserve of a tenth not counted."""
    normal = counted(world)
    day = next(day for day in range(normal, 2 * normal + 20) if day - day // 10 >= normal and day >= 10)
    world.configure(tables=f"[constant_contact]\nrequests_per_day = {day}\nopt_out_reserve = {day // 10}")
    for _ in range(day):
        if counted(world) >= day - day // 10:
            return
        world.run()
    raise AssertionError("runs without end are not counted")
