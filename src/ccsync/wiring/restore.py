"""Putting a backup in the place of an account's state, so that nothing that happened since is undone."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError, LocalError, UsageError
from ccsync.logs.key import KEY_FILE
from ccsync.logs.runlog import FOLDER
from ccsync.state import forgotten
from ccsync.state.sqlite import SqliteStore
from ccsync.state.sqlite.copying import carry_over, fold, set_aside
from ccsync.state.sqlite.integrity import check_integrity
from ccsync.wiring.application import STATE
from ccsync.wiring.backup import ABOUT, SCHEMA, Backup, onto_the_disk

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.clock import Clock

FORGOTTEN = forgotten.FILE_NAME
_ENCRYPTED = 1
"""The bit of a zip's entry that cannot be read without a password (APPNOTE.TXT of PKWARE, 4.4.4)."""
_PATIENCE = 3600.0
"""Seconds in which a state has to be looked through before it is put back."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    ``aside`` is where the present state lies now, ``carried_over`` whether it told what the backup cannot know, and
    ``forgotten`` how many people were taken out of it because they were to be forgotten since.
    """

    backup: Backup
    aside: Path | None
    carried_over: bool
    forgotten: int


def put_back(folder: Path, account: str, source: Path, clock: Clock) -> Restored:
    """Put a backup in the place of the state; the caller keeps runs away. The present state is kept beside it.

    What cannot be put back is refused before anything is changed: another account's, a damaged one, or one that a newer
    ccsync has written.
    """
    coming = folder / f"{STATE}.coming"
    aside = kept = None
    _remove_all(folder, coming)  # of a restore that was killed: SQLite would read its log into the new file
    try:
        with _opened(source) as archive:
            backup = _about(archive, source)
            if backup.account != account:
                raise UsageError(
                    f'{source} is a backup of the account "{backup.account}", and this one is "{account}"',
                    hint="ccsync --config FILE state restore, with the configuration of that account",
                    code="other_account",
                )
            _check_key(archive, source, folder)
            _unpack(archive, STATE, coming)
            _check(coming, source, clock)
            aside = _set_aside(folder, clock)
            known = aside is not None and _told(coming, aside)
            _unpack_rest(archive, folder)
            removed = prepare_store(coming, backup.taken, blind=not known)
            onto_the_disk(coming)
            for suffix in ("-wal", "-shm"):
                _remove(folder / f"{STATE}{suffix}")
            coming.replace(folder / STATE)
            kept = aside
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _damaged(source, str(error)) from error
    except OSError as error:
        raise LocalError(
            f"{source} cannot be put back: {error.strerror or error}",
            hint=f"make room, or mend the permissions: ls -ld {source} {folder}",
        ) from error
    finally:
        _remove_all(folder, coming)
        if aside is not None and kept is None:
            _remove_all(folder, aside)
    return Restored(backup, aside, known, removed)


def _opened(source: Path) -> zipfile.ZipFile:
    if not source.exists():
        raise UsageError(f"there is no file {source}", hint="ccsync state restore FILE", code="no_file")
    archive = zipfile.ZipFile(source)
    if any(one.flag_bits & _ENCRYPTED for one in archive.infolist()):
        raise _damaged(source, "it asks for a password")
    broken = archive.testzip()
    if broken is not None:
        raise _damaged(source, f"{broken} is not what was written")
    return archive


def _about(archive: zipfile.ZipFile, source: Path) -> Backup:
    try:
        about = json.loads(archive.read(ABOUT))
        if about["schema"] != SCHEMA:
            raise LocalError(
                f'{source} has the form "{about["schema"]}", and this ccsync knows "{SCHEMA}"',
                hint="update ccsync: pip install --upgrade ccsync",
                code="newer_backup",
            )
        archive.getinfo(STATE)
        taken = datetime.fromisoformat(about["taken"])
        return Backup(source, str(about["account"]), taken, int(about["logs"]))
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged(source, "it is no backup of ccsync") from error


