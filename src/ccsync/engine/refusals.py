"""Refusals of Membrain, and how long they hold: as long as the record is as it was in what may have been the cause.

What is refused depends on the whole record there: on its company, which somebody may have deleted, and for all that
anybody knows on everything else. So a mark of what was refused also says how the record stood.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ccsync.sync.operations import fingerprint, standing_apart, standing_in
from ccsync.sync.records import MembrainId, Resource, name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccsync.state.store import Store
    from ccsync.sync.operations import Waiting
    from ccsync.sync.records import MembrainRecord

RELEASED = "/"
"""The mark of what was refused, and is to be tried again."""


class Cause(NamedTuple):
    """What a refusal may depend on besides the company that somebody belongs to.

    Consent depends on everything; ``company`` names one that could not be made.
    """

    is_consent: bool = False
    company: str = ""


class _Standing(NamedTuple):
    """How a record stands: its company, what else matters to consent, and whether a company is missing."""

    cause: Cause
    belongs: str
    rest: str
    missing: bool

    def text(self) -> str:
        return json.dumps(self)


def marked(store: Store, person: MembrainId, mark: str, cause: Cause) -> str:
    """Return the mark of what was refused of a person as the mirror has them now."""
    record = store.mirror.records(Resource.CONTACTS, [person]).get(person)
    return standing_in(mark, _standing(store, record, cause).text())


def try_outdated_again(store: Store, people: Iterable[MembrainId]) -> None:
    """Let refusals hold no more when the cause may be gone: consent at any change, the rest with the company.

    The entries stay until something comes of it: of whoever takes part no more, they tell that consent is to be told.
    """
    _release(store, [wait for wait, then, now in _standings(store, people) if then != now])


def try_all_again(store: Store) -> None:
    """Let nothing hold any more of what Membrain refused."""
    _release(store, store.work.waiting())


def hold_on(store: Store, person: MembrainId) -> None:
    """Let refusals of consent hold on after a write of ours, unless it was to another company."""
    standings = _standings(store, [person])
    held = [(wait, now) for wait, then, now in standings if then._replace(rest="") == now._replace(rest="")]
    marks = [(wait, standing_apart(wait.fingerprint)[0], now) for wait, now in held]
    store.work.wait(replace(wait, fingerprint=standing_in(mark, now.text())) for wait, mark, now in marks)


def _release(store: Store, waits: Iterable[Waiting]) -> None:
    store.work.wait(replace(wait, fingerprint=RELEASED) for wait in waits if _holds(wait))


def _holds(wait: Waiting) -> bool:
    return bool(standing_apart(wait.fingerprint)[1])


def _standings(store: Store, people: Iterable[MembrainId]) -> Iterator[tuple[Waiting, _Standing, _Standing]]:
    """Yield the refusals of people that hold, how their records stood then, and how they stand now."""
    waiting = {person: [*filter(_holds, waits)] for person, waits in store.work.waiting_for(people).items()}
    records = store.mirror.records(Resource.CONTACTS, [person for person, waits in waiting.items() if waits])
    for person, waits in waiting.items():
        for wait in waits:
            cause, belongs, rest, missing = json.loads(standing_apart(wait.fingerprint)[1])
            then = _Standing(Cause(*cause), belongs, rest, missing)
            yield wait, then, _standing(store, records.get(person), then.cause)


def _standing(store: Store, record: MembrainRecord | None, cause: Cause) -> _Standing:
    key = name_key(cause.company)
    missing = bool(key) and not store.mirror.companies_by_name([key]).get(key)
    if record is None:
        return _Standing(cause, "", "", missing)
    company = store.mirror.records(Resource.COMPANIES, [record.company_id]).get(record.company_id)
    belongs = fingerprint(record.company_id, "there" if company is not None and not company.gone else "")
    values = (f"{name}={value}" for name, value in sorted(record.values.items()))
    return _Standing(cause, belongs, fingerprint(*values) if cause.is_consent else "", missing)
