"""HTTP towards both services: time limits, retries, one log line per try."""

from __future__ import annotations