def _check_key(archive: zipfile.ZipFile, source: Path, folder: Path) -> None:
    """Refuse marks of another key than the folder's own: they could not be told any more."""
    ours, key = folder / FORGOTTEN, folder / KEY_FILE
    if FORGOTTEN not in archive.namelist():
        return
    if KEY_FILE not in archive.namelist():
        raise _damaged(source, "the key of those who were forgotten is missing")
    if not ours.exists() or not key.exists():
        return
    if archive.read(KEY_FILE) != key.read_bytes():
        raise LocalError(
            f"{folder} and the backup remember forgotten people by different keys: some would be lost",
            hint="put it back into a new folder: CCSYNC_STATE_DIR=/a/folder ccsync state restore FILE",
            code="other_key",
        )


def _check(coming: Path, source: Path, clock: Clock) -> None:
    """Refuse a state that is damaged or newer, in the backup's name."""
    try:
        check_integrity(coming, clock, seconds=_PATIENCE)
    except CcsyncError as error:
        error.message = error.message.replace(str(coming), f"in {source}")
        error.args = (error.message,)
        if error.code != "local" or "damaged" in error.message:
            raise _damaged(source, error.message) from error
        raise


def _set_aside(folder: Path, clock: Clock) -> Path | None:
    """Keep the present state under another name, as it is; it stays in its place until the other one takes it."""
    path = folder / STATE
    if not path.exists():
        return None
    aside = path.with_name(f"state-until-{clock.now():%Y%m%dT%H%M%SZ}.sqlite")
    set_aside(path, aside)
    return aside


def _told(coming: Path, aside: Path) -> bool:
    """Have the coming state learn from the present one; False when that does not know what was done since.

    It cannot be read then, is of another account, or was put back itself and has not read everything yet.
    """
    from ccsync.engine.instance import INSTANCE  # noqa: PLC0415 - brings the engine
    from ccsync.engine.run import ACCOUNT  # noqa: PLC0415 - brings the engine
    from ccsync.engine.streams import BLIND  # noqa: PLC0415 - brings the engine

    store = SqliteStore.open(coming)  # both have the same tables then
    store.close()
    later = coming.with_name(f"{coming.name}-later")
    shutil.copyfile(aside, later)
    try:
        if not fold(later) or not carry_over(coming, later, same=(ACCOUNT, INSTANCE)):
            return False
        with closing(SqliteStore.open(later, read_only=True)) as known:
            return known.progress.fact(BLIND) is None
    except CcsyncError:
        return False


def prepare_store(coming: Path, taken: datetime, *, blind: bool) -> int:
    """Have a state that comes back read everything again; return how many people were taken out of it."""
    from ccsync.engine.forget import forget_again  # noqa: PLC0415 - brings the engine
    from ccsync.engine.options import Unwatched  # noqa: PLC0415 - as above
    from ccsync.engine.restored import prepare  # noqa: PLC0415 - as above

    store = SqliteStore.open(coming)
    try:
        prepare(store, taken, blind=blind)
        return forget_again(coming.parent, store, Unwatched())
    finally:
        store.close()


def _unpack_rest(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack what the folder does not have: logs, and who was forgotten, with the key that their marks were made by."""
    names = set(archive.namelist())
    both = FORGOTTEN in names and (folder / FORGOTTEN).exists()
    if FORGOTTEN in names and not both:
        _remove(folder / KEY_FILE)
    for name in sorted(names - {STATE, ABOUT}):
        parts = name.split("/")
        if name not in (KEY_FILE, FORGOTTEN) and (parts[0] != FOLDER or len(parts) != 3 or ".." in parts):  # noqa: PLR2004 - logs/DATE/FILE
            continue
        target = folder.joinpath(*parts)
        if target.exists():
            continue
        for place in reversed([one for one in target.parents if one != folder and folder in one.parents]):
            place.mkdir(mode=0o700, exist_ok=True)
        _unpack(archive, name, target)
    if both:
        forgotten.take_over(folder, archive.read(FORGOTTEN))


def _unpack(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, archive.open(name) as packed:
        shutil.copyfileobj(packed, file)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _remove_all(folder: Path, path: Path) -> None:
    """Remove a state and what lies beside it under a longer name."""
    for one in folder.glob(f"{path.name}*"):
        _remove(one)


def _damaged(source: Path, detail: str) -> LocalError:
    return LocalError(
        f"{source} is damaged, or no backup of ccsync ({detail}): nothing was changed",
        hint="ccsync state restore FILE, with another backup",
        code="damaged_backup",
    )
