"""The life of one contact: what creating, PUT, opting out and in, deleting and reviving do to its resource.

Pure functions from one resource to the next. Times are given as the service writes them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.sandbox.constant_contact.contact_table import Contact
    from ccsync.sandbox.constant_contact.switches import Switches

CORE = (
    "first_name", "last_name", "job_title", "company_name", "birthday_month", "birthday_day", "anniversary",
)  # fmt: skip
"""Fields that a PUT empties when it leaves them out."""
SUBRESOURCES = ("custom_fields", "phone_numbers", "street_addresses", "taggings", "notes")
UNSUBSCRIBED = "unsubscribed"
MAX_LISTS, MAX_FIELDS = 50, 25
"""What one contact may have of lists and of custom field values."""
OPT_OUT_FIELDS = ("opt_out_source", "opt_out_date", "opt_out_reason")


def normal_address(address: str) -> str:
    """Return the address as the service stores and compares it."""
    return address.strip().lower()


def new_address(address: str, *, permission: str, source: str, now: str) -> dict[str, Any]:
    """Return the e-mail resource of a new contact."""
    found = {
        "address": normal_address(address),
        "permission_to_send": permission,
        "created_at": now,
        "updated_at": now,
        "opt_in_source": source,
        "opt_in_date": now,
        "confirm_status": "off",
    }
    if permission == UNSUBSCRIBED:
        return opted_out(found, source=source, reason=None, now=now)
    if permission == "pending_confirmation":
        return {**found, "confirm_status": "pending"}
    return found


def opted_out(address: dict[str, Any], *, source: str, reason: str | None, now: str) -> dict[str, Any]:
    """Return the e-mail resource after an opt-out; an earlier opt-out keeps its date and source."""
    if address.get("permission_to_send") == UNSUBSCRIBED and "opt_out_date" in address:
        return address
    found = {**address, "permission_to_send": UNSUBSCRIBED, "updated_at": now}
    found |= {"opt_out_source": source, "opt_out_date": now}
    return {**found, "opt_out_reason": reason} if reason else found


def permitted(address: dict[str, Any], permission: str, *, now: str, source: str) -> dict[str, Any]:
    """Return the e-mail resource under another permission than unsubscribed."""
    if address.get("permission_to_send") == permission:
        return address
    found = {key: value for key, value in address.items() if key not in OPT_OUT_FIELDS}
    found |= {"permission_to_send": permission, "updated_at": now}
    if address.get("permission_to_send") == UNSUBSCRIBED:
        found |= {"opt_in_date": now, "opt_in_source": source}
    return found


def put_address(
    old: dict[str, Any] | None, body: dict[str, Any], *, source: str, now: str, switches: Switches
) -> dict[str, Any] | None:
    """Return the e-mail resource after a PUT with this body."""
    sent = body.get("email_address")
    if sent is None:
        return old if switches.put_without_email == "keeps" else None
    if old is None:
        permission = sent.get("permission_to_send", "implicit")
        return new_address(sent["address"], permission=permission, source=source, now=now)
    found = dict(old)
    if normal_address(sent["address"]) != old["address"]:
        found |= {"address": normal_address(sent["address"]), "updated_at": now}
    permission = sent.get("permission_to_send")
    if permission is None and switches.put_without_permission != "keeps":
        permission = switches.put_without_permission
    if permission == UNSUBSCRIBED:
        return opted_out(found, source=source, reason=sent.get("opt_out_reason"), now=now)
    return found if permission is None else permitted(found, permission, now=now, source=source)


def put_core(document: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the resource with the core fields of the body; those left out or blank are gone."""
    kept = {key: value for key, value in document.items() if key not in CORE}
    return kept | {key: body[key] for key in CORE if body.get(key) not in (None, "")}


def phones_from(
    sent: list[dict[str, Any]], *, source: str, now: str, new_id: Callable[[], str]
) -> list[dict[str, Any]]:
    """Return the phone numbers of a PUT or POST as resources; the kind is ``other`` when none is named."""
    return [
        {
            "phone_number_id": new_id(),
            "phone_number": phone["phone_number"].strip(),
            "kind": phone.get("kind", "other"),
            "created_at": now,
            "updated_at": now,
            "update_source": source,
            "create_source": source,
        }
        for phone in sent
        if phone.get("phone_number", "").strip()
    ]


def streets_from(sent: list[dict[str, Any]], *, now: str, new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """Return the street addresses of a PUT or POST as resources."""
    return [
        {
            "street_address_id": new_id(),
            **{key: value for key, value in street.items() if value != ""},
            "created_at": now,
            "updated_at": now,
        }
        for street in sent
    ]


def subresources(
    body: dict[str, Any], *, source: str, now: str, new_id: Callable[[], str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the subresources that the body holds, as they are stored; a sent array stands for the whole."""
    found: dict[str, list[dict[str, Any]]] = {}
    if "phone_numbers" in body:
        found["phone_numbers"] = phones_from(body["phone_numbers"], source=source, now=now, new_id=new_id)
    if "street_addresses" in body:
        found["street_addresses"] = streets_from(body["street_addresses"], now=now, new_id=new_id)
    if "custom_fields" in body:
        sent = body["custom_fields"]
        found["custom_fields"] = [field for field in sent if field.get("value") or field.get("choice_ids")]
    return found


def with_subresources(document: dict[str, Any], found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the resource with these subresources in place of the old ones; empty arrays are absent."""
    merged = {**document, **found}
    return {key: value for key, value in merged.items() if key not in SUBRESOURCES or value}


def deleted(contact: Contact, *, now: str, switches: Switches) -> Contact:
    """Return the contact in the state deleted: off all lists, its other data kept."""
    document = {**contact.document, "deleted_at": now[:10]}
    if switches.delete_moves_updated_at:
        document["updated_at"] = now
    return replace(contact, document=document, lists=())


def revived(document: dict[str, Any]) -> dict[str, Any]:
    """Return the resource no longer deleted; tags do not come back, an opt-out stays."""
    return {key: value for key, value in document.items() if key not in ("deleted_at", "taggings")}


def on_lists(contact: Contact, lists: tuple[str, ...], *, now: str, switches: Switches) -> Contact:
    """Return the contact on exactly these lists; ``updated_at`` moves when the switch says so."""
    if set(lists) == set(contact.lists):
        return contact
    document = contact.document
    if switches.list_change_moves_updated_at:
        document = {**document, "updated_at": now}
    return replace(contact, document=document, lists=tuple(sorted(set(lists))))
