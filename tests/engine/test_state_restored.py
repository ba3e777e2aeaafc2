"""A state put back from a backup is older than what was done since, and undoes none of it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.engine.instance import INSTANCE
from ccsync.engine.options import Result
from ccsync.engine.run import ACCOUNT
from ccsync.engine.streams import BLIND
from ccsync.errors import LocalError, Locked
from ccsync.sandbox.faults import Fault
from ccsync.state.folder import AccountLock
from ccsync.state.sqlite import SqliteStore
from ccsync.sync.operations import IntentState
from ccsync.sync.records import ContactId, MembrainId
from ccsync.wiring import restore
from ccsync.wiring.backup import back_up
from ccsync.wiring.restore import Restored, put_back

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import World

ANN, BO = "ann@example.com", "bo@example.com"
TO_MEMBRAIN = "constant-contact-to-membrain"


def backed_up(world: World, name: str = "backup.zip", **options: Any) -> Path:
    where, target = world.application(), world.folder / name
    back_up(where.folder, "acme", target, world.clock, **{"logs": False, **options})
    return target


def restored(world: World, backup: Path, *, blind: bool = False) -> Restored:
    """Put a backup back; ``blind`` as on another machine, where no later state is."""
    folder = world.application().folder
    if blind:
        for path in folder.glob("state.sqlite*"):
            path.unlink()
    return put_back(folder, "acme", backup, world.clock)


SLOW = pytest.mark.slow
BESIDE, ELSEWHERE = "beside a later state", "on another machine"
BLINDLY = pytest.mark.parametrize(
    "blind", [pytest.param(False, id=BESIDE, marks=SLOW), pytest.param(True, id=ELSEWHERE)]
)


# --- what is never undone ---------------------------------------------------------------------------------------------


@BLINDLY
def test_whoever_was_taken_off_by_hand_since_is_not_put_back(world: World, blind: bool) -> None:
    world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    world.run()
    restored(world, backup, blind=blind)

    world.run()
    world.quietly()

    assert ANN not in world.members()
    assert world.waiting() == {ANN: "removed_by_hand"}


@BLINDLY
def test_whoever_came_on_the_list_and_was_taken_off_since_is_not_put_back(world: World, blind: bool) -> None:
    """The backup knows nothing of it, neither that they were put there nor that they were taken off."""
    ann = world.person("Ann Berg", ANN, Newsletter="No")
    world.people(3)
    world.subscriber(BO, first_name="Bo")
    world.run()
    backup = backed_up(world)
    world.change(ann, Newsletter="Yes")
    world.person("Bo Dahl", BO)
    world.run()
    assert {ANN, BO} <= world.members()
    for one in (ANN, BO):
        world.constant_contact.people.take_off_list(world.id_of(one), world.list_id())
    world.run(full=True)
    restored(world, backup, blind=blind)

    world.run()
    world.quietly()

    assert {ANN, BO} & world.members() == set()
    assert world.waiting() == {ANN: "removed_by_hand", BO: "removed_by_hand"}


@SLOW
def test_whom_ccsync_only_put_on_the_list_and_somebody_took_off_since_is_not_put_back(world: World) -> None:
    """They look as they did in the backup: nothing but the contact's time of change tells."""
    world.people(3)
    world.subscriber(BO, first_name="Bo", last_name="Dahl")
    world.run()
    backup = backed_up(world)
    world.person("Bo Dahl", BO)
    world.run()
    assert BO in world.members()
    world.constant_contact.people.take_off_list(world.id_of(BO), world.list_id())
    world.run(full=True)
    restored(world, backup, blind=True)

    world.run()

    assert BO not in world.members()


def test_putting_a_backup_back_twice_on_another_machine_is_as_careful_as_once(world: World) -> None:
    """The state that the first time has left knows no more than the backup."""
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.person("Bo Dahl", BO)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(BO), world.list_id())
    restored(world, backup, blind=True)

    done = restored(world, backup)
    world.run()

    assert not done.carried_over
    assert BO not in world.members()


