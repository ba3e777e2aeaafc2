"""How findings add up to one exit code, and how an error becomes a finding."""

from __future__ import annotations

import pytest

from ccsync.doctor.finding import Finding, Level, exit_code_of, fail, ok, refused, warn
from ccsync.errors import ConfigError, ExitCode, LoginNeeded, Problem, TryLater


def failing(*codes: ExitCode) -> list[Finding]:
    return [fail("disk", "full", "df -h /", code) for code in codes]


def test_warnings_alone_are_no_failure() -> None:
    assert exit_code_of([ok("config", "right"), warn("disk", "little room", "df -h /")]) == ExitCode.DONE


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((ExitCode.UNREACHABLE, ExitCode.LOGIN_NEEDED), ExitCode.LOGIN_NEEDED),
        ((ExitCode.LOGIN_NEEDED, ExitCode.LOCAL, ExitCode.CONFIG), ExitCode.CONFIG),
        ((ExitCode.TRY_LATER, ExitCode.STOPPED), ExitCode.STOPPED),
        ((ExitCode.STOPPED, ExitCode.UNREACHABLE), ExitCode.UNREACHABLE),
        ((ExitCode.UNREACHABLE, ExitCode.LOCAL), ExitCode.LOCAL),
        ((ExitCode.BUG, ExitCode.TRY_LATER), ExitCode.TRY_LATER),
        ((ExitCode.BUG,), ExitCode.BUG),
    ],
)
def test_the_exit_code_is_of_what_has_to_be_mended_first(codes: tuple[ExitCode, ...], expected: ExitCode) -> None:
    assert exit_code_of(failing(*codes)) == expected


def test_an_error_fails_with_its_own_words_its_next_command_and_its_exit_code() -> None:
    (found,) = refused("membrain", LoginNeeded("Not logged in to Membrain", hint="ccsync auth login membrain"))
    assert found == fail("membrain", "Not logged in to Membrain", "ccsync auth login membrain", ExitCode.LOGIN_NEEDED)


def test_what_passes_by_itself_is_a_warning() -> None:
    (found,) = refused("membrain", TryLater("Membrain is busy", hint="ccsync run --once, later"))
    assert found.level is Level.WARN


def test_each_mistake_of_a_configuration_is_a_finding_with_its_line() -> None:
    problems = (
        Problem("service.intervall", 4, "unknown key intervall", 'did you mean "interval"?'),
        Problem("sync[1].filter", 9, "is no expression\n  a ==\n     ^"),
    )
    found = refused("config", ConfigError("2 mistakes", problems=problems, hint="ccsync config check"))
    assert [one.said for one in found] == [
        'line 4: service.intervall: unknown key intervall (did you mean "interval"?)',
        "line 9: sync[1].filter: is no expression",
    ]
