"""What fields are called: by both products, and by people in English, Swedish, Norwegian and German."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import Final

_CALLED: Final = MappingProxyType(
    {
        "full_name": "full name, contact name, fullständigt namn, fullt navn, vollständiger name",
        "first_name": "first name, given name, förnamn, fornavn, vorname",
        "last_name": "last name, surname, family name, efternamn, etternavn, nachname, familienname",
        "job_title": "job title, title, position, role, befattning, titel, yrkestitel, stilling, tittel, funktion",
        "company_name": "company, company name, organisation, organization, företag, företagsnamn, bolag, firma, "
        "bedrift, selskap, unternehmen, firmenname",
        "phone.work": "phone, phone number, work phone, office phone, direct phone, business phone, telephone, "
        "switchboard, telefon, telefonnummer, arbetstelefon, direktnummer, växel, jobbtelefon",
        "phone.home": "home phone, private phone, hemtelefon, hjemmetelefon, privattelefon",
        "phone.mobile": "mobile, mobile phone, mobile number, cell, cell phone, mobil, mobiltelefon, mobilnummer, "
        "handy, handynummer",
        "phone.other": "other phone, second phone, annan telefon, annen telefon",
        "address.work.street": "street, street address, address, address1, visiting address, gata, gatuadress, adress, "
        "besöksadress, gate, gateadresse, adresse, straße",
        "address.work.city": "city, town, ort, stad, postort, by, poststed, sted, stadt, wohnort",
        "address.work.state": "state, region, province, county, län, fylke, bundesland",
        "address.work.postal_code": "zip, zip code, postal code, post code, postnummer, postleitzahl, plz",
        "address.work.country": "country, country name, country code, land, landskod, landkode, länderkürzel",
        "birthday": "birthday, birth date, date of birth, born, födelsedag, födelsedatum, bursdag, fødselsdag, "
        "fødselsdato, geburtstag, geburtsdatum",
        "anniversary": "anniversary, årsdag, jubileum, jubiläum, jahrestag",
    }
)
_COUNTRIES: Final = """
    se no dk fi de gb us fr nl pl at ch be es it is ee lv lt ie ca au
    sweden norway denmark finland germany france netherlands poland austria switzerland belgium spain italy iceland
    estonia latvia lithuania ireland canada australia unitedkingdom unitedstates usa uk
    sverige norge danmark suomi tyskland deutschland schweden norwegen dänemark finnland österreich schweiz
    storbritannien frankrike nederländerna polen island spanien italien
"""


def key(name: str) -> str:
    """Return what two spellings of a name have in common: its letters and digits, in small letters."""
    composed = unicodedata.normalize("NFC", name).casefold()
    return "".join(sign for sign in composed if sign.isalnum())


_COUNTRY_KEYS: Final = frozenset(_COUNTRIES.split())
_MEANINGS: Final = MappingProxyType(
    {key(name): path for path, names in _CALLED.items() for name in (*names.split(","), path)}
)


def meant_by(name: str) -> str | None:
    """Return the field of Constant Contact that people call so; None for any other name."""
    return _MEANINGS.get(key(name))


def is_country(text: str) -> bool:
    """Tell whether a text is one of the countries, or country codes, that these products meet most."""
    return key(text) in _COUNTRY_KEYS
