"""Both services, simulated over real HTTP on loopback, with their state on disk."""

from __future__ import annotations
