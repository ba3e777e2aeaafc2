"""The JSON import: matches by address, changes only what a row brings, adds lists, never undoes an opt-out.

Counters: ``items_total_count`` includes a header row even for JSON, and messages count from it: the first row is
``Line 2``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import contact_rules as rules
from ccsync.sandbox.constant_contact.activities import Outcome
from ccsync.sandbox.constant_contact.contact_table import Contact
from ccsync.sandbox.constant_contact.import_rows import MOST_PHONES, Row, RowProblem, read_row

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Desk
    from ccsync.sandbox.constant_contact.fields import FieldTable
    from ccsync.sandbox.constant_contact.lists import ListTable
    from ccsync.sandbox.constant_contact.switches import Switches

FIRST_LINE = 2
SOURCE = "Account"


@dataclass(slots=True)
class Tally:
    """The counters of one import while it runs."""

    imported: int = 0
    refused: int = 0
    correctable: int = 0
    not_added: int = 0
    messages: list[str] = field(default_factory=list)


class Import:
    """Carries out imports."""

    def __init__(self, desk: Desk, lists: ListTable, fields: FieldTable) -> None:
        self._desk = desk
        self._lists = lists
        self._fields = fields

    def expect(self, account: str, payload: dict[str, Any]) -> dict[str, int]:  # noqa: ARG002 - as every job
        """Return the number of rows, the header row included; nothing else is known yet."""
        return {
            "items_total_count": len(payload["rows"]) + 1,
            "person_count": 0,
            "error_count": 0,
            "correctable_count": 0,
            "cannot_add_to_list_count": 0,
        }

    def carry_out(self, account: str, payload: dict[str, Any], *, timed_out: bool) -> Outcome:
        """Import the rows, each on its own; when it times out, none or the first half, as the switch says."""
        switches = self._desk.switches()
        rows = payload["rows"]
        if timed_out:
            rows = rows[: len(rows) // 2] if switches.timed_out_import_applies == "half" else []
        lists = tuple(sorted(set(payload["list_ids"]) & self._lists.living_ids(account)))
        fields = {each["name"]: each for each in self._fields.all(account)}
        tally, seen = Tally(), set[str]()
        for line, raw in enumerate(rows, start=FIRST_LINE):
            try:
                self._import(account, read_row(raw, fields, switches), lists, seen, tally)
            except RowProblem as problem:
                tally.correctable += problem.correctable
                tally.refused += not problem.correctable
                tally.messages.append(f"Line {line}: {problem.message}")
        counts = self.expect(account, payload) | {
            "person_count": tally.imported if switches.person_count_in_import == "imported" else len(rows),
            "error_count": tally.refused,
            "correctable_count": tally.correctable,
            "cannot_add_to_list_count": tally.not_added,
        }
        return Outcome(counts, tuple(tally.messages))

    def _import(self, account: str, row: Row, lists: tuple[str, ...], seen: set[str], tally: Tally) -> None:
        switches = self._desk.switches()
        if row.address in seen and switches.duplicate_in_import != "last_wins":
            if switches.duplicate_in_import == "row_error":
                raise RowProblem("Duplicate email address")
            return
        seen.add(row.address)
        old = self._desk.contacts.by_address(account, row.address)
        if old is None:
            self._desk.contacts.save(account, self._new(row, lists))
        else:
            changed = self._merged(old, row, lists, switches)
            tally.not_added += changed.permission == rules.UNSUBSCRIBED
            if changed != old:
                self._desk.contacts.save(account, changed)
        tally.imported += 1

    def _new(self, row: Row, lists: tuple[str, ...]) -> Contact:
        store = self._desk.store
        now = store.stamp()
        document: dict[str, Any] = {
            "contact_id": store.new_id(),
            "email_address": rules.new_address(row.address, permission="implicit", source=SOURCE, now=now),
            "create_source": SOURCE,
            "update_source": SOURCE,
            "created_at": now,
            "updated_at": now,
        }
        return Contact(self._with_values(document, row, now), lists)

    def _merged(self, old: Contact, row: Row, lists: tuple[str, ...], switches: Switches) -> Contact:
        if old.deleted and not switches.import_revives_deleted:
            raise RowProblem("The contact is deleted")
        now = self._desk.store.stamp()
        document = rules.revived(old.document) if old.deleted else old.document
        document = self._with_values(document, row, now)
        if document != old.document or switches.import_of_same_values_moves_updated_at:
            document = {**document, "updated_at": now, "update_source": SOURCE}
        address = document["email_address"]
        if address.get("opt_out_source") == SOURCE and switches.import_adds_account_opt_outs:
            document = {**document, "email_address": rules.permitted(address, "implicit", now=now, source=SOURCE)}
        contact = replace(old, document=document)
        if contact.permission == rules.UNSUBSCRIBED:
            return contact
        if len({*old.lists, *lists}) > rules.MAX_LISTS:
            raise RowProblem(f"More than {rules.MAX_LISTS} lists")
        return rules.on_lists(contact, (*old.lists, *lists), now=now, switches=switches)

    def _with_values(self, document: dict[str, Any], row: Row, now: str) -> dict[str, Any]:
        found = {**document, **row.core}
        found = {key: value for key, value in found.items() if value is not None}
        sub: dict[str, list[dict[str, Any]]] = {}
        if row.phones:
            sub["phone_numbers"] = self._phones(document.get("phone_numbers", []), row, now)
        if row.streets:
            sub["street_addresses"] = self._streets(document.get("street_addresses", []), row, now)
        if row.fields:
            sub["custom_fields"] = _fields(document.get("custom_fields", []), row)
        return rules.with_subresources(found, sub)

    def _phones(self, old: list[dict[str, Any]], row: Row, now: str) -> list[dict[str, Any]]:
        same = {phone["kind"] for phone in old if row.phones.get(phone["kind"]) == phone["phone_number"]}
        kept = [phone for phone in old if phone["kind"] not in row.phones or phone["kind"] in same]
        sent = [
            {"phone_number": number, "kind": kind}
            for kind, number in row.phones.items()
            if number is not None and kind not in same
        ]
        new = rules.phones_from(sent, source=SOURCE, now=now, new_id=self._desk.store.new_id)
        return (kept + new)[:MOST_PHONES]

    def _streets(self, old: list[dict[str, Any]], row: Row, now: str) -> list[dict[str, Any]]:
        found = {street["kind"]: street for street in old}
        for kind, parts in row.streets.items():
            present = found.get(kind)
            if present is None:
                sent = {"kind": kind, **{part: text for part, text in parts.items() if text is not None}}
                [found[kind]] = rules.streets_from([sent], now=now, new_id=self._desk.store.new_id)
                continue
            merged = {part: text for part, text in {**present, **parts}.items() if text is not None}
            found[kind] = present if merged == present else {**merged, "updated_at": now}
        return list(found.values())


def _fields(old: list[dict[str, Any]], row: Row) -> list[dict[str, Any]]:
    found = {field["custom_field_id"]: field for field in old} | row.fields
    kept = [field for field in found.values() if field is not None]
    if len(kept) > rules.MAX_FIELDS:
        raise RowProblem(f"More than {rules.MAX_FIELDS} custom fields")
    return kept
