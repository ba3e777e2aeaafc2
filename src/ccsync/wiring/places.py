"""Where the services are for this configuration: on the net, or in the sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.config.model import Config
    from ccsync.sandbox.server import Endpoints


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of both services, the application that logs in to Constant Contact, and whether both are simulated."""

    membrain_url: str
    api_url: str
    auth_url: str
    client_id: str
    simulated: bool = False


def real(config: Config) -> Places:
    """Return the places that the configuration names."""
    base = config.membrain.base_url
    if base is None:
        raise UsageError("[membrain] names neither an instance nor a url", hint="ccsync config check")
    return Places(
        base, config.constant_contact.api_url, config.constant_contact.auth_url, config.constant_contact.client_id
    )


def served(folder: Path) -> Places:
    """Return the places of a sandbox that another process serves; UsageError when none does."""
    from ccsync.sandbox.server import find_served  # noqa: PLC0415 - the sandbox is an extra

    endpoints = find_served(folder)
    if endpoints is None:
        raise UsageError("the sandbox is not being served", hint="ccsync sandbox serve, in another terminal")
    return _of(endpoints)


@contextmanager
def sandbox(folder: Path, clock: Clock) -> Iterator[tuple[Places, str]]:
    """Yield the places of the sandbox and its Membrain key: of the one that is served, else of one of our own."""
    try:
        from ccsync.sandbox.server import Sandbox, find_served  # noqa: PLC0415 - the sandbox is an extra
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"the sandbox needs {missing.name}, which is not installed",
            hint="pip install '.[sandbox]', in ccsync's folder",
        ) from missing
    endpoints = find_served(folder)
    if endpoints is not None:
        yield _of(endpoints), endpoints.api_key
        return
    with Sandbox(folder, clock) as own:
        yield _of(own.endpoints()), own.endpoints().api_key


def _of(endpoints: Endpoints) -> Places:
    return Places(endpoints.membrain_url, endpoints.api_url, endpoints.auth_url, endpoints.client_id, True)
