"""Putting another text in the place of a file, wholly or not at all, with the file of before kept beside it."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ccsync.errors import LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

UNDO = ".undo"
_DRAFT = ".draft"
_MARK = "\ufeff"
_PRIVATE = 0o600


@dataclass(slots=True)
class Replacement:
    """One replacement of a file; used as a context, which leaves no draft behind.

    A link stays a link: what it leads to is replaced. Mode and owner stay what they were. LocalError when the folder
    cannot be written, when the file belongs to somebody else, or when it was changed by another hand meanwhile. Of two
    at once, the second waits for the first. UsageError for text that is no text.
    """

    path: Path
    text: str = field(init=False)
    draft: Path = field(init=False)
    _file: Path = field(init=False)
    _before: bytes = field(init=False)
    _held: int = field(init=False)

    def __enter__(self) -> Self:
        self._file = self.path.resolve()
        self.draft = self._beside(f".{secrets.token_hex(6)}{_DRAFT}")
        with _told(self.path):
            self._held = _hold(self._file)
            self._before = self._file.read_bytes()
        self.text = self._before.decode().removeprefix(_MARK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for leftover in (self.draft, self._spare):
            with suppress(OSError):
                leftover.unlink()
        os.close(self._held)

    def write(self, text: str) -> None:
        """Write the new text beside the file, onto the disk, for others to look at before it counts."""
        mark = _MARK if self._before.startswith(_MARK.encode()) else ""
        try:
            content = (mark + text).encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"a word of the command line is no text in UTF-8: {self.path} was not changed", hint="ccsync map list"
            ) from None
        with _told(self.path):
            self._store(self.draft, content)

    def commit(self) -> Path:
        """Put the draft in the file's place; return where the file of before lies."""
        with _told(self.path):
            if self._file.read_bytes() != self._before:
                raise LocalError(
                    f"{self.path} was changed meanwhile: nothing was written", hint="run the same command again"
                )
            undo = self._beside(UNDO)
            self._store(self._spare, self._before)
            self._spare.replace(undo)
            self.draft.replace(self._file)
            self._sync_folder()
        return undo if self.path.is_symlink() else self.path.with_name(undo.name)

    @property
    def _spare(self) -> Path:
        return self.draft.with_name(self.draft.name + UNDO)

    def _beside(self, ending: str) -> Path:
        return self._file.with_name(self._file.name + ending)

    def _store(self, path: Path, content: bytes) -> None:
        """Write a file with the mode and owner of the one that is replaced; a link in its place is not followed."""
        like = self._file.stat()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                self._chown(descriptor, like)
            os.fchmod(descriptor, stat.S_IMODE(like.st_mode))
            file.write(content)
            file.flush()
            os.fsync(descriptor)

    def _chown(self, descriptor: int, like: os.stat_result) -> None:
        try:
            os.fchown(descriptor, like.st_uid, like.st_gid)
        except PermissionError:
            if like.st_uid != os.geteuid():
                raise LocalError(
                    f"{self.path} belongs to another user: nothing was changed",
                    hint="run the same command again as that user",
                ) from None

    def _sync_folder(self) -> None:
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _hold(file: Path) -> int:
    """Return the file, open and locked for this process alone; whoever waited may find another one in its place."""
    while True:
        held = os.open(file, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(held), file.stat()):
            return held
        os.close(held)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LocalError(
            f"{path} cannot be changed: {error.strerror}", hint=f"see who may write there: ls -ld {path.parent} {path}"
        ) from error
