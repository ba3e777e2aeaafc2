"""How Hypothesis looks for counter-examples here."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ccsync", deadline=None)  # a busy machine is no counter-example
settings.load_profile("ccsync")
