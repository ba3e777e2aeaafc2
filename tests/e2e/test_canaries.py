"""Canaries: secrets and people that are looked for everywhere, after every command has been typed with ``-vv``.

Secrets are nowhere but in their store. People are in the state, in the run logs, and where the operator asked for them.
"""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from ccsync.cli.commands import application

from .conftest import SECONDS, House

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PERSON = {
    "Name": "Wilhelmina Kanarienvogel",
    "EmailAddress": "wilhelmina@canary.example",
    "JobTitle": "Canary Keeper",
    "Phone": "+46 8 555 01 23",
}
MARKS = ("wilhelmina", "kanarienvogel", "canary", "555 01 23", "85550123")
OTHER = "leopoldine@canary.example"
ASKED_FOR = {"why", "status", "run", "logs show", "map filter", "forget"}
"""Commands whose answer may name people: whoever types them asks for that."""


def commands() -> Iterator[str]:
    def walk(command: Any, path: str) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if not inner:
            yield path
        for name, one in (inner or {}).items():
            yield from walk(one, f"{path} {name}".strip())

    yield from walk(typer.main.get_command(application()), "")


def typed(house: House) -> dict[str, list[list[str]]]:
    """Return how each command is typed here, in the order of a day."""
    scratch = house.folder / "given"
    scratch.mkdir(exist_ok=True)
    return {
        "init": [["--sandbox"]],
        "run": [["--once", "--dry-run"], ["--once"], ["--once", "--scheduled"]],
        "status": [["--all"], ["--check", "--max-age", "15m"]],
        "timestamp show": [[]],
        "timestamp set": [["30d"]],
        "timestamp undo": [[]],
        "timestamp reset": [[]],
        "logs list": [[]],
        "logs show": [["--contact", PERSON["EmailAddress"]], ["--json"]],
        "logs export": [
            ["--output", str(scratch / "logs.zip")],
            ["--format", "csv", "--output", str(scratch / "l.csv")],
        ],
        "logs download": [["--format", "jsonl", "--output", str(scratch / "l.jsonl")]],
        "why": [[PERSON["EmailAddress"]], ["nobody@example.com", "--live", "--json"]],
        "doctor": [[], ["--as-cron", "--json"]],
        "auth status": [["--json"]],
        "auth new-key": [[str(scratch / "key")]],
        "auth login membrain": [["--with-key"]],
        "auth login constant-contact": [["--device"]],
        "map list": [[]],
        "map fields": [["--json"]],
        "map suggest": [[]],
        "map add": [["contact.Department", "custom.Department"]],
        "map remove": [["custom.Department"]],
        "map check": [[]],
        "map filter": [["--try", 'contact.JobTitle == "Canary Keeper"']],
        "config check": [[]],
        "config show": [["--json"]],
        "config path": [[]],
        "config schema": [[]],
        "sandbox serve": [["--help"]],
        "sandbox reset": [[]],
        "daemon start": [[]],
        "daemon status": [["--json"]],
        "daemon restart": [[]],
        "daemon stop": [[]],
        "daemon install": [["--systemd-service", "--print"]],
        "daemon uninstall": [["--help"]],
        "state backup": [[str(scratch / "backup")]],
        "state restore": [[str(scratch / "backup")]],
        "help": [["troubleshooting"]],
        "auth logout": [["membrain"], ["constant-contact"]],
        "forget": [[OTHER, "--yes"]],
    }


def secrets(house: House) -> set[str]:
    """Return everything that lets somebody in: all that the services ever gave out, and the key of the file."""
    found = {house.sandbox.membrain.api_key, house.key_file.read_text("ascii").strip()}
    for file in (house.folder / "services").glob("*.sqlite*"):
        if file.suffix == ".sqlite":
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                for table, column in (("tokens", "token"), ("codes", "code"), ("devices", "device_code")):
                    if table in names:
                        found |= {value for (value,) in database.execute(f"SELECT {column} FROM {table}")}
            database.close()
    return {one for one in found if len(one) > 8}


def searched(house: House) -> dict[Path, bytes]:
    """Return every file that ccsync has written, zips unpacked; not the services' own, and not the key."""
    found = {}
    for path in house.folder.rglob("*"):
        if path.is_file() and house.folder / "services" not in path.parents and path != house.key_file:
            found[path] = path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    for name in packed.namelist():
                        found[path / name] = packed.read(name)
    return found


@pytest.fixture
def day(house: House) -> tuple[dict[str, str], set[str]]:
    """Type every command with -vv; return what each said on the screen, and the secrets that there were meanwhile."""
    house.sandbox.membrain.create("contacts", {"Newsletter": "Yes", **PERSON})
    house.person("Leopoldine Zeisig", OTHER)
    answers: dict[str, str] = {}
    canaries: set[str] = set()
    for name, lines in typed(house).items():
        for words in lines:
            canaries |= secrets(house)
            if name == "auth login constant-contact":
                outcome = house.log_in_again()
                answers[name] = answers.get(name, "") + outcome.stdout + outcome.stderr
                continue
            done = subprocess.run(
                house.command(*name.split(), *words, "-vv"),
                env=house.variables,
                input=f"{house.sandbox.membrain.api_key}\n" if "--with-key" in words else "",
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode != 1, (name, words, done.stderr)
            answers[name] = answers.get(name, "") + done.stdout + done.stderr
    return answers, canaries


def test_every_command_is_typed(tmp_path: Path) -> None:
    class Nowhere(House):
        def __init__(self) -> None:
            self.folder = tmp_path

    assert set(typed(Nowhere())) == set(commands())


def test_secrets_are_nowhere_and_people_only_where_they_belong(
    house: House, day: tuple[dict[str, str], set[str]]
) -> None:
    said, canaries = day
    files = searched(house)
    looked = (
        f"{len(canaries)} secrets and {len(MARKS)} marks of people, on {len(said)} screens and in {len(files)} files"
    )
    print(looked)  # noqa: T201 - shown with -rP
    assert len(canaries) >= 5

    assert [name for name, text in said.items() for one in canaries if one in text] == []
    assert [str(path) for path, data in files.items() for one in canaries if one.encode() in data] == []

    shown = {name for name, text in said.items() if names_people(text)}
    assert shown <= ASKED_FOR
    kept = {
        path.relative_to(house.folder) for path, data in files.items() if names_people(data.decode(errors="replace"))
    }
    own = re.compile(r"state/acme/(state[^/]*\.sqlite[^/]*|logs/[\d-]+/[^/]+\.jsonl)|given/backup.*")
    assert [str(path) for path in kept if not own.fullmatch(str(path))] == []
    modes = {stat.S_IMODE((house.folder / path).stat().st_mode) for path in kept if (house.folder / path).exists()}
    assert modes == {0o600}


def names_people(text: str) -> bool:
    return any(mark in text.casefold() for mark in MARKS)


def test_no_secret_is_in_the_environment_or_the_command_line_of_a_process(house: House) -> None:
    house.person("Ann Berg", "ann2@example.com")
    canaries = secrets(house)
    with house.start("run", "--once", "-vv") as run:
        seen = [Path(f"/proc/{run.pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
        run.communicate(timeout=SECONDS)
    assert [one for one in canaries for text in seen if one.encode() in text] == []
