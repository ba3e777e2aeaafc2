"""Where a unit gets the key of the encrypted file from."""

from __future__ import annotations

import base64
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.credentials.key import KEY_BYTES
from ccsync.errors import LocalError, UsageError
from ccsync.service import record
from ccsync.service.job import Credential, Kind, Scope
from ccsync.service.systemctl import decrypt, encrypt
from ccsync.service.written import Piece, digest, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.config.model import Config

_FOR_ROOT = 0o600


@dataclass(frozen=True, slots=True)
class Key:
    """The source of the key: in words, as systemd is to hand it over, and the file of the configuration."""

    words: str
    credential: Credential | None = None
    file: Path | None = None


def key_of(config: Config, kind: Kind, scope: Scope, name: str, environ: Mapping[str, str]) -> Key:
    """Return where a job's key comes from; UsageError where none can be had without somebody at a desktop."""
    chosen = config.credentials
    if config.sandbox.enabled:
        return Key("the sandbox's own key")
    if chosen.store == "keyring":
        if scope is Scope.SYSTEM:
            raise UsageError(
                "a user who never logs in has no keyring to keep the logins in",
                hint='set store = "encrypted-file" under [credentials], then again: ccsync daemon install',
            )
        return Key("keyring")
    file = Path(chosen.key_file).expanduser().absolute() if chosen.key_file else None
    if file is None and chosen.key_command:
        return Key("key_command")
    if scope is Scope.USER or kind is Kind.CRON:
        if file is None:
            raise UsageError(
                "the encrypted file has no key",
                hint='ccsync auth new-key FILE, and key_file = "FILE" under [credentials]',
            )
        return Key(f"key file {file}", file=file)
    if shutil.which("systemd-creds", path=environ.get("PATH")) is None:
        if file is None:
            raise UsageError(
                "the encrypted file has no key, and this systemd cannot encrypt one",
                hint='ccsync auth new-key FILE, and key_file = "FILE" under [credentials]',
            )
        return plain(file)
    place = record.ETC / "credstore.encrypted" / f"{name}.cred"
    words = f"systemd credential ccsync-key, encrypted in {place}"
    return Key(words, Credential(place, encrypted=True), file)


def plain(file: Path) -> Key:
    """Return the key of a file that systemd hands over as it is."""
    return Key(f"systemd credential ccsync-key, from the key file {file}", Credential(file, encrypted=False), file)


def lay_down(key: Key, before: Piece | None, environ: Mapping[str, str]) -> Piece | None:
    """Write the encrypted key where the unit looks for it; None where systemd cannot encrypt.

    The one that is there is kept as long as it is the same key: it is the only one when it was made here.
    """
    if key.credential is None or not key.credential.encrypted:
        return None
    place = key.credential.path
    text = _text_of(key.file)
    if place.exists():
        there = decrypt(place, environ)
        if there is not None and (text is None or there.split() == text.split()):
            return before or Piece(str(place), digest(place.read_bytes()), kept=key.file is None)
        if key.file is None:
            raise LocalError(
                f"{place} is there and cannot be read: it may hold the only key of logins that are stored",
                hint=f"move it away, if they can be made again: mv {place} {place}.old",
            )
    made = text or base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    locked = encrypt(made, environ)
    if locked is None:
        return None
    put(place, locked, _FOR_ROOT)
    return Piece(str(place), digest(locked), kept=key.file is None)


def _text_of(file: Path | None) -> bytes | None:
    """Return the key of a file as the file has it; LocalError when it is none."""
    if file is None:
        return None
    try:
        text = file.read_bytes()
    except OSError as error:
        raise LocalError(
            f"The key file {file} cannot be read: {error.strerror}", hint=f"ccsync auth new-key {file}"
        ) from error
    if len(text.strip()) != len(base64.b64encode(bytes(KEY_BYTES))):
        raise LocalError(f"The key file {file} holds no key", hint="make one: ccsync auth new-key FILE", code="bad_key")
    return text
