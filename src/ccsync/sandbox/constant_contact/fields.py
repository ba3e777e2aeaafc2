"""Custom fields: unique labels, derived names, types and choices, and which values they take."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccsync.sandbox.constant_contact.store import Store
    from ccsync.sandbox.constant_contact.switches import Switches

MAX_FIELDS = 100
MAX_VALUE = 255
SELECTS = ("single_select", "multi_select")
FEW_CHOICES, MANY_CHOICES = 20, 100
DATE_FORMS = ("%m/%d/%Y", "%Y/%m/%d", "%Y-%m-%d", "%m-%d-%Y")
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def is_date(text: str) -> bool:
    """Tell whether the service reads this as a date: month, day and year with / or -, or year first."""
    return any(_parses(text.strip(), form) for form in DATE_FORMS)


def _parses(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return False
    return True


def derived_name(label: str, switches: Switches) -> str:
    """Return the name that the service makes from a label."""
    name = re.sub(r"\s+", "_", label.strip())
    return name.lower() if switches.field_name == "lower" else name


def complaint(field: dict[str, Any], value: str, choice_ids: list[str]) -> str | None:
    """Return what is wrong with a value for a field, or None."""
    kind, label = field["type"], field["label"]
    if kind in SELECTS:
        return _choice_complaint(field, choice_ids)
    if choice_ids or len(value) > MAX_VALUE:
        return f"{label} is longer than {MAX_VALUE} characters" if not choice_ids else f"{label} has no choices"
    wrong = (
        (kind in ("date", "datetime") and not is_date(value[:10]))
        or (kind in ("number", "currency") and not _is_number(value, field.get("metadata", {})))
        or (kind == "boolean" and value.lower() not in ("true", "false"))
    )
    return f"{label} does not have a valid value" if wrong else None


def _is_number(value: str, metadata: dict[str, Any]) -> bool:
    if not NUMBER.fullmatch(value):
        return False
    if value.startswith("-") and not metadata.get("allow_negative", False):
        return False
    decimals = len(value.partition(".")[2])
    return decimals <= (0 if metadata.get("integer") else metadata.get("decimal_places", 4))


def _choice_complaint(field: dict[str, Any], choice_ids: list[str]) -> str | None:
    known = {str(choice["choice_id"]) for choice in field.get("choices", ())}
    wrong = not choice_ids or any(choice not in known for choice in choice_ids)
    if wrong or (field["type"] == "single_select" and len(choice_ids) > 1):
        return f"{field['label']} does not have a valid choice"
    return None


class FieldTable:
    """Finds and keeps custom fields. Changes must happen inside a transaction of the store."""

    def __init__(self, store: Store, switches: Callable[[], Switches]) -> None:
        self._store = store
        self._switches = switches

    def all(self, account: str) -> list[dict[str, Any]]:
        """Return all fields in order of creation."""
        rows = self._store.rows("SELECT document FROM fields WHERE account = ? ORDER BY seq", (account,))
        return [json.loads(row["document"]) for row in rows]

    def get(self, account: str, field_id: str) -> dict[str, Any]:
        """Return a field. Raises Refusal (404)."""
        for field in self.all(account):
            if field["custom_field_id"] == field_id:
                return field
        raise errors.not_found("custom_field_id does not exist.")

    def create(self, account: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a field. Raises Refusal: 409 for a taken label, 400 when the account is full or choices do not fit."""
        present = self.all(account)
        _refuse_taken(present, body["label"], "")
        if len(present) >= MAX_FIELDS:
            raise errors.invalid(f"an account holds at most {MAX_FIELDS} custom fields")
        now = self._store.stamp()
        document: dict[str, Any] = {
            "custom_field_id": self._store.new_id(),
            "label": body["label"].strip(),
            "name": self._free_name(present, body["label"], ""),
            "type": body["type"],
            "version": body.get("version", 1),
            "created_at": now,
            "updated_at": now,
        }
        if "metadata" in body:
            document["metadata"] = body["metadata"]
        if choices := self._choices(document, body.get("choices", []), []):
            document["choices"] = choices
        self._store.run(
            "INSERT INTO fields VALUES (?, ?, ?, ?)",
            (document["custom_field_id"], account, self._store.serial(), json.dumps(document)),
        )
        return document

    def change(self, account: str, field_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change label and choices; choices left out are gone. Raises Refusal: 404, 409, 400 without a label."""
        old = self.get(account, field_id)
        if "label" not in body:
            raise errors.invalid("label is missing")
        present = self.all(account)
        _refuse_taken(present, body["label"], field_id)
        document = {key: value for key, value in old.items() if key != "choices"}
        document |= {"label": body["label"].strip(), "updated_at": self._store.stamp()}
        if self._switches().renaming_moves_field_name:
            document["name"] = self._free_name(present, body["label"], field_id)
        if choices := self._choices(document, body.get("choices", []), old.get("choices", [])):
            document["choices"] = choices
        sql = "UPDATE fields SET document = ? WHERE custom_field_id = ?"
        self._store.run(sql, (json.dumps(document), field_id))
        return document

    def delete(self, account: str, field_id: str) -> None:
        """Remove a field for good. Raises Refusal (404)."""
        self.get(account, field_id)
        self._store.run("DELETE FROM fields WHERE custom_field_id = ?", (field_id,))

    def check_values(self, account: str, sent: Iterable[dict[str, Any]]) -> None:
        """Raise Refusal (400) when a value is for no field, or not valid for its field."""
        known = {field["custom_field_id"]: field for field in self.all(account)}
        for each in sent:
            field = known.get(each["custom_field_id"])
            if field is None:
                raise errors.invalid(f"custom_field_id {each['custom_field_id']} does not exist")
            if not each.get("value") and not each.get("choice_ids"):
                continue
            if wrong := complaint(field, each.get("value", ""), each.get("choice_ids", [])):
                raise errors.invalid(wrong)

    def _free_name(self, present: list[dict[str, Any]], label: str, own_id: str) -> str:
        taken = {field["name"] for field in present if field["custom_field_id"] != own_id}
        plain = derived_name(label, self._switches())
        numbered = (f"{plain[:46]}_{number}" for number in range(1, MAX_FIELDS + 1))
        return plain if plain not in taken else next(name for name in numbered if name not in taken)

    def _choices(
        self, field: dict[str, Any], sent: list[dict[str, Any]], old: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        if field["type"] not in SELECTS:
            if sent:
                raise errors.invalid("choices do not fit the type of the field")
            return []
        shown_as = field.get("metadata", {}).get("display_type", "dropdown")
        most = MANY_CHOICES if shown_as == "dropdown" else FEW_CHOICES
        if not 1 <= len(sent) <= most:
            raise errors.invalid(f"choices must be 1 to {most}")
        present = {choice["choice_id"]: choice for choice in old}
        return [self._choice(field, each, order, present) for order, each in enumerate(sent, start=1)]

    def _choice(
        self, field: dict[str, Any], sent: dict[str, Any], order: int, present: dict[int, dict[str, Any]]
    ) -> dict[str, Any]:
        now = self._store.stamp()
        old = present.get(sent.get("choice_id", 0), {})
        return {
            "custom_field_id": field["custom_field_id"],
            "choice_id": old.get("choice_id", self._store.serial()),
            "choice_label": sent.get("choice_label", old.get("choice_label", "")),
            "display_order": sent.get("display_order", order),
            "created_at": old.get("created_at", now),
            "updated_at": now,
        }


def _refuse_taken(present: list[dict[str, Any]], label: str, own_id: str) -> None:
    for field in present:
        if field["label"].casefold() == label.strip().casefold() and field["custom_field_id"] != own_id:
            raise errors.conflict(f"Validation failed: custom field label {label} is not unique")
