"""Constant Contact, simulated: authorization server and V3 API over WSGI, state in one SQLite file."""

from __future__ import annotations
