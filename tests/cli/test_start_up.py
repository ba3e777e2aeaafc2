"""ccsync answers at once: help, version and status load nothing that only another command needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ccsync.state.folder import account_folder
from ccsync.state.sqlite import SqliteStore

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"

# Each is a tenth of a second or more, or opens something.
HEAVY = {
    "authlib",
    "cel",
    "cryptography",
    "email_validator",
    "filelock",
    "jsonschema",
    "keyring",
    "phonenumbers",
    "platformdirs",
    "prompt_toolkit",
    "pydantic",
    "questionary",
    "requests",
    "sqlite3",
    "urllib3",
    "werkzeug",
}
# An empty Typer application that runs a command loads pydantic as well; the state is read with sqlite3.
NEEDED_BY_STATUS = {"platformdirs", "pydantic", "sqlite3"}
LIST_MODULES = """
import sys
sys.argv = ["ccsync", *sys.argv[1:]]
from ccsync.cli.app import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded_by(*words: str, state: Path | None = None) -> set[str]:
    """Return the modules that a fresh process has loaded after a command."""
    variables = {**os.environ, **({"CCSYNC_STATE_DIR": str(state)} if state else {})}
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *words], capture_output=True, text=True, check=True, env=variables
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("--version",)], ids=" ".join)
def test_nothing_heavy_is_loaded(words: tuple[str, ...]) -> None:
    tops = {name.partition(".")[0] for name in loaded_by(*words)}
    assert tops & HEAVY == set()


def test_help_loads_no_floor_below_the_command_line() -> None:
    ours = {name for name in loaded_by("--help") if name.startswith("ccsync.") and name.count(".") == 1}
    assert ours == {"ccsync.cli", "ccsync.clock", "ccsync.errors", "ccsync.stopping"}


def test_the_version_needs_not_even_typer() -> None:
    assert not {"typer", "rich"} & loaded_by("--version")


def test_status_loads_only_what_reads_the_configuration_and_the_state(tmp_path: Path) -> None:
    SqliteStore.open(account_folder(tmp_path / ".sandbox", "example") / "state.sqlite").close()
    loaded = loaded_by("--config", str(EXAMPLE), "status", state=tmp_path)
    assert {name.partition(".")[0] for name in loaded} & HEAVY <= NEEDED_BY_STATUS
    ours = {name for name in loaded if name.startswith("ccsync.")}
    assert {name for name in ours if name.startswith("ccsync.engine.")} == {
        "ccsync.engine.consent_delay",
        "ccsync.engine.overlap",
        "ccsync.engine.report",
        "ccsync.engine.streams",
    }
    assert not ours & {"ccsync.http", "ccsync.membrain", "ccsync.sandbox", "ccsync.credentials", "ccsync.sync.plan"}
