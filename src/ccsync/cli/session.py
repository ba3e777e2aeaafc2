"""What a command works with: the outside world as one value, and what was said on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO

from ccsync.cli.installed import OtherUserError
from ccsync.clock import Clock, SystemClock
from ccsync.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ccsync.cli.options import Everywhere
    from ccsync.cli.output import Output, Result
    from ccsync.config.model import Config
    from ccsync.constant_contact.budget import Budget, BudgetState
    from ccsync.constant_contact.oauth_login import Account
    from ccsync.credentials.store import CredentialStore
    from ccsync.engine.forget import Forgetting
    from ccsync.engine.options import Progress, RunOptions, RunReport
    from ccsync.engine.survey import Survey
    from ccsync.state.store import Store


class Places(Protocol):
    """Where Constant Contact is, and the application that logs in there."""

    @property
    def api_url(self) -> str:
        """The API."""
        ...

    @property
    def auth_url(self) -> str:
        """The authorization server."""
        ...

    @property
    def client_id(self) -> str:
        """The application's API key."""
        ...


class Application(Protocol):
    """What the commands need of the wired program."""

    @property
    def config(self) -> Config:
        """The configuration in force."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the configuration's reader would like the user to know."""
        ...

    @property
    def folder(self) -> Path:
        """The account's folder: the state and the logs."""
        ...

    @property
    def credentials(self) -> CredentialStore:
        """Where the logins are kept."""
        ...

    @property
    def membrain_base_url(self) -> str:
        """Where Membrain's API is."""
        ...

    @property
    def constant_contact_urls(self) -> Places:
        """Where Constant Contact's API and its authorization server are."""
        ...

    @property
    def bound_account(self) -> Account | None:
        """The Constant Contact account that the state was built with; None before the first run."""
        ...

    @property
    def sandbox_folder(self) -> Path:
        """Where the simulated services keep their state."""
        ...

    def check(self) -> Application:
        """Return the same, with its filters read as well: ConfigError when one is wrong."""
        ...

    def start_afresh(self) -> Path | None:
        """Put the state aside, after a login to another account on purpose; return where it lies now."""
        ...

    def forget(self, address: str, progress: Progress | None = None) -> Forgetting:
        """Forget a person for good; Locked when a run or the service is on."""
        ...

    def reset_sandbox(self) -> None:
        """Forget the simulated services and what was learnt from them."""
        ...

    def run(self, options: RunOptions, progress: Progress | None = None, stop: StopRequest | None = None) -> RunReport:
        """Run once; ``stop`` is who may ask the run to end at the next good moment."""
        ...

    def looking(self, progress: Progress | None = None) -> AbstractContextManager[Survey]:
        """Look at both sides without a run."""
        ...

    def reader(self) -> AbstractContextManager[Store | None]:
        """Open the state for reading only; None before the first run."""
        ...

    def budget(self) -> BudgetState:
        """Return how many of today's calls are used."""
        ...

    def call_budget(self) -> AbstractContextManager[Budget]:
        """Open the count of calls, for whoever makes one."""
        ...


class Opener(Protocol):
    """Whoever wires an application from the configuration and the environment."""

    def __call__(self, config: Path | None, environ: Mapping[str, str], clock: Clock) -> Application:
        """Return the application; ConfigError when the configuration is wrong."""
        ...


def _open_application(config: Path | None, environ: Mapping[str, str], clock: Clock) -> Application:
    from ccsync.cli.installed import environment_of_runs
    from ccsync.wiring import open_application

    return open_application(config, environment_of_runs(config, environ), clock)


@dataclass(frozen=True, slots=True)
class Environment:
    """The outside world: streams, variables, time, and whoever wires an application."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    variables: Mapping[str, str]
    clock: Clock
    open_application: Opener = _open_application
    stop: StopRequest = field(default_factory=StopRequest)

    @classmethod
    def of_process(cls) -> Environment:
        """Return the environment of this process."""
        stop = StopRequest()
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ, SystemClock(stop), stop=stop)


@dataclass(frozen=True, slots=True)
class Session:
    """One command being carried out."""

    command: str
    environment: Environment
    everywhere: Everywhere
    output: Output
    words: tuple[str, ...] = ()

    def application(self) -> Application:
        """Open the application of the configuration that was asked for.

        UsageError with the whole line to type when the account's runs are another user's.
        """
        where = self.environment
        try:
            return where.open_application(self.everywhere.config, where.variables, where.clock)
        except OtherUserError as error:
            error.typed(self.words)
            raise


Task = Callable[[Session], "Result | None"]
"""The work of a command: it answers, or returns None when it has answered by itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command line that was understood: the command's full name, and its work."""

    command: str
    task: Task
