"""``ccsync logs export``: one file for support, with everything and, unless asked for otherwise, nobody's name."""

from __future__ import annotations

import json
import platform
import re
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ccsync.cli.moments import moment
from ccsync.cli.output import Result
from ccsync.errors import LocalError, NotApproved, UsageError
from ccsync.logs import export as writing
from ccsync.logs.key import person_key
from ccsync.logs.mask import Masker
from ccsync.logs.mask_config import masked, shown
from ccsync.logs.publish import published, taken
from ccsync.logs.query import Query, may_hold
from ccsync.logs.read import count, each, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ccsync.cli.output import Output
    from ccsync.cli.progress import Bar
    from ccsync.cli.session import Application, Session
    from ccsync.config.model import Config

CONFIG = "config.json"
VERSIONS = "versions.json"
DOCTOR = "doctor.json"
_NOTE = """\
Logs of ccsync, account {account}, written on {now:%Y-%m-%d %H:%M} UTC.

main-log.jsonl   every event of all runs in time order, one JSON object a line
runs/DATE/RUN    the same, one file for each run
status.json      what `ccsync status --json` answers
config.json      every setting, and where it came from
versions.json    what was installed
doctor.json      what `ccsync doctor --offline` finds

{masking}
"""
_MASKED = """\
Names, addresses and all values of people are masked. person-... and value-... are marks: the same value has the same
mark everywhere in this file, and in every other export of this account. Ids, moments, counts, and the names of syncs,
lists and fields are as they were. `ccsync why EMAIL`, typed where ccsync runs, shows one person unmasked."""
_UNMASKED = "Not masked: names, addresses and values of people are in it. Delete it when the question is answered."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed; and the doctor's report, when there is one already."""

    output: Path | None = None
    form: str = "zip"
    since: str | None = None
    run: str | None = None
    unmasked: bool = False
    yes: bool = False
    report: Mapping[str, Any] | None = None


def export(session: Session, *, wanted: Wanted) -> Result:
    """Write the file and answer where it is."""
    application = session.application()
    folder, clock = application.folder, session.environment.clock
    query = Query(since=_since(wanted, clock.now()))
    chosen = resolve(folder, wanted.run) if wanted.run else None
    path = _path(wanted, application, clock.now())
    replaces = _agreed(session, wanted, path)
    masker = None if wanted.unmasked else Masker(person_key(folder), names_of(application.config))
    with _bar(session) as bar:
        if bar is not None:
            bar.phase("packing up the logs", 1 if chosen else count(folder))
        logged = [chosen] if chosen else (one for one in each(folder) if may_hold(query, one))
        source = writing.Source(logged, query, masker.line if masker else _as_it_is, bar.advance if bar else _nobody)
        with published(path, replace=replaces) as file:
            done = _write(session, application, wanted, masker, path.parent)(file, source)
            size = file.seek(0, 2)
    data = {
        "path": str(path),
        "format": wanted.form,
        "masked": masker is not None,
        "runs": done.runs,
        "lines": done.lines,
        "bytes": size,
    }
    return Result(data, render=partial(_render, data))


