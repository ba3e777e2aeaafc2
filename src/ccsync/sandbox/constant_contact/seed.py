"""A small account as one finds it: most people known on both sides, some with other values, opt-outs, gaps.

The population does not depend on the time it is made; ages are counted back from the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ccsync.sandbox.validation import EMAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccsync.sandbox.constant_contact.service import ConstantContactService


class SeedPerson(Protocol):
    """What is needed of somebody known to Membrain."""

    @property
    def email(self) -> str:
        """The address, as Membrain has it."""
        ...

    @property
    def first_name(self) -> str:
        """The first name."""
        ...

    @property
    def last_name(self) -> str:
        """The last name."""
        ...

    @property
    def company(self) -> str:
        """The company's name."""
        ...


SHARED = 60
"""So many contacts share their address with somebody in Membrain."""
OWN = 58
"""So many are only here, beside one without an address and one who is reached by SMS only."""
MAX_TEXT = 50
FIRST_NAMES = ("Alma", "Björn", "Chloé", "Dmitri", "Éva", "Fátima", "Gösta", "Håkon", "Ines", "Jürgen", "Kåre", "Lucía")
LAST_NAMES = ("Åberg", "Brandt", "Costa", "Dvořák", "Edström", "Ferrari", "García")
REGIONS = ("North", "South", "West", None)
"""Values of the custom field Region; every fourth contact has none."""
UNSUBSCRIBED = {3: "Contact", 9: "Contact", 15: "Contact", 27: "Account", 64: "Contact", 70: "Contact"}
"""Who has opted out, by number, and by whose act."""
DELETED = (5, 11, 64, 80)
"""Who is deleted, by number; one of them had opted out before."""
OTHER_PERMISSIONS = {7: "temp_hold", 13: "pending_confirmation", 19: "not_set"}


def seed(service: ConstantContactService, people: Sequence[SeedPerson]) -> None:
    """Fill a fresh account: about 120 contacts, the list Newsletter, the custom field Region.

    The contacts came one by one in the last 400 days; the opt-outs and deletions were a month ago.
    """
    hands = service.people
    with hands.earlier(days=401):
        hands.add_field("Region")
        newsletter = hands.add_list("Newsletter")
    values = [_shared(number, person) for number, person in enumerate(_distinct(people))]
    values += [_own(number) for number in range(len(values), len(values) + OWN)]
    ids = [_add(service, number, each, newsletter) for number, each in enumerate(values)]
    with hands.earlier(days=60):
        hands.add(None, first_name="Walk-in", last_name="Visitor", company_name="Trade Fair")
        hands.add(None, first_name="Sam", sms_number="12185550142")
    with hands.earlier(days=30):
        for number, source in UNSUBSCRIBED.items():
            hands.unsubscribe(ids[number], source)
        for number in DELETED:
            hands.delete(ids[number])


def _add(service: ConstantContactService, number: int, values: dict[str, Any], newsletter: str) -> str:
    known = {key: value[:MAX_TEXT] for key, value in values.items() if key != "email" and value}
    region = {"custom_fields": {"Region": REGIONS[number % len(REGIONS)]}}
    lists = {"list_memberships": [newsletter] if number % 3 else []}
    permission = OTHER_PERMISSIONS.get(number, "explicit" if number % 5 == 0 else "implicit")
    with service.people.earlier(days=400 - 2 * number):
        return service.people.add(values["email"], **known, **region, **lists, permission_to_send=permission)


def _distinct(people: Sequence[SeedPerson]) -> list[SeedPerson]:
    """Return every second person with a usable address, each address once."""
    found: dict[str, SeedPerson] = {}
    for person in people[::2]:
        address = person.email.strip().lower()
        if EMAIL.fullmatch(address) and len(address) <= MAX_TEXT:
            found.setdefault(address, person)
    return list(found.values())[:SHARED]


def _shared(number: int, person: SeedPerson) -> dict[str, Any]:
    """Return somebody known on both sides: every third with a value of its own here, every seventh with gaps."""
    values: dict[str, Any] = {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company_name": person.company,
    }
    if number % 3 == 0:
        values |= {"company_name": f"{person.company} (old name)", "job_title": "Subscriber"}
    if number % 7 == 0:
        values |= {"first_name": "", "last_name": person.last_name.upper()}
    return values


def _own(number: int) -> dict[str, Any]:
    """Return somebody whom only Constant Contact knows."""
    return {
        "email": f"reader{number}@mail.example",
        "first_name": FIRST_NAMES[number % len(FIRST_NAMES)],
        "last_name": LAST_NAMES[number % len(LAST_NAMES)],
        "company_name": "" if number % 4 else "Läsarna & Co",
    }
