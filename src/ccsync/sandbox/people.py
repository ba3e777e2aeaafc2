"""Made-up people, their companies and projects: the same ones every time for the same count and seed."""

from __future__ import annotations

import random
import unicodedata
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ccsync.sandbox import words
from ccsync.sandbox.awkward import AWKWARD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLLEAGUES: Final = 8
_OWN_COMPANY: Final = "Blåbär Sales AB"
_ODD_COMPANIES: Final = ('Åke & Söner "Bygg", AB', "O'Malley's <Fish> AS", "株式会社サンプル")
_FEWEST_COMPANIES: Final = 90
_PEOPLE_PER_COMPANY: Final = 3.4
_NEWSLETTER_SHARE: Final = 0.66
_LETTERS_WITHOUT_ACCENT: Final = str.maketrans({"ø": "o", "Ø": "O", "å": "a", "æ": "ae", "ß": "ss", "ł": "l"})


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """A contact of Membrain. Ages are in days; an empty text means unset."""

    id: str
    first_name: str
    last_name: str
    name: str
    email: str
    company: str
    company_id: str
    job_title: str
    phone: str
    newsletter: str
    language: str
    consent: str
    interests: tuple[str, ...]
    born: str
    age: int
    retired: bool = False
    deleted: bool = False
    colleague: bool = False


@dataclass(frozen=True, slots=True)
class MadeUpCompany:
    """A company of Membrain."""

    id: str
    name: str
    domain: str
    city: str
    country: str
    country_code: str
    phone: str
    account_manager: int
    segment: str
    employees: int
    age: int


@dataclass(frozen=True, slots=True)
class MadeUpProject:
    """A prospect, opportunity or account growth item (``kind``); ``number`` makes its key."""

    id: str
    kind: str
    number: int
    name: str
    company: str
    company_id: str
    owner: int
    stage: int
    value: int
    status: str
    age: int
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody and everything; ``people`` begins with the colleagues, who are Membrain's users."""

    people: list[MadeUpPerson]
    companies: list[MadeUpCompany]
    projects: list[MadeUpProject]

    @property
    def colleagues(self) -> list[MadeUpPerson]:
        """The users of Membrain."""
        return [person for person in self.people if person.colleague]


def people(count: int = 300, seed: int = 1) -> list[MadeUpPerson]:
    """Return made-up people, the awkward cases among the first of them."""
    return population(count, seed).people


def population(count: int = 300, seed: int = 1) -> Population:
    """Return made-up people with their companies and projects."""
    dice = random.Random(seed)  # noqa: S311 - made-up data, the same every time
    companies = _companies(dice, max(_FEWEST_COMPANIES, int(count / _PEOPLE_PER_COMPANY)))
    addresses: Counter[str] = Counter()
    customers = companies[1:]
    everybody = [_ordinary(dice, dice.choice(customers), addresses) for _ in range(count)]
    for place in range(min(_COLLEAGUES, count)):
        everybody[place] = _colleague(everybody[place], companies[0])
    awkward = zip(range(_COLLEAGUES, count), AWKWARD, strict=False)
    for place, case in awkward:
        everybody[place] = _awkward(everybody[place], case, companies[1 + place % 60 :])
    return Population(everybody, companies, _projects(dice, companies))


