"""Putting a file in its place in one step: it is whole, or it is not there."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from ccsync.errors import LocalError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PRIVATE = 0o600


@contextmanager
def published(path: Path, *, replace: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for writing that becomes ``path`` when all went well, and leaves nothing behind when it did not.

    It is for its owner alone (mode 0600). Raises UsageError when the name is taken, unless ``replace``, and LocalError
    when the disk does not take it.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        raise not_written(path, error) from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name(beside, path, replace=replace)
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def taken(path: Path) -> UsageError:
    """Return the error of a name that something has already."""
    other = path.with_stem(f"{path.stem}-2")
    return UsageError(
        f"{path} exists already",
        hint=f"--yes replaces it; or choose another name: ccsync logs export --output {other}",
        code="file_exists",
    )


def not_written(path: Path, error: OSError) -> LocalError:
    """Return the error of a file that cannot be written."""
    return LocalError(
        f"{path} cannot be written: {error.strerror or error}; nothing was left there",
        hint="make room, or choose another place: ccsync logs export --output FILE",
        code="export_unwritable",
    )


def _name(beside: Path, path: Path, *, replace: bool) -> None:
    if replace:
        beside.replace(path)
        return
    try:
        os.link(beside, path)  # unlike a rename, never replaces what somebody put there meanwhile
    except FileExistsError:
        raise taken(path) from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise taken(path) from None
        beside.replace(path)