@SLOW
def test_whom_somebody_put_back_on_the_list_since_is_not_taken_off(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    people = world.constant_contact.people
    people.take_off_list(world.id_of(ANN), world.list_id())
    world.run(full=True)
    people.put_on_list(world.id_of(ANN), world.list_id())
    world.run(full=True)
    restored(world, backup)
    world.run()
    world.change(ann, Newsletter="No")

    world.run()

    assert ANN in world.members()


@SLOW
def test_whom_ccsync_itself_took_off_since_comes_back_when_they_enter_again(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.change(ann, Newsletter="No")
    world.run()
    assert ANN not in world.members()
    restored(world, backup)
    world.run()
    world.change(ann, Newsletter="Yes")

    world.run()

    assert ANN in world.members()


@SLOW
def test_over_a_state_that_began_anew_a_backup_still_knows_whom_ccsync_put_on_the_list(world: World) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    for path in world.application().folder.glob("state.sqlite*"):
        path.unlink()
    world.run()
    assert restored(world, backup).carried_over
    world.run()
    world.change(ann, Newsletter="No")

    world.run()

    assert ANN not in world.members()


def test_what_somebody_edited_after_ccsync_wrote_it_since_is_kept(world: World) -> None:
    ann = world.person("Ann Berg", ANN, JobTitle="CEO")
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.change(ann, JobTitle="CFO")
    world.run()
    world.constant_contact.people.edit(world.id_of(ANN), job_title="Boss")
    world.run()
    restored(world, backup)

    world.quietly()

    assert world.contact(ANN)["job_title"] == "Boss"


@SLOW
@pytest.mark.parametrize("fact", [ACCOUNT, INSTANCE])
def test_nothing_is_taken_over_from_the_state_of_another_account(world: World, fact: str) -> None:
    world.people(1)
    world.run()
    backup = backed_up(world)
    store = SqliteStore.open(world.application().state_path)
    store.progress.set_fact(fact, "another")
    store.agreement.link(MembrainId("m-theirs"), ContactId("c-theirs"))
    store.close()

    done = restored(world, backup)

    assert not done.carried_over
    with world.application().reader() as known:
        assert known is not None
        assert known.agreement.links([MembrainId("m-theirs")]) == {}
    assert world.fact(BLIND) is not None


@SLOW
@BLINDLY
def test_whoever_was_deleted_since_is_not_revived(world: World, blind: bool) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.constant_contact.people.delete(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")
    world.run()
    restored(world, backup, blind=blind)

    world.run()
    world.quietly()

    assert ANN not in world.members()
    assert world.waiting() == {ANN: "deleted"}


@SLOW
@BLINDLY
def test_whoever_opted_out_since_is_left_alone(world: World, blind: bool) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.constant_contact.people.unsubscribe(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")
    world.run()
    restored(world, backup, blind=blind)

    world.run()

    assert world.waiting() == {ANN: "opted_out"}
    assert "job_title" not in world.contact(ANN)


@SLOW
def test_whoever_was_made_and_erased_since_is_not_made_again_where_a_later_state_tells(world: World) -> None:
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.erase(world.id_of(ANN))
    world.two_sweeps()
    world.run()
    restored(world, backup)

    world.run()

    assert world.contacts(ANN) == []


@SLOW
@BLINDLY
def test_whoever_was_erased_since_is_not_made_again(world: World, blind: bool) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(3)
    world.run()
    backup = backed_up(world)
    world.constant_contact.people.erase(world.id_of(ANN))
    world.change(ann, JobTitle="CEO")
    restored(world, backup, blind=blind)

    world.run()
    world.two_sweeps()
    world.run()

    assert world.contacts(ANN) == []


@SLOW
@BLINDLY
def test_nobody_is_made_twice_in_membrain(world: World, blind: bool) -> None:
    world.configure(direction=TO_MEMBRAIN, filter="")
    list_id = world.constant_contact.people.add_list("Customers")
    world.company()
    world.run()
    backup = backed_up(world)
    world.subscriber(BO, first_name="Bo", last_name="Dahl", company_name="Nordlys AS")
    world.constant_contact.people.put_on_list(world.id_of(BO), list_id)
    world.run()
    before = world.in_membrain(BO)["Id"]
    restored(world, backup, blind=blind)

    world.run()

    assert world.in_membrain(BO)["Id"] == before


@SLOW
@pytest.mark.parametrize(("blind", "stays"), [(False, False), (True, True)], ids=[BESIDE, ELSEWHERE])
def test_whom_ccsync_put_on_the_list_since_it_takes_off_only_where_a_later_state_tells(
    world: World, blind: bool, stays: bool
) -> None:
    world.people(3)
    world.run()
    backup = backed_up(world)
    ann = world.person("Ann Berg", ANN)
    world.run()
    restored(world, backup, blind=blind)
    world.run()
    world.change(ann, Newsletter="No")

    world.run()

    assert (ANN in world.members()) is stays


# --- what is read, and what goes on as before -------------------------------------------------------------------------


@BLINDLY
def test_everything_is_read_before_anything_is_written(world: World, blind: bool) -> None:
    ann = world.person("Ann Berg", ANN)
    world.people(2)
    world.run()
    backup = backed_up(world)
    world.change(ann, JobTitle="CEO")
    world.run()
    world.change(ann, JobTitle="CFO")
    restored(world, backup, blind=blind)
    assert world.read_up_to() == {}

    report = world.run()

    assert world.contact(ANN)["job_title"] == "CFO"
    told = [line["event"] for line in world.events(report, "stream.pulled") if "read whole" in line["message"]]
    assert len(told) == 3
    assert report.counts.unchanged + report.counts.updated == 3


@SLOW
@BLINDLY
def test_when_nothing_happened_since_nothing_is_written(world: World, blind: bool) -> None:
    world.people(4)
    world.run()
    world.run()
    backup = backed_up(world)
    restored(world, backup, blind=blind)

    assert world.quietly().counts.unchanged == 4
    assert world.quietly().counts.unchanged == 0


@SLOW
def test_whoever_enters_after_a_restore_on_another_machine_is_put_on_the_list(world: World) -> None:
    world.people(2)
    world.run()
    restored(world, backed_up(world), blind=True)
    world.run()
    world.subscriber(BO, first_name="Bo")
    world.run()
    world.person("Bo Dahl", BO)

    world.run()

    assert BO in world.members()
    assert world.fact(BLIND) is None


def test_people_who_count_as_taken_off_are_told_and_come_back_by_a_hand_on_the_list(world: World) -> None:
    world.people(2)
    world.run()
    backup = backed_up(world)
    world.subscriber(BO, first_name="Bo")
    world.person("Bo Dahl", BO)
    restored(world, backup, blind=True)

    report = world.run()

    assert any("1 contacts that changed since" in warning for warning in report.warnings)
    assert world.waiting() == {BO: "removed_by_hand"}
    world.constant_contact.people.put_on_list(world.id_of(BO), world.list_id())
    world.run(full=True)
    assert world.waiting() == {}


@SLOW
def test_a_restored_state_that_cannot_read_everything_stays_careful(world: World) -> None:
    world.people(2)
    world.run()
    backup = backed_up(world)
    world.person("Ann Berg", ANN)
    world.run()
    world.constant_contact.people.take_off_list(world.id_of(ANN), world.list_id())
    restored(world, backup, blind=True)
    world.sandbox.faults.add(Fault("status_503", service="membrain", path_prefix="/API/v2/companies/", times=None))
    assert world.run().result is Result.FAILED
    world.sandbox.faults.clear()

    world.run()

    assert ANN not in world.members()


@SLOW
def test_what_was_on_its_way_when_the_backup_was_taken_is_not_sent_again(world: World) -> None:
    """Neither somebody who was being made then, nor somebody who was being put on the list."""
    world.subscriber(ANN, first_name="Ann", last_name="Berg")
    world.people(2)
    world.run()
    world.constant_contact.set_switches(activity_seconds=600)
    world.person("Ann Berg", ANN)
    world.person("Bo Dahl", BO)
    world.run()
    with world.application().reader() as store:
        assert store is not None
        assert store.work.intent_count(IntentState.SENT) == 2
    backup = backed_up(world)
    world.wait(minutes=20)
    world.run()
    assert {ANN, BO} <= world.members()
    for one in (ANN, BO):
        world.constant_contact.people.take_off_list(world.id_of(one), world.list_id())
    restored(world, backup, blind=True)
    with world.application().reader() as store:
        assert store is not None
        assert (store.work.intent_count(), store.work.batches()) == (0, [])  # or an old job would be looked for

    world.run()
    world.wait(minutes=20)
    world.quietly()

    assert {ANN, BO} & world.members() == set()


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_backup_taken_in_the_middle_of_a_run_is_whole(world: World) -> None:
    world.people(5)
    taken: list[Path] = []
    world.wires.after("GET /API/v2/companies/", lambda: taken.append(backed_up(world)))
    world.run()
    assert len(world.members()) == 5

    restored(world, taken[0], blind=True)
    report = world.run()

    assert report.result is Result.SUCCESS
    assert len(world.members()) == 5


@SLOW
def test_a_backup_is_its_owners_alone_and_leaves_nothing_beside_it(world: World) -> None:
    world.people(1)
    world.run()
    beside = {"state.sqlite-shm", "state.sqlite-wal"}  # those of whoever reads
    before = {path.name for path in world.application().folder.iterdir()}

    path = backed_up(world)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {one.name for one in world.application().folder.iterdir()} - beside == before - beside


@SLOW
def test_the_present_state_is_kept_beside_it_and_can_be_put_back_by_hand(world: World) -> None:
    world.people(2)
    world.run()
    backup = backed_up(world)
    world.person("Ann Berg", ANN)
    world.run()
    folder = world.application().folder

    done = restored(world, backup)

    assert done.aside is not None
    assert done.carried_over
    assert {path.name for path in folder.glob("state*")} == {"state.sqlite", done.aside.name}
    assert stat.S_IMODE(done.aside.stat().st_mode) == 0o600
    done.aside.replace(folder / "state.sqlite")
    assert world.quietly().result is Result.SUCCESS
    assert set(world.read_up_to())


def test_while_somebody_reads_the_present_state_all_of_it_is_kept_and_taken_over(world: World) -> None:
    """Whoever reads keeps the latest part of a state in the file beside it."""
    world.people(3)
    world.run()
    backup = backed_up(world)
    with closing(sqlite3.connect(world.application().state_path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contact").fetchone()
        world.person("Bo Dahl", BO)
        world.run()
        world.constant_contact.people.take_off_list(world.id_of(BO), world.list_id())
        world.run(full=True)
        done = restored(world, backup)

    world.run()

    assert BO not in world.members()
    assert done.aside is not None
    with closing(sqlite3.connect(done.aside)) as kept:
        assert kept.execute("SELECT count(*) FROM standing WHERE standing = 'taken-off'").fetchone() == (1,)


@SLOW
def test_what_a_killed_restore_has_left_does_not_get_into_the_next_one(world: World) -> None:
    world.people(3)
    world.run()
    backup = backed_up(world)
    coming = world.application().folder / "state.sqlite.coming"
    log = coming.with_name(f"{coming.name}-wal")
    shutil.copyfile(world.application().state_path, coming)
    with closing(sqlite3.connect(coming)) as killed:
        killed.execute("PRAGMA journal_mode = WAL")
        killed.execute("DELETE FROM link")
        killed.commit()
        left = log.read_bytes()
    log.write_bytes(left)

    restored(world, backup, blind=True)

    with closing(sqlite3.connect(world.application().state_path)) as state:
        assert state.execute("SELECT count(*) FROM link").fetchone() == (3,)


@SLOW
def test_what_a_killed_backup_has_left_goes_with_the_next_one_and_not_that_of_a_living_one(world: World) -> None:
    world.people(1)
    world.run()
    folder = world.application().folder
    killed, living = (folder / f"state.sqlite.backup-{pid}" for pid in (999_999_999, os.getppid()))
    for path in (killed, living):
        path.write_text("people", "utf-8")

    backed_up(world)

    assert set(folder.glob("*.backup-*")) == {living}


@SLOW
def test_a_damaged_present_state_is_kept_and_counts_as_none(world: World) -> None:
    world.people(2)
    world.run()
    backup = backed_up(world)
    path = world.application().state_path
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LocalError):
        world.run()

    done = restored(world, backup)

    assert done.aside is not None
    assert done.aside.read_bytes() == b"not a database" * 1000
    assert not done.carried_over
    assert world.fact(BLIND) is not None
    assert world.run().result is Result.SUCCESS


@SLOW
def test_a_restore_that_fails_half_way_leaves_everything_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.people(2)
    world.run()
    backup = backed_up(world)
    folder = world.application().folder

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("_unpack", "carry_over", "prepare_store", "onto_the_disk"):
        with monkeypatch.context() as patch:
            patch.setattr(restore, place, full)
            with pytest.raises(LocalError, match="No space left"):
                restored(world, backup)
        assert {path.name for path in folder.glob("state*")} - {"state.sqlite-shm", "state.sqlite-wal"} == {
            "state.sqlite"
        }

    assert world.quietly().counts.unchanged == 0


@SLOW
def test_no_run_begins_while_a_state_is_put_back(world: World) -> None:
    world.people(1)
    world.run()

    with AccountLock(world.application().folder, world.clock), pytest.raises(Locked):
        world.run()
