"""ccsync answers at once: help and version load nothing that only a command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
    "pydantic",
    "requests",
    "sqlite3",
    "urllib3",
    "werkzeug",
}
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


def loaded_by(*words: str) -> set[str]:
    """Return the modules that a fresh process has loaded after a command."""
    done = subprocess.run([sys.executable, "-c", LIST_MODULES, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [("--help",), ("--version",)], ids=" ".join)
def test_nothing_heavy_is_loaded(words: tuple[str, ...]) -> None:
    tops = {name.partition(".")[0] for name in loaded_by(*words)}
    assert tops & HEAVY == set()


def test_help_loads_no_floor_below_the_command_line() -> None:
    ours = {name for name in loaded_by("--help") if name.startswith("ccsync.") and name.count(".") == 1}
    assert ours == {"ccsync.cli", "ccsync.clock", "ccsync.errors"}


def test_the_version_needs_not_even_typer() -> None:
    assert not {"typer", "rich"} & loaded_by("--version")
