"""Which account's service a command of ``ccsync daemon`` works on, and where."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.cli.session import Application, Session
    from ccsync.service.background import Background
    from ccsync.service.driver import Driver
    from ccsync.service.record import Installation
    from ccsync.service.switch import Switch


@dataclass(frozen=True, slots=True)
class Service:
    """What the commands work on: an account's folder, and what is installed to drive its runs.

    ``trouble`` is what is wrong with its configuration by now.
    """

    session: Session
    account: str
    folder: Path
    found: Installation | None = None
    installed: Driver | None = None
    application: Application | None = None
    trouble: str = ""

    @property
    def driver(self) -> Driver:
        """What drives the runs."""
        return self.installed or self.background

    @property
    def background(self) -> Background:
        """The process that loops, whoever has started it."""
        from ccsync.service.background import Background

        where, asked = self.session.environment, self.session.everywhere.config
        config = ("--config", os.path.abspath(asked)) if asked else ()  # noqa: PTH100 - a link stays a link
        return Background(
            self.folder,
            where.clock,
            command=(sys.executable, "-P", "-m", "ccsync", *config, "run"),  # -P: nothing comes from this folder
            environ=where.variables,
            tell=self._tell,
        )

    def _tell(self, text: str) -> None:
        """Say what is waited for, with the run that is on, where that is known."""
        run = None
        if self.application is not None:
            with suppress(CcsyncError), self.application.reader() as store:
                run = next(iter(store.history.runs(limit=1)), None) if store else None
        on = f" (run {run.id})" if run is not None and run.finished is None else ""
        self.session.output.tell(f"ccsync: {text}{on}")

    @contextmanager
    def inside(self) -> Iterator[Switch]:
        """Work in the account's folder, as the user to whom it belongs."""
        from ccsync.cli.installed import as_its_user
        from ccsync.service.switch import Switch

        if self.found is None:
            yield Switch(self.folder, self.session.environment.clock)
            return
        with as_its_user(self.found, self.session.words) as folder:
            yield Switch(folder, self.session.environment.clock)


def named(session: Session) -> Service:
    """Return the service of the account that the configuration names; ConfigError when it is wrong."""
    from ccsync.cli import installed

    found, driver = installed.installation(session), installed.driver(session)
    if found is not None:
        return Service(session, found.account, Path(found.folder), found, driver)
    application = session.application()
    return Service(session, application.config.account, application.folder, application=application)


def at_hand(session: Session) -> Service:
    """Return the service that is there, also when its configuration is wrong by now, or names another account.

    It goes on with what it has read, and nobody else could be told to look at it or stop it.
    """
    try:
        service = named(session)
    except ConfigError as error:
        folder = _served(session)
        if folder is None:
            raise
        return Service(session, folder.name, folder, trouble=f"{error.message}: it goes on with the one before")
    if service.found is not None or service.background.state().running:
        return service
    folder = _served(session)
    return service if folder is None else Service(session, folder.name, folder)


def _served(session: Session) -> Path | None:
    from ccsync.config import find
    from ccsync.service.bulletin import served_from
    from ccsync.state.folder import state_root

    asked, variables = session.everywhere.config, session.environment.variables
    try:
        config = find(asked, variables)
    except ConfigError:  # it was moved away
        config = asked or Path(variables.get("CCSYNC_CONFIG", ""))
    return served_from(state_root(variables), Path(os.path.abspath(config.expanduser())))  # noqa: PTH100 - as above
