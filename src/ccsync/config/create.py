"""A configuration that is not there yet: what its file would be refused for, and writing it in one go."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args

from ccsync.config.compose import compose
from ccsync.config.load import load
from ccsync.config.model import Direction
from ccsync.config.replace import UNDO
from ccsync.config.source import FILE_NAME, VARIABLE, read_document
from ccsync.errors import ConfigError, LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.errors import Problem

Tables = dict[str, Any]
"""What a file in TOML holds, as plain values."""

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


def place_of_new(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """Return where a new file goes: ``--config``, ``CCSYNC_CONFIG``, or the user's configuration folder."""
    named = explicit or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is not None:
        return named.expanduser().absolute()
    from platformdirs import user_config_path  # noqa: PLC0415 - only needed when no file is named

    return user_config_path("ccsync", appauthor=False) / FILE_NAME


def problems_in(tables: Tables) -> tuple[Problem, ...]:
    """Return what a file with these tables would be refused for; none when it is right."""
    with TemporaryDirectory(prefix="ccsync-") as folder:
        draft = Path(folder) / FILE_NAME
        draft.write_text(compose(tables), "utf-8")
        try:
            load(draft)
        except ConfigError as error:
            return error.problems
    return ()


def complaint(table: str, key: str, value: Any) -> str:
    """Return why the value of one setting would be refused, with the mend; empty when it is right.

    ``table`` is ``""`` for the top of the file, and ``sync`` for the one sync that there is.
    """
    tables = _smallest()
    tables |= {"membrain": {}} if table == "membrain" else {}  # instance and url exclude each other
    tables |= {"credentials": {"store": "encrypted-file"}} if key == "key_file" else {}
    holder = tables if not table else tables["sync"][0] if table == "sync" else tables.setdefault(table, {})
    holder[key] = value
    path = f"sync[0].{key}" if table == "sync" else f"{table}.{key}".removeprefix(".")
    found = next((one for one in problems_in(tables) if one.path.startswith(path)), None)
    if found is None:
        return ""
    if value == "":
        return "is empty, and has to be answered"
    pictured = "\n" in found.message  # and says enough
    return f"{found.message} ({found.hint})" if found.hint and not pictured else found.message


def directions() -> tuple[str, ...]:
    """Return the directions that this version carries out: those whose configuration is not refused."""
    return tuple(one for one in get_args(Direction) if not complaint("sync", "direction", one))


def _smallest() -> Tables:
    sync = {"name": "people", "direction": get_args(Direction)[0], "list": "People"}
    sync["when_leaving"] = "remove-from-list"
    return {"account": "a", "membrain": {"instance": "a"}, "constant_contact": {"client_id": "a"}, "sync": [sync]}


def write_new(path: Path, tables: Tables, *, replace: bool) -> Path | None:
    """Write a configuration, wholly or not at all, for its owner alone; return where the file of before lies, if any.

    It is read back before it counts. UsageError when a file is there and ``replace`` was not said, ConfigError when
    these tables would be refused, LocalError when nothing can be written there.
    """
    file = path.resolve()
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}.draft")
    try:
        _make_folder(file.parent)
        try:
            _store(draft, compose(tables).encode())
            load(draft)
            if read_document(draft).tables.get("sync") != tables["sync"]:
                raise LocalError(f"{path} could not be written as it is meant", hint=f"ccsync --config {path} init")
            return _put(draft, file, replace=replace)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise LocalError(
            f"{path} cannot be written: {error.strerror}", hint="name another place: ccsync --config FILE init"
        ) from error


def _put(draft: Path, file: Path, *, replace: bool) -> Path | None:
    undo: Path | None = None
    if replace and file.exists():
        undo, spare = file.with_name(file.name + UNDO), draft.with_suffix(UNDO)
        _store(spare, file.read_bytes())
        spare.replace(undo)
        draft.replace(file)
    else:
        try:
            file.hardlink_to(draft)  # unlike a rename it takes nobody's place
        except FileExistsError:
            raise UsageError(f"{file} is there already and was left as it is", hint="ccsync init --force") from None
    _sync_folder(file.parent)
    return undo


def _make_folder(folder: Path) -> None:
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def _store(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
