"""The calls to Constant Contact that ccsync makes: thin, checked for shape, within the budget.

What is missing here is missing on purpose: there is no call that gives anybody's consent (``sign_up_form``,
``resubscribe``), and none that creates a contact by itself: an import keeps an opt-out, ``POST /contacts`` cannot.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ccsync.constant_contact import shapes
from ccsync.constant_contact.calls import Calls
from ccsync.constant_contact.imports import MAX_BYTES, MAX_LISTS
from ccsync.errors import AnswerLost, RecordRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from ccsync.constant_contact.budget import Budget, Purpose
    from ccsync.constant_contact.calls import AccessTokens
    from ccsync.constant_contact.shapes import Resource
    from ccsync.http.session import HttpClient

SUBRESOURCES = ("custom_fields", "list_memberships", "phone_numbers", "street_addresses")
PAGE = 500
FIELDS_PAGE = 100
MAX_CONTACTS_PER_JOB = 500


class ConstantContactClient:
    """Constant Contact's V3 API.

    All methods raise Unreachable when no usable answer comes, AnswerLost when a write may have happened without one,
    RecordRefused for what the service refuses, QuotaSpent and TryLater for its limits, LoginNeeded and Stopped for
    missing rights. A 401 is answered with one fresh token.
    """

    def __init__(self, http: HttpClient, tokens: AccessTokens, budget: Budget) -> None:
        self._calls = Calls(http, tokens, budget)
        self.their_clock = http.their_clock
        """What the answers so far tell about the service's clock."""

    def contacts(
        self,
        *,
        updated_after: datetime | None = None,
        optout_after: datetime | None = None,
        lists: Sequence[str] = (),
        email: str = "",
        status: str = "all",
        include: Sequence[str] = SUBRESOURCES,
        limit: int = PAGE,
        purpose: Purpose = "normal",
    ) -> Iterator[list[Resource]]:
        """Yield contacts, a page at a time; ``updated_after`` does not show opt-outs, ``optout_after`` does.

        ``email`` is one exact address, of which the service has one contact at most (official spec, ``getContacts``).
        Ends without an error only when as many came as the service says there are. When some left while we read, all is
        read once more: a contact may then come twice, and the later one counts.
        """
        query = {"status": status, "limit": str(limit), "include_count": "true"}
        if include:
            query["include"] = ",".join(include)
        if lists:
            query["lists"] = ",".join(lists)
        if email:
            query["email"] = email
        if updated_after:
            query["updated_after"] = _moment(updated_after)
        if optout_after:
            query["optout_after"] = _moment(optout_after)
        read = shapes.page("contacts", "contact_id")
        return self._calls.whole("/contacts", query, read, "contacts:read", purpose, identifier="contact_id")

    def contact(self, contact_id: str) -> Resource | None:
        """Return one contact with all subresources, also a deleted one (it has ``deleted_at``); None when unknown."""
        query = {"include": ",".join(SUBRESOURCES)}
        read = shapes.resource(contact_id=contact_id)
        try:
            return self._calls.get(f"/contacts/{_segment(contact_id)}", read, "contacts:read", query)
        except RecordRefused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def account(self) -> str:
        """Return whose account this is: its ``encoded_account_id``."""
        read = shapes.resource("encoded_account_id")
        return str(self._calls.get("/account/summary", read, "account:read")["encoded_account_id"])

    def privileges(self) -> frozenset[str]:
        """Return what the person who logged in may do, by name; the one call that needs no privilege itself."""
        read = shapes.rows("privilege_name")
        return frozenset(row["privilege_name"] for row in self._calls.get("/account/user/privileges", read, "none"))

    def contact_count(self) -> int:
        """Return how many contacts the account has."""
        return self._calls.get("/contacts/counts", shapes.total, "contacts:read")

    def count_contacts(
        self,
        *,
        updated_after: datetime | None = None,
        optout_after: datetime | None = None,
    ) -> int | None:
        """Return how many contacts ``contacts`` would yield, by one request; None when the service does not say."""
        query = {"status": "all", "limit": "1", "include_count": "true"}
        if updated_after:
            query["updated_after"] = _moment(updated_after)
        if optout_after:
            query["optout_after"] = _moment(optout_after)
        page = self._calls.get("/contacts", shapes.page("contacts", "contact_id"), "contacts:read", query)
        return page.count

    def lists(self) -> list[Resource]:
        """Return all lists of the account that are not deleted, each with its ``membership_count``."""
        return self._lists({"limit": str(PAGE), "include_count": "true", "include_membership_count": "all"})

    def create_list(self, name: str) -> Resource:
        """Make a list, or return the one that has this name already."""
        return self._create(
            "/contact_lists",
            {"name": name},
            shapes.resource("list_id", "name"),
            "contacts:lists:write",
            lambda: _named(self._lists({"name": name}), "name", name),
        )

    def custom_fields(self) -> list[Resource]:
        """Return all custom fields, with ``custom_field_id``, ``label``, ``name`` and ``type``."""
        read = shapes.page("custom_fields", "custom_field_id", "label")
        pages = self._calls.pages("/contact_custom_fields", {"limit": str(FIELDS_PAGE)}, read, "contacts:read")
        return [row for page in pages for row in page.rows]

    def create_custom_field(self, label: str, type: str = "string") -> Resource:  # noqa: A002 - the service's own word
        """Make a custom field, or return the one that has this label already."""
        return self._create(
            "/contact_custom_fields",
            {"label": label, "type": type},
            shapes.resource("custom_field_id", "label"),
            "contacts:write",
            lambda: _named(self.custom_fields(), "label", label),
        )

    def import_contacts(self, body: bytes) -> Resource:
        """Start an import with a body made by ``imports.split``; returns the activity."""
        if len(body) > MAX_BYTES:
            raise ValueError("the service would drop the end of this import in silence")
        return self._start("contacts_json_import", body)

    def add_to_lists(self, contact_ids: Sequence[str], list_ids: Sequence[str]) -> Resource:
        """Start putting up to 500 contacts on up to 50 lists; returns the activity."""
        return self._start("add_list_memberships", _memberships(contact_ids, list_ids))

    def remove_from_lists(self, contact_ids: Sequence[str], list_ids: Sequence[str]) -> Resource:
        """Start taking up to 500 contacts from up to 50 lists; returns the activity."""
        return self._start("remove_list_memberships", _memberships(contact_ids, list_ids))

    def activities(self, created_since: datetime | None = None, known: Collection[str] = ()) -> list[Resource]:
        """Return the bulk jobs of the past 10 days (the service forgets older ones), or those since a moment.

        Those whose ids are ``known`` are returned whenever they were made. The order of pages is not documented:
        reading stops early only when it is seen to go from new to old, and nothing known is missing.
        """
        read = shapes.page("activities", "activity_id", "state")
        found: list[Resource] = []
        missing = set(known)
        for page in self._calls.pages("/activities", {"limit": str(PAGE)}, read, "contacts:write"):
            times = [_parsed(row.get("created_at")) for row in page.rows]
            for row, made in zip(page.rows, times, strict=True):
                if row["activity_id"] in missing or not (created_since and made) or made >= created_since:
                    found.append(row)
            missing.difference_update(row["activity_id"] for row in page.rows)
            if missing or not created_since:
                continue
            if times and times[0] and times[-1] and times[0] > times[-1] < created_since:
                break
        return found

    def update_contact(self, contact_id: str, body: Mapping[str, Any]) -> Resource:
        """Replace a contact's core fields: what ``body`` leaves out becomes empty, and a deleted contact is revived.

        ValueError for a body with ``permission_to_send``: consent is not ours to write.
        """
        if shapes.names_permission(dict(body)):
            raise ValueError("a PUT must not carry permission_to_send")
        read = shapes.resource(contact_id=contact_id)
        return self._calls.send("PUT", f"/contacts/{_segment(contact_id)}", read, "contacts:write", body=_encoded(body))

    def _lists(self, query: Mapping[str, str]) -> list[Resource]:
        read = shapes.page("lists", "list_id", "name")
        pages = self._calls.whole("/contact_lists", query, read, "contacts:lists:read", identifier="list_id")
        found = {row["list_id"]: row for page in pages for row in page}
        return list(found.values())

    def _start(self, job: str, body: bytes) -> Resource:
        read = shapes.resource("activity_id", "state")
        return self._calls.send("POST", f"/activities/{job}", read, "contacts:write", body=body)

    def _create(
        self,
        path: str,
        body: Resource,
        read: Callable[[Any], Resource],
        privilege: str,
        find: Callable[[], Resource | None],
    ) -> Resource:
        """Create what has a unique name; look for it when that is taken, and before a second try after no answer."""
        for last in (False, True):
            try:
                return self._calls.send("POST", path, read, privilege, body=_encoded(body))
            except (AnswerLost, RecordRefused) as trouble:
                if isinstance(trouble, RecordRefused) and trouble.status != HTTPStatus.CONFLICT:
                    raise
                found = find()
                if found is not None:
                    return found
                if last or isinstance(trouble, RecordRefused):
                    raise
        raise AssertionError("the second try returns or raises")


def _memberships(contact_ids: Sequence[str], list_ids: Sequence[str]) -> bytes:
    if not 1 <= len(contact_ids) <= MAX_CONTACTS_PER_JOB or not 1 <= len(list_ids) <= MAX_LISTS:
        raise ValueError(f"a job takes 1 to {MAX_CONTACTS_PER_JOB} contacts and 1 to {MAX_LISTS} lists")
    return _encoded({"source": {"contact_ids": list(contact_ids)}, "list_ids": list(list_ids)})


def _named(rows: list[Resource], key: str, wanted: str) -> Resource | None:
    """Find a name that the service holds to be the same: letter for letter, else without regard to case."""
    exact = [row for row in rows if row[key] == wanted]
    alike = [row for row in rows if row[key].casefold() == wanted.casefold()]
    return next(iter(exact or alike), None)


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")


def _moment(moment: datetime) -> str:
    """Write a moment as the service does: UTC, whole seconds, rounded down so that nothing is stepped over."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _parsed(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
