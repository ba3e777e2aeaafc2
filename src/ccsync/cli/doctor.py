"""``ccsync doctor``: checks everything that can be wrong, and says the mend."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Failure, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.cli.session import Session
    from ccsync.doctor.finding import Finding
    from ccsync.doctor.night import Places
    from ccsync.wiring.doctor import Patient


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "doctor",
        cls=Command,
        epilog=examples(
            "ccsync doctor              everything",
            "ccsync doctor --as-cron    what would fail at night?",
            "ccsync doctor --quiet      only what is not well, for a monitor",
            "ccsync doctor --bundle     one file for support, with the logs",
        ),
    )(_doctor)


def _doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Look at this machine alone; ask no service.")] = False,
    as_cron: Annotated[
        bool, typer.Option("--as-cron", help="Look in a new process with the bare environment that cron gives.")
    ] = False,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Write the report and the logs, masked, into one file for support.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where --bundle writes; else the current folder.")
    ] = None,
) -> Task:
    """Check everything that can be wrong, and say the mend: a line for each check, ok, warn or fail.

    Writes to neither service; four calls to Constant Contact, counted as any. One that says nothing is given up after
    about 10 seconds, and no check hides another one.

    Exit code 0 when nothing fails, warnings or not; else the code that a run would end with: 78 the configuration, 77
    a login, 74 this machine, 69 a service, 3 refused by a service or the last run stopped, 75 no calls left.
    """
    return partial(doctor, offline=offline, as_cron=as_cron, bundle=bundle, output=output)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what this process works with."""

    findings: tuple[Finding, ...]
    places: Places
    offline: bool
    as_cron: bool = False

    def data(self, aimed: Callable[[str], str]) -> dict[str, Any]:
        """Return the form for programs; there is no secret and no person in it. ``aimed`` completes a command."""
        from ccsync.doctor.finding import exit_code_of

        checks = [{**asdict(one), "level": str(one.level), "mend": aimed(one.mend)} for one in self.findings]
        return {
            "checks": checks,
            "exit_code": int(exit_code_of(self.findings)),
            "offline": self.offline,
            "as_cron": self.as_cron,
            "places": asdict(self.places),
        }


def doctor(session: Session, *, offline: bool, as_cron: bool, bundle: bool, output: Path | None) -> Result:
    """Examine, and answer what was found; with ``bundle`` also where the file is: the last line, and ``data.path``."""
    if output is not None and not bundle:
        raise UsageError("--output is for --bundle", hint=f"ccsync doctor --bundle --output {shlex.quote(str(output))}")
    if as_cron:
        from ccsync.cli.doctor_night import as_at_night

        report = as_at_night(session, patient_of(session), offline=offline)
    else:
        report = examine(session, offline=offline)
    data = report.data(session.output.aimed)
    if bundle:
        from ccsync.cli.doctor_bundle import bundle as bundled

        data["path"] = bundled(session, data, output)
    return _answer(session, data)


def patient_of(session: Session) -> Patient:
    """Find out what there is to look at; UsageError with the line to type when the runs are another user's."""
    from ccsync.cli.installed import environment_of_runs
    from ccsync.wiring.doctor import admit

    config, where = session.everywhere.config, session.environment
    try:
        environ = environment_of_runs(config, where.variables)
    except UsageError as other:
        other.hint = f"{other.hint} {shlex.join(session.words)}"
        raise
    return admit(config, environ, where.clock)


def examine(session: Session, *, offline: bool, writes: bool = True) -> Report:
    """Look at everything: first at this machine, then at the services, so that neither holds up the other.

    Without ``writes`` it is not tried whether new logins could be kept.
    """
    from ccsync.cli.doctor_service import of_the_service, runs_are_expected
    from ccsync.doctor.examine import carry_out
    from ccsync.wiring.doctor import of_this_machine
    from ccsync.wiring.doctor_account import of_the_account

    patient, clock = patient_of(session), session.environment.clock
    *first, versions = of_this_machine(patient)
    application, looks = patient.application, list(first)
    if application is not None:
        expected = runs_are_expected(session, application.folder)
        looks += of_the_account(application, expected=expected, writes=writes)
    if patient.folder is not None:
        looks.append(of_the_service(session, patient.folder))
    found = carry_out(looks, clock)
    if application is not None and not offline:
        from ccsync.wiring.doctor_services import clocks, of_the_services

        with of_the_services(application) as services:
            found += carry_out(services, clock)
            found += clocks(services)
    found += carry_out([versions], clock)
    return Report(tuple(found), places_of(patient), offline)


def places_of(patient: Patient) -> Places:
    """Return which configuration and which folder were looked at."""
    from ccsync.doctor.night import Places

    return Places(str(patient.path.absolute()) if patient.path else "", str(patient.folder or ""))


def report_for_export(session: Session) -> dict[str, Any]:
    """Return the report that goes into an export of the logs: of this machine alone."""
    return examine(session, offline=True, writes=False).data(session.output.aimed)


def _answer(session: Session, data: Mapping[str, Any]) -> Result:
    from ccsync.cli import doctor_page
    from ccsync.errors import ExitCode

    failed = [one for one in data["checks"] if one["level"] == "fail"]
    return Result(
        data,
        ExitCode(data["exit_code"]),
        tuple(Failure(one["name"], one["said"], one["mend"]) for one in failed),
        render=partial(doctor_page.render, data=data, all_of_it=not session.everywhere.quiet),
        complaint=doctor_page.complaint(data),
    )
