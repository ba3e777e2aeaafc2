"""Looking at both sides without a run: out of the mirror where a run has been, else read from the services.

Nothing is written, neither to a service nor to the state. Each reading says where it comes from and how many rows it
rests on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccsync.constant_contact import side as contact_side
from ccsync.engine.pull_membrain import CATALOGUE, users
from ccsync.engine.streams import stream
from ccsync.engine.subjects import surroundings_of
from ccsync.membrain import side
from ccsync.sync.catalogue import Catalogue, Scope
from ccsync.sync.mapping import Surroundings
from ccsync.sync.offers import CustomField
from ccsync.sync.records import EmailKey, MembrainId, MembrainRecord, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ccsync.constant_contact.client import ConstantContactClient
    from ccsync.constant_contact.side import CustomFieldDefinition
    from ccsync.engine.options import Progress
    from ccsync.membrain.client import MembrainClient
    from ccsync.state.store import Store
    from ccsync.state.values import Binding
    from ccsync.sync.mapping import SyncRules
    from ccsync.sync.records import Contact

SAMPLE = 1000
"""So many rows of the mirror say enough about how a field is used."""

_PAGE = 1000
_CONTACT_STREAM = "constant_contact.contacts"

Records = dict[Scope, MembrainRecord | None]
"""What left sides speak of, for one contact."""


@dataclass(frozen=True, slots=True)
class Services:
    """Both services, within reach and logged in."""

    membrain: MembrainClient
    constant_contact: ConstantContactClient


@dataclass(frozen=True, slots=True)
class Basis:
    """What shares rest on: so many ``rows`` of a list of ``total`` (None where it was not asked for).

    ``read_up_to`` is the mirror's moment, None for what was read just now.
    """

    rows: int
    total: int | None = None
    read_up_to: datetime | None = None


@dataclass(slots=True)
class Survey:
    """One look at both sides. ``reach`` opens the services at the first need of them, with the errors of a run."""

    store: Store | None
    reach: Callable[[], Services]
    zone: ZoneInfo
    progress: Progress
    bases: dict[str, Basis] = field(default_factory=dict)
    _services: Services | None = None
    _catalogue: Catalogue | None = None
    _memory: Catalogue | None = None
    _definitions: Mapping[str, CustomFieldDefinition] | None = None
    _users: tuple[frozenset[str], frozenset[EmailKey]] | None = None
    _sampled: dict[Resource, list[MembrainRecord]] = field(default_factory=dict)
    _read: dict[Resource, list[MembrainRecord]] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """Both services."""
        if self._services is None:
            self.progress.phase("reaching both services")
            self._services = self.reach()
        return self._services

    def mirrored(self, name: str) -> datetime | None:
        """Return up to when the mirror has a stream; None when it was never read, or there is no state."""
        stamp = self.store.progress.timestamps().get(name) if self.store else None
        return stamp.read_up_to if stamp else None

    def catalogue(self) -> Catalogue:
        """Return what Membrain offers, read now, with all that rows have shown."""
        if self._catalogue is None:
            client = self.services.membrain
            self.progress.phase("reading the fields of Membrain")
            found = side.definitions(client.custom_fields())
            for one in self._remembered().properties:
                found = found if one.custom else found.with_seen(one.resource, [one.name])
            self._catalogue = found
        return self._catalogue

    def known_catalogue(self) -> Catalogue:
        """Return what a run has seen Membrain offer; what was read now when there was none, or not enough."""
        if self._catalogue is None and self.mirrored(stream(Resource.CONTACTS)):
            if self._memory is None:
                self._memory = self._remembered()
            return self._memory
        return self.catalogue()

    def custom_fields(self) -> tuple[CustomField, ...]:
        """Return Constant Contact's custom fields, read now; one that a run follows also by the config's label."""
        living = {id_: _offered(one) for id_, one in self._defined().items()}
        followed = (
            living[binding.id]._replace(label=label)
            for label, binding in self._bound_fields().items()
            if binding.id in living and living[binding.id].label != label
        )
        return (*living.values(), *followed)

    def _defined(self) -> Mapping[str, CustomFieldDefinition]:
        if self._definitions is None:
            client = self.services.constant_contact
            self.progress.phase("reading the fields of Constant Contact")
            read = map(contact_side.custom_field, client.custom_fields())
            self._definitions = {one.id: one for one in read}
        return self._definitions

    def deleted_fields(self, living: Iterable[CustomField]) -> frozenset[str]:
        """Return the config's labels of custom fields that a run has bound and that are gone since."""
        ids = {one.id for one in living}
        return frozenset(label for label, binding in self._bound_fields().items() if binding.id not in ids)

    def _bound_fields(self) -> Mapping[str, Binding]:
        return self.store.progress.bindings("field") if self.store else {}

    def _remembered(self) -> Catalogue:
        text = self.store.progress.fact(CATALOGUE) if self.store else None
        return Catalogue.from_json(text) if text else Catalogue()

    def sample(self, resource: Resource) -> list[MembrainRecord]:
        """Return some living rows of a list: of the mirror, else the first page; what they show joins the catalogue."""
        if resource in self._sampled:
            return self._sampled[resource]
        moment = self.mirrored(stream(resource))
        if moment and self.store:
            records = self.store.mirror.living_records(resource, limit=SAMPLE)
            self.bases[resource] = Basis(len(records), self.store.mirror.record_count(resource), moment)
        else:
            self.progress.phase(f"reading {resource}")
            page = next(iter(self.services.membrain.pages(resource.value)), [])
            records = self._records(resource, page)
            self.bases[resource] = Basis(len(records))
        self._catalogue = self.catalogue().with_seen(resource, {name for one in records for name in one.values})
        self._sampled[resource] = records
        return records

    def sample_contacts(self) -> list[Contact]:
        """Return some contacts of Constant Contact: of the mirror, else the first page."""
        moment = self.mirrored(_CONTACT_STREAM)
        if moment and self.store:
            found = self.store.mirror.living_contacts(limit=SAMPLE)
            self.bases["constant_contact"] = Basis(len(found), self.store.mirror.contact_count(), moment)
            return found
        self.progress.phase("reading contacts of Constant Contact")
        page = next(iter(self.services.constant_contact.contacts()), [])
        found = [contact_side.contact(row, self._defined()) for row in page]
        self.bases["constant_contact"] = Basis(len(found))
        return found

    def sampled_people(self, rules: SyncRules) -> Iterator[Records]:
        """Yield people of the samples with their companies and projects, as far as the samples have those."""
        people = self.sample(Resource.CONTACTS)
        yield from _with_surroundings(people, _surroundings(map(self.sample, _beside(rules))), rules)

    def everybody(self, rules: SyncRules) -> Iterator[Records]:
        """Yield every living contact with its records: of the mirror, or all that the filter needs is read now."""
        needed = [one for one in (Resource.CONTACTS, *_beside(rules)) if _filter_uses(rules, one)]
        moments = [self.mirrored(stream(resource)) for resource in needed]
        if self.store and all(moments):
            total = self.store.mirror.record_count(Resource.CONTACTS)
            self.bases[Resource.CONTACTS] = Basis(total, total, moments[0])
            yield from self._mirrored_people(self.store, rules, total)
            return
        beside = _surroundings(self._whole(resource) for resource in needed[1:])
        people = self._whole(Resource.CONTACTS)
        self.bases[Resource.CONTACTS] = Basis(len(people), len(people))
        yield from _with_surroundings(people, beside, rules)

    def membrain_users(self) -> tuple[frozenset[str], frozenset[EmailKey]]:
        """Return who logs in to Membrain, by id and by address."""
        if self.store and self.mirrored(stream(Resource.CONTACTS)):
            return users(self.store.progress)
        if self._users is None:
            found = side.users(self.services.membrain.users())
            self._users = found.ids, found.emails
        return self._users

    def _mirrored_people(self, store: Store, rules: SyncRules, total: int) -> Iterator[Records]:
        self.progress.phase("trying the filter", total)
        after: MembrainId | None = None
        while people := store.mirror.living_records(Resource.CONTACTS, after, _PAGE):
            after = people[-1].id
            yield from _with_surroundings(people, surroundings_of(store, people), rules)
            self.progress.advance(len(people))

    def _whole(self, resource: Resource) -> list[MembrainRecord]:
        if resource not in self._read:
            client = self.services.membrain
            self.progress.phase(f"reading {resource} from Membrain", client.count(resource.value))
            rows: dict[str, MembrainRecord] = {}
            for page in client.pages(resource.value):
                rows |= {one.id: one for one in self._records(resource, page) if not one.gone}
                self.progress.advance(len(page))
            self._read[resource] = list(rows.values())
            seen = {name for one in rows.values() for name in one.values}
            self._catalogue = self.catalogue().with_seen(resource, seen)
        return self._read[resource]

    def _records(self, resource: Resource, page: Sequence[dict[str, object]]) -> list[MembrainRecord]:
        return [side.record(resource, row, self.catalogue(), self.zone) for row in page]


def _offered(one: CustomFieldDefinition) -> CustomField:
    choices = tuple(label for _, label in one.choices)
    return CustomField(one.id, one.label, one.type, choices, one.decimals, one.negative)


def _beside(rules: SyncRules) -> tuple[Resource, ...]:
    return (Resource.COMPANIES, *sorted(rules.projects))


def _filter_uses(rules: SyncRules, resource: Resource) -> bool:
    if resource is Resource.CONTACTS:
        return True
    return rules.filter.uses(Scope.COMPANY if resource is Resource.COMPANIES else Scope.PROJECT)


def _surroundings(lists: Iterable[Sequence[MembrainRecord]]) -> Surroundings:
    companies: dict[MembrainId, MembrainRecord] = {}
    projects: dict[MembrainId, tuple[MembrainRecord, ...]] = {}
    for record in (record for records in lists for record in records):
        if record.resource.is_project:
            projects[record.company_id] = (*projects.get(record.company_id, ()), record)
        else:
            companies[record.id] = record
    return Surroundings(companies, projects)


def _with_surroundings(
    people: Iterable[MembrainRecord], surroundings: Surroundings, rules: SyncRules
) -> Iterator[Records]:
    return (surroundings.records_for(person, rules) for person in people)
