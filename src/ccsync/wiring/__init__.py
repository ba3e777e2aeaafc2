"""Building everything from the configuration and the environment, in one place."""

from __future__ import annotations

from ccsync.wiring.application import Application, open_application

__all__ = ["Application", "open_application"]
