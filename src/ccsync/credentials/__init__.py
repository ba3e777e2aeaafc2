"""Where the logins lie: the port, and its two adapters (the system's keyring, an encrypted file)."""

from __future__ import annotations
