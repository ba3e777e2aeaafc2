"""Where a secret may be sent: over https, or in the clear to this machine itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from ccsync.errors import ConfigError
from ccsync.http.transport import is_loopback


def require_safe(url: str, setting: str) -> str:
    """Return the address without a slash at its end; ConfigError when others could read what is sent there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return url.rstrip("/")
    raise ConfigError(
        f"`{setting}` must begin with https:// (plain http only to a loopback address)", hint="ccsync config check"
    )
