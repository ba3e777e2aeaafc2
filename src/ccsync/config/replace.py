"""Putting another text in the place of a file, wholly or not at all, with the file of before kept beside it."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ccsync.errors import LocalError

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
    cannot be written, when the file belongs to somebody else, or when it was changed by another hand meanwhile.
    """

    path: Path
    text: str = field(init=False)
    draft: Path = field(init=False)
    _file: Path = field(init=False)
    _before: bytes = field(init=False)

    def __enter__(self) -> Self:
        self._file = self.path.resolve()
        self.draft = self._beside(_DRAFT)
        with _told(self.path):
            self._before = self._file.read_bytes()
        self.text = self._before.decode().removeprefix(_MARK)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for leftover in (self.draft, self._beside(f"{UNDO}{_DRAFT}")):
            with suppress(OSError):
                leftover.unlink()

    def write(self, text: str) -> None:
        """Write the new text beside the file, onto the disk, for others to look at before it counts."""
        mark = _MARK if self._before.startswith(_MARK.encode()) else ""
        with _told(self.path):
            self._store(self.draft, (mark + text).encode())

    def commit(self) -> Path:
        """Put the draft in the file's place; return where the file of before lies."""
        with _told(self.path):
            if self._file.read_bytes() != self._before:
                raise LocalError(
                    f"{self.path} was changed meanwhile: nothing was written", hint="run the same command again"
                )
            undo, spare = self._beside(UNDO), self._beside(f"{UNDO}{_DRAFT}")
            self._store(spare, self._before)
            spare.replace(undo)
            self.draft.replace(self._file)
            self._sync_folder()
        return undo if self.path.is_symlink() else self.path.with_name(undo.name)

    def _beside(self, ending: str) -> Path:
        return self._file.with_name(self._file.name + ending)

    def _store(self, path: Path, content: bytes) -> None:
        """Write a file with the mode and owner of the one that is replaced; a link in its place is not followed."""
        like = self._file.stat()
        path.unlink(missing_ok=True)
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


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LocalError(
            f"{path} cannot be changed: {error.strerror}", hint=f"see who may write there: ls -ld {path.parent} {path}"
        ) from error