def documents(session: Session, application: Application, report: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return what goes into the zip beside the logs: texts by name, as they are before they are masked.

    Each is JSON. One that cannot be had says why in its place: no export fails for it. Without the doctor's ``report``
    the doctor looks at this machine now.
    """
    made = {"status.json": _status, CONFIG: _config, VERSIONS: _versions, DOCTOR: _doctor}
    if report is not None:
        made[DOCTOR] = lambda _session, _application: report
    found: dict[str, str] = {}
    for name, make in made.items():
        try:
            data = make(session, application)
        except (LocalError, OSError) as error:
            data = {"missing": str(error)}
        found[name] = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    return found


def names_of(config: Config) -> tuple[str, ...]:
    """Return the names that the configuration gives to things, which stay readable."""
    syncs = (name for sync in config.sync for name in (sync.name, sync.list))
    fields = (name for sync in config.sync for one in sync.field for name in (one.membrain, one.constant_contact))
    return tuple(dict.fromkeys((config.account, *syncs, *fields)))


def _since(wanted: Wanted, now: datetime) -> datetime | None:
    return moment(wanted.since, now, option="--since") if wanted.since else None


def _path(wanted: Wanted, application: Application, now: datetime) -> Path:
    name = f"ccsync-{application.config.account}-logs-{now:%Y-%m-%d}.{wanted.form}"
    asked = wanted.output.expanduser() if wanted.output else Path()
    path = asked / name if asked.is_dir() else asked
    if not path.absolute().parent.is_dir():
        raise UsageError(
            f"there is no folder {path.parent}",
            hint="make it, or choose another: ccsync logs export --output FILE",
        )
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file", hint="choose another name: ccsync logs export --output FILE")
    return path.absolute()


def _agreed(session: Session, wanted: Wanted, path: Path) -> bool:
    """Return whether a file may be replaced, having asked about that and about names in the file."""
    exists = path.exists() or path.is_symlink()
    if wanted.yes or not (exists or wanted.unmasked):
        return exists
    from ccsync.cli.run_first import agreed, can_ask

    if not can_ask(session):
        if wanted.unmasked:
            raise UsageError(
                "the file will hold names, addresses and values of people",
                hint="ccsync logs export --unmasked --yes; without --unmasked nobody can be recognised in it",
                code="not_confirmed",
            )
        raise taken(path)
    if wanted.unmasked:
        session.output.insist("The file will hold names, addresses and values of people. Support seldom needs them.")
    if exists:
        session.output.insist(f"{path} exists already and will be replaced.")
    if not agreed(session):
        raise NotApproved("nothing was written", hint="ccsync logs export")
    return exists


def _write(
    session: Session, application: Application, wanted: Wanted, masker: Masker | None, spool: Path
) -> writing.Writer:
    if wanted.form != "zip":
        return writing.write_jsonl if wanted.form == "jsonl" else writing.write_csv
    now = session.environment.clock.now()
    texts = {
        name: _readable(name, text, masker) for name, text in documents(session, application, wanted.report).items()
    }
    note = _NOTE.format(account=application.config.account, now=now, masking=_MASKED if masker else _UNMASKED)

    def write(file: IO[bytes], source: writing.Source) -> writing.Exported:
        return writing.write_zip(file, source, documents={"README.txt": note, **texts}, now=now, spool=spool)

    return write


def _readable(name: str, text: str, masker: Masker | None) -> str:
    """Return a document as it goes into the file."""
    data = json.loads(text)
    if name == CONFIG and isinstance(data.get("settings"), list):
        data["settings"] = [masked(one, masker) if masker else shown(one) for one in data["settings"]]
        data["path"] = masker.text(data["path"]) if masker else data["path"]
    elif masker is not None and name != VERSIONS:
        data = masker.line(data)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _status(session: Session, application: Application) -> dict[str, Any]:
    from ccsync.cli.status_facts import of_session

    return of_session(session, application)


def _config(session: Session, _application: Application) -> dict[str, Any]:
    from ccsync.cli import config
    from ccsync.config.source import find

    variables = session.environment.variables
    return config.show(find(session.everywhere.config, variables), variables)


def _doctor(session: Session, _application: Application) -> Mapping[str, Any]:
    from ccsync.cli.doctor import report_for_export

    return report_for_export(session)


def _versions(_session: Session, _application: Application) -> dict[str, Any]:
    from importlib.metadata import requires, version

    return {
        "ccsync": version("ccsync"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: found for name in _needed(requires("ccsync") or []) if (found := _installed(name))},
    }


def _needed(requirements: list[str]) -> list[str]:
    return sorted({re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0] for one in requirements if "extra ==" not in one})


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _bar(session: Session) -> AbstractContextManager[Bar | None]:
    if not session.output.talks or session.everywhere.json:
        return nullcontext(None)
    from ccsync.cli.progress import Bar

    return Bar(session.output.talk_console)


def _as_it_is(line: dict[str, Any]) -> Mapping[str, Any]:
    return line


def _nobody() -> None:
    """Nobody watches."""


def _render(data: Mapping[str, Any], output: Output) -> None:
    output.stdout.write(f"{data['path']}\n")
    if output.talks:
        kept = "nobody can be recognised in it" if data["masked"] else "not masked: names and addresses are in it"
        output.tell(f"{data['lines']} lines of {data['runs']} runs, {data['bytes'] / 1e6:.1f} MB; {kept}")
