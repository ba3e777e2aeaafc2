"""Whatever goes wrong at a service: the run ends with the right exit code, no timestamp moves, and the next run heals.

One world in which everything that a run can do is waiting to be done, and one fault at a time in front of one kind of
request, once or for ever. The whole table is slow; every fault and every kind of request is in the short one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, product
from typing import TYPE_CHECKING, Any, Final

import pytest

from ccsync.errors import ExitCode
from ccsync.sandbox.faults import Fault

from .killing import Aftermath, aftermath, copied, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import World

FAULTS = (
    "throttled",
    "quota_exceeded",
    "status_500",
    "status_503",
    "html",
    "reset_before",
    "reset_after",
    "slow",
    "truncated",
    "unauthorized",
    "half_page",
)
JOBS = ("contacts_json_import", "add_list_memberships", "remove_list_memberships")
JOB_FAULTS = ("stuck_activity", "failed_activity", "timed_out_activity")
CC: Final = "constant-contact"
MEMBRAIN: Final = "membrain"
READS = (
    (MEMBRAIN, "GET", "/API/v2/contacts/"),
    (MEMBRAIN, "GET", "/API/v2/companies/"),
    (MEMBRAIN, "GET", "/API/v2/users/"),
    (MEMBRAIN, "GET", "/API/v2/customFields/"),
    (CC, "GET", "/v3/contacts"),
    (CC, "GET", "/v3/contacts/"),
    (CC, "GET", "/v3/contact_lists"),
    (CC, "GET", "/v3/contact_custom_fields"),
    (CC, "GET", "/v3/activities"),
)
WRITES = (
    (CC, "PUT", "/v3/contacts/"),
    (CC, "POST", "/v3/contact_lists"),
    (CC, "POST", "/v3/contact_custom_fields"),
    *((CC, "POST", f"/v3/activities/{job}") for job in JOBS),
)
REQUESTS = READS + WRITES
DONE, UNREACHABLE, TRY_LATER, LOGIN = (
    ExitCode.DONE,
    ExitCode.UNREACHABLE,
    ExitCode.TRY_LATER,
    ExitCode.LOGIN_NEEDED,
)
ONCE = dict.fromkeys(FAULTS, DONE) | {"quota_exceeded": TRY_LATER}
"""How a run ends when the fault strikes once: waited for, tried again, looked up, or a fresh token fetched."""
FOR_EVER = dict.fromkeys(FAULTS, UNREACHABLE) | {
    "throttled": TRY_LATER,
    "quota_exceeded": TRY_LATER,
    "slow": DONE,
    "unauthorized": LOGIN,
}


@dataclass(frozen=True)
class Unharmed:
    """The world before the run, and what a run makes of it that nothing happens to."""

    base: Path
    aftermath: Aftermath


@pytest.fixture(scope="session")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Unharmed:
    folder = tmp_path_factory.mktemp("unharmed")
    prepare(folder / "base")
    with copied(folder / "base", folder / "run") as world:
        assert world.run().exit_code is DONE
        return Unharmed(folder / "base", aftermath(world))


def expected(service: str, method: str, path: str, kind: str, *, for_ever: bool) -> set[ExitCode]:
    """Return with which exit codes a run may end."""
    if kind == "half_page":
        return halved(method, path, for_ever=for_ever)
    if service == MEMBRAIN and kind == "unauthorized":
        return {LOGIN}
    if service == MEMBRAIN and kind == "quota_exceeded":
        return {TRY_LATER if for_ever else DONE}  # Membrain has no such word: a limit is waited for
    if method == "POST" and kind in ("reset_after", "truncated"):
        return {DONE}  # it was carried out, and is found
    return {(FOR_EVER if for_ever else ONCE)[kind]}


def halved(method: str, path: str, *, for_ever: bool) -> set[ExitCode]:
    """Return how a run may end when an answer holds half of its rows.

    Lists that tell their length are read again. An answer to a write, one contact, and a list without a length look
    whole: what is missing there must do no harm, and a field that is missing stops the run.
    """
    if method == "GET" and path in ("/v3/contacts", "/v3/contact_lists", "/API/v2/contacts/"):
        return {UNREACHABLE} if for_ever else {DONE}
    return {DONE, ExitCode.STOPPED, UNREACHABLE}


def heals(
    unharmed: Unharmed, folder: Path, request: tuple[Any, str, str], kind: Any, *, for_ever: bool, codes: set[ExitCode]
) -> None:
    service, method, path = request
    with copied(unharmed.base, folder) as world:
        stamps = world.read_up_to()
        times = None if for_ever else 1
        world.sandbox.faults.add(Fault(kind, service, method, path, times=times, seconds=0.01))
        whole = path in ("/API/v2/users/", "/API/v2/customFields/")
        report = world.run(full=whole)
        assert report.exit_code in codes, f"{report.exit_code!r}: {report.message}"
        if report.exit_code not in (DONE, ExitCode.STOPPED):
            assert report.message
            assert report.hint
            assert world.read_up_to() == stamps
        mended(world, unharmed)


def mended(world: World, unharmed: Unharmed) -> None:
    """See that the next run, on the next day because the quota may be spent, brings about all that was to be done."""
    world.sandbox.faults.clear()
    world.wait(hours=16)
    report = world.run()
    assert report.exit_code is DONE, report.message
    world.wait(minutes=15)
    world.run()
    assert aftermath(world) == unharmed.aftermath
    written = world.constant_contact.writes()
    world.run()
    assert world.constant_contact.writes() == written


SAMPLE = [
    *zip(REQUESTS, cycle(FAULTS), cycle([False, True])),
    (WRITES[3], "reset_after", True),  # people may have been made, and nobody says so
]


def name(case: Any) -> str:
    return " ".join(case[1:]) if isinstance(case, tuple) else {True: "for ever", False: "once"}.get(case, str(case))


@pytest.mark.slow
@pytest.mark.parametrize(("request_line", "kind", "for_ever"), SAMPLE, ids=name)
def test_a_fault_at_one_request_does_no_lasting_harm(
    unharmed: Unharmed, tmp_path: Path, request_line: tuple[str, str, str], kind: str, *, for_ever: bool
) -> None:
    codes = expected(*request_line, kind, for_ever=for_ever)
    heals(unharmed, tmp_path / "world", request_line, kind, for_ever=for_ever, codes=codes)


SLOW, FULL = (pytest.mark.slow,), (pytest.mark.slow, pytest.mark.full)
TABLE = [
    pytest.param(*case, marks=FULL if number % 3 else SLOW, id=" ".join(map(name, case)))
    for number, case in enumerate(product(REQUESTS, FAULTS, [False, True]))
]
"""Every fault at every request: a third of it is what every CI run can afford."""


@pytest.mark.parametrize(("request_line", "kind", "for_ever"), TABLE)
def test_no_fault_at_any_request_does_lasting_harm(
    unharmed: Unharmed, tmp_path: Path, request_line: tuple[str, str, str], kind: str, *, for_ever: bool
) -> None:
    codes = expected(*request_line, kind, for_ever=for_ever)
    heals(unharmed, tmp_path / "world", request_line, kind, for_ever=for_ever, codes=codes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "kind"), [(JOBS[0], JOB_FAULTS[2]), (JOBS[1], JOB_FAULTS[0]), (JOBS[2], JOB_FAULTS[1])]
)
def test_a_job_that_comes_to_nothing_is_done_again(unharmed: Unharmed, tmp_path: Path, job: str, kind: str) -> None:
    job_heals(unharmed, tmp_path / "world", job, kind)


@pytest.mark.slow
@pytest.mark.parametrize(("job", "kind"), list(product(JOBS, JOB_FAULTS)))
def test_no_job_that_comes_to_nothing_does_lasting_harm(
    unharmed: Unharmed, tmp_path: Path, job: str, kind: str
) -> None:
    job_heals(unharmed, tmp_path / "world", job, kind)


def job_heals(unharmed: Unharmed, folder: Path, job: str, kind: Any) -> None:
    with copied(unharmed.base, folder) as world:
        world.sandbox.faults.add(Fault(kind, path_prefix=f"/v3/activities/{job}"))
        report = world.run()
        if kind == "stuck_activity":
            assert report.exit_code is DONE
            assert "held" in world.waiting().values()
            world.wait(days=10)  # the service forgets it
            world.run()
        else:
            assert report.exit_code is ExitCode.STOPPED
        mended(world, unharmed)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "times", "code"),
    [
        ("lost_refresh", 1, LOGIN),
        ("reset_before", 1, DONE),
        ("reset_before", None, UNREACHABLE),
        ("status_503", 1, DONE),
        ("status_503", None, UNREACHABLE),
        ("html", None, UNREACHABLE),
        ("throttled", 2, DONE),
        ("truncated", None, UNREACHABLE),
    ],
)
def test_a_fault_at_the_token_endpoint(
    unharmed: Unharmed, tmp_path: Path, kind: Any, times: int | None, code: ExitCode
) -> None:
    """A refresh token that was spent for an answer nobody got is gone: only a person can log in again."""
    with copied(unharmed.base, tmp_path / "world") as world:
        stamps = world.read_up_to()
        world.constant_contact.expire_access_tokens()
        world.wait(hours=25)
        world.sandbox.faults.add(Fault(kind, CC, "POST", "/oauth2/default/v1/token", times=times))
        report = world.run()
        assert report.exit_code is code, report.message
        if code is not DONE:
            assert world.read_up_to() == stamps
        if kind in ("lost_refresh", "truncated"):
            world.sandbox.faults.clear()
            report = world.run()
            assert (report.exit_code, report.hint) == (LOGIN, "ccsync auth login constant-contact")
            world.application().credentials.delete("acme", CC)
        mended(world, unharmed)


def test_a_reading_that_is_refused_ends_the_run_with_something_to_type(world: World) -> None:
    world.wires.instead("GET /v3/contacts", b'[{"error_key": "contacts.api.invalid", "error_message": "No."}]', 400)

    report = world.run()

    assert (report.exit_code, report.code) == (ExitCode.STOPPED, "refused")
    assert report.hint.startswith("ccsync run --once")


def test_a_login_that_is_renewed_in_a_run_is_in_its_log_as_every_request_is(world: World) -> None:
    world.run()
    world.constant_contact.expire_access_tokens()

    report = world.run()

    lines = [line for line in world.events(report, "http.request") if line["path"].endswith("/token")]
    assert [(line["service"], line["method"], line["status"]) for line in lines] == [("constant-contact", "POST", 200)]
