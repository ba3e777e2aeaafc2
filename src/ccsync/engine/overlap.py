"""How far the reading of what changed reaches back."""

from __future__ import annotations

from datetime import timedelta

OVERLAP = timedelta(minutes=5)
"""How far a window reaches back behind the one before it.

Long enough for changes that a service shows late; public clients of Constant Contact stay two minutes behind, an
acceptance test waits four for a contact to appear.
"""
