"""Which programs these are, for support."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """The version of ccsync, of Python, of what ccsync rests on, and of the system."""

    ccsync: str
    python: str
    system: str
    libraries: Mapping[str, str]


def check_versions(facts: MachineFacts) -> Iterator[Finding]:
    """Name them; there is nothing to compare them with."""
    libraries = ", ".join(f"{name} {version}" for name, version in facts.libraries.items())
    yield ok("versions", f"ccsync {facts.ccsync}, Python {facts.python}, {facts.system}")
    yield ok("libraries", libraries)
