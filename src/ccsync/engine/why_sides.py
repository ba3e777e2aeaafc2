"""Either side of one person, and what a filter says of them, as ``ccsync why`` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sync.catalogue import Scope
from ccsync.sync.fields import join_name
from ccsync.sync.filter_text import clauses
from ccsync.sync.filters import FilterFailed, compile_filter
from ccsync.sync.mapping import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.sync.catalogue import Catalogue
    from ccsync.sync.filters import Filter
    from ccsync.sync.mapping import SyncRules
    from ccsync.sync.records import Contact, MembrainRecord
    from ccsync.sync.subject import Subject


def membrain_data(record: MembrainRecord | None, surroundings: Surroundings | None) -> dict[str, Any] | None:
    """Return a contact of Membrain, with the company that counts for it."""
    if record is None:
        return None
    company = surroundings.company_of(record) if surroundings else None
    return {
        "id": record.id,
        "name": record.values.get("Name", ""),
        "email": record.email,
        "company": company.values.get("Name", "") if company else "",
        "created": record.created.isoformat() if record.created else None,
        "changed": record.changed.isoformat() if record.changed else None,
        "gone": record.gone.value,
    }


def constant_contact_data(contact: Contact | None, lists: Mapping[str, str]) -> dict[str, Any] | None:
    """Return a contact of Constant Contact; of its lists those that ccsync knows by name."""
    if contact is None:
        return None
    return {
        "id": contact.id,
        "name": join_name(contact.values.get("first_name", ""), contact.values.get("last_name", "")),
        "email": contact.email,
        "permission": contact.permission,
        "opt_out_date": contact.opt_out_date,
        "opt_out_reason": contact.opt_out_reason,
        "lists": sorted(lists[one] for one in contact.lists if one in lists),
        "other_lists": sum(1 for one in contact.lists if one not in lists),
        "updated": contact.updated.isoformat() if contact.updated else None,
        "deleted": contact.deleted,
        "erased": contact.erased,
    }


def filter_data(
    record: MembrainRecord | None, subject: Subject | None, sync: SyncRules, catalogue: Catalogue
) -> dict[str, Any]:
    """Return what a filter says of a contact, as a whole and in its parts, with the values that it asks for.

    ``matches`` is None when it is not asked, because Membrain has nobody, or when it has no answer: ``detail`` says.
    """
    said: dict[str, Any] = {"expression": sync.filter.expression, "matches": None, "detail": "", "clauses": []}
    if record is None or record.gone or not sync.direction.fills_constant_contact:
        return said
    surroundings = subject.surroundings if subject else Surroundings({}, {})
    records = surroundings.records_for(record, sync)
    matches, detail = _asked(sync.filter, records, catalogue)
    parts = clauses(sync.filter.expression) if sync.filter.expression.strip() else ()
    asked = [_clause(one, records, catalogue) for one in parts]
    return {**said, "matches": matches, "detail": detail, "clauses": asked}


def _clause(text: str, records: Mapping[Scope, MembrainRecord | None], catalogue: Catalogue) -> dict[str, Any]:
    one = compile_filter(text)
    matches, _ = _asked(one, records, catalogue)
    values = {str(name): _value(name.scope, name.name, records, catalogue, custom=name.custom) for name in one.names}
    return {"expression": text, "matches": matches, "values": dict(sorted(values.items()))}


def _asked(
    matcher: Filter, records: Mapping[Scope, MembrainRecord | None], catalogue: Catalogue
) -> tuple[bool | None, str]:
    contact = records[Scope.CONTACT]
    if contact is None:
        return None, ""
    try:
        return matcher.matches(contact, records[Scope.COMPANY], records[Scope.PROJECT], catalogue), ""
    except FilterFailed as failure:
        return None, failure.detail


def _value(
    scope: Scope, name: str, records: Mapping[Scope, MembrainRecord | None], catalogue: Catalogue, *, custom: bool
) -> str:
    record = records[scope]
    if record is None:
        return ""
    found = catalogue.named(record.resource, name, custom=custom)
    return record.values.get(found[0].name if found else name, "")
