"""What Membrain keeps, by the names of its lists, and how each list behaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """A list of Membrain's API, by its path."""

    CONTACTS = "contacts"
    COMPANIES = "companies"
    PROSPECTS = "prospects"
    OPPORTUNITIES = "opportunities"
    ACCOUNT_GROWTH_ITEMS = "accountGrowthItems"
    TICKETS = "tickets"
    ACTIVITIES = "activities"
    USERS = "users"
    ROLES = "roles"
    PRODUCTS = "products"


class PropertyType(StrEnum):
    """How a property's value is written."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class ListRules:
    """What a list understands, as far as its documentation is known."""

    paged: bool = True
    sortable: bool = False
    include_deleted: bool = False
    include_retired: bool = False
    writable: bool = False


PROJECTS: Final = (Kind.PROSPECTS, Kind.OPPORTUNITIES, Kind.ACCOUNT_GROWTH_ITEMS)

KEY_PREFIX: Final = {
    Kind.PROSPECTS: "P",
    Kind.OPPORTUNITIES: "SP",
    Kind.ACCOUNT_GROWTH_ITEMS: "AGP",
}

RULES: Final[dict[Kind, ListRules]] = {
    Kind.CONTACTS: ListRules(sortable=True, include_deleted=True, include_retired=True, writable=True),
    Kind.COMPANIES: ListRules(sortable=True, include_deleted=True, writable=True),
    Kind.PROSPECTS: ListRules(writable=True),
    Kind.OPPORTUNITIES: ListRules(writable=True),
    Kind.ACCOUNT_GROWTH_ITEMS: ListRules(writable=True),
    Kind.TICKETS: ListRules(),
    Kind.ACTIVITIES: ListRules(sortable=True),
    Kind.USERS: ListRules(paged=False),
    Kind.ROLES: ListRules(paged=False),
    Kind.PRODUCTS: ListRules(paged=False),
}

SINGULAR: Final = {
    Kind.COMPANIES: "company",
    Kind.CONTACTS: "contact",
    Kind.PROSPECTS: "prospect",
    Kind.OPPORTUNITIES: "opportunity",
    Kind.ACCOUNT_GROWTH_ITEMS: "accountGrowthItem",
    Kind.TICKETS: "ticket",
    Kind.ACTIVITIES: "activity",
    Kind.USERS: "user",
    Kind.ROLES: "role",
    Kind.PRODUCTS: "product",
}

_WITH_CUSTOM_FIELDS: Final = (
    Kind.COMPANIES,
    Kind.CONTACTS,
    Kind.PROSPECTS,
    Kind.OPPORTUNITIES,
    Kind.ACCOUNT_GROWTH_ITEMS,
    Kind.USERS,
)
CUSTOM_FIELD_GROUP: Final = {kind: f"{SINGULAR[kind]}CustomFields" for kind in _WITH_CUSTOM_FIELDS}
"""Keys of the object that `/customFields/` answers; company, contact and user are known, the others follow them."""
