"""Tab: what the shell proposes, from the configuration and the state of this machine alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "config.toml"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CCSYNC_STATE_DIR": str(tmp_path / "state"),
        "CCSYNC_CONFIG": str(EXAMPLE),
    }


def proposed(line: str, variables: dict[str, str]) -> list[str]:
    """Return what bash proposes behind a line, as its completion script asks for it."""
    words = line.split(" ")
    asked = {"_CCSYNC_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "ccsync"],
        env={**variables, **asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_and_options_are_proposed(variables: dict[str, str]) -> None:
    assert proposed("ccsync ru", variables) == ["run"]
    assert "--dry-run" in proposed("ccsync run --", variables)


def test_the_syncs_of_the_configuration_are_proposed(variables: dict[str, str]) -> None:
    assert proposed("ccsync run --once --sync cu", variables) == ["customers"]


@pytest.mark.slow
def test_the_configuration_that_the_line_names_counts(variables: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(EXAMPLE.read_text("utf-8").replace('name = "customers"', 'name = "partners"'), "utf-8")
    assert proposed(f"ccsync --config {other} run --once --sync ", variables) == ["partners"]


@pytest.mark.slow
def test_the_topics_of_the_help_are_proposed(variables: dict[str, str]) -> None:
    assert proposed("ccsync help tro", variables) == ["troubleshooting"]


@pytest.mark.slow
def test_the_runs_and_the_streams_of_the_state_are_proposed(variables: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "ccsync", "run", "--once", "--dry-run"], env=variables, check=True, capture_output=True
    )

    (run,) = proposed("ccsync logs show ", variables)

    assert (
        Path(variables["CCSYNC_STATE_DIR"])
        / ".sandbox/example/logs"
        / f"{run[:4]}-{run[4:6]}-{run[6:8]}"
        / f"{run}.jsonl"
    ).exists()
    assert proposed(f"ccsync logs export --run {run[:6]}", variables) == [run]
    assert proposed("ccsync logs show --event guard", variables) == ["guard.stopped"]
    assert proposed("ccsync timestamp set 30d --stream ", variables) == []  # a dry run moves none


@pytest.mark.slow
def test_where_nothing_is_known_nothing_is_proposed_and_nothing_is_said(
    variables: dict[str, str], tmp_path: Path
) -> None:
    nowhere = {**variables, "CCSYNC_CONFIG": str(tmp_path / "none.toml")}
    assert proposed("ccsync run --once --sync ", nowhere) == []
    assert proposed("ccsync logs show ", nowhere) == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_script_that_is_shown_works_in_a_real_bash(variables: dict[str, str]) -> None:
    typed = """
        eval "$(_CCSYNC_COMPLETE=source_bash ccsync)"
        COMP_WORDS=(ccsync run --once --sync cu) COMP_CWORD=4
        $(complete -p ccsync | grep -o -- '-F [^ ]*' | cut -d' ' -f2) ccsync cu --sync
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", typed], env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("customers\n", "")
