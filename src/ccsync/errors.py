"""What can go wrong, by what the user has to do about it.

    CcsyncError
    ├── UsageError        2   say it differently
    ├── Stopped           3   a guard or a service said no: look, then decide
    │   ├── NotApproved   0   somebody was asked and said no: nothing, or run again
    │   └── AnswerTooLate 75  somebody said yes too late: run again
    ├── Unreachable      69   a service cannot be reached or answers nonsense
    │   └── AnswerLost        the same, and a write may have happened
    ├── LocalError       74   disk, permissions, a damaged file
    ├── TryLater         75   wait, or stop the other one
    │   ├── Locked
    │   └── QuotaSpent
    ├── LoginNeeded      77   log in
    └── ConfigError      78   mend the configuration
    RecordRefused             one record was refused; the run goes on (3 at its end)
    Interrupted      130, 143 a signal

Every error carries a stable ``code`` for programs, a ``message`` that says what happened (to which contact or field),
and a ``hint`` with the next command. Nothing here may hold a secret: messages are printed and logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes that scripts and units rely on."""

    DONE = 0
    BUG = 1
    USAGE = 2
    STOPPED = 3
    UNREACHABLE = 69
    LOCAL = 74
    TRY_LATER = 75
    LOGIN_NEEDED = 77
    CONFIG = 78
    INTERRUPTED = 130
    TERMINATED = 143


class CcsyncError(Exception):
    """Anything that ends a command with one clear line."""

    exit_code = ExitCode.BUG
    code = "error"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code


class UsageError(CcsyncError):
    """The command was given something it cannot take."""

    exit_code = ExitCode.USAGE
    code = "usage"


class Stopped(CcsyncError):  # noqa: N818 - a state the user reads, not a fault
    """A guard stopped the run before it wrote, or a bound list or field is gone."""

    exit_code = ExitCode.STOPPED
    code = "stopped"


class NotApproved(Stopped):
    """Somebody was shown what the run is about to do, and said no."""

    exit_code = ExitCode.DONE
    code = "not_approved"


class AnswerTooLate(Stopped):
    """Somebody was shown what the run is about to do, and said yes when it was no longer true."""

    exit_code = ExitCode.TRY_LATER
    code = "answer_too_late"


class Unreachable(CcsyncError):  # noqa: N818 - as Stopped
    """A service cannot be reached, or what it answers cannot be understood."""

    exit_code = ExitCode.UNREACHABLE
    code = "unreachable"


class AnswerLost(Unreachable):
    """A write was sent and no answer came: it may or may not have happened."""

    code = "answer_lost"


class LocalError(CcsyncError):
    """This machine cannot keep the state or the logs: disk full, no permission, a damaged file."""

    exit_code = ExitCode.LOCAL
    code = "local"


class TryLater(CcsyncError):  # noqa: N818 - as Stopped
    """Nothing is wrong; the same command works later."""

    exit_code = ExitCode.TRY_LATER
    code = "try_later"


class Locked(TryLater):
    """Another run of this account is on."""

    code = "locked"


class QuotaSpent(TryLater):
    """The day's calls to Constant Contact are used up until 00:00 UTC."""

    code = "quota_spent"


class LoginNeeded(CcsyncError):  # noqa: N818 - as Stopped
    """No valid login: the hint holds the exact ``auth login`` command."""

    exit_code = ExitCode.LOGIN_NEEDED
    code = "login_needed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the configuration: where it stands and what to write instead."""

    path: str
    line: int | None
    message: str
    hint: str = ""


class ConfigError(CcsyncError):
    """The configuration is wrong; all mistakes at once."""

    exit_code = ExitCode.CONFIG
    code = "config"

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class RecordRefused(CcsyncError):  # noqa: N818 - as Stopped
    """A service refused one record (4xx): never repeated as it is, the run goes on."""

    exit_code = ExitCode.STOPPED
    code = "refused"

    def __init__(self, message: str, *, status: int, key: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.key = key


class Interrupted(CcsyncError):  # noqa: N818 - as Stopped
    """SIGINT or SIGTERM: everything so far is saved."""

    code = "interrupted"

    def __init__(self, message: str, *, exit_code: ExitCode = ExitCode.INTERRUPTED) -> None:
        super().__init__(message, hint="run the same command again to go on")
        self.exit_code = exit_code
