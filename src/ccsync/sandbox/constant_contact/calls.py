"""What an operation is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccsync.sandbox.constant_contact.contact_table import ContactTable
    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised, validated request."""

    account: str
    path: str
    query: Mapping[str, str]
    body: Any
    raw: bytes
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; a body of None is an empty one."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every operation works with."""

    store: Store
    contacts: ContactTable
    switches: Callable[[], Switches]
