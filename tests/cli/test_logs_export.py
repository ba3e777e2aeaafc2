"""`ccsync logs export`, which is `logs download`: one file with everything, in which nobody can be recognised."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import stat
import tempfile
import zipfile
from typing import IO, TYPE_CHECKING, Any

import pytest

from ccsync.cli import logs_export
from ccsync.errors import ExitCode, LocalError
from ccsync.logs import query
from ccsync.logs.key import KEY_FILE, person_key
from ccsync.logs.mask import Masker
from ccsync.logs.read import each

from .conftest import RUN, CommandLine, FakeApplication, write_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.logs.read import LoggedRun

OLDER = "20261121T090000Z-00aa"
NAME = "ccsync-acme-logs-2026-11-23.zip"
ANN = "ann@example.com"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def ccsync(ccsync: CommandLine, after_a_run: FakeApplication, config_file: Path, here: Path) -> CommandLine:
    write_log(after_a_run.folder, OLDER)
    ccsync.variables = {**ccsync.variables, "CCSYNC_CONFIG": str(config_file)}
    return ccsync


def opened(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class TestTheFile:
    @pytest.mark.parametrize("word", ["export", "download"])
    def test_has_its_name_and_its_path_is_all_that_is_printed(self, ccsync: CommandLine, here: Path, word: str) -> None:
        outcome = ccsync("logs", word)
        assert (outcome.code, outcome.stdout, outcome.stderr) == (ExitCode.DONE, f"{here / NAME}\n", "")
        assert names(here) == [NAME]

    def test_its_path_is_in_json_with_what_went_into_it(self, ccsync: CommandLine, here: Path) -> None:
        data = ccsync("logs", "export", "--json").data
        size = (here / NAME).stat().st_size
        assert data == {
            "path": str(here / NAME),
            "format": "zip",
            "masked": True,
            "runs": 2,
            "lines": 8,
            "bytes": size,
        }

    def test_is_for_its_owner_alone(self, ccsync: CommandLine, here: Path) -> None:
        ccsync("logs", "export")
        assert stat.S_IMODE((here / NAME).stat().st_mode) == 0o600

    def test_goes_where_it_is_told(self, ccsync: CommandLine, here: Path, tmp_path: Path) -> None:
        assert ccsync("logs", "export", "--output", "case.zip").stdout == f"{here / 'case.zip'}\n"
        assert ccsync("logs", "export", "--output", str(tmp_path)).stdout == f"{tmp_path / NAME}\n"

    def test_a_folder_that_is_not_there_is_wrong_usage(self, ccsync: CommandLine) -> None:
        outcome = ccsync("logs", "export", "--output", "no/case.zip")
        assert (outcome.code, "there is no folder no" in outcome.stderr) == (ExitCode.USAGE, True)

    def test_replaces_nothing_unless_told(self, ccsync: CommandLine, here: Path) -> None:
        (here / NAME).write_text("mine")
        outcome = ccsync("logs", "export")
        assert outcome.code == ExitCode.USAGE
        assert "exists already\n  next: --yes replaces it" in outcome.stderr
        assert (here / NAME).read_text() == "mine"
        assert ccsync("logs", "export", "--yes").code == ExitCode.DONE
        assert opened(here / NAME)

    @pytest.mark.parametrize("words", [(), ("--yes",)])
    def test_never_takes_the_place_of_what_is_no_file(
        self, ccsync: CommandLine, here: Path, words: tuple[str, ...]
    ) -> None:
        os.mkfifo(here / "pipe")
        outcome = ccsync("logs", "export", "--output", "pipe", *words)
        assert outcome.code == ExitCode.USAGE
        assert "is no file" in outcome.stderr
        assert stat.S_ISFIFO((here / "pipe").stat().st_mode)

    def test_needs_room_only_where_it_goes(
        self, ccsync: CommandLine, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        temporary = tempfile.TemporaryFile

        def full_elsewhere(*, dir: Path) -> IO[bytes]:  # noqa: A002 - the name that Python gave it
            if dir != here:
                raise OSError(errno.ENOSPC, "No space left on device")
            return temporary(dir=dir)

        monkeypatch.setattr(tempfile, "TemporaryFile", full_elsewhere)
        assert ccsync("logs", "export").code == ExitCode.DONE

    def test_a_full_disk_leaves_nothing_behind(
        self, ccsync: CommandLine, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        person_key_made = ccsync.application.folder / KEY_FILE
        person_key_made.write_bytes(b"k" * 32)
        outcome = ccsync("logs", "export")
        assert outcome.code == ExitCode.LOCAL
        assert "cannot be written: No space left on device; nothing was left there" in outcome.stderr
        assert names(here) == []

    def test_ctrl_c_leaves_nothing_behind(
        self, ccsync: CommandLine, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Masker, "line", stop)
        assert ccsync("logs", "export").code == ExitCode.INTERRUPTED
        assert names(here) == []


class TestTheZip:
    def test_has_the_main_log_each_run_by_date_and_what_support_asks_for(self, ccsync: CommandLine, here: Path) -> None:
        ccsync("logs", "export")
        found = opened(here / NAME)
        runs = [f"runs/2026-11-21/{OLDER}.jsonl", f"runs/2026-11-23/{RUN}.jsonl"]
        assert {"README.txt", "main-log.jsonl", "status.json", "config.json", "versions.json", *runs} <= found.keys()
        assert found["main-log.jsonl"] == "".join(found[name] for name in runs)
        status = json.loads(found["status.json"])
        assert status["last_run"]["id"] == RUN
        assert status.keys() == ccsync("status", "--json").data.keys()
        assert {"key": "account", "value": "acme", "origin": "file", "line": 1} in json.loads(found["config.json"])[
            "settings"
        ]
        assert json.loads(found["versions.json"])["packages"]["requests"]

    def test_names_nobody_anywhere_and_tells_people_apart(
        self, ccsync: CommandLine, after_a_run: FakeApplication, here: Path
    ) -> None:
        ccsync("logs", "export")
        found = opened(here / NAME)
        everything = "\n".join(found.values())
        assert not [canary for canary in ("ann@", "bo@", "person1@") if canary in everything]
        mark = Masker(person_key(after_a_run.folder)).value(ANN)
        assert [event["contact"] for event in events(found["main-log.jsonl"]) if "contact" in event] == [mark, mark]
        assert len({one["contact"] for one in json.loads(found["status.json"])["waiting"]}) == 6

    def test_never_has_the_key_in_it(self, ccsync: CommandLine, after_a_run: FakeApplication, here: Path) -> None:
        ccsync("logs", "export")
        key = person_key(after_a_run.folder)
        assert key not in (here / NAME).read_bytes()
        assert not [name for name in opened(here / NAME) if KEY_FILE in name]

    def test_can_be_of_one_run_or_of_the_last_days(self, ccsync: CommandLine, here: Path) -> None:
        assert ccsync("logs", "export", "--run", "20261121", "--json").data["runs"] == 1
        assert f"runs/2026-11-21/{OLDER}.jsonl" in opened(here / NAME)
        assert ccsync("logs", "export", "--since", "2026-11-22", "--yes", "--json").data["lines"] == 8
        assert ccsync("logs", "export", "--since", "2026-11-23T12:00:04Z", "--yes", "--json").data["lines"] == 2

    def test_a_state_that_cannot_be_read_is_said_in_its_place(
        self, ccsync: CommandLine, after_a_run: FakeApplication, here: Path
    ) -> None:
        after_a_run.broken = LocalError("the state file is damaged")
        assert ccsync("logs", "export").code == ExitCode.DONE
        assert json.loads(opened(here / NAME)["status.json"]) == {"missing": "the state file is damaged"}

    def test_a_log_that_a_run_deletes_meanwhile_is_left_out(
        self, ccsync: CommandLine, after_a_run: FakeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = write_log(after_a_run.folder, OLDER)
        packed = Masker.line

        def deleting(masker: Masker, line: dict[str, Any]) -> dict[str, Any]:
            (after_a_run.folder / "logs" / "2026-11-23" / f"{RUN}.jsonl").unlink(missing_ok=True)
            return packed(masker, line)

        monkeypatch.setattr(Masker, "line", deleting)
        assert gone.exists()
        assert ccsync("logs", "export", "--format", "jsonl", "--json").data["runs"] == 1

    def test_so_is_one_that_is_gone_before_it_is_opened(
        self, ccsync: CommandLine, after_a_run: FakeApplication, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def then_deleted(folder: Path) -> Iterator[LoggedRun]:
            found = list(each(folder))
            (after_a_run.folder / "logs" / "2026-11-21" / f"{OLDER}.jsonl").unlink(missing_ok=True)
            yield from found

        monkeypatch.setattr(logs_export, "each", then_deleted)
        assert ccsync("logs", "export", "--since", "30d", "--json").data["runs"] == 1
        write_log(after_a_run.folder, OLDER)
        monkeypatch.setattr(query, "each", then_deleted)
        for asked in ((), ("--since", "30d"), ("--contact", ANN)):
            assert {one["run"] for one in ccsync("logs", "show", *asked, "--json").data["events"]} == {RUN}
            write_log(after_a_run.folder, OLDER)

    def test_before_the_first_run_there_is_one_all_the_same(
        self, ccsync: CommandLine, after_a_run: FakeApplication, tmp_path: Path
    ) -> None:
        after_a_run.folder = tmp_path / "empty"
        after_a_run.folder.mkdir()
        assert ccsync("logs", "export", "--json").data["runs"] == 0


class TestUnmasked:
    def test_off_a_terminal_wants_yes(self, ccsync: CommandLine, here: Path) -> None:
        outcome = ccsync("logs", "export", "--unmasked")
        assert outcome.code == ExitCode.USAGE
        assert "names, addresses and values of people\n  next: ccsync logs export --unmasked --yes" in outcome.stderr
        assert names(here) == []

    def test_has_the_lines_as_they_are(self, ccsync: CommandLine, here: Path) -> None:
        assert ccsync("logs", "export", "--unmasked", "--yes", "--json").data["masked"] is False
        found = opened(here / NAME)
        assert ANN in found["main-log.jsonl"]
        assert "Not masked" in found["README.txt"]

    @pytest.mark.parametrize(("answer", "files"), [("n\n", []), ("y\n", [NAME])])
    def test_asks_on_a_terminal(self, ccsync: CommandLine, here: Path, answer: str, files: list[str]) -> None:
        ccsync.terminal = True
        outcome = ccsync("logs", "export", "--unmasked", stdin=answer)
        assert "The file will hold names, addresses and values of people." in outcome.stderr
        assert names(here) == files


class TestOtherForms:
    def test_jsonl_is_the_main_log_alone(self, ccsync: CommandLine, here: Path) -> None:
        path = here / NAME.replace("zip", "jsonl")
        assert ccsync("logs", "export", "--format", "jsonl").stdout == f"{path}\n"
        assert [event["run"] for event in events(path.read_text("utf-8"))] == [OLDER] * 4 + [RUN] * 4

    def test_csv_has_a_row_for_each_change_and_opens_in_a_spreadsheet(
        self, ccsync: CommandLine, after_a_run: FakeApplication, here: Path
    ) -> None:
        changes = [{"field": "job_title", "old": "", "new": "CEO, CFO"}, {"field": "custom.Å", "old": "x", "new": "y"}]
        write_log(after_a_run.folder, RUN, {"event": "record.updated", "message": "=1+1", "changes": changes, "n": 1})
        ccsync("logs", "export", "--format", "csv", "--unmasked", "--yes")
        raw = (here / NAME.replace("zip", "csv")).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        found = [row for row in rows if row["event"] == "record.updated"]
        assert [(row["field"], row["old"], row["new"]) for row in found] == [
            ("job_title", "", "CEO, CFO"),
            ("custom.Å", "x", "y"),
        ]
        assert {(row["message"], row["more"]) for row in found} == {("'=1+1", '{"n": 1}')}
