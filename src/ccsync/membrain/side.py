"""Membrain's answers as our records.

Property names are those of the reference as a public client of the API relays them; the reference itself could not be
read in full, and Membrain's answers have not been seen. So unknown properties are taken as they come, and a row is
refused only when nobody could say whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.errors import Unreachable
from ccsync.membrain import readings
from ccsync.sync.catalogue import (
    CUSTOM_FIELD,
    Catalogue,
    Property,
    PropertyType,
    property_name,
    type_by_name,
)
from ccsync.sync.records import EmailKey, Gone, MembrainId, MembrainRecord, Resource, email_key

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_AUDIT = ("CreatedById", "CreatedByName", "CreatedDate", "ChangedById", "ChangedByName", "ChangedDate")
#: What says which company a contact or a project belongs to. Which of them a write needs is not known: send both.
COMPANY_ID = "CompanyId"
COMPANY_NAME = "CompanyName"
_COMPANY_LINK = ("Name", COMPANY_ID, COMPANY_NAME)
_PROJECT = (*_COMPANY_LINK, "OwnerId", "OwnerName", "ProcessId", "ProcessCurrentStageId", "ProcessCurrentStageName")
_KNOWN: Mapping[Resource, tuple[str, ...]] = {
    Resource.CONTACTS: (*_COMPANY_LINK, "EmailAddress"),
    Resource.COMPANIES: ("Name", "EmailAddress", "City", "CountryName", "CountryCode"),
    Resource.PROSPECTS: (*_PROJECT, "Deleted", "DeletedDate"),
    Resource.OPPORTUNITIES: (*_PROJECT, "EstimatedClosingDate", "LostComment", "LostReasonId", "LostReasonName"),
    Resource.ACCOUNT_GROWTH_ITEMS: _PROJECT,
}

# Membrain's names for what follows are not public: only Deleted and DeletedDate (on prospects) and LostReason...
# (on opportunities) have been seen by anybody. The others are the likely ones; a name that does not exist does no harm.
_DELETED = ("Deleted", "IsDeleted", "DeletedDate")
_RETIRED = ("Retired", "IsRetired", "RetiredDate")
_ENDED = tuple(name for end in ("Won", "Lost", "Archived", "Closed") for name in (end, f"Is{end}", f"{end}Date"))
_ENDED_FOR_A_REASON = tuple(f"{end}Reason{part}" for end in ("Won", "Lost", "Archived") for part in ("Id", "Name"))
_STATUS = ("Status", "StatusName", "State", "StateName")
_ENDED_WORDS = frozenset({"won", "lost", "archived", "closed", "deleted", "cancelled", "canceled"})

_ENTITIES: Mapping[str, Resource] = {
    "contact": Resource.CONTACTS,
    "company": Resource.COMPANIES,
    "prospect": Resource.PROSPECTS,
    "opportunity": Resource.OPPORTUNITIES,
    "salesproject": Resource.OPPORTUNITIES,
    "accountgrowthitem": Resource.ACCOUNT_GROWTH_ITEMS,
    "accountgrowthproject": Resource.ACCOUNT_GROWTH_ITEMS,
}
_ROW_STATE = frozenset((*_AUDIT, *_DELETED, *_RETIRED))
#: What Membrain writes itself, and what is no matter of fields.
NOT_WRITABLE = _ROW_STATE | {"Id"}
_CHOICES = (PropertyType.SELECT, PropertyType.MULTI_SELECT)
_GROUP_SUFFIX = "customfields"

# Seen: Text, Date, SingleSelect. The others are guessed from the kinds of field that the product offers.
_TYPES: Mapping[str, PropertyType] = {
    "date": PropertyType.DATE,
    "datetime": PropertyType.DATE,
    "singleselect": PropertyType.SELECT,
    "select": PropertyType.SELECT,
    "multiselect": PropertyType.MULTI_SELECT,
    "multipleselect": PropertyType.MULTI_SELECT,
    "number": PropertyType.NUMBER,
    "numeric": PropertyType.NUMBER,
    "integer": PropertyType.NUMBER,
    "decimal": PropertyType.NUMBER,
    "currency": PropertyType.NUMBER,
    "boolean": PropertyType.YES_NO,
    "bool": PropertyType.YES_NO,
    "checkbox": PropertyType.YES_NO,
    "yesno": PropertyType.YES_NO,
}


@dataclass(frozen=True, slots=True)
class Users:
    """Who logs in to Membrain: every user is also a contact, and none of them belongs on a list."""

    ids: frozenset[str]
    emails: frozenset[EmailKey]


def definitions(custom_fields_answer: Mapping[str, object]) -> Catalogue:
    """Return the catalogue of known properties and of the custom fields that ``/customFields/`` defines.

    Groups of entities that ccsync does not read (users, tickets) are left out. Unreachable when it is another answer.
    """
    groups = custom_fields_answer if isinstance(custom_fields_answer, Mapping) else {"": ()}
    if groups and not any(group.casefold().endswith(_GROUP_SUFFIX) for group in groups):
        raise _nonsense("customFields", "no object with a list of definitions for each entity")
    return Catalogue((*_known_properties(), *_custom_properties(custom_fields_answer)))


def record(resource: Resource, row: Mapping[str, object], catalogue: Catalogue, zone: ZoneInfo) -> MembrainRecord:
    """Return a row as a record; ``zone`` is that of times which name none. Unreachable for a row without an Id."""
    record_id = _id_of(row, resource)
    values: dict[str, str] = {}
    for key, value in row.items():
        name = property_name(key)
        if isinstance(value, dict) and catalogue.property_of(resource, name).type not in _CHOICES:
            continue
        if name.endswith("Id"):
            values[name] = readings.guid(value)
        elif name in _ROW_STATE:
            values[name] = _audit_value(name, value, zone)
        else:
            values[name] = readings.read(value, catalogue.property_of(resource, name), zone)
    gone = _gone(row)
    return MembrainRecord(
        resource,
        MembrainId(record_id),
        values,
        created=readings.moment(row.get("CreatedDate"), zone),
        changed=readings.moment(row.get("ChangedDate"), zone),
        gone=gone,
        closed=resource.is_project and (bool(gone) or _ended(row)),
    )


def marked(row: Mapping[str, object]) -> bool:
    """Tell whether a row itself says that it is deleted or retired."""
    return bool(_gone(row))


def users(rows: Iterable[Mapping[str, object]]) -> Users:
    """Return who the rows of ``/users/`` are; Unreachable when they are no list of users."""
    if isinstance(rows, str | Mapping) or not isinstance(rows, Iterable):
        raise _nonsense("users", "no list")
    found = [(_id_of(row, "users"), readings.plain(row.get("EmailAddress"))) for row in rows]
    return Users(frozenset(user for user, _ in found), frozenset(email_key(email) for _, email in found if email))


def _known_properties() -> Iterable[Property]:
    for resource, names in _KNOWN.items():
        for name in ("Id", *_AUDIT, *names):
            yield Property(resource, name, name, type_by_name(name))


def _custom_properties(answer: Mapping[str, object]) -> Iterable[Property]:
    for group, rows in answer.items():
        entity = group.casefold().removesuffix(_GROUP_SUFFIX)
        if entity == group.casefold():
            continue
        resource = _ENTITIES.get(entity) or next((one for one in Resource if one.casefold() == entity), None)
        if resource is None:
            continue
        if not isinstance(rows, list):
            raise _nonsense(group, "no list")
        for row in rows:
            yield _custom_property(resource, row)


def _custom_property(resource: Resource, row: object) -> Property:
    if not isinstance(row, Mapping):
        raise _nonsense("customFields", "a definition that is no object")
    field_id, display = _id_of(row, "customFields"), readings.plain(row.get("Name"))
    options = row.get("Options")
    labels = tuple(
        (readings.guid(one.get("Id")), readings.plain(one.get("Name")))
        for one in (options if isinstance(options, list) else ())
        if isinstance(one, Mapping)
    )
    word = "".join(filter(str.isalpha, readings.plain(row.get("Type")).casefold()))
    kind = _TYPES.get(word, PropertyType.SELECT if labels else PropertyType.TEXT)
    return Property(resource, f"{CUSTOM_FIELD}{field_id}", display or field_id, kind, labels, custom=True)


def _audit_value(name: str, value: object, zone: ZoneInfo) -> str:
    if name.endswith("Date"):
        return readings.instant(value, zone)
    return readings.plain(value) if name in _AUDIT else readings.yes_no(value)


def _gone(row: Mapping[str, object]) -> Gone:
    if _any_flagged(row, _DELETED):
        return Gone.DELETED
    return Gone.RETIRED if _any_flagged(row, _RETIRED) else Gone.NO


def _ended(row: Mapping[str, object]) -> bool:
    return (
        _any_flagged(row, _ENDED)
        or any(readings.plain(row.get(name)) for name in _ENDED_FOR_A_REASON)
        or any(readings.plain(row.get(name)).casefold() in _ENDED_WORDS for name in _STATUS)
    )


def _any_flagged(row: Mapping[str, object], names: Iterable[str]) -> bool:
    return any(name in row and _flagged(row[name]) for name in names)


def _flagged(value: object) -> bool:
    """Tell whether a marker says yes, or since when; a word that says neither marks nothing."""
    said = readings.yes_no(value)
    return said == "true" or (said != "false" and readings.is_date(said))


def _id_of(row: object, what: str) -> str:
    found = readings.guid(row.get("Id")) if isinstance(row, Mapping) else ""
    if not found:
        raise _nonsense(what, "a row without an Id")
    return found


def _nonsense(what: str, complaint: str) -> Unreachable:
    return Unreachable(
        f"Membrain answers nonsense about {what}: {complaint}", hint="ccsync run --once, later", code="bad_answer"
    )
