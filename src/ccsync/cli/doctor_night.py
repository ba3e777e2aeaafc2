"""``ccsync doctor --as-cron``: the same look, by a new process that has no more of an environment than cron gives."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.cli.doctor import Report
    from ccsync.cli.session import Session
    from ccsync.doctor.finding import Finding
    from ccsync.doctor.night import Places
    from ccsync.service.record import Installation
    from ccsync.wiring.doctor import Patient

SECONDS = 90.0


def as_at_night(session: Session, patient: Patient, *, offline: bool) -> Report:
    """Let a process without an environment look, and compare what it works with."""
    from ccsync.cli.doctor import Report, places_of
    from ccsync.cli.installed import installation
    from ccsync.doctor.finding import fail
    from ccsync.doctor.night import NightFacts, Places, check_night
    from ccsync.state.folder import state_root

    found = installation(session)
    try:
        there, findings = _answered(_ask(_config(session, found), _environment(session, found), offline=offline))
    except _SilentError as silent:
        there, findings = Places(), (fail("cron", str(silent), "ccsync doctor, without --as-cron", ExitCode.LOCAL),)
    facts = NightFacts(
        here=places_of(patient),
        there=there,
        program=str(Path(sys.executable).with_name("ccsync")),
        on_path=_on_path(),
        root=str(state_root(patient.environ)),
        installed=found is not None,
    )
    compared = () if findings[0].name == "cron" else tuple(check_night(facts))
    return Report((*compared, *findings), there, offline, as_cron=True)


class _SilentError(Exception):
    """The process did not answer as it should."""


def _environment(session: Session, found: Installation | None) -> dict[str, str]:
    """Return what a line of crontab has: nothing of ours, but what an installed line sets."""
    from ccsync.doctor.night import bare_environment

    user = pwd.getpwuid(os.geteuid())
    bare = bare_environment(session.environment.variables.get("HOME") or user.pw_dir, user.pw_name)
    return bare if found is None else {**bare, "CCSYNC_STATE_DIR": found.state_dir}


def _config(session: Session, found: Installation | None) -> tuple[str, ...]:
    """Return how the line names the configuration: as an installed one does, else as it was named here."""
    asked = session.everywhere.config
    named = found.config if found is not None else str(asked.absolute()) if asked else ""
    return ("--config", named) if named else ()


def _ask(config: tuple[str, ...], variables: Mapping[str, str], *, offline: bool) -> str:
    words = [sys.executable, "-m", "ccsync", *config]
    words += ["doctor", "--json", *(("--offline",) if offline else ())]
    try:
        done = subprocess.run(  # noqa: S603 - this very program
            words,
            env=dict(variables),
            cwd=variables["HOME"] if Path(variables["HOME"]).is_dir() else "/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            start_new_session=True,  # without the terminal, as cron starts it
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _SilentError(f"a process with cron's environment did not end within {SECONDS:g} seconds") from None
    if not done.stdout.strip():
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise _SilentError(f"a process with cron's environment ended with {done.returncode}: {last}")
    return done.stdout


def _answered(text: str) -> tuple[Places, tuple[Finding, ...]]:
    """Read the envelope; a command that could not even begin has errors instead of checks."""
    from ccsync.doctor.finding import Finding, Level, fail
    from ccsync.doctor.night import Places

    answer = json.loads(text)
    if "checks" not in answer["data"]:
        code = ExitCode(answer["exit_code"])
        return Places(), tuple(fail("cron", one["message"], one["hint"], code) for one in answer["errors"])
    checks = answer["data"]["checks"]
    found = tuple(
        Finding(one["name"], Level(one["level"]), one["said"], one["mend"], ExitCode(one["exit_code"]))
        for one in checks
    )
    return Places(**answer["data"]["places"]), found


def _on_path() -> str | None:
    from ccsync.doctor.night import PATH

    return shutil.which("ccsync", path=PATH)
