"""--config, --json, -v, -vv and --quiet are taken before and after the command's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ccsync.cli.options import Everywhere, hoist
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from .conftest import CommandLine


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--json", "status"], Everywhere(json=True)),
        (["status", "--json"], Everywhere(json=True)),
        (["--config", "a.toml", "status"], Everywhere(config=Path("a.toml"))),
        (["status", "--config=a.toml"], Everywhere(config=Path("a.toml"))),
        (["-v", "status"], Everywhere(verbosity=1)),
        (["status", "-vv"], Everywhere(verbosity=2)),
        (["-v", "status", "-v"], Everywhere(verbosity=2)),
        (["status", "--verbose"], Everywhere(verbosity=1)),
        (["status", "--quiet"], Everywhere(quiet=True)),
        (["-q", "status"], Everywhere(quiet=True)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_they_are_taken_on_either_side(words: list[str], meant: Everywhere) -> None:
    assert hoist(words) == (meant, ["status"])


def test_the_last_config_counts() -> None:
    assert hoist(["--config", "a", "status", "--config", "b"])[0].config == Path("b")


def test_the_words_of_the_command_keep_their_order() -> None:
    assert hoist(["run", "--once", "--json", "--sync", "customers"])[1] == ["run", "--once", "--sync", "customers"]


def test_what_stands_after_a_double_dash_is_left_alone() -> None:
    assert hoist(["logs", "show", "--", "--json"]) == (Everywhere(), ["logs", "show", "--", "--json"])


def test_the_version_is_asked_for_before_the_command_only() -> None:
    assert hoist(["--json", "--version", "run"])[0].version
    assert hoist(["run", "--version"]) == (Everywhere(), ["run", "--version"])


@pytest.mark.parametrize("words", [["--config"], ["--config="], ["--config", "--json", "status"]], ids=" ".join)
def test_a_config_without_a_file_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(UsageError, match="--config needs the name of a file"):
        hoist(words)


def test_the_file_reaches_whoever_reads_it(ccsync: CommandLine) -> None:
    ccsync("status", "--config", "mine.toml")
    assert ccsync.opened == [Path("mine.toml")]
