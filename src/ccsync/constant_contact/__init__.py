"""Everything ccsync knows about Constant Contact."""

from __future__ import annotations
