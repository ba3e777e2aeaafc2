"""`ccsync state`: a backup of what ccsync knows, and putting it back."""

from __future__ import annotations

import json
import sqlite3
import stat
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from ccsync.state import forgotten
from ccsync.state.folder import AccountLock, ServiceLock
from ccsync.sync.records import Contact, ContactId, MembrainId, MembrainRecord, Resource

from .real_account import READ, Account, MinuteClock, account_read_up_to_noon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Outcome

ANN = "ann@example.com"

SLOW = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an account that knows a person on both sides, and has a log."""
    made = account_read_up_to_noon(tmp_path)
    store = made.open()
    store.mirror.put_records([MembrainRecord(Resource.CONTACTS, MembrainId("m1"), {"EmailAddress": ANN})])
    store.mirror.put_contacts([Contact(ContactId("c1"), ANN, {"first_name": "Ann"})])
    store.agreement.link(MembrainId("m1"), ContactId("c1"))
    store.close()
    log = made.folder / "logs" / "2026-11-22" / "20261122T120000Z-0001.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"event":"run.started"}\n', "utf-8")
    return made


@pytest.fixture
def backup(account: Account, tmp_path: Path) -> Path:
    """Return a backup of the account."""
    path = tmp_path / "backup.zip"
    assert account("state", "backup", str(path)).code == 0
    return path


def write_newer(path: Path) -> None:
    """Leave a state as a later version of ccsync would."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def with_a_password(data: bytes) -> bytes:
    """Return a zip whose entries say that they are encrypted."""
    marked = bytearray(data)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = marked.find(signature)
        while at >= 0:
            marked[at + flags] |= 1
            at = marked.find(signature, at + 1)
    return bytes(marked)


def refused(outcome: Outcome) -> dict[str, str]:
    (error,) = outcome.envelope["errors"]
    assert error["hint"]
    return {"code": error["code"], "message": error["message"]}


