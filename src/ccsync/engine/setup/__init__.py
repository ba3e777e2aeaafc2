"""Setting ccsync up: a conversation whose end is a configuration that works."""

from __future__ import annotations