def _identity(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def _companies(dice: random.Random, count: int) -> list[MadeUpCompany]:
    weights = [country[-1] for country in words.COUNTRIES]
    made = []
    for number in range(count):
        code, country, city, form, switchboard, _ = dice.choices(words.COUNTRIES, weights)[0]
        stem = _company_stem(number)
        odd = _ODD_COMPANIES[number - 1] if 0 < number <= len(_ODD_COMPANIES) else ""
        made.append(
            MadeUpCompany(
                id=_identity(dice),
                name=odd or f"{stem} {form}",
                domain=f"{_plain(stem).replace(' ', '')}.example",
                city=city,
                country=country,
                country_code=code,
                phone=f"{switchboard}{number % 100:02}" if switchboard else "",
                account_manager=dice.randrange(_COLLEAGUES),
                segment=dice.choice(words.SEGMENTS),
                employees=dice.choice((0, 3, 12, 48, 250, 1900)),
                age=dice.randint(400, 1200),
            )
        )
    made[0] = replace(made[0], name=_OWN_COMPANY, domain="blabar.example", country_code="SE", country="Sweden")
    return made


def _company_stem(number: int) -> str:
    first, second = words.COMPANY_FIRST, words.COMPANY_SECOND
    stem = f"{first[number % len(first)]} {second[number // len(first) % len(second)]}"
    again = number // (len(first) * len(second))
    return f"{stem} {again + 1}" if again else stem


def _ordinary(dice: random.Random, company: MadeUpCompany, addresses: Counter[str]) -> MadeUpPerson:
    first, last = dice.choice(words.FIRST_NAMES), dice.choice(words.LAST_NAMES)
    local = f"{_plain(first)}.{_plain(last)}@{company.domain}"
    addresses[local] += 1
    if addresses[local] > 1:
        local = local.replace("@", f"{addresses[local]}@")
    return MadeUpPerson(
        id=_identity(dice),
        first_name=first,
        last_name=last,
        name=f"{first} {last}",
        email=local,
        company=company.name,
        company_id=company.id,
        job_title=dice.choice(words.JOB_TITLES),
        phone=company.phone,
        newsletter="Yes" if dice.random() < _NEWSLETTER_SHARE else dice.choice(("No", "No", "")),
        language=words.LANGUAGES.get(company.country_code, "English"),
        consent=dice.choice(words.CONSENTS),
        interests=tuple(word for word in words.INTERESTS if dice.random() < 1 / 3),
        born=f"{dice.randint(1955, 2004)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        if dice.random() < 1 / 3
        else "",
        age=dice.randint(30, 390),
    )


def _colleague(person: MadeUpPerson, company: MadeUpCompany) -> MadeUpPerson:
    return replace(
        person,
        company=company.name,
        company_id=company.id,
        email=f"{person.email.partition('@')[0]}@{company.domain}",
        language="Swedish",
        colleague=True,
    )


def _awkward(person: MadeUpPerson, case: Mapping[str, Any], companies: Sequence[MadeUpCompany]) -> MadeUpPerson:
    changes = {name: value for name, value in case.items() if name != "country"}
    first, _, last = case["name"].partition(" ")
    changes |= {"first_name": first, "last_name": last}
    if "country" in case:
        company = next(one for one in companies if one.country_code == case["country"])
        changes |= {"company": company.name, "company_id": company.id}
        changes.setdefault("phone", company.phone)
    if case.get("company") == "":
        changes["company_id"] = ""
    return replace(person, **changes)


def _projects(dice: random.Random, companies: Sequence[MadeUpCompany]) -> list[MadeUpProject]:
    made: list[MadeUpProject] = []
    numbers: Counter[str] = Counter()
    for company in companies[1:]:
        for _ in range(dice.randint(0, 4)):
            kind = dice.choice(tuple(words.PROCESSES))
            numbers[kind] += 1
            made.append(
                MadeUpProject(
                    id=_identity(dice),
                    kind=kind,
                    number=numbers[kind],
                    name=f"{company.name}: {dice.choice(words.PROJECT_NAMES)}",
                    company=company.name,
                    company_id=company.id,
                    owner=dice.randrange(_COLLEAGUES),
                    stage=dice.randrange(len(words.PROCESSES[kind][1])),
                    value=dice.randrange(10, 900) * 1000,
                    status=dice.choice(("Open", "Open", "Open", "Won", "Archived")),
                    age=dice.randint(2, 380),
                    deleted=kind == "prospects" and dice.random() < 1 / 10,
                )
            )
    return made


@cache
def _plain(text: str) -> str:
    """Return a text in small letters without accents, fit for an address."""
    bare = unicodedata.normalize("NFKD", text.translate(_LETTERS_WITHOUT_ACCENT))
    return "".join(letter for letter in bare if letter.isascii()).lower()