class TestBackup:
    def test_the_path_is_the_only_line_and_the_file_is_its_owners_alone(self, account: Account, tmp_path: Path) -> None:
        path = tmp_path / "backup.zip"
        assert account("state", "backup", str(path)).stdout == f"{path}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @SLOW
    def test_without_a_name_it_lies_in_the_current_folder(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = account("state", "backup", "--json").data["path"]
        assert path == str(tmp_path / "ccsync-acme-state-20261123T120100Z.zip")

    @SLOW
    def test_in_a_folder_that_is_named_it_gets_a_name_of_its_own(self, account: Account, tmp_path: Path) -> None:
        path = account("state", "backup", str(tmp_path), "--json").data["path"]
        assert path == str(tmp_path / "ccsync-acme-state-20261123T120100Z.zip")

    @SLOW
    def test_logs_are_in_it_when_they_are_asked_for(self, account: Account, backup: Path, tmp_path: Path) -> None:
        assert set(zipfile.ZipFile(backup).namelist()) == {"state.sqlite", "backup.json"}
        data = account("state", "backup", str(tmp_path / "more.zip"), "--with-logs", "--json").data
        assert data["logs"] == 1
        assert "logs/2026-11-22/20261122T120000Z-0001.jsonl" in zipfile.ZipFile(data["path"]).namelist()

    @SLOW
    def test_no_credential_is_in_it(self, account: Account, tmp_path: Path) -> None:
        for name in ("credentials", "key"):
            (account.folder / name).write_text("secret-of-the-test", "utf-8")
        path = tmp_path / "more.zip"
        account("state", "backup", str(path), "--with-logs")
        with zipfile.ZipFile(path) as archive:
            assert not any(b"secret-of-the-test" in archive.read(name) for name in archive.namelist())

    @SLOW
    def test_a_file_that_exists_is_not_overwritten(self, account: Account, backup: Path) -> None:
        before = backup.read_bytes()
        outcome = account("state", "backup", str(backup), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (2, "file_exists")
        assert backup.read_bytes() == before

    def test_while_the_service_and_a_run_are_on_it_works(self, account: Account, tmp_path: Path) -> None:
        with ServiceLock(account.folder, MinuteClock()), AccountLock(account.folder, MinuteClock()):
            assert account("state", "backup", str(tmp_path / "backup.zip")).code == 0

    @SLOW
    def test_a_folder_that_is_not_there_is_told(self, account: Account, tmp_path: Path) -> None:
        outcome = account("state", "backup", str(tmp_path / "nowhere" / "backup.zip"), "--json")
        assert outcome.code == 74
        assert "cannot be written: No such file" in refused(outcome)["message"]
        assert not list(account.folder.glob("*backup*"))

    @SLOW
    def test_before_the_first_run_there_is_nothing_to_back_up(self, account: Account, tmp_path: Path) -> None:
        (account.folder / "state.sqlite").unlink()
        outcome = account("state", "backup", str(tmp_path / "backup.zip"), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (74, "no_state")


class TestRestore:
    def test_what_the_backup_knew_is_known_again_and_is_to_be_read_again(self, account: Account, backup: Path) -> None:
        for path in account.folder.glob("state.sqlite*"):
            path.unlink()
        outcome = account("state", "restore", str(backup))
        assert outcome.code == 0
        assert "The next run reads and compares everything before it writes" in outcome.stdout
        store = account.open()
        assert store.agreement.links([MembrainId("m1")]) == {"m1": "c1"}
        assert store.progress.timestamps() == {}
        store.close()
        assert {name for name, one in account.shown().items() if one["set_back"]} >= set(READ)
        assert "timestamp undo" not in account("timestamp", "show").stdout

    @SLOW
    def test_forward_after_it_is_refused_without_a_word_of_a_move_to_take_back(
        self, account: Account, backup: Path
    ) -> None:
        account("state", "restore", str(backup))
        outcome = account("timestamp", "set", "1d")
        assert outcome.code == 2
        assert "undo" not in outcome.stderr

    @SLOW
    def test_it_is_written_down_in_the_log(self, account: Account, backup: Path) -> None:
        account("state", "restore", str(backup))
        (line,) = (one for one in account.events() if one.get("taken"))
        assert line["level"] == "info"
        assert f"was put back from {backup}" in line["message"]

    @SLOW
    def test_logs_come_back_where_they_are_missing(self, account: Account, tmp_path: Path) -> None:
        path = tmp_path / "more.zip"
        account("state", "backup", str(path), "--with-logs")
        (log,) = (account.folder / "logs").glob("*/*")
        log.unlink()
        account("state", "restore", str(path))
        assert log.read_text("utf-8") == '{"event":"run.started"}\n'
        assert stat.S_IMODE(log.stat().st_mode) == 0o600

    @pytest.mark.parametrize("lock", [ServiceLock, AccountLock])
    def test_while_the_service_or_a_run_is_on_it_is_refused_with_the_command_that_stops_it(
        self, account: Account, backup: Path, lock: type[AccountLock]
    ) -> None:
        before = (account.folder / "state.sqlite").read_bytes()
        with lock(account.folder, MinuteClock()):
            outcome = account("state", "restore", str(backup), "--json")
        assert outcome.code == 75
        assert "daemon stop" in outcome.envelope["errors"][0]["hint"]
        assert (account.folder / "state.sqlite").read_bytes() == before

    @pytest.mark.parametrize(
        "harm",
        [
            lambda data: data[:2000],
            lambda data: data[:200] + bytes(200) + data[400:],
            lambda _: b"something else",
            with_a_password,
        ],
        ids=["cut off", "a hole in it", "another file", "with a password"],
    )
    def test_a_damaged_backup_is_refused_and_nothing_changes(
        self, account: Account, backup: Path, harm: Callable[[bytes], bytes]
    ) -> None:
        backup.write_bytes(harm(backup.read_bytes()))
        outcome = account("state", "restore", str(backup), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (74, "damaged_backup")
        assert "is damaged, or no backup of ccsync" in refused(outcome)["message"]
        assert set(account.read_up_to()) == set(READ)
        assert [path.name for path in account.folder.glob("state*")] == ["state.sqlite"]

    def test_a_backup_of_a_newer_ccsync_is_refused_with_one_clear_line(self, account: Account, tmp_path: Path) -> None:
        write_newer(account.folder / "state.sqlite")
        path = tmp_path / "newer.zip"
        assert account("state", "backup", str(path)).code == 0
        (account.folder / "state.sqlite").unlink()
        outcome = account("state", "restore", str(path))
        assert outcome.code == 74
        first, following = outcome.stderr.splitlines()
        assert f"the state in {path} was written by a newer ccsync" in first
        assert "update ccsync" in following

    @SLOW
    def test_another_accounts_backup_is_refused(self, account: Account, backup: Path) -> None:
        with zipfile.ZipFile(backup) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(backup, "w") as archive:
            for name, data in kept.items():
                if name == "backup.json":
                    archive.writestr(name, json.dumps({**json.loads(data), "account": "other"}))
                else:
                    archive.writestr(name, data)
        outcome = account("state", "restore", str(backup), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (2, "other_account")

    @SLOW
    def test_names_that_lead_out_of_the_folder_are_not_unpacked(self, account: Account, backup: Path) -> None:
        with zipfile.ZipFile(backup, "a") as archive:
            for name in ("../escaped", "logs/../../escaped", "logs/2026-11-22/../escaped", "credentials"):
                archive.writestr(name, "x")
        assert account("state", "restore", str(backup)).code == 0
        assert not list(account.root.rglob("escaped"))
        assert not (account.folder / "credentials").exists()

    @SLOW
    def test_a_file_that_is_not_there_is_told(self, account: Account, tmp_path: Path) -> None:
        outcome = account("state", "restore", str(tmp_path / "nowhere.zip"), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (2, "no_file")


class TestForgottenPeople:
    def test_whoever_was_forgotten_after_the_backup_does_not_come_back_with_it(
        self, account: Account, backup: Path
    ) -> None:
        assert account("forget", ANN, "--yes").code == 0
        outcome = account("state", "restore", str(backup))
        assert outcome.code == 0
        assert "1 people in it were forgotten since" in outcome.stdout
        state = b"".join(path.read_bytes() for path in account.folder.glob("state.sqlite*"))
        assert ANN.encode() not in state

    @SLOW
    def test_on_another_machine_the_marks_come_with_the_backup(self, account: Account, tmp_path: Path) -> None:
        account("forget", ANN, "--yes")
        path = tmp_path / "later.zip"
        account("state", "backup", str(path))
        (tmp_path / "elsewhere").mkdir()
        elsewhere = account_read_up_to_noon(tmp_path / "elsewhere")
        assert elsewhere("state", "restore", str(path)).code == 0
        known = forgotten.load(elsewhere.folder)
        assert known.admitted_contacts([Contact(ContactId("c9"), ANN, {})], lambda _: {}, lambda _: ()) == []

    @SLOW
    def test_whoever_was_forgotten_before_the_backup_is_known_where_others_are_remembered_too(
        self, account: Account, tmp_path: Path
    ) -> None:
        account("forget", ANN, "--yes")
        marks = account.folder / forgotten.FILE_NAME
        earlier = marks.read_bytes()
        account("forget", "bo@example.com", "--yes")
        path = tmp_path / "later.zip"
        account("state", "backup", str(path))
        marks.write_bytes(earlier)  # as on a machine that ccsync was moved away from, and comes back to
        assert account("state", "restore", str(path)).code == 0
        known = forgotten.load(account.folder)
        assert [known.since(one) is not None for one in (ANN, "bo@example.com")] == [True, True]

    @SLOW
    def test_marks_without_their_key_are_refused(self, account: Account, backup: Path) -> None:
        with zipfile.ZipFile(backup, "a") as archive:
            archive.writestr(forgotten.FILE_NAME, '{"people": []}')
        outcome = account("state", "restore", str(backup), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (74, "damaged_backup")
        assert not (account.folder / forgotten.FILE_NAME).exists()

    @SLOW
    def test_two_folders_that_remember_by_different_keys_are_not_mixed(self, account: Account, tmp_path: Path) -> None:
        account("forget", ANN, "--yes")
        path = tmp_path / "later.zip"
        account("state", "backup", str(path))
        (tmp_path / "elsewhere").mkdir()
        elsewhere = account_read_up_to_noon(tmp_path / "elsewhere")
        elsewhere("forget", "bo@example.com", "--yes")
        outcome = elsewhere("state", "restore", str(path), "--json")
        assert (outcome.code, refused(outcome)["code"]) == (74, "other_key")
        assert set(elsewhere.read_up_to()) == set(READ)


@SLOW
@pytest.mark.parametrize("words", [("status",), ("timestamp", "show"), ("timestamp", "reset"), ("run", "--once")])
def test_a_state_that_a_newer_ccsync_has_written_is_refused_by_an_older_one_with_one_clear_line(
    account: Account, words: tuple[str, ...]
) -> None:
    write_newer(account.folder / "state.sqlite")
    outcome = account(*words)
    assert outcome.code == 74
    first, following = outcome.stderr.splitlines()
    assert "was written by a newer ccsync (version 99 of its tables" in first
    assert following.endswith("update ccsync: pip install --upgrade ccsync")
