"""Trying a key of Membrain's API before it is kept.

``GET /users/`` exists on every instance and answers a bare array, so it shows whether a key opens anything (public
clients of the API); it names at least the user whom the key belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.credentials.store import MEMBRAIN, login_command
from ccsync.errors import Unreachable
from ccsync.http.addresses import require_safe
from ccsync.http.session import HttpClient
from ccsync.logs.events import NullRecorder
from ccsync.membrain.answers import classifier, some_users

if TYPE_CHECKING:
    from ccsync.clock import Clock


def try_key(url: str, key: str, clock: Clock) -> int:
    """Return the number of users that the key shows; an error of its own for each thing that can be wrong.

    LoginNeeded: the key is refused. ConfigError: no such instance. Unreachable: no answer, or none from Membrain.
    """
    base = require_safe(url, "membrain.url")
    try:
        with HttpClient(MEMBRAIN, base, clock, NullRecorder()) as client:
            users = client.send("GET", "/users/", classifier(some_users, key), before_try=lambda: {"APIKey": key})
    except Unreachable as error:
        raise Unreachable(
            error.message,
            hint=f"check the network and `[membrain] instance`, then: {login_command(MEMBRAIN)}",
            code=error.code,
        ) from error
    return len(users)
