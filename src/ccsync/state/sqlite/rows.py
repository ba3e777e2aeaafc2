"""Between the values of the core and the columns of the tables."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ccsync.state.values import Counts, FieldCounts, RunRecord
from ccsync.sync.operations import Batch, Reason, Waiting
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    Gone,
    ListId,
    MembrainId,
    MembrainRecord,
    NameKey,
    Resource,
    email_key,
    name_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGEST_BYTES = 16

# Letters outside ASCII are escaped, so that half a letter (a lone surrogate) from a service can be stored as well.
encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def json_list(values: Iterable[str] | Iterable[int]) -> str:
    """Return the values as one parameter for ``json_each``."""
    return encode(list(values))


def time_text(moment: datetime) -> str:
    """Return a time as text whose order is the order of time; a time without a zone is a mistake of the caller."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _optional_text(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


def optional_time(text: str | None) -> datetime | None:
    """Read a time that may be missing."""
    return None if text is None else datetime.fromisoformat(text)


def _digest(*parts: str) -> bytes:
    return blake2b("\n".join(parts).encode(), digest_size=_DIGEST_BYTES).digest()


def record_row(record: MembrainRecord) -> tuple[Any, ...]:
    """Return the columns of ``record``; the digest leaves out ``gone`` and ``changed``."""
    body = encode({"values": dict(record.values), "closed": record.closed})
    created = _optional_text(record.created)
    address = email_key(record.email) if record.resource is Resource.CONTACTS else ""
    return (
        record.resource.value,
        record.id,
        record.gone.value,
        created,
        _optional_text(record.changed),
        whole_letters(address) or None,
        whole_letters(record.company_id) or None,
        _digest(created or "", body),
        body,
        name_column(company_name(record)) if record.resource is Resource.COMPANIES else None,
    )


def company_name(record: MembrainRecord) -> NameKey:
    """Return by which name a company is found."""
    return name_key(record.values.get("Name", ""))


def name_column(key: NameKey) -> str | None:
    """Return what the column of names holds: for ``json_each`` a text ends at a zero, so there is none in it."""
    return whole_letters(key).replace("\0", "?") or None


def company_column(body: str) -> str | None:
    """Return what the column of names holds for the ``body`` of a company: for rows from before there was one."""
    return name_column(name_key(json.loads(body)["values"].get("Name", "")))


def whole_letters(text: str) -> str:
    """Return what a column of text can hold: halves of letters become question marks."""
    return text.encode(errors="replace").decode()


def read_record(row: Sequence[Any]) -> MembrainRecord:
    """Read ``resource, id, gone, created, changed, body``."""
    resource, identifier, gone, created, changed, text = row
    body = json.loads(text)
    return MembrainRecord(
        resource=Resource(resource),
        id=MembrainId(identifier),
        values=body["values"],
        closed=body["closed"],
        created=optional_time(created),
        changed=optional_time(changed),
        gone=Gone(gone),
    )


def contact_row(contact: Contact) -> tuple[Any, ...]:
    """Return the columns of ``contact``; the digest leaves out ``erased`` and ``updated``."""
    body = encode(
        {
            "email": contact.email,
            "values": dict(contact.values),
            "lists": sorted(contact.lists),
            "permission": contact.permission,
            "opt_out_date": contact.opt_out_date,
            "opt_out_reason": contact.opt_out_reason,
            "deleted": contact.deleted,
        }
    )
    key = whole_letters(email_key(contact.email)) or None
    return (contact.id, int(contact.erased), _optional_text(contact.updated), key, _digest(body), body)


def read_contact(row: Sequence[Any]) -> Contact:
    """Read ``id, erased, updated, body``."""
    identifier, erased, updated, text = row
    body = json.loads(text)
    return Contact(
        id=ContactId(identifier),
        email=body["email"],
        values=body["values"],
        lists=frozenset(ListId(item) for item in body["lists"]),
        permission=body["permission"],
        opt_out_date=body["opt_out_date"],
        opt_out_reason=body["opt_out_reason"],
        deleted=body["deleted"],
        erased=bool(erased),
        updated=optional_time(updated),
    )


def base_body(base: Base) -> str:
    """Return a base as JSON."""
    return encode([base.source, base.target])


def read_base(text: str) -> Base:
    """Read a base."""
    return Base(*json.loads(text))


def read_batch(row: Sequence[Any]) -> Batch:
    """Read ``id, kind, run, sent_at, rows, activity_id``."""
    identifier, kind, run, sent_at, rows, activity_id = row
    return Batch(identifier, kind, run, datetime.fromisoformat(sent_at), rows, activity_id)


def waiting_row(waiting: Waiting) -> tuple[Any, ...]:
    """Return the columns of ``waiting``, the key in front."""
    body = encode([waiting.contact, waiting.detail, waiting.fingerprint])
    key = (waiting.membrain_id, waiting.sync, waiting.field, waiting.reason.value)
    return (*key, time_text(waiting.since), body)


def read_waiting(row: Sequence[Any]) -> Waiting:
    """Read ``membrain_id, sync, field, reason, since, body``."""
    membrain_id, sync, field, reason, since, body = row
    contact, detail, fingerprint = json.loads(body)
    return Waiting(
        membrain_id=MembrainId(membrain_id),
        contact=contact,
        sync=sync,
        field=field,
        reason=Reason(reason),
        detail=detail,
        since=datetime.fromisoformat(since),
        fingerprint=fingerprint,
    )


def counts_text(counts: Counts | FieldCounts) -> str:
    """Return counts as JSON, those that are zero left out."""
    return encode(_counted(counts))


def _counted(counts: Counts | FieldCounts) -> dict[str, int]:
    return {item.name: value for item in fields(counts) if (value := getattr(counts, item.name))}


def read_field_counts(text: str) -> FieldCounts:
    """Read the counts of a field."""
    return FieldCounts(**json.loads(text))


def run_row(run: RunRecord) -> tuple[Any, ...]:
    """Return the columns of ``run``."""
    body = encode(
        {
            "counts": _counted(run.counts),
            "syncs": {name: _counted(counts) for name, counts in run.syncs.items()},
            "calls": dict(run.calls),
            "message": run.message,
        }
    )
    return (run.id, time_text(run.started), _optional_text(run.finished), run.result, body)


def read_run(row: Sequence[Any]) -> RunRecord:
    """Read ``id, started, finished, result, body``."""
    identifier, started, finished, result, text = row
    body = json.loads(text)
    return RunRecord(
        id=identifier,
        started=datetime.fromisoformat(started),
        finished=optional_time(finished),
        result=result,
        counts=Counts(**body["counts"]),
        syncs={name: Counts(**counts) for name, counts in body["syncs"].items()},
        calls=body["calls"],
        message=body["message"],
    )
