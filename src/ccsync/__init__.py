"""ccsync keeps contacts in step between Membrain and Constant Contact."""

from __future__ import annotations
