"""What the shell proposes when somebody presses Tab: live names, from the configuration and the state alone.

No network and no errors: whoever presses Tab in the wrong place gets no proposal, and no trace on the screen.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccsync.cli.session import Application

_RUNS = 50


def topics(incomplete: str) -> list[str]:
    """Return the topics of ``ccsync help``."""
    from ccsync.cli.help_topics import ABOUT

    return _beginning(incomplete, ABOUT)


def syncs(incomplete: str) -> list[str]:
    """Return the names of the syncs in the configuration."""
    with suppress(CcsyncError):
        return _beginning(incomplete, [sync.name for sync in _application().config.sync])
    return []


def runs(incomplete: str) -> list[str]:
    """Return the ids of the latest runs, newest first."""
    from ccsync.logs.read import runs as logged

    with suppress(CcsyncError):
        newest = reversed(logged(_application().folder)[-_RUNS:])
        return _beginning(incomplete, [run.id for run in newest])
    return []


def events(incomplete: str) -> list[str]:
    """Return the events that stand in the logs."""
    from ccsync.logs.events import Event

    return _beginning(incomplete, [str(one) for one in Event])


def streams(incomplete: str) -> list[str]:
    """Return the streams that have been read."""
    with suppress(CcsyncError), _application().reader() as store:
        return _beginning(incomplete, sorted(store.progress.timestamps()) if store else ())
    return []


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _application() -> Application:
    """Open what the words on the command line mean; the shell hands them over in variables."""
    from ccsync.cli.options import hoist
    from ccsync.cli.session import Environment

    environment = Environment.of_process()
    everywhere, _ = hoist(_words(os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""))
    return environment.open_application(everywhere.config, environment.variables, environment.clock)


def _words(line: str) -> list[str]:
    """Cut a line into words; a quotation that is still open ends with the line."""
    for end in ("", '"', "'"):
        with suppress(ValueError):
            return shlex.split(line + end)[1:]
    return []
