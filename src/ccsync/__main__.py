"""Lets ``python -m ccsync`` stand for ``ccsync``."""

from __future__ import annotations

from ccsync.cli.app import main

main()
