"""``ccsync init``: the conversation, then the file, then a dry run when it is wanted."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ccsync.cli import init_page
from ccsync.cli.output import Result
from ccsync.errors import ExitCode, Interrupted, LocalError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.cli.session import Session
    from ccsync.engine.setup.asking import Asker, Said
    from ccsync.engine.setup.conversation import Agreed

_NOTHING = "interrupted; nothing was written"


def init(
    session: Session,
    said: dict[str, Any],
    settings: dict[str, Any],
    *,
    force: bool,
    dry_run: bool | None,
    with_key: bool,
) -> Result:
    """Talk, write the file, and answer what it holds and how to go on."""
    from ccsync.cli.asking import asker_of
    from ccsync.config.create import place_of_new

    path = place_of_new(session.everywhere.config, session.environment.variables)
    asker = asker_of(session)
    try:
        _can_be_written(path)
        _may_be_written(asker, path, force=force)
        agreed, undo = _written(session, asker, path, _said(session, said, settings, with_key=with_key), force=force)
        wanted = dry_run if dry_run is not None else _wants_dry_run(asker)
    except KeyboardInterrupt as stop:
        raise Interrupted(_NOTHING, exit_code=getattr(stop, "exit_code", ExitCode.INTERRUPTED)) from None
    data = {**agreed.as_data(), "path": str(path), "undo": undo, "crontab": init_page.crontab(path, session)}
    return _answer(session, path, data, told=asker.present, dry_run=wanted)


def _can_be_written(path: Path) -> None:
    """LocalError when the folder, or the nearest one that is there, takes no files: told before any question."""
    folder = next(one for one in path.resolve().parents if os.access(one, os.F_OK))
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise LocalError(
            f"{path} cannot be written: {folder} may not be written to",
            hint="name another place: ccsync --config FILE init",
        )


def _may_be_written(asker: Asker, path: Path, *, force: bool) -> None:
    """Ask before a file is replaced; UsageError when nobody allows it."""
    if force or not os.path.lexists(path):
        return
    question = f"{path} is there already. Replace it at the end, and keep it as {path.name}.undo?"
    if not asker.present or not asker.confirm(question, proposed=False):
        raise UsageError(f"{path} is there already and was left as it is", hint="ccsync init --force")


def _said(session: Session, said: dict[str, Any], settings: dict[str, Any], *, with_key: bool) -> Said:
    from ccsync.cli.auth_flow import membrain_key_from_person
    from ccsync.engine.setup.asking import Said
    from ccsync.engine.setup.people import FIELDS
    from ccsync.engine.setup.services import RUNS, STORES, WAYS, WITH_KEY

    for name, words in {"login": WAYS, "runs": RUNS, "store": STORES, "fields": FIELDS}.items():
        if said[name] is not None and said[name] not in words:
            flag = f"--{name}"
            raise UsageError(
                f"{flag} {said[name]}: it is one of {', '.join(words)}", hint=f"ccsync init {flag} {words[0]}"
            )
    try:
        key = membrain_key_from_person(session.environment.stdin, with_key=True) if with_key else None
    except UsageError as error:
        error.hint = WITH_KEY  # a login by itself needs the file that there is not
        raise
    return Said(**said, key=key, settings=settings)


def _written(session: Session, asker: Asker, path: Path, said: Said, *, force: bool) -> tuple[Agreed, str | None]:
    from ccsync.cli.init_outside import RealOutside
    from ccsync.config.create import write_new
    from ccsync.engine.setup.asking import Talk
    from ccsync.engine.setup.conversation import converse

    with RealOutside(session, path) as outside:
        agreed = converse(Talk(asker, said, outside, str(path.with_name("key"))))
        if asker.present:
            for line in init_page.summary(agreed.as_data()):
                asker.tell(line)
            if not asker.confirm(f"Write {path}?", proposed=True):
                raise UsageError("nothing was written", hint="ccsync init --sandbox" if said.sandbox else "ccsync init")
        allowed = force or asker.present  # on a terminal it was asked at the beginning
        with outside.keeping():
            undo = write_new(path, agreed.tables, replace=allowed)
    return agreed, None if undo is None else str(undo)


def _wants_dry_run(asker: Asker) -> bool:
    """Ask; the file is there by now, so that to be interrupted here is to say no."""
    with suppress(KeyboardInterrupt):
        return asker.present and asker.confirm(
            "Look at what a run would do? It writes to neither service", proposed=True
        )
    return False


def _answer(session: Session, path: Path, data: dict[str, Any], *, told: bool, dry_run: bool) -> Result:
    said = partial(init_page.render, data=data, told=told)
    if not dry_run:
        return Result({**data, "dry_run": None}, render=said)
    from ccsync.cli.run import run_now
    from ccsync.engine.options import RunOptions

    there = replace(session, everywhere=replace(session.everywhere, config=path))
    looked = run_now(there, options=RunOptions(dry_run=True), asks=False)
    return replace(
        looked,
        data={**data, "dry_run": dict(looked.data)},
        partial=True,
        render=partial(init_page.render_both, data=data, told=told, first=looked.render),
    )
