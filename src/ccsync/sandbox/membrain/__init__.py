"""Membrain's REST API v2, simulated."""

from __future__ import annotations
