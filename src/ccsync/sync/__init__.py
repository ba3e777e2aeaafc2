"""The pure core: what the two sides look like, and what should happen. No I/O, no clock, no randomness."""

from __future__ import annotations
