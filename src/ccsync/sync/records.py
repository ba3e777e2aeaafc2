"""People, companies and projects as ccsync sees them, the same on its way in, in the mirror and in the planner.

Values are text, and an unset value is the empty string: both services answer text for nearly everything, and one form
makes "equal" mean the same everywhere. A date is ``YYYY-MM-DD``, a time is ISO 8601 in UTC, a yes/no is ``true`` or
``false``, a choice is its label and several choices are joined by ``; `` in alphabetical order.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MembrainId = NewType("MembrainId", str)
ContactId = NewType("ContactId", str)
ListId = NewType("ListId", str)
EmailKey = NewType("EmailKey", str)
NameKey = NewType("NameKey", str)


def email_key(address: str) -> EmailKey:
    """Return what two spellings of one address have in common: trimmed, in lower case."""
    return EmailKey(address.strip().casefold())


def name_key(name: str) -> NameKey:
    """Return what two spellings of one company's name have in common: letters, in lower case, one blank apart."""
    return NameKey(" ".join(unicodedata.normalize("NFKC", name).casefold().split()))


class Resource(StrEnum):
    """Membrain's lists, by the names of its API."""

    CONTACTS = "contacts"
    COMPANIES = "companies"
    PROSPECTS = "prospects"
    OPPORTUNITIES = "opportunities"
    ACCOUNT_GROWTH_ITEMS = "accountGrowthItems"

    @property
    def is_project(self) -> bool:
        """Tell whether this list holds a kind of project."""
        return self in (Resource.PROSPECTS, Resource.OPPORTUNITIES, Resource.ACCOUNT_GROWTH_ITEMS)


class Gone(StrEnum):
    """Why a record takes no part any more. The empty string: it lives."""

    NO = ""
    DELETED = "deleted"
    RETIRED = "retired"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class MembrainRecord:
    """One row of a Membrain list.

    ``values`` has Membrain's own property names, custom fields as ``CustomField<guid in lower case>``.
    ``changed`` is no part of what counts as a change: a row whose values are the same has not changed. ``closed`` is
    meant for projects: won, archived, lost.
    """

    resource: Resource
    id: MembrainId
    values: Mapping[str, str]
    created: datetime | None = None
    changed: datetime | None = field(default=None, compare=False)
    gone: Gone = Gone.NO
    closed: bool = False

    @property
    def email(self) -> str:
        """The address as Membrain spells it, trimmed."""
        return self.values.get("EmailAddress", "").strip()

    @property
    def company_id(self) -> MembrainId:
        """The company it belongs to; empty when it has none."""
        return MembrainId(self.values.get("CompanyId", ""))


class Permission(StrEnum):
    """Constant Contact's ``permission_to_send`` (official schema ``EmailAddress``)."""

    EXPLICIT = "explicit"
    IMPLICIT = "implicit"
    NOT_SET = "not_set"
    PENDING_CONFIRMATION = "pending_confirmation"
    TEMP_HOLD = "temp_hold"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Contact:
    """One Constant Contact contact.

    ``values`` has the right sides of the field map as keys (``first_name``, ``phone.work``, ``address.home.city``,
    ``birthday``, ``custom.<custom field id>``); values that are not set are left out. ``permission`` is the service's
    word, which may be one that ccsync does not know.
    """

    id: ContactId
    email: str
    values: Mapping[str, str]
    lists: frozenset[ListId] = frozenset()
    permission: str = ""
    opt_out_date: str = ""
    opt_out_reason: str = ""
    deleted: bool = False
    erased: bool = False
    updated: datetime | None = field(default=None, compare=False)

    @property
    def opted_out(self) -> bool:
        """Tell whether this person must not be mailed."""
        return self.permission == Permission.UNSUBSCRIBED

    @property
    def usable(self) -> bool:
        """Tell whether the contact exists for marketers: neither deleted nor erased."""
        return not (self.deleted or self.erased)


class Standing(StrEnum):
    """Why somebody is, or is not, on a list that ccsync fills."""

    PLACED = "placed"  # ccsync put them there
    THEIRS = "theirs"  # they were there by another hand: never taken off by ccsync
    TAKEN_OFF = "taken-off"  # somebody took them off: never put back by ccsync


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides last agreed on for one field: Membrain's value as sent, Constant Contact's as read."""

    source: str
    target: str
