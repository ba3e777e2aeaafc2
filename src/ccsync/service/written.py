"""Files that ``daemon install`` writes and ``daemon uninstall`` takes back, unless somebody has edited them since."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ccsync.errors import LocalError

CRONTAB = "crontab"
"""What stands in place of a path for the block in a user's crontab."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that was written: where, and a digest of what; ``kept`` is never taken back."""

    path: str
    digest: str
    kept: bool = False


def digest(text: str | bytes) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text).hexdigest()


def state_of(piece: Piece) -> Literal["as written", "edited", "gone"]:
    """Tell what has become of a file."""
    try:
        content = Path(piece.path).read_bytes()
    except FileNotFoundError:
        return "gone"
    except OSError as error:
        raise _trouble("read", piece.path, error) from error
    return "as written" if digest(content) == piece.digest else "edited"


def put(path: Path, text: str | bytes, mode: int, *, folders: int | None = None) -> None:
    """Write a file in one go, with the folders above it; LocalError when that cannot be.

    Folders that are made have the mode ``folders``, or what the umask leaves.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        for missing in reversed([one for one in path.parents if not one.exists()]):
            missing.mkdir(exist_ok=True)
            if folders is not None:
                missing.chmod(folders)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _trouble("written", str(path), error) from error


def remove(path: str) -> None:
    """Remove a file."""
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise _trouble("removed", path, error) from error


def _trouble(what: str, path: str, error: OSError) -> LocalError:
    return LocalError(
        f"{path} cannot be {what}: {error.strerror}",
        hint="what belongs to the whole machine takes root; your own: ccsync daemon install --user",
    )
