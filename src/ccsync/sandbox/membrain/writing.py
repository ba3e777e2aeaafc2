"""Creating, changing and deleting records, with what each of these moves."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ccsync.sandbox.membrain.kinds import KEY_PREFIX, PROJECTS, Kind
from ccsync.sandbox.membrain.shape import CUSTOM_FIELD_PREFIX
from ccsync.sandbox.membrain.store import Row
from ccsync.sandbox.membrain.times import stored
from ccsync.sandbox.membrain.values import Refused, ValueReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.clock import Clock
    from ccsync.sandbox.membrain.store import Store
    from ccsync.sandbox.membrain.switches import MembrainSwitches

_COMPANY: Final = frozenset({"CompanyId", "CompanyName"})
_NAME_PARTS: Final = frozenset({"firstname", "lastname"})


class Writer:
    """Carries out one author's writes under one set of switches."""

    def __init__(self, store: Store, clock: Clock, switches: MembrainSwitches, author: str) -> None:
        self._store = store
        self._clock = clock
        self._switches = switches
        self._author = author
        self._reader = ValueReader(switches, store.custom_fields())

    def create(self, kind: Kind, sent: Mapping[str, Any]) -> Row:
        """Add a record and return it. Raises Refused when a rule is broken."""
        change = self._reader.read(kind, self._with_joined_name(kind, sent, ""))
        values = self._with_company(kind, change.set)
        if kind in PROJECTS:
            number = int(self._store.setting(f"last {kind}", 0)) + 1
            self._store.save_setting(f"last {kind}", number)
            values = {"Key": f"{KEY_PREFIX[kind]}-{number}", **values}
        self._check_mandatory(kind, values)
        now = self._now()
        row = Row(
            kind=kind,
            id=str(uuid.uuid4()),
            created=now,
            created_by=self._author,
            changed=now,
            changed_by=self._author,
            values=values,
        )
        self._store.insert([row])
        self._pass_on(row, now)
        return row

    def change(self, row: Row, sent: Mapping[str, Any]) -> Row:
        """Change a record and return its new self. Raises Refused when a rule is broken."""
        if row.deleted and not self._switches.undelete:
            raise Refused(f"{row.kind} {row.id} is deleted")
        change = self._reader.read(row.kind, self._with_joined_name(row.kind, sent, row.values.get("Name", "")))
        named = self._with_company(row.kind, change.set)
        kept = {} if self._switches.put_replaces else row.values
        values = self._without(row, {**kept, **named}, _company_as_one(change.clear, named))
        self._check_mandatory(row.kind, values, row.values)
        return self._save(replace(row, values=values, deleted=""), row)

    def delete(self, row: Row) -> Row:
        """Mark a record as deleted."""
        now = self._now()
        changed = now if self._switches.delete_moves_changed else row.changed
        gone = replace(row, deleted=now, changed=changed, changed_by=self._author)
        self._store.update(gone)
        return gone

    def restore(self, row: Row) -> Row:
        """Bring a deleted or retired record back."""
        changed = self._now() if self._switches.delete_moves_changed else row.changed
        back = replace(row, deleted="", retired=False, changed=changed, changed_by=self._author)
        self._store.update(back)
        return back

    def retire(self, row: Row) -> Row:
        """Retire a contact."""
        changed = self._now() if self._switches.retire_moves_changed else row.changed
        retired = replace(row, retired=True, changed=changed, changed_by=self._author)
        self._store.update(retired)
        return retired

    def _now(self) -> str:
        return stored(self._clock.now(), fractions=self._switches.fractions)

    def _save(self, row: Row, before: Row) -> Row:
        touched = {
            name for name in row.values.keys() | before.values.keys() if row.values.get(name) != before.values.get(name)
        }
        only_custom = bool(touched) and all(name.startswith(CUSTOM_FIELD_PREFIX) for name in touched)
        moves = self._switches.custom_field_moves_changed or not only_custom
        now = self._now()
        saved = replace(row, changed=now if moves else before.changed, changed_by=self._author)
        self._store.update(saved)
        if row.kind is Kind.COMPANIES and "Name" in touched:
            self._store.pass_company_name_on(row.id, row.values["Name"])
        self._pass_on(saved, now)
        return saved

    def _pass_on(self, row: Row, now: str) -> None:
        if row.kind is Kind.COMPANIES and self._switches.company_moves_contacts:
            self._store.touch_contacts(row.id, now)
        if row.kind in PROJECTS and self._switches.project_moves_contacts:
            self._store.touch_contacts(row.values.get("CompanyId", ""), now)

    def _with_joined_name(self, kind: Kind, sent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        parts = {key.casefold(): value for key, value in sent.items()}
        rest = {key: value for key, value in sent.items() if key.casefold() not in _NAME_PARTS}
        understood = kind is Kind.CONTACTS and self._switches.split_names
        if not understood or "name" in parts or not _NAME_PARTS & parts.keys():
            return rest
        first, _, last = name.partition(" ")
        words = (parts.get("firstname", first), parts.get("lastname", last))
        return {**rest, "Name": " ".join(word for word in words if word)}

    def _with_company(self, kind: Kind, values: dict[str, Any]) -> dict[str, Any]:
        if kind is Kind.COMPANIES or not _COMPANY & values.keys():
            return values
        company = self._company(values.get("CompanyId", ""), values.get("CompanyName", ""))
        if company is None:
            raise Refused(f"Company not found: {values.get('CompanyId') or values.get('CompanyName')}")
        return {**values, "CompanyId": company.id, "CompanyName": company.values["Name"]}

    def _company(self, company_id: str, name: str) -> Row | None:
        if company_id:
            found = self._store.get(Kind.COMPANIES, company_id)
            return None if found is None or found.deleted else found
        found = self._store.company_named(name)
        if found is None and self._switches.company_name_creates:
            return self.create(Kind.COMPANIES, {"Name": name})
        return found

    def _without(self, row: Row, values: dict[str, Any], clear: frozenset[str]) -> dict[str, Any]:
        emptied = {name for name in clear if row.values.get(name)}
        if emptied and self._switches.clearing == "error":
            raise Refused(f"{', '.join(sorted(emptied))} cannot be emptied")
        if self._switches.clearing == "ignored":
            return {**values, **{name: row.values[name] for name in emptied}}
        return {name: value for name, value in values.items() if name not in emptied}

    def _check_mandatory(self, kind: Kind, values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
        """Refuse a record without what is demanded; one that never had it may stay as it is."""
        demanded = ["Name"]
        for path in self._switches.extra_mandatory:
            of_kind, _, name = path.partition(".")
            if of_kind == kind:
                demanded.append(name)
        missing = [
            name
            for name in demanded
            if not str(values.get(name, "")).strip() and (before is None or str(before.get(name, "")).strip())
        ]
        if missing:
            raise Refused(f"Mandatory: {', '.join(missing)}")


def _company_as_one(clear: frozenset[str], named: Mapping[str, Any]) -> frozenset[str]:
    """Return what to clear when a company's id and name are set and cleared together."""
    if _COMPANY & named.keys():
        return clear - _COMPANY
    return clear | _COMPANY if clear & _COMPANY else clear
