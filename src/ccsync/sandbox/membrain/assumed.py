"""Property and type names that are guesses: Membrain's reference names only a part of its properties.

The names are taken from what Membrain's screens show. Those that are known stand in `shape.py`.
"""

from __future__ import annotations

from typing import Final

from ccsync.sandbox.membrain.kinds import Kind, PropertyType

MULTI_SELECT: Final = "MultiSelect"
NUMBER: Final = "Number"
"""Type names of custom fields; Text, Date and SingleSelect are known."""

API_USER_NAME: Final = "API"
"""Who stands in ChangedByName after a write by the API."""

_PROJECT: Final = {
    "Key": PropertyType.TEXT,
    "OwnerId": PropertyType.REFERENCE,
    "OwnerName": PropertyType.TEXT,
    "ProcessId": PropertyType.REFERENCE,
    "ProcessName": PropertyType.TEXT,
    "ProcessCurrentStageId": PropertyType.REFERENCE,
    "ProcessCurrentStageName": PropertyType.TEXT,
    "Status": PropertyType.TEXT,
    "WonDate": PropertyType.DATE,
    "ArchivedDate": PropertyType.DATE,
}

PROPERTIES: Final[dict[Kind, dict[str, PropertyType]]] = {
    Kind.CONTACTS: {
        "FirstName": PropertyType.TEXT,
        "LastName": PropertyType.TEXT,
        "JobTitle": PropertyType.TEXT,
        "Phone": PropertyType.TEXT,
        "MobilePhone": PropertyType.TEXT,
        "ExternalId": PropertyType.TEXT,
    },
    Kind.COMPANIES: {
        "Website": PropertyType.TEXT,
        "Phone": PropertyType.TEXT,
        "Street": PropertyType.TEXT,
        "PostalCode": PropertyType.TEXT,
        "State": PropertyType.TEXT,
        "AccountManagerId": PropertyType.REFERENCE,
        "AccountManagerName": PropertyType.TEXT,
    },
    Kind.PROSPECTS: _PROJECT,
    Kind.OPPORTUNITIES: _PROJECT
    | {"Value": PropertyType.NUMBER, "Currency": PropertyType.TEXT, "Probability": PropertyType.NUMBER},
    Kind.ACCOUNT_GROWTH_ITEMS: _PROJECT
    | {"Value": PropertyType.NUMBER, "StartDate": PropertyType.DATE, "EndDate": PropertyType.DATE},
}

DELETED: Final = "Deleted"
DELETED_DATE: Final = "DeletedDate"
"""Markers of deleted rows; known on prospects only."""

RETIRED: Final = "Retired"
"""Marker of retired contacts."""

STATUS_OPEN: Final = "Open"
STATUS_WON: Final = "Won"
STATUS_ARCHIVED: Final = "Archived"
STATUS_PLANNED: Final = "Planned"
"""The words of a project's Status."""
