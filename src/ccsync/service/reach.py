"""Whether another user can get at a file: asked before a unit that cannot is installed. By the mode bits alone."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from pathlib import Path


def out_of_reach(path: Path, uid: int, groups: Collection[int], *, execute: bool = False) -> Path | None:
    """Return the first folder on the way to a file, or the file, that a user may not use; None when all may be used.

    What is not there is out of reach. Links are followed.
    """
    real = path.resolve()
    for one in (*reversed(real.parents), real):
        wanted = stat.S_IXOTH if one != real or execute else 0
        wanted |= stat.S_IROTH if one == real else 0
        try:
            found = one.stat()
        except OSError:
            return one
        if uid != 0 and not _allows(found, wanted, uid, groups):
            return one
    return None


def _allows(found: os.stat_result, wanted: int, uid: int, groups: Collection[int]) -> bool:
    if found.st_uid == uid:
        wanted <<= 6
    elif found.st_gid in groups:
        wanted <<= 3
    return found.st_mode & wanted == wanted
