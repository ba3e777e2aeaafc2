"""Who is told of a failure: addresses and commands that cannot mean what they say."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ccsync.config.checks.reading import table
from ccsync.config.lines import spell
from ccsync.config.model import Notify
from ccsync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.config.source import Document

_ENDINGS = ("/start", "/fail", "/log")
_READ_BY_THE_EXPORTER = ".prom"


def notify_alone(document: Document) -> Iterator[Problem]:
    """Yield a mistake when the address of a ping already says what is to be told."""
    notify = table(Notify, document.tables, "notify")
    url = None if notify is None else notify.healthchecks_url
    ending = next((one for one in _ENDINGS if url is not None and url.endswith(one)), None)
    if url is not None and ending is not None:
        message = f"ends in {ending}, which ccsync adds by itself when it is so far"
        yield _problem(document, "healthchecks_url", message, f'healthchecks_url = "{url.removesuffix(ending)}"')


def notify_warnings(document: Document) -> Iterator[Problem]:
    """Yield a warning when nobody would hear: no such program, or a file that is not read."""
    notify = table(Notify, document.tables, "notify")
    if notify is None:
        return
    if notify.on_failure is not None and shutil.which(notify.on_failure[0]) is None:
        message = f"there is no program {notify.on_failure[0]!r} on this machine's PATH"
        yield _problem(document, "on_failure", message, "install it, or write its whole path")
    if notify.textfile is not None and notify.textfile.suffix != _READ_BY_THE_EXPORTER:
        message = "node_exporter reads only files that end in .prom"
        yield _problem(document, "textfile", message, f'textfile = "{notify.textfile.with_suffix(".prom")}"')


def _problem(document: Document, key: str, message: str, hint: str) -> Problem:
    return Problem(spell(("notify", key)), document.lines.nearest(("notify", key)), message, hint)
