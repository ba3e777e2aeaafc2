"""Secrets in one file of the account's state folder, encrypted with AES-GCM.

The file is JSON: a version, a mark of the key (derived from it, tells nothing about it), and for each entry a fresh
nonce and the sealed text. Account and service are sealed with it, so an entry put under another name does not open.
Writers take turns, and a reader sees the old file or the new one, never a part.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from filelock import FileLock, Timeout

from ccsync.credentials.key import KEY_BYTES, KeySources
from ccsync.errors import LocalError, Locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME = "credentials"
VERSION = 1
_NONCE_BYTES = 12
_MARK_BYTES = 8
_LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Keys:
    """What is derived from the user's key: one part seals, the other tells keys apart."""

    sealing: bytes
    mark: str

    @classmethod
    def of(cls, key: bytes) -> _Keys:
        derived = HKDF(SHA256(), KEY_BYTES + _MARK_BYTES, None, b"ccsync credentials 1").derive(key)
        return cls(derived[:KEY_BYTES], derived[KEY_BYTES:].hex())


class EncryptedFileStore:
    """The CredentialStore over ``<folder>/credentials``."""

    def __init__(self, folder: Path, sources: KeySources) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._sources = sources

    def read(self, account: str, service: str) -> str | None:
        """Return the stored text, or None; LocalError for a wrong key or a damaged file."""
        if not self._path.exists():
            return None
        keys = _Keys.of(self._sources.read())
        entry = self._entries(keys).get(_name(account, service))
        return None if entry is None else self._open(keys, _name(account, service), entry)

    def write(self, account: str, service: str, text: str) -> None:
        """Store text; on the disk when this returns."""
        keys = _Keys.of(self._sources.read())
        name = _name(account, service)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(keys.sealing).encrypt(nonce, text.encode(), _bound_to(name))
        entry = {"nonce": _base64(nonce), "sealed": _base64(sealed)}
        with self._writing():
            self._replace(keys, {**self._entries(keys), name: entry})

    def delete(self, account: str, service: str) -> None:
        """Forget; the file goes with its last entry."""
        if not self._path.exists():
            return
        keys = _Keys.of(self._sources.read())
        with self._writing():
            entries = self._entries(keys)
            if entries.pop(_name(account, service), None) is None:
                return
            if entries:
                self._replace(keys, entries)
            else:
                self._path.unlink()
                self._sync_folder()

    def probe(self) -> None:
        """Write, read and delete an entry of its own name."""
        name, text = f"probe-{secrets.token_hex(4)}", secrets.token_hex(8)
        self.write(name, "probe", text)
        if self.read(name, "probe") != text:
            raise LocalError(
                f"{self._path} does not hold what is written to it", hint=f"look at the disk: df -h {self._folder}"
            )
        self.delete(name, "probe")

    def describe(self) -> str:
        """Name the file and the source of its key."""
        return f"encrypted file {self._path} ({self._sources.describe()})"

    def _entries(self, keys: _Keys) -> dict[str, Any]:
        """Return the sealed entries by name; all of them belong to this key."""
        try:
            envelope = json.loads(self._path.read_bytes())
            version, mark, entries = envelope["version"], envelope["key"], dict(envelope["entries"])
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LocalError(
                f"{self._path} cannot be read: {error.strerror}",
                hint=f"look at its owner and mode (0600): ls -l {self._path}",
            ) from None
        except (ValueError, KeyError, TypeError):
            raise self._damaged() from None
        if version != VERSION:
            raise LocalError(
                f"{self._path} was written by another version of ccsync",
                hint="use that version, or log in again: ccsync auth login SERVICE",
            )
        if mark != keys.mark:
            raise LocalError(
                f"{self._path} was written with another key than the one from the {self._sources.describe()}",
                hint=f"give ccsync the right key, or remove {self._path} and log in again: ccsync auth login SERVICE",
                code="wrong_key",
            )
        return entries

    def _open(self, keys: _Keys, name: str, entry: Any) -> str:
        try:
            nonce, sealed = (base64.b64decode(entry[part], validate=True) for part in ("nonce", "sealed"))
            return AESGCM(keys.sealing).decrypt(nonce, sealed, _bound_to(name)).decode()
        except (InvalidTag, ValueError, KeyError, TypeError):
            raise self._damaged() from None

    def _damaged(self) -> LocalError:
        return LocalError(
            f"{self._path} is damaged",
            hint=f"remove {self._path} and log in again: ccsync auth login SERVICE",
            code="credentials_damaged",
        )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Let one writer in at a time: two services share the file."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._folder / f"{FILE_NAME}.writing", timeout=_LOCK_SECONDS, mode=0o600):
                yield
        except Timeout:
            raise Locked(
                f"Another process has been writing {self._path} for {_LOCK_SECONDS:g} seconds",
                hint="run the same command again when it has ended",
            ) from None
        except OSError as error:
            raise LocalError(
                f"{self._path} cannot be written: {error.strerror}",
                hint=f"look at the disk and at the folder's owner: ls -ld {self._folder}",
            ) from None

    def _replace(self, keys: _Keys, entries: dict[str, Any]) -> None:
        text = json.dumps({"version": VERSION, "key": keys.mark, "entries": entries}, indent=1)
        # One name for the new file, used under the lock: a crash leaves one file behind at most, and the next write
        # takes it away.
        fresh = self._folder / f"{FILE_NAME}.new"
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _name(account: str, service: str) -> str:
    return f"{account}/{service}"


def _bound_to(name: str) -> bytes:
    return f"ccsync credentials {VERSION} {name}".encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
