"""Another process, as the kernel tells of it: whether it has ended, and whether it has a file open."""

from __future__ import annotations

import os
import select
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def end_of(pid: int) -> Iterator[Callable[[], bool]]:
    """Yield what tells whether a process has ended, also when nobody counts its end; where Linux does not say, yes."""
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, AttributeError):
        yield lambda: True
        return
    try:
        yield lambda: bool(select.select([descriptor], [], [], 0)[0])
    finally:
        os.close(descriptor)


def may_have_open(pid: int, path: Path) -> bool:
    """Tell whether a process has a file open; yes where that cannot be told, as of another user's."""
    try:
        wanted, found = path.stat(), list(Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return not Path("/proc/self/fd").exists()
    except OSError:
        return True
    for one in found:
        with suppress(OSError):
            if os.path.samestat(one.stat(), wanted):
                return True
    return False
