"""What ccsync remembers between runs: a port with two adapters, SQLite and memory."""

from __future__ import annotations
