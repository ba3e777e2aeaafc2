"""Both sides and ccsync's books as plain dictionaries: what a plan stands on, and what becomes of it.

The Constant Contact of this model keeps the promises of the real one that a plan relies on: one contact an address, a
conflict when an address is taken, an import that finds people by their address. It trusts nobody: what must never be
asked of it fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccsync.sync.catalogue import Catalogue, Property, PropertyType, Scope
from ccsync.sync.fields import target_field
from ccsync.sync.filters import compile_filter
from ccsync.sync.mapping import FieldRule, Rulebook, Surroundings, SyncRules, present_at, written_values
from ccsync.sync.plan import Decision, Subject, plan_person
from ccsync.sync.records import (
    Base,
    Contact,
    ContactId,
    Gone,
    ListId,
    MembrainId,
    MembrainRecord,
    Permission,
    Resource,
    Standing,
    email_key,
)
from ccsync.sync.standing import observe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccsync.sync.operations import Intent

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NEWS, VIPS = ListId("news"), ListId("vips")
CATALOGUE = Catalogue(
    (
        *(Property(Resource.CONTACTS, name, name) for name in ("Name", "EmailAddress", "JobTitle", "Newsletter")),
        Property(Resource.CONTACTS, "Score", "Score", PropertyType.NUMBER),
        Property(Resource.COMPANIES, "Name", "Name"),
        Property(Resource.OPPORTUNITIES, "OwnerName", "OwnerName"),
    )
)
WANTS_NEWS = compile_filter('contact.Newsletter == "Yes"')
IS_VIP = compile_filter("contact.Score != null && contact.Score > 10.0")
"""A score that is no number has no answer: the person is held."""


def rule(left: str, right: str, **keys: Any) -> FieldRule:
    """Return a line of the field map, bound as a run binds it."""
    target = target_field(right)
    assert target is not None
    scope, name = left.split(".")
    kinds = {
        "contact": (Resource.CONTACTS,),
        "company": (Resource.COMPANIES,),
        "project": (Resource.OPPORTUNITIES, Resource.PROSPECTS),
    }
    made = FieldRule(left, right, right, Scope(scope), dict.fromkeys(kinds[scope], name), target)
    return replace(made, **keys)


NAME = rule("contact.Name", "full_name")
JOB = rule("contact.JobTitle", "job_title")


def sync(name: str = "news", list_id: ListId = NEWS, **keys: Any) -> SyncRules:
    """Return a sync that takes whoever wants the newsletter, or as ``keys`` say."""
    made = SyncRules(name, list_id, WANTS_NEWS, (NAME, JOB), False, frozenset({Resource.OPPORTUNITIES}), True)
    return replace(made, **keys)


def vip_sync(list_id: ListId = VIPS, **keys: Any) -> SyncRules:
    """Return a sync that takes whoever has a high score."""
    return sync("vips", list_id, **({"filter": IS_VIP} | keys))


def person(
    number: int = 1, email: str = "ann@example.com", *, news: bool = True, gone: Gone = Gone.NO, **values: str
) -> MembrainRecord:
    """Return a Membrain contact; the one with the lowest number was created first."""
    values = {"Name": f"Person {number}", "EmailAddress": email, "Newsletter": "Yes" if news else "No"} | values
    created = BEGINNING + timedelta(days=number)
    return MembrainRecord(Resource.CONTACTS, MembrainId(f"m{number}"), values, created=created, gone=gone)


def contact(number: int = 1, email: str = "ann@example.com", *lists: ListId, **keys: Any) -> Contact:
    """Return a Constant Contact contact; ``values`` have keys such as ``job_title``."""
    made = Contact(ContactId(f"c{number}"), email, {}, frozenset(lists), Permission.IMPLICIT)
    return replace(made, **keys)


@dataclass(repr=False)
class World:
    """Everything that is true at one moment."""

    rules: Rulebook = field(default_factory=lambda: Rulebook((sync(),), CATALOGUE))
    people: dict[MembrainId, MembrainRecord] = field(default_factory=dict)
    companies: dict[MembrainId, MembrainRecord] = field(default_factory=dict)
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    links: dict[MembrainId, ContactId] = field(default_factory=dict)
    bases: dict[MembrainId, dict[str, Base]] = field(default_factory=dict)
    standings: dict[ContactId, dict[ListId, Standing]] = field(default_factory=dict)
    made: int = 0

    def __repr__(self) -> str:
        """Show what tells one world from another."""
        syncs = [(one.name, one.list_id, f"keeps={one.keep_on_leaving}") for one in self.rules.syncs]
        lines = [f"World: syncs={syncs} only={self.rules.only} users={set(self.rules.user_emails)}"]
        for one in self.people.values():
            link, bases = self.links.get(one.id, "not linked"), self.bases.get(one.id, {})
            lines.append(f"  {one.id} {one.gone.value} {dict(one.values)} {link} {bases}")
        for other in self.contacts.values():
            state = f"{other.permission}{' deleted' * other.deleted}{' erased' * other.erased}"
            standings = {name: standing.value for name, standing in self.standings.get(other.id, {}).items()}
            lines.append(f"  {other.id} {other.email} {other.values} {set(other.lists)} {state} {standings}")
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def copy(self) -> World:
        """Return a world that goes its own way from here."""
        return replace(
            self,
            people=dict(self.people),
            contacts=dict(self.contacts),
            links=dict(self.links),
            bases={key: dict(value) for key, value in self.bases.items()},
            standings={key: dict(value) for key, value in self.standings.items()},
        )

    @property
    def lists(self) -> set[ListId]:
        """The lists that ccsync fills."""
        return {sync.list_id for sync in self.rules.syncs}

    def holder(self, email: str) -> Contact | None:
        """Return the contact that has an address, deleted ones included."""
        found = [one for one in self.contacts.values() if not one.erased and email_key(one.email) == email_key(email)]
        assert len(found) <= 1, f"two contacts with {email}"
        return found[0] if found else None

    def owner(self, contact_id: ContactId) -> MembrainId | None:
        """Return who is linked to a contact."""
        return next((owner for owner, linked in self.links.items() if linked == contact_id), None)

    def subject(self, membrain_id: MembrainId) -> Subject:
        """Return a person with everything that decides about them."""
        one = self.people[membrain_id]
        linked = self.contacts[self.links[membrain_id]] if membrain_id in self.links else None
        namesake = self.holder(one.email) if one.email else None
        owner = self.owner(namesake.id) if namesake else None
        return Subject(
            contact=one,
            rivals=() if one.gone or not one.email else self._with_address(one.email),
            surroundings=Surroundings(self.companies, {}),
            linked=linked,
            namesake=namesake,
            namesake_owner=self.people[owner] if owner else None,
            heirs=self._heirs(membrain_id, linked) if linked else (),
            standings=self.standings,
            bases=self.bases.get(membrain_id, {}),
        )

    def _with_address(self, email: str) -> tuple[MembrainRecord, ...]:
        people = self.people.values()
        return tuple(one for one in people if not one.gone and email_key(one.email) == email_key(email))

    def _heirs(self, membrain_id: MembrainId, linked: Contact) -> tuple[MembrainRecord, ...]:
        holders = self._with_address(linked.email)
        return tuple(one for one in holders if one.id != membrain_id and one.id not in self.links)

    def plan(self) -> list[Decision]:
        """Plan everybody."""
        return [plan_person(self.subject(one), self.rules) for one in self.people]

    def settle(self, rounds: int) -> int:
        """Plan everybody and carry it out until nothing is left to do; return how many rounds asked for requests."""
        asked = 0
        for _ in range(rounds + 1):
            decisions = self.plan()
            if not any(map(asks_for_something, decisions)):
                return asked
            asked += any(decision.intent is not None for decision in decisions)
            self.carry_out(decisions)
        raise AssertionError(f"still something to do after {rounds} rounds: {decisions}\n{self}")

    def carry_out(self, decisions: Sequence[Decision]) -> None:
        """Do what was planned, in the order of a run: books, leaving lists, values, imports, entering lists."""
        parts: list[Intent] = []
        for decision in decisions:
            self._write_down(decision)
            if decision.intent is not None:
                importable = all(change.new for change in decision.intent.changes)
                parts += decision.intent.parts(importable=importable)
        refused: set[MembrainId] = set()
        for part in sorted(parts, key=lambda part: bool(part.add or part.keep)):
            if part.membrain_id not in refused and not self._send(part):
                refused.add(part.membrain_id)

    def _write_down(self, decision: Decision) -> None:
        if decision.link is not None:
            self.link(decision.membrain_id, decision.link)
        if decision.bases:
            self.bases.setdefault(decision.membrain_id, {}).update(decision.bases)
        for (contact_id, list_id), standing in decision.standings.items():
            self.stand(contact_id, list_id, standing)

    def link(self, membrain_id: MembrainId, contact_id: ContactId) -> None:
        """Link two people; links that either had before end, and their bases."""
        if self.links.get(membrain_id) != contact_id:
            for ended in {membrain_id, self.owner(contact_id)} - {None}:
                self.links.pop(ended, None)  # type: ignore[arg-type] # None is taken out
                self.bases.pop(ended, None)  # type: ignore[arg-type] # None is taken out
            self.links[membrain_id] = contact_id

    def stand(self, contact_id: ContactId, list_id: ListId, standing: Standing | None) -> None:
        """Note why somebody is, or is not, on a list."""
        standings = self.standings.setdefault(contact_id, {})
        standings.pop(list_id, None)
        if standing is not None:
            standings[list_id] = standing

    def read(self, new: Contact, ours: Iterable[ListId] = ()) -> None:
        """Bring a contact into the mirror, whoever changed it."""
        old, standings = self.contacts.get(new.id), self.standings.get(new.id, {})
        for list_id, standing in observe(old, new, dict(standings), self.lists, frozenset(ours)).items():
            self.stand(new.id, list_id, standing)
        self.contacts[new.id] = new

    def _send(self, part: Intent) -> bool:
        """Carry out one request, read the contact back and note what was seen; False when it was refused."""
        now = self.contacts[part.contact_id] if part.contact_id is not None else self._create(part.email)
        assert now.usable, f"a deleted contact would come back: {part}"
        if part.changes or part.add:
            assert not now.opted_out, f"somebody who opted out is written to: {part}"
        taken = self.holder(part.email)
        if part.old_email and taken is not None and taken.id != now.id:
            return False
        if part.changes and not part.old_email:
            assert email_key(now.email) == email_key(part.email), f"the values of somebody else: {part}"
        values = dict(now.values)
        for change in part.changes:
            values |= written_values(change.path, change.new, first_only=change.first_only)
        lists = (now.lists | part.add | part.keep) - part.remove
        email = part.email if part.old_email else now.email
        values = {path: value for path, value in values.items() if value}
        self.read(replace(now, email=email, values=values, lists=lists), ours=part.remove)
        self._seen(part, self.contacts[now.id])
        return True

    def _create(self, email: str) -> Contact:
        assert self.holder(email) is None, f"a second contact with {email}"
        self.made += 1
        return contact(1000 + self.made, email)

    def _seen(self, part: Intent, now: Contact) -> None:
        self.link(part.membrain_id, now.id)
        bases = {change.path: Base(change.new, present_at(change.path, now)) for change in part.changes}
        self.bases.setdefault(part.membrain_id, {}).update(bases)
        for list_id in part.add:
            self.stand(now.id, list_id, Standing.PLACED)
        for list_id in part.remove:
            self.stand(now.id, list_id, None)

    def picture(self) -> Mapping[str, object]:
        """Return what a user can see of Constant Contact and the books, without ids, for comparing two worlds."""
        living = [one for one in self.contacts.values() if not one.erased]
        return {
            "contacts": {
                email_key(one.email): (
                    one.values,
                    one.lists,
                    one.permission,
                    one.deleted,
                    self.owner(one.id),
                    dict(self.standings.get(one.id, {})),
                )
                for one in living
            },
            "bases": {key: value for key, value in self.bases.items() if value},
        }


def asks_for_something(decision: Decision) -> bool:
    """Tell whether a decision changes anything, be it in ccsync's own books."""
    return bool(decision.intent or decision.link or decision.bases or decision.standings)
