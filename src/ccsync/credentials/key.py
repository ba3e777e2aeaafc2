"""The key of the encrypted file: 32 random bytes, written as base64 on one line.

It comes from the first of these that is set: the systemd credential ``ccsync-key``, a file that only its owner can
read, or a command that prints it. A source that is set and does not give a key is an error; the next one is not tried.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import shlex
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import ConfigError, LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY_BYTES = 32
SYSTEMD_NAME = "ccsync-key"
COMMAND_SECONDS = 10.0
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class KeySources:
    """The places that the user named; ``read`` asks the first."""

    credentials_directory: Path | None = None
    key_file: Path | None = None
    key_command: tuple[str, ...] = ()
    command_seconds: float = COMMAND_SECONDS

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, key_file: Path | None = None, key_command: Sequence[str] = ()
    ) -> KeySources:
        """Take systemd's folder of credentials from the environment, the rest from the configuration.

        ``key_command`` is a program and its arguments; one line of text is split as a shell would.
        """
        folder = environ.get("CREDENTIALS_DIRECTORY", "")
        words = shlex.split(key_command) if isinstance(key_command, str) else key_command
        return cls(Path(folder) if folder else None, key_file, tuple(words))

    def read(self) -> bytes:
        """Return the key.

        ConfigError when no source is named, LocalError when the named one does not give a key.
        """
        if self._from_systemd():
            return _parsed(_systemd_text(self._systemd_path()), f"the systemd credential {SYSTEMD_NAME}")
        if self.key_file is not None:
            return _parsed(_file_text(self.key_file), f"the key file {self.key_file}")
        if self.key_command:
            return _parsed(_command_text(self.key_command, self.command_seconds), "the answer of key_command")
        raise ConfigError(
            "The encrypted file for credentials has no key",
            hint='make one with `ccsync auth new-key FILE` and set `[credentials] key_file = "FILE"`; '
            "where a unit of systemd's has it, ccsync daemon install prints the line to type",
        )

    def describe(self) -> str:
        """Say which source is used; the command is not repeated, it may hold a secret."""
        if self._from_systemd():
            return f"systemd credential {SYSTEMD_NAME}"
        if self.key_file is not None:
            return f"key file {self.key_file}"
        return "key_command" if self.key_command else "no key"

    def _from_systemd(self) -> bool:
        return self.credentials_directory is not None and self._systemd_path().exists()

    def _systemd_path(self) -> Path:
        return (self.credentials_directory or Path()) / SYSTEMD_NAME


def new_key(path: Path) -> None:
    """Write a new key to a file that only its owner can read; UsageError when the file is there already."""
    line = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already and was left as it is: a key that is lost opens nothing any more",
            hint="name another file: ccsync auth new-key FILE",
        ) from None
    except OSError as error:
        raise LocalError(
            f"The key file {path} cannot be made: {error.strerror}",
            hint="make its folder first, or name another file: ccsync auth new-key FILE",
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _parsed(text: bytes, what: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise LocalError(
            f"{what[0].upper()}{what[1:]} is not a key ({KEY_BYTES} bytes in base64 on one line)",
            hint="make one: ccsync auth new-key FILE",
            code="bad_key",
        )
    return key


def _systemd_text(path: Path) -> bytes:
    # Owner and mode are systemd's business here: it may own the file itself and let the unit's user in by an ACL.
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError(
            f"The systemd credential {SYSTEMD_NAME} cannot be read: {error.strerror}",
            hint="look at LoadCredential= in the unit, and at: ls -l $CREDENTIALS_DIRECTORY",
            code="bad_key",
        ) from None


def _file_text(path: Path) -> bytes:
    try:
        # Not through a link, and not waiting on a pipe: what is checked is what is read.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise LocalError(
            f"The key file {path} is missing", hint=f"make one: ccsync auth new-key {path}", code="no_key"
        ) from None
    except OSError as error:
        why = "it is a symbolic link" if path.is_symlink() else error.strerror
        raise LocalError(
            f"The key file {path} cannot be used: {why}",
            hint=f"name a plain file that belongs to you in `[credentials] key_file`: ls -l {path}",
            code="bad_key",
        ) from None
    with os.fdopen(handle, "rb") as file:
        _vet(os.fstat(file.fileno()), path)
        return file.read(_MOST_BYTES)


def _vet(found: os.stat_result, path: Path) -> None:
    quoted = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        raise LocalError(
            f"The key file {path} is not a plain file", hint=f"make one: ccsync auth new-key {quoted}", code="bad_key"
        )
    if found.st_uid != os.geteuid():
        raise LocalError(
            f"The key file {path} belongs to another user",
            hint=f"chown {os.geteuid()} {quoted}",
            code="bad_key",
        )
    if found.st_mode & 0o077:
        raise LocalError(
            f"The key file {path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o})",
            hint=f"chmod 600 {quoted}",
            code="bad_key",
        )


def _command_text(words: tuple[str, ...], seconds: float) -> bytes:
    """Return what the command prints. What it says on stderr is not shown: it may hold a secret."""
    try:
        # A session of its own, so that the time limit ends its children as well.
        with subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                text, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise _command_failed(f"gave no answer within {seconds:g} seconds") from None
    except (OSError, ValueError) as error:
        raise _command_failed(f"cannot be started ({type(error).__name__})") from None
    if process.returncode:
        raise _command_failed(f"ended with {process.returncode}")
    return text[:_MOST_BYTES]


def _command_failed(how: str) -> LocalError:
    return LocalError(
        f"The command in `[credentials] key_command` {how}",
        hint="run it by hand: it must print the key; then: ccsync auth status",
        code="bad_key",
    )
