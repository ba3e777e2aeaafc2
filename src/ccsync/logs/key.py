"""The key that turns a person into a mark: one for each account, kept in its folder and never given away.

With it the same person has the same mark everywhere in an account, and without it nobody can try out addresses until a
mark fits.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from ccsync.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE = "person.key"
_BYTES = 32


def person_key(folder: Path) -> bytes:
    """Return the key of the account whose ``folder`` is given, made when there is none; LocalError when it is unusable.

    A key is complete before it has its name, and the first of two processes that make one wins.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise LocalError(
            f"the key {path} cannot be made or read: {error.strerror}",
            hint=f"make room or mend the permissions: ls -l {folder}",
            code="no_person_key",
        ) from error
    if len(key) != _BYTES:
        raise LocalError(
            f"the key {path} is damaged: {len(key)} bytes in place of {_BYTES}",
            hint=f"put it back from a backup; or, with other marks from now on: mv {path} {path}.old",
            code="no_person_key",
        )
    return key


def mark(key: bytes, value: str) -> str:
    """Return the mark of a value, 64 hexadecimal digits: upper and lower case, and blanks around it, do not count."""
    plain = unicodedata.normalize("NFC", value).strip().casefold()
    return hmac.new(key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _make(path: Path) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)
