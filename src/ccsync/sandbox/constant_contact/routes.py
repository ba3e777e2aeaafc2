"""Which operations there are: path, scope, privilege, and the schemas of request and answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from werkzeug.routing import Map, Rule

from ccsync.sandbox.constant_contact.auth_api import BASE

API = "/v3"
CONTACTS, LISTS, FIELDS, ACTIVITIES = "contacts", "lists", "fields", "activities"
DATA = "contact_data"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API. Schemas are file names below ``schemas/constant_contact``; empty means no body."""

    method: str
    path: str
    name: str
    privilege: str = ""
    scope: str = DATA
    asks: str = ""
    answers: str = ""
    parameters: frozenset[str] = frozenset()


COLLECTION = frozenset({"limit", "cursor"})
CONTACT_FILTERS = COLLECTION | {
    "status", "email", "lists", "updated_after", "updated_before", "created_after", "created_before",
    "optout_after", "optout_before", "include", "include_count",
}  # fmt: skip
LIST_FILTERS = COLLECTION | {"include_count", "include_membership_count", "name", "status", "channel_type"}
READ, WRITE = "contacts:read", "contacts:write"
LISTS_READ, LISTS_WRITE = "contacts:lists:read", "contacts:lists:write"
CONTACT, FIELD = "/contacts/<contact_id>", "/contact_custom_fields/<custom_field_id>"
LIST = "/contact_lists/<list_id>"


def _parameters(*names: str) -> frozenset[str]:
    return frozenset(names)


OPERATIONS = (
    Operation("GET", "/account/summary", "account.summary", "account:read", "account_read", answers="Customer",
              parameters=_parameters("extra_fields")),
    Operation("GET", "/account/user/privileges", "account.privileges", scope="", answers="UserPrivilegesResource"),
    Operation("GET", "/contacts", "contacts.collection", READ, answers="Contacts", parameters=CONTACT_FILTERS),
    Operation("POST", "/contacts", "contacts.create", WRITE, asks="ContactPostRequest", answers="ContactResource"),
    Operation("POST", "/contacts/sign_up_form", "sign_up.sign_up", WRITE, asks="ContactCreateOrUpdateInput",
              answers="ContactCreateOrUpdateResponse"),
    Operation("PUT", "/contacts/resubscribe/<contact_id>", "contacts.resubscribe", WRITE,
              asks="ContactResubscribeRequest"),
    Operation("GET", CONTACT, "contacts.get", READ, answers="ContactResource", parameters=_parameters("include")),
    Operation("PUT", CONTACT, "contacts.put", WRITE, asks="ContactPutRequest", answers="ContactResource"),
    Operation("DELETE", CONTACT, "contacts.delete", WRITE),
    Operation("GET", "/contact_lists", "lists.collection", LISTS_READ, answers="ContactListArray",
              parameters=LIST_FILTERS),
    Operation("POST", "/contact_lists", "lists.create", LISTS_WRITE, asks="ListInput", answers="ContactListPutPost"),
    Operation("GET", LIST, "lists.get", LISTS_READ, answers="ContactList",
              parameters=_parameters("include_membership_count")),
    Operation("PUT", LIST, "lists.change", LISTS_WRITE, asks="ListInput", answers="ContactListPutPost"),
    Operation("DELETE", LIST, "lists.delete", LISTS_WRITE, answers="ActivityDeleteListResponse"),
    Operation("GET", "/contact_custom_fields", "fields.collection", READ, answers="CustomFields",
              parameters=COLLECTION),
    Operation("POST", "/contact_custom_fields", "fields.create", WRITE, asks="CustomFieldRequest",
              answers="CustomField"),
    Operation("GET", FIELD, "fields.get", READ, answers="CustomField"),
    Operation("PUT", FIELD, "fields.change", WRITE, asks="CustomFieldPutRequest", answers="CustomField"),
    Operation("DELETE", FIELD, "fields.delete", WRITE),
    Operation("GET", "/activities", "activities.collection", WRITE, answers="Activities",
              parameters=COLLECTION | {"state"}),
    Operation("GET", "/activities/<activity_id>", "activities.get", WRITE, answers="Activity"),
    Operation("POST", "/activities/contacts_json_import", "activities.json_import", WRITE,
              asks="ContactsJsonImport", answers="ActivityImport"),
    Operation("POST", "/activities/add_list_memberships", "activities.add_memberships", WRITE,
              asks="ListActivityAddContacts", answers="ActivityListsMembership"),
    Operation("POST", "/activities/remove_list_memberships", "activities.remove_memberships", WRITE,
              asks="ListActivityRemoveContacts", answers="ActivityListsMembership"),
    Operation("POST", "/activities/contact_delete", "activities.delete_contacts", WRITE, asks="ContactDelete",
              answers="ActivityDeleteStatus"),
)  # fmt: skip

AUTHORIZATION = {
    "authorize": ("/authorize", ("GET", "POST")),
    "token": ("/token", ("POST",)),
    "device_authorize": ("/device/authorize", ("POST",)),
    "activate": ("/activate", ("GET", "POST")),
    "revoke": ("/revoke", ("POST",)),
}
"""The addresses of the authorization server by name."""
AUTHORIZATION_ANSWERS = {"token": "TokenAnswer", "device_authorize": "DeviceAnswer"}
"""The schemas of its JSON answers."""


@cache
def url_map() -> Map:
    """Return all addresses, made once in a process: the authorization server by name, the API by operation."""
    login = [Rule(f"{BASE}{path}", endpoint=name, methods=methods) for name, (path, methods) in AUTHORIZATION.items()]
    return Map([*login, *(Rule(f"{API}{each.path}", endpoint=each, methods=(each.method,)) for each in OPERATIONS)])
