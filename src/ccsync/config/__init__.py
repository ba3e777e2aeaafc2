"""The configuration: one TOML file, checked as a whole before anything else happens.

``find`` says which file counts, ``load`` reads it into a frozen ``Config``, ``read`` does the same and keeps the
warnings and the line of every key. Mistakes come all at once: ``ConfigError.problems`` has each with path and line.
"""

from __future__ import annotations

from ccsync.config.load import Loaded, find, load, read
from ccsync.config.model import Config, Field, Sync

__all__ = ["Config", "Field", "Loaded", "Sync", "find", "load", "read"]
