"""Everything ccsync knows about Membrain."""

from __future__ import annotations
