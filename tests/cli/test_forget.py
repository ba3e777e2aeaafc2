"""``ccsync forget EMAIL`` as it is typed: it asks, it refuses, it says what it did and what it cannot do."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.state.folder import ServiceLock

from .example import Clock, typing

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import CommandLine
    from .example import Typed

ANN = "solvi@example.com"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example's account in it, after one run."""
    folder = tmp_path_factory.mktemp("example")
    assert typing(folder)("run", "--once", "--yes").code == 0
    return folder


@pytest.fixture
def example(ran: Path, tmp_path: Path) -> Typed:
    """Return the program with an account of its own that has run once."""
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    return typing(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".sandbox" / "example"


@pytest.mark.slow
def test_off_a_terminal_it_wants_yes(example: Typed, folder: Path) -> None:
    outcome = example("forget", ANN)

    assert outcome.code == 2
    assert "nobody is there to be asked" in outcome.stderr
    assert f"forget {ANN} --yes" in outcome.stderr
    assert not (folder / "forgotten.json").exists()


@pytest.mark.slow
def test_on_a_terminal_it_says_what_it_does_and_asks(example: Typed, folder: Path) -> None:
    refused = example("forget", ANN, terminal=True, stdin="n\n")
    assert (refused.code, refused.stdout) == (0, "")
    assert "It cannot be taken back." in refused.stderr
    assert f"nothing was changed, and {ANN} is not forgotten" in refused.stderr
    assert not (folder / "forgotten.json").exists()

    agreed = example("forget", ANN, terminal=True, stdin="y\n")
    assert agreed.code == 0
    assert agreed.stdout.startswith(f"Forgotten: {ANN}\n")
    assert max(map(len, agreed.stdout.splitlines())) <= 80


@pytest.mark.slow
def test_before_it_asks_it_tells_of_everybody_who_has_the_address(example: Typed) -> None:
    refused = example("forget", "office@fjordbygg.example", terminal=True, stdin="n\n")

    told = " ".join(refused.stderr.split())
    assert "2 contacts of Membrain have this address, and all of them are meant: Birgitta Holm (" in told
    assert "), Gunnar Holm (" in told


@pytest.mark.slow
def test_it_tells_what_was_removed_what_was_searched_and_what_it_cannot_erase(example: Typed, folder: Path) -> None:
    outcome = example("forget", ANN, "--yes")

    assert outcome.code == 0
    assert "bytes: found in 0" in outcome.stdout
    assert "What ccsync cannot erase:" in outcome.stdout
    assert "Membrain: delete the contact there (" in outcome.stdout
    kept = [path for path in folder.rglob("*") if path.is_file() and "services" not in path.parts]
    assert [path for path in kept if ANN.encode() in path.read_bytes().lower()] == []


@pytest.mark.slow
def test_json_has_the_proof(example: Typed) -> None:
    outcome = example("forget", ANN, "--yes", "--json")

    assert outcome.envelope["status"] == "success"
    assert outcome.data["forgotten"]
    assert outcome.data["known"]
    assert outcome.data["removed"]["rows"] > 0
    assert outcome.data["proof"]["left"] == []
    assert outcome.data["proof"]["files"] > 3
    assert len(outcome.data["contact_ids"]) == 1


@pytest.mark.slow
def test_somebody_unknown_is_marked_all_the_same(example: Typed) -> None:
    outcome = example("forget", "new@example.com", "--yes")

    assert outcome.code == 0
    assert "ccsync knew nobody with new@example.com; the mark is set all the same" in outcome.stdout


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["no_email", "bad_value"])
def test_who_has_no_usable_address_is_named_as_status_names_them_also_the_next_time(
    example: Typed, reason: str
) -> None:
    waiting = example("status", "--json").data["waiting"]
    who = min(one["contact"] for one in waiting if one["reason"] == reason)
    assert example("forget", who, "--yes").stdout.startswith(f"Forgotten: {who}\n")

    again = example("forget", who, "--yes")
    assert (again.code, again.stdout.splitlines()[0]) == (
        0,
        f"{who} was forgotten before; nothing about them has come back",
    )
    assert example("why", who).stdout.startswith(f"{who} was forgotten on ")


@pytest.mark.slow
def test_what_is_no_address_is_refused(example: Typed) -> None:
    outcome = example("forget", "Ann Berg", "--yes")

    assert outcome.code == 2
    assert "'Ann Berg' is no e-mail address" in outcome.stderr
    assert outcome.stderr.rstrip().endswith("forget EMAIL")


@pytest.mark.slow
def test_while_the_service_is_on_it_names_the_command_that_stops_it(example: Typed, folder: Path) -> None:
    with ServiceLock(folder, Clock()):
        outcome = example("forget", ANN, "--yes", "--json")

    assert outcome.code == 75
    (error,) = outcome.envelope["errors"]
    assert "the service of this account is on" in error["message"]
    assert "daemon stop" in error["hint"]
    assert error["hint"].endswith(f"forget {ANN}")


@pytest.mark.slow
def test_a_copy_that_still_names_them_is_told_with_exit_code_3(example: Typed, folder: Path) -> None:
    (folder / "copy.bin").write_bytes(b"\xff " + ANN.encode())

    outcome = example("forget", ANN, "--yes", "--json")

    assert outcome.code == 3
    assert outcome.envelope["status"] == "partial"
    assert str(folder / "copy.bin") in outcome.envelope["errors"][0]["message"]


@pytest.mark.slow
def test_a_state_put_aside_that_cannot_be_opened_is_to_be_deleted(example: Typed, folder: Path) -> None:
    aside = folder / "state-until-20250101T000000Z.sqlite"
    aside.write_bytes(b"no database" * 500)

    outcome = example("forget", ANN, "--yes", "--json")

    assert (outcome.code, outcome.envelope["errors"][0]["hint"].partition(", then")[0]) == (74, f"rm {aside}")


@pytest.mark.slow
def test_afterwards_nothing_names_them(example: Typed) -> None:
    example("forget", ANN, "--yes")

    assert ANN not in example("status", "--all").stdout.lower()
    assert ANN not in example("logs", "show").stdout.lower()
    why = example("why", ANN)
    assert why.code == 0
    assert why.stdout.startswith(f"{ANN} was forgotten on 2026-11-23: ccsync keeps a mark")


@pytest.mark.slow
def test_its_own_log_names_nobody_and_tells_the_counts(example: Typed, folder: Path) -> None:
    example("forget", ANN, "--yes")

    newest = max(folder.glob("logs/*/*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    lines: list[dict[str, Any]] = [json.loads(line) for line in newest.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["person.forgotten"]
    assert lines[0]["rows"] > 0
    assert len(lines[0]["mark"]) == 12


def test_before_anything_else_it_wants_an_address_and_a_yes(ccsync: CommandLine) -> None:
    assert "no e-mail address" in ccsync("forget", "Ann Berg", "--yes").stderr
    assert ccsync("forget", "ann@example.com").stderr == (
        "ccsync: to forget ann@example.com cannot be taken back, and nobody is there to be asked\n"
        "  next: ccsync forget ann@example.com --yes\n"
    )
