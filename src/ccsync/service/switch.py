"""The switch of the service: stopped stays stopped, whatever would start a run by itself."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ccsync.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.clock import Clock

_PRIVATE = 0o600


class Switch:
    """Whether an account's service is meant to run; on, until somebody turns it off.

    A small file in the account's folder says off by being there. What stands in it is for people: since when. Runs
    typed by hand do not ask.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        """``folder`` is the account's own."""
        self._path = folder / "switched-off.json"
        self._clock = clock

    def is_off(self) -> bool:
        """Tell whether the service was stopped and not started again."""
        return self._path.exists()

    def off_since(self) -> datetime | None:
        """Return when the service was turned off; None when it is on."""
        try:
            text = self._path.read_bytes()
            changed = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._trouble("read", error) from error
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            since = datetime.fromisoformat(json.loads(text)["since"])
            return since if since.tzinfo else since.replace(tzinfo=UTC)
        return changed

    def turn_off(self) -> None:
        """Turn the service off; the time of the first turn stays. LocalError when that cannot be kept."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        except FileExistsError:
            return
        except OSError as error:
            raise self._trouble("written", error) from error
        with suppress(OSError), os.fdopen(descriptor, "w", encoding="utf-8") as file:  # a full disk: there is enough
            json.dump({"since": self._clock.now().isoformat(timespec="seconds")}, file)

    def turn_on(self) -> None:
        """Turn the service on; LocalError when that cannot be kept."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._trouble("removed", error) from error

    def _trouble(self, what: str, error: OSError) -> LocalError:
        return LocalError(
            f"the switch of the service, {self._path}, cannot be {what}: {error.strerror}",
            hint=f"make room, or mend the permissions: ls -ld {self._path.parent}",
        )
