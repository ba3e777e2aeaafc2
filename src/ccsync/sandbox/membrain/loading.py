"""Made-up people put into the simulated Membrain, many at once."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ccsync.sandbox import words
from ccsync.sandbox.membrain import assumed
from ccsync.sandbox.membrain.kinds import KEY_PREFIX, Kind
from ccsync.sandbox.membrain.shape import CUSTOM_FIELD_PREFIX
from ccsync.sandbox.membrain.store import CustomField, Option, Row, Selection, Store
from ccsync.sandbox.membrain.times import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.sandbox.people import MadeUpCompany, MadeUpPerson, MadeUpProject, Population

_NAMESPACE: Final = uuid.UUID("6f0c1f6e-5c2b-4d7b-9a53-0b7f3c7a5d11")


def _custom(kind: Kind, name: str, type_: str, *options: str) -> CustomField:
    field_id = _id_of(f"{kind}/{name}")
    choices = tuple(Option(_id_of(f"{kind}/{name}/{option}"), option) for option in options)
    return CustomField(kind, field_id, name, type_, choices)


@cache
def _id_of(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


NEWSLETTER: Final = _custom(Kind.CONTACTS, "Newsletter", "SingleSelect", "Yes", "No")
LANGUAGE: Final = _custom(Kind.CONTACTS, "Language", "Text")
CONSENT: Final = _custom(Kind.CONTACTS, "E-mail consent", "Text")
INTERESTS: Final = _custom(Kind.CONTACTS, "Interests", assumed.MULTI_SELECT, *words.INTERESTS)
BORN: Final = _custom(Kind.CONTACTS, "Born", "Date")
SEGMENT: Final = _custom(Kind.COMPANIES, "Segment", "SingleSelect", *words.SEGMENTS)
EMPLOYEES: Final = _custom(Kind.COMPANIES, "Employees", assumed.NUMBER)

CUSTOM_FIELDS: Final = (NEWSLETTER, LANGUAGE, CONSENT, INTERESTS, BORN, SEGMENT, EMPLOYEES)
ROLES: Final = ("Accountable", "Approver", "Influencer")


def load(store: Store, population: Population, now: datetime) -> None:
    """Add a population, to another one if need be; ages count back from ``now``."""
    loader = _Loader(population, now)
    for custom in CUSTOM_FIELDS:
        store.put_custom_field(custom)
    store.insert(map(loader.company, population.companies))
    store.insert(map(loader.contact, population.people))
    store.insert(map(loader.project, population.projects))
    store.insert(map(loader.user, population.colleagues))
    if not store.count(Selection(Kind.ROLES)):
        store.insert(loader.roles())
    for kind in KEY_PREFIX:
        numbers = [project.number for project in population.projects if project.kind == kind]
        store.save_setting(f"last {kind}", max((store.setting(f"last {kind}", 0), *numbers)))


class _Loader:
    def __init__(self, population: Population, now: datetime) -> None:
        self._colleagues = population.colleagues
        self._author = self._colleagues[0].id if self._colleagues else ""
        self._now = now
        self._stamp = cache(self._days_ago)

    def contact(self, person: MadeUpPerson) -> Row:
        custom = {
            NEWSLETTER: _chosen(NEWSLETTER, person.newsletter),
            LANGUAGE: person.language,
            CONSENT: person.consent,
            INTERESTS: [_chosen(INTERESTS, word) for word in person.interests],
            BORN: person.born,
        }
        values = {
            "Name": person.name,
            "EmailAddress": person.email,
            "CompanyId": person.company_id,
            "CompanyName": person.company,
            "JobTitle": person.job_title,
            "Phone": person.phone,
        }
        deleted = self._stamp(1) if person.deleted else ""
        return self._row(Kind.CONTACTS, person.id, person.age, values, custom, deleted=deleted, retired=person.retired)

    def company(self, company: MadeUpCompany) -> Row:
        values = {
            "Name": company.name,
            "EmailAddress": f"info@{company.domain}",
            "City": company.city,
            "CountryName": company.country,
            "CountryCode": company.country_code,
            "Website": f"https://{company.domain}/",
            "Phone": company.phone,
            **self._named("AccountManager", company.account_manager),
        }
        custom = {SEGMENT: _chosen(SEGMENT, company.segment), EMPLOYEES: company.employees or ""}
        return self._row(Kind.COMPANIES, company.id, company.age, values, custom)

    def project(self, project: MadeUpProject) -> Row:
        kind = Kind(project.kind)
        process, stages = words.PROCESSES[project.kind]
        ended = (self._now - timedelta(days=1)).date().isoformat()
        values: dict[str, Any] = {
            "Name": project.name,
            "CompanyId": project.company_id,
            "CompanyName": project.company,
            "Key": f"{KEY_PREFIX[kind]}-{project.number}",
            **self._named("Owner", project.owner),
            "ProcessId": _id_of(process),
            "ProcessName": process,
            "ProcessCurrentStageId": _id_of(f"{process}/{stages[project.stage]}"),
            "ProcessCurrentStageName": stages[project.stage],
            "Status": project.status,
            "WonDate": ended if project.status == assumed.STATUS_WON else "",
            "ArchivedDate": ended if project.status == assumed.STATUS_ARCHIVED else "",
        }
        if kind is not Kind.PROSPECTS:
            values["Value"] = project.value
        if kind is Kind.OPPORTUNITIES:
            values |= {"Currency": "SEK", "Probability": 25 * (project.stage + 1)}
            values["EstimatedClosingDate"] = (self._now + timedelta(days=60)).date().isoformat()
            if project.status == assumed.STATUS_ARCHIVED:
                values |= {"LostReasonId": _id_of("price"), "LostReasonName": "Price"}
        deleted = self._stamp(1) if project.deleted else ""
        return self._row(kind, project.id, project.age, values, {}, deleted=deleted)

    def user(self, person: MadeUpPerson) -> Row:
        values = {
            "Name": person.name,
            "CompanyId": person.company_id,
            "CompanyName": person.company,
            "EmailAddress": person.email,
            "UserInterfaceLanguage": "en",
            "TimeZone": "Europe/Stockholm",
            "SalesTeams": [{"Id": _id_of("team"), "Name": "Nordics"}],
        }
        return self._row(Kind.USERS, person.id, person.age, values, {})

    def roles(self) -> Iterator[Row]:
        for name in ROLES:
            yield self._row(Kind.ROLES, _id_of(f"role/{name}"), 900, {"Name": name}, {})

    def _row(
        self,
        kind: Kind,
        record_id: str,
        age: int,
        values: dict[str, Any],
        custom: Mapping[CustomField, Any],
        *,
        deleted: str = "",
        retired: bool = False,
    ) -> Row:
        made = self._stamp(age)
        own = {name: value for name, value in values.items() if value not in ("", None)}
        own |= {CUSTOM_FIELD_PREFIX + field.id: value for field, value in custom.items() if value}
        return Row(
            kind=kind,
            id=record_id,
            created=made,
            created_by=self._author,
            changed=deleted or made,
            changed_by=self._author,
            values=own,
            deleted=deleted,
            retired=retired,
        )

    def _days_ago(self, age: int) -> str:
        return stored(self._now - timedelta(days=age), fractions=False)

    def _named(self, role: str, place: int) -> dict[str, str]:
        if place >= len(self._colleagues):
            return {}
        person = self._colleagues[place]
        return {f"{role}Id": person.id, f"{role}Name": person.name}


def _chosen(custom: CustomField, word: str) -> str:
    return next((option.id for option in custom.options if option.name == word), "")
