"""The properties that Membrain's records are known to have, with the assumed ones added."""

from __future__ import annotations

from typing import Final

from ccsync.sandbox.membrain import assumed
from ccsync.sandbox.membrain.kinds import Kind, PropertyType

_COMPANY_LINK: Final = {"CompanyId": PropertyType.REFERENCE, "CompanyName": PropertyType.TEXT}

_KNOWN: Final[dict[Kind, dict[str, PropertyType]]] = {
    Kind.CONTACTS: {"Name": PropertyType.TEXT, "EmailAddress": PropertyType.TEXT, **_COMPANY_LINK},
    Kind.COMPANIES: {
        "Name": PropertyType.TEXT,
        "EmailAddress": PropertyType.TEXT,
        "City": PropertyType.TEXT,
        "CountryName": PropertyType.TEXT,
        "CountryCode": PropertyType.TEXT,
    },
    Kind.PROSPECTS: {"Name": PropertyType.TEXT, **_COMPANY_LINK},
    Kind.OPPORTUNITIES: {
        "Name": PropertyType.TEXT,
        **_COMPANY_LINK,
        "EstimatedClosingDate": PropertyType.DATE,
        "LostComment": PropertyType.TEXT,
        "LostReasonId": PropertyType.REFERENCE,
        "LostReasonName": PropertyType.TEXT,
    },
    Kind.ACCOUNT_GROWTH_ITEMS: {"Name": PropertyType.TEXT, **_COMPANY_LINK},
}

PROPERTIES: Final[dict[Kind, dict[str, PropertyType]]] = {
    kind: known | assumed.PROPERTIES.get(kind, {}) for kind, known in _KNOWN.items()
}
"""Every editable property by kind, in the order in which it is written."""

CUSTOM_FIELD_PREFIX: Final = "CustomField"
"""A custom field's property is this with the field's GUID right behind it."""

UNSET_DATE: Final = "1753-01-01 00:00:00"
"""What stands where no date is set."""
