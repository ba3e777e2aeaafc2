"""What each side has to offer for the field map, and what some of its rows show of every field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.catalogue import Scope
from ccsync.sync.custom_kinds import KINDS
from ccsync.sync.fields import CUSTOM_LIMIT, CUSTOM_PREFIX, MOST_DECIMALS, TARGET_PATHS, FieldKind, target_field
from ccsync.sync.mapping import present_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccsync.sync.catalogue import Catalogue, Property
    from ccsync.sync.records import Contact, MembrainRecord, Resource

_BOOKKEEPING = re.compile(r"\w*Id|(?:Created|Changed|Deleted|Retired)(?:ByName|Date)|(?:Is)?(?:Deleted|Retired)")


class CustomField(NamedTuple):
    """A custom field that exists in Constant Contact; ``type`` is the service's word (``string``, ``date``).

    ``choices`` are the labels of a select, ``decimals`` and ``negative`` what a number may have.
    """

    id: str
    label: str
    type: str
    choices: tuple[str, ...] = ()
    decimals: int = MOST_DECIMALS
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One field of one side, in the config's words.

    ``values`` are those of the ``rows`` looked at in which the field is filled. ``limit`` is in characters, None where
    the side has none that matters here; ``options`` are the labels of a select.
    """

    path: str
    type: str
    display: str
    limit: int | None = None
    custom: bool = False
    writable: bool = True
    options: tuple[str, ...] = ()
    rows: int = 0
    values: tuple[str, ...] = ()

    @property
    def bookkeeping(self) -> bool:
        """Whether it is the service's own: ids, who made or changed the row and when, whether it is gone."""
        return not self.custom and bool(_BOOKKEEPING.fullmatch(self.path.rpartition(".")[2]))

    @property
    def share(self) -> float | None:
        """The part of the rows that have it filled; None when there were no rows."""
        return len(self.values) / self.rows if self.rows else None


def of_membrain(
    catalogue: Catalogue, rows: Mapping[Resource, Sequence[MembrainRecord]], projects: Sequence[Resource]
) -> tuple[Offer, ...]:
    """Return every left side, contacts first and custom fields last; what several kinds of project have is one."""
    found: dict[str, list[Property]] = {}
    for scope in Scope:
        for resource in scope.resources(projects):
            for one in (one for one in catalogue.properties if one.resource is resource):
                found.setdefault(left_of(scope, one, catalogue), []).append(one)
    offers = (_left(path, properties, rows) for path, properties in found.items())
    scopes = tuple(Scope)
    return tuple(
        sorted(
            offers, key=lambda one: (scopes.index(Scope(one.path.partition(".")[0])), one.custom, one.path.casefold())
        )
    )


def left_of(scope: Scope, one: Property, catalogue: Catalogue) -> str:
    """Return how the config names a property: a custom field by its name, by id when two have that name."""
    if not one.custom:
        return f"{scope}.{one.name}"
    unique = len(catalogue.named(one.resource, one.display, custom=True)) == 1
    return f"{scope}.custom.{one.display if unique and one.display.strip() else one.guid}"


def of_constant_contact(fields: Iterable[CustomField], contacts: Sequence[Contact]) -> tuple[Offer, ...]:
    """Return every right side, custom fields last in the order of their labels."""
    usable = [contact for contact in contacts if contact.usable]
    fixed = (_fixed(path, usable) for path in TARGET_PATHS)
    custom = (_custom(field, usable) for field in sorted(fields, key=lambda field: field.label.casefold()))
    return tuple(chain(fixed, custom))


def _left(path: str, properties: Sequence[Property], rows: Mapping[Resource, Sequence[MembrainRecord]]) -> Offer:
    first = properties[0]
    looked_at = [(record, one.name) for one in properties for record in rows.get(one.resource, ())]
    values = (record.values.get(name, "").strip() for record, name in looked_at)
    return Offer(
        path,
        first.type.value,
        first.display,
        custom=first.custom,
        options=tuple(label for _, label in first.options),
        rows=len(looked_at),
        values=tuple(filter(None, values)),
    )


def _fixed(path: str, contacts: Sequence[Contact]) -> Offer:
    field = target_field(path)
    if field is None:
        raise LookupError(path)
    limited = field.kind not in (FieldKind.DATE, FieldKind.MONTH_DAY, FieldKind.CONSENT)
    return Offer(
        path,
        field.kind.value,
        path,
        limit=field.limit if limited else None,
        writable=field.writable,
        rows=len(contacts),
        values=tuple(filter(None, (_present(path, contact) for contact in contacts))),
    )


def _present(path: str, contact: Contact) -> str:
    consent = {
        "permission_to_send": contact.permission,
        "opt_out_date": contact.opt_out_date,
        "opt_out_reason": contact.opt_out_reason,
    }
    return consent.get(path) or present_at(path, contact)


def _custom(field: CustomField, contacts: Sequence[Contact]) -> Offer:
    values = (contact.values.get(f"{CUSTOM_PREFIX}{field.id}", "") for contact in contacts)
    return Offer(
        f"{CUSTOM_PREFIX}{field.label}",
        "text" if field.type == "string" else field.type,
        field.label,
        limit=None if field.type in KINDS else CUSTOM_LIMIT,
        custom=True,
        options=field.choices,
        rows=len(contacts),
        values=tuple(filter(None, values)),
    )
