"""Who was forgotten: keyed marks of addresses and ids, and nothing that says whose they are.

They lie in a file beside the state, so that neither a state put aside nor an older one put back forgets them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ccsync.errors import LocalError
from ccsync.logs.key import KEY_FILE, mark, person_key
from ccsync.sync.records import Gone, Resource, email_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from ccsync.sync.records import Contact, ContactId, EmailKey, MembrainId, MembrainRecord

FILE_NAME = "forgotten.json"
_ADDRESS, _MEMBRAIN, _CONSTANT_CONTACT = "address", "membrain", "constant-contact"


@dataclass(frozen=True, slots=True)
class ForgottenPerson:
    """One person who was forgotten: since when, and the marks by which they are known again."""

    since: datetime
    marks: frozenset[str]


@dataclass(slots=True)
class Forgotten:
    """Everybody who was forgotten; ``met`` are those of whom the services have shown a row since this was loaded.

    Whoever has the mark's address or id is kept out of the state: they take no part on either side. Under which other
    addresses and ids the services show them is learned from these rows, so that they are known when they move again.
    """

    key: bytes = field(default=b"", repr=False)
    people: tuple[ForgottenPerson, ...] = ()
    path: Path | None = None
    met: set[int] = field(default_factory=set)
    _learned: dict[int, set[str]] = field(default_factory=dict, init=False, repr=False)
    _by_mark: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_mark = {one: number for number, person in enumerate(self.people) for one in person.marks}

    def __len__(self) -> int:
        """Return how many people were forgotten."""
        return len(self.people)

    def since(self, who: str) -> datetime | None:
        """Return when the person with an address, or an id, was forgotten; None when nobody was."""
        if not self.people:
            return None
        known = ((_ADDRESS, email_key(who)), (_MEMBRAIN, who), (_CONSTANT_CONTACT, who))
        numbers = (self._number(kind, value) for kind, value in known)
        return next((self.people[number].since for number in numbers if number is not None), None)

    def has(self, address: EmailKey) -> bool:
        """Tell whether an address is that of somebody who was forgotten."""
        return bool(self.people) and self._number(_ADDRESS, address) is not None

    def has_id(self, membrain_id: str) -> bool:
        """Tell whether an id of Membrain is that of somebody who was forgotten."""
        return bool(self.people) and self._number(_MEMBRAIN, membrain_id) is not None

    def has_contact(self, contact_id: str) -> bool:
        """Tell whether an id of Constant Contact is that of somebody who was forgotten."""
        return bool(self.people) and self._number(_CONSTANT_CONTACT, contact_id) is not None

    def marks(
        self, addresses: Iterable[str], membrain: Iterable[MembrainId], contacts: Iterable[ContactId]
    ) -> frozenset[str]:
        """Return the marks of a person."""
        known: dict[str, list[str]] = {
            _ADDRESS: [email_key(one) for one in addresses if email_key(one)],
            _MEMBRAIN: [*membrain],
            _CONSTANT_CONTACT: [*contacts],
        }
        return frozenset(self._mark(kind, value) for kind, values in known.items() for value in values)

    def admitted_records(
        self,
        records: Sequence[MembrainRecord],
        mirrored: Callable[[Iterable[MembrainId]], Mapping[MembrainId, MembrainRecord]],
        in_use: Callable[[Collection[EmailKey]], Collection[EmailKey]],
    ) -> Sequence[MembrainRecord]:
        """Return the rows of one Membrain list that may be stored; ``in_use`` are addresses that others have.

        Somebody else who was given a forgotten person's address counts as deleted, as they were last known.
        """
        if not self.people or not records or records[0].resource is not Resource.CONTACTS:
            return records
        numbers = self._met(_MEMBRAIN, records, in_use)
        barred = {one.id for one in records if one.id in numbers}
        known = mirrored(barred) if barred else {}
        for identifier in barred - known.keys():
            self._learn(numbers[identifier], _MEMBRAIN, identifier)
        stand_ins = {one: replace(record, gone=Gone.DELETED) for one, record in known.items()}
        return [stand_ins.get(one.id, one) for one in records if one.id not in barred or one.id in stand_ins]

    def admitted_contacts(
        self,
        contacts: Sequence[Contact],
        mirrored: Callable[[Iterable[ContactId]], Mapping[ContactId, Contact]],
        in_use: Callable[[Collection[EmailKey]], Collection[EmailKey]],
    ) -> Sequence[Contact]:
        """Return the contacts of Constant Contact that may be stored; with a forgotten address they count as erased."""
        if not self.people:
            return contacts
        numbers = self._met(_CONSTANT_CONTACT, contacts, in_use)
        barred = {one.id for one in contacts if one.id in numbers}
        known = mirrored(barred) if barred else {}
        for identifier in barred - known.keys():
            self._learn(numbers[identifier], _CONSTANT_CONTACT, identifier)
        stand_ins = {one: replace(contact, erased=True, lists=frozenset()) for one, contact in known.items()}
        return [stand_ins.get(one.id, one) for one in contacts if one.id not in barred or one.id in stand_ins]

    def keep(self) -> None:
        """Write down what was learned; LocalError when that cannot be done."""
        if self._learned and self.path is not None:
            self.people = tuple(
                replace(one, marks=one.marks | self._learned.get(number, set()))
                for number, one in enumerate(self.people)
            )
            _write(self.path, self.people)
            self._learned.clear()

    def _met(
        self,
        kind: str,
        rows: Sequence[MembrainRecord | Contact],
        in_use: Callable[[Collection[EmailKey]], Collection[EmailKey]],
    ) -> dict[str, int]:
        """Return by id whose rows are those of somebody who was forgotten, and note that they were met.

        A new address of somebody who is known by the id is learned first, unless somebody else has it.
        """
        numbers = ((one.id, self._number(kind, one.id)) for one in rows)
        found: dict[str, int] = {identifier: number for identifier, number in numbers if number is not None}
        moved = {email_key(one.email): found[one.id] for one in rows if one.id in found and one.email}
        others = in_use(moved.keys()) if moved else ()
        for address, number in moved.items():
            if address not in others:
                self._learn(number, _ADDRESS, address)
        for one in rows:
            if one.id not in found and one.email:
                by_address = self._number(_ADDRESS, email_key(one.email))
                found |= {} if by_address is None else {one.id: by_address}
        self.met.update(found.values())
        return found

    def _learn(self, number: int, kind: str, value: str) -> None:
        one = self._mark(kind, value)
        if one not in self._by_mark:
            self._by_mark[one] = number
            self._learned.setdefault(number, set()).add(one)

    def _number(self, kind: str, value: str) -> int | None:
        return self._by_mark.get(self._mark(kind, value))

    def _mark(self, kind: str, value: str) -> str:
        return mark(self.key, f"forgotten {kind} {value}")  # nothing that an export shows is the same


def load(folder: Path) -> Forgotten:
    """Return who was forgotten in the account whose ``folder`` is given; LocalError when that cannot be told."""
    path = folder / FILE_NAME
    try:
        people = _people(path.read_bytes())
    except FileNotFoundError:
        return Forgotten()
    except OSError as error:
        raise _trouble(path, "read", error) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LocalError(
            f"{path} is damaged: whom ccsync was told to forget cannot be told, so nothing is read or written",
            hint=f"put it back from a backup; without one, mv {path} {path}.damaged and forget each of them again",
            code="forgotten_damaged",
        ) from error
    if people and not (folder / KEY_FILE).exists():
        raise LocalError(
            f"the key {folder / KEY_FILE} is gone: without it, whom ccsync was told to forget cannot be told",
            hint=f"put it back from a backup; without one, mv {path} {path}.damaged and forget each of them again",
            code="no_person_key",
        )
    return Forgotten(person_key(folder), people, path) if people else Forgotten()


def remember(
    folder: Path,
    addresses: Collection[str],
    membrain: Collection[MembrainId],
    contacts: Collection[ContactId],
    now: datetime,
) -> Forgotten:
    """Add a person to those who were forgotten; one who was before keeps the day and gets the new marks."""
    known = load(folder)
    known = known if known.people else Forgotten(person_key(folder))
    people = _joined(known.people, ForgottenPerson(now, known.marks(addresses, membrain, contacts)))
    _write(folder / FILE_NAME, people)
    return Forgotten(known.key, people, folder / FILE_NAME)


def take_over(folder: Path, text: bytes) -> None:
    """Add those of another file to those who were forgotten here; both know people by the same key."""
    people = known = load(folder).people
    try:
        for person in _people(text):
            people = _joined(people, person)
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(
            "whom the backup was told to forget cannot be told: nothing was changed",
            hint="ccsync state restore FILE, with another backup",
            code="damaged_backup",
        ) from error
    if set(people) != set(known):
        _write(folder / FILE_NAME, people)


def _people(text: bytes) -> tuple[ForgottenPerson, ...]:
    return tuple(
        ForgottenPerson(datetime.fromisoformat(one["since"]), frozenset(one["marks"]))
        for one in json.loads(text)["people"]
    )


def _joined(people: Iterable[ForgottenPerson], person: ForgottenPerson) -> tuple[ForgottenPerson, ...]:
    """Add a person; whoever shares a mark with them is the same one."""
    marks, since, others = person.marks, person.since, []
    for other in people:
        if other.marks & marks:
            marks, since = marks | other.marks, min(since, other.since)
        else:
            others.append(other)
    return (*others, ForgottenPerson(since, marks))


def _write(path: Path, people: Iterable[ForgottenPerson]) -> None:
    """Write the file whole or not at all, for its owner alone."""
    shown = [{"since": one.since.isoformat(timespec="seconds"), "marks": sorted(one.marks)} for one in people]
    beside = path.with_suffix(".new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"people": shown}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _trouble(path, "written", error) from error


def _trouble(path: Path, what: str, error: OSError) -> LocalError:
    return LocalError(
        f"{path}, which says whom ccsync has forgotten, cannot be {what}: {error.strerror}",
        hint=f"make room, or mend the permissions: ls -ld {path.parent}",
    )
